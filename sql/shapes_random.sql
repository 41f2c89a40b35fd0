--
-- Generated tables of subscriptions and invoices of every kind, alone and together with rows. Each
-- result equals the plain SQL of the definitions, and the algebra of ledgers holds byte for byte.
--
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set checks :srcdir '/sql/include/checks.sql'
\set readers :srcdir '/sql/include/readers.sql'
\set dice :srcdir '/sql/include/dice.sql'
\set ECHO none
\i :oracle
\i :checks
\i :readers
\i :dice
\set ECHO all

SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

-- What a kind of column holds: an expression over c, the number of a customer, m, a small number of
-- either sign, and r, a throw of 0 to 6.
CREATE TEMP TABLE kind (name text, type text, value text);
INSERT INTO kind VALUES
	('int', 'int', 'c * 71582788 - 2147483640'),
	('bigint', 'bigint', '(c - 30) * 307445734561825860'),
	('uuid', 'uuid', 'md5(c::text)'),
	('text', 'text', $$coalesce((ARRAY['', ' ', 'é', '顧客', 'a', 'A'])[c + 1], 'customer ' || c)$$),
	('whole', 'int', '50 * m'),
	('cents', 'numeric(12,2)', '19.99 * m'),
	('mixed scales', 'numeric', 'round(7.123456 * m, r)'),
	('wide', 'numeric', '1234567890123456789012.345 * m'),
	('float8', 'float8', '(ARRAY[m / 8::float8, 0.1 * m, 1e9 * m])[1 + r % 3]');

CREATE TEMP TABLE trial AS
	SELECT n, shape, customer, range, amount, grain, rule, zone, base::date AS base, lines::int,
		customers::int, periods::int, refunds::int, open::int, nulls::int
	FROM generate_series(1, 240) AS n, LATERAL (SELECT 'shapes ' || n AS seed) AS s,
		pg_temp.pick('{subscriptions, subscriptions, invoices, all}', 'shape', seed) AS shape,
		pg_temp.pick('{int, bigint, uuid, text}', 'customer', seed) AS customer,
		pg_temp.pick('{daterange, tsrange, tstzrange}', 'range', seed) AS range,
		pg_temp.pick('{whole, cents, mixed scales, wide, float8}', 'amount', seed) AS amount,
		pg_temp.pick('{day, week, month, quarter, year}', 'grain', seed) AS grain,
		pg_temp.pick('{end, start}', 'rule', seed) AS rule,
		pg_temp.pick('{UTC, America/Los_Angeles, Asia/Kolkata, America/Sao_Paulo}', 'zone', seed) AS zone,
		pg_temp.pick('{2019-10-28, 2018-10-01, 1999-12-27, 0002-11-01 BC}', 'base', seed) AS base,
		pg_temp.pick('{1, 6, 20, 60}', 'lines', seed) AS lines,
		pg_temp.pick('{1, 2, 6, 20}', 'customers', seed) AS customers,
		pg_temp.pick('{1, 3, 12, 20}', 'periods', seed) AS periods,
		pg_temp.pick('{0, 20, 45}', 'refunds', seed) AS refunds,
		pg_temp.pick('{0, 10, 40}', 'open', seed) AS open,
		pg_temp.pick('{0, 0, 10}', 'nulls', seed) AS nulls;
UPDATE trial SET lines = 0 WHERE n = 1;

-- A table of the trial's kinds. Half of the ends are the very begin of a period, or an instant
-- beside it; some ranges are empty, some within a day, some last for many periods, some are open.
CREATE PROCEDURE pg_temp.make(name text, t trial, seed text, base date, periods int)
LANGUAGE plpgsql AS $$
DECLARE
	customer kind := (SELECT k FROM kind AS k WHERE k.name = t.customer);
	amount kind := (SELECT k FROM kind AS k WHERE k.name = t.amount);
	days int := periods * extract(epoch FROM oracle.step(t.grain)) / 86400;
	type text := (SELECT rngsubtype::regtype FROM pg_range WHERE rngtypid = t.range::regtype);
