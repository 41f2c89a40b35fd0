--
-- Time stamps with time zone fall in the period of their local date: the same rows in other months
-- by another zone, and around the change to and from daylight saving time.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

CREATE FUNCTION pg_temp.periods_of(l revenue_ledger) RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(to_char(period, 'YYYY-MM-DD'), ' ' ORDER BY period) FROM ledger_entries(l)
$$;
CREATE FUNCTION pg_temp.one(during anyrange, grain text DEFAULT 'month', rule text DEFAULT 'end') RETURNS revenue_ledger
LANGUAGE sql AS $$
	SELECT subscription_ledger(1, during, 5, grain, rule)
$$;

-- Rows: in February, March, April, November and December of UTC. Los Angeles is 8 hours behind,
-- from 10 March to 3 November 7 hours.
CREATE TEMP TABLE paid (n int, at timestamptz);
INSERT INTO paid VALUES
	(1, '2024-02-01 05:30:00+00'),
	(2, '2024-03-01 07:59:59.999999+00'), (3, '2024-03-01 08:00:00+00'),
	(4, '2024-04-01 06:59:59.999999+00'), (5, '2024-04-01 07:00:00+00'), (6, '2024-04-01 07:59:59.999999+00'),
	(7, '2024-11-01 06:59:59.999999+00'), (8, '2024-11-01 07:00:00+00'),
	(9, '2024-12-01 07:00:00+00'), (10, '2024-12-01 08:00:00+00');
PREPARE months AS
	SELECT n, lower(periods(revenue_entry(1, at, 5))) AS row, lower(periods(subscription_ledger(1, tstzrange(at, NULL), 5))) AS subscription,
		lower(periods(invoice_ledger(1, tstzrange(at, at + interval '1 hour'), 5))) AS invoice
	FROM paid GROUP BY n, at ORDER BY n;
SET timezone = 'UTC';
EXECUTE months;
SET timezone = 'America/Los_Angeles';
EXECUTE months;

-- Subscriptions: the same ranges
CREATE TEMP TABLE subscription (n int, during tstzrange);
INSERT INTO subscription VALUES
	(1, '[2024-02-01 05:30+00, 2024-03-01 07:59:59+00)'),	-- February; in Los Angeles, January
	(2, '[2024-02-01 08:00+00, 2024-03-01 08:00+00)'),		-- February in both
	(3, '[2024-03-01 08:00+00, 2024-04-01 07:00+00)'),		-- March in both, a month of 743 hours
	(4, '[2024-03-01 08:00+00, 2024-04-01 06:59:59.999999+00)'),	-- an instant less: none in Los Angeles
	(5, '[2024-03-01 08:00+00, 2024-04-01 06:59:59.999999+00]'),	-- up to and including it
	(6, '(2024-04-01 06:59:59.999999+00, 2024-05-01 07:00+00)'),
	(7, '[2024-11-01 07:00+00, 2024-12-01 08:00+00)'),		-- November in both, 721 hours
	(8, '[2024-11-01 07:00+00, 2024-12-01 07:00+00)');		-- an hour less: none in Los Angeles
PREPARE counted AS
	SELECT n, periods(at_end), pg_temp.periods_of(at_end) AS at_end, pg_temp.periods_of(at_start) AS at_start
	FROM (SELECT n, pg_temp.one(during) AS at_end, pg_temp.one(during, 'month', 'start') AS at_start
		FROM subscription) AS s ORDER BY n;
SET timezone = 'UTC';
EXECUTE counted;
SET timezone = 'America/Los_Angeles';
EXECUTE counted;
-- and as their local times, without a zone
SELECT count(*), count(*) FILTER (WHERE zoned::text = local::text) AS same
FROM (SELECT n, pg_temp.one(during) AS zoned,
		pg_temp.one(tsrange(lower(during)::timestamp, upper(during)::timestamp,
			CASE WHEN lower_inc(during) THEN '[' ELSE '(' END || CASE WHEN upper_inc(during) THEN ']' ELSE ')' END)) AS local
	FROM subscription) AS s;

