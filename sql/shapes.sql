--
-- Shapes of tables by name: what a row is, and the options that say so.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA shapes;
SET search_path = shapes, public;

CREATE TABLE plans (customer text, item text, during daterange, start_date date, end_date date, mrr numeric);
INSERT INTO plans VALUES
	('a', 'x', '[2024-01-15,2024-04-01)', '2024-01-15', '2024-04-01', 100),
	('a', 'y', '[2024-03-01,)', '2024-03-01', NULL, 50.5),
	('b', 'x', '[2024-02-01,2024-02-20)', '2024-02-01', '2024-02-20', 30),
	('b', 'x', '[2024-05-05,)', '2024-05-05', 'infinity', 30),
	(NULL, 'x', '[2024-05-05,)', '2024-05-05', NULL, 7);

-- a range or two columns, without a word what the amount is
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr');
SELECT * FROM revenue_movements('plans', 'customer', 'start_date, end_date', 'mrr');
SELECT revenue_ledger_from('SELECT * FROM plans', 'customer', 'during', 'mrr');
SELECT revenue_ledger_from('(VALUES (1))', 'customer', 'during', 'mrr');

-- each shape is the aggregate of the same name
SELECT grain, revenue_ledger_from('plans', 'customer', 'during', 'mrr', grain, 'subscriptions')::text
		= (SELECT subscription_ledger(customer, during, mrr, grain)::text FROM plans) AS subscriptions,
	revenue_ledger_from('plans', 'customer', 'start_date , end_date', 'mrr', grain, 'Subscriptions', '[)')::text
		= (SELECT subscription_ledger(customer, during, mrr, grain)::text FROM plans) AS two_columns,
	revenue_ledger_from('plans', 'customer', 'during', 'mrr', grain, 'subscriptions', snapshot_rule => 'start')::text
		= (SELECT subscription_ledger(customer, during, mrr, grain, 'start')::text FROM plans) AS at_start,
	revenue_ledger_from('plans', 'customer', 'start_date', 'mrr', grain, 'changes')::text
		= (SELECT subscription_ledger(customer, daterange(start_date, NULL), mrr, grain)::text FROM plans) AS changes,
	revenue_ledger_from('plans', 'customer', 'start_date', 'mrr', grain, 'payments')::text
		= (SELECT revenue_ledger(customer, start_date, mrr, grain)::text FROM plans) AS payments
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain;

-- a row with an end and no start is an error; what has no time at all is no row
CREATE TABLE startless (customer int, during daterange, at date, until date, mrr int);
INSERT INTO startless VALUES (1, NULL, NULL, '2024-02-01', 5), (2, '[2024-01-01,2024-03-01)', '2024-01-01', '2024-03-01', 6);
SELECT revenue_ledger_from('startless', 'customer', 'at, until', 'mrr', shape => 'subscriptions', bounds => '[)');
SELECT * FROM ledger_entries(revenue_ledger_from('startless', 'customer', 'during', 'mrr', shape => 'subscriptions'));
SELECT * FROM ledger_entries(revenue_ledger_from('startless', 'customer', 'at', 'mrr', shape => 'changes'));
UPDATE startless SET until = NULL WHERE customer = 1;
SELECT * FROM ledger_entries(revenue_ledger_from('startless', 'customer', 'at, until', 'mrr', shape => 'subscriptions', bounds => '[]'));
SELECT * FROM ledger_entries(revenue_ledger_from('startless', 'customer', 'at, until', 'mrr', shape => 'subscriptions', bounds => '[)', close => 'next'));

-- the ends of two columns
CREATE TABLE months (customer int, "from" date, "to" date, mrr int);
INSERT INTO months VALUES (1, '2024-01-01', '2024-01-31', 10), (1, '2024-02-01', '2024-02-29', 10), (2, '2024-01-01', NULL, 5), (2, '2024-01-01', '9999-12-31', 5);
SELECT * FROM ledger_entries(revenue_ledger_from('months', 'customer', 'from, to', 'mrr', shape => 'subscriptions'));
SELECT * FROM ledger_entries(revenue_ledger_from('months', 'customer', 'from, to', 'mrr', shape => 'subscriptions', bounds => '[]'), '2024-03-01') WHERE customer = '1';
SELECT * FROM ledger_entries(revenue_ledger_from('months', 'customer', 'from, to', 'mrr', shape => 'subscriptions', bounds => '[)'), '2024-03-01') WHERE customer = '1';
INSERT INTO months VALUES (3, '2024-05-01', '2024-04-01', 10);
SELECT revenue_ledger_from('months', 'customer', 'from, to', 'mrr', shape => 'subscriptions', bounds => '[)');

-- a row ends where the next one begins
CREATE TABLE upgrades (customer text, item int, at date, until date, mrr int);
INSERT INTO upgrades VALUES ('K1', 1, '2023-01-15', NULL, 5000), ('K1', 1, '2024-06-01', NULL, 7500),
	('K2', 1, '2024-01-01', '2024-03-01', 10), ('K2', 1, '2024-05-01', NULL, 20), ('K2', 2, '2024-02-01', NULL, 1), ('K2', 2, '2024-02-01', NULL, 2);
