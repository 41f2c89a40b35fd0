-- Five rows in each of 200,000 groups, in no order
CREATE TABLE group_pairs AS
SELECT n * 7919 % 200000 AS segment, starting, round(starting * (0.5 + chance(n, 12))::numeric, 2)::numeric(12,2) AS ending
FROM (SELECT n, (1 + floor(100000 * chance(n, 11)) / 100)::numeric(12,2) AS starting FROM generate_series(1::bigint, 1000000) AS n) AS p
ORDER BY chance(n, 13);
VACUUM (ANALYZE, FREEZE) group_pairs;
