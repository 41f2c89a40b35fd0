CREATE TABLE frame_pairs AS
SELECT n, starting, round(starting * (0.5 + chance(n, 12))::numeric, 2)::numeric(12,2) AS ending
FROM (SELECT n, (1 + floor(100000 * chance(n, 11)) / 100)::numeric(12,2) AS starting FROM generate_series(1, 20000) AS n) AS p;
VACUUM (ANALYZE, FREEZE) frame_pairs;
