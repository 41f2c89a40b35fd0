--
-- Invoices with a period of service, on examples small enough to be checked by hand.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';

-- which shares each customer's invoices have
CREATE FUNCTION pg_temp.shares(l revenue_ledger)
RETURNS TABLE (customer text, shares text, total numeric)
LANGUAGE sql AS $$
	SELECT customer, string_agg(to_char(period, 'YYYY-MM-DD ') || amount, ', ' ORDER BY period), sum(amount)
	FROM ledger_entries(l) GROUP BY customer ORDER BY customer COLLATE "C"
$$;
-- a ledger of one invoice
CREATE FUNCTION pg_temp.one(service anyrange, amount numeric DEFAULT 10, grain text DEFAULT 'month') RETURNS revenue_ledger
LANGUAGE sql AS $$
	SELECT invoice_ledger(1, service, amount, grain)
$$;

-- 91 days, of which 31, 29 and 31: four more decimals than the amount, which counts with two at least,
-- and each cumulative share is rounded: 34.065934|066, 65.934065|934.
SELECT s.* FROM (SELECT invoice_ledger('a'::text, daterange('2024-01-01', '2024-04-01'), 100) AS l) AS i, pg_temp.shares(l) AS s;
SELECT grain(l), customers(l), periods(l), total(l), snapshot_rule(l)
FROM (SELECT invoice_ledger('a'::text, daterange('2024-01-01', '2024-04-01'), 100) AS l) AS i;
-- However an amount is written, its shares are the same, so that a column of 29 and of 99.0 has them alike.
SELECT s.* FROM (SELECT invoice_ledger(amount::text, daterange('2024-01-01', '2025-01-01'), amount) AS l
	FROM unnest(ARRAY[29, 29.0, 29.00, 99, 99.0]) AS amount) AS i, pg_temp.shares(l) AS s;
SELECT count(DISTINCT pg_temp.one(daterange('2024-01-17', '2024-07-05'), amount)::text), min(s.shares)
FROM unnest(ARRAY[29, 29.0, 29.00]) AS amount, pg_temp.shares(pg_temp.one(daterange('2024-01-17', '2024-07-05'), amount)) AS s;
SELECT invoice_ledger(1, daterange('2024-01-17', '2024-07-05'), 29)::text = invoice_ledger(1, daterange('2024-01-17', '2024-07-05'), 29::float8)::text AS int_as_float;
-- Beyond two, the decimals of the amount as it is written count, not those that it needs.
SELECT n, s.shares, s.total, total(l) = amount AS exact
FROM (VALUES (1, 10::numeric), (2, 10.0), (3, 10.00), (4, 10.000), (5, 10.000000000), (6, -10), (7, -0.05), (8, 0.01), (9, 0.005)) AS v(n, amount),
	LATERAL (SELECT pg_temp.one(daterange('2024-01-31', '2024-02-03'), amount) AS l) AS i, pg_temp.shares(l) AS s
ORDER BY n;
-- Halves are rounded away from zero: of 1, a day of 128 is 0.0078125.
SELECT amount, s.shares FROM (VALUES (1, 1), (2, -1), (3, 3), (4, -3)) AS v(n, amount),
	pg_temp.shares(pg_temp.one(daterange('2023-12-31', '2024-05-07'), amount, 'year')) AS s
ORDER BY n;
-- A credit note over the same days takes back what was earned, digit by digit.
SELECT total(l), customers(l), periods(l), (SELECT count(*) FROM ledger_entries(l)) AS entries
FROM (SELECT invoice_ledger(customer, service, amount) AS l
	FROM (VALUES (1, daterange('2024-01-17', '2024-07-05'), 99.99), (1, daterange('2024-01-17', '2024-07-05'), -99.99)) AS v(customer, service, amount)) AS i;
-- A note over the rest of the term: 366 days at 1, less the 184 from July on.
SELECT s.* FROM (SELECT invoice_ledger(customer, service, amount, 'quarter') AS l
	FROM (VALUES (1, daterange('2024-01-01', '2025-01-01'), 366), (1, daterange('2024-07-01', '2025-01-01'), -184)) AS v(customer, service, amount)) AS i,
	pg_temp.shares(l) AS s;

-- every grain
SELECT grain, periods(l), s.shares, s.total
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
	LATERAL (SELECT pg_temp.one(CASE grain WHEN 'day' THEN daterange('2024-02-28', '2024-03-02')
		WHEN 'week' THEN daterange('2024-02-28', '2024-03-13') ELSE daterange('2023-12-31', '2024-07-02') END, 10, grain) AS l) AS i, pg_temp.shares(l) AS s
ORDER BY grain COLLATE "C";

