--
-- ledger_lint: every finding with its count and its sample, what is no finding, which sources and
-- columns there may be, and that nobody's search_path gets in.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA lint;
CREATE SCHEMA other_lint;
SET search_path = lint, public;

-- Findings without the advice, which is long
CREATE FUNCTION findings(source text, customer text DEFAULT 'customer_id', at text DEFAULT 'paid_on', amount text DEFAULT 'amount')
RETURNS TABLE (finding text, count bigint, sample text)
LANGUAGE sql STABLE AS $$ SELECT finding, count, sample FROM public.ledger_lint($1, $2, $3, $4) $$;

-- Rows of a customer in consecutive months from January 2024; NULL is a month without a row
CREATE FUNCTION monthly(customer int, VARIADIC amounts numeric[]) RETURNS TABLE (customer_id int, paid_on date, amount numeric)
LANGUAGE sql IMMUTABLE AS $$
	SELECT customer, (date '2024-01-10' + (n - 1) * interval '1 month')::date, a FROM unnest(amounts) WITH ORDINALITY AS v(a, n) WHERE a IS NOT NULL
$$;

--
-- A table with everything
--
CREATE TABLE messy (customer_id int, paid_on date, amount numeric);
INSERT INTO messy VALUES
	-- null customer 4, null date 3 and null amount 2, with those below: a row may be in several findings
	(NULL, '2024-01-05', 10), (NULL, '2024-01-04', 20), (NULL, NULL, NULL), (1, NULL, 30), (1, '2024-01-05', NULL),
	-- infinite date 2, not a number 4, too many digits 4
	(2, 'infinity', 10), (3, '-infinity', 10),
	(4, '2024-01-05', 'NaN'), (4, '2024-01-06', '-Infinity'), (4, '2024-01-06', 'Infinity'), (4, '2024-01-05', 'NaN'),
	(5, '2024-01-05', 1e32), (5, '2024-02-05', -1e100), (5, '2024-03-05', 1e-33), (5, '2024-04-05', 12345678901234567890123456789012.5), (5, '2024-05-05', 1234567890123456789012345678901.5),
	-- future date 2
	(6, '2999-02-01', 10), (6, '2999-01-01', 20),
	-- duplicate row 4: two copies of the first one, whatever its decimals, one of the next, one of the NaN above; a second zero adds nothing
	(7, '2024-01-05', 10), (7, '2024-01-05', 10.0), (7, '2024-01-05', 10), (7, '2024-01-06', 10), (7, '2024-01-07', 11), (7, '2024-01-07', 11), (7, '2024-01-08', 0), (7, '2024-01-08', 0),
	-- rows with a NULL are no duplicates, nor are those of two customers
	(NULL, '2024-01-05', 10), (1, NULL, 30), (8, '2024-01-05', 10),
	-- zero amount 3 with those above
	(9, '2023-01-05', 0.00),
	-- negative month 2: a refund within its month is none, -15 of February and -5 of March are
	(10, '2024-01-05', 10), (10, '2024-01-25', -10), (10, '2024-02-05', 10), (10, '2024-02-25', -25), (10, '2024-03-05', -5);
-- late invoice 6: one silent month, two silent months, two gaps of one customer, a month that nets to zero, two payments only
INSERT INTO messy
	SELECT * FROM monthly(20, 50, 50, NULL, 50) UNION ALL SELECT * FROM monthly(21, 60, 70, NULL, NULL, 70, 70) UNION ALL SELECT * FROM monthly(22, 20, 20, NULL, 20, 20, NULL, 20)
	UNION ALL SELECT * FROM monthly(23, 30, 30, 5, 30) UNION ALL SELECT * FROM monthly(23, NULL, NULL, -5) UNION ALL SELECT * FROM monthly(24, 40, NULL, 40);
-- annual spike 7: 12 times, exactly 10 times, exactly 14 times, every year once among small ones, and years apart
INSERT INTO messy
	SELECT * FROM monthly(30, 10, 10, 10, 120, 10, 10) UNION ALL SELECT * FROM monthly(31, 10, 10, 100) UNION ALL SELECT * FROM monthly(32, 140, 9, 10, 11)
	UNION ALL SELECT * FROM monthly(33, 120, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 121)
	UNION ALL VALUES (34, date '2022-03-31', 1200), (34, '2023-03-01', 1300);
