--
-- Ledgers compared, ordered and hashed: whatever in PostgreSQL asks a type for equality.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
CREATE SCHEMA opclass;
SET search_path = opclass, public;

SELECT amname, opcname, opcdefault, amvalidate(c.oid)
FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'revenue_ledger'::regtype ORDER BY amname;

-- Ledgers that differ in one thing each, two of each, and some equal ones made in another way: by
-- more rows, in another order, with other decimals shown. An id divided by ten says which are equal.
CREATE TABLE ledgers (id int, what text, l revenue_ledger);
INSERT INTO ledgers
	SELECT n * 10 + c, what, l
	FROM generate_series(1, 2) AS c, (VALUES
		(1, 'one row', revenue_entry(1, date '2024-01-15', 1.5)),
		(2, 'another customer', revenue_entry(2, date '2024-01-15', 1.5)),
		(3, 'another period', revenue_entry(1, date '2024-02-15', 1.5)),
		(4, 'another amount', revenue_entry(1, date '2024-01-15', 1.6)),
		(5, 'another sign', revenue_entry(1, date '2024-01-15', -1.5)),
		(6, 'another grain', revenue_entry(1, date '2024-01-15', 1.5, 'quarter')),
		(7, 'another kind of customer', revenue_entry('1', date '2024-01-15', 1.5)),
		(8, 'another first period', revenue_entry(1, date '2024-01-15', 1.5) + revenue_entry(1, date '2023-12-15', 0)),
		(9, 'a row of zero', revenue_entry(1, date '2024-01-15', 0)),
		(10, 'empty', revenue_entry(1, date '2024-01-15', 1.5) - revenue_entry(1, date '2024-01-15', 1.5)),
		(11, 'empty by year', revenue_entry(1, date '2024-01-15', 1.5, 'year') - revenue_entry(1, date '2024-01-15', 1.5, 'year')),
		(12, 'two periods', revenue_entry(1, date '2024-01-15', 1.5) + revenue_entry(1, date '2024-02-15', 1.5)),
		(13, 'big', (SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01) FROM generate_series(1, 20000) AS i)),
		(14, 'big, one cent off', (SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01 + (i = 20000)::int * 0.01) FROM generate_series(1, 20000) AS i)),
		(15, 'no ledger', NULL)) AS v(n, what, l);
INSERT INTO ledgers VALUES
	(13, 'more decimals shown', revenue_entry(1, date '2024-01-31', 1.5000)),
	(14, 'summed up', (SELECT l FROM ledgers WHERE id = 11) + (SELECT l FROM ledgers WHERE id = 21) - (SELECT l FROM ledgers WHERE id = 21)),
	(15, 'two rows', (SELECT revenue_ledger(1, date '2024-01-15', a) FROM unnest(ARRAY[0.500, 1]) AS a)),
	(16, 'many rows', (SELECT revenue_ledger(c, date '2024-01-15', 0.0005) FROM generate_series(1, 3000), unnest(ARRAY[1, 1, 7]) AS c)
		- (SELECT revenue_ledger(c, date '2024-01-01', 0.0005) FROM generate_series(1, 3000), unnest(ARRAY[7]) AS c) - revenue_entry(1, date '2024-01-15', 1.5)),
	(83, 'in another order', revenue_entry(1, date '2023-12-31', 0) + revenue_entry(1, date '2024-01-15', 1.5)),
	(93, 'rows that cancel', revenue_entry(2, date '2024-01-15', -5) + revenue_entry(2, date '2024-01-31', 5)),
	(103, 'empty, with decimals', revenue_entry(1, date '1999-12-31', 0.000) - revenue_entry(1, date '1999-12-31', 0)),
	(133, 'as a rollup', (SELECT rollup(l) FROM (SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.0100) AS l FROM generate_series(1, 20000) AS i GROUP BY i % 7) AS g));

-- All operators, over all pairs, agree with each other and with the ids; equal ledgers have equal
-- hashes, with every seed, and the shape of a total order is kept.
SELECT count(checks.claim('= and <>', a.id || ' ' || b.id, (a.l = b.l) = (a.id / 10 = b.id / 10) AND (a.l <> b.l) = (a.id / 10 <> b.id / 10)))
FROM ledgers AS a, ledgers AS b WHERE a.l IS NOT NULL AND b.l IS NOT NULL;
SELECT count(checks.claim('order', a.id || ' ' || b.id,
	(a.l < b.l)::int + (a.l = b.l)::int + (a.l > b.l)::int = 1
	AND (a.l <= b.l) = (a.l < b.l OR a.l = b.l) AND (a.l >= b.l) = (a.l > b.l OR a.l = b.l)
	AND (a.l < b.l) = (b.l > a.l) AND (a.l <= b.l) = (b.l >= a.l)
	AND sign(revenue_ledger_cmp(a.l, b.l)) = (a.l > b.l)::int - (a.l < b.l)::int))
