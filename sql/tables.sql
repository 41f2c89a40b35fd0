--
-- Tables as people have them, of subscriptions, snapshots, changes and inclusive ends: read by name,
-- by the aggregate and by plain SQL. What a naive reading says is told beside it: until tables had
-- shapes, that was the figure.
--
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set tables :srcdir '/sql/include/tables.sql'
SET client_min_messages = warning;
CREATE SCHEMA tables;
SET search_path = tables, public;
\set ECHO none
\i :oracle
SET client_min_messages = warning;
\i :tables
\set ECHO all
SET datestyle = iso;
SET timezone = 'UTC';
SET jit = off;
\pset format unaligned
\pset tuples_only on

--
-- Subscriptions with a start and an end, in two columns or in a range
--

-- an end that is NULL or infinite is open; an end is the first day that is not paid for
CREATE TABLE two_columns (customer text, start_date date, end_date date, amount numeric(10,2));
INSERT INTO two_columns VALUES ('Ada', '2024-01-10', NULL, 100), ('Bolt', '2024-01-15', '2024-03-20', 50), ('Bolt', '2024-03-20', 'infinity', 80),
	('Cleo', '2024-02-01', '2024-05-01', 30), ('Dune', '2024-02-10', '2024-02-10', 99), (NULL, '2024-01-01', NULL, 1), ('Echo', '2024-01-01', NULL, NULL);
SELECT look('two_columns', 1, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$,
	'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM two_columns',
	'SELECT customer, first, amount FROM two_columns JOIN month ON start_date < next AND (end_date IS NULL OR end_date >= next) WHERE customer IS NOT NULL AND amount IS NOT NULL',
	through => '2024-07-31',
	naive => $$revenue_ledger_from('two_columns', 'customer', 'start_date', 'amount')$$, naive_period => '2024-04-01');

-- columns named in other ways, one with a comma
CREATE TABLE "Verträge, alle" ("Kunde, Nr." int, "from" date, "until, not incl." date, "Betrag" numeric);
INSERT INTO "Verträge, alle" VALUES (1, '2024-01-01', '2024-04-01', 10), (2, '2024-02-01', NULL, 20.5);
CREATE VIEW contracts AS SELECT "Kunde, Nr." AS customer, "from", "until, not incl." AS "Valid To", "Betrag" AS amount FROM "Verträge, alle";
SELECT look('"Verträge, alle"', 1, $$'Kunde, Nr.', 'from, until, not incl.', 'Betrag', shape => 'subscriptions'$$,
	'subscription_ledger("Kunde, Nr.", daterange("from", "until, not incl."), "Betrag") FROM "Verträge, alle"',
	'SELECT "Kunde, Nr.", first, "Betrag" FROM "Verträge, alle" JOIN month ON "from" < next AND coalesce("until, not incl.", ''infinity'') >= next', through => '2024-05-31');
-- and through a view, with blanks around the names of the columns
SELECT look('contracts', 1, $$'customer', '  from ,Valid To  ', 'amount', shape => 'Subscriptions'$$,
	'subscription_ledger(customer, daterange("from", "Valid To"), amount) FROM contracts',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 10), (1, '2024-03-01', 10), (2, '2024-02-01', 20.5), (2, '2024-03-01', 20.5), (2, '2024-04-01', 20.5), (2, '2024-05-01', 20.5)$$, through => '2024-05-31');
-- one column whose name has a comma
CREATE TABLE comma (customer int, "paid, on" date, "paid" date, "on" date, amount int);
INSERT INTO comma VALUES (1, '2024-01-01', '2023-01-01', '2023-02-01', 10), (1, '2024-02-01', '2023-01-01', '2023-02-01', 15);
SELECT look('comma', 1, $$'customer', 'paid, on', 'amount'$$, 'revenue_ledger(customer, "paid, on", amount) FROM comma', $$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 15)$$);

-- a start with a time of day, an end without one
CREATE TABLE mixed_types (customer int, started timestamp, ended date, amount int);
INSERT INTO mixed_types VALUES (1, '2024-01-31 23:59', '2024-03-01', 10), (2, '2024-02-29 00:00', NULL, 20), (3, '2024-01-15 12:00', '2024-01-31', 30);
SELECT look('mixed_types', 1, $$'customer', 'started, ended', 'amount', shape => 'subscriptions'$$,
	'subscription_ledger(customer, tsrange(started, ended), amount) FROM mixed_types',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 10), (2, '2024-02-01', 20), (2, '2024-03-01', 20)$$, through => '2024-03-31');
CREATE TABLE mixed_zones (customer int, started date, ended timestamptz, amount int);
INSERT INTO mixed_zones VALUES (1, '2024-01-31', '2024-03-01 04:59+00', 10), (2, '2024-01-31', '2024-03-01 05:00+00', 20), (3, '2024-02-29', 'infinity', 30);
SET timezone = 'America/New_York';
SELECT look('mixed_zones', 1, $$'customer', 'started, ended', 'amount', shape => 'subscriptions'$$,
	'subscription_ledger(customer, tstzrange(started, ended), amount) FROM mixed_zones',
	$$VALUES (1, date '2024-01-01', 10), (2, '2024-01-01', 20), (2, '2024-02-01', 20), (3, '2024-02-01', 30), (3, '2024-03-01', 30)$$, through => '2024-03-31');
SET timezone = 'UTC';

