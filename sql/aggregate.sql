--
-- The aggregate wherever PostgreSQL lets an aggregate stand, against the plain aggregate over the
-- same rows.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TABLE billing AS
	SELECT id,
		id * 7919 % 211 AS customer,
		(ARRAY['de', 'fr', 'jp', 'us', NULL])[1 + id % 5] AS country,
		(ARRAY['basic', 'pro'])[1 + id % 2] AS plan,
		date '2022-01-01' + id * 37 % 700 AS at,
		((id * 131 % 301) - 60)::numeric(12,2) AS amount
	FROM generate_series(1, 3000) AS id;
ANALYZE billing;

-- no rows, rows with a NULL, and one row
SELECT revenue_ledger(customer, at, amount) IS NULL AS no_ledger FROM billing WHERE false;
SELECT revenue_ledger(customer, at, amount) IS NULL AS no_ledger
FROM (VALUES (1, date '2024-01-01', NULL::int), (NULL, '2024-01-01', 1), (1, NULL, 1))
	AS v(customer, at, amount);
SELECT customers(l), periods(l), total(l), grain(l), e.*
FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing WHERE id = 7) AS b,
	ledger_entries(l) AS e;

-- the month is the default grain
SELECT revenue_ledger(customer, at, amount)::text
	= revenue_ledger(customer, at, amount, 'month')::text AS same
FROM billing;

-- FILTER is WHERE, DISTINCT is a sub-select, ORDER BY changes nothing
SELECT (SELECT revenue_ledger(customer, at, amount) FILTER (WHERE plan = 'pro') FROM billing)::text
	= (SELECT revenue_ledger(customer, at, amount) FROM billing WHERE plan = 'pro')::text AS filter;
SELECT (SELECT revenue_ledger(DISTINCT customer, at, amount) FROM billing)::text
	= (SELECT revenue_ledger(customer, at, amount)
		FROM (SELECT DISTINCT customer, at, amount FROM billing) AS d)::text AS "distinct";
SELECT total(revenue_ledger(customer, at, amount)) AS plain,
	total(revenue_ledger(DISTINCT customer, at, amount)) AS "distinct"
FROM (VALUES (1, date '2024-01-01', 5), (1, '2024-01-01', 5), (1, '2024-01-01', 7))
	AS v(customer, at, amount);
SELECT (SELECT revenue_ledger(customer, at, amount ORDER BY amount DESC, id) FROM billing)::text
	= (SELECT revenue_ledger(customer, at, amount) FROM billing)::text AS "order by";

-- several states side by side, and one shared by two calls
SELECT customers(revenue_ledger(customer, at, amount)), total(revenue_ledger(customer, at, amount)),
	customers(revenue_ledger(customer, at, amount, 'year')),
	total(revenue_ledger(customer, at, amount) FILTER (WHERE amount < 0)),
	count(DISTINCT customer), sum(amount)
FROM billing;
SELECT country, total(revenue_ledger(customer, at, amount)) FROM billing
GROUP BY country HAVING total(revenue_ledger(customer, at, amount)) > 54000 ORDER BY country;

-- Growing and moving frames: each row's ledger is that of the rows in its frame, whose numbers an
-- array tells.
SELECT sum(checks.claim('window: ' || frame, last_id::text, l::text IS NOT DISTINCT FROM
	(SELECT revenue_ledger(customer, at, amount) FROM billing WHERE id = ANY (ids))::text)) AS wrong
