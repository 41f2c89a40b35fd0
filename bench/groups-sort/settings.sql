SET enable_hashagg = off;
