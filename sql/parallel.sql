--
-- Parallel plans give the bytes of serial ones. Each line: is the plan parallel, are the results
-- the same?
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;

CREATE TABLE billing AS
	SELECT id, id * 7919 % 5003 AS customer,
		(id * 7919 % 5003 - 2500) * 1000000007::bigint AS account,
		md5((id * 7919 % 5003)::text)::uuid AS uuid,
		'customer ' || id * 7919 % 5003 AS name,
		id % 7 AS country,
		date '2021-01-01' + id * 31 % 1000 AS day,
		timestamp '2021-01-01' + id * 31 % 1000 * interval '1 day 1 second' AS at,
		timestamptz '2021-01-01 00:00+00' + id * 31 % 1000 * interval '1 day 1 second' AS tz,
		((id * 131 % 20011 - 4000) * 0.01)::numeric(12,2) AS amount,
		round((id * 131 % 20011 - 4000) / 7.0, id % 6) AS mixed,
		(id * 131 % 20011 - 4000) / 8::float8 AS float,
		id * 131 % 20011 - 4000 AS whole
	FROM generate_series(1, 60000) AS id;
ALTER TABLE billing SET (parallel_workers = 4);
ANALYZE billing;

CREATE FUNCTION pg_temp.rows_of(query text, workers int) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
	lines text[];
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true);
	EXECUTE format('SELECT array_agg(t::text ORDER BY t::text COLLATE "C") FROM (%s) AS t', query)
	INTO lines;
	RETURN lines;
END $$;

CREATE FUNCTION pg_temp.compare(query text, node text, OUT parallel boolean, OUT same boolean)
LANGUAGE plpgsql AS $$
DECLARE
	serial text[] := pg_temp.rows_of(query, 0);
BEGIN
	same := serial IS NOT DISTINCT FROM pg_temp.rows_of(query, 4) AND serial IS NOT NULL;
	parallel := checks.plan_has(query, 'Gather') AND checks.plan_has(query, node);
END $$;

-- the aggregate, for each kind of column
SELECT customer, at, amount, c.*
FROM unnest(ARRAY['customer', 'account', 'uuid', 'name', 'day']) AS customer,
	unnest(ARRAY['day', 'at', 'tz']) AS at,
	unnest(ARRAY['amount', 'mixed', 'float', 'whole', 'account']) AS amount,
	pg_temp.compare(
		format('SELECT revenue_ledger(%I, %I, %I) FROM billing', customer, at, amount),
		'Partial Aggregate') AS c
WHERE (customer, at) IN
	(('customer', 'day'), ('account', 'at'), ('uuid', 'tz'), ('name', 'day'), ('day', 'at'))
ORDER BY 1, 2, 3;

-- and in each shape of query
SELECT what, c.*
FROM (VALUES
	('with a grain', 'Partial Aggregate',
		$$SELECT revenue_ledger(customer, day, amount, 'week') FROM billing$$),
	('filter', 'Partial Aggregate',
		$$SELECT revenue_ledger(customer, day, amount) FILTER (WHERE country = 3) FROM billing$$),
	('a row for one worker only', 'Partial Aggregate',
		$$SELECT revenue_ledger(customer, day, amount) FILTER (WHERE id = 12345), count(*)
		FROM billing$$),
	('no row for any worker', 'Partial Aggregate',
		$$SELECT revenue_ledger(customer, day, amount) FILTER (WHERE amount > 1e6), count(*)
		FROM billing$$),
	('seven groups', 'Partial (Hash|Group)Aggregate',
		$$SELECT country, revenue_ledger(customer, day, amount) FROM billing GROUP BY country$$),
	('5,003 groups', 'Partial (Hash|Group)Aggregate',
		$$SELECT customer, revenue_ledger(customer, day, amount) FROM billing GROUP BY customer$$),
	('rollup of entries', 'Partial Aggregate',
		$$SELECT rollup(revenue_entry(customer, day, amount)) FROM billing$$),
	('accessors of the aggregate', 'Partial Aggregate',
		$$SELECT customers(revenue_ledger(name, tz, mixed, 'day')),
			total(revenue_ledger(name, tz, mixed, 'day'))
		FROM billing$$),
	('cohorts', 'Partial Aggregate',
		$$SELECT c.* FROM (SELECT revenue_ledger(customer, day, amount) AS l FROM billing) AS b,
			cohort_retention(l) AS c$$),
	('cohorts of a sub-select', 'Partial Aggregate',
		$$SELECT c.*
		FROM cohort_retention((SELECT revenue_ledger(customer, day, amount) FROM billing)) AS c$$),
	('movements', 'Partial Aggregate',
		$$SELECT m.* FROM (SELECT revenue_ledger(customer, day, amount) AS l FROM billing) AS b,
			revenue_movements(l, 3) AS m$$)
) AS v(what, node, query), pg_temp.compare(query, node) AS c
ORDER BY what COLLATE "C";

