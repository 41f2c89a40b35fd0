--
-- Both ends of the calendar: ledgers of dates there are what they are four hundred years times some
-- nearer to ours, in every reader and after every way in and out, or are refused when they are built.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set dice :srcdir '/sql/include/dice.sql'
\set ECHO none
\i :checks
\i :dice
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
SET jit = off;
CREATE SCHEMA calendar_ends;
SET search_path = calendar_ends, public;

-- The calendar is the same every 400 years, which are whole weeks, too.
CREATE TABLE ends (name text, known date, moved int);
INSERT INTO ends VALUES
	('first', '4713-01-01 BC', 17 * 146097),
	('last', '5874896-12-31', -14682 * 146097);
SELECT name, known, known + moved AS nearer FROM ends;

-- A few rows of a trial, within some periods of an end, on both sides of it; 'far' is where they
-- really are, 'near' where they are moved to.
CREATE TABLE line (trial int, customer int, at date, until date, amount numeric);
CREATE TABLE trial AS
	SELECT n, e.*, pg_temp.pick('{payments, subscriptions, subscriptions, invoices}', 'shape', n::text) AS shape,
		pg_temp.pick('{end, start}', 'rule', n::text) AS rule, grain, days,
		CASE WHEN e.name = 'first' THEN pg_temp.pick('{date, timestamp, timestamptz}', 'type', n::text) ELSE 'date' END AS type
	FROM generate_series(1, 400) AS n, LATERAL (SELECT * FROM ends OFFSET n % 2 LIMIT 1) AS e,
		LATERAL (SELECT * FROM (VALUES ('day', 1), ('week', 7), ('month', 31), ('quarter', 92), ('year', 366)) AS g(grain, days) OFFSET n % 5 LIMIT 1) AS g;
INSERT INTO line
	SELECT n, pg_temp.dice(3, 'customer', n::text, id::text), at,
		CASE WHEN pg_temp.dice(3, 'open', n::text, id::text) > 0 OR shape = 'invoices'
			THEN at + least(1 + pg_temp.dice(2 * days, 'until', n::text, id::text), date '5874897-12-31' - at) END,
		10 * (1 + pg_temp.dice(4, 'amount', n::text, id::text)) - 15
	FROM trial, generate_series(1, 1 + n % 3) AS id,
		LATERAL (SELECT CASE pg_temp.dice(8, 'kind', n::text, id::text)
			WHEN 0 THEN known
			WHEN 1 THEN known - CASE name WHEN 'first' THEN -1 ELSE 16 END
			ELSE known + CASE name WHEN 'first' THEN 1 ELSE -1 END * (pg_temp.dice(3 * days, 'at', n::text, id::text)::int - 2) END AS at) AS d;

CREATE FUNCTION ledger(t trial, move int) RETURNS revenue_ledger
LANGUAGE plpgsql AS $$
DECLARE
	type text := CASE t.type WHEN 'date' THEN 'daterange' WHEN 'timestamp' THEN 'tsrange' ELSE 'tstzrange' END;
	call text := CASE t.shape
		WHEN 'payments' THEN format('revenue_ledger(customer, (at + $2)::%s, amount, $3)', t.type)
		WHEN 'invoices' THEN format('invoice_ledger(customer, %s(at + $2, until + $2), amount, $3)', type)
		ELSE format('subscription_ledger(customer, %s(at + $2, until + $2), amount, $3, $4)', type) END;
	result revenue_ledger;
BEGIN
	EXECUTE format('SELECT %s FROM line WHERE trial = $1', call) INTO result USING t.n, move, t.grain, t.rule;
	RETURN result;
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END $$;

-- Dates are known up to the last one. A subscription is counted from a period on, and up to one, that
-- must be known; the nearer ledger tells its last period.
CREATE TABLE pair AS
	SELECT t.*, ledger(t, 0) AS far, near,
		(SELECT bool_and(at >= date '4713-01-01 BC' AND at <= date '5874896-12-31'
				AND (shape = 'payments' OR until IS NULL OR until <= date '5874896-12-31' + (shape = 'invoices')::int))
			FROM line WHERE trial = n)
		AND (name = 'first' OR date_trunc(grain, (upper(periods(near)) - 1)::timestamp) <= known + moved) AS known_dates
	FROM trial AS t, ledger(t, moved) AS near;
SELECT name, shape, count(*) AS trials, count(far) AS built FROM pair GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(checks.claim('refused', n || ' ' || shape || ' ' || grain || ' ' || rule, (far IS NOT NULL) = known_dates)) FROM pair;

