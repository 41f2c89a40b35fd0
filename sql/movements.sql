--
-- revenue_movements on examples small enough to be checked by hand.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;

-- The movements in money, and in customers.
CREATE FUNCTION pg_temp.money(l revenue_ledger, lookback int DEFAULT 1, through date DEFAULT NULL)
RETURNS TABLE (period date, starting numeric, new numeric, react numeric, expand numeric,
	contract numeric, churn numeric, ending numeric, nrr numeric, grr numeric, quick_ratio numeric)
LANGUAGE sql AS $$
	SELECT period, starting, new, reactivation, expansion, contraction, churn, ending,
		nrr, grr, quick_ratio
	FROM revenue_movements(l, lookback, through)
$$;

CREATE FUNCTION pg_temp.heads(l revenue_ledger, lookback int DEFAULT 1, through date DEFAULT NULL)
RETURNS TABLE (period date, starting bigint, new bigint, react bigint, expand bigint,
	contract bigint, churn bigint, ending bigint, logo_retention numeric)
LANGUAGE sql AS $$
	SELECT period, starting_customers, new_customers, reactivated_customers, expanded_customers,
		contracted_customers, churned_customers, ending_customers, logo_retention
	FROM revenue_movements(l, lookback, through)
$$;

-- one customer for each kind of movement from February to March
CREATE TEMP TABLE billing (customer text, at date, amount numeric(12,2));
INSERT INTO billing VALUES
	('arrives',    '2024-03-10',  50),
	('comes back', '2024-01-31',  70), ('comes back', '2024-03-01', 75),
	('expands',    '2024-02-01', 100), ('expands',    '2024-03-01', 130),
	('contracts',  '2024-02-29', 100), ('contracts',  '2024-03-31',  60),
	('churns',     '2024-02-14',  80),
	('stays',      '2024-02-05',  40), ('stays',      '2024-03-05',  40);
\x on
SELECT m.*
FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS b,
	revenue_movements(l) AS m;
\x off

-- NULL amounts, dates and customers are no rows; a customer's rows in a month add up
WITH b AS (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('a', date '2024-01-01', 10.5), ('a', '2024-01-31', 4.5),
			('a', NULL, 1000), (NULL, '2024-01-01', 1000), ('a', '2025-01-01', NULL))
		AS v(customer, at, amount)
)
SELECT m.* FROM b, pg_temp.money(l) AS m;

-- A refund in the same month nets to nothing: the month is touched, the customer is not active.
-- One in the next month does not take February's revenue back, it leaves March at zero.
WITH b AS (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('same month', date '2024-01-02', 100), ('same month', '2024-01-20', -100),
			('next month', '2024-02-02', 100), ('next month', '2024-03-02', -100),
			('over two',   '2024-02-02', 100), ('over two', '2024-03-02', -30),
			('over two',   '2024-03-03', 90)) AS v(customer, at, amount)
)
SELECT m.*, total(l) FROM b, pg_temp.money(l) AS m;

-- a refund before the first payment: active, and new, from February on
WITH b AS (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('a', date '2024-01-02', -5), ('a', '2024-02-20', 20)) AS v(customer, at, amount)
)
SELECT m.* FROM b, pg_temp.money(l) AS m;

-- What is below zero counts as no revenue, and is told apart, so that a period adds up to the table:
-- a customer's net amount, not its refunds; and once, whether or not the customer ever paid.
CREATE TEMP TABLE refund AS
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('pays', date '2024-01-02', 100), ('pays', '2024-02-02', 100), ('pays', '2024-02-03', -10),
			('pays', '2024-04-02', 50), ('owes', '2024-02-02', -16), ('owes', '2024-02-05', 6),
			('leaves', '2024-01-02', 40), ('leaves', '2024-03-02', -40)) AS v(customer, at, amount);
SELECT period, starting, churn, ending, churn_rate, negative, ending + negative AS of_table FROM refund, revenue_movements(l);
SELECT period, ending, negative FROM refund, revenue_movements(l, 2, '2024-03-15', 1);
-- a credit that lasts
SELECT period, ending, negative
FROM revenue_movements((SELECT subscription_ledger(c, during, mrr) FROM (VALUES (1, daterange('2024-01-01', '2024-03-01'), 10),
	(2, daterange('2024-02-01', NULL), -4)) AS v(c, during, mrr)), through => '2024-05-01');

-- More periods than there is memory for their sums are added up in several passes over the ledger:
-- 90,000 days, 26,000 at a time, with runs that reach over the borders.
CREATE TEMP TABLE day AS
	SELECT i * 7919 % 30 AS customer, date '1800-01-01' + i * 104729 % 90000 AS at, i * 31 % 41 - 15 AS amount,
		i * 13 % 40000 AS days
	FROM generate_series(1, 3000) AS i;
