--
-- ledger_lint of tables of every shape: what is found in rows that have a start and an end, in snapshots and in changes, and
-- what is not found any more once an option answers it. t/024_lint_quality.pl counts how often findings are right.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA lint_shapes;
SET search_path = lint_shapes, public;

--
-- Subscriptions
--
CREATE TABLE subscriptions (customer text, item text, starts date, ends date, mrr numeric(12,2));
INSERT INTO subscriptions VALUES
	-- upgrades while the old row stays open: one, two; to less; the old one ends with the new one
	('K1', 'plan', '2023-01-15', NULL, 5000), ('K1', 'plan', '2024-06-01', NULL, 7500),
	('K2', 'plan', '2023-01-15', NULL, 50), ('K2', 'plan', '2023-06-01', NULL, 75), ('K2', 'plan', '2024-06-01', 'infinity', 60),
	('K3', 'plan', '2023-01-15', '2024-01-15', 50), ('K3', 'plan', '2023-07-15', '2024-01-15', 80),
	-- no upgrades: the old row ends, or a month later; what is added is small; the new one ends first
	('L1', 'plan', '2023-01-15', '2024-06-01', 5000), ('L1', 'plan', '2024-06-01', NULL, 7500),
	('L2', 'plan', '2023-01-15', '2024-07-01', 5000), ('L2', 'plan', '2024-06-01', NULL, 7500),
	('L3', 'plan', '2023-01-15', NULL, 5000), ('L3', 'help', '2024-06-01', NULL, 500),
	('L4', 'plan', '2023-01-15', NULL, 5000), ('L4', 'help', '2024-01-01', '2024-06-01', 7500),
	-- ends that belong to their rows
	('M1', 'plan', '2024-01-01', '2024-01-31', 10), ('M1', 'plan', '2024-02-01', '2024-02-29', 10), ('M1', 'plan', '2024-03-01', '2024-03-31', 10),
	('M2', 'plan', '2024-01-10', '2024-02-09', 10), ('M2', 'plan', '2024-02-10', '2024-03-09', 12),
	-- renewals that come late, over the end of a month; within one; after four weeks and a day
	('N1', 'plan', '2023-05-28', '2024-05-28', 10), ('N1', 'plan', '2024-06-01', NULL, 11),
	('N2', 'plan', '2023-05-10', '2024-05-10', 10), ('N2', 'plan', '2024-05-20', NULL, 10),
	('N3', 'plan', '2023-05-25', '2024-05-25', 10), ('N3', 'plan', '2024-06-22', NULL, 10),
	-- unseen: within a month; not if another row is in force at its end
	('U1', 'plan', '2024-03-05', '2024-03-25', 10),
	('U2', 'plan', '2024-03-05', '2024-03-25', 10), ('U2', 'plan', '2024-03-25', NULL, 20),
	-- never revenue; credits that are more than is paid, for two months, and for ever
	('V1', 'free', '2024-01-01', NULL, 0), ('V2', 'plan', '2024-01-01', NULL, 10), ('V2', 'rebate', '2024-01-01', NULL, -10),
	('W1', 'plan', '2024-01-01', NULL, 10), ('W1', 'rebate', '2024-03-15', '2024-05-15', -15), ('W2', 'plan', '2024-01-01', '2024-03-01', 10), ('W2', 'rebate', '2024-03-01', NULL, -5),
	-- wrong: a start that is missing, both, ends before starts, on the same day
	('X1', 'plan', NULL, '2024-01-01', 10), ('X2', 'plan', NULL, NULL, 10), ('X3', 'plan', '2024-05-01', '2024-04-30', 10), ('X4', 'plan', '2024-05-01', '2024-04-01', 10), ('X5', 'plan', '2024-05-01', '2024-05-01', 10);
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr');
SELECT finding, advice FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr') WHERE finding IN ('open upgrade', 'inclusive end', 'renewal gap', 'unseen subscription', 'reversed ends', 'no revenue');
-- what the options answer: ends belong to their rows; a row ends where the next one begins, of all rows, or of an item
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', shape => 'subscriptions', bounds => '[]');
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', shape => 'subscriptions', bounds => '[)', close => 'next');
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', shape => 'subscriptions', bounds => '[)', close => 'next', item => 'item');
-- counted at the start of a month; by the week; as invoices, of which each has an end
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', shape => 'subscriptions', snapshot_rule => 'start') WHERE finding IN ('renewal gap', 'unseen subscription');
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', 'week') WHERE finding IN ('renewal gap', 'unseen subscription');
SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr', shape => 'invoices');
-- a column of ranges says the same, whatever their type; times of day do not matter
CREATE TABLE ranges AS
	SELECT customer, daterange(starts, ends) AS d, tsrange(starts + time '09:30', ends + time '09:30') AS ts, tstzrange(starts + timetz '09:30+00', ends + timetz '09:30+00') AS tz, mrr
	FROM subscriptions WHERE starts <= coalesce(ends, 'infinity');