-- Invoices: local days, of 23 and 25 hours too. In Los Angeles 4 days of which 1 in February, in UTC 4 of which none.
CREATE TEMP TABLE invoice (n int, service tstzrange);
INSERT INTO invoice VALUES (1, '[2024-03-01 07:00+00, 2024-03-05 07:00+00)'),
	(2, '[2024-03-10 08:00+00, 2024-03-11 07:00+00)'), (3, '[2024-11-03 07:00+00, 2024-11-04 08:00+00)'),
	(4, '[2024-03-09 08:00+00, 2024-03-12 07:00+00)'), (5, '[2024-11-02 07:00+00, 2024-11-05 08:00+00)');
PREPARE shares AS
	SELECT n, string_agg(to_char(period, 'MM-DD ') || amount, ', ' ORDER BY period) AS shares
	FROM (SELECT n, invoice_ledger(1, service, 10.00, CASE n WHEN 1 THEN 'month' ELSE 'day' END) AS l FROM invoice GROUP BY n) AS i, ledger_entries(l)
	GROUP BY n ORDER BY n;
SET timezone = 'UTC';
EXECUTE shares;
SET timezone = 'America/Los_Angeles';
EXECUTE shares;

-- Days around the changes: in force at the last instant of a day of 23 hours, and of 25
SELECT n, pg_temp.periods_of(pg_temp.one(during, 'day')) AS at_end, pg_temp.periods_of(pg_temp.one(during, 'day', 'start')) AS at_start
FROM (VALUES (1, tstzrange('2024-03-10 08:00+00', '2024-03-11 07:00+00')), (2, tstzrange('2024-03-10 08:00+00', '2024-03-11 06:59:59+00')),
		(3, tstzrange('2024-11-03 07:00+00', '2024-11-04 08:00+00')), (4, tstzrange('2024-11-03 07:00+00', '2024-11-04 07:00+00')),
		(5, tstzrange('2024-11-03 08:30+00', '2024-11-03 09:30+00'))) AS v(n, during)		-- the hour from 1 to 2 twice
ORDER BY n;

-- A day without a midnight: Sao Paulo, 4 November 2018, begins at 1 (03:00 UTC). And one of 25 hours
-- whose last hour is there twice: 17 February.
SET timezone = 'America/Sao_Paulo';
SELECT n, at, lower(periods(revenue_entry(1, at, 5, 'day'))) AS day
FROM (VALUES (1, timestamptz '2018-11-04 02:59:59.999999+00'), (2, '2018-11-04 03:00:00+00'), (3, '2018-11-05 01:59:59.999999+00'), (4, '2018-11-05 02:00:00+00'),
		(5, '2018-02-18 01:59:59.999999+00'), (6, '2018-02-18 02:00:00+00'), (7, '2018-02-18 02:59:59.999999+00'), (8, '2018-02-18 03:00:00+00')) AS v(n, at)
ORDER BY n;
SELECT n, pg_temp.periods_of(pg_temp.one(during, 'day')) AS at_end, pg_temp.periods_of(pg_temp.one(during, 'day', 'start')) AS at_start
FROM (VALUES (1, tstzrange('2018-11-03 03:00+00', '2018-11-04 03:00+00')),	-- Saturday
		(2, tstzrange('2018-11-04 03:00+00', '2018-11-05 02:00+00')),		-- the Sunday of 23 hours
		(3, tstzrange('2018-11-04', '2018-11-05')),
		(4, tstzrange('2018-11-04 03:00+00', '2018-11-05 02:00+00', '()')),	-- without its first instant
		(5, tstzrange('2018-11-04 02:59:59.999999+00', '2018-11-05 02:00+00')),
		(6, tstzrange('2018-02-17 02:00+00', '2018-02-18 03:00+00')),		-- the Saturday of 25 hours
		(7, tstzrange('2018-02-17 02:00+00', '2018-02-18 02:00+00'))) AS v(n, during)
