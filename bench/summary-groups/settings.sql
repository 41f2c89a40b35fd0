SET enable_sort = off;
