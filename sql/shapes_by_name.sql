--
-- Generated tables of every shape, read by name with every option: the ledger equals that of the
-- aggregate byte for byte, and the readers by name those of the ledger.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set dice :srcdir '/sql/include/dice.sql'
\set aggregate_form :srcdir '/sql/include/aggregate_form.sql'
\set ECHO none
\i :checks
\i :dice
\i :aggregate_form
\set ECHO all

SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

CREATE TEMP TABLE trial AS
	SELECT n, shape, form, grain, zone, customer, amount, lines::int, nulls::int, open::int,
		CASE WHEN form = 'two columns' THEN nullif(pg_temp.pick('{none, [), []}', 'bounds', seed), 'none') END AS bounds,
		CASE WHEN shape = 'subscriptions' THEN nullif(pg_temp.pick('{none, next, next}', 'close', seed), 'none') END AS close,
		CASE WHEN shape IN ('subscriptions', 'changes') THEN nullif(pg_temp.pick('{none, end, start}', 'rule', seed), 'none') END AS rule,
		pg_temp.pick('{none, item}', 'item', seed) AS item,
		pg_temp.pick('{date, timestamp, timestamptz}', 'first', seed)::regtype AS first_type,
		pg_temp.pick('{date, timestamp, timestamptz}', 'second', seed)::regtype AS second_type
	FROM generate_series(1, 300) AS n, LATERAL (SELECT 'by name ' || n AS seed) AS s,
		pg_temp.pick('{payments, subscriptions, subscriptions, invoices, snapshots, changes}', 'shape', seed) AS shape,
		LATERAL (SELECT CASE WHEN shape IN ('subscriptions', 'invoices') THEN pg_temp.pick('{two columns, two columns, range, multirange}', 'form', seed) ELSE 'column' END AS form) AS f,
		pg_temp.pick('{day, week, month, quarter, year}', 'grain', seed) AS grain,
		pg_temp.pick('{UTC, America/Los_Angeles, Asia/Kolkata, America/Sao_Paulo}', 'zone', seed) AS zone,
		pg_temp.pick('{int, bigint, uuid, text}', 'customer', seed) AS customer,
		pg_temp.pick('{int, "numeric(12,2)", numeric, float8}', 'amount', seed) AS amount,
		pg_temp.pick('{1, 6, 20, 60}', 'lines', seed) AS lines,
		pg_temp.pick('{0, 0, 10}', 'nulls', seed) AS nulls,
		pg_temp.pick('{0, 10, 40}', 'open', seed) AS open;
UPDATE trial SET item = NULL WHERE close IS NULL OR item = 'none';
-- a few ends may be last days by chance
UPDATE trial SET bounds = '[)' WHERE bounds IS NULL AND form = 'two columns' AND lines < 20;

-- A table of a trial: its ends are not mostly the last days of anything, as the days of its starts are any
CREATE PROCEDURE pg_temp.make(t trial)
LANGUAGE plpgsql AS $$
DECLARE
	range text := pg_temp.range_of(t.first_type, t.first_type);
