--
-- With little memory the rows of ledgers in the making go to a temporary file, and nothing else
-- changes. Each line: were rows written with little memory, were any with ample memory, are the
-- results the same, text for text?
--
SET datestyle = iso;
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET max_parallel_workers_per_gather = 0;
-- twice this is the least that a pool of rows takes before it writes
\set little '2MB'
\set ample '512MB'
SET hash_mem_multiplier = 2;

-- Several rows per customer and month, in an order that has customers, months and segments mixed
CREATE TABLE billing AS
	SELECT id, customer, (customer - 10000) * 1000000007::bigint AS account,
		md5(customer::text)::uuid AS uuid, 'customer number ' || customer AS name,
		id * 31 % 10 AS segment,
		date '2021-01-01' + id * 37 % 1400 AS at,
		((id * 131 % 20011 - 4000) * 0.01)::numeric(12,2) AS amount
	FROM generate_series(1, 190000) AS id, mod(id * 7919::bigint, 20011) AS customer;
ANALYZE billing;

-- Does an aggregate of a query write? (One that hashes must not have put input rows aside, for
-- then what it wrote may be those.)
CREATE FUNCTION pg_temp.writes(query text, memory text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	PERFORM set_config('work_mem', memory, true);
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ' || query INTO plan;
	RETURN (
		WITH RECURSIVE node(node) AS (
			SELECT plan->0->'Plan'
			UNION ALL
			SELECT child FROM node, jsonb_array_elements(node->'Plans') AS child)
		SELECT bool_or((node->>'Temp Written Blocks')::bigint
				> (SELECT coalesce(sum((child->>'Temp Written Blocks')::bigint), 0)
					FROM jsonb_array_elements(node->'Plans') AS child)
				AND coalesce((node->>'HashAgg Batches')::int, 0) <= 1)
		FROM node WHERE node->>'Node Type' = 'Aggregate');
END $$;

CREATE FUNCTION pg_temp.lines(query text, memory text) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
	lines text[];
BEGIN
	PERFORM set_config('work_mem', memory, true);
	EXECUTE format('SELECT array_agg(line ORDER BY line COLLATE "C")
		FROM (SELECT md5(t::text) AS line FROM (%s) AS t) AS t', query) INTO lines;
	RETURN lines;
END $$;

CREATE FUNCTION pg_temp.compare(query text, little text, ample text,
	OUT little_writes boolean, OUT ample_writes boolean, OUT rows int, OUT same boolean)
LANGUAGE plpgsql AS $$
DECLARE
	lines text[] := pg_temp.lines(query, $2);
BEGIN
	little_writes := pg_temp.writes(query, $2);
	ample_writes := pg_temp.writes(query, $3);
	rows := cardinality(lines);
	same := lines = pg_temp.lines(query, $3);
END $$;

-- each kind of customer and amount
SELECT what, c.*
FROM (VALUES
	('integers', 3, 'customer, at, amount'),
	('integers of 64 bits', 2, 'account, at, amount'),
	('uuid', 1, 'uuid, at, amount'),
	('text', 1, 'name, at, amount'),
	('long text', 1, 'rpad(name, 200, ''.''), at, amount'),
	('by day', 1, 'name, at, amount, ''day'''),
	('amounts of 64 bits', 2, 'customer, at, amount * 21000000'),
	('amounts of two rows', 1, 'customer, at, amount * 1234567890123456789'),
	('amounts of mixed scale', 1, 'name, at, round(amount / 7, id % 9)')
) AS v(what, times, arguments),
	pg_temp.compare(format('SELECT revenue_ledger(%s) FROM billing, generate_series(1, %s)', arguments, times),
		:'little', :'ample') AS c
ORDER BY what COLLATE "C";

-- each aggregate
SELECT what, c.*
FROM (VALUES
	('subscription_ledger', $$subscription_ledger(customer, daterange(at, at + 40 + id % 300), amount)$$),
	('without an end', $$subscription_ledger(name, daterange(at, CASE WHEN id % 3 > 0 THEN at + 100 END), amount, 'month', 'start')$$),
	('invoice_ledger', $$invoice_ledger(customer, daterange(at, at + 30 + id % 60), amount)$$),
	('rollup', $$rollup(revenue_entry(name, at, amount))$$),
	('filter', $$revenue_ledger(name, at, amount) FILTER (WHERE segment > 0)$$)
) AS v(what, ledger),
	pg_temp.compare(format('SELECT %s FROM billing', ledger), :'little', :'ample') AS c
ORDER BY what COLLATE "C";

-- each reader, none of which has the ledger flat, and some of them together
SELECT what, c.*
FROM (VALUES
	('facts', $$SELECT total(l), customers(l), periods(l) FROM b$$),
	('revenue_movements', $$SELECT m.* FROM b, revenue_movements(l, 12) AS m$$),
	('reactivations', $$SELECT m.* FROM b, revenue_movements(l, 1, '2026-01-01', 2, 6) AS m$$),
	('customer_movements', $$SELECT m.* FROM b, customer_movements(l, 1, '2022-01-01', '2022-02-01') AS m$$),
	('cohort_retention', $$SELECT c.* FROM b, cohort_retention(l) AS c$$),
	('ledger_entries', $$SELECT e.* FROM b, ledger_entries(l, '2021-03-01') AS e$$),
	('retention', $$SELECT retention(l, '2021-03-01', '2022-03-01') FROM b$$),
	('all of them',
		$$SELECT l, total(l), m.period, m.ending, m.nrr, c.cohort, c.nrr, retention(l, '2021-03-01', '2022-03-01')
		FROM b, revenue_movements(l, 3) AS m, cohort_retention(l, 'year') AS c
		WHERE c.period = m.period AND m.period < '2021-04-01'$$)
) AS v(what, query),
	pg_temp.compare('WITH b AS NOT MATERIALIZED
		(SELECT revenue_ledger(name, at, amount) AS l FROM billing OFFSET 0) ' || query, :'little', :'ample') AS c
ORDER BY what COLLATE "C";

-- groups, whose rows share the memory: few and many, hashed and sorted
CREATE FUNCTION pg_temp.compare_groups(pattern text, little text, ample text,
	OUT what text, OUT little_writes boolean, OUT ample_writes boolean, OUT rows int, OUT same boolean)
RETURNS SETOF record LANGUAGE sql AS $$
	SELECT what, c.*
	FROM (VALUES
		('10 groups', 'SELECT segment, revenue_ledger(name, at, amount) FROM billing GROUP BY segment'),
		('400 groups', 'SELECT id % 400, revenue_ledger(name, at, amount) FROM billing GROUP BY 1'),
		('movements of 10 groups',
			'SELECT segment, m.*
			FROM (SELECT segment, revenue_ledger(uuid, at, amount) AS l FROM billing GROUP BY segment) AS b,
				revenue_movements(l) AS m'),
		-- so many rows that a group is too big to be loaded at once, customers that come by the
		-- thousand, and one that can never be split
		('big groups',
			'SELECT segment, revenue_ledger(rpad(name, 120, ''.''), at, amount * 1234567890123456789)
			FROM billing WHERE segment < 6 GROUP BY segment'),
		('movements of big groups',
			'SELECT segment, m.*
			FROM (SELECT segment, revenue_ledger(rpad(name, 120, ''.''), at, amount * 1234567890123456789) AS l
				FROM billing WHERE segment < 6 GROUP BY segment) AS b, revenue_movements(l) AS m'),
		('customers of many rows',
			'SELECT segment, revenue_ledger(CASE WHEN id % 4 < 3 THEN rpad(''one'', 400, ''.'') ELSE name END, at, amount)
			FROM billing WHERE segment < 4 GROUP BY segment')
	) AS v(what, query), pg_temp.compare(query, $2, $3) AS c
	WHERE what ~ $1
	ORDER BY what COLLATE "C"
$$;
SET enable_sort = off;
SELECT * FROM pg_temp.compare_groups('', :'little', :'ample');
-- groups that come one after the other, each with memory enough to be split, and then mixed
SELECT * FROM pg_temp.compare(
	$$SELECT segment, revenue_ledger(rpad(name, 100, '.'), at, amount)
	FROM ((SELECT * FROM billing LIMIT 10) UNION ALL (SELECT * FROM billing ORDER BY segment) UNION ALL TABLE billing) AS b
	GROUP BY segment$$, :'little', :'ample');
-- a group that gets big enough to be split when there is hardly any memory left
SELECT n, c.*
FROM (VALUES (27000), (28000), (29000), (30000), (31000)) AS v(n),
	pg_temp.compare(format(
		'SELECT part, revenue_ledger(''customer number '' || i, date ''2021-01-01'' + i %% 1400, 1.5)
		FROM (SELECT part, i
			FROM (VALUES (1, 4, 0, 31000), (2, 1, 0, %1$s), (3, 2, 0, %1$s), (4, 3, 0, %1$s), (5, 4, 31000, 45000))
					AS v(place, part, low, high), generate_series(low + 1, high) AS i
			ORDER BY i > 50, place, i) AS b
		GROUP BY part', n), :'little', :'ample') AS c
ORDER BY n;
RESET enable_sort;
SET enable_hashagg = off;
SELECT * FROM pg_temp.compare_groups('movements of big groups', :'little', :'ample');
-- sorted, a group has the memory for itself: none of these is big enough to write
SELECT * FROM pg_temp.compare_groups('^[0-9]+ groups', :'little', :'ample');
RESET enable_hashagg;

-- So little memory that hashing puts input rows aside, too
SELECT pg_temp.lines(query, '64kB') = pg_temp.lines(query, :'ample') AS same
FROM (VALUES
	('SELECT id % 400, revenue_ledger(name, at, amount) FROM billing GROUP BY 1'),
	('SELECT customer, revenue_ledger(segment, at, amount), rollup(revenue_entry(name, at, 1.5))
	FROM billing WHERE id < 60000 GROUP BY customer')
) AS v(query);

-- grouping sets, several aggregates side by side
SELECT what, c.*
FROM (VALUES
	('two aggregates', 'SELECT revenue_ledger(customer, at, amount), subscription_ledger(name, daterange(at, at + 90), amount) FROM billing'),
	('two aggregates of groups', 'SELECT segment, revenue_ledger(customer, at, amount), revenue_ledger(uuid, at, amount, ''week'') FROM billing GROUP BY segment'),
	('rollup', 'SELECT segment, id % 2, revenue_ledger(name, at, amount) FROM billing GROUP BY ROLLUP (1, 2)'),
	('cube', 'SELECT segment, id % 2, revenue_ledger(name, at, amount), count(*) FROM billing GROUP BY CUBE (1, 2)'),
	('movements of a rollup',
		'SELECT segment, m.* FROM (SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing
		GROUP BY ROLLUP (segment)) AS b, revenue_movements(l) AS m')
) AS v(what, query), pg_temp.compare(query, :'little', :'ample') AS c
ORDER BY what COLLATE "C";

-- many small ledgers and some big ones into one
CREATE TABLE monthly AS
	SELECT segment, date_trunc('month', at) AS month, id % 20 AS part, revenue_ledger(name, at, amount) AS l
	FROM billing GROUP BY 1, 2, 3;
CREATE TABLE yearly AS
	SELECT date_trunc('year', at) AS year, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY 1;
ANALYZE monthly, yearly;
SELECT what, c.*
FROM (VALUES
	('all', 'SELECT rollup(l) FROM monthly'),
	('big and small ones', 'SELECT rollup(l) FROM (TABLE yearly UNION ALL SELECT month, l FROM monthly) AS b'),
	('by segment', 'SELECT segment, rollup(l) FROM monthly GROUP BY segment'),
	('movements', 'SELECT m.* FROM (SELECT rollup(l) AS l FROM monthly) AS b, revenue_movements(l) AS m'),
	('that cancel out', 'SELECT rollup(x) FROM monthly, LATERAL (VALUES (l), (l - l - l)) AS v(x)')
) AS v(what, query), pg_temp.compare(query, :'little', :'ample') AS c
ORDER BY what COLLATE "C";

-- again for each row outside: built again, or, not correlated, kept and read again
SET enable_material = off;
SET enable_memoize = off;
SET enable_sort = off;
SELECT what, c.*
FROM (VALUES
	('lateral',
		'SELECT g, b.* FROM generate_series(1, 3) AS g,
			LATERAL (SELECT revenue_ledger(name, at, amount * g) AS l FROM billing) AS b'),
	('lateral, of groups',
		'SELECT g, segment, m.* FROM generate_series(1, 3) AS g,
			LATERAL (SELECT segment, revenue_ledger(uuid, at, amount * g) AS l FROM billing GROUP BY segment) AS b,
			revenue_movements(l) AS m'),
	('correlated',
		'SELECT g, (SELECT revenue_ledger(name, at, amount) FROM billing WHERE id % 40 > g) FROM generate_series(1, 3) AS g'),
	('kept',
		'SELECT x, segment, m.* FROM (VALUES (1), (2)) AS v(x)
			LEFT JOIN (SELECT segment, revenue_ledger(uuid, at, amount) AS l FROM billing GROUP BY segment) AS b ON x > 0,
			revenue_movements(l) AS m'),
	('a few rows only',
		'SELECT g, b.* FROM generate_series(1, 2) AS g,
			LATERAL (SELECT revenue_ledger(name, at, amount * g) AS l FROM billing GROUP BY segment < 0 LIMIT 1) AS b')
) AS v(what, query), pg_temp.compare(query, :'little', :'ample') AS c
ORDER BY what COLLATE "C";
RESET enable_material;
RESET enable_memoize;
RESET enable_sort;

-- workers, each of which has memory of its own
ALTER TABLE billing SET (parallel_workers = 2);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT what, c.*
FROM (VALUES
	('one ledger', 'SELECT revenue_ledger(rpad(name, 80, ''.''), at, amount) FROM billing'),
	('groups', 'SELECT segment, revenue_ledger(rpad(name, 80, ''.''), at, amount) FROM billing GROUP BY segment'),
	('movements', 'SELECT m.* FROM (SELECT revenue_ledger(rpad(name, 80, ''.''), at, amount) AS l FROM billing) AS b, revenue_movements(l) AS m')
) AS v(what, query), pg_temp.compare(query, :'little', :'ample') AS c
ORDER BY what COLLATE "C";
SET max_parallel_workers_per_gather = 0;

-- a window aggregate is never told when to close a file, and writes none
SET work_mem = :'little';
SELECT DISTINCT l::text = (SELECT revenue_ledger(name, at, amount) FROM billing)::text AS same
FROM (SELECT revenue_ledger(name, at, amount) OVER () AS l FROM billing OFFSET 189998) AS w;

-- into tables
CREATE TABLE little AS SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment;
INSERT INTO little SELECT -1, revenue_ledger(name, at, amount) FROM billing;
INSERT INTO little VALUES (-2, revenue_ledger_from('billing', 'name', 'at', 'amount'));
SET work_mem = :'ample';
CREATE TABLE ample AS SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment;
INSERT INTO ample SELECT -1, revenue_ledger(name, at, amount) FROM billing;
INSERT INTO ample VALUES (-2, revenue_ledger_from('billing', 'name', 'at', 'amount'));
SELECT count(*), bool_and(a.l::text = b.l::text) AS same FROM little AS a JOIN ample AS b USING (segment);
SET work_mem = :'little';

-- a cursor read in part, in subtransactions that come to nothing, and closed
SET enable_sort = off;
BEGIN;
DECLARE c CURSOR FOR
	SELECT count(*) OVER (), bool_and(b.l::text = a.l::text) OVER () AS same
	FROM (SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment) AS b
		JOIN ample AS a USING (segment);
DECLARE d CURSOR FOR
	SELECT (SELECT m::text = n::text FROM revenue_movements(a.l) AS n WHERE n.period = m.period) AS same
	FROM (SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment) AS b
		JOIN ample AS a USING (segment), revenue_movements(b.l) AS m;
FETCH 2 FROM d;
SAVEPOINT s;
FETCH 1 FROM c;
FETCH 1 FROM d;
SELECT 1 / 0;
ROLLBACK TO s;
FETCH 1 FROM c;
FETCH 1 FROM d;
CLOSE c;
DECLARE e CURSOR FOR SELECT revenue_ledger(name, at, amount)::text = (SELECT l::text FROM ample WHERE segment = -1) AS same FROM billing;
FETCH 1 FROM e;
ROLLBACK TO s;
FETCH 1 FROM d;
COMMIT;
BEGIN;
DECLARE h CURSOR WITH HOLD FOR
	SELECT segment, b.l::text = a.l::text AS same
	FROM (SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment) AS b
		JOIN ample AS a USING (segment)
	ORDER BY segment;
FETCH 1 FROM h;
COMMIT;
FETCH 2 FROM h;
CLOSE h;

-- PL/pgSQL: a loop over ledgers, each of which is read, in vain and then in full
CREATE FUNCTION pg_temp.read(l revenue_ledger) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		PERFORM 1 / (count(*) - count(*)) FROM revenue_movements(l);
	EXCEPTION WHEN division_by_zero THEN
		NULL;
	END;
	BEGIN
		PERFORM revenue_movements(l), cohort_retention(l, 'century');
	EXCEPTION WHEN invalid_parameter_value THEN
		RETURN (SELECT md5(string_agg(m::text, ' ' ORDER BY period)) FROM revenue_movements(l) AS m);
	END;
END $$;
CREATE FUNCTION pg_temp.loop(OUT failed int, OUT digest text) LANGUAGE plpgsql AS $$
DECLARE
	b record;
BEGIN
	failed := 0;
	digest := '';
	FOR b IN SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment LOOP
		BEGIN
			digest := md5(digest || b.segment || pg_temp.read(b.l));
			PERFORM revenue_ledger(name, CASE WHEN id > 120000 THEN 'infinity' ELSE at END, amount) FROM billing
			WHERE b.segment < 2;
		EXCEPTION WHEN datetime_field_overflow THEN
			failed := failed + 1;
		END;
	END LOOP;
END $$;
SELECT segment, pg_temp.read(b.l) = pg_temp.read(a.l) AS same
FROM (SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment) AS b
	JOIN ample AS a USING (segment)
WHERE segment < 3 ORDER BY segment;
SELECT failed, digest FROM pg_temp.loop() \gset little_
SET work_mem = :'ample';
SELECT failed, digest FROM pg_temp.loop() \gset ample_
SELECT :little_failed AS failed, :'little_digest' = :'ample_digest' AS same;
SET work_mem = :'little';

-- a procedure that commits on its way
CREATE PROCEDURE pg_temp.commits(INOUT same boolean) LANGUAGE plpgsql AS $$
DECLARE
	b record;
BEGIN
	same := true;
	FOR b IN SELECT segment, revenue_ledger(name, at, amount) AS l FROM billing GROUP BY segment LOOP
		same := same AND b.l::text = (SELECT l::text FROM ample WHERE segment = b.segment);
		COMMIT;
	END LOOP;
END $$;
CALL pg_temp.commits(NULL);
RESET enable_sort;

-- No file is left.
SELECT count(*) AS files FROM pg_ls_tmpdir();

DROP TABLE billing, monthly, yearly, little, ample;