BEGIN
	DROP TABLE IF EXISTS line;
	CREATE TEMP TABLE line AS
		SELECT id,
			pg_temp.dice(t.customers, 'customer', seed, id::text)::bigint AS c,
			CASE t.shape WHEN 'all' THEN pg_temp.pick('{subscriptions, invoices, rows}', 'of', seed, id::text) ELSE t.shape END AS shape,
			CASE WHEN pg_temp.dice(2, 'snap', seed, id::text) = 0 THEN date_trunc(t.grain, s) ELSE s END
				+ pg_temp.pick('{0, 0, -1 microsecond, 1 microsecond, 23:59:59.999999, 12:34:56.7}', 'from', seed, id::text)::interval AS s,
			CASE WHEN pg_temp.dice(2, 'snap end', seed, id::text) = 0 THEN date_trunc(t.grain, e) ELSE e END
				+ pg_temp.pick('{0, 0, -1 microsecond, 1 microsecond, 23:59:59.999999, 12:34:56.7}', 'to', seed, id::text)::interval AS e,
			pg_temp.dice(100, 'open', seed, id::text) < t.open AS open,
			pg_temp.pick('{[),[),[],(],()}', 'bounds', seed, id::text) AS bounds,
			pg_temp.dice(5, 'amount', seed, id::text)
				* CASE WHEN pg_temp.dice(100, 'refund', seed, id::text) < t.refunds THEN -1 ELSE 1 END AS m,
			pg_temp.dice(7, 'throw', seed, id::text) AS r,
			CASE WHEN pg_temp.dice(100, 'null', seed, id::text) < t.nulls THEN id % 3 END AS missing
		FROM generate_series(1, t.lines) AS id,
			LATERAL (SELECT (base + pg_temp.dice(days, 'day', seed, id::text))::timestamp AS s) AS s,
			LATERAL (SELECT s + pg_temp.pick(ARRAY['0', '1 day', '5 days', days / 3 || ' days', days || ' days'], 'length', seed, id::text)::interval AS e) AS e;
	UPDATE line SET e = greatest(s, e) WHERE NOT open;
	EXECUTE format('DROP TABLE IF EXISTS %I', name);
	EXECUTE format(
		'CREATE TEMP TABLE %1$I AS
		SELECT id, shape,
			CASE WHEN missing IS DISTINCT FROM 0 THEN (%2$s)::%3$s END AS customer,
			CASE WHEN missing IS DISTINCT FROM 1
				THEN %4$s(s::%5$s, CASE WHEN NOT open OR shape = ''invoices'' THEN greatest(s, e)::%5$s END, bounds) END AS during,
			CASE WHEN missing IS DISTINCT FROM 2 THEN (%6$s)::%7$s END AS amount
		FROM line',
		name, customer.value, customer.type, t.range, type, amount.value, amount.type);
END $$;

-- The ledger of some of the lines
CREATE FUNCTION pg_temp.ledger(name text, t trial, condition text DEFAULT 'true', ordering text DEFAULT 'id')
RETURNS revenue_ledger
LANGUAGE plpgsql AS $$
DECLARE
	l revenue_ledger;
BEGIN
	EXECUTE format(
		'SELECT rollup(l) FROM (
			SELECT subscription_ledger(customer, during, amount, %2$L, %3$L ORDER BY %5$s) AS l FROM %1$I WHERE shape = ''subscriptions'' AND %4$s
			UNION ALL SELECT invoice_ledger(customer, during, amount, %2$L ORDER BY %5$s) FROM %1$I WHERE shape = ''invoices'' AND %4$s
			UNION ALL SELECT revenue_ledger(customer, lower(during), amount, %2$L ORDER BY %5$s) FROM %1$I WHERE shape = ''rows'' AND %4$s) AS p',
		name, t.grain, t.rule, condition, ordering)
	INTO l;
	RETURN l;