-- Days of service: a last day that is included is written as such.
SELECT s.shares FROM pg_temp.shares(pg_temp.one(daterange('2024-01-31', '2024-02-01', '[]'))) AS s;
SELECT s.shares FROM pg_temp.shares(pg_temp.one(daterange('2024-01-31', '2024-02-01'))) AS s;
-- Of time stamps, the days from that of the begin up to that of the end, and at least the former.
SELECT service, s.shares
FROM (VALUES (1, tsrange '[2024-01-31 00:00, 2024-02-02 00:00)'),
		(2, '[2024-01-31 12:00, 2024-02-02 12:00)'),
		(3, '[2024-01-31 23:59:59, 2024-02-02 00:00:00]'),
		(4, '[2024-01-31 00:00, 2024-02-01 23:59:59.999999]'),
		(5, '(2024-01-30 23:59:59.999999, 2024-02-02 00:00)'),
		(6, '[2024-01-31 10:00, 2024-01-31 11:00)'),
		(7, '[2024-01-31 10:00, 2024-01-31 10:00]'),
		(8, '[2024-01-31 23:00, 2024-02-01 01:00)')) AS v(n, service),
	pg_temp.shares(pg_temp.one(service)) AS s
ORDER BY n;

-- zero: no customer, but in the range
SELECT customers(l), periods(l), total(l), (SELECT count(*) FROM ledger_entries(l)) AS entries
FROM (SELECT invoice_ledger(1, daterange('2024-01-15', '2024-03-15'), 0.00) AS l) AS i;

-- what is no row: a NULL, an empty range
SELECT customers(l), periods(l), total(l)
FROM (SELECT invoice_ledger(customer, service, amount) AS l
	FROM (VALUES (1, daterange('2024-01-01', '2024-03-01'), 5), (NULL, daterange('2023-01-01', '2024-03-01'), 5),
			(2, NULL, 5), (3, daterange('2025-01-01', '2025-03-01'), NULL), (4, 'empty', 5),
			(5, daterange('2022-01-01', '2022-01-01'), 5)) AS v(customer, service, amount)) AS s;
SELECT invoice_ledger(1, daterange('2024-01-01', '2024-03-01'), 5) FILTER (WHERE false) IS NULL AS no_rows,
	invoice_ledger(NULL::int, daterange('2024-01-01', '2024-03-01'), 5) IS NULL AS null_rows,
	invoice_ledger(1, NULL::tsrange, 5) IS NULL AS null_rows, invoice_ledger(1, daterange('2024-01-01', '2024-03-01'), NULL::int) IS NULL AS null_rows;
SELECT l IS NULL AS no_ledger, customers(l), periods(l), total(l)
FROM (SELECT pg_temp.one('empty'::daterange) AS l) AS s;

-- kinds of customers and amounts
SELECT s.*
FROM (SELECT invoice_ledger(c, daterange('2024-01-31', '2024-02-03'), m) AS l
	FROM (VALUES (1::smallint, 1::smallint), (2, 2)) AS v(c, m)
	UNION ALL SELECT invoice_ledger(8000000000, daterange('2024-01-31', '2024-02-03'), 9000000000000000000)
	UNION ALL SELECT invoice_ledger('00000000-0000-0000-0000-00000000000a'::uuid, daterange('2024-01-31', '2024-02-03'), 0.1::float8)
	UNION ALL SELECT invoice_ledger('é'::varchar, daterange('2024-01-31', '2024-02-03'), 1234567890123456789012.123456)
	UNION ALL SELECT invoice_ledger(1.50, daterange('2024-01-31', '2024-02-03'), 2.5::float4)) AS i, pg_temp.shares(l) AS s;

-- Shares add up for every length, position, sign and number of decimals.
CREATE TABLE many AS
	SELECT id, id % 300 AS customer, id % 11 AS region, round((id * 7919 % 20011 - 4000) / 7.0, id % 7) AS amount,
		daterange(date '2019-12-15' + id * 31 % 1000, date '2019-12-16' + id * 31 % 1000 + id * 37 % 800) AS service
	FROM generate_series(1, 6000) AS id;
ANALYZE many;
SELECT grain, count(*), count(*) FILTER (WHERE total(l) <> amount OR entries <> amount OR scale > greatest(scale(amount), 2) + 4) AS wrong
FROM unnest(ARRAY['week', 'month', 'year']) AS grain, LATERAL (
	SELECT id, amount, invoice_ledger(customer, service, amount, grain) AS l FROM many GROUP BY id, amount) AS i,
	LATERAL (SELECT coalesce(sum(e.amount), 0) AS entries, max(scale(e.amount)) AS scale FROM ledger_entries(l) AS e) AS e
GROUP BY grain ORDER BY grain COLLATE "C";
SELECT total(invoice_ledger(customer, service, amount)) - sum(amount) AS difference, sum(amount) FROM many;

