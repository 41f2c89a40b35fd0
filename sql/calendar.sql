--
-- Periods and their limits: every day of two centuries and the ends of time, and moments in the
-- session's time zone, against date_trunc.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
CREATE SCHEMA calendar;
SET search_path = calendar, public;

CREATE TABLE grains (grain text, step interval);
INSERT INTO grains VALUES ('day', '1 day'), ('week', '7 days'), ('month', '1 month'), ('quarter', '3 months'), ('year', '1 year');

CREATE FUNCTION outcome(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

--
-- Every day from 1899 to 2101 falls in the period that date_trunc says, in one ledger of all days
-- and in one of its own; periods are numbered without a gap.
--
CREATE TABLE days AS SELECT d, date '1899-01-01' + d AS day FROM generate_series(0, date '2101-12-31' - date '1899-01-01') AS d;
SELECT checks.compare('days', grain, format(
	'SELECT period, amount FROM ledger_entries((SELECT revenue_ledger(1, day, d, %L) FROM days))', grain), format(
	'SELECT date_trunc(%L, day::timestamp)::date, sum(d) FROM days GROUP BY 1 HAVING sum(d) <> 0', grain))
FROM grains;
SELECT checks.compare('days as customers', grain, format(
	'SELECT customer::int, period FROM ledger_entries((SELECT revenue_ledger(d, day, 1, %L) FROM days))', grain), format(
	'SELECT d, date_trunc(%L, day::timestamp)::date FROM days', grain))
FROM grains;
SELECT count(checks.claim('periods()', grain || ' ' || day, periods(revenue_entry(1, day, 1, grain))
	= daterange(date_trunc(grain, day::timestamp)::date, (date_trunc(grain, day::timestamp) + step)::date)))
FROM grains, days WHERE d % 17 = 0;
SELECT checks.compare('consecutive periods', grain, format(
	'SELECT period FROM revenue_movements((SELECT revenue_ledger(1, day, 1, %L) FROM days WHERE d IN (0, (SELECT max(d) FROM days))))', grain), format(
	'SELECT generate_series(date_trunc(%L, timestamp ''1899-01-01''), ''2101-12-31'', %L)::date', grain, step))
FROM grains;
-- ISO weeks: from Monday, and over the turn of the year
SELECT day, to_char(day, 'IYYY-"W"IW') AS iso_week, periods(revenue_entry(1, day, 1, 'week'))
FROM unnest(ARRAY['2020-12-27', '2020-12-28', '2021-01-03', '2021-01-04', '2024-12-29', '2024-12-30', '2000-01-02', '2000-01-03', '1999-12-31']::date[]) AS day;

--
-- Before Christ and the far future
--
SELECT count(checks.claim('ages', grain || ' ' || day, lower(periods(revenue_entry(1, day, 1, grain))) = date_trunc(grain, day::timestamp)::date))
FROM grains, (SELECT date '4713-01-01 BC' + n * 13777 AS day FROM generate_series(0, 2500) AS n) AS d;
SELECT day, lower(p), upper(p) - lower(p) AS days
FROM (SELECT day, periods(revenue_entry(1, day, 1, 'quarter')) AS p FROM unnest(ARRAY['4713-01-01 BC', '4713-12-31 BC', '0005-06-30 BC', '0001-02-29 BC', '0001-12-31 BC', '0001-01-01']::date[]) AS day) AS q;
SELECT day, extract(isodow FROM lower(p)) AS monday, day <@ p AS within, upper(p) - lower(p) AS days
FROM (SELECT day, periods(revenue_entry(1, day, 1, 'week')) AS p FROM unnest(ARRAY['4713-01-01 BC', '0001-12-31 BC', '0001-01-01', '9999-12-31', '5874896-12-31']::date[]) AS day) AS q;
SELECT at, grain, outcome(format('SELECT periods(revenue_entry(1, %L::%s, 1, %L))', at, type, grain)) AS period
FROM (VALUES
	(1, 'date', '4714-11-24 BC'), (2, 'date', '4714-12-31 BC'), (3, 'date', '4713-01-01 BC'), (4, 'date', '5874896-12-31'), (5, 'date', '5874897-01-01'), (6, 'date', '5874897-12-31'),
	(7, 'date', 'infinity'), (8, 'date', '-infinity'),
	(9, 'timestamp', '4714-11-24 00:00:00 BC'), (10, 'timestamp', '4714-12-31 23:59:59.999999 BC'), (11, 'timestamp', '4713-01-01 00:00:00 BC'), (12, 'timestamp', '294276-12-31 23:59:59.999999'),
	(13, 'timestamp', 'infinity'), (14, 'timestamp', '-infinity'),
	(15, 'timestamptz', '4713-01-01 12:00:00+00 BC'), (16, 'timestamptz', '294276-12-31 23:59:59.999999+00'), (17, 'timestamptz', 'infinity'), (18, 'timestamptz', '-infinity')) AS v(n, type, at),
	unnest(ARRAY['day', 'week', 'year']) WITH ORDINALITY AS g(grain, o)
ORDER BY n, o;

-- the last period that a metric can look at, and through dates that are none
SELECT through, grain, outcome(format('SELECT max(period) FROM revenue_movements(revenue_entry(1, date ''5874896-01-01'', 1, %L), 1, %L)', grain, through)) AS last_period
FROM unnest(ARRAY['5874895-12-31', '5874896-12-31', '5874897-01-01', 'infinity', '-infinity', '4714-11-24 BC']) WITH ORDINALITY AS t(through, n), grains
ORDER BY n, step;

--
-- A ledger spans 262,144 periods at most.
--
SELECT last, outcome(format('SELECT periods(revenue_ledger(1, at, 1, ''day'')) FROM (VALUES (date ''0001-01-01''), (%L)) AS v(at)', last))
FROM unnest(ARRAY[date '0001-01-01' + 262143, date '0001-01-01' + 262144, date '0001-01-01' - 262143, date '0001-01-01' - 262144]) AS last;
SELECT last, outcome(format('SELECT periods(revenue_entry(1, date ''0001-01-01'', 1, ''day'') %s revenue_entry(1, date %L, 1, ''day''))', op, last))
FROM unnest(ARRAY[date '0001-01-01' + 262143, date '0001-01-01' + 262144]) AS last, unnest(ARRAY['+', '-']) AS op;
SELECT last, outcome(format('SELECT periods(rollup(l)) FROM (VALUES (revenue_entry(1, date ''0001-01-01'', 1, ''day'')), (revenue_entry(1, date %L, 1, ''day''))) AS v(l)', last))
FROM unnest(ARRAY[date '0001-01-01' + 262143, date '0001-01-01' + 262144]) AS last;
SELECT last, outcome(format('SELECT count(*) FROM revenue_movements(revenue_entry(1, date ''0001-01-01'', 1, ''week''), 1, %L)', last)),
	outcome(format('SELECT count(*) FROM cohort_retention(revenue_entry(1, date ''0001-01-01'', 1, ''week''), through => %L)', last))
FROM unnest(ARRAY[date '0001-01-01' + 262143 * 7, date '0001-01-01' + 262144 * 7]) AS last;
-- coarser grains hold all of time
SELECT grain, outcome(format('SELECT periods(revenue_ledger(1, at, 1, %L)) FROM (VALUES (date ''4713-01-01 BC''), (%L)) AS v(at)', grain, last))
FROM (VALUES ('month', date '17100-01-01'), ('quarter', '60800-01-01'), ('year', '257400-12-31')) AS v(grain, last);

--
-- Timestamps on both sides of midnight, also before 2000, where they count backwards
--
SELECT count(checks.claim('timestamp', grain || ' ' || at, lower(periods(revenue_entry(1, at, 1, grain))) = date_trunc(grain, at)::date))
FROM grains, (SELECT midnight + d * interval '1 microsecond' AS at
	FROM generate_series(timestamp '1899-12-20', '2101-01-20', '17 days') AS midnight, unnest(ARRAY[-1000001, -1000000, -999999, -1, 0, 1, 999999, 86399999999]) AS d) AS t;

--
-- A timestamptz falls in the period of its local date: moments between 1900 and 2100 and the
-- hours around every change of the clocks, ascending, descending and in disorder, in zones that
-- change seldom, often, by half an hour, by a day, and never
--
CREATE TABLE zones (zone text);
INSERT INTO zones VALUES ('UTC'), ('America/Los_Angeles'), ('Europe/Berlin'), ('Asia/Kolkata'), ('Pacific/Apia'), ('America/Sao_Paulo'),
	('Africa/Casablanca'), ('Australia/Lord_Howe'), ('Asia/Kathmandu'), ('Pacific/Kiritimati'), ('America/St_Johns'), ('Antarctica/Troll'),
	('Asia/Manila'), ('+05:30'), ('-03'), ('<+0330>-3:30'), ('EST5EDT,M3.2.0,M11.1.0');
CREATE TABLE moments (n int, at timestamptz);

CREATE FUNCTION fill_moments(zone text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('timezone', zone, false);
	TRUNCATE moments;
	-- random ones
	INSERT INTO moments
		SELECT n, '1900-01-01 00:00+00'::timestamptz + ('x' || substr(md5(n::text), 1, 8))::bit(32)::bigint % 73049 * interval '1 day'
			+ ('x' || substr(md5(n::text), 9, 8))::bit(32)::bigint * interval '20 microseconds'
		FROM generate_series(1, 1200) AS n;
	-- around months' ends by the local clock
	INSERT INTO moments
		SELECT 2000 + n * 10 + o, (month + shift)::timestamptz
		FROM (SELECT n, date_trunc('month', timestamp '1900-01-01' + n * interval '61 days') AS month FROM generate_series(1, 1190) AS n) AS m,
			unnest(ARRAY['-1 microsecond', '0', '30 minutes', '-1 hour']::interval[]) WITH ORDINALITY AS s(shift, o);
	-- in every half hour of the days around a change of the clocks
	INSERT INTO moments
		SELECT 20000 + 1000 * row_number() OVER (ORDER BY at, shift)::int, at + shift * interval '30 minutes' - d * interval '1 microsecond'
		FROM (SELECT at, at AT TIME ZONE zone - lag(at AT TIME ZONE zone) OVER (ORDER BY at) AS passed
				FROM generate_series('1965-01-01 00:00+00'::timestamptz, '2045-01-01 00:00+00', '24 hours') AS at) AS h,
			generate_series(-52, 4) AS shift, generate_series(0, 1) AS d
		WHERE passed <> '24 hours';
END $$;

CREATE FUNCTION check_zone(zone text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	row_order text;
	grain text;
BEGIN
	PERFORM fill_moments(zone);
	FOREACH grain IN ARRAY ARRAY['day', 'month'] LOOP
		FOREACH row_order IN ARRAY ARRAY['at', 'at DESC', 'md5(n::text)'] LOOP
			PERFORM checks.compare(format('%s, %s', zone, grain), row_order, format(
				'SELECT customer::int, period FROM ledger_entries((SELECT revenue_ledger(n, at, 1, %L) FROM (SELECT * FROM moments ORDER BY %s) AS m))', grain, row_order), format(
				'SELECT n, date_trunc(%L, at AT TIME ZONE current_setting(''TimeZone''))::date FROM moments', grain));
		END LOOP;
	END LOOP;
END $$;
SELECT count(check_zone(zone)) FROM zones;
SET timezone = 'UTC';

-- The time zone may change between the executions of a prepared statement, and within a transaction.
PREPARE local_month AS SELECT periods(revenue_ledger(1, at, 1)), periods(revenue_entry(1, min(at), 1, 'day'))
	FROM (VALUES (timestamptz '2024-03-31 22:30:00+00')) AS v(at);
SET plan_cache_mode = force_generic_plan;
EXECUTE local_month;
SET timezone = 'Europe/Berlin';
EXECUTE local_month;
SET timezone = 'America/Los_Angeles';
EXECUTE local_month;
BEGIN;
SET LOCAL timezone = 'Asia/Kolkata';
EXECUTE local_month;
COMMIT;
EXECUTE local_month;
RESET plan_cache_mode;
-- and even while rows are read
SELECT zone, e.period FROM ledger_entries((
	SELECT revenue_ledger(set_config('timezone', zone, false), at, 1, 'day')
	FROM (VALUES (timestamptz '2011-12-30 09:30:00+00', 'Pacific/Apia'), ('2011-12-30 10:30:00+00', 'Pacific/Apia'), ('2011-12-30 10:30:00+00', 'UTC'),
		('2011-12-30 23:30:00+00', 'Asia/Kolkata'), ('2011-12-30 23:30:00+00', 'America/Sao_Paulo')) AS v(at, zone))) AS e(zone, period) ORDER BY 1, 2;
-- The day that Samoa skipped
SET timezone = 'Pacific/Apia';
SELECT period, ending FROM revenue_movements((SELECT revenue_ledger(1, at, 1, 'day') FROM generate_series(timestamptz '2011-12-29 00:00', '2011-12-31 23:00', '6 hours') AS at));
RESET timezone;

-- (how many clocks change when is known to the server's time zone data)
SELECT topic, checks, wrong FROM checks.summary ORDER BY topic COLLATE "C";
SELECT * FROM checks.failure ORDER BY topic COLLATE "C", context COLLATE "C", line COLLATE "C" LIMIT 50;

RESET search_path;
DROP SCHEMA calendar, checks CASCADE;
