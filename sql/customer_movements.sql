--
-- customer_movements: the rows behind the figures, and how they add up to them.
--
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set checks :srcdir '/sql/include/checks.sql'
\set readers :srcdir '/sql/include/readers.sql'
\set ECHO none
\i :oracle
\i :checks
\i :readers
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

-- one customer for each category from February to March
CREATE TABLE billing (customer text, at date, amount numeric(12,2));
INSERT INTO billing VALUES
	('arrives',    '2024-03-10',  50),
	('comes back', '2024-01-31',  70), ('comes back', '2024-03-01', 75),
	('expands',    '2024-02-01', 100), ('expands',    '2024-03-01', 130),
	('contracts',  '2024-02-29', 100), ('contracts',  '2024-03-31',  60),
	('churns',     '2024-02-14',  80),
	('stays',      '2024-02-05',  40), ('stays',      '2024-03-05',  40),
	('refunded',   '2024-02-06',  10), ('refunded',   '2024-03-06', -10);
CREATE TEMP TABLE ledger AS SELECT revenue_ledger(customer, at, amount) AS l FROM billing;
SELECT m.* FROM ledger, customer_movements(l) AS m ORDER BY period, customer COLLATE "C";
SELECT category, sum(change), count(*) FROM ledger, customer_movements(l) WHERE period = '2024-03-01' GROUP BY category ORDER BY category COLLATE "C";
SELECT new, reactivation, expansion, contraction, churn, new_customers, reactivated_customers, expanded_customers, contracted_customers, churned_customers
FROM ledger, revenue_movements(l) WHERE period = '2024-03-01';

-- a lookback of 2, and one longer than the ledger
SELECT m.* FROM ledger, customer_movements(l, 2) AS m WHERE period = '2024-03-01' ORDER BY customer COLLATE "C";
SELECT category, count(*), sum(current) FROM ledger, customer_movements(l, 2147483647) GROUP BY category;

-- from and to: any day of a period; to cuts and extends
SELECT from_date, to_date, rows, first, last, churned
FROM ledger, (VALUES (1, NULL::date, NULL::date), (2, '2024-02-29', NULL), (3, NULL, '2024-02-01'), (4, '2024-02-10', '2024-02-11'),
		(5, '2024-04-01', NULL), (6, '2024-03-31', '2024-05-15'), (7, '2023-01-01', '2024-01-15'), (8, NULL, '2023-12-31')) AS v(n, from_date, to_date),
	LATERAL (SELECT count(*) AS rows, min(period) AS first, max(period) AS last, string_agg(customer, ', ' ORDER BY period, customer COLLATE "C") FILTER (WHERE category = 'churn') AS churned
		FROM customer_movements(l, 1, from_date, to_date)) AS m
ORDER BY n;
SELECT count(*) AS same FROM ledger, customer_movements(l, from_date => '2024-02-01', to_date => '2024-03-31') AS m
	JOIN customer_movements(l, 1, '2024-02-15', NULL) AS n ON m = n;
-- the window changes what is listed, not what it is: who paid before it comes back within it
SELECT m.* FROM ledger, customer_movements(l, 1, '2024-03-01') AS m WHERE customer = 'comes back';
-- and a later return does not exist before it has happened
SELECT m.* FROM ledger, customer_movements(l, 1, '2024-02-01', '2024-02-29', grace => 3) AS m WHERE customer = 'comes back';

-- the largest, by a plain ORDER BY
SELECT m.* FROM ledger, customer_movements(l, 1, '2024-03-01') AS m WHERE change <> 0 ORDER BY abs(change) DESC, customer LIMIT 3;

-- kinds of customers as text, every grain
SELECT m.* FROM customer_movements(revenue_entry(-5, date '2024-02-29', 5)) AS m;
SELECT m.* FROM customer_movements(revenue_entry('00000000-0000-0000-0000-00000000000a'::uuid, date '2024-02-29', 5.0, 'week')) AS m;
SELECT m.* FROM customer_movements(revenue_entry('é'::text, date '2024-02-29', 1e-9, 'day')) AS m;
SELECT m.* FROM customer_movements(revenue_entry(1.50, date '2024-02-29', 12345678901234567890123456.25, 'quarter')) AS m;
SELECT m.* FROM customer_movements(revenue_entry(true, date '2024-02-29', 5, 'year'), to_date => '2025-01-01') AS m ORDER BY period;

-- open subscriptions last through to_date
SELECT period, category, count(*), sum(current) AS current
FROM (SELECT subscription_ledger(customer, during, mrr) AS l
	FROM (VALUES (1, daterange('2024-01-15', NULL), 5), (2, daterange('2024-01-20', '2024-03-01'), 7)) AS v(customer, during, mrr)) AS s,
	customer_movements(l, to_date => '2024-05-01')
GROUP BY period, category ORDER BY period, category COLLATE "C";

-- straight from a table: the same rows
SELECT count(*), count(*) FILTER (WHERE m IS NOT DISTINCT FROM n) AS same
FROM ledger, customer_movements('billing', 'customer', 'at', 'amount') AS m FULL JOIN (SELECT n.* FROM ledger, customer_movements(l) AS n) AS n USING (customer, period);
SELECT checks.compare('from a table', options, 'SELECT * FROM customer_movements(''billing'', ''customer'', ''at'', ''amount'', ' || options || ')',
	'SELECT m.* FROM (SELECT revenue_ledger_from(''billing'', ''customer'', ''at'', ''amount'', ' || split_part(options, ',', 1) || ') AS l) AS s, customer_movements(l, ' || substr(options, strpos(options, ',') + 1) || ') AS m') AS wrong