-- long billing period 7: quarterly, and half-yearly with three payments
INSERT INTO messy
	SELECT * FROM monthly(40, 90, NULL, NULL, 90, NULL, NULL, 90, NULL, NULL, 80) UNION ALL SELECT * FROM monthly(41, 90, NULL, NULL, NULL, NULL, NULL, 90, NULL, NULL, NULL, NULL, NULL, 90);
-- mixed scale 2: a payment that is exactly 100 times the one before, one that is that of the one after
INSERT INTO messy
	SELECT * FROM monthly(50, 49, 49, 4900) UNION ALL SELECT * FROM monthly(51, 2900, 29, 29);
-- stray decimals 2: most are whole, so that what needs more than two is stray
INSERT INTO messy
	SELECT * FROM monthly(60, 33.333, 33.3333333333333333, 33.33, 33.3400);

SELECT * FROM findings('messy');
SELECT finding, advice FROM ledger_lint('messy', 'customer_id', 'paid_on', 'amount');
-- the least customer is that of the least text, and nothing depends on the order of rows
CREATE TABLE shuffled AS SELECT * FROM messy ORDER BY md5(messy::text);
SELECT count(*) AS differences FROM (TABLE messy EXCEPT ALL TABLE shuffled) AS e;
SELECT * FROM findings('messy') EXCEPT ALL SELECT * FROM findings('shuffled');
-- a column in two roles
SELECT * FROM findings('messy', 'paid_on', 'paid_on', 'customer_id') WHERE finding LIKE 'null%' OR finding LIKE 'duplicate%';

--
-- What is no finding
--
CREATE TABLE clean (customer_id int, paid_on date, amount numeric);
INSERT INTO clean
	-- from a plan to another and back, a pause of a month to another price, one of three months, one with a credit in it
	SELECT * FROM monthly(1, 10, 10, 20, 10) UNION ALL SELECT * FROM monthly(2, 10, 10, NULL, 11) UNION ALL SELECT * FROM monthly(3, 10, 10, NULL, NULL, NULL, 10) UNION ALL SELECT * FROM monthly(4, 15, 15, 5, 15)
	-- 9.9 and 14.1 times the median; two such months in a row; a price that is 12 times as high from then on; two months only
	UNION ALL SELECT * FROM monthly(5, 10, 10, 99, 10) UNION ALL SELECT * FROM monthly(6, 10, 10, 141, 10) UNION ALL SELECT * FROM monthly(7, 10, 10, 10, 10, 120, 121, 10) UNION ALL SELECT * FROM monthly(8, 10, 10, 120, 120, 121) UNION ALL SELECT * FROM monthly(9, 10, 120)
	-- steps of 11 and 13 months; of 12 and 1; quarterly, but for once; quarterly with two payments
	UNION ALL VALUES (10, date '2022-01-01', 100), (10, date '2022-12-01', 100), (10, date '2024-01-01', 100), (11, date '2022-01-01', 100), (11, date '2023-01-01', 100), (11, date '2023-02-01', 100)
	UNION ALL SELECT * FROM monthly(12, 10, NULL, NULL, 10, NULL, NULL, NULL, 10) UNION ALL SELECT * FROM monthly(13, 10, NULL, NULL, 12)
	-- 99 and 101 times; 100 times what somebody else pays; cents next to whole units; two decimals more than the others
	UNION ALL SELECT * FROM monthly(14, 1, 99, 1, 101) UNION ALL SELECT * FROM monthly(15, 1000) UNION ALL SELECT * FROM monthly(16, 9.99, 9.99) UNION ALL SELECT * FROM monthly(17, 12.5)
	-- the same amount on another day, another amount on the same day
	UNION ALL VALUES (18, date '2024-01-01', 10), (18, date '2024-01-02', 10), (18, date '2024-01-02', 11);
SELECT * FROM findings('clean');
CREATE TABLE empty (LIKE clean);
SELECT * FROM findings('empty');
-- a refund without a payment is one, and one that is older than its customer's first payment
INSERT INTO empty VALUES (1, '2024-01-01', -10);
SELECT * FROM findings('empty');