FROM ledgers AS a, ledgers AS b WHERE a.l IS NOT NULL AND b.l IS NOT NULL;
SELECT count(checks.claim('transitive', a.id || ' ' || b.id || ' ' || c.id, a.l <= c.l))
FROM ledgers AS a JOIN ledgers AS b ON a.l <= b.l JOIN ledgers AS c ON b.l <= c.l WHERE a.id < 130 AND b.id < 130 AND c.id < 130;
SELECT count(checks.claim('hash', a.id || ' ' || b.id,
	revenue_ledger_hash(a.l) = revenue_ledger_hash(b.l)
	AND (SELECT bool_and(revenue_ledger_hash_extended(a.l, seed) = revenue_ledger_hash_extended(b.l, seed)) FROM generate_series(-3, 3) AS seed)
	AND revenue_ledger_hash_extended(a.l, 0) & 4294967295 = revenue_ledger_hash(a.l)::bigint & 4294967295))
FROM ledgers AS a, ledgers AS b WHERE a.id / 10 = b.id / 10 AND a.l IS NOT NULL AND b.l IS NOT NULL;
SELECT count(DISTINCT revenue_ledger_hash(l)) AS hashes, count(DISTINCT revenue_ledger_hash_extended(l, 0)) AS extended, count(DISTINCT revenue_ledger_hash_extended(l, 1)) AS seeded,
	count(DISTINCT l) AS ledgers FROM ledgers;

-- The same ways of running: hashed, sorted, merged, nested
CREATE FUNCTION plan_has(query text, node text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF strpos(line, node) > 0 THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
CREATE FUNCTION run(query text, node text, OUT plan boolean, OUT ids text)
LANGUAGE plpgsql AS $$
BEGIN
	plan := plan_has(query, node);
	EXECUTE 'SELECT string_agg(i, '' '' ORDER BY i) FROM (' || query || ') AS q(i)' INTO ids;
END $$;

SET enable_sort = off;
SELECT * FROM run('SELECT min(id)::text FROM ledgers GROUP BY l', 'HashAggregate');
SELECT * FROM run('SELECT md5(l::text) FROM (SELECT DISTINCT l FROM ledgers WHERE id IN (11, 12, 21)) AS d', 'HashAggregate');
SELECT * FROM run('SELECT a.id || ''='' || b.id FROM ledgers AS a JOIN ledgers AS b ON a.l = b.l AND a.id < b.id', 'Hash Join');
RESET enable_sort;
SET enable_hashagg = off;
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT * FROM run('SELECT min(id)::text FROM ledgers GROUP BY l', 'GroupAggregate');
SELECT * FROM run('SELECT md5(l::text) FROM (SELECT DISTINCT l FROM ledgers WHERE id IN (11, 12, 21)) AS d', 'Unique');
SELECT * FROM run('SELECT a.id || ''='' || b.id FROM ledgers AS a JOIN ledgers AS b ON a.l = b.l AND a.id < b.id', 'Merge Join');
RESET enable_hashagg;
RESET enable_hashjoin;
RESET enable_nestloop;

-- IN, =ANY, IS DISTINCT FROM, rows, arrays, set operations, CASE
SELECT string_agg(id::text, ' ' ORDER BY id) FROM ledgers WHERE l IN (SELECT l FROM ledgers WHERE id IN (11, 102));
SELECT string_agg(id::text, ' ' ORDER BY id) FROM ledgers WHERE l NOT IN (SELECT l FROM ledgers WHERE id NOT IN (131, 132, 133, 151, 152));
SELECT string_agg(id::text, ' ' ORDER BY id) FROM ledgers WHERE l = ANY (ARRAY[revenue_entry(1, date '2024-01-15', 1.50), revenue_entry(1, date '2024-02-15', 1.5)]);
SELECT string_agg(id::text, ' ' ORDER BY id) FROM ledgers WHERE l IS NOT DISTINCT FROM NULL;
SELECT string_agg(id::text, ' ' ORDER BY id) FROM ledgers WHERE (id / 10, l) = (1, revenue_entry(1, date '2024-01-15', 1.50));
SELECT count(*) FROM (SELECT l FROM ledgers UNION SELECT l FROM ledgers) AS u;
SELECT count(*) FROM (SELECT l FROM ledgers WHERE id < 20 INTERSECT SELECT l FROM ledgers WHERE id > 12) AS u;
SELECT count(*) FROM (SELECT l FROM ledgers EXCEPT SELECT l FROM ledgers WHERE id < 30) AS u;
SELECT CASE revenue_entry(1, date '2024-01-15', 1.50) WHEN revenue_entry(1, date '2024-01-15', 1.5) THEN 'equal' END, nullif(l, l) IS NULL AS nullif
FROM ledgers WHERE id = 11;
SELECT array_position(array_agg(l ORDER BY id), revenue_entry(1, date '2024-02-15', 1.50)) FROM ledgers;
SELECT count(DISTINCT (id / 10, l)) AS rows FROM ledgers WHERE l IS NOT NULL;
SELECT mode() WITHIN GROUP (ORDER BY l) = revenue_entry(1, date '2024-01-15', 1.5) AS mode FROM ledgers;
-- equality without flattening or detoasting does not depend on which of both is stored
SELECT (SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01) FROM generate_series(1, 20000) AS i) = l AS big,
	l = (SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01) FROM generate_series(1, 20000) AS i) AS big