END $$;

-- and the net rows of all
CREATE FUNCTION pg_temp.net(grain text, rule text, through date)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql AS $$
	SELECT * FROM oracle.merged(
		format('SELECT * FROM oracle.subscriptions(''subscription'', %L, %L, %L)', grain, rule, through),
		format('SELECT * FROM oracle.invoices(''invoice'', %L)', grain),
		format('SELECT * FROM oracle.net(''payment'', %L)', grain))
$$;
CREATE PROCEDURE pg_temp.split()
LANGUAGE plpgsql AS $$
BEGIN
	DROP TABLE IF EXISTS subscription, invoice, payment;
	CREATE TEMP TABLE subscription AS SELECT customer, during, amount AS mrr FROM billing WHERE shape = 'subscriptions';
	CREATE TEMP TABLE invoice AS SELECT customer, during AS service, amount FROM billing WHERE shape = 'invoices';
	CREATE TEMP TABLE payment AS SELECT customer, lower(during) AS at, amount FROM billing WHERE shape = 'rows';
END $$;

-- What the ledger gives out equals the oracle.
CREATE PROCEDURE pg_temp.check_results(t trial, l revenue_ledger)
LANGUAGE plpgsql AS $$
DECLARE
	grains text[] := '{day, week, month, quarter, year, NULL}';
	cohort_grains text[] := grains[array_position(grains, t.grain):];
	earliest date := lower(periods(l));
	latest date := upper(periods(l)) - 1;
	o checks.options;
	key text;
	net text := format('SELECT * FROM pg_temp.net(%L, %L, ', t.grain, t.rule) || '%L)';
BEGIN
	FOR variant IN 1..2 LOOP
		key := t.n || ' ' || variant;
		o.lookback := (ARRAY[1, 2, 3, 12])[1 + pg_temp.dice(4, 'lookback', key)];
		o.through := CASE WHEN variant > 1 THEN CASE pg_temp.dice(6, 'through', key)
			WHEN 0 THEN earliest - 400
			WHEN 1 THEN earliest
			WHEN 2 THEN earliest + (latest - earliest) / 2
			WHEN 3 THEN latest
			ELSE latest + CASE t.grain WHEN 'day' THEN 5 ELSE 100 END END END;
		o.from_date := CASE pg_temp.dice(4, 'from', key)
			WHEN 0 THEN earliest + (latest - earliest) / 3
			WHEN 1 THEN earliest - 40 END;
		IF o.from_date > o.through THEN
			o.from_date := NULL;
		END IF;
		o.grace := (ARRAY[0, 0, 1, 2, 5])[1 + pg_temp.dice(5, 'grace', key)];
		o.reactivation_within := (ARRAY[NULL, NULL, 1, 2, 3, 6])[1 + pg_temp.dice(6, 'within', key)];
		o.cohort_grain := pg_temp.pick(cohort_grains, 'cohort', key);
		o.baseline := pg_temp.dice(3, 'baseline', key);
		PERFORM checks.readers(t::text, l, net, o);
	END LOOP;
END $$;

-- However a ledger comes about, the same content gives the same bytes.
CREATE PROCEDURE pg_temp.check_algebra(t trial, l revenue_ledger)
LANGUAGE plpgsql AS $$
DECLARE
	m revenue_ledger := pg_temp.ledger('other', t);
	parts int := 2 + pg_temp.dice(6, 'parts', t.n::text);
	even revenue_ledger := pg_temp.ledger('billing', t, 'id % 2 = 0');
	odd revenue_ledger := pg_temp.ledger('billing', t, 'id % 2 = 1');
	split revenue_ledger[] := (SELECT array_agg(pg_temp.ledger('billing', t, format('id %% %s = %s', parts, part)))
		FROM generate_series(0, parts - 1) AS part);
	single revenue_ledger[] := (SELECT array_agg(pg_temp.ledger('billing', t, format('id = %s', id))) FROM billing);
	one_scale boolean := t.amount NOT IN ('mixed scales', 'float8') AND t.shape <> 'all' AND NOT isempty(periods(l));