SELECT item, (SELECT string_agg(concat_ws(' ', customer, to_char(period, 'MM'), amount), ', ' ORDER BY customer, period)
	FROM ledger_entries(revenue_ledger_from('upgrades', 'customer', 'at, until', 'mrr', shape => 'subscriptions', close => 'next', item => item, bounds => '[)'))
	WHERE period >= '2024-01-01') AS entries
FROM unnest(ARRAY[NULL, 'item']) AS item;

-- and right after a bound that its range leaves out
CREATE TABLE moments (customer int, item text, during tsrange, mrr int);
INSERT INTO moments VALUES (1, 'a', '[2024-01-01,)', 10), (1, 'a', '("2024-01-31 23:59:59.999999",2024-04-01)', 20), (1, 'b', '["2024-01-31 23:59:59.999999",2024-02-01)', 1);
SELECT * FROM ledger_entries(revenue_ledger_from('moments', 'customer', 'during', 'mrr', shape => 'subscriptions', close => 'next', item => 'item'));
CREATE VIEW moments_of_many AS SELECT customer, item, tstzmultirange(tstzrange(lower(during), upper(during), CASE WHEN lower_inc(during) THEN '[)' ELSE '()' END)) AS during, mrr FROM moments;
SELECT * FROM ledger_entries(revenue_ledger_from('moments_of_many', 'customer', 'during', 'mrr', shape => 'subscriptions', close => 'next', item => 'item'));

-- ranges of a type of one's own, whose next start they cannot be cut at
CREATE TYPE days AS RANGE (subtype = date);
CREATE VIEW own_ranges AS SELECT customer, days(at, until) AS during, mrr FROM upgrades;
SELECT total(revenue_ledger_from('own_ranges', 'customer', 'during', 'mrr', shape => 'subscriptions'));
SELECT revenue_ledger_from('own_ranges', 'customer', 'during', 'mrr', shape => 'subscriptions', close => 'next');

-- snapshots: the last day of each period on which there are any
CREATE TABLE snapshots (customer int, at timestamptz, mrr numeric);
INSERT INTO snapshots SELECT c, d, 60 + c FROM generate_series(1, 2) AS c, generate_series('2024-01-01 10:00'::timestamptz, '2024-03-10 10:00', '1 day') AS d
	WHERE (c, d::date) <> (2, '2024-02-29');
INSERT INTO snapshots VALUES (2, '2024-01-31 11:00', 1), (NULL, '2024-03-20', 5), (1, '2024-03-21', NULL);
SELECT * FROM ledger_entries(revenue_ledger_from('snapshots', 'customer', 'at', 'mrr', shape => 'snapshots'));
SELECT total(revenue_ledger_from('snapshots', 'customer', 'at', 'mrr', 'week', shape => 'snapshots')), total(revenue_ledger_from('snapshots', 'customer', 'at', 'mrr', 'day', shape => 'snapshots'));

-- options that have no meaning, words that are none
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'payments');
SELECT revenue_ledger_from('plans', 'customer', 'start_date', 'mrr', shape => 'invoices');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'upgrades');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'subscriptions', bounds => '[]');
SELECT revenue_ledger_from('plans', 'customer', 'start_date, end_date', 'mrr', shape => 'subscriptions', bounds => '(]');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'subscriptions', close => 'now');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'invoices', close => 'next');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'subscriptions', item => 'item');
SELECT revenue_ledger_from('plans', 'customer', 'during', 'mrr', shape => 'invoices', snapshot_rule => 'start');
SELECT revenue_ledger_from('plans', 'customer', 'start_date, item', 'mrr', shape => 'invoices');
SELECT revenue_ledger_from('plans', 'customer', 'start_date, finish', 'mrr', shape => 'invoices');

-- a large ledger is handed on as it is, to more than one reader, and kept by PL/pgSQL
CREATE TABLE many AS SELECT i % 3000 AS customer, date '2024-01-01' + i % 400 AS at, i % 100 AS amount FROM generate_series(1, 30000) AS i;
SELECT sum(ending) = (SELECT sum(amount) FROM many) AS same FROM revenue_movements(revenue_ledger_from('many', 'customer', 'at', 'amount'));
SELECT a.n, b.n FROM (SELECT revenue_ledger_from('many', 'customer', 'at', 'amount') AS l OFFSET 0) AS s,
	LATERAL (SELECT count(*) AS n FROM ledger_entries(l)) AS a, LATERAL (SELECT count(*) AS n FROM cohort_retention(l)) AS b;
DO $$
DECLARE
	l public.revenue_ledger;
BEGIN
	l := revenue_ledger_from('many', 'customer', 'at', 'amount');
	PERFORM repeat('x', 100000);
	l := l + revenue_ledger_from('many', 'customer', 'at', 'amount');
	IF total(l) <> (SELECT 2 * sum(amount) FROM many) THEN
		RAISE EXCEPTION 'not the same: %', total(l);
	END IF;
END $$;

DROP SCHEMA shapes CASCADE;