-- ranges: of days, in a domain, of timestamps, with every kind of bound
CREATE DOMAIN term AS daterange CHECK (NOT lower_inf(VALUE));
CREATE TABLE ranges (customer int, during term, amount int);
INSERT INTO ranges VALUES (1, '[2024-01-31,2024-02-29]', 10), (2, '(2023-12-31,2024-01-31)', 20), (3, '[2024-02-01,)', 30), (4, 'empty', 40);
SELECT look('ranges', 1, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM ranges',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 10), (3, '2024-02-01', 30), (3, '2024-03-01', 30)$$, through => '2024-03-31');
CREATE TABLE time_ranges (customer int, during tsrange, amount int);
INSERT INTO time_ranges VALUES (1, '[2024-01-31 23:59:59.999999,2024-02-29 23:59:59.999999)', 10), (2, '[2024-01-01,2024-03-01)', 20), (3, '[2024-02-01,infinity)', 30);
SELECT look('time_ranges', 1, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM time_ranges',
	$$VALUES (1, date '2024-01-01', 10), (2, '2024-01-01', 20), (2, '2024-02-01', 20), (3, '2024-02-01', 30), (3, '2024-03-01', 30)$$, through => '2024-03-31');
-- in a zone with daylight saving time, which begins on 31 March: the last instant of March is 21:59:59.999999 in UTC, that of February 22:59:59.999999
CREATE TABLE zoned_ranges (customer int, during tstzrange, amount int);
INSERT INTO zoned_ranges VALUES (1, '[2024-02-29 22:59:59.999999+00,2024-03-31 22:00+00)', 10), (2, '[2024-02-29 23:00+00,2024-03-31 21:59+00)', 20), (3, '[2024-03-31 00:30+00,2024-03-31 23:00+00)', 30);
SET timezone = 'Europe/Berlin';
SELECT look('zoned_ranges', 1, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM zoned_ranges',
	$$VALUES (1, date '2024-02-01', 10), (1, '2024-03-01', 10), (3, '2024-03-01', 30)$$, through => '2024-04-30');
SET timezone = 'UTC';
-- in UTC the same table is another one
SELECT look('zoned_ranges', 1, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM zoned_ranges',
	$$VALUES (1, date '2024-02-01', 10), (2, '2024-02-01', 20)$$, through => '2024-03-31');

-- pauses are holes in a multirange
CREATE TABLE multiranges (customer text, during datemultirange, amount int);
INSERT INTO multiranges VALUES ('paused', '{[2024-01-10,2024-02-15),[2024-04-02,)}', 10), ('steady', '{[2024-01-01,)}', 20), ('never', '{}', 30);
SELECT look('multiranges', 14, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM multiranges',
	$$VALUES ('paused', date '2024-01-01', 10), ('paused', '2024-04-01', 10), ('steady', '2024-01-01', 20), ('steady', '2024-02-01', 20), ('steady', '2024-03-01', 20), ('steady', '2024-04-01', 20)$$, through => '2024-04-30');

-- in force at the start of the month
SELECT look('two_columns', 1, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', snapshot_rule => 'start'$$,
	$$subscription_ledger(customer, daterange(start_date, end_date), amount, 'month', 'start') FROM two_columns$$,
	'SELECT customer, first, amount FROM two_columns JOIN month ON start_date <= first AND (end_date IS NULL OR end_date > first) WHERE customer IS NOT NULL AND amount IS NOT NULL',
	through => '2024-07-31');
-- by quarter: what is in force at the quarter's end
SELECT look('two_columns', 1, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$,
	$$subscription_ledger(customer, daterange(start_date, end_date), amount, 'quarter') FROM two_columns$$,
	$$VALUES ('Ada', date '2024-01-01', 100), ('Bolt', '2024-01-01', 80), ('Cleo', '2024-01-01', 30), ('Ada', '2024-04-01', 100), ('Bolt', '2024-04-01', 80)$$,
	through => '2024-06-30', grain => 'quarter');

-- a partitioned table, whose partitions have their columns in another order
CREATE TABLE partitioned (customer int, start_date date, end_date date, amount numeric) PARTITION BY RANGE (start_date);
CREATE TABLE partitioned_2023 (amount numeric, end_date date, start_date date, customer int);
ALTER TABLE partitioned ATTACH PARTITION partitioned_2023 FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE partitioned_2024 PARTITION OF partitioned FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO partitioned VALUES (1, '2023-11-05', '2024-02-05', 10), (1, '2024-02-05', NULL, 12), (2, '2023-12-31', '2024-01-31', 7.25);
SELECT look('partitioned', 1, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM partitioned',
	'SELECT customer, first, amount FROM partitioned JOIN month ON start_date < next AND coalesce(end_date, ''infinity'') >= next', through => '2024-03-31');

-- invoices for service periods, with their last day
CREATE TABLE invoices (customer text, service_from date, service_to date, amount numeric(10,2));
INSERT INTO invoices VALUES ('Acme', '2024-01-01', '2024-03-31', 910), ('Bolt', '2024-01-16', '2024-02-15', 31), ('Bolt', '2024-02-01', '2024-02-29', -29), ('Cleo', '2024-03-31', '2024-03-31', 5);
SELECT look('invoices', 1, $$'customer', 'service_from, service_to', 'amount', shape => 'invoices', bounds => '[]'$$,
	$$invoice_ledger(customer, daterange(service_from, service_to, '[]'), amount) FROM invoices$$,
	$$VALUES ('Acme', date '2024-01-01', 310), ('Acme', '2024-02-01', 290), ('Acme', '2024-03-01', 310), ('Bolt', '2024-01-01', 16), ('Bolt', '2024-02-01', -14), ('Cleo', '2024-03-01', 5)$$,
	naive => $$revenue_ledger_from('invoices', 'customer', 'service_from', 'amount')$$, naive_period => '2024-01-01');
-- half-open, in a range of timestamps
CREATE TABLE services (customer int, service tsrange, amount int);
INSERT INTO services VALUES (1, '[2024-01-31 18:00,2024-03-01 18:00)', 300), (2, '[2024-02-10 09:00,2024-02-10 10:00)', 7);
SELECT look('services', 1, $$'customer', 'service', 'amount', shape => 'INVOICES'$$, 'invoice_ledger(customer, service, amount) FROM services',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 290), (2, '2024-02-01', 7)$$);