-- Groups, windows, filters
SET enable_sort = off;
SELECT checks.plan_has('SELECT region, invoice_ledger(customer, service, amount) FROM many GROUP BY region', 'HashAggregate') AS hashed;
CREATE TEMP TABLE hashed AS SELECT region, invoice_ledger(customer, service, amount) AS l, sum(amount) AS amount FROM many GROUP BY region;
RESET enable_sort;
SET enable_hashagg = off;
SELECT checks.plan_has('SELECT region, invoice_ledger(customer, service, amount) FROM many GROUP BY region', 'GroupAggregate') AS sorted;
CREATE TEMP TABLE sorted AS SELECT region, invoice_ledger(customer, service, amount) AS l FROM many GROUP BY region;
RESET enable_hashagg;
SELECT count(*), count(*) FILTER (WHERE h.l::text = s.l::text) AS same, count(*) FILTER (WHERE total(h.l) = amount) AS exact,
	count(*) FILTER (WHERE h.l::text = (SELECT invoice_ledger(customer, service, many.amount) FILTER (WHERE region = h.region)::text FROM many)) AS same_as_filtered
FROM hashed AS h JOIN sorted AS s USING (region);
SELECT (SELECT rollup(l) FROM hashed)::text = invoice_ledger(customer, service, amount)::text AS regions,
	(SELECT rollup(l) FROM (SELECT invoice_ledger(customer, service, amount) AS l FROM many GROUP BY customer) AS c)::text = invoice_ledger(customer, service, amount)::text AS customers,
	(SELECT rollup(l) FROM (SELECT invoice_ledger(customer, service, amount) AS l FROM many GROUP BY id) AS c)::text = invoice_ledger(customer, service, amount)::text AS rows
FROM many;
SELECT count(*), count(*) FILTER (WHERE running::text = (SELECT invoice_ledger(customer, service, amount)::text FROM many WHERE many.id <= w.id)) AS running,
	count(*) FILTER (WHERE moving::text = (SELECT invoice_ledger(customer, service, amount)::text FROM many WHERE many.id BETWEEN w.id - 5 AND w.id)) AS moving
FROM (SELECT id, invoice_ledger(customer, service, amount) OVER (ORDER BY id) AS running,
		invoice_ledger(customer, service, amount) OVER (ORDER BY id ROWS 5 PRECEDING) AS moving
	FROM many WHERE id <= 300) AS w;

-- parallel plans
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE many SET (parallel_workers = 4);
SET max_parallel_workers_per_gather = 4;
SELECT checks.plan_has('SELECT invoice_ledger(customer, service, amount) FROM many', 'Partial Aggregate') AS parallel,
	checks.plan_has('SELECT invoice_ledger(customer, service, amount, ''day'') FROM many', 'Partial Aggregate') AS parallel;
CREATE TEMP TABLE parallel AS SELECT 1 AS n, invoice_ledger(customer, service, amount)::text AS l FROM many;
INSERT INTO parallel SELECT 2, l FROM (SELECT invoice_ledger(customer::text, service, amount, 'day')::text AS l FROM many) AS s;
SET max_parallel_workers_per_gather = 0;
SELECT n, l = CASE n WHEN 2 THEN (SELECT invoice_ledger(customer::text, service, amount, 'day')::text FROM many)
	ELSE (SELECT invoice_ledger(customer, service, amount)::text FROM many) END AS same
FROM parallel ORDER BY n;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- Errors
SELECT n, e.* FROM (VALUES
		(1, $$SELECT invoice_ledger(1, daterange(NULL, '2024-01-01'), 5)$$),
		(2, $$SELECT invoice_ledger(1, daterange('2024-01-01', NULL), 5)$$),
		(3, $$SELECT invoice_ledger(1, daterange(NULL, NULL), 5)$$),
		(4, $$SELECT invoice_ledger(1, daterange('2024-01-01', 'infinity'), 5)$$),
		(5, $$SELECT invoice_ledger(1, tsrange('2024-01-01', 'infinity'), 5)$$),
		(6, $$SELECT invoice_ledger(1, tstzrange('-infinity', '2024-01-01'), 5)$$),
		(7, $$SELECT invoice_ledger(1, int4range(1, 5), 5)$$),
		(8, $$SELECT invoice_ledger(1, daterange('2024-01-01', '2024-02-01'), true)$$),
		(9, $$SELECT invoice_ledger(1, daterange('2024-01-01', '2024-02-01'), 'NaN'::float8)$$),
		(10, $$SELECT invoice_ledger(1, daterange('2024-01-01', '2024-02-01'), '-infinity'::float4)$$),
		(11, $$SELECT invoice_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'hour')$$),
		(13, $$SELECT invoice_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, g) FROM (VALUES ('month'), ('day')) AS v(g)$$),
		(14, $$SELECT invoice_ledger(1, daterange('2024-01-15', '2024-02-15'), 12345678901234567890123456789.5)$$),
		(15, $$SELECT invoice_ledger(1, daterange('2024-01-15', '2024-02-15'), 12345678901234567890.12345678901)$$),
		(16, $$SELECT invoice_ledger(1, daterange('0001-01-01', '9999-02-01'), 5, 'day')$$)) AS v(n, statement),
	LATERAL checks.error(statement) AS e
ORDER BY n;

DROP TABLE many;
DROP SCHEMA checks CASCADE;