--
-- Cents among units, seen by their decimals: the smaller group is the odd one
--
CREATE TABLE units (customer_id text, paid_on date, amount numeric);
INSERT INTO units SELECT 'c' || i, date '2024-01-01' + i, 20 + i * 0.01 FROM generate_series(1, 50) AS i;
INSERT INTO units VALUES ('cents 1', '2024-01-01', 2100), ('cents 2', '2024-01-01', 1999);
SELECT * FROM findings('units');
CREATE TABLE cents AS SELECT customer_id, paid_on, trunc(CASE WHEN amount < 100 THEN 100 * amount ELSE amount END) AS amount FROM units;
SELECT * FROM findings('cents');
INSERT INTO cents VALUES ('unit 2', '2024-01-01', 21.50), ('unit 1', '2024-01-01', 25.0), ('unit 3', '2024-01-01', 20.99);
SELECT * FROM findings('cents');
-- numeric(12,2) says nothing by its decimals
CREATE TABLE fixed AS SELECT customer_id, paid_on, amount::numeric(12,2) FROM units;
SELECT * FROM findings('fixed');

--
-- Types of columns
--
CREATE DOMAIN day AS date;
CREATE DOMAIN price AS numeric(12,2) CHECK (VALUE > -1000);
CREATE TYPE plan AS ENUM ('free', 'paid');
CREATE TABLE types (i2 int2, i8 int8, t text, u uuid, p plan, j json, c char(5), d day, ts timestamp, tz timestamptz, price price, f4 float4, f8 float8, m money, b boolean);
INSERT INTO types SELECT i, i, 'customer %s, ' || i, md5(i::text)::uuid, 'paid', '{"id": 1}', i, date '2024-01-01' + i, timestamp '2024-01-01 12:00' + i * interval '1 day', timestamptz '2024-01-01 12:00+00' + i * interval '1 day',
	i, i, i, i, true FROM generate_series(1, 3) AS i;
INSERT INTO types SELECT * FROM types WHERE i2 = 3;
UPDATE types SET f4 = 'NaN', f8 = '-infinity' WHERE i2 = 2;
UPDATE types SET f4 = 0.1, f8 = 1e33, price = 0, ts = '-infinity', tz = 'infinity' WHERE i2 = 1;
SELECT customer, at, amount, f.* FROM (VALUES ('i2', 'd', 'price'), ('i8', 'ts', 'f4'), ('t', 'tz', 'f8'), ('u', 'd', 'i2'), ('p', 'ts', 'i8'), ('j', 'd', 'price'), ('c', 'd', 'i8'), ('b', 'tz', 'price')) AS v(customer, at, amount), findings('types', customer, at, amount) AS f;
-- a float is the number that it prints as, all digits of it, whatever is set
CREATE TABLE floats (customer_id int, paid_on date, amount float8);
INSERT INTO floats SELECT * FROM monthly(1, 0.1, 0.2, 0.3);
INSERT INTO floats VALUES (1, '2024-04-01', 0.1::float8 + 0.2::float8);
SET extra_float_digits = 0;
SELECT * FROM findings('floats');
SHOW extra_float_digits;
RESET extra_float_digits;
-- a moment falls in the month of its local date
CREATE TABLE moments (customer_id int, paid_on timestamptz, amount int);
INSERT INTO moments VALUES (1, '2024-01-31 23:30+00', 10), (1, '2024-02-10 12:00+00', -5), (1, '2024-03-01 12:00+00', 10);
SELECT * FROM findings('moments');
SET timezone = 'Europe/Berlin';
SELECT * FROM findings('moments');
SET timezone = 'UTC';
-- later than now, to the second
INSERT INTO moments VALUES (2, now() - interval '1 minute', 10), (3, now() + interval '1 minute', 10);
SELECT finding, count FROM findings('moments') WHERE finding = 'future date';

--
-- Ranges
--
CREATE TABLE subscriptions (customer_id int, during daterange, mrr numeric(12,2));
INSERT INTO subscriptions VALUES
	(NULL, '[2024-01-01,2024-02-01)', 10), (1, NULL, 10), (1, '[2024-01-01,2024-02-01)', NULL),
	-- unbounded start 4
	(2, '(,2024-01-01)', 10), (2, '[-infinity,2024-01-01)', 11), (2, '(,)', 12), (3, '[infinity,)', 10),
	-- empty range 2
	(4, 'empty', 10), (4, '[2024-01-01,2024-01-01)', 11),
	-- future start 2
	(5, '[2999-01-01,)', 10), (5, '[2999-01-01,2999-02-01)', 11),
	-- duplicate row 3, one of them empty
	(6, '[2024-01-01,2024-02-01)', 10), (6, '[2024-01-01,2024-01-31]', 10), (6, '[2024-01-01,2024-02-01)', 10), (4, 'empty', 10),
	-- overlapping duplicate 4: one within another, two that overlap one after the other, one that overlaps all before
	(7, '[2024-01-01,2025-01-01)', 10), (7, '[2024-03-01,2024-04-01)', 10), (7, '[2024-12-31,)', 10), (7, '[2025-06-01,)', 10), (8, '[2024-01-01,2024-03-01)', 10), (8, '[2024-01-01,2024-03-02)', 10),
	-- end to end, of other amounts, of other customers: none
	(9, '[2024-01-01,2024-02-01)', 10), (9, '[2024-02-01,2024-03-01)', 10), (9, '[2024-01-01,)', 20), (10, '[2024-01-01,)', 20), (11, '[2024-01-01,2024-02-01)', 10), (11, '[2024-03-01,)', 10),
	-- zero amount 1; a discount is none
	(12, '[2024-01-01,)', 0), (13, '[2024-01-01,)', 100), (13, '[2024-01-01,)', -20),
	-- mixed scale 1
	(14, '[2024-01-01,2024-02-01)', 19.5), (14, '[2024-02-01,)', 1950);