FROM (
	SELECT 'growing' AS frame, id AS last_id,
		revenue_ledger(customer, at, amount) OVER w AS l, array_agg(id) OVER w AS ids
	FROM billing WHERE id <= 300
	WINDOW w AS (ORDER BY id)
	UNION ALL
	SELECT 'moving', id, revenue_ledger(customer, at, amount) OVER w, array_agg(id) OVER w
	FROM billing WHERE id <= 300
	WINDOW w AS (ORDER BY id ROWS BETWEEN 20 PRECEDING AND 5 FOLLOWING)
	UNION ALL
	SELECT 'excluding', id, revenue_ledger(customer, at, amount) OVER w, array_agg(id) OVER w
	FROM billing WHERE id <= 300
	WINDOW w AS (ORDER BY id ROWS BETWEEN 20 PRECEDING AND 5 FOLLOWING EXCLUDE CURRENT ROW)
	UNION ALL
	SELECT 'empty at first', id, revenue_ledger(customer, at, amount) OVER w, array_agg(id) OVER w
	FROM billing WHERE id <= 300
	WINDOW w AS (ORDER BY id ROWS BETWEEN 20 PRECEDING AND 10 PRECEDING)
	UNION ALL
	SELECT 'ninety days', id, revenue_ledger(customer, at, amount) OVER w, array_agg(id) OVER w
	FROM billing WHERE id <= 300
	WINDOW w AS (ORDER BY at RANGE BETWEEN '90 days' PRECEDING AND CURRENT ROW)
	UNION ALL
	SELECT 'partitioned, filtered', id,
		revenue_ledger(customer, at, amount) FILTER (WHERE amount > 0) OVER w,
		array_agg(id) FILTER (WHERE amount > 0) OVER w
	FROM billing WHERE id <= 300
	WINDOW w AS (PARTITION BY plan ORDER BY id)
) AS frames;

-- The trailing year's churn, month after month, straight from a window.
SELECT month, (SELECT sum(churn) FROM revenue_movements(year)) AS churned
FROM (
	SELECT month, rollup(l) OVER (ORDER BY month ROWS 11 PRECEDING) AS year
	FROM (SELECT date_trunc('month', at)::date AS month, revenue_ledger(customer, at, amount) AS l
		FROM billing GROUP BY 1) AS m
) AS w
WHERE month >= '2023-08-01' ORDER BY month;

-- GROUPING SETS, hashed and sorted
CREATE TEMP VIEW sets AS
	SELECT country, plan, grouping(country, plan), revenue_ledger(customer, at, amount)
	FROM billing GROUP BY GROUPING SETS ((country, plan), (country), (plan), ());
CREATE TEMP VIEW by_hand AS
	SELECT country, plan, 0, revenue_ledger(customer, at, amount)
	FROM billing GROUP BY country, plan
	UNION ALL
	SELECT country, NULL, 1, revenue_ledger(customer, at, amount) FROM billing GROUP BY country
	UNION ALL
	SELECT NULL, plan, 2, revenue_ledger(customer, at, amount) FROM billing GROUP BY plan
	UNION ALL
	SELECT NULL, NULL, 3, revenue_ledger(customer, at, amount) FROM billing;
SELECT checks.compare('grouping sets', 'hashed', 'TABLE sets', 'TABLE by_hand') AS wrong;
SET enable_hashagg = off;
SELECT checks.compare('grouping sets', 'sorted', 'TABLE sets', 'TABLE by_hand') AS wrong;
RESET enable_hashagg;

-- 20,000 groups: hashed, sorted, and hashed with too little memory
CREATE TABLE many AS
	SELECT id % 20000 AS customer, date '2022-01-01' + id * 37 % 700 AS at,
		id * 131 % 301 - 60 AS amount
	FROM generate_series(1, 100000) AS id;