FROM unnest(ARRAY['''month'', 1', '''day'', 30', '''week'', 4, ''2024-02-10''', '''month'', 2, ''2024-02-01'', ''2024-06-30''',
	'''month'', 1, NULL, NULL, 1', '''month'', 1, NULL, NULL, 0, 1', '''quarter'', 1, ''2024-01-01'', ''2024-12-31'', 1, 1']) AS options;
SELECT count(*) FROM customer_movements(source => 'billing', customer => 'customer', at => 'at', amount => 'amount', grain => 'month', lookback => 1,
	from_date => '2024-03-01', to_date => '2024-03-31', grace => 0, reactivation_within => NULL);
CREATE TEMP TABLE of_this_session AS SELECT * FROM billing;
SELECT count(*) FROM customer_movements('of_this_session', 'customer', 'at', 'amount');

-- Some hundred customers that come, grow, shrink, pause, go and come back: each option adds up.
CREATE TABLE many AS
	SELECT id, (id * 7919 % 401)::int AS customer, date '2021-01-01' + (id * 104729 % 900)::int AS at,
		((id * 131 % 19 - 4) * 2.5)::numeric(12,2) AS amount
	FROM generate_series(1::bigint, 3000) AS id;
CREATE TEMP TABLE many_ledger AS
	SELECT 'rows' AS shape, revenue_ledger(customer, at, amount) AS l FROM many
	UNION ALL SELECT 'quarters', revenue_ledger(customer, at, amount, 'quarter') FROM many
	UNION ALL SELECT 'subscriptions', subscription_ledger(customer, daterange(at, CASE WHEN id % 5 > 0 THEN at + (id * 37 % 300)::int END), amount) FROM many
	UNION ALL SELECT 'at the start', subscription_ledger(customer, daterange(at, CASE WHEN id % 5 > 0 THEN at + (id * 37 % 300)::int END), amount, 'month', 'start') FROM many
	UNION ALL SELECT 'invoices', invoice_ledger(customer, daterange(at, at + 1 + (id * 37 % 300)::int), amount) FROM many;
INSERT INTO many_ledger SELECT 'all', rollup(l) FROM many_ledger WHERE shape IN ('rows', 'subscriptions', 'invoices');
SELECT shape, count(*), sum(checks.claim('adds up', concat_ws(' ', shape, lookback, through, from_date, grace, within),
	checks.adds_up(l, (lookback, from_date, through, grace, within, NULL, 0)::checks.options))) AS wrong
FROM many_ledger, unnest(ARRAY[1, 3, 12]) AS lookback,
	unnest('{NULL, 2022-03-15, 2024-12-31}'::date[]) AS through, unnest('{NULL, 2021-11-30, 2025-01-01}'::date[]) AS from_date,
	unnest(ARRAY[0, 2]) AS grace, unnest(ARRAY[NULL, 1, 6]) AS within
WHERE coalesce(from_date <= through, true)
GROUP BY shape ORDER BY shape COLLATE "C";
SELECT shape, sum(checks.readers(shape, l, 'SELECT * FROM oracle.net(''many'', ''month'')', o)) AS wrong
FROM many_ledger, unnest(ARRAY['(1,,,0,,,0)', '(3,2022-01-01,,2,,quarter,1)', '(1,,2022-06-30,1,3,,0)', '(12,2022-03-01,2024-06-30,3,6,year,2)']::checks.options[]) AS o
WHERE shape = 'rows' GROUP BY shape;
-- a LIMIT stops early
SELECT count(*) FROM (SELECT customer_movements(l) FROM many_ledger LIMIT 5) AS m;
SELECT count(*) FROM many_ledger, LATERAL (SELECT * FROM customer_movements(l) LIMIT 1) AS m;

-- nothing in, nothing out
SELECT count(*) FROM customer_movements(NULL::revenue_ledger);
SELECT count(*) FROM ledger, customer_movements(l - l);
SELECT count(*) FROM ledger, customer_movements(l - l, 1, '2024-01-01', '2024-12-31');

-- Errors
SELECT n, e.* FROM (VALUES
		(1, $$SELECT customer_movements(l, 0) FROM ledger$$),
		(2, $$SELECT customer_movements(l, -1) FROM ledger$$),
		(4, $$SELECT customer_movements(l, 1, 'infinity') FROM ledger$$),
		(5, $$SELECT customer_movements(l, 1, '-infinity') FROM ledger$$),
		(6, $$SELECT customer_movements(l, 1, NULL, 'infinity') FROM ledger$$),
		(7, $$SELECT customer_movements(l, 1, NULL, '-infinity') FROM ledger$$),
		(8, $$SELECT customer_movements(l, grace => -1) FROM ledger$$),
		(10, $$SELECT customer_movements(l, reactivation_within => 0) FROM ledger$$),
		(11, $$SELECT customer_movements(l, reactivation_within => -1) FROM ledger$$),
		(12, $$SELECT customer_movements('missing', 'customer', 'at', 'amount')$$),
		(13, $$SELECT customer_movements('billing', 'missing', 'at', 'amount')$$),
		(14, $$SELECT customer_movements('billing', 'customer', 'customer', 'amount')$$),
		(15, $$SELECT customer_movements('billing', 'customer', 'at', 'at')$$),
		(16, $$SELECT customer_movements('billing', 'customer', 'at', 'amount', 'decade')$$),
		(18, $$SELECT customer_movements(NULL, 'customer', 'at', 'amount')$$),
		(19, $$SELECT customer_movements('billing', 'customer', 'at', 'amount', 'month', 0)$$),
		(20, $$SELECT customer_movements(l, 1, '2024-03-01', '2024-02-28') FROM ledger$$)) AS v(n, statement),
	LATERAL checks.error(statement) AS e
ORDER BY n;

TABLE checks.summary;
TABLE checks.first_failures;

DROP TABLE billing, many;
DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