-- A range, or two columns, may be subscriptions or invoices; payments have one date; a query is no table
SELECT refused($$revenue_ledger_from('ranges', 'customer', 'during', 'amount')$$);
SELECT refused($$revenue_ledger_from('multiranges', 'customer', 'during', 'amount')$$);
SELECT refused($$revenue_movements('two_columns', 'customer', 'start_date, end_date', 'amount')$$);
SELECT refused($$cohort_retention('two_columns', 'customer', 'start_date, end_date', 'amount', shape => 'payments')$$);
SELECT refused($$customer_movements('ranges', 'customer', 'during', 'amount', shape => 'snapshots')$$);
SELECT refused($$revenue_ledger_from('two_columns', 'customer', 'start_date', 'amount', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('two_columns', 'customer', 'start_date', 'amount', shape => 'subscribtions')$$);
SELECT refused($$revenue_ledger_from('SELECT * FROM two_columns', 'customer', 'start_date', 'amount')$$);
SELECT refused($$revenue_movements(' with t as (table two_columns) select * from t', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('two_columns', 'customer', 'start_date, no_such_column', 'amount', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('two_columns', 'customer', 'start_date, end_date, start_date', 'amount', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('ranges', 'customer', 'during', 'amount', shape => 'subscriptions', bounds => '[]')$$);
SELECT refused($$revenue_ledger_from('two_columns', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '(]')$$);
SELECT refused($$revenue_ledger_from('invoices', 'customer', 'service_from, service_to', 'amount', shape => 'invoices', bounds => '[]', close => 'next')$$);
SELECT refused($$revenue_ledger_from('invoices', 'customer', 'service_from', 'amount', snapshot_rule => 'start')$$);
-- dates that are text are refused, whatever they look like
CREATE TABLE text_dates (customer int, start_date text, end_date text, amount int);
INSERT INTO text_dates VALUES (1, '2024-01-01', '2024-02-01', 10);
SELECT refused($$revenue_ledger_from('text_dates', 'customer', 'start_date', 'amount')$$);
SELECT refused($$revenue_ledger_from('text_dates', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$);
-- an end before its start
CREATE TABLE turned (customer int, start_date date, end_date date, amount int);
INSERT INTO turned VALUES (1, '2024-03-01', '2024-02-01', 10);
SELECT refused($$revenue_ledger_from('turned', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$);

--
-- Upgrades as a second row, while the old one stays open
--
CREATE TABLE open_upgrades (customer text, start_date date, end_date date, amount int);
INSERT INTO open_upgrades VALUES ('K1', '2023-01-15', NULL, 5000), ('K1', '2024-06-01', NULL, 7500);
SELECT look('open_upgrades', 2, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next'$$,
	'subscription_ledger(customer, daterange(start_date, next_start), amount) FROM (SELECT *, lead(start_date) OVER (PARTITION BY customer ORDER BY start_date) AS next_start FROM open_upgrades) AS u',
	$$SELECT 'K1', first, CASE WHEN first < '2024-06-01' THEN 5000 ELSE 7500 END FROM month WHERE next > '2023-01-15'$$, through => '2024-12-31',
	naive => $$revenue_ledger_from('open_upgrades', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$, naive_period => '2024-06-01');

-- up and down, with ends that come before the next start, or after it; two customers; a range column
CREATE TABLE plan_changes (customer text, during daterange, amount int);
INSERT INTO plan_changes VALUES ('up', '[2024-01-05,)', 10), ('up', '[2024-02-05,)', 20), ('up', '[2024-04-20,2024-06-01)', 30),
	('down', '[2024-01-05,2025-01-05)', 50), ('down', '[2024-03-31,2025-03-31)', 40), ('gap', '[2024-01-05,2024-02-05)', 5), ('gap', '[2024-04-01,)', 5);
SELECT look('plan_changes', 2, $$'customer', 'during', 'amount', shape => 'subscriptions', close => 'next'$$,
	'subscription_ledger(customer, during * daterange(NULL, later), amount) FROM (SELECT *, lead(lower(during)) OVER (PARTITION BY customer ORDER BY during) AS later FROM plan_changes) AS u',
	$$SELECT customer, first, amount FROM plan_changes AS p JOIN month ON during @> next - 1
		AND NOT EXISTS (SELECT FROM plan_changes AS n WHERE n.customer = p.customer AND lower(n.during) > lower(p.during) AND lower(n.during) < next)$$, through => '2024-07-31',
	naive => $$revenue_ledger_from('plan_changes', 'customer', 'during', 'amount', shape => 'subscriptions')$$, naive_period => '2024-05-01');

-- two products each with its own upgrades: a row ends where the customer's next row of that product begins
CREATE TABLE items (customer int, product text, start_date date, end_date date, amount int);
INSERT INTO items VALUES (1, 'mail', '2024-01-01', NULL, 10), (1, 'disk', '2024-02-01', NULL, 5), (1, 'mail', '2024-03-01', NULL, 15), (1, 'disk', '2024-04-01', NULL, 8), (2, 'mail', '2024-02-15', NULL, 10);
SELECT look('items', 2, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next', item => 'product'$$,
	'subscription_ledger(customer, daterange(start_date, later), amount) FROM (SELECT *, lead(start_date) OVER (PARTITION BY customer, product ORDER BY start_date) AS later FROM items) AS u',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 15), (1, '2024-03-01', 20), (1, '2024-04-01', 23), (2, '2024-02-01', 10), (2, '2024-03-01', 10), (2, '2024-04-01', 10)$$, through => '2024-04-30',
	naive => $$revenue_ledger_from('items', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next')$$, naive_period => '2024-02-01');

-- rows that start together stay together, and end together where the next one begins
CREATE TABLE bundles (customer int, start_date date, end_date date, amount int);
INSERT INTO bundles VALUES (1, '2024-01-01', NULL, 10), (1, '2024-01-01', NULL, 5), (1, '2024-03-01', NULL, 20), (1, '2024-03-01', '2024-04-01', 7);
SELECT look('bundles', 2, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next'$$,
	'subscription_ledger(customer, daterange(start_date, least(end_date, later)), amount)
		FROM (SELECT *, min(start_date) OVER (PARTITION BY customer ORDER BY start_date GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM bundles) AS u',
	$$VALUES (1, date '2024-01-01', 15), (1, '2024-02-01', 15), (1, '2024-03-01', 27), (1, '2024-04-01', 20)$$, through => '2024-04-30',
	naive => 'subscription_ledger(customer, daterange(start_date, later), amount) FROM (SELECT *, lead(start_date) OVER (PARTITION BY customer ORDER BY start_date) AS later FROM bundles) AS u', naive_period => '2024-01-01');

-- inclusive ends, and the next plan begins on the day after, or on the last day itself
CREATE TABLE handovers (customer int, start_date date, end_date date, amount int);
INSERT INTO handovers VALUES (1, '2024-01-01', '2024-01-31', 10), (1, '2024-02-01', '2024-03-31', 20), (2, '2024-01-01', '2024-02-29', 30), (2, '2024-02-29', '2024-03-31', 40);
SELECT look('handovers', 2, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[]', close => 'next'$$,
	'subscription_ledger(customer, daterange(start_date, least(end_date + 1, later)), amount) FROM (SELECT *, lead(start_date) OVER (PARTITION BY customer ORDER BY start_date) AS later FROM handovers) AS u',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 20), (1, '2024-03-01', 20), (2, '2024-01-01', 30), (2, '2024-02-01', 40), (2, '2024-03-01', 40)$$, through => '2024-04-30',
	naive => $$revenue_ledger_from('handovers', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[]')$$, naive_period => '2024-02-01');
-- an item closes nothing alone
SELECT refused($$revenue_ledger_from('items', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', item => 'product')$$);
SELECT refused($$revenue_ledger_from('items', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'first')$$);
SELECT refused($$revenue_ledger_from('items', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next', item => 'plan')$$);

--
-- Snapshots: a row per customer and day with the MRR of that day
--

-- a day's row says 60; a month of them is 60, not 1,860
CREATE TABLE daily_snapshots (day date, customer text, mrr numeric);
INSERT INTO daily_snapshots SELECT day, 'steady', 60 FROM generate_series(date '2024-01-01', '2024-03-31', '1 day') AS day
	UNION ALL SELECT day, 'moving', CASE WHEN day < '2024-02-10' THEN 10 ELSE 15 END FROM generate_series(date '2024-01-20', '2024-03-10', '1 day') AS day;
SELECT look('daily_snapshots', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$,
	$$revenue_ledger(customer, day, mrr) FROM daily_snapshots WHERE day IN ('2024-01-31', '2024-02-29', '2024-03-31')$$,
	$$VALUES ('steady', date '2024-01-01', 60), ('steady', '2024-02-01', 60), ('steady', '2024-03-01', 60), ('moving', '2024-01-01', 10), ('moving', '2024-02-01', 15)$$,
	naive => $$revenue_ledger_from('daily_snapshots', 'customer', 'day', 'mrr', shape => 'payments')$$, naive_period => '2024-03-01');
SELECT e.* FROM ledger_entries(revenue_ledger_from('daily_snapshots', 'customer', 'day', 'mrr', shape => 'payments')) AS e WHERE customer = 'steady' ORDER BY period;
-- by week and by quarter
SELECT look('daily_snapshots', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$,
	$$revenue_ledger(customer, day, mrr, 'week') FROM daily_snapshots WHERE extract(isodow FROM day) = 7$$,
	$$SELECT customer, day - 6, mrr FROM daily_snapshots WHERE extract(isodow FROM day) = 7$$, grain => 'week');
SELECT look('daily_snapshots', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$, $$revenue_ledger(customer, day, mrr, 'quarter') FROM daily_snapshots WHERE day = '2024-03-31'$$,
	$$VALUES ('steady', date '2024-01-01', 60)$$, grain => 'quarter');

-- once a month, on the first: as payments
CREATE TABLE monthly_snapshots (month date, customer int, mrr int);
INSERT INTO monthly_snapshots VALUES ('2024-01-01', 1, 10), ('2024-01-01', 2, 20), ('2024-02-01', 1, 10), ('2024-02-01', 2, 25), ('2024-03-01', 2, 25), ('2024-03-01', 1, 0);
SELECT look('monthly_snapshots', 3, $$'customer', 'month', 'mrr', shape => 'snapshots'$$, 'revenue_ledger(customer, month, mrr) FROM monthly_snapshots', 'SELECT customer, month, mrr FROM monthly_snapshots');

-- when somebody thought of it; nobody did in March
CREATE TABLE irregular_snapshots (taken_at timestamp, customer int, mrr int);
INSERT INTO irregular_snapshots VALUES ('2024-01-03 08:00', 1, 10), ('2024-01-03 08:00', 2, 20), ('2024-01-28 17:00', 1, 12), ('2024-02-15 00:00', 1, 12), ('2024-02-15 23:59:59', 2, 22),
	('2024-04-30 23:59:59.999999', 2, 25), ('2024-04-29 10:00', 1, 99);
SELECT look('irregular_snapshots', 3, $$'customer', 'taken_at', 'mrr', shape => 'snapshots'$$,
	$$revenue_ledger(customer, taken_at, mrr) FROM irregular_snapshots WHERE taken_at::date IN ('2024-01-28', '2024-02-15', '2024-04-30')$$,
	$$VALUES (1, date '2024-01-01', 12), (1, '2024-02-01', 12), (2, '2024-02-01', 22), (2, '2024-04-01', 25)$$,
	naive => 'revenue_ledger(customer, taken_at, mrr) FROM (SELECT DISTINCT ON (customer, date_trunc(''month'', taken_at)) * FROM irregular_snapshots ORDER BY customer, date_trunc(''month'', taken_at), taken_at DESC) AS last', naive_period => '2024-01-01');

-- a customer that is missing on the last day is gone; one with several rows on it has their sum; rows without an amount are none, and make no last day
CREATE TABLE missing_last_day (day date, customer int, mrr int);
INSERT INTO missing_last_day VALUES ('2024-01-30', 1, 10), ('2024-01-31', 1, 10), ('2024-01-30', 2, 20), ('2024-02-28', 1, 10), ('2024-02-28', 1, 5), ('2024-02-28', 2, 20), ('2024-02-29', 1, NULL), ('2024-02-29', NULL, 5);
SELECT look('missing_last_day', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$, $$revenue_ledger(customer, day, mrr) FROM missing_last_day WHERE day IN ('2024-01-31', '2024-02-28')$$,
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 15), (2, '2024-02-01', 20)$$);

-- loaded twice, with other amounts: the rows of a day add up, as two subscriptions of a customer do; ledger_lint finds it
CREATE TABLE loaded_twice (day date, customer int, mrr int);
INSERT INTO loaded_twice SELECT day, c, 100 + c FROM generate_series(date '2024-01-01', '2024-03-31', '1 day') AS day, generate_series(1, 20) AS c;
INSERT INTO loaded_twice SELECT day, customer, mrr + 1 FROM loaded_twice WHERE day = '2024-02-29';
SELECT look('loaded_twice', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$, $$revenue_ledger(customer, day, mrr) FROM loaded_twice WHERE day IN ('2024-01-31', '2024-02-29', '2024-03-31')$$,
	$$SELECT c, first, CASE first WHEN '2024-02-01' THEN 201 + 2 * c ELSE 100 + c END FROM generate_series(1, 20) AS c, month WHERE first BETWEEN '2024-01-01' AND '2024-03-01'$$);

-- taken several times a day: all rows of the last day add up, unless a view keeps the last of each day
CREATE TABLE hourly_snapshots (taken_at timestamp, customer int, mrr int);
INSERT INTO hourly_snapshots SELECT hour, c, 10 * c + extract(day FROM hour)::int FROM generate_series(timestamp '2024-01-30', '2024-02-02 23:00', '6 hours') AS hour, generate_series(1, 3) AS c;
CREATE VIEW last_of_day AS SELECT DISTINCT ON (customer, taken_at::date) customer, taken_at::date AS day, mrr FROM hourly_snapshots ORDER BY customer, taken_at::date, taken_at DESC;
SELECT look('last_of_day', 3, $$'customer', 'day', 'mrr', shape => 'snapshots'$$, $$revenue_ledger(customer, day, mrr) FROM last_of_day WHERE day IN ('2024-01-31', '2024-02-02')$$,
	$$SELECT c, first, 10 * c + day FROM generate_series(1, 3) AS c, (VALUES (date '2024-01-01', 31), ('2024-02-01', 2)) AS d(first, day)$$,
	naive => $$revenue_ledger_from('hourly_snapshots', 'customer', 'taken_at', 'mrr', shape => 'snapshots')$$, naive_period => '2024-01-01');

-- instants: the last day is a local one
CREATE TABLE zoned_snapshots (taken_at timestamptz, customer int, mrr int);
INSERT INTO zoned_snapshots VALUES ('2024-01-31 06:30+00', 1, 10), ('2024-02-01 06:30+00', 1, 12), ('2024-02-01 07:30+00', 2, 20), ('2024-02-29 06:30+00', 1, 14), ('2024-03-01 07:59+00', 2, 21);
SET timezone = 'America/Los_Angeles';
SELECT look('zoned_snapshots', 3, $$'customer', 'taken_at', 'mrr', shape => 'snapshots'$$,
	$$revenue_ledger(customer, taken_at, mrr) FROM zoned_snapshots WHERE taken_at >= '2024-02-01 00:00+00' AND taken_at <> '2024-02-29 06:30+00'$$,
	$$VALUES (1, date '2024-01-01', 12), (2, '2024-01-01', 20), (2, '2024-02-01', 21)$$);
SET timezone = 'UTC';

--
-- Changes: a row says by how much what a customer pays changed
--
CREATE TABLE changes (customer text, changed_on date, change int);
INSERT INTO changes VALUES ('Ada', '2024-01-10', 100), ('Ada', '2024-03-31', 50), ('Ada', '2024-05-01', -150), ('Bolt', '2024-01-31', 40), ('Bolt', '2024-02-10', -40), ('Bolt', '2024-04-01', 60), ('Cleo', '2024-02-05', 10), ('Cleo', '2024-02-20', -10);
SELECT look('changes', 4, $$'customer', 'changed_on', 'change', shape => 'changes'$$, 'subscription_ledger(customer, daterange(changed_on, NULL), change) FROM changes',
	'SELECT customer, first, change FROM changes JOIN month ON changed_on < next', through => '2024-06-30',
	naive => $$revenue_ledger_from('changes', 'customer', 'changed_on', 'change', shape => 'payments')$$, naive_period => '2024-03-01');
SELECT look('changes', 4, $$'customer', 'changed_on', 'change', shape => 'changes', snapshot_rule => 'start'$$, $$subscription_ledger(customer, daterange(changed_on, NULL), change, 'month', 'start') FROM changes$$,
	'SELECT customer, first, change FROM changes JOIN month ON changed_on <= first', through => '2024-06-30');

-- as Stripe writes its list of changes, in cents and UTC: several a day, and back
CREATE TABLE subscription_item_change_events (customer_id text, subscription_item_id text, event_timestamp timestamptz, event_type text, mrr_change bigint, quantity_change int);
INSERT INTO subscription_item_change_events VALUES
	('cus_1', 'si_1', '2024-01-05 10:00+00', 'ACTIVE_START', 5000, 1), ('cus_1', 'si_1', '2024-01-31 23:30+00', 'ACTIVE_UPGRADE', 2500, 0), ('cus_1', 'si_1', '2024-02-01 00:10+00', 'ACTIVE_DOWNGRADE', -2500, 0),
	('cus_2', 'si_2', '2024-01-20 10:00+00', 'ACTIVE_START', 4000, 2), ('cus_2', 'si_3', '2024-02-20 10:00+00', 'ACTIVE_START', 1000, 1), ('cus_2', 'si_2', '2024-03-15 10:00+00', 'ACTIVE_END', -4000, -2),
	('cus_3', 'si_4', '2024-02-10 10:00+00', 'ACTIVE_START', 3000, 1), ('cus_3', 'si_4', '2024-02-10 10:05+00', 'ACTIVE_END', -3000, -1), ('cus_3', 'si_5', '2024-03-31 23:59:59+00', 'ACTIVE_START', 3000, 1);
SELECT look('subscription_item_change_events', 4, $$'customer_id', 'event_timestamp', 'mrr_change', shape => 'changes'$$,
	'subscription_ledger(customer_id, tstzrange(event_timestamp, NULL), mrr_change) FROM subscription_item_change_events',
	$$VALUES ('cus_1', date '2024-01-01', 7500), ('cus_1', '2024-02-01', 5000), ('cus_1', '2024-03-01', 5000), ('cus_2', '2024-01-01', 4000), ('cus_2', '2024-02-01', 5000), ('cus_2', '2024-03-01', 1000), ('cus_3', '2024-03-01', 3000)$$,
	through => '2024-03-31', naive => $$revenue_ledger_from('subscription_item_change_events', 'customer_id', 'event_timestamp', 'mrr_change')$$, naive_period => '2024-03-01');

-- as ChartMogul writes its activities: the change is activity-mrr-movement, beside what the MRR is then
CREATE TABLE activities (customer_uuid uuid, date timestamp, type text, "activity-mrr" numeric, "activity-mrr-movement" numeric);
INSERT INTO activities VALUES
	('00000000-0000-0000-0000-00000000000a', '2024-01-08 09:00', 'new_biz', 99.50, 99.50), ('00000000-0000-0000-0000-00000000000a', '2024-03-08 09:00', 'expansion', 199.00, 99.50),
	('00000000-0000-0000-0000-00000000000b', '2024-01-20 09:00', 'new_biz', 40, 40), ('00000000-0000-0000-0000-00000000000b', '2024-02-20 09:00', 'contraction', 25, -15),
	('00000000-0000-0000-0000-00000000000b', '2024-03-20 09:00', 'churn', 0, -25), ('00000000-0000-0000-0000-00000000000b', '2024-05-02 09:00', 'reactivation', 25, 25);
SELECT look('activities', 4, $$'customer_uuid', 'date', 'activity-mrr-movement', shape => 'changes'$$,
	'subscription_ledger(customer_uuid, tsrange(date, NULL), "activity-mrr-movement") FROM activities',
	$$SELECT customer_uuid, first, (SELECT "activity-mrr" FROM activities AS a WHERE a.customer_uuid = c.customer_uuid AND date < next ORDER BY date DESC LIMIT 1)
		FROM month, (SELECT DISTINCT customer_uuid FROM activities) AS c WHERE first >= '2024-01-01'$$, through => '2024-06-30',
	naive => $$revenue_ledger_from('activities', 'customer_uuid', 'date', 'activity-mrr')$$, naive_period => '2024-04-01');

--
-- Inclusive ends: the last day is the last day
--

-- months; without bounds it is refused, read half-open it loses every month
CREATE TABLE inclusive_months (customer int, service_from date, service_to date, amount int);
INSERT INTO inclusive_months SELECT c, first, next - 1, 10 * c FROM month, generate_series(1, 3) AS c WHERE first BETWEEN '2024-01-01' AND '2024-05-01' AND NOT (c = 3 AND first > '2024-02-01');
SELECT look('inclusive_months', 5, $$'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	$$subscription_ledger(customer, daterange(service_from, service_to, '[]'), amount) FROM inclusive_months$$, 'SELECT customer, service_from, amount FROM inclusive_months',
	through => '2024-05-31', naive => $$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-01-01');
SELECT refused($$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', shape => 'subscriptions')$$);
SELECT refused($$revenue_movements('inclusive_months', 'customer', 'service_from, service_to', 'amount', shape => 'invoices')$$);

-- one subscription of one January, and nothing else
CREATE TABLE one_january (customer text, service_from date, service_to date, amount int);
INSERT INTO one_january VALUES ('K', '2024-01-01', '2024-01-31', 100);
SELECT look('one_january', 5, $$'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	$$subscription_ledger(customer, daterange(service_from, service_to, '[]'), amount) FROM one_january$$, $$VALUES ('K', date '2024-01-01', 100)$$,
	through => '2024-02-29', naive => $$revenue_ledger_from('one_january', 'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-01-01');
SELECT refused($$revenue_ledger_from('one_january', 'customer', 'service_from, service_to', 'amount', shape => 'subscriptions')$$);

-- quarters, of which half the starts are within a month: the ends are what tells
CREATE TABLE inclusive_quarters (customer int, service_from date, service_to date, amount int);
INSERT INTO inclusive_quarters SELECT c, date '2024-01-01' + (c % 2) * 9, q::date - 1, 300 FROM generate_series(1, 6) AS c, generate_series(timestamp '2024-04-01', '2024-10-01', '3 months') AS q WHERE q = '2024-04-01'
	UNION ALL SELECT c, (q - interval '3 months')::date, q::date - 1, 300 FROM generate_series(1, 4) AS c, generate_series(timestamp '2024-07-01', '2025-01-01', '3 months') AS q;
SELECT look('inclusive_quarters', 5, $$'customer', 'service_from, service_to', 'amount', shape => 'invoices', bounds => '[]'$$,
	$$invoice_ledger(customer, daterange(service_from, service_to, '[]'), amount, 'quarter') FROM inclusive_quarters$$,
	$$SELECT customer, date_trunc('quarter', service_to::timestamp), 300 FROM inclusive_quarters$$, grain => 'quarter');
SELECT refused($$revenue_ledger_from('inclusive_quarters', 'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', grain => 'quarter')$$);

-- weeks from Monday to Sunday
CREATE TABLE inclusive_weeks (customer text, starts_on date, ends_on date, amount numeric);
INSERT INTO inclusive_weeks SELECT 'weekly', w::date, w::date + 6, 25 FROM generate_series(timestamp '2024-01-01', '2024-02-26', '1 week') AS w;
SELECT look('inclusive_weeks', 5, $$'customer', 'starts_on, ends_on', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	$$subscription_ledger(customer, daterange(starts_on, ends_on, '[]'), amount, 'week') FROM inclusive_weeks$$, 'SELECT customer, starts_on, amount FROM inclusive_weeks', through => '2024-03-03', grain => 'week',
	naive => $$revenue_ledger_from('inclusive_weeks', 'customer', 'starts_on, ends_on', 'amount', 'week', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-02-05');
SELECT refused($$revenue_ledger_from('inclusive_weeks', 'customer', 'starts_on, ends_on', 'amount', 'week', shape => 'subscriptions')$$);

-- what the ends are does not depend on the grain: months by quarter and year, weeks by month, and days
SELECT refused($$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', 'quarter', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', 'year', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', 'week', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', 'day', shape => 'subscriptions')$$);
SELECT refused($$revenue_ledger_from('inclusive_weeks', 'customer', 'starts_on, ends_on', 'amount', shape => 'subscriptions')$$);
SELECT look('inclusive_months', 5, $$'customer', 'service_from, service_to', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	$$subscription_ledger(customer, daterange(service_from, service_to, '[]'), amount, 'quarter') FROM inclusive_months$$, $$VALUES (1, date '2024-01-01', 10), (2, '2024-01-01', 20)$$,
	through => '2024-03-31', grain => 'quarter', naive => $$revenue_ledger_from('inclusive_months', 'customer', 'service_from, service_to', 'amount', 'quarter', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-01-01');

-- years to 31 December, the last one open
CREATE TABLE inclusive_years (customer int, valid_from date, valid_to date, mrr int);
INSERT INTO inclusive_years VALUES (1, '2022-03-01', '2022-12-31', 10), (1, '2023-01-01', '2023-12-31', 12), (1, '2024-01-01', NULL, 12), (2, '2022-01-01', '2023-12-31', 20), (3, '2023-05-01', '2023-12-31', 5);
SELECT look('inclusive_years', 5, $$'customer', 'valid_from, valid_to', 'mrr', shape => 'subscriptions', bounds => '[]'$$,
	$$subscription_ledger(customer, daterange(valid_from, valid_to, '[]'), mrr) FROM inclusive_years$$,
	'SELECT customer, first, mrr FROM inclusive_years JOIN month ON next - 1 BETWEEN valid_from AND coalesce(valid_to, ''infinity'')', through => '2024-02-29',
	naive => $$revenue_ledger_from('inclusive_years', 'customer', 'valid_from, valid_to', 'mrr', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2023-12-01');
SELECT refused($$revenue_ledger_from('inclusive_years', 'customer', 'valid_from, valid_to', 'mrr', shape => 'subscriptions')$$);

-- months from the 10th to the 9th: no end is a period's last, and between two of them there is a day at which nothing is in force, but no month's end
CREATE TABLE inclusive_tenths (customer int, service_from date, service_to date, amount int);
INSERT INTO inclusive_tenths SELECT c, first + 9, next + 8, 10 * c FROM month, generate_series(1, 3) AS c WHERE first BETWEEN '2024-01-01' AND '2024-05-01';
SELECT look('inclusive_tenths', 5, $$'customer', 'service_from, service_to', 'amount', shape => 'subscriptions'$$, $$subscription_ledger(customer, daterange(service_from, service_to), amount) FROM inclusive_tenths$$,
	'SELECT customer, date_trunc(''month'', service_from::timestamp), amount FROM inclusive_tenths', through => '2024-05-31');

-- ends at the last second of a month's last day, and at its midnight
CREATE TABLE last_seconds (customer int, started_at timestamp, ended_at timestamp, amount int);
INSERT INTO last_seconds VALUES (1, '2024-01-01 00:00:00', '2024-01-31 23:59:59', 10), (1, '2024-02-01 00:00:00', '2024-02-29 23:59:59', 15), (2, '2024-01-01 00:00:00', '2024-02-29 23:59:59.999', 20), (3, '2024-02-01 00:00:00', '2024-03-31 23:59:59', 30);
SELECT look('last_seconds', 5, $$'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	'subscription_ledger(customer, tsrange(started_at, ended_at::date + 1), amount) FROM last_seconds',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 15), (2, '2024-01-01', 20), (2, '2024-02-01', 20), (3, '2024-02-01', 30), (3, '2024-03-01', 30)$$, through => '2024-04-30',
	naive => $$revenue_ledger_from('last_seconds', 'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-02-01');
SELECT refused($$revenue_ledger_from('last_seconds', 'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions')$$);
CREATE TABLE last_midnights (customer int, started_at timestamptz, ended_at timestamptz, amount int);
INSERT INTO last_midnights SELECT customer, started_at AT TIME ZONE 'Asia/Kolkata', date_trunc('day', ended_at) AT TIME ZONE 'Asia/Kolkata', amount FROM last_seconds;
SET timezone = 'Asia/Kolkata';
SELECT look('last_midnights', 5, $$'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[]'$$,
	'subscription_ledger(customer, tstzrange(started_at, ended_at::date + 1), amount) FROM last_midnights',
	$$VALUES (1, date '2024-01-01', 10), (1, '2024-02-01', 15), (2, '2024-01-01', 20), (2, '2024-02-01', 20), (3, '2024-02-01', 30), (3, '2024-03-01', 30)$$, through => '2024-04-30',
	naive => $$revenue_ledger_from('last_midnights', 'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-02-01');
SELECT refused($$revenue_ledger_from('last_midnights', 'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions')$$);
SET timezone = 'UTC';

-- ends that are half-open need no bounds: on the first of a month, or on any day; of these, some are a month's last by chance
CREATE TABLE half_open (customer int, start_date date, end_date date, amount int);
INSERT INTO half_open SELECT c, date '2024-01-01' + c, date '2024-03-01' + c * 5, c FROM generate_series(1, 40) AS c;
INSERT INTO half_open SELECT c, '2024-01-01', first, c FROM generate_series(41, 50) AS c, month WHERE first BETWEEN '2024-02-01' AND '2024-04-01';
SELECT look('half_open', 5, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM half_open',
	'SELECT customer, first, amount FROM half_open JOIN month ON start_date < next AND end_date >= next', through => '2024-09-30',
	naive => $$revenue_ledger_from('half_open', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[]')$$, naive_period => '2024-03-01');

\pset format aligned
\pset tuples_only off
-- What ledger_lint finds with a naive reading, it does not find with the right one
SELECT source, finding, found(source, finding, format('%s, shape => %L%s', columns, shape, naively)) AS naively, found(source, finding, format('%s, shape => %L%s', columns, right_shape, rightly)) AS rightly
FROM (VALUES
	('open_upgrades', 'open upgrade', $$'customer', 'start_date, end_date', 'amount'$$, 'subscriptions', '', 'subscriptions', $$, close => 'next'$$),
	('plan_changes', 'open upgrade', $$'customer', 'during', 'amount'$$, 'subscriptions', '', 'subscriptions', $$, close => 'next'$$),
	('items', 'open upgrade', $$'customer', 'start_date, end_date', 'amount'$$, 'subscriptions', '', 'subscriptions', $$, close => 'next', item => 'product'$$),
	('daily_snapshots', 'snapshot table', $$'customer', 'day', 'mrr'$$, NULL, '', 'snapshots', ''),
	('inclusive_months', 'inclusive end', $$'customer', 'service_from, service_to', 'amount'$$, 'subscriptions', '', 'subscriptions', $$, bounds => '[]'$$),
	('inclusive_months', 'inclusive end', $$'customer', 'service_from, service_to', 'amount'$$, 'invoices', '', 'invoices', $$, bounds => '[]'$$),
	('inclusive_months', 'unseen subscription', $$'customer', 'service_from, service_to', 'amount'$$, 'subscriptions', $$, bounds => '[)'$$, 'subscriptions', $$, bounds => '[]'$$),
	('inclusive_years', 'renewal gap', $$'customer', 'valid_from, valid_to', 'mrr'$$, 'subscriptions', $$, bounds => '[)'$$, 'subscriptions', $$, bounds => '[]'$$)) AS v(source, finding, columns, shape, naively, right_shape, rightly);
-- and what no reading mends
SELECT source, finding, found(source, finding, call) FROM (VALUES
	('loaded_twice', 'snapshot twice', $$'customer', 'day', 'mrr', shape => 'snapshots'$$), ('irregular_snapshots', 'missing snapshot', $$'customer', 'taken_at', 'mrr', shape => 'snapshots'$$),
	('turned', 'reversed ends', $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$)) AS v(source, finding, call);
SELECT item, count(DISTINCT name) AS tables, count(*) AS looks FROM looked_at GROUP BY item ORDER BY item;
RESET timezone;
RESET search_path;
DROP SCHEMA tables, oracle CASCADE;