ANALYZE many;
\set many 'SELECT customer, revenue_ledger(customer, at, amount) AS l FROM many GROUP BY customer'
SET enable_sort = off;
SELECT checks.plan_has(:'many', 'HashAggregate') AS hashed;
CREATE TEMP TABLE hashed AS :many;
SET work_mem = '64kB';
CREATE TEMP TABLE spilled AS :many;
RESET work_mem;
RESET enable_sort;
SET enable_hashagg = off;
SELECT checks.plan_has(:'many', 'GroupAggregate') AS sorted;
CREATE TEMP TABLE sorted AS :many;
RESET enable_hashagg;
SELECT checks.compare('20,000 groups', 'hashed', 'TABLE hashed', 'TABLE sorted') AS wrong;
SELECT checks.compare('20,000 groups', 'spilled', 'TABLE spilled', 'TABLE sorted') AS wrong;
SELECT checks.compare('20,000 groups', 'entries',
	'SELECT l.customer, e.* FROM sorted AS l, ledger_entries(l) AS e',
	'SELECT customer, customer, date_trunc(''month'', at)::date, sum(amount)
	FROM many GROUP BY 1, 2, 3 HAVING sum(amount) <> 0') AS wrong;
SELECT count(*), sum(total(l)), (SELECT sum(amount) FROM many) AS want FROM sorted;

-- one group of a million rows, in default memory and in very little
CREATE TEMP TABLE million AS
	SELECT id * 7919::bigint % 50021 AS customer,
		date '2021-01-01' + (id * 37::bigint % 1000)::int AS at,
		(id * 131::bigint % 3011 - 600) * 0.01 AS amount
	FROM generate_series(1, 1000000) AS id;
CREATE TEMP TABLE big AS
	SELECT 'default' AS memory, revenue_ledger(customer, at, amount) AS l FROM million;
SET work_mem = '64kB';
INSERT INTO big SELECT 'little', revenue_ledger(customer, at, amount) FROM million;
RESET work_mem;
SELECT count(DISTINCT l::text), count(DISTINCT l) FROM big;
SELECT checks.compare('a million rows', '',
	'SELECT e.* FROM big, ledger_entries(l) AS e WHERE memory = ''default''',
	'SELECT customer, date_trunc(''month'', at)::date, sum(amount)
	FROM million GROUP BY 1, 2 HAVING sum(amount) <> 0') AS wrong;
SELECT customers(l), periods(l), total(l), (SELECT sum(amount) FROM million) AS want
FROM big WHERE memory = 'default';

-- partition by partition
CREATE TABLE parted (LIKE billing) PARTITION BY RANGE (at);
CREATE TABLE parted_2022 PARTITION OF parted FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
CREATE TABLE parted_2023 PARTITION OF parted FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
INSERT INTO parted TABLE billing;
ANALYZE parted;
SET enable_partitionwise_aggregate = on;
SET max_parallel_workers_per_gather = 0;
\set by_plan 'SELECT plan, revenue_ledger(customer, at, amount) FROM parted GROUP BY plan'
\set by_day 'SELECT at, revenue_ledger(customer, at, amount) FROM parted GROUP BY at'
SELECT checks.plan_has(:'by_plan', 'Partial (Hash|Group)Aggregate') AS partial,
	checks.plan_has(:'by_day', '^Append') AS whole;
SELECT checks.compare('partitionwise', 'partial', :'by_plan',
	'SELECT plan, revenue_ledger(customer, at, amount) FROM billing GROUP BY plan') AS wrong;
SELECT checks.compare('partitionwise', 'whole', :'by_day',
	'SELECT at, revenue_ledger(customer, at, amount) FROM billing GROUP BY at') AS wrong;
RESET enable_partitionwise_aggregate;
RESET max_parallel_workers_per_gather;

-- one ledger, read in every way
CREATE FUNCTION pg_temp.in_plpgsql()
RETURNS TABLE (cohorts bigint, movements bigint, entries bigint, total numeric)
LANGUAGE plpgsql AS $$
DECLARE
	l revenue_ledger;
	part revenue_ledger;
BEGIN
	FOR part IN SELECT revenue_ledger(customer, at, amount) FROM billing GROUP BY plan LOOP
		l := CASE WHEN l IS NULL THEN part ELSE l + part END;
	END LOOP;
	RETURN QUERY SELECT (SELECT count(*) FROM cohort_retention(l)),
		(SELECT count(*) FROM revenue_movements(l)),
		(SELECT count(*) FROM ledger_entries(l)), total(l);
END $$;
WITH once AS MATERIALIZED (SELECT revenue_ledger(customer, at, amount) AS l FROM billing),
	inline AS NOT MATERIALIZED (SELECT revenue_ledger(customer, at, amount) AS l FROM billing)
SELECT 'materialized' AS cte, (SELECT count(*) FROM once, cohort_retention(l)) AS cohorts,
	(SELECT count(*) FROM once, revenue_movements(l)) AS movements,
	(SELECT count(*) FROM once, ledger_entries(l)) AS entries, (SELECT total(l) FROM once) AS total
UNION ALL
SELECT 'inlined', (SELECT count(*) FROM inline, cohort_retention(l)),
	(SELECT count(*) FROM inline, revenue_movements(l)),
	(SELECT count(*) FROM inline, ledger_entries(l)), (SELECT total(l) FROM inline)
UNION ALL
SELECT 'plpgsql variable', * FROM pg_temp.in_plpgsql();
SELECT sum(checks.compare('cohorts', what, got,
	'SELECT c.* FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS b,
		cohort_retention(l) AS c')) AS wrong
FROM (VALUES
	('select list',
		'SELECT (cohort_retention(l)).*
		FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS b'),
	('sub-select',
		'SELECT *
		FROM cohort_retention((SELECT revenue_ledger(customer, at, amount) FROM billing))'),
	('over the aggregate',
		'SELECT (c).*
		FROM (
			SELECT cohort_retention(revenue_ledger(customer, at, amount)) AS c FROM billing) AS b'),
	('by name',
		'SELECT * FROM cohort_retention(''billing'', ''customer'', ''at'', ''amount'')'))
	AS v(what, got);

-- LATERAL: each country's movements, two columns of one ledger
SELECT country, m.period, m.ending, m.nrr, customers(l)
FROM (
		SELECT country, revenue_ledger(customer, at, amount, 'year') AS l
		FROM billing GROUP BY country) AS b,
	LATERAL revenue_movements(l) AS m
ORDER BY country, period;
SELECT country, quarter.nrr AS quarter,
	(SELECT nrr FROM revenue_movements(l, 4) WHERE period = quarter.period) AS year
FROM (
		SELECT country, revenue_ledger(customer, at, amount, 'quarter') AS l
		FROM billing GROUP BY country) AS b,
	LATERAL revenue_movements(l) AS quarter
WHERE period = '2023-07-01' ORDER BY country;

-- a materialized view, refreshed while it is read: untouched rows keep their place
CREATE MATERIALIZED VIEW ledgers AS
	SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan;
CREATE UNIQUE INDEX ON ledgers (plan);
SELECT plan, customers(l), total(l) FROM ledgers ORDER BY plan;
CREATE TEMP TABLE before AS SELECT plan, ctid AS place FROM ledgers;
INSERT INTO billing VALUES (0, 999, 'de', 'pro', '2023-11-30', 0.07);
REFRESH MATERIALIZED VIEW CONCURRENTLY ledgers;
SELECT plan, customers(l), total(l), ledgers.ctid = place AS untouched
FROM ledgers JOIN before USING (plan) ORDER BY plan;

-- rows that cannot be taken
SELECT e.* FROM (VALUES
		(1, $$SELECT revenue_ledger(1, date '2024-01-01', 1, 'fortnight')$$),
		(3, $$SELECT revenue_ledger(1, date 'infinity', 1)$$),
		(4, $$SELECT revenue_ledger(1, timestamp '-infinity', 1)$$),
		(5, $$SELECT revenue_ledger(1, timestamptz 'infinity', 1)$$),
		(6, $$SELECT revenue_ledger(1, date '2024-01-01', 'NaN'::numeric)$$),
		(7, $$SELECT revenue_ledger(1, date '2024-01-01', 'Infinity'::numeric)$$),
		(8, $$SELECT revenue_ledger(1, date '2024-01-01', 'NaN'::float8)$$),
		(9, $$SELECT revenue_ledger(1, date '2024-01-01', '-Infinity'::float8)$$),
		(10, $$SELECT revenue_ledger(1, time '12:00', 1)$$),
		(11, $$SELECT revenue_ledger(1, date '2024-01-01', true)$$),
		(12, $$SELECT revenue_ledger(1, date '2024-01-01', 1e40)$$),
		(13, $$SELECT revenue_ledger(1, date '2024-01-01', 99999999999999999999999999999999)
			FROM generate_series(1, 2)$$),
		(14, $$SELECT revenue_ledger(1, at, 1, 'day')
			FROM (VALUES (date '0001-01-01'), ('9999-12-31')) AS v(at)$$),
		(15, $$SELECT revenue_ledger(1, date '2024-01-01', 1, g)
			FROM (VALUES ('day'), ('month')) AS v(g)$$)) AS v(n, statement),
	checks.error(statement) AS e
ORDER BY n;

TABLE checks.summary;
TABLE checks.first_failures;

DROP MATERIALIZED VIEW ledgers;
DROP VIEW sets, by_hand;
DROP TABLE billing, many, parted;
DROP SCHEMA checks CASCADE;
