--
-- Tables as people have them, of cycles of days, gaps, refunds, free plans, short subscriptions,
-- keys, prices and shares: read by name, by the aggregate and by plain SQL, with what a naive
-- reading says beside it; and options that are left out or NULL.
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
-- Payments of 30, 90 and 365 days: a payment is in force for its days, at its amount per month
--
CREATE TABLE cycles (customer text, paid_on date, days int, amount numeric(10,2));
INSERT INTO cycles SELECT 'thirty', date '2024-01-01' + 30 * n, 30, 30 FROM generate_series(0, 11) AS n UNION ALL SELECT 'ninety', date '2024-01-31' + 90 * n, 90, 81 FROM generate_series(0, 3) AS n
	UNION ALL SELECT 'year', date '2023-03-01' + 365 * n, 365, 292 FROM generate_series(0, 1) AS n UNION ALL SELECT 'left', date '2024-02-15' + 30 * n, 30, 30 FROM generate_series(0, 1) AS n;
CREATE VIEW cycles_by_days AS SELECT customer, paid_on, paid_on + days AS paid_until, round(mrr(amount, days || ' days'), 2) AS monthly FROM cycles;
SELECT look('cycles_by_days', 6, $$'customer', 'paid_on, paid_until', 'monthly', shape => 'subscriptions', bounds => '[)'$$,
	'subscription_ledger(customer, daterange(paid_on, paid_until), monthly) FROM cycles_by_days',
	'SELECT customer, first, round(amount * 365 / (12 * days), 2) FROM cycles JOIN month ON next - 1 BETWEEN paid_on AND paid_on + days - 1', through => '2024-11-30',
	naive => $$subscription_ledger(customer, daterange(paid_on, (paid_on + CASE days WHEN 30 THEN interval '1 month' WHEN 90 THEN '3 months' ELSE '1 year' END)::date), amount / round(days / 30)) FROM cycles$$, naive_period => '2024-01-01');
-- as one row per 30 days, months are covered by one payment each; by + interval '1 month', January is covered twice
CREATE VIEW thirty_days AS SELECT customer, daterange(paid_on, paid_on + 30) AS during, amount FROM cycles WHERE customer = 'thirty';
SELECT look('thirty_days', 6, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM thirty_days',
	$$SELECT 'thirty', first, 30 FROM month WHERE first BETWEEN '2024-01-01' AND '2024-11-01'$$, through => '2024-11-30',
	naive => $$subscription_ledger(customer, daterange(paid_on, (paid_on + interval '1 month')::date), amount) FROM cycles WHERE customer = 'thirty'$$, naive_period => '2024-01-01');

--
-- Renewal gaps: a range ends on 28 May, the next one begins on 1 June
--
CREATE TABLE renewals (customer int, start_date date, end_date date, amount int);
INSERT INTO renewals VALUES (1, '2023-05-29', '2024-05-28', 100), (1, '2024-06-01', '2025-05-31', 100), (2, '2024-01-01', '2024-07-01', 50), (3, '2024-01-10', '2024-03-30', 20), (3, '2024-05-02', '2024-07-15', 25);
SELECT look('renewals', 7, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM renewals',
	'SELECT customer, first, amount FROM renewals JOIN month ON start_date < next AND end_date >= next', through => '2024-08-31');
SELECT look('renewals', 7, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM renewals',
	'SELECT customer, first, amount FROM renewals JOIN month ON start_date < next AND end_date >= next', through => '2024-08-31', grace => 1);
-- churn and a reactivation where nothing happened, and none with a month's grace; customer 3, two months away, left
SELECT period, m.churn, m.reactivation, g.churn AS churn_grace, g.reactivation AS reactivation_grace
FROM revenue_movements('renewals', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)', through => '2024-06-30') AS m
	JOIN revenue_movements('renewals', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)', through => '2024-06-30', grace => 1) AS g USING (period)
WHERE period >= '2024-03-01' ORDER BY period;

