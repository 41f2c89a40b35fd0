--
-- Ratings of summaries: compared exactly, before anything is rounded.
--
SET client_min_messages = warning;
CREATE SCHEMA rating_summary_test;
SET search_path = rating_summary_test, public;

CREATE FUNCTION summary(starting numeric, ending numeric) RETURNS retention_summary
LANGUAGE sql IMMUTABLE RETURN (SELECT retention(starting, ending));

-- Worked examples: churn of 150,000 of a million, without and with an expansion of 300,000; 475 of 500 customers stay
CREATE TABLE example (name text, s retention_summary);
INSERT INTO example
	SELECT 'churn', retention(s, e) FROM (VALUES (150000, 0), (850000, 850000)) AS v(s, e)
	UNION ALL
	SELECT 'churn and expansion', retention(s, e) FROM (VALUES (150000, 0), (850000, 1150000)) AS v(s, e)
	UNION ALL
	SELECT '475 of 500', retention(100, CASE WHEN i <= 475 THEN 100 ELSE 0 END) FROM generate_series(1, 500) AS i;
SELECT name, metric, rating(s, metric, 'nrr'), (to_next(s, metric, 'nrr')).*
FROM example, unnest('{nrr,grr,logo_retention}'::text[]) WITH ORDINALITY AS m(metric, n) ORDER BY name, n;

-- What is shown as 90.0000 may be less, and what is shown as 100.0000 more
SELECT nrr(s), rating(nrr(s)) AS of_shown, rating(s, 'nrr', 'nrr'), (to_next(s, 'nrr', 'nrr')).*
FROM (VALUES (summary(10000000000, 8999999999)), (summary(10000000000, 9000000000)), (summary(10000000000, 10000000000)),
	(summary(10000000000, 10000000001)), (summary(3, 2)), (summary(0.03, 0.02)), (summary(7, 6.99))) AS v(s);

-- Each threshold of each kind, from both sides and on it
SELECT b, array_agg(rating(summary(1000, e), 'nrr', b) ORDER BY e)
FROM unnest('{<70 <90 <=100,- <=90 <=90,- <120 -,<=0 <0.1 -,- - <999999999.999999999}'::retention_benchmark[]) WITH ORDINALITY AS v(b, n),
	unnest('{0,1,699,700,701,899,900,901,999,1000,1001,1199,1200,1e9,1e10}'::numeric[]) AS e
GROUP BY n, b ORDER BY n;

-- Amounts of 32 digits
SELECT rating(s, 'nrr', 'nrr'), rating(s, 'nrr', '- <50 <=50'), (to_next(s, 'nrr', 'nrr')).*
FROM (VALUES (summary(99999999999999999999999999999999, 99999999999999999999999999999999)),
	(summary(99999999999999999999999999999998, 49999999999999999999999999999999)),
	(summary(0.0000000000000000000000000000001, 0.0000000000000000000000000000001)),
	(summary(0.0000000000000000000000000000009, 0.0000000000000000000000000000008)),
	(summary(1.000, round(0.51, 40)))) AS v(s);

-- On any summaries, the same as by exact fractions; and with the revenue that is missing the next band begins, with a
-- unit less it does not
CREATE TABLE pair AS
	SELECT s, round(s * p / 100, 2) AS e
	FROM (SELECT (1 + i * 7919::bigint % 1000003 * (1 + i % 7)) / 100.0 AS s, (ARRAY[0, 69.99, 70, 89.9, 90, 95, 100, 101, i * 613 % 140001 / 1000.0])[1 + i % 9] AS p
		FROM generate_series(1, 3000) AS i) AS made;
SELECT count(*), count(*) FILTER (WHERE rating(summary(s, e), 'nrr', 'nrr') <> CASE
		WHEN 100 * e < 70 * s THEN 'critical' WHEN 100 * e < 90 * s THEN 'moderate' WHEN 100 * e <= 100 * s THEN 'healthy' ELSE 'strong' END::benchmark_rating) AS wrong,
	count(DISTINCT rating(summary(s, e), 'nrr', 'nrr')) AS bands
FROM pair;
SELECT count(*), count(next), count(*) FILTER (WHERE next <> 'strong' AND (
		rating(summary(s, e + revenue), 'nrr', '<70 <90 <=100'::retention_benchmark) <> next
		OR rating(summary(s, e + revenue - 0.01), 'nrr', '<70 <90 <=100'::retention_benchmark) >= next)) AS wrong_revenue,
	count(*) FILTER (WHERE next = 'strong' AND revenue <> s - e) AS wrong_at_strong,
	count(*) FILTER (WHERE points <> ceil(10000 * (CASE next WHEN 'moderate' THEN 70 WHEN 'healthy' THEN 90 ELSE 100 END - 100 * e / s)) / 10000) AS wrong_points
FROM pair, to_next(summary(s, e), 'nrr', '<70 <90 <=100'::retention_benchmark);

-- Nothing to rate, no better band, NULL
SELECT rating(summary(0, 5), 'nrr', 'nrr') IS NULL AS new_only, rating(summary(1, 1), NULL, 'nrr') IS NULL AS metric, rating(summary(1, 1), 'nrr', NULL::text) IS NULL AS benchmark,
	rating(NULL::retention_summary, 'nrr', 'nrr') IS NULL AS summary;
SELECT * FROM to_next(summary(0, 5), 'nrr', 'nrr');
SELECT * FROM to_next(summary(1, 2), 'nrr', 'nrr');
SELECT * FROM to_next(summary(1, 2), 'nrr', 'saas-nrr');
SELECT * FROM to_next(NULL::retention_summary, 'nrr', 'nrr');

-- Benchmarks by name, as thresholds and of their type
SELECT rating(s, 'grr', 'enterprise-saas-grr'), rating(s, 'grr', '- <=90 <=90'), rating(s, 'grr', retention_benchmark '- <=90 <=90'), rating(summary => s, metric => 'grr', benchmark => 'enterprise-saas-grr'),
	to_next(s, 'grr', 'enterprise-saas-grr') = to_next(s, 'grr', retention_benchmark '- <=90 <=90') AS same_next
FROM (VALUES (summary(100, 90))) AS v(s);
SELECT rating(summary(1, 1), 'churn', 'nrr');
SELECT rating(summary(1, 1), 'nrr', 'nrrr');
SELECT to_next(summary(1, 1), 'nrr', '<1');

-- Monthly NRR by region with its rating, as a view
CREATE TABLE billing (customer_id int, region text, paid_at date, amount numeric(12,2));
INSERT INTO billing VALUES (1, 'EU', '2026-01-05', 100), (1, 'EU', '2026-02-05', 95), (2, 'US', '2026-01-05', 100), (2, 'US', '2026-02-05', 60);
CREATE VIEW monthly AS
	SELECT region, nrr(s), rating(s, 'nrr', 'nrr'), n.next, n.points, n.revenue
	FROM (SELECT region, retention(revenue_ledger(customer_id, paid_at, amount), '2026-01-01', '2026-02-01') AS s FROM billing GROUP BY region) AS by_region,
		to_next(s, 'nrr', 'nrr') AS n;
SELECT * FROM monthly ORDER BY region;

RESET search_path;
DROP SCHEMA rating_summary_test CASCADE;