BEGIN
	PERFORM checks.claim('rows in any order', t::text, l::text = pg_temp.ledger('billing', t, 'true', 'md5(id::text)')::text);
	PERFORM checks.claim('rollup of parts', t::text,
		l::text = (SELECT rollup(part) FROM unnest(split) AS part)::text
		AND l::text = (SELECT rollup(part ORDER BY n DESC) FROM unnest(split) WITH ORDINALITY AS u(part, n))::text
		AND l::text = (SELECT rollup(part ORDER BY md5(part::text)) FROM unnest(split) AS part)::text);
	PERFORM checks.claim('rollup of single rows', t::text, l::text = (SELECT rollup(part ORDER BY md5(part::text)) FROM unnest(single) AS part)::text);
	PERFORM checks.claim('rollup of rollups', t::text, l::text = (SELECT rollup(part)
		FROM (SELECT rollup(part) AS part FROM unnest(single) WITH ORDINALITY AS u(part, n) GROUP BY n % 3) AS p)::text);
	PERFORM checks.claim('rollup of stored parts', t::text, l::text = (SELECT rollup(part::text::revenue_ledger) FROM unnest(split) AS part)::text);
	IF even IS NOT NULL AND odd IS NOT NULL THEN
		PERFORM checks.claim('even + odd', t::text, l::text = (even + odd)::text AND l::text = (odd + even)::text);
		PERFORM checks.claim('l - odd = even', t::text, l - odd = even AND periods(l - odd) = periods(even)
			AND customers(l - odd) = customers(even)
			AND (NOT one_scale OR isempty(periods(even)) OR (l - odd)::text = even::text));
	END IF;
	IF m IS NOT NULL THEN
		PERFORM checks.claim('l + m is of both tables', t::text, (l + m)::text = pg_temp.ledger('both', t)::text);
		PERFORM checks.claim('l + m = m + l', t::text, (l + m)::text = (m + l)::text);
		PERFORM checks.claim('l + m - m = l', t::text, l + m - m = l AND periods(l + m - m) = periods(l)
			AND revenue_ledger_cmp(l + m - m, l) = 0
			AND revenue_ledger_hash(l + m - m) = revenue_ledger_hash(l)
			AND (NOT one_scale OR (l + m - m)::text = l::text));
		PERFORM checks.claim('l - m + m = l', t::text, l - m + m = l AND periods(l - m + m) = periods(l)
			AND (NOT one_scale OR (l - m + m)::text = l::text));
	END IF;
	PERFORM checks.claim('l - l is empty', t::text,
		customers(l - l) = 0 AND total(l - l) = 0 AND isempty(periods(l - l)) AND grain(l - l) = t.grain
		AND NOT EXISTS (SELECT FROM ledger_entries(l - l, '2030-01-01'))
		AND NOT EXISTS (SELECT FROM revenue_movements(l - l, 1, '2030-01-01'))
		AND NOT EXISTS (SELECT FROM customer_movements(l - l))
		AND NOT EXISTS (SELECT FROM cohort_retention(l - l)));
	PERFORM checks.claim('text and binary form', t::text,
		l::text = l::text::revenue_ledger::text AND l::text = '\x' || encode(revenue_ledger_send(l), 'hex'));
	IF snapshot_rule(l) IS NOT NULL THEN
		PERFORM checks.claim('the other rule', t::text, (checks.error(format('SELECT %L::revenue_ledger + %L',
			l, pg_temp.ledger('billing', jsonb_populate_record(t, jsonb_build_object('rule', CASE t.rule WHEN 'end' THEN 'start' ELSE 'end' END)))))).state = '22023');
	END IF;
	IF t.shape = 'invoices' THEN
		PERFORM checks.claim('shares add up', t::text, total(l) =
			(SELECT coalesce(sum(amount::text::numeric), 0) FROM billing, oracle.ends(during) WHERE customer IS NOT NULL AND NOT isempty(during) AND s < e));
	END IF;
