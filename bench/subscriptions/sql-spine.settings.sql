SET enable_hashagg = off;
SET work_mem = '4GB';