-- the other way round: renewals that begin before the old contract ends are counted twice at the month's end in between
CREATE TABLE early_renewals (customer int, start_date date, end_date date, amount int);
INSERT INTO early_renewals VALUES (1, '2023-06-01', '2024-06-01', 100), (1, '2024-05-28', '2025-05-28', 120), (2, '2023-07-15', '2024-07-15', 50), (2, '2024-07-15', '2025-07-15', 50), (3, '2024-01-01', NULL, 7);
SELECT look('early_renewals', 7, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', close => 'next'$$,
	'subscription_ledger(customer, daterange(start_date, least(end_date, later)), amount) FROM (SELECT *, lead(start_date) OVER (PARTITION BY customer ORDER BY start_date) AS later FROM early_renewals) AS r',
	$$SELECT 1, first, CASE WHEN first < '2024-05-01' THEN 100 ELSE 120 END FROM month WHERE first >= '2023-06-01' UNION ALL SELECT 2, first, 50 FROM month WHERE first >= '2023-07-01' UNION ALL SELECT 3, first, 7 FROM month WHERE first >= '2024-01-01'$$,
	through => '2024-08-31', naive => $$revenue_ledger_from('early_renewals', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$, naive_period => '2024-05-01');

--
-- Customers whose refunds exceed their payments count as 0; the table's sum is less than the report's ending
--
CREATE TABLE net_negative (customer int, paid_on date, amount numeric(12,2));
INSERT INTO net_negative VALUES (1, '2024-01-05', 4482974.91), (2, '2024-01-05', 10), (2, '2024-01-20', -26), (3, '2024-02-05', 5), (1, '2024-02-05', 100), (3, '2024-03-05', -5), (1, '2024-03-05', 100), (2, '2024-03-05', 20), (2, '2024-03-06', -20);
SELECT look('net_negative', 8, $$'customer', 'paid_on', 'amount'$$, 'revenue_ledger(customer, paid_on, amount) FROM net_negative', 'SELECT customer, date_trunc(''month'', paid_on::timestamp), amount FROM net_negative');
SELECT m.period, m.ending, m.negative, m.ending + m.negative = s.sum AS reconciled, s.sum
FROM revenue_movements('net_negative', 'customer', 'paid_on', 'amount') AS m JOIN (SELECT date_trunc('month', paid_on)::date AS period, sum(amount) FROM net_negative GROUP BY 1) AS s USING (period) ORDER BY period;
-- of invoices, with a credit note for more than is left
CREATE TABLE credits (customer int, service daterange, amount numeric);
INSERT INTO credits VALUES (1, '[2024-01-01,2024-03-01)', 60), (1, '[2024-02-01,2024-03-01)', -58), (2, '[2024-01-01,2024-03-01)', 120);
SELECT look('credits', 8, $$'customer', 'service', 'amount', shape => 'invoices'$$, 'invoice_ledger(customer, service, amount) FROM credits',
	$$VALUES (1, date '2024-01-01', 31), (1, '2024-02-01', -29), (2, '2024-01-01', 62), (2, '2024-02-01', 58)$$);
SELECT period, ending, negative FROM revenue_movements('credits', 'customer', 'service', 'amount', shape => 'invoices') ORDER BY period;

--
-- Active means has a row: free plans and prices of zero are no revenue; a second ledger, of amount 1, counts them
--
CREATE TABLE plans (customer int, plan text, start_date date, end_date date, price numeric(10,2));
INSERT INTO plans VALUES (1, 'free', '2024-01-05', NULL, 0), (2, 'free', '2024-01-05', '2024-03-10', 0), (2, 'pro', '2024-03-10', NULL, 20), (3, 'pro', '2024-02-01', '2024-04-01', 20), (3, 'free', '2024-04-01', '2024-05-20', 0), (4, 'free', '2024-03-01', '2024-04-15', 0);
SELECT look('plans', 9, $$'customer', 'start_date, end_date', 'price', shape => 'subscriptions', bounds => '[)'$$, 'subscription_ledger(customer, daterange(start_date, end_date), price) FROM plans',
	'SELECT customer, first, price FROM plans JOIN month ON start_date < next AND coalesce(end_date, ''infinity'') >= next', through => '2024-06-30');
CREATE VIEW presence AS SELECT customer, daterange(start_date, end_date) AS during, 1 AS one FROM plans;
SELECT look('presence', 9, $$'customer', 'during', 'one', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, one) FROM presence',
	'SELECT DISTINCT customer, first, 1 FROM plans JOIN month ON start_date < next AND coalesce(end_date, ''infinity'') >= next', through => '2024-06-30',
	naive => 'subscription_ledger(customer, daterange(start_date, end_date), price) FROM plans', naive_period => '2024-01-01');