SELECT * FROM findings('subscriptions', 'customer_id', 'during', 'mrr');
SELECT finding, advice FROM ledger_lint('subscriptions', 'customer_id', 'during', 'mrr') WHERE finding IN ('unbounded start', 'empty range', 'future start', 'overlapping duplicate');
-- ranges of timestamps, domains of ranges, ranges of one's own
CREATE DOMAIN term AS tstzrange;
CREATE TYPE dayrange AS RANGE (subtype = date);
CREATE TABLE ranges (customer_id int, ts tsrange, tz term, own dayrange, months daterange[], n int4range, many datemultirange, amount int);
INSERT INTO ranges (customer_id, ts, tz, own, amount) VALUES
	(1, '[2024-01-01,2024-01-02]', '[2024-01-01,2024-01-02]', '(2024-01-01,2024-03-01]', 10), (1, '[2024-01-02,2024-01-03)', '[2024-01-02,2024-01-03)', '[2024-02-01,2024-04-01)', 10),
	(2, '[2024-01-01,)', '[2024-01-01,)', '[2024-01-01,)', 10), (2, '[2024-01-01 00:00:01,)', '[2024-01-01 00:00:01,)', '[,2024-01-01)', 10), (3, '[-infinity,)', 'empty', '[2999-01-01,infinity)', 10);
SELECT at, f.* FROM (VALUES ('ts'), ('tz'), ('own')) AS v(at), findings('ranges', 'customer_id', at, 'amount') AS f;

--
-- Sources and names
--
CREATE TABLE "My ""Billing"" Table" ("Customer ID" int, "paid,on" date, "select" numeric);
INSERT INTO "My ""Billing"" Table" VALUES (1, '2024-01-01', 0);
CREATE TABLE other_lint.clean AS SELECT 1 AS customer_id, date '2024-01-01' AS paid_on, 0 AS amount;
CREATE TABLE partitioned (LIKE clean) PARTITION BY RANGE (paid_on);
CREATE TABLE partition_1 PARTITION OF partitioned DEFAULT;
INSERT INTO partitioned VALUES (1, '2024-01-01', 0);
CREATE MATERIALIZED VIEW stored AS TABLE messy;
-- a function in a view finds what its caller's search_path leads to
CREATE FUNCTION latest() RETURNS date LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT max(paid_on) FROM clean); END $$;
CREATE FUNCTION inlined() RETURNS date LANGUAGE sql STABLE AS $$ SELECT max(paid_on) FROM clean $$;
CREATE VIEW recent AS SELECT customer_id, paid_on, 0 * amount AS amount FROM clean WHERE paid_on IN (latest(), inlined());
CREATE VIEW broken AS SELECT customer_id, paid_on, amount / (customer_id - 1) AS amount FROM clean;
SELECT * FROM findings('"My ""Billing"" Table"', 'Customer ID', 'paid,on', 'select');
SELECT source, f.* FROM unnest(ARRAY['other_lint.clean', 'partitioned', 'lint.recent']) AS source, findings(source) AS f;
SELECT count(*) FROM findings('stored');
SET search_path = other_lint, public;
SELECT * FROM lint.findings('clean');
SET search_path = lint, public;
-- names that the findings use themselves
CREATE TEMP TABLE source_rows AS SELECT 1 AS customer_id, date '2024-01-01' AS paid_on, 0 AS amount;
CREATE TEMP TABLE billing AS SELECT 2 AS customer, date '2024-01-01' AS at, 0 AS amount;
SELECT * FROM findings('source_rows');
SELECT * FROM findings('billing', 'customer', 'at');
-- (called force_parallel_mode up to version 15)
SELECT name AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :forced = on;
SELECT * FROM findings('billing', 'customer', 'at');
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT count(*) FROM findings('messy');
RESET ALL;
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
SET search_path = lint, public;
DROP TABLE source_rows, billing;
-- what a transaction has written, and what it reads, is linted; a big table goes through files
BEGIN;
INSERT INTO clean VALUES (1, '2024-01-01', 0);
SELECT * FROM findings('clean');
ROLLBACK;
PREPARE lint(text) AS SELECT * FROM findings($1);
EXECUTE lint('clean');
EXECUTE lint('units');
CREATE TABLE big AS SELECT i % 5000 AS customer_id, (date '2020-01-01' + i / 5000 * interval '1 month')::date AS paid_on, 100 + i % 7 AS amount FROM generate_series(0, 59999) AS i;
INSERT INTO big VALUES (4999, '2020-06-15', 0);
SET work_mem = '64kB';
SELECT * FROM findings('big');
RESET work_mem;
DELETE FROM big WHERE paid_on = '2020-06-01';
UPDATE big SET amount = 100 WHERE paid_on IN ('2020-05-01', '2020-07-01');
SELECT * FROM findings('big') WHERE finding = 'late invoice';