END $$;

CREATE TEMP TABLE kept (n int, l revenue_ledger);

DO $$
DECLARE
	t trial;
	l revenue_ledger;
BEGIN
	FOR t IN SELECT * FROM trial ORDER BY n LOOP
		PERFORM set_config('timezone', t.zone, false);
		CALL pg_temp.make('billing', t, t.n::text, t.base, t.periods);
		CALL pg_temp.make('other', t, 'other ' || t.n, t.base - 40, t.periods + 2);
		DROP TABLE IF EXISTS "both";
		CREATE TEMP TABLE "both" AS TABLE billing UNION ALL TABLE other;
		CALL pg_temp.split();
		l := pg_temp.ledger('billing', t);
		INSERT INTO kept VALUES (t.n, l);
		IF l IS NULL THEN
			PERFORM checks.claim('no row, no ledger', t::text, NOT EXISTS (
				SELECT FROM billing WHERE customer IS NOT NULL AND during IS NOT NULL AND amount IS NOT NULL));
		ELSE
			CALL pg_temp.check_results(t, l);
			CALL pg_temp.check_algebra(t, l);
		END IF;
		COMMIT;
	END LOOP;
END $$;

-- binary out and in again
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/results/shapes_random.ledgers'
COPY (SELECT n, l FROM kept ORDER BY n) TO STDOUT (FORMAT binary) \g :file
CREATE TEMP TABLE again (LIKE kept);
\set copy '\\copy again from ''' :file ''' (format binary)'
:copy
SELECT checks.compare('binary form', '', 'TABLE again', 'TABLE kept') AS wrong;

-- what was thrown
SELECT count(*) AS trials, count(DISTINCT (shape, range)) AS shape_range,
	count(DISTINCT (range, grain, rule)) AS range_grain_rule, count(DISTINCT (range, zone)) AS range_zone,
	count(DISTINCT (shape, amount)) AS shape_amount, count(DISTINCT customer) AS customer_kinds
FROM trial;
SELECT count(*) AS trials, count(l) AS ledgers, sum(customers(l)) AS customers,
	count(*) FILTER (WHERE isempty(periods(l))) AS of_empty_ranges,
	count(*) FILTER (WHERE customers(l) = 0) AS of_no_customer,
	count(*) FILTER (WHERE total(l) < 0) AS below_zero,
	count(*) FILTER (WHERE negative > 0) AS with_refunds,
	count(*) FILTER (WHERE beyond > entries) AS with_open_ends,
	count(*) FILTER (WHERE returns > 0) AS with_returns,
	count(*) FILTER (WHERE not_bridged < returns) AS with_bridged_gaps,
	count(*) FILTER (WHERE in_time < returns) AS with_late_returns
FROM kept,
	LATERAL (SELECT count(*) AS entries, count(*) FILTER (WHERE amount < 0) AS negative FROM ledger_entries(l)) AS e,
	LATERAL (SELECT count(*) AS beyond FROM ledger_entries(l, upper(periods(l)) + 366)) AS b,
	LATERAL (SELECT sum(reactivated_customers) AS returns FROM revenue_movements(l)) AS m,
	LATERAL (SELECT sum(reactivated_customers) AS not_bridged FROM revenue_movements(l, grace => 2)) AS g,
	LATERAL (SELECT sum(reactivated_customers) AS in_time FROM revenue_movements(l, reactivation_within => 3)) AS w;

TABLE checks.summary;
TABLE checks.first_failures;

RESET timezone;
DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
