--
-- Gaps that are bridged, and returns that count as new, on examples small enough to be checked by
-- hand.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;

-- A ledger of one row a month, from January 2024 on; a NULL is no row.
CREATE FUNCTION pg_temp.ledger(customer text, VARIADIC amounts numeric[]) RETURNS revenue_ledger
LANGUAGE sql AS $$
	SELECT revenue_ledger(customer, at::date, amount)
	FROM unnest(amounts) WITH ORDINALITY AS u(amount, n), LATERAL (SELECT date '2024-01-10' + (n - 1) * interval '1 month') AS d(at)
$$;
-- what the movements see, month by month
CREATE FUNCTION pg_temp.seen(l revenue_ledger, grace int, through date DEFAULT NULL, lookback int DEFAULT 1, within int DEFAULT NULL,
	OUT ending text, OUT new text, OUT back text, OUT churn text)
LANGUAGE sql AS $$
	SELECT string_agg(ending::text, ' ' ORDER BY period), string_agg(new::text, ' ' ORDER BY period),
		string_agg(reactivation::text, ' ' ORDER BY period), string_agg(churn::text, ' ' ORDER BY period)
	FROM revenue_movements(l, lookback, through, grace, within)
$$;

-- A gap of one month and one of two, bridged with the last amount before: at the limit, and one over.
SELECT grace, s.* FROM generate_series(0, 3) AS grace, pg_temp.seen(pg_temp.ledger('a', 10, NULL, 12, 15, NULL, NULL, 9), grace) AS s;
SELECT period, starting, expansion, contraction, nrr, grr FROM revenue_movements(pg_temp.ledger('a', 10, NULL, 12, 15, NULL, NULL, 9), grace => 2);
SELECT s.* FROM pg_temp.seen(pg_temp.ledger('a', 10, NULL, NULL, NULL, 5), 2147483647) AS s;
-- a gap at the end is none: nobody knows yet
SELECT grace, s.* FROM generate_series(0, 2) AS grace, pg_temp.seen(pg_temp.ledger('a', 10, 10, NULL) + pg_temp.ledger('b', 1, 1, 1), grace) AS s;
SELECT s.* FROM pg_temp.seen(pg_temp.ledger('a', 10, 10), 3, '2024-05-31') AS s;
-- nor one that through cuts, before the return or in the month of it
SELECT through, s.* FROM unnest('{2024-02-15, 2024-03-31, 2024-04-01, 2024-06-01, NULL}'::date[]) AS through,
	pg_temp.seen(pg_temp.ledger('a', 10, NULL, NULL, 7), 2, through) AS s;
-- before the first month there is no gap
SELECT s.* FROM pg_temp.seen(pg_temp.ledger('a', NULL, NULL, 7) + pg_temp.ledger('b', 1, 1, 1), 5) AS s;
-- A month that is zero is silent: a row of nothing, or what was paid and refunded. A negative one is not, and no gap beside it is bridged.
SELECT what, s.* FROM (VALUES (1, 'zero', pg_temp.ledger('a', 10, 0, 7)), (2, 'paid and refunded', pg_temp.ledger('a', 10, 5, 7) + pg_temp.ledger('a', NULL, -5)),
		(3, 'negative', pg_temp.ledger('a', 10, -3, 7)), (4, 'a gap and a negative', pg_temp.ledger('a', 10, NULL, -3, 7)),
		(5, 'a negative and a gap', pg_temp.ledger('a', 10, -3, NULL, 7)), (6, 'one gap of two', pg_temp.ledger('a', 10, -3, 7, NULL, 8))) AS v(n, what, l),
	pg_temp.seen(l, 3) AS s ORDER BY n;