--
-- Privileges and row security are those of the caller
--
CREATE ROLE regress_nrr_linter;
GRANT USAGE ON SCHEMA lint TO regress_nrr_linter;
CREATE TABLE tenants (customer_id int, paid_on date, amount int, secret int);
INSERT INTO tenants VALUES (1, '2024-01-01', 0, 1), (2, '2024-01-01', 0, 2);
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants USING (customer_id = 2);
GRANT SELECT (customer_id, paid_on, amount) ON tenants TO regress_nrr_linter;
SELECT * FROM findings('tenants');
SET ROLE regress_nrr_linter;
SELECT * FROM findings('tenants');
SELECT * FROM findings('tenants', 'secret');
SELECT * FROM findings('messy');
RESET ROLE;

--
-- A search_path with traps in it
--
CREATE SCHEMA trap;
DO $$
DECLARE
	op text;
	type text;
BEGIN
	EXECUTE 'CREATE FUNCTION trap.sprung(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''trap''''; END''';
	FOREACH type IN ARRAY ARRAY['numeric', 'integer', 'bigint', 'date', 'text', 'boolean'] LOOP
		EXECUTE format('CREATE FUNCTION trap.sprung(%1$s, %1$s) RETURNS boolean LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''trap''''; END''', type);
		FOREACH op IN ARRAY ARRAY['=', '<>', '<', '<=', '>', '>='] LOOP
			EXECUTE format('CREATE OPERATOR trap.%s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = trap.sprung)', op, type);
		END LOOP;
	END LOOP;
	FOREACH op IN ARRAY ARRAY['isfinite(date)', 'abs(numeric)', 'scale(numeric)', 'min_scale(numeric)', 'power(numeric, numeric)', 'now()', 'isempty(daterange)', 'lower(daterange)'] LOOP
		EXECUTE format('CREATE FUNCTION trap.%s RETURNS text LANGUAGE plpgsql AS ''BEGIN RAISE EXCEPTION ''''trap''''; END''', op);
	END LOOP;
	EXECUTE 'CREATE AGGREGATE trap.sum(numeric) (SFUNC = numeric_add, STYPE = numeric, INITCOND = 1000)';
END $$;
CREATE TABLE found AS SELECT * FROM findings('messy');
CREATE TABLE found_in_ranges AS SELECT * FROM findings('subscriptions', 'customer_id', 'during', 'mrr');
SET search_path = trap, pg_catalog, lint, public;
SELECT 1.0 > 2.0;
CREATE TABLE lint.trapped AS SELECT finding, count, sample FROM public.ledger_lint('messy', 'customer_id', 'paid_on', 'amount');
CREATE TABLE lint.trapped_in_ranges AS SELECT finding, count, sample FROM public.ledger_lint('subscriptions', 'customer_id', 'during', 'mrr');
SHOW search_path;
SET search_path = lint, public;
SELECT count(*) AS findings, (SELECT count(*) FROM (TABLE found EXCEPT TABLE trapped) AS e) AS missing FROM trapped;
SELECT count(*) AS findings, (SELECT count(*) FROM (TABLE found_in_ranges EXCEPT TABLE trapped_in_ranges) AS e) AS missing FROM trapped_in_ranges;