ORDER BY n;
-- the same of a month: Asuncion, October 2017
SET timezone = 'America/Asuncion';
SELECT lower(periods(revenue_entry(1, timestamptz '2017-10-01 03:59:59.999999+00', 5))) AS before, lower(periods(revenue_entry(1, timestamptz '2017-10-01 04:00+00', 5))) AS first_instant;
SELECT n, pg_temp.periods_of(pg_temp.one(during)) AS at_end, pg_temp.periods_of(pg_temp.one(during, 'month', 'start')) AS at_start
FROM (VALUES (1, tstzrange('2017-09-01 04:00+00', '2017-10-01 04:00+00')), (2, tstzrange('2017-09-01 04:00+00', '2017-10-01 03:59:59+00')),
		(3, tstzrange('2017-10-01 04:00+00', '2017-11-01 03:00+00')), (4, tstzrange('2017-10-01 04:00:01+00', '2017-11-01 03:00+00'))) AS v(n, during)
ORDER BY n;
-- A month with two midnights: Havana, November 2020, begins at the first of them (04:00 UTC).
SET timezone = 'America/Havana';
SELECT n, pg_temp.periods_of(pg_temp.one(during)) AS at_end, pg_temp.periods_of(pg_temp.one(during, 'month', 'start')) AS at_start
FROM (VALUES (1, tstzrange('2020-10-01 04:00+00', '2020-11-01 04:00+00')), (2, tstzrange('2020-11-01 04:00+00', '2020-12-01 05:00+00')),
		(3, tstzrange('2020-11-01 04:30+00', '2020-12-01 05:00+00')), (4, tstzrange('2020-11-01 05:00+00', '2020-12-01 05:00+00'))) AS v(n, during)
ORDER BY n;
-- A date that comes back: in St. John's, the clock of 2009 went from 00:01 on 1 November to 23:01 on
-- 31 October. What lasts from the one to the other is in force at the end of neither month.
SET timezone = 'America/St_Johns';
SELECT timestamptz '2009-11-01 02:30:30+00', timestamptz '2009-11-01 03:00:00+00';
SELECT total(l), pg_temp.periods_of(l) AS counted, (SELECT count(*) FROM customer_movements(l)) AS movements
FROM (SELECT pg_temp.one(tstzrange('2009-11-01 02:30:30+00', '2009-11-01 03:00:00+00')) AS l) AS s;
SELECT total(l), customers(l) FROM (SELECT invoice_ledger(1, tstzrange('2009-11-01 02:30:30+00', '2009-11-01 03:00:00+00'), 5) AS l) AS s;

-- Kathmandu is 5:45 hours ahead, Kiritimati 14, Pago Pago 11 behind: one instant, three days
CREATE FUNCTION pg_temp.days_in(zone text, at timestamptz, OUT paid date, OUT subscribed date, OUT invoiced date)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('timezone', zone, true);
	paid := lower(periods(revenue_entry(1, at, 1, 'day')));
	subscribed := lower(periods(subscription_ledger(1, tstzrange(at, NULL), 1, 'day')));
	invoiced := lower(periods(invoice_ledger(1, tstzrange(at, at + interval '1 second'), 1, 'day')));
END $$;
SELECT zone, d.*
FROM (VALUES (1, 'Asia/Kathmandu'), (2, 'Pacific/Kiritimati'), (3, 'Pacific/Pago_Pago'), (4, 'UTC')) AS v(n, zone), pg_temp.days_in(zone, '2024-01-01 10:30+00') AS d
ORDER BY n;

-- The zone is that of the time when the ledger is made: dates and ledgers know of none.
SET timezone = 'America/Los_Angeles';
CREATE TEMP TABLE kept AS SELECT subscription_ledger(n, during, 5) AS l, subscription_ledger(n, daterange('2024-02-01', '2024-03-01'), 5) AS of_dates FROM subscription;
SET timezone = 'UTC';
SELECT pg_temp.periods_of(l) AS kept, l::text = (SELECT subscription_ledger(n, during, 5)::text FROM subscription) AS same_as_of_utc,
	of_dates::text = (SELECT subscription_ledger(n, daterange('2024-02-01', '2024-03-01'), 5)::text FROM subscription) AS of_dates
FROM kept;

RESET timezone;
DROP SCHEMA checks CASCADE;