CREATE TEMP TABLE century AS
	SELECT 'payments' AS shape, revenue_ledger(customer, at, amount, 'day') AS l FROM day
	UNION ALL
	SELECT 'subscriptions', subscription_ledger(customer, daterange(at, at + days), amount, 'day') FROM day WHERE amount % 9 = 0;
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
CREATE TEMP TABLE passes AS SELECT shape, m.* FROM century, revenue_movements(l, 7, '2060-01-01', 3) AS m;
SET work_mem = '256MB';
SELECT shape, count(*), count(*) FILTER (WHERE negative < 0) AS with_negative,
	checks.compare('passes', shape, format('SELECT * FROM passes WHERE shape = %L', shape),
		format('SELECT shape, m.* FROM century, revenue_movements(l, 7, ''2060-01-01'', 3) AS m WHERE shape = %L', shape)) AS wrong
FROM passes GROUP BY shape ORDER BY shape;
RESET work_mem;
RESET hash_mem_multiplier;
SELECT checks.compare('sums of the table', 'payments',
	'SELECT period, ending + negative FROM century, revenue_movements(l, 7) WHERE shape = ''payments'' AND (ending, negative) <> (0, 0)',
	'SELECT at, sum(amount)::numeric FROM (SELECT at, customer, sum(amount) AS amount FROM day GROUP BY at, customer HAVING sum(amount) <> 0) AS d GROUP BY at') AS wrong;
SELECT checks.compare('sums of the table', 'subscriptions',
	'SELECT period, ending + negative FROM century, revenue_movements(l, 7) WHERE shape = ''subscriptions''',
	'SELECT d::date, sum(sum(amount)::numeric) OVER (ORDER BY d)
	FROM (SELECT generate_series(min(at), max(at + days), interval ''1 day'') AS d, 0 AS amount FROM day WHERE amount % 9 = 0 AND days > 0
		UNION ALL SELECT at, amount FROM day WHERE amount % 9 = 0 AND days > 0
		UNION ALL SELECT at + days, -amount FROM day WHERE amount % 9 = 0 AND days > 0) AS d GROUP BY d') AS wrong;

-- January, not February, March: a return that a lookback of 2 does not notice
CREATE TEMP TABLE gap AS
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES (1, date '2024-01-01', 10), (1, '2024-03-01', 10),
			(2, '2024-02-01', 7), (2, '2024-04-01', 8)) AS v(customer, at, amount);
SELECT m.* FROM gap, pg_temp.money(l, 1) AS m;
SELECT m.* FROM gap, pg_temp.heads(l, 1) AS m;
SELECT m.* FROM gap, pg_temp.money(l, 2) AS m;
SELECT m.* FROM gap, pg_temp.heads(l, 2) AS m;

-- Lookback 3: who first paid after t - 3 is new at t, though it paid at t - 2 and paused;
-- who first paid before t - 3 and not at t - 3 comes back.
WITH b AS (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('pauses', date '2024-02-01', 10), ('pauses', '2024-04-01', 10),
			('returns', '2024-01-01', 20), ('returns', '2024-05-01', 20)) AS v(customer, at, amount)
)
SELECT m.* FROM b, pg_temp.money(l, 3) AS m;

-- a year ago: a lookback of 12 months, and one longer than the ledger
WITH b AS (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('a', date '2023-01-15', 1000), ('a', '2024-01-15', 1200),
			('b', '2023-01-15', 500), ('b', '2023-06-15', 500)) AS v(customer, at, amount)
)
SELECT lookback, m.*
FROM b, (VALUES (12), (13), (2147483647)) AS v(lookback), pg_temp.money(l, lookback) AS m
WHERE ending > 0 OR starting > 0 ORDER BY lookback, period;

-- through cuts, names any day of the last period, and extends; before the ledger there is nothing
SELECT m.* FROM gap, pg_temp.money(l, 1, '2024-02-29') AS m;
SELECT m.* FROM gap, pg_temp.heads(l, 1, '2024-06-30') AS m;
SELECT count(*) FROM gap, revenue_movements(l, 1, '2023-12-31');

-- a single period
SELECT m.* FROM revenue_movements(revenue_entry('a'::text, date '2024-05-05', 9.99)) AS m;
-- a single row that adds nothing
SELECT m.* FROM revenue_movements(revenue_entry('a'::text, date '2024-05-05', 0.00)) AS m;

-- every grain names its periods by their first day
SELECT grain, array_agg(period ORDER BY period) AS periods,
	array_agg(churn ORDER BY period) AS churn