BEGIN
	DROP TABLE IF EXISTS line;
	EXECUTE format(
		$query$CREATE TEMP TABLE line AS
		SELECT (CASE WHEN missing IS DISTINCT FROM 0 THEN %2$s END)::%1$s AS "Customer, key",
			CASE WHEN missing IS DISTINCT FROM 1 OR %12$L THEN s END::%3$s AS s,
			CASE WHEN open THEN (ARRAY[NULL, 'infinity'])[1 + id %% 2]::%4$s ELSE (e + interval '2 days')::%4$s END AS e,
			CASE WHEN missing IS DISTINCT FROM 1 THEN %5$s(s::%3$s, CASE WHEN NOT open THEN (e + interval '2 days')::%3$s END, bounds) END AS during,
			CASE WHEN missing IS DISTINCT FROM 1 THEN multirange(%5$s(s::%3$s, CASE WHEN NOT open THEN (e + interval '2 days')::%3$s END, bounds))
				- multirange(%5$s((s + interval '3 days')::%3$s, (s + id * interval '5 days')::%3$s)) END AS parts,
			CASE WHEN missing IS DISTINCT FROM 2 THEN round(m * 19.99, id %% 3) END::%6$s AS amount,
			'item ' || id %% 3 AS item
		FROM (SELECT id, 1 + pg_temp.dice(6, 'customer', seed, id::text) AS c,
				timestamp '2023-11-20' + pg_temp.dice(24 * 500, 'day', seed, id::text) * interval '1 hour' AS s,
				pg_temp.pick('{0, 1 day, 9 days, 31 days, 100 days, 365 days}', 'length', seed, id::text)::interval AS length,
				pg_temp.dice(100, 'open', seed, id::text) < %7$L AND %8$L <> 'invoices' AS open,
				pg_temp.dice(9, 'amount', seed, id::text) - 2 AS m,
				pg_temp.pick('{[),[),[],(],()}', 'bounds', seed, id::text) AS bounds,
				CASE WHEN pg_temp.dice(100, 'null', seed, id::text) < %9$L THEN id %% 3 END AS missing
			FROM generate_series(1, %10$L) AS id, LATERAL (SELECT 'line ' || %11$L AS seed) AS s) AS line,
			LATERAL (SELECT s + length AS e) AS e$query$,
		t.customer, CASE t.customer WHEN 'uuid' THEN 'md5(c::text)' WHEN 'text' THEN '''customer '' || c' ELSE 'c' END, t.first_type, t.second_type, range, t.amount,
		t.open, t.shape, t.nulls, t.lines, t.n, t.form = 'two columns');	-- there, a null is no start, and an error
	IF t.shape IN ('payments', 'snapshots', 'changes') THEN
		UPDATE line SET s = s - interval '1 year' WHERE s IS NOT NULL AND pg_temp.dice(3, 'same day', s::text) = 0;
	END IF;
END $$;

CREATE TEMP TABLE made (n int, way text, ledger revenue_ledger);

DO $$
DECLARE
	t trial;
	at text[];
	ats text;
	form text;
	by_name revenue_ledger;
	by_aggregate revenue_ledger;
	options text;
BEGIN
	FOR t IN SELECT * FROM trial ORDER BY n LOOP
		PERFORM set_config('timezone', t.zone, false);
		CALL pg_temp.make(t);
		at := CASE t.form WHEN 'two columns' THEN '{s,e}' WHEN 'range' THEN '{during}' WHEN 'multirange' THEN '{parts}' ELSE '{s}' END;
		ats := array_to_string(at, ', ');
		form := pg_temp.aggregate_form('line', 'Customer, key', at, 'amount', t.grain, t.shape, t.bounds, t.close, t.item, t.rule);
		EXECUTE form INTO by_aggregate;
		by_name := revenue_ledger_from('line', 'Customer, key', ats, 'amount', t.grain, t.shape, t.bounds, t.close, t.item, t.rule);
		PERFORM checks.claim('by name as by aggregate', t::text, by_name::text IS NOT DISTINCT FROM by_aggregate::text);
		options := format('''line'', ''Customer, key'', %L, ''amount'', %L, shape => %L, bounds => %L, close => %L, item => %L, snapshot_rule => %L', ats, t.grain, upper(t.shape), t.bounds, t.close, t.item, t.rule);
		PERFORM checks.compare('revenue_movements', t::text, format('SELECT * FROM revenue_movements(%s, lookback => 2, through => ''2025-02-15'', grace => 1, reactivation_within => 4)', options),
				format('SELECT m.* FROM (%s) AS l(ledger), LATERAL revenue_movements(ledger, 2, ''2025-02-15'', 1, 4) AS m', form)),
			checks.compare('customer_movements', t::text, format('SELECT * FROM customer_movements(%s, from_date => ''2024-03-01'', to_date => ''2024-09-15'')', options),
				format('SELECT m.* FROM (%s) AS l(ledger), LATERAL customer_movements(ledger, from_date => ''2024-03-01'', to_date => ''2024-09-15'') AS m', form)),
			checks.compare('cohort_retention', t::text, format('SELECT * FROM cohort_retention(%s, cohort_grain => ''year'', baseline => 1, grace => 2)', options),
				format('SELECT m.* FROM (%s) AS l(ledger), LATERAL cohort_retention(ledger, ''year'', 1, grace => 2) AS m', form));
		INSERT INTO made VALUES (t.n, 'name', by_name), (t.n, 'aggregate', by_aggregate);
	END LOOP;
END $$;

-- what was thrown
SELECT count(*) AS trials, count(DISTINCT (shape, grain)) AS shape_grain, count(DISTINCT (shape, form, first_type, second_type)) AS shape_form_types,
	count(DISTINCT (form, bounds, close, item, rule)) AS options, count(DISTINCT (shape, customer)) AS shape_customer, count(DISTINCT (shape, amount)) AS shape_amount
FROM trial;
SELECT count(*) AS trials, count(a.ledger) AS ledgers, count(*) FILTER (WHERE customers(a.ledger) = 0) AS of_no_customer, sum(customers(a.ledger)) > 1000 AS of_customers,
	count(*) FILTER (WHERE pg_column_size(n.ledger) IS DISTINCT FROM pg_column_size(a.ledger) OR revenue_ledger_send(n.ledger) IS DISTINCT FROM revenue_ledger_send(a.ledger)) AS stored_otherwise
FROM made AS a JOIN made AS n ON a.n = n.n AND a.way = 'aggregate' AND n.way = 'name';
TABLE checks.summary;
TABLE checks.first_failures;

RESET timezone;
DROP SCHEMA checks CASCADE;