-- In and out, and every reader: the figures are those of the nearer ledger, its dates moved.
CREATE TABLE stored (n int, l revenue_ledger);
INSERT INTO stored SELECT n, far FROM pair WHERE far IS NOT NULL;
\getenv builddir PG_ABS_BUILDDIR
\cd :builddir
\cd results
CREATE TABLE from_text (LIKE stored);
CREATE TABLE from_binary (LIKE stored);
\copy stored TO 'calendar_ends.text'
\copy from_text FROM 'calendar_ends.text'
\copy stored TO 'calendar_ends.binary' BINARY
\copy from_binary FROM 'calendar_ends.binary' BINARY
SELECT count(checks.claim('text', n || ' ' || s.l::text, s.l = t.l AND s.l::text = t.l::text)) = (SELECT count(*) FROM stored) AS all
FROM stored AS s JOIN from_text AS t USING (n);
SELECT count(checks.claim('binary', n || ' ' || s.l::text, s.l = b.l AND s.l::text = b.l::text)) = (SELECT count(*) FROM stored) AS all
FROM stored AS s JOIN from_binary AS b USING (n);

-- Every figure of a ledger, its dates moved
CREATE FUNCTION figures(l revenue_ledger, move int, from_date date, through date, OUT figure text) RETURNS SETOF text
LANGUAGE sql AS $$
	SELECT ROW(customers(l), total(l), grain(l), snapshot_rule(l), lower(periods(l)) + move, upper(periods(l)) + move)::text
	UNION ALL SELECT ROW('entry', customer, period + move, amount)::text FROM ledger_entries(l, through)
	UNION ALL SELECT ROW('slice', customer, period + move, amount)::text FROM ledger_entries(slice(l, from_date, through))
	UNION ALL SELECT ROW('sum', customer, period + move, amount)::text FROM ledger_entries(slice(l, from_date) + slice(l, NULL, from_date - 1) + l - l)
	UNION ALL SELECT ROW('movement', m.period + move, to_jsonb(m) - 'period')::text FROM revenue_movements(l, 2, through, 1) AS m
	UNION ALL SELECT ROW('customer', m.period + move, to_jsonb(m) - 'period')::text FROM customer_movements(l, 1, from_date, through) AS m
	UNION ALL SELECT ROW('cohort', c.cohort + move, c.period + move, to_jsonb(c) - 'cohort' - 'period')::text FROM cohort_retention(l, NULL, 1, through) AS c
	UNION ALL SELECT ROW('retention', retention(l, from_date, through))::text
$$;
CREATE TABLE view (name text, from_date date, through date);
INSERT INTO view VALUES ('first', '4713-01-02 BC', NULL), ('first', '4713-01-02 BC', '4713-02-20 BC'), ('last', '5874896-12-03', NULL), ('last', '5874896-12-03', '5874896-12-31');
SELECT count(checks.compare('figures', p.n || ' ' || shape || ' ' || grain || ' ' || rule || coalesce(' ' || v.through, ''),
	format('SELECT * FROM figures((SELECT l FROM stored WHERE n = %s), %s, %L, %L)', p.n, moved, v.from_date, greatest(least(coalesce(v.through, upper(periods(l)) - 1), date '5874896-12-31'), v.from_date)),
	format('SELECT * FROM figures((SELECT near FROM pair WHERE n = %s), 0, %L, %L)', p.n, v.from_date + moved, greatest(least(coalesce(v.through + moved, upper(periods(near)) - 1), date '5874896-12-31' + least(moved, 0)), v.from_date + moved))))
FROM pair AS p JOIN stored AS s USING (n) JOIN view AS v USING (name)
WHERE NOT isempty(periods(l));

-- The subscription that was damaged when it was read, and what an error says
CREATE FUNCTION outcome(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
	detail text;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || ': ' || detail;
END $$;
SELECT grain, at, outcome(format('SELECT periods(subscription_ledger(1, daterange(%L, NULL), 10, %L, ''start''))', at, grain)) AS periods
FROM unnest(ARRAY['5874896-12-01', '5874896-12-15', '5874896-12-31', '4713-01-01 BC', '4713-01-02 BC', '4714-12-31 BC']) WITH ORDINALITY AS d(at, n), unnest(ARRAY['day', 'week', 'month', 'year']) WITH ORDINALITY AS g(grain, o)
ORDER BY n, o;

SELECT topic, checks, compared > 0 AS compared, wrong FROM checks.summary;
SELECT * FROM checks.first_failures;