-- each customer has gaps of its own, and another's rows do not end them
SELECT s.* FROM pg_temp.seen(pg_temp.ledger('a', 10, NULL, 10) + pg_temp.ledger('b', 1, NULL, NULL, 1), 1) AS s;
-- the ledger's own rows stay as they are
SELECT total(l), count(*), sum(amount) FROM (SELECT pg_temp.ledger('a', 10, NULL, 12) AS l) AS s, ledger_entries(l) GROUP BY total(l);
-- days and quarters
SELECT grain, grace, (SELECT string_agg(ending::text, ' ' ORDER BY period) FROM revenue_movements(l, grace => grace)) AS ending
FROM (VALUES ('day', date '2024-02-28', date '2024-03-02'), ('week', '2024-02-26', '2024-03-11'), ('quarter', '2023-12-31', '2024-07-01'), ('year', '2021-06-30', '2023-01-01')) AS v(grain, one, other),
	generate_series(0, 2) AS grace, LATERAL (SELECT revenue_entry(1, one, 5, grain) + revenue_entry(1, other, 6, grain) AS l) AS s
ORDER BY grain COLLATE "C", grace;

-- Bridged months are active ones in the cohorts, the customers' movements and retention, too.
CREATE TEMP TABLE late AS SELECT pg_temp.ledger('late', 10, NULL, 12, NULL, NULL, 9) + pg_temp.ledger('steady', 10, 10, 10, 10, 10, 10) AS l;
SELECT grace, age, customers, revenue, retained_revenue, nrr, grr, logo_retention
FROM late, unnest(ARRAY[0, 1, 2]) AS grace, cohort_retention(l, grace => grace) ORDER BY grace, age;
SELECT age, cohort_revenue, revenue, nrr FROM late, cohort_retention(l, baseline => 1, through => '2024-05-31', grace => 2) ORDER BY age;
SELECT grace, m.* FROM late, unnest(ARRAY[0, 1, 2]) AS grace, customer_movements(l, grace => grace) AS m WHERE customer = 'late' ORDER BY grace, period;
SELECT m.* FROM late, customer_movements(l, 1, NULL, '2024-05-31', 2) AS m WHERE customer = 'late' ORDER BY period;
SELECT grace, from_date, to_date, starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s), nrr(s), logo_retention(s)
FROM late, unnest(ARRAY[0, 1, 2]) AS grace, (VALUES (date '2024-01-01', date '2024-02-01'), ('2024-02-01', '2024-03-01'), ('2024-01-01', '2024-05-01'), ('2024-04-01', '2024-06-01')) AS v(from_date, to_date),
	LATERAL (SELECT retention(l, from_date, to_date, grace) AS s) AS r
ORDER BY from_date, to_date, grace;
SELECT retention(l, '2024-01-01', '2024-06-01')::text = retention(l, '2024-01-01', '2024-06-01', 0)::text AS defaults FROM late;
-- a bridged month is no return: f stays, and nothing comes back
SELECT grace, sum(reactivation) AS back, sum(churn) AS churn FROM late, unnest(ARRAY[0, 1, 2]) AS grace, revenue_movements(l, grace => grace) GROUP BY grace ORDER BY grace;

-- Subscriptions and invoices: a plan renewed late, and invoices with a gap in service
SELECT grace, s.* FROM generate_series(0, 1) AS grace,
	(SELECT subscription_ledger(1, during, 5) AS l FROM (VALUES (daterange('2024-01-01', '2024-03-01')), (daterange('2024-04-10', NULL))) AS v(during)) AS l,
	pg_temp.seen(l, grace, '2024-06-30') AS s;
SELECT grace, s.* FROM generate_series(0, 1) AS grace,
	(SELECT invoice_ledger(1, service, 31) AS l FROM (VALUES (daterange('2024-01-01', '2024-02-01')), (daterange('2024-03-01', '2024-04-01'))) AS v(service)) AS l,
	pg_temp.seen(l, grace) AS s;

