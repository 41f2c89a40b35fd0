--
-- Subscriptions on examples small enough to be checked by hand.
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

-- in which periods each customer has how much
CREATE FUNCTION pg_temp.entries(l revenue_ledger, through date DEFAULT NULL)
RETURNS TABLE (customer text, amounts text)
LANGUAGE sql AS $$
	SELECT customer, string_agg(to_char(period, 'YY-MM-DD ') || amount, ', ' ORDER BY period)
	FROM ledger_entries(l, through) GROUP BY customer ORDER BY customer COLLATE "C"
$$;
CREATE FUNCTION pg_temp.periods_of(l revenue_ledger, through date DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(to_char(period, 'YYYY-MM-DD'), ' ' ORDER BY period) FROM ledger_entries(l, through)
$$;

-- a ledger of one subscription
CREATE FUNCTION pg_temp.one(during anyrange, mrr numeric DEFAULT 5, grain text DEFAULT 'month', rule text DEFAULT 'end')
RETURNS revenue_ledger
LANGUAGE sql AS $$
	SELECT subscription_ledger(1, during, mrr, grain, rule)
$$;

-- The rule: in force at the end of the month, or at its start.
CREATE TEMP TABLE subscription (customer text, starts date, ends date, mrr numeric(10,2));
INSERT INTO subscription VALUES
	('Nov to Feb', '2023-11-01', '2024-02-01', 100),
	('Jan 15 to Feb 10', '2024-01-15', '2024-02-10', 50),
	('within January', '2024-01-02', '2024-01-31', 9),
	('January', '2024-01-01', '2024-02-01', 8),
	('last day of January', '2024-01-31', '2024-02-01', 7),
	('first day of January', '2024-01-01', '2024-01-02', 6),
	('open', '2024-01-15', NULL, 5);
CREATE TEMP TABLE ledger AS
	SELECT rule, l
	FROM unnest(ARRAY['end', 'start']) AS rule,
		LATERAL (SELECT subscription_ledger(customer, daterange(starts, ends), mrr, 'month', rule) AS l
			FROM subscription) AS s;
SELECT rule, snapshot_rule(l), grain(l), customers(l), periods(l), total(l) FROM ledger ORDER BY rule;
SELECT rule, e.* FROM ledger, pg_temp.entries(l) AS e ORDER BY rule, customer COLLATE "C";
SELECT pg_typeof(subscription_ledger(customer, daterange(starts, ends), mrr)),
	subscription_ledger(customer, daterange(starts, ends), mrr)::text
	= subscription_ledger(customer, daterange(starts, ends), mrr, 'month', 'end')::text AS defaults,
	subscription_ledger(customer, daterange(starts, ends), mrr)::text
	= subscription_ledger(customer, daterange(starts, ends), mrr, 'month')::text AS defaults
FROM subscription;

-- The closing change is in the ledger's range, and so churn is seen in the month of the end.
SELECT rule, period, starting, new, churn, ending, churned_customers, grr
FROM ledger, revenue_movements(l) ORDER BY rule, period;
SELECT rule, array_agg(period) FILTER (WHERE churn > 0) AS churned_in
FROM unnest(ARRAY['end', 'start']) AS rule,
	revenue_movements(pg_temp.one(daterange('2023-11-01', '2024-02-01'), 5, 'month', rule))
GROUP BY rule ORDER BY rule;

-- open ends: through the last period of the ledger, or as far as through says
SELECT through, periods(l) AS periods, pg_temp.periods_of(l, through) AS entries, m.*
FROM (SELECT subscription_ledger(customer, daterange(starts, ends), mrr) AS l
		FROM subscription WHERE customer IN ('open', 'first day of January')) AS s,
	unnest('{NULL, 2023-12-31, 2024-01-01, 2024-01-31, 2024-02-15, 2024-04-30}'::date[]) AS through,
	LATERAL (SELECT count(*) AS rows, max(period) AS last, sum(new) AS new, sum(churn) AS churn,
			(array_agg(ending ORDER BY period DESC))[1] AS ending
		FROM revenue_movements(l, 1, through)) AS m;
SELECT through, c.*
FROM (SELECT pg_temp.one(daterange('2024-01-31', NULL)) AS l) AS s,
	unnest('{NULL, 2024-03-01}'::date[]) AS through, cohort_retention(l, through => through) AS c;
-- a later row of another customer carries open subscriptions on
SELECT e.*
FROM (SELECT subscription_ledger(customer, daterange(starts, ends), mrr)
			+ revenue_entry('pays once'::text, date '2024-05-05', 3.00) AS l
		FROM subscription WHERE customer = 'open') AS s, pg_temp.entries(l) AS e;
SELECT customers(l), periods(l), total(l), total(l + revenue_entry(2, date '2024-12-01', 0)) AS longer
FROM (SELECT pg_temp.one(daterange('2024-01-31', NULL)) AS l) AS s;
-- infinity is an open end, too
SELECT during, pg_temp.one(during)::text = pg_temp.one(daterange('2024-01-31', NULL))::text AS open
FROM (VALUES (1, tsrange('2024-01-31', NULL)), (2, tsrange('2024-01-31', 'infinity')), (3, tsrange('2024-01-31', 'infinity', '[]'))) AS v(n, during)
ORDER BY n;
SELECT pg_temp.one(daterange('2024-01-31', 'infinity'))::text = pg_temp.one(daterange('2024-01-31', NULL))::text AS date_infinity,
	pg_temp.one(tstzrange('2024-01-31', 'infinity'))::text = pg_temp.one(daterange('2024-01-31', NULL))::text AS timestamptz_infinity;

-- Subscriptions of a customer add up; what ends where another begins is no churn.
SELECT period, starting, new, expansion, contraction, churn, ending, ending_customers
FROM (SELECT subscription_ledger(customer, during, mrr) AS l
	FROM (VALUES ('a', daterange('2024-01-01', '2024-04-01'), 100),	-- a plan
			('a', daterange('2024-02-10', '2024-04-01'), 20),			-- an add-on
			('a', daterange('2024-03-05', '2024-05-01'), -30),			-- a discount that outlasts them
			('a', daterange('2024-04-01', '2024-07-01'), 150),			-- the next plan
			('a', daterange('2024-02-01', '2024-06-01'), 0))			-- a free one
		AS v(customer, during, mrr)) AS s, revenue_movements(l);
-- a discount alone is no revenue, and nobody's first month
SELECT pg_temp.periods_of(l) AS entries, total(l), m.*
FROM (SELECT subscription_ledger(customer, during, mrr) AS l
	FROM (VALUES ('a', daterange('2024-01-01', '2024-05-01'), -10), ('a', daterange('2024-02-01', '2024-04-01'), 10.0),
			('a', daterange('2024-03-01', '2024-04-01'), 25)) AS v(customer, during, mrr)) AS s,
	LATERAL (SELECT array_agg(ending ORDER BY period) AS ending, array_agg(new ORDER BY period) AS new,
		array_agg(churn ORDER BY period) AS churn FROM revenue_movements(l)) AS m;
-- free: no customer, but in the range
SELECT customers(l), periods(l), total(l), snapshot_rule(l), (SELECT count(*) FROM ledger_entries(l)) AS entries
FROM (SELECT subscription_ledger('a'::text, daterange('2024-01-01', '2024-04-01'), 0.00) AS l) AS s;

-- every grain, both rules: the periods that count one subscription, and those that it touches
SELECT grain, rule, periods(l), pg_temp.periods_of(l) AS counted
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
	unnest(ARRAY['end', 'start']) AS rule,
	LATERAL (SELECT pg_temp.one(CASE grain
		WHEN 'day' THEN daterange('2024-02-27', '2024-03-02')
		WHEN 'week' THEN daterange('2024-02-29', '2024-03-18')
		WHEN 'month' THEN daterange('2023-12-31', '2024-03-30')
		ELSE daterange('2021-10-02', '2024-07-01') END, 5, grain, rule) AS l) AS s
ORDER BY grain COLLATE "C", rule;

-- Bounds: a range holds the same instants however it is written.
SELECT during, periods(pg_temp.one(during)) AS touched, pg_temp.periods_of(pg_temp.one(during)) AS at_end,
	pg_temp.periods_of(pg_temp.one(during, 5, 'month', 'start')) AS at_start
FROM (VALUES
		(1, tsrange '[2024-01-01 00:00, 2024-02-01 00:00)'),
		(2, '[2024-01-01 00:00, 2024-02-01 00:00]'),
		(3, '[2024-01-01 00:00, 2024-01-31 23:59:59.999999]'),
		(4, '[2024-01-01 00:00, 2024-01-31 23:59:59.999999)'),
		(5, '(2024-01-01 00:00, 2024-03-01 00:00)'),
		(6, '(2024-01-31 23:59:59.999999, 2024-03-01 00:00]'),
		(7, '(2024-01-31 23:59:59.999998, 2024-03-01 00:00]'),
		(8, '[2024-01-31 23:59:59.999999, 2024-02-01 00:00)'),
		(9, '[2024-02-01 00:00, 2024-02-01 00:00]'),
		(10, '[2024-01-31 23:59:59.999999, 2024-01-31 23:59:59.999999]')) AS v(n, during)
ORDER BY n;
SELECT pg_temp.periods_of(pg_temp.one(daterange('2024-01-01', '2024-01-31', '[]'))) AS last_day_included,
	pg_temp.periods_of(pg_temp.one(daterange('2024-01-01', '2024-01-31'))) AS last_day_excluded,
	pg_temp.periods_of(pg_temp.one(daterange('2023-12-31', '2024-02-01', '()'))) AS first_day_excluded;

-- what is no row: a NULL, an empty range
SELECT customers(l), periods(l), total(l)
FROM (SELECT subscription_ledger(customer, during, mrr) AS l
	FROM (VALUES (1, daterange('2024-01-01', '2024-03-01'), 5), (NULL, daterange('2023-01-01', '2024-03-01'), 5),
			(2, NULL, 5), (3, daterange('2025-01-01', '2025-03-01'), NULL), (4, 'empty', 5),
			(5, daterange('2022-01-01', '2022-01-01'), 5)) AS v(customer, during, mrr)) AS s;
SELECT subscription_ledger(customer, daterange(starts, ends), mrr) IS NULL AS no_rows FROM subscription WHERE false;
SELECT subscription_ledger(NULL::int, daterange('2024-01-01', '2024-03-01'), 5) IS NULL AS null_rows,
	subscription_ledger(1, NULL::tsrange, 5) IS NULL AS null_rows, subscription_ledger(1, daterange('2024-01-01', NULL), NULL::int) IS NULL AS null_rows;
SELECT l IS NULL AS no_ledger, customers(l), periods(l), total(l), snapshot_rule(l)
FROM (SELECT pg_temp.one('empty'::daterange) AS l) AS s;

-- kinds of customers and amounts
SELECT e.*, total(l)
FROM (SELECT subscription_ledger(c, daterange('2024-01-31', '2024-02-05'), m) AS l
	FROM (VALUES (1::smallint, 1::smallint), (2, 2)) AS v(c, m)
	UNION ALL SELECT subscription_ledger(8000000000, daterange('2024-01-31', '2024-02-05'), 9000000000000000000)
	UNION ALL SELECT subscription_ledger('00000000-0000-0000-0000-00000000000a'::uuid, daterange('2024-01-31', '2024-02-05'), 0.1::float8)
	UNION ALL SELECT subscription_ledger('é'::varchar, daterange('2024-01-31', '2024-02-05'), 12345678901234567890123456.123456)
	UNION ALL SELECT subscription_ledger(1.50, daterange('2024-01-31', '2024-02-05'), 2.5::float4)) AS s, pg_temp.entries(l) AS e;

-- A subscription is two changes, however long.
CREATE TEMP TABLE sizes AS
	SELECT n, during, pg_temp.one(during, 99.90) AS l
	FROM (VALUES (1, daterange('2014-01-01', '2014-02-01')), (2, daterange('2014-01-01', '2024-01-01')),
			(3, daterange('2014-01-01', NULL))) AS v(n, during);
SELECT l.during, pg_column_size(l.l) - pg_column_size(month.l) < 8 AS as_small, (SELECT count(*) FROM ledger_entries(l.l, '2023-12-31')) AS entries
FROM sizes AS l, sizes AS month WHERE month.n = 1 ORDER BY l.n;
CREATE TEMP TABLE sized AS
	SELECT what, subscription_ledger(customer, during, 50) AS l
	FROM generate_series(1, 1000) AS customer,
		(VALUES ('one month', daterange('2014-01-01', '2014-02-01')), ('120 months', daterange('2014-01-01', '2024-01-01')),
			('open', daterange('2014-01-01', NULL))) AS v(what, during)
	GROUP BY what;
SELECT l.what, customers(l.l), (SELECT count(*) FROM ledger_entries(l.l, '2023-12-31')) AS entries, total(l.l),
	length(revenue_ledger_send(l.l)) < 12 * 1000 AS bytes,
	length(revenue_ledger_send(l.l)) < 1.3 * length(revenue_ledger_send(month.l)) AS as_small
FROM sized AS l, sized AS month WHERE month.what = 'one month' ORDER BY l.what COLLATE "C";
-- amounts that differ from month to month take an entry each
SELECT length(revenue_ledger_send(l)) * 20 < length(revenue_ledger_send(rows)) AS far_smaller
FROM sized, (SELECT revenue_ledger(customer, (date '2014-01-01' + n * interval '1 month')::date, 50 + n % 2) AS rows
	FROM generate_series(1, 1000) AS customer, generate_series(0, 119) AS n) AS r
WHERE what = '120 months';
-- Of 1 to 60 months, they take what the same months take as rows: equal amounts in a row are one run.
CREATE TEMP TABLE term AS
	SELECT id % 5000 AS customer, starts, id * 7919 % 60 + 1 AS months, 10 + id % 3 AS mrr
	FROM generate_series(1, 10000) AS id, LATERAL (SELECT date '2019-01-01' + id * 31 % 1500 AS starts) AS d;
SELECT total(l) = total(rows) AS same_total, length(revenue_ledger_send(l)) < 1.02 * length(revenue_ledger_send(rows)) AS no_larger
FROM (SELECT subscription_ledger(customer, daterange(starts, (starts + months * interval '1 month')::date), mrr) AS l FROM term) AS s,
	(SELECT revenue_ledger(customer, (date_trunc('month', starts) + n * interval '1 month')::date, mrr) AS rows
	FROM term, generate_series(0, months - 1) AS n) AS r;

-- Groups, windows, filters. 6,000 subscriptions of 500 customers in 11 regions.
CREATE TABLE many AS
	SELECT id, id % 500 AS customer, id % 11 AS region, (id * 7919 % 90 - 20) * 0.50 AS mrr,
		daterange(date '2020-01-01' + id * 31 % 1000, CASE WHEN id % 4 > 0 THEN date '2020-01-01' + id * 31 % 1000 + id * 37 % 700 END) AS during
	FROM generate_series(1, 6000) AS id;
ANALYZE many;
SELECT customers(l), periods(l), total(l) FROM (SELECT subscription_ledger(customer, during, mrr) AS l FROM many) AS s;
SET enable_sort = off;
SELECT checks.plan_has('SELECT region, subscription_ledger(customer, during, mrr) FROM many GROUP BY region', 'HashAggregate') AS hashed;
CREATE TEMP TABLE hashed AS SELECT region, subscription_ledger(customer, during, mrr) AS l FROM many GROUP BY region;
RESET enable_sort;
SET enable_hashagg = off;
SELECT checks.plan_has('SELECT region, subscription_ledger(customer, during, mrr) FROM many GROUP BY region', 'GroupAggregate') AS sorted;
CREATE TEMP TABLE sorted AS SELECT region, subscription_ledger(customer, during, mrr) AS l FROM many GROUP BY region;
RESET enable_hashagg;
SELECT count(*), count(*) FILTER (WHERE h.l::text = s.l::text) AS same,
	count(*) FILTER (WHERE h.l::text = (SELECT subscription_ledger(customer, during, mrr) FILTER (WHERE region = h.region)::text FROM many)) AS same_as_filtered
FROM hashed AS h JOIN sorted AS s USING (region);
SELECT (SELECT rollup(l) FROM hashed)::text = subscription_ledger(customer, during, mrr)::text AS regions,
	(SELECT rollup(l) FROM (SELECT subscription_ledger(customer, during, mrr) AS l FROM many GROUP BY customer) AS c)::text = subscription_ledger(customer, during, mrr)::text AS customers,
	(SELECT rollup(l) FROM (SELECT subscription_ledger(customer, during, mrr) AS l FROM many GROUP BY id) AS c)::text = subscription_ledger(customer, during, mrr)::text AS rows
FROM many;
-- a frame that grows, and one that moves
SELECT count(*), count(*) FILTER (WHERE running::text = (SELECT subscription_ledger(customer, during, mrr)::text FROM many WHERE many.id <= w.id)) AS running,
	count(*) FILTER (WHERE moving::text = (SELECT subscription_ledger(customer, during, mrr)::text FROM many WHERE many.id BETWEEN w.id - 5 AND w.id)) AS moving
FROM (SELECT id, subscription_ledger(customer, during, mrr) OVER (ORDER BY id) AS running,
		subscription_ledger(customer, during, mrr) OVER (ORDER BY id ROWS 5 PRECEDING) AS moving
	FROM many WHERE id <= 300) AS w;
SELECT subscription_ledger(customer, during, mrr ORDER BY during DESC)::text = subscription_ledger(customer, during, mrr)::text AS ordered,
	subscription_ledger(DISTINCT customer, during, mrr)::text = subscription_ledger(customer, during, mrr)::text AS distinct_rows
FROM many;

-- parallel plans
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE many SET (parallel_workers = 4);
SET max_parallel_workers_per_gather = 4;
SELECT checks.plan_has('SELECT subscription_ledger(customer, during, mrr) FROM many', 'Partial Aggregate') AS parallel,
	checks.plan_has('SELECT subscription_ledger(customer, during, mrr, ''day'', ''start'') FROM many', 'Partial Aggregate') AS parallel;
CREATE TEMP TABLE parallel AS SELECT 1 AS n, subscription_ledger(customer, during, mrr)::text AS l FROM many;
INSERT INTO parallel SELECT 2, l FROM (SELECT subscription_ledger(customer::text, during, mrr, 'day', 'start')::text AS l FROM many) AS s;
INSERT INTO parallel SELECT 3, l FROM (SELECT rollup(l)::text AS l FROM (SELECT subscription_ledger(customer, during, mrr) AS l FROM many GROUP BY region) AS r) AS s;
SET max_parallel_workers_per_gather = 0;
SELECT n, l = CASE n WHEN 2 THEN (SELECT subscription_ledger(customer::text, during, mrr, 'day', 'start')::text FROM many)
	ELSE (SELECT subscription_ledger(customer, during, mrr)::text FROM many) END AS same
FROM parallel ORDER BY n;
RESET max_parallel_workers_per_gather;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- with memory for all rows, and without
CREATE FUNCTION pg_temp.under(memory text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('work_mem', memory, true);
	RETURN (SELECT md5(subscription_ledger(id * 7919 % 20011, daterange(starts, CASE WHEN id % 9 > 0 THEN starts + id * 37 % 700 END), id % 90 * 0.50)::text)
		FROM generate_series(1, 60000) AS id, LATERAL (SELECT date '2020-01-01' + id * 31 % 1000 AS starts) AS d);
END $$;
SELECT pg_temp.under('64kB') = pg_temp.under('256MB') AS same;

-- The rule is part of a ledger as long as a subscription is in it. Rows and invoices have none.
CREATE TEMP TABLE ruled AS
	SELECT subscription_ledger(1, daterange('2024-01-15', '2024-03-10'), 5) AS at_end,
		subscription_ledger(1, daterange('2024-01-15', '2024-03-10'), 5, 'month', 'start') AS at_start,
		subscription_ledger(2, daterange('2024-02-15', NULL), 7) AS open,
		revenue_ledger(1, date '2024-02-02', 3) AS rows,
		invoice_ledger(3, daterange('2024-01-01', '2024-03-01'), 60) AS invoices;
SELECT snapshot_rule(at_end), snapshot_rule(at_start), snapshot_rule(rows), snapshot_rule(invoices) FROM ruled;
SELECT snapshot_rule(at_end + rows) AS end_rows, snapshot_rule(rows + at_start) AS rows_start, snapshot_rule(at_end - rows) AS end_rows, snapshot_rule(rows - at_start) AS rows_start,
	snapshot_rule(invoices + at_end) AS invoices_end, snapshot_rule(rows + invoices) AS rows_invoices, snapshot_rule(at_end + open) AS end_end
FROM ruled;
SELECT e.* FROM ruled, pg_temp.entries(at_end + rows + open + invoices, '2024-04-30') AS e;
-- It tells how the amounts came about and is no part of their equality.
SELECT at_end + rows - at_end = rows AS rows_again, rows + open - open = rows AS rows_again, rows - at_start + at_start = rows AS rows_again
FROM ruled;
SELECT snapshot_rule(at_end - at_end) AS empty, (at_end - at_end)::text = (rows - rows)::text AS nothing_is_nothing,
	(at_end - at_end + at_start)::text = at_start::text AS nothing_is_nothing
FROM ruled;
SELECT l = m AS equal, revenue_ledger_hash(l) = revenue_ledger_hash(m) AS hash, snapshot_rule(l), snapshot_rule(m)
FROM (SELECT pg_temp.one(daterange('2024-01-15', '2024-03-10'), 5, 'day') AS l, pg_temp.one(daterange('2024-01-15', '2024-03-10'), 5, 'day', 'start') AS m) AS d;
SELECT at_end = at_start AS same, at_end <> at_start AS other, revenue_ledger_cmp(at_end, at_start) <> 0 AS ordered, at_end + rows = rows + at_end AS commutes FROM ruled;
-- equal months, but one lasts by a rule and one is of rows
SELECT l = r AS equal, total(l), total(r) AS of_rows, periods(l), periods(r) AS of_rows
FROM (SELECT pg_temp.one(daterange('2024-01-01', NULL)) AS l, revenue_entry(1, date '2024-01-01', 5) AS r) AS v;
SELECT snapshot_rule(NULL) IS NULL AS nothing;
SELECT n, e.* FROM (VALUES
		(1, 'SELECT at_end + at_start FROM ruled'),
		(2, 'SELECT at_start - at_end FROM ruled'),
		(3, 'SELECT rollup(l) FROM ruled, unnest(ARRAY[at_end, rows, at_start]) AS l'),
		(4, 'SELECT rollup(l) FROM ruled, unnest(ARRAY[rows, rows + at_start, invoices + at_end]) AS l')) AS v(n, statement),
	LATERAL checks.error(statement) AS e
ORDER BY n;
SELECT e.* FROM checks.error('SELECT rollup(l) FROM (SELECT subscription_ledger(customer, during, mrr, ''month'', CASE WHEN region = 3 THEN ''start'' ELSE ''end'' END) AS l FROM many GROUP BY region) AS r') AS e;

-- Errors
SELECT n, e.* FROM (VALUES
		(1, $$SELECT subscription_ledger(1, daterange(NULL, '2024-01-01'), 5)$$),
		(2, $$SELECT subscription_ledger(1, daterange(NULL, NULL), 5)$$),
		(3, $$SELECT subscription_ledger(1, daterange('-infinity', '2024-01-01'), 5)$$),
		(4, $$SELECT subscription_ledger(1, tsrange('-infinity', '2024-01-01'), 5)$$),
		(5, $$SELECT subscription_ledger(1, tstzrange(NULL, '2024-01-01'), 5)$$),
		(6, $$SELECT subscription_ledger(1, daterange('infinity', NULL), 5)$$),
		(7, $$SELECT subscription_ledger(1, int4range(1, 5), 5)$$),
		(8, $$SELECT subscription_ledger(1, numrange(1, 5), 5)$$),
		(9, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 'five'::text)$$),
		(10, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 'NaN'::numeric)$$),
		(11, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 'infinity'::float8)$$),
		(12, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'fortnight')$$),
		(15, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'month', 'middle')$$),
		(16, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'month', '')$$),
		(17, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'month', s) FROM (VALUES ('end'), ('start')) AS v(s)$$),
		(18, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, g) FROM (VALUES ('month'), ('day')) AS v(g)$$),
		(19, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5) + revenue_entry('a'::text, date '2024-01-01', 5)$$),
		(20, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5) + subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 5, 'day')$$),
		(21, $$SELECT subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 9e31) + subscription_ledger(1, daterange('2024-01-01', '2024-02-01'), 9e31)$$),
		(22, $$SELECT subscription_ledger(1, daterange('0001-01-01', '9999-02-01'), 5, 'day')$$),
		(23, $$SELECT * FROM ledger_entries((SELECT subscription_ledger(1, daterange('2024-01-01', NULL), 5, 'day')), '9999-12-31')$$),
		(24, $$SELECT * FROM ledger_entries(revenue_entry(1, date '2024-01-01', 5), 'infinity')$$),
		(25, $$SELECT * FROM ledger_entries(revenue_entry(1, date '2024-01-01', 5), '-infinity')$$)) AS v(n, statement),
	LATERAL checks.error(statement) AS e
ORDER BY n;

DROP TABLE many;
DROP SCHEMA checks CASCADE;