SELECT customers(revenue_ledger_from('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', bounds => '[)')) AS paying, customers(revenue_ledger_from('presence', 'customer', 'during', 'one', shape => 'subscriptions')) AS present, count(DISTINCT customer) AS in_table FROM plans;

--
-- Subscriptions that live within one month are in force at the end of none: 920 of 1,000
--
CREATE TABLE within_months (customer int, start_date date, end_date date, amount int);
INSERT INTO within_months SELECT c, date '2024-01-02' + c % 9, date '2024-01-13' + c % 11, 10 FROM generate_series(1, 920) AS c;
INSERT INTO within_months SELECT c, date '2024-01-02' + c % 9, date '2024-03-13' + c % 11, 10 FROM generate_series(921, 1000) AS c;
SELECT look('within_months', 10, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM within_months',
	'SELECT customer, first, amount FROM within_months JOIN month ON start_date < next AND end_date >= next', through => '2024-04-30');
-- by day, everybody is there
SELECT look('within_months', 10, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, $$subscription_ledger(customer, daterange(start_date, end_date), amount, 'day') FROM within_months$$,
	'SELECT customer, start_date + n, amount FROM within_months, generate_series(0, end_date - start_date - 1) AS n', grain => 'day', through => '2024-03-25',
	naive => $$revenue_ledger_from('within_months', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')$$, naive_period => '2024-01-01');
-- or by month, each for at least the month in which it began
CREATE VIEW at_least_a_month AS SELECT customer, start_date, greatest(end_date, (date_trunc('month', start_date) + interval '1 month')::date) AS end_date, amount FROM within_months;
SELECT look('at_least_a_month', 10, $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)'$$, 'subscription_ledger(customer, daterange(start_date, end_date), amount) FROM at_least_a_month',
	'SELECT customer, first, amount FROM within_months JOIN month ON start_date < next AND (end_date >= next OR start_date >= first)', through => '2024-04-30');
SELECT customers(revenue_ledger_from('within_months', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions')) AS by_month, customers(revenue_ledger_from('within_months', 'customer', 'start_date, end_date', 'amount', 'day', shape => 'subscriptions')) AS by_day,
	customers(revenue_ledger_from('at_least_a_month', 'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)')) AS at_least_a_month;

--
-- Keys that PostgreSQL holds equal are one customer
--
CREATE TABLE numeric_keys (customer numeric, paid_on date, amount int);
INSERT INTO numeric_keys VALUES (1.0, '2024-01-01', 10), (1.00, '2024-02-01', 15), (1, '2024-03-01', 20), (2.50, '2024-01-01', 5), (2.5, '2024-02-01', 5), (1000, '2024-01-01', 7), (1e3, '2024-02-01', 7);
SELECT look('numeric_keys', 11, $$'customer', 'paid_on', 'amount'$$, 'revenue_ledger(customer, paid_on, amount) FROM numeric_keys',
	'SELECT trim_scale(customer), paid_on, amount FROM numeric_keys');
-- as text, customers leave that change their decimals
SELECT period, m.expansion, m.churn, m.ending_customers, t.expansion AS text_expansion, t.churn AS text_churn, t.ending_customers AS text_customers
FROM revenue_movements('numeric_keys', 'customer', 'paid_on', 'amount') AS m JOIN (SELECT revenue_ledger(customer::text, paid_on, amount) FROM numeric_keys) AS l(ledger) ON true JOIN LATERAL revenue_movements(ledger) AS t USING (period) ORDER BY period;
CREATE TABLE char_keys (customer char(8), during daterange, amount int);
INSERT INTO char_keys VALUES ('A', '[2024-01-01,2024-03-01)', 10), ('A  ', '[2024-02-01,2024-04-01)', 5), ('B', '[2024-01-01,2024-02-01)', 3);
SELECT look('char_keys', 11, $$'customer', 'during', 'amount', shape => 'subscriptions'$$, 'subscription_ledger(customer, during, amount) FROM char_keys',
	$$VALUES ('A', date '2024-01-01', 10), ('A', '2024-02-01', 15), ('A', '2024-03-01', 5), ('B', '2024-01-01', 3)$$, through => '2024-04-30');
-- in a domain, and as text, which is taken as it is
CREATE DOMAIN account AS numeric;
CREATE TABLE domain_keys (customer account, paid_on date, amount int);
INSERT INTO domain_keys TABLE numeric_keys;
SELECT look('domain_keys', 11, $$'customer', 'paid_on', 'amount'$$, 'revenue_ledger(customer, paid_on, amount) FROM domain_keys', 'SELECT trim_scale(customer), paid_on, amount FROM domain_keys');
CREATE TABLE text_keys (customer text, paid_on date, amount int);
INSERT INTO text_keys VALUES ('1.0', '2024-01-01', 10), ('1.00', '2024-02-01', 10), ('a', '2024-01-01', 1), ('A', '2024-02-01', 2), ('a ', '2024-02-01', 3);
SELECT look('text_keys', 11, $$'customer', 'paid_on', 'amount'$$, 'revenue_ledger(customer, paid_on, amount) FROM text_keys', 'SELECT * FROM text_keys');
-- what is equal in a way that no text of it shows is refused; where there is no ICU, or no citext, what it would say is written here
SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i') AS icu, EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') AS citext \gset
\if :icu
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE any_case_keys (customer text COLLATE any_case, paid_on date, amount int);
INSERT INTO any_case_keys VALUES ('a', '2024-01-01', 10), ('A', '2024-02-01', 15);
SELECT string_agg(split_part(refused(call), E'\n', 1), E'\n') AS of_collation FROM (VALUES ($$revenue_ledger_from('any_case_keys', 'customer', 'paid_on', 'amount')$$), ($$(SELECT revenue_ledger(customer, paid_on, amount) FROM any_case_keys)$$)) AS c(call) \gset
\else
SELECT concat_ws(E'\n', message, message) AS of_collation FROM (VALUES ('0A000 nondeterministic collations are not supported for customers')) AS m(message) \gset
\endif
\if :citext
CREATE EXTENSION citext;
CREATE TABLE citext_keys (customer citext, during daterange, amount int);
INSERT INTO citext_keys VALUES ('a', '[2024-01-01,2024-02-01)', 10), ('A', '[2024-02-01,2024-03-01)', 15);
SELECT string_agg(split_part(refused(call), E'\n', 1), E'\n') AS of_type FROM (VALUES ($$revenue_ledger_from('citext_keys', 'customer', 'during', 'amount', shape => 'subscriptions')$$), ($$(SELECT subscription_ledger(customer, during, amount) FROM citext_keys)$$)) AS c(call) \gset
DROP EXTENSION citext CASCADE;
\else
SELECT concat_ws(E'\n', message, message) AS of_type FROM (VALUES ('42804 a customer cannot be of type citext')) AS m(message) \gset
\endif
\echo :of_collation
\echo :of_type
CREATE TABLE any_case_texts (customer text, paid_on date, amount int);
INSERT INTO any_case_texts VALUES ('a', '2024-01-01', 10), ('A', '2024-02-01', 15);
CREATE VIEW lower_keys AS SELECT lower(customer) AS customer, paid_on, amount FROM any_case_texts;
SELECT look('lower_keys', 11, $$'customer', 'paid_on', 'amount'$$, 'revenue_ledger(customer, paid_on, amount) FROM lower_keys', $$VALUES ('a', date '2024-01-01', 10), ('a', '2024-02-01', 15)$$);

--
-- Prices as billing systems write them: words with blanks, counts of weeks, floats, times of day
--
CREATE TABLE prices (customer int, price double precision, billed text, started timestamp, ended timestamp);
INSERT INTO prices VALUES (1, 1200, 'annual ', '2024-01-10 09:30', NULL), (2, 30, 'Months', '2024-01-31 23:59', '2024-03-01 00:00'), (3, 600, 'semi-annual', '2024-02-01 00:00', NULL), (4, 2400, '2-Year', '2024-02-29 12:00', NULL),
	(5, 12, 'every 3 weeks', '2024-01-01 00:00', '2024-04-01 00:00'), (6, 240, '12 mo', '2024-01-15 08:00', NULL), (7, 0.1, 'yr', '2024-01-15 08:00', NULL), (8, 300, 'every 6 months', '2024-03-31 23:59:59.999999', NULL);
CREATE VIEW priced AS SELECT customer, started, ended, mrr(price, billed) AS monthly FROM prices;
SELECT look('priced', 12, $$'customer', 'started, ended', 'monthly', shape => 'subscriptions', bounds => '[)'$$, 'subscription_ledger(customer, tsrange(started, ended), monthly) FROM priced',
	$$SELECT customer, first, round(price::numeric * (ARRAY[1 / 12.0, 1, 1 / 6.0, 1 / 24.0, 52 / 36.0, 1 / 12.0, 1 / 12.0, 1 / 6.0])[customer], CASE customer WHEN 7 THEN 5 ELSE 4 END)
		FROM prices JOIN month ON started < next AND coalesce(ended, 'infinity') >= next$$, through => '2024-04-30');
-- invoices for a service period with a time of day, as MRR: whole months from the start
CREATE TABLE timed_services (customer int, service tsrange, amount numeric(10,2));
INSERT INTO timed_services VALUES (1, '[2024-01-31 10:00,2024-02-29 10:00)', 50), (1, '[2024-02-29 10:00,2024-03-29 10:00)', 50), (2, '[2024-01-15 12:00,2025-01-15 12:00)', 1200), (3, '[2024-01-15 18:00,2024-02-15 06:00)', 60);
CREATE VIEW timed_mrr AS SELECT customer, service, round(mrr(amount, service), 2) AS monthly FROM timed_services;
SELECT look('timed_mrr', 12, $$'customer', 'service', 'monthly', shape => 'subscriptions'$$, 'subscription_ledger(customer, service, monthly) FROM timed_mrr',
	$$SELECT customer, first, (ARRAY[50, 100, round(60 / (30.5 / 31), 2)])[customer] FROM timed_services JOIN month ON service @> next - interval '1 microsecond'$$, through => '2024-03-31');

--
-- Shares of invoices in a column without fixed decimals: 29 and 99.0 have shares of as many decimals
--
CREATE TABLE shares (customer int, service daterange, amount numeric);
INSERT INTO shares VALUES (1, '[2024-01-11,2024-04-11)', 29), (2, '[2024-01-11,2024-04-11)', 99.0), (3, '[2024-01-31,2024-03-02)', 29.00), (3, '[2024-01-31,2024-03-02)', -0.01), (4, '[2024-02-29,2024-03-29)', 100), (5, '[2024-02-10,2024-03-11)', 7.125);
SELECT look('shares', 13, $$'customer', 'service', 'amount', shape => 'invoices'$$, 'invoice_ledger(customer, service, amount) FROM shares',
	$$SELECT customer, first, round(amount * greatest(0, least(next, upper(service)) - lower(service)) / (upper(service) - lower(service)), greatest(scale(amount), 2) + 4)
			- round(amount * greatest(0, least(first, upper(service)) - lower(service)) / (upper(service) - lower(service)), greatest(scale(amount), 2) + 4)
		FROM shares JOIN month ON service && daterange(first, next)$$);
-- by the decimals that each row shows, shares had 4, 5, 6 and 7, and most were others
SELECT s.amount, scale(s.amount) + 4 AS decimals_shown, max(scale(trim_scale(e.amount))) AS decimals,
	count(*) FILTER (WHERE e.amount <> round(s.amount * through_month / days, scale(s.amount) + 4) - round(s.amount * before / days, scale(s.amount) + 4)) AS others
FROM shares AS s, LATERAL (SELECT invoice_ledger(c, d, a) FROM (VALUES (customer, service, amount)) AS row(c, d, a)) AS l(ledger),
	LATERAL ledger_entries(ledger) AS e JOIN month ON first = e.period,
	LATERAL (SELECT upper(service) - lower(service), greatest(0, least(first, upper(service)) - lower(service)), least(next, upper(service)) - lower(service)) AS d(days, before, through_month)
GROUP BY s.customer, s.service, s.amount ORDER BY s.customer, s.amount;
CREATE TABLE fixed_shares (customer int, service daterange, amount numeric(10,2));
INSERT INTO fixed_shares SELECT * FROM shares WHERE customer < 5;
SELECT count(*) AS differences FROM
	(SELECT * FROM ledger_entries(revenue_ledger_from('shares', 'customer', 'service', 'amount', shape => 'invoices')) WHERE customer < '5' EXCEPT ALL SELECT * FROM ledger_entries(revenue_ledger_from('fixed_shares', 'customer', 'service', 'amount', shape => 'invoices'))) AS d;

--
-- A NULL option is one that is left out, and times that are not in any calendar are refused in one way
--
SELECT source, at, count(*) AS readers, count(*) FILTER (WHERE NOT same) AS wrong
FROM (VALUES ('plans', 'start_date, end_date', 'price', 'subscriptions'), ('credits', 'service', 'amount', 'invoices'), ('net_negative', 'paid_on', 'amount', NULL), ('net_negative', 'paid_on', 'amount', 'changes'), ('net_negative', 'paid_on', 'amount', 'snapshots')) AS t(source, at, amount, shape),
	LATERAL (VALUES
		(revenue_ledger_from(source, 'customer', at, amount, 'month', shape)::text = revenue_ledger_from(source, 'customer', at, amount, NULL, shape, NULL, NULL, NULL, NULL)::text),
		(NOT EXISTS (SELECT * FROM revenue_movements(source, 'customer', at, amount, shape => t.shape) EXCEPT ALL SELECT * FROM revenue_movements(source, 'customer', at, amount, NULL, NULL, NULL, NULL, NULL, shape, NULL, NULL, NULL, NULL))),
		(NOT EXISTS (SELECT * FROM customer_movements(source, 'customer', at, amount, shape => t.shape) EXCEPT ALL SELECT * FROM customer_movements(source, 'customer', at, amount, NULL, NULL, NULL, NULL, NULL, NULL, shape, NULL, NULL, NULL, NULL))),
		(NOT EXISTS (SELECT * FROM cohort_retention(source, 'customer', at, amount, shape => t.shape) EXCEPT ALL SELECT * FROM cohort_retention(source, 'customer', at, amount, NULL, NULL, NULL, NULL, NULL, shape, NULL, NULL, NULL, NULL)))) AS r(same)
GROUP BY source, at, shape ORDER BY source, shape;
SELECT refused($$customer_movements('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', from_date => '2024-03-01', to_date => '2024-02-01')$$);
SELECT refused($$customer_movements(revenue_ledger_from('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions'), from_date => '2024-03-01', to_date => '2024-02-01')$$);
SELECT refused($$retention(revenue_ledger_from('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions'), '2024-03-01', '2024-02-01')$$);
SELECT refused($$slice(revenue_ledger_from('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions'), '2024-03-01', '2024-02-01')$$);
SELECT refused($$revenue_movements('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', through => 'infinity')$$);
SELECT refused($$cohort_retention('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', through => '-infinity')$$);
SELECT refused($$customer_movements('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', to_date => 'infinity')$$);
-- churn_rate is what the summary says
SELECT count(*) AS periods, count(*) FILTER (WHERE m.churn_rate IS DISTINCT FROM round(100 * m.churn / nullif(m.starting, 0), 4)) AS wrong
FROM revenue_movements('plans', 'customer', 'start_date, end_date', 'price', shape => 'subscriptions', through => '2024-06-30') AS m;

--
-- A month's end in a zone, and the hours that there are not, or twice
--
CREATE TABLE zoned_payments (customer int, paid_at timestamptz, amount int);
INSERT INTO zoned_payments VALUES (1, '2024-03-01 04:59:59.999999+00', 10), (1, '2024-03-01 05:00+00', 20), (2, '2024-03-10 07:00+00', 1), (2, '2024-04-01 03:59:59+00', 2), (2, '2024-04-01 04:00+00', 4), (3, '2024-11-03 05:30+00', 8), (3, '2024-11-03 06:30+00', 16), (3, '2024-12-01 04:59+00', 32);
SET timezone = 'America/New_York';
SELECT look('zoned_payments', 1, $$'customer', 'paid_at', 'amount'$$, 'revenue_ledger(customer, paid_at, amount) FROM zoned_payments',
	$$VALUES (1, date '2024-02-01', 10), (1, '2024-03-01', 20), (2, '2024-03-01', 3), (2, '2024-04-01', 4), (3, '2024-11-01', 56)$$);
SELECT look('zoned_payments', 1, $$'customer', 'paid_at', 'amount'$$, $$revenue_ledger(customer, paid_at, amount, 'day') FROM zoned_payments$$,
	$$SELECT customer, (paid_at AT TIME ZONE 'America/New_York')::date, amount FROM zoned_payments$$, grain => 'day');
SET timezone = 'UTC';
-- two columns with a zone, the end inclusive: its local day
CREATE TABLE zoned_terms (customer int, started_at timestamptz, ended_at timestamptz, amount int);
INSERT INTO zoned_terms VALUES (1, '2024-03-01 00:00+01', '2024-03-31 12:00+02', 10), (2, '2024-03-01 00:00+01', '2024-03-30 23:59+01', 20), (3, '2024-10-01 00:00+02', '2024-10-31 23:30+01', 30);
SET timezone = 'Europe/Berlin';
SELECT look('zoned_terms', 5, $$'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[]'$$, 'subscription_ledger(customer, tstzrange(started_at, ended_at::date + 1), amount) FROM zoned_terms',
	$$VALUES (1, date '2024-03-01', 10), (3, '2024-10-01', 30)$$, through => '2024-11-30',
	naive => $$revenue_ledger_from('zoned_terms', 'customer', 'started_at, ended_at', 'amount', shape => 'subscriptions', bounds => '[)')$$, naive_period => '2024-10-01');
SET timezone = 'UTC';

\pset format aligned
\pset tuples_only off
-- What ledger_lint finds in these tables, and not in those that were made of them
SELECT source, finding, found(source, finding, call) AS naively, made, found(made, finding, made_call) AS rightly
FROM (VALUES
	('cycles', 'day cycle', $$'customer', 'paid_on', 'amount'$$, 'cycles_by_days', $$'customer', 'paid_on, paid_until', 'monthly', shape => 'subscriptions', bounds => '[)'$$),
	('net_negative', 'negative month', $$'customer', 'paid_on', 'amount'$$, NULL, NULL),
	('renewals', 'renewal gap', $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)'$$, NULL, NULL),
	('plans', 'no revenue', $$'customer', 'start_date, end_date', 'price', shape => 'subscriptions'$$, 'presence', $$'customer', 'during', 'one', shape => 'subscriptions'$$),
	('within_months', 'unseen subscription', $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, 'at_least_a_month', $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions', bounds => '[)'$$),
	('within_months', 'unseen subscription', $$'customer', 'start_date, end_date', 'amount', shape => 'subscriptions'$$, 'within_months', $$'customer', 'start_date, end_date', 'amount', 'day', shape => 'subscriptions'$$)) AS v(source, finding, call, made, made_call);
SELECT item, count(DISTINCT name) AS tables, count(*) AS looks FROM looked_at GROUP BY item ORDER BY item;
RESET timezone;
RESET search_path;
DROP SCHEMA tables, oracle CASCADE;