FROM ledgers WHERE id = 131;
SELECT revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01) = revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.0100) AS both_unflattened,
	revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.01) < revenue_ledger(i, date '2024-01-01' + i % 700, i * 1.0100) AS less
FROM generate_series(1, 20000) AS i;

-- sorted is ordered
SELECT bool_and(lower <= l) AS ordered FROM (SELECT l, lag(l) OVER (ORDER BY l) AS lower FROM ledgers) AS s WHERE lower IS NOT NULL AND l IS NOT NULL;

--
-- Indexes. One entry of a btree holds some 2,700 bytes, so that bigger ledgers go by their hash.
--
CREATE TABLE unique_ledgers (l revenue_ledger UNIQUE, what text);
INSERT INTO unique_ledgers SELECT DISTINCT ON (l) l, what FROM ledgers WHERE id < 130 ORDER BY l, id;
\set VERBOSITY sqlstate
INSERT INTO unique_ledgers VALUES (revenue_entry(1, date '2024-01-01', 1.50000));
INSERT INTO unique_ledgers VALUES (revenue_entry(1, date '2024-01-01', 1.50001));
\set VERBOSITY default
INSERT INTO unique_ledgers VALUES (revenue_entry(1, date '2024-01-01', 1.50000), 'and again') ON CONFLICT (l) DO UPDATE SET what = unique_ledgers.what || ' ' || excluded.what;
SET enable_seqscan = off;
SELECT * FROM run('SELECT what FROM unique_ledgers WHERE l = revenue_entry(1, date ''2024-01-01'', 1.50)', 'Index');
SELECT * FROM run('SELECT count(*)::text FROM unique_ledgers WHERE l > revenue_entry(1, date ''2024-01-01'', 1.50)', 'Index');
SELECT (SELECT count(*) FROM unique_ledgers WHERE l <= x) + (SELECT count(*) FROM unique_ledgers WHERE l > x) = (SELECT count(*) FROM unique_ledgers) AS whole
FROM (VALUES (revenue_entry(1, date '2024-01-01', 1.50))) AS v(x);
CREATE INDEX ON ledgers USING hash (l);
SELECT * FROM run('SELECT id::text FROM ledgers WHERE l = (SELECT l FROM ledgers WHERE id = 131)', 'ledgers_l_idx');
SELECT * FROM run('SELECT id::text FROM ledgers WHERE l = revenue_entry(1, date ''2024-01-15'', 1.50)', 'ledgers_l_idx');
RESET enable_seqscan;
CREATE TABLE excluded (l revenue_ledger, EXCLUDE USING hash (l WITH =));
INSERT INTO excluded SELECT l FROM ledgers WHERE id IN (131, 141);
\set VERBOSITY sqlstate
INSERT INTO excluded SELECT l FROM ledgers WHERE id = 133;
\set VERBOSITY default

-- hash partitions
CREATE TABLE parted (LIKE ledgers) PARTITION BY HASH (l);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO parted TABLE ledgers;
SELECT count(*) AS ledgers, count(DISTINCT tableoid) AS partitions, (SELECT max(n) FROM (SELECT count(DISTINCT tableoid) AS n FROM parted GROUP BY id / 10) AS g) AS for_equal_ones FROM parted;
SELECT * FROM run('SELECT id::text FROM parted WHERE l = revenue_entry(1, date ''2024-01-15'', 1.50)', 'Seq Scan');
-- range and list partitions
CREATE TABLE listed (l revenue_ledger) PARTITION BY LIST (l);
SELECT revenue_entry(1, date '2024-01-15', 1.50)::text AS one \gset
CREATE TABLE listed_one PARTITION OF listed FOR VALUES IN (:'one');
CREATE TABLE listed_rest PARTITION OF listed DEFAULT;
INSERT INTO listed SELECT l FROM ledgers;
SELECT tableoid::regclass, count(*) FROM listed GROUP BY 1 ORDER BY 1;

-- statistics can be had, for which a type has to be sorted
ANALYZE ledgers;
SELECT null_frac > 0 AS nulls, n_distinct <> 0 AS distinct_ones FROM pg_stats WHERE schemaname = 'opclass' AND tablename = 'ledgers' AND attname = 'l';

SELECT * FROM checks.summary ORDER BY topic COLLATE "C";
SELECT * FROM checks.failure ORDER BY topic COLLATE "C", context COLLATE "C" LIMIT 50;

RESET search_path;
DROP SCHEMA opclass, checks CASCADE;