FROM (VALUES ('day'), ('week'), ('month'), ('quarter'), ('year')) AS g(grain),
	LATERAL (
		SELECT revenue_ledger(customer, at, amount, grain) AS l
		FROM (VALUES (1, timestamp '2023-12-31 23:59:59.999999', 10),
				(2, '2024-01-01 00:00:00', 5)) AS v(customer, at, amount)
	) AS b, revenue_movements(l) AS m
GROUP BY grain ORDER BY grain COLLATE "C";

-- Sundays end an ISO week; a time stamp with time zone falls on its local day
SELECT m.period, m.ending
FROM (
	SELECT revenue_ledger(customer, at, amount, 'week') AS l
	FROM (VALUES (1, date '2024-06-30', 1), (1, '2024-07-01', 2),
			(1, '2024-07-07', 4), (1, '2024-07-08', 8)) AS v(customer, at, amount)
) AS b, revenue_movements(l) AS m;
SET timezone = 'America/New_York';
SELECT period FROM revenue_movements(revenue_entry(1, timestamptz '2024-07-01 03:59:59+00', 1));
SELECT period FROM revenue_movements(revenue_entry(1, timestamptz '2024-07-01 04:00:00+00', 1));
SET timezone = 'UTC';
SELECT period FROM revenue_movements(revenue_entry(1, timestamptz '2024-07-01 03:59:59+00', 1));

-- the zone counts at the time of the call, also where a plan is kept
CREATE FUNCTION pg_temp.day_in(zone text, at timestamptz) RETURNS daterange
LANGUAGE plpgsql AS $$
DECLARE
	l revenue_ledger;
BEGIN
	PERFORM set_config('timezone', zone, true);
	l := revenue_entry(1, at, 1, 'day');
	RETURN periods(l);
END $$;
SELECT zone, pg_temp.day_in(zone, '2024-07-01 03:30:00+00')
FROM (VALUES (1, 'UTC'), (2, 'America/Los_Angeles'), (3, 'Asia/Kolkata'),
		(4, 'America/New_York'), (5, 'UTC')) AS v(n, zone)
ORDER BY n;

-- textbook rates
CREATE FUNCTION pg_temp.rates(starting numeric[], ending numeric[])
RETURNS TABLE (starting numeric, expansion numeric, contraction numeric, churn numeric,
	nrr numeric, grr numeric, logo_retention numeric)
LANGUAGE sql AS $$
	SELECT starting, expansion, contraction, churn, nrr, grr, logo_retention
	FROM (
		SELECT revenue_ledger(c, at, amount) AS l
		FROM unnest(starting, ending) WITH ORDINALITY AS u(s, e, c),
			LATERAL (VALUES (date '2024-01-01', s), ('2024-02-01', e)) AS v(at, amount)
	) AS b, revenue_movements(l)
	WHERE period = '2024-02-01'
$$;
SELECT * FROM pg_temp.rates('{500000, 470000, 30000}', '{700000, 420000, 0}');
SELECT * FROM pg_temp.rates('{850000, 150000}', '{850000, 0}');
SELECT * FROM pg_temp.rates('{850000, 150000}', '{1150000, 0}');
SELECT * FROM pg_temp.rates(array_fill(100.0, '{500}'),
	array_fill(100.0, '{475}') || array_fill(0.0, '{25}'));
SELECT * FROM pg_temp.rates('{400000, 70000, 30000}', '{500000, 50000, 0}');

-- Rates are rounded half away from zero, and only once: the last NRR lies a hair below the half.
SELECT * FROM pg_temp.rates('{3}', '{1}');
SELECT * FROM pg_temp.rates('{3}', '{2}');
SELECT * FROM pg_temp.rates('{2000000}', '{1}');
SELECT * FROM pg_temp.rates('{2000000}', '{5}');
SELECT * FROM pg_temp.rates('{200000000000000000000000000}', '{99999999999999999999}');
SELECT quick_ratio
FROM (SELECT revenue_ledger(c, at, amount) AS l
	FROM (VALUES (1, date '2024-01-01', 20000), (2, '2024-02-01', 1)) AS v(c, at, amount)) AS b,
	revenue_movements(l)
WHERE period = '2024-02-01';

-- nothing in, nothing out
SELECT count(*) FROM revenue_movements(NULL::revenue_ledger);
SELECT count(*) FROM gap, revenue_movements(l - l);

-- arguments
SELECT e.* FROM (VALUES
		(1, 'SELECT revenue_movements(l, 0) FROM gap'),
		(2, 'SELECT revenue_movements(l, -1) FROM gap'),
		(4, 'SELECT revenue_movements(l, 1, ''infinity'') FROM gap'),
		(5, 'SELECT revenue_movements(l, 1, ''-infinity'') FROM gap')) AS v(n, statement),
	checks.error(statement) AS e
ORDER BY n;

DROP SCHEMA checks CASCADE;