-- The return window: two months from active to active, or three, at the limit and one over.
SELECT within, s.new, s.back
FROM unnest(ARRAY[NULL, 1, 2, 3, 4]) AS within, pg_temp.seen(pg_temp.ledger('a', 10, NULL, 11, NULL, NULL, 12), 0, within => within) AS s;
-- By a lookback of 3: at t, the active months around t - 3 count, not those around t. January, April, May, and October.
SELECT within, s.new, s.back
FROM unnest(ARRAY[NULL, 2, 3, 4, 5, 6]) AS within, pg_temp.seen(pg_temp.ledger('a', 10, NULL, NULL, 11, 12, NULL, NULL, NULL, NULL, 13, 14, 15, 16), 0, NULL, 3, within) AS s;
SELECT within, period, category FROM unnest(ARRAY[NULL, 2, 3]) AS within, customer_movements(pg_temp.ledger('a', 10, NULL, NULL, 11, 12), 3, grace => 0, reactivation_within => within) ORDER BY within, period;
-- who is new is new for any window, and its cohort is that of the very first month
SELECT within, s.new, s.back FROM unnest(ARRAY[NULL, 1]) AS within, pg_temp.seen(pg_temp.ledger('a', NULL, 10, 11) + pg_temp.ledger('b', 1, 1, 1), 0, within => within) AS s;
SELECT DISTINCT cohort, cohort_customers FROM cohort_retention(pg_temp.ledger('a', 10, NULL, NULL, NULL, 11));
SELECT period, new_customers, reactivated_customers, churned_customers FROM revenue_movements(pg_temp.ledger('a', 10, NULL, NULL, NULL, 11), reactivation_within => 3);
-- and grace comes first: what is bridged is no return, and shortens the one that is
SELECT grace, within, s.new, s.back
FROM unnest(ARRAY[0, 1]) AS grace, unnest(ARRAY[1, 2, 3]) AS within, pg_temp.seen(pg_temp.ledger('a', 10, NULL, 11, NULL, NULL, 12), grace, within => within) AS s ORDER BY grace, within;
-- a negative month within it makes no difference: the months with revenue count
SELECT within, s.new, s.back FROM unnest(ARRAY[2, 3]) AS within, pg_temp.seen(pg_temp.ledger('a', 10, -5, NULL, 11), 0, within => within) AS s;

-- The same straight from a table
CREATE TEMP TABLE billing AS SELECT customer, period AS at, amount FROM late, ledger_entries(l);
SELECT checks.compare('movements from a table', grace || ' ' || within,
	format('SELECT * FROM revenue_movements(''billing'', ''customer'', ''at'', ''amount'', ''month'', 1, NULL, %L, %L)', grace, within),
	format('SELECT m.* FROM late, revenue_movements(l, 1, NULL, %L, %L) AS m', grace, within)) AS wrong
FROM generate_series(0, 2) AS grace, generate_series(1, 3) AS within;
SELECT checks.compare('cohorts from a table', grace::text,
	format('SELECT * FROM cohort_retention(''billing'', ''customer'', ''at'', ''amount'', ''month'', NULL, 0, NULL, %L)', grace),
	format('SELECT c.* FROM late, cohort_retention(l, NULL, 0, NULL, %L) AS c', grace)) AS wrong
FROM generate_series(0, 2) AS grace;

-- Errors
SELECT n, e.* FROM (VALUES
		(1, $$SELECT revenue_movements(l, grace => -1) FROM late$$),
		(3, $$SELECT revenue_movements(l, reactivation_within => 0) FROM late$$),
		(4, $$SELECT revenue_movements(l, reactivation_within => -3) FROM late$$),
		(5, $$SELECT cohort_retention(l, grace => -1) FROM late$$),
		(7, $$SELECT retention(l, '2024-01-01', '2024-02-01', -1) FROM late$$),
		(9, $$SELECT revenue_movements(l, through => 'infinity') FROM late$$),
		(10, $$SELECT cohort_retention(l, through => '-infinity') FROM late$$),
		(11, $$SELECT revenue_movements('billing', 'customer', 'at', 'amount', grace => -1)$$),
		(12, $$SELECT revenue_movements('billing', 'customer', 'at', 'amount', reactivation_within => 0)$$),
		(13, $$SELECT cohort_retention('billing', 'customer', 'at', 'amount', grace => -1)$$),
		(14, $$SELECT revenue_movements(l - l, grace => -1) FROM late$$)) AS v(n, statement),
	LATERAL checks.error(statement) AS e
ORDER BY n;

TABLE checks.summary;
TABLE checks.first_failures;
DROP SCHEMA checks CASCADE;