-- sorted groups
SET enable_hashagg = off;
SELECT c.* FROM pg_temp.compare(
	$$SELECT country, revenue_ledger(customer, day, amount) FROM billing GROUP BY country$$,
	'Partial GroupAggregate') AS c;
RESET enable_hashagg;

-- little memory
SET work_mem = '64kB';
SELECT c.* FROM pg_temp.compare(
	$$SELECT customer, revenue_ledger(customer, day, amount) FROM billing GROUP BY customer$$,
	'Partial') AS c;
SELECT c.* FROM pg_temp.compare(
	$$SELECT revenue_ledger(customer, day, amount, 'day') FROM billing$$,
	'Partial Aggregate') AS c;
RESET work_mem;

-- workers only
SET parallel_leader_participation = off;
SELECT c.* FROM pg_temp.compare(
	$$SELECT country, revenue_ledger(name, day, amount) FROM billing GROUP BY country$$,
	'Partial (Hash|Group)Aggregate') AS c;
RESET parallel_leader_participation;

-- Stored ledgers, small ones and some out of line, read by workers.
CREATE TABLE stored AS
	SELECT customer AS id, customer % 10 AS shop, revenue_ledger(customer, day, amount) AS l
	FROM billing GROUP BY customer
	UNION ALL
	SELECT -1 - country, NULL, revenue_ledger(customer, day, amount, 'month')
	FROM billing GROUP BY country
	UNION ALL
	SELECT -100, NULL, NULL;
ALTER TABLE stored SET (parallel_workers = 4);
ANALYZE stored;
SELECT what, c.*
FROM (VALUES
	('rollup', 'Partial Aggregate',
		$$SELECT rollup(l) FROM stored WHERE id >= 0$$),
	('rollup by group', 'Partial (Hash|Group)Aggregate',
		$$SELECT shop, rollup(l) FROM stored GROUP BY shop$$),
	('facts', 'Parallel Seq Scan',
		$$SELECT id, total(l), customers(l), periods(l), grain(l), l::text
		FROM stored WHERE total(l) > 100$$),
	('arithmetic', 'Parallel Seq Scan',
		$$SELECT id, l + l - l = l, l - l, l < l + l FROM stored WHERE id <= 100$$),
	('entries', 'Parallel Seq Scan',
		$$SELECT id, e.* FROM stored, ledger_entries(l) AS e$$),
	('movements', 'Parallel Seq Scan',
		$$SELECT id, m.* FROM stored, revenue_movements(l) AS m WHERE id < 200$$),
	('cohorts', 'Parallel Seq Scan',
		$$SELECT id, c.* FROM stored, cohort_retention(l) AS c WHERE id < 200$$),
	('hash join', 'Parallel Hash Join',
		$$SELECT a.id, b.id FROM stored AS a JOIN stored AS b ON a.l = b.l$$)
) AS v(what, node, query), pg_temp.compare(query, node) AS c
ORDER BY what COLLATE "C";
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT c.* FROM pg_temp.compare(
	$$SELECT a.id, b.id FROM stored AS a JOIN stored AS b ON a.l = b.l$$, 'Merge Join') AS c;
RESET enable_hashjoin;
RESET enable_nestloop;

-- partitions side by side
CREATE TABLE parted (LIKE billing) PARTITION BY LIST (country);
CREATE TABLE parted_low PARTITION OF parted FOR VALUES IN (0, 1, 2);
CREATE TABLE parted_high PARTITION OF parted FOR VALUES IN (3, 4, 5, 6);
INSERT INTO parted TABLE billing;
ANALYZE parted;
SELECT c.* FROM pg_temp.compare(
	$$SELECT revenue_ledger(customer, day, amount) FROM parted$$, 'Parallel Append') AS c;
SET enable_partitionwise_aggregate = on;
SELECT c.* FROM pg_temp.compare(
	$$SELECT revenue_ledger(customer, day, amount) FROM parted$$, 'Partial') AS c;
SELECT c.* FROM pg_temp.compare(
	$$SELECT country, revenue_ledger(customer, day, amount) FROM parted GROUP BY country$$,
	'Append') AS c;
RESET enable_partitionwise_aggregate;

DROP TABLE billing, stored, parted;
DROP SCHEMA checks CASCADE;
