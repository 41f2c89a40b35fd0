SET max_parallel_workers_per_gather = 2;
-- a small table gets as many workers as a large one
SET min_parallel_table_scan_size = 0;
-- two processes that compute, on two cores: the leader waits for its workers
SET parallel_leader_participation = off;