SELECT at, count(*), bool_and((finding, count) IN (SELECT finding, count FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr'))) AS same
FROM unnest('{d,ts,tz}'::text[]) AS at, ledger_lint('ranges', 'customer', at, 'mrr') GROUP BY at ORDER BY at;
-- a multirange is several; nothing depends on the order of rows
CREATE TABLE multiranges AS SELECT customer, range_agg(d) AS during, mrr FROM ranges GROUP BY customer, mrr;
INSERT INTO multiranges VALUES ('Y', '{}', 10), ('Z', NULL, 10);
SELECT finding, count, sample FROM ledger_lint('multiranges', 'customer', 'during', 'mrr');
CREATE TABLE shuffled AS SELECT * FROM subscriptions ORDER BY md5(subscriptions::text);
SELECT finding, count, sample FROM ledger_lint('shuffled', 'customer', 'starts, ends', 'mrr') EXCEPT ALL SELECT finding, count, sample FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'mrr');
-- where most ends are the last day of a month, one is enough; the last second of a day is the day's
CREATE TABLE ends (customer int, starts timestamp, ends timestamp, amount int);
INSERT INTO ends VALUES (1, '2024-01-01', '2024-01-31 23:59:59', 10), (2, '2024-01-01', '2024-01-31 23:59:59', 10), (3, '2024-01-01', '2024-02-29', 10), (4, '2024-01-01', '2024-02-15', 10);
SELECT finding, count, sample FROM ledger_lint('ends', 'customer', 'starts, ends', 'amount');
SELECT finding, count, sample FROM ledger_lint('ends', 'customer', 'starts, ends', 'amount', shape => 'subscriptions', bounds => '[]');

--
-- Snapshots
--
CREATE TABLE snapshots AS
	SELECT customer, d::date AS seen_on, 60 + customer AS mrr FROM generate_series(1, 3) AS customer, generate_series(timestamp '2024-01-01', '2024-02-29', '1 day') AS d;
SELECT finding, count, sample, advice FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr');
SELECT finding, count, sample FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr', shape => 'Snapshots');
SELECT finding, count, sample FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr', shape => 'payments');
-- loaded twice, with other amounts, and with the same ones; two days missing, one after the other
INSERT INTO snapshots SELECT customer, seen_on, mrr + 5 FROM snapshots WHERE seen_on IN ('2024-01-10', '2024-01-11') AND customer < 3;
INSERT INTO snapshots SELECT customer, seen_on, mrr FROM snapshots WHERE seen_on = '2024-02-05';
DELETE FROM snapshots WHERE seen_on IN ('2024-02-14', '2024-02-15');
-- a second plan from some day on is no second load
INSERT INTO snapshots SELECT 4, d, 10 FROM (SELECT DISTINCT seen_on AS d FROM snapshots) AS v UNION ALL SELECT 4, d, 20 FROM (SELECT DISTINCT seen_on AS d FROM snapshots) AS v WHERE d >= '2024-02-01';
SELECT finding, count, sample, advice FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr', shape => 'snapshots');
-- of working days, no weekend is missing; of weeks and months, those are that are far from the next
DELETE FROM snapshots WHERE seen_on IN (SELECT seen_on FROM snapshots GROUP BY seen_on HAVING extract(isodow FROM seen_on) > 5);
SELECT finding, count, sample FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr', shape => 'snapshots') WHERE finding LIKE 'missing%';
INSERT INTO snapshots SELECT 1, d::date, 61 FROM generate_series(timestamp '2024-02-10', '2024-02-11', '1 day') AS d;
SELECT finding, count, sample FROM ledger_lint('snapshots', 'customer', 'seen_on', 'mrr', shape => 'snapshots') WHERE finding LIKE 'missing%';
CREATE TABLE month_ends AS SELECT 1 AS customer, (date '2024-01-31' + i * interval '1 month')::date AS seen_on, 10 AS mrr FROM generate_series(0, 11) AS i WHERE i <> 4;
SELECT finding, count, sample FROM ledger_lint('month_ends', 'customer', 'seen_on', 'mrr', shape => 'snapshots');
-- by the week, on the same day for all: a snapshot table, if most customers are so
CREATE TABLE weekly AS SELECT customer, date '2024-01-01' + 7 * i AS seen_on, 10 * customer AS mrr FROM generate_series(1, 6) AS customer, generate_series(0, 20) AS i;
SELECT finding, count, sample FROM ledger_lint('weekly', 'customer', 'seen_on', 'mrr');
UPDATE weekly SET seen_on = seen_on + customer % 6;
SELECT finding, count, sample FROM ledger_lint('weekly', 'customer', 'seen_on', 'mrr');

--
-- Changes: what counts is what they come to
--
CREATE TABLE changes (customer text, at date, amount int);
INSERT INTO changes VALUES ('A', '2024-01-05', 50), ('A', '2024-03-05', 25), ('A', '2024-06-05', -75), ('B', '2024-01-05', 50), ('B', '2024-02-05', -60), ('B', '2024-04-20', 30), ('C', '2024-01-05', -5), ('D', '2024-01-05', 10), ('D', '2024-01-05', 10);
SELECT finding, count, sample FROM ledger_lint('changes', 'customer', 'at', 'amount', shape => 'changes');

--
-- Cycles of days
--
CREATE TABLE cycles (customer int, paid_on date, amount int);
INSERT INTO cycles
	SELECT 17, date '2024-01-05' + 30 * i, 50 FROM generate_series(0, 11) AS i
	UNION ALL SELECT 18, date '2024-01-05' + 90 * i, 150 FROM generate_series(0, 5) AS i
	-- a year of 365 days drifts at a leap day only; one that was paid late once; every month is none
	UNION ALL SELECT 19, date '2023-03-05' + 365 * i, 600 FROM generate_series(0, 3) AS i
	UNION ALL SELECT 20, date '2024-01-05' + 30 * i + CASE WHEN i = 6 THEN 2 ELSE 0 END, 50 FROM generate_series(0, 11) AS i
	UNION ALL SELECT 21, date '2021-03-05' + 365 * i, 600 FROM generate_series(0, 2) AS i
	UNION ALL SELECT 22, (date '2024-01-31' + i * interval '1 month')::date, 50 FROM generate_series(0, 11) AS i
	UNION ALL SELECT 23, date '2024-01-05' + 30 * i, 50 FROM generate_series(0, 3) AS i;
SELECT finding, count, sample, advice FROM ledger_lint('cycles', 'customer', 'paid_on', 'amount') WHERE finding <> 'annual spike';
SELECT finding, count, sample FROM ledger_lint('cycles', 'customer', 'paid_on', 'amount') WHERE finding = 'annual spike';

--
-- Odd amounts that are prices of their own
--
CREATE TABLE prices AS SELECT c AS customer, (date '2024-01-10' + n * interval '1 month')::date AS paid_on, CASE WHEN c <= 10 OR (c = 11 AND n < 6) THEN 9.99 ELSE 999.00 END AS amount
	FROM generate_series(1, 15) AS c, generate_series(0, 11) AS n;
SELECT finding, count, sample FROM ledger_lint('prices', 'customer', 'paid_on', 'amount');
DELETE FROM prices WHERE customer > 11;
SELECT finding, count, sample FROM ledger_lint('prices', 'customer', 'paid_on', 'amount');

--
-- More rows of a customer than are looked at together
--
CREATE TABLE big (customer int, starts timestamp, ends timestamp, amount int);
INSERT INTO big SELECT 1, timestamp '2000-01-01' + i * interval '1 day', timestamp '2000-01-01' + (i + 1) * interval '1 day', 10 FROM generate_series(0, 39999) AS i;
SELECT finding, count, sample FROM ledger_lint('big', 'customer', 'starts, ends', 'amount', 'day') WHERE finding <> 'future start';
SELECT finding, count, sample FROM ledger_lint('big', 'customer', 'starts', 'amount') WHERE finding NOT LIKE 'future%';

--
-- Options that do not fit are errors, as everywhere
--
CREATE FUNCTION problem(options text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text; hint text;
BEGIN
	EXECUTE format('SELECT count(*) FROM ledger_lint(''subscriptions'', ''customer'', %s)', options);
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = message_text, hint = pg_exception_hint;
	RETURN message || coalesce(E'\nHINT ' || hint, '');
END
$$;
SELECT options, problem(options) FROM unnest(ARRAY[
	$$'starts, ends', 'mrr', shape => 'payments'$$, $$'starts', 'mrr', shape => 'subscriptions'$$, $$'starts', 'mrr', bounds => '[]'$$, $$'starts', 'mrr', close => 'next'$$,
	$$'starts, item', 'mrr'$$, $$'starts, ends', 'mrr', item => 'item'$$, $$'starts, ends', 'mrr', 'decade'$$]) AS options;

RESET search_path;
DROP SCHEMA lint_shapes CASCADE;