--
-- A date is found where a ledger refuses it, and nowhere else, at both ends of the calendar and of all types.
--
CREATE FUNCTION found_and_refused(type text, day text, OUT findings text, OUT refused text)
LANGUAGE plpgsql AS $$
DECLARE
	is_range boolean := type ~ 'range';
BEGIN
	DROP VIEW IF EXISTS edge_row;
	EXECUTE format('CREATE TEMP VIEW edge_row AS SELECT 1 AS customer_id, %L::%s AS paid_on, 10 AS amount', day, type);
	findings := (SELECT string_agg(f.finding, ', ') FROM findings('edge_row') AS f WHERE f.finding ~ 'date|start' AND f.finding !~ 'future');
	EXECUTE format('SELECT periods(%s(customer_id, paid_on, amount)) FROM edge_row', CASE WHEN is_range THEN 'subscription_ledger' ELSE 'revenue_ledger' END);
EXCEPTION WHEN OTHERS THEN
	refused := SQLERRM;
END $$;
SELECT type, at, f.* FROM (VALUES
		(1, 'date', ARRAY['-infinity', '4714-11-24 BC', '4714-12-31 BC', '4713-01-01 BC', '5874896-12-31', '5874897-01-01', '5874897-12-31', 'infinity']),
		(2, 'timestamp', ARRAY['4714-12-31 23:59:59.999999 BC', '4713-01-01 00:00 BC', '294276-12-31 23:59:59.999999']),
		(3, 'timestamptz', ARRAY['4714-12-31 23:59:59.999999+00 BC', '4713-01-01 00:00+00 BC', '294276-12-31 23:59:59.999999+00']),
		(4, 'daterange', ARRAY['["4714-12-31 BC","4713-02-01 BC")', '["4713-01-01 BC","4713-02-01 BC")', '[2024-01-01,5874896-12-31)', '[2024-01-01,5874896-12-31]', '[5874896-12-31,)', '[5874897-01-01,)', '[2024-01-01,infinity)', '[-infinity,2024-01-01)']),
		(5, 'tsrange', ARRAY['["4714-12-31 23:00 BC","4713-02-01 BC")', '["4713-01-01 BC","4713-02-01 BC")', '[2024-01-01,"294276-12-31 23:59:59.999999")'])) AS v(n, type, days),
	unnest(days) WITH ORDINALITY AS d(at, o), found_and_refused(type, at) AS f
ORDER BY n, o;

--
-- Errors
--
CREATE FUNCTION error(source text, customer text, at text, amount text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	RETURN (SELECT count(*) || ' findings' FROM ledger_lint(source, customer, at, amount));
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  HINT ', SQLSTATE || ' ' || SQLERRM, nullif(hint, ''));
END $$;
CREATE SEQUENCE numbers;
SELECT source, customer, at, amount, error(source, customer, at, amount) FROM (VALUES
	('no_such_table', 'customer_id', 'paid_on', 'amount'), ('numbers', 'last_value', 'paid_on', 'amount'), ('broken', 'customer_id', 'paid_on', 'amount'), ('clean; DROP TABLE clean', 'customer_id', 'paid_on', 'amount'),
	('clean', 'no_such_column', 'paid_on', 'amount'), ('clean', 'customer_id', 'Paid_on', 'amount'), ('clean', 'customer_id', 'paid_on', 'amount * 2'),
	('clean', 'customer_id', 'amount', 'amount'), ('clean', 'customer_id', 'paid_on', 'paid_on'), ('types', 'm', 't', 'i2'), ('types', 'i2', 'd', 't'), ('types', 'i2', 'd', 'm'), ('types', 'i2', 'd', 'b'),
	('ranges', 'customer_id', 'n', 'amount'), ('ranges', 'customer_id', 'months', 'amount'), ('ranges', 'customer_id', 'ts', 'ts'),
	(NULL, 'customer_id', 'paid_on', 'amount'), ('clean', NULL, 'paid_on', 'amount'), ('clean', 'customer_id', NULL, 'amount'), ('clean', 'customer_id', 'paid_on', NULL)) AS v(source, customer, at, amount);
-- an error leaves nothing behind
SHOW search_path;
SELECT * FROM findings('clean');

RESET search_path;
DROP SCHEMA lint, other_lint, trap CASCADE;
DROP ROLE regress_nrr_linter;
