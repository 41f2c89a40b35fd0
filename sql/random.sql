--
-- Generated billing tables of every kind. Each result equals the plain SQL of the definitions,
-- and the algebra of ledgers holds byte for byte.
--
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set checks :srcdir '/sql/include/checks.sql'
\set dice :srcdir '/sql/include/dice.sql'
\set ECHO none
\i :oracle
\i :checks
\i :dice
\set ECHO all

SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

-- What a kind of column holds: an expression over c, the number of a customer, day, time_of_day,
-- m, a small number of either sign, and r, a throw of 0 to 6. One of the two accents is a combining
-- one.
CREATE TEMP TABLE kind (name text, type text, value text);
INSERT INTO kind VALUES
	('smallint', 'smallint', 'c * 1000 - 30000'),
	('int', 'int', 'c * 71582788 - 2147483640'),
	('bigint', 'bigint', '(c - 30) * 307445734561825860'),
	('uuid', 'uuid',
		$$CASE c WHEN 0 THEN repeat('0', 32) WHEN 1 THEN repeat('f', 32) ELSE md5(c::text) END$$),
	('text', 'text',
		$$coalesce((ARRAY['', ' ', 'é', 'é', '顧客', '🚀', 'O''Brien, "x"\', 'a', 'A', 'a ',
			repeat('long', 700)])[c + 1], 'customer ' || c)$$),
	('varchar', 'varchar(20)', $$'c' || c$$),
	('numeric', 'numeric', 'c * 1.10'),
	('date', 'date', 'day'),
	('timestamp', 'timestamp', 'day + time_of_day'),
	('timestamptz', 'timestamptz', $$(day + time_of_day) AT TIME ZONE 'UTC'$$),
	('whole', 'int', '50 * m'),
	('whole big', 'bigint', '123456789012345 * m'),
	('cents', 'numeric(12,2)', '19.99 * m'),
	('mixed scales', 'numeric', 'round(7.123456 * m, r)'),
	('deep', 'numeric', '123456789.01234567890123456 * m'),
	('huge', 'numeric', '1234567890123456789012345.67 * m'),
	('float4', 'float4', '(ARRAY[m / 3::float4, 0.1 * m, 1e9 * m])[1 + r % 3]'),
	('float8', 'float8', '(ARRAY[m / 3::float8, 0.1 * m, 1e9 * m])[1 + r % 3]');

CREATE TEMP TABLE trial AS
	SELECT n, customer, at, amount, grain, zone, base::date AS base, lines::int, customers::int,
		periods::int, refunds::int, nulls::int
	FROM generate_series(1, 400) AS n, LATERAL (SELECT n::text AS seed) AS s,
		pg_temp.pick('{smallint, int, bigint, uuid, text, varchar, numeric}',
			'customer', seed) AS customer,
		pg_temp.pick('{date, timestamp, timestamptz}', 'at', seed) AS at,
		pg_temp.pick('{whole, whole big, cents, mixed scales, deep, huge, float4, float8}',
			'amount', seed) AS amount,
		pg_temp.pick('{day, week, month, quarter, year}', 'grain', seed) AS grain,
		pg_temp.pick('{UTC, America/Los_Angeles, Asia/Kolkata, Pacific/Auckland}',
			'zone', seed) AS zone,
		pg_temp.pick('{2019-10-28, 1999-12-27, 1969-11-03, 2000-02-29, 0002-11-01 BC}',
			'base', seed) AS base,
		pg_temp.pick('{1, 6, 30, 100, 250, 500}', 'lines', seed) AS lines,
		pg_temp.pick('{1, 2, 6, 20, 60}', 'customers', seed) AS customers,
		pg_temp.pick('{1, 3, 12, 30}', 'periods', seed) AS periods,
		pg_temp.pick('{0, 15, 45}', 'refunds', seed) AS refunds,
		pg_temp.pick('{0, 0, 10}', 'nulls', seed) AS nulls;
UPDATE trial SET lines = 0 WHERE n = 1;
UPDATE trial SET nulls = 100 WHERE n = 2;

-- A table of the trial's kinds. Amounts come from a short list, so that customers also stay the
-- same, come back and net to nothing.
CREATE PROCEDURE pg_temp.make(name text, t trial, seed text, base date, periods int)
LANGUAGE plpgsql AS $$
DECLARE
	customer kind := (SELECT k FROM kind AS k WHERE k.name = t.customer);
	at kind := (SELECT k FROM kind AS k WHERE k.name = t.at);
	amount kind := (SELECT k FROM kind AS k WHERE k.name = t.amount);
	days int := periods * extract(epoch FROM oracle.step(t.grain)) / 86400;
BEGIN
	DROP TABLE IF EXISTS line;
	CREATE TEMP TABLE line AS
		SELECT id,
			pg_temp.dice(t.customers, 'customer', seed, id::text)::bigint AS c,
			base + pg_temp.dice(days, 'day', seed, id::text) AS day,
			pg_temp.pick('{00:00:00, 23:59:59.999999, 12:34:56.7}',
				'time', seed, id::text)::time AS time_of_day,
			pg_temp.dice(7, 'amount', seed, id::text)
				* CASE WHEN pg_temp.dice(100, 'refund', seed, id::text) < t.refunds
					THEN -1 ELSE 1 END AS m,
			pg_temp.dice(7, 'throw', seed, id::text) AS r,
			CASE WHEN pg_temp.dice(100, 'null', seed, id::text) < t.nulls THEN id % 3 END AS missing
		FROM generate_series(1, t.lines) AS id;
	EXECUTE format('DROP TABLE IF EXISTS %I', name);
	EXECUTE format(
		'CREATE TEMP TABLE %I AS SELECT id,
			CASE WHEN missing IS DISTINCT FROM 0 THEN (%s)::%s END AS customer,
			CASE WHEN missing IS DISTINCT FROM 1 THEN (%s)::%s END AS at,
			CASE WHEN missing IS DISTINCT FROM 2 THEN (%s)::%s END AS amount
		FROM line',
		name, customer.value, customer.type, at.value, at.type, amount.value, amount.type);
END $$;

-- What the ledger gives out equals the oracle.
CREATE PROCEDURE pg_temp.check_results(t trial, l revenue_ledger)
LANGUAGE plpgsql AS $$
DECLARE
	grains text[] := '{day, week, month, quarter, year, NULL}';
	cohort_grains text[] := grains[array_position(grains, t.grain):];
	earliest date := coalesce((SELECT min(at)::date FROM billing), 'epoch');
	latest date := coalesce((SELECT max(at)::date FROM billing), 'epoch');
	through date;
	lookback int;
	baseline int;
	cohort_grain text;
	options text;
BEGIN
	PERFORM checks.compare('entries', t::text,
		format('SELECT * FROM ledger_entries(%L)', l),
		format('SELECT * FROM oracle.entries(''billing'', %L)', t.grain));
	PERFORM checks.compare('facts', t::text,
		format('SELECT grain(l), customers(l), total(l), periods(l)
			FROM (SELECT %L::revenue_ledger AS l) AS x WHERE l IS NOT NULL', l),
		format('SELECT %1$L, count(DISTINCT customer) FILTER (WHERE amount <> 0), sum(amount),
				daterange(min(period), (max(period) + oracle.step(%1$L))::date)
			FROM oracle.net(''billing'', %1$L) HAVING count(*) > 0', t.grain));

	FOR variant IN 1..3 LOOP
		through := CASE pg_temp.dice(7, 'through', t.n::text, variant::text)
			WHEN 0 THEN earliest - 400
			WHEN 1 THEN earliest
			WHEN 2 THEN earliest + (latest - earliest) / 2
			WHEN 3 THEN latest
			WHEN 4 THEN latest + CASE t.grain WHEN 'day' THEN 5 ELSE 100 END
		END;
		lookback := (ARRAY[1, 2, 3, 12])[1 + pg_temp.dice(4, 'lookback', t.n::text, variant::text)];
		baseline := pg_temp.dice(3, 'baseline', t.n::text, variant::text);
		cohort_grain := pg_temp.pick(cohort_grains, 'cohort', t.n::text, variant::text);
		options := format('lookback %s, cohorts by %s, baseline %s, through %s, of ',
			lookback, cohort_grain, baseline, through) || t;

		PERFORM checks.compare('movements', options,
			format('SELECT * FROM revenue_movements(%L::revenue_ledger, %s, %L)',
				l, lookback, through),
			format('SELECT * FROM oracle.movements(''billing'', %L, %s, %L)',
				t.grain, lookback, through));
		PERFORM checks.compare('cohorts', options,
			format('SELECT * FROM cohort_retention(%L::revenue_ledger, %L, %s, %L)',
				l, cohort_grain, baseline, through),
			format('SELECT * FROM oracle.cohorts(''billing'', %L, %L, %s, %L)',
				t.grain, cohort_grain, baseline, through));

		PERFORM checks.claim('the bridge closes', options, NOT EXISTS (
			SELECT FROM revenue_movements(l, lookback, through)
			WHERE starting + new + reactivation + expansion - contraction - churn <> ending
				OR starting_customers + new_customers + reactivated_customers - churned_customers
					<> ending_customers));
		PERFORM checks.claim('0 <= GRR <= least(100, NRR)', options, NOT EXISTS (
			SELECT FROM revenue_movements(l, lookback, through)
			WHERE NOT (0 <= grr AND grr <= least(100, nrr) AND logo_retention BETWEEN 0 AND 100)
				OR (starting = 0) <> (nrr IS NULL) OR (starting = 0) <> (grr IS NULL)));
		PERFORM checks.claim('ending and negative are the sum of the table', options, NOT EXISTS (
			SELECT FROM revenue_movements(l, lookback, through) AS m
				LEFT JOIN (SELECT period, sum(amount) AS amount FROM oracle.net('billing', t.grain) GROUP BY period) AS n
					USING (period)
			WHERE ending + negative IS DISTINCT FROM coalesce(n.amount, 0)));
	END LOOP;
END $$;

-- However a ledger comes about, the same content gives the same bytes.
CREATE PROCEDURE pg_temp.check_algebra(t trial, l revenue_ledger)
LANGUAGE plpgsql AS $$
DECLARE
	m revenue_ledger := (SELECT revenue_ledger(customer, at, amount, t.grain) FROM other);
	parts int := 2 + pg_temp.dice(6, 'parts', t.n::text);
	even revenue_ledger := (SELECT revenue_ledger(customer, at, amount, t.grain)
		FROM billing WHERE id % 2 = 0);
	odd revenue_ledger := (SELECT revenue_ledger(customer, at, amount, t.grain)
		FROM billing WHERE id % 2 = 1);
	one_scale boolean := t.amount NOT IN ('mixed scales', 'float4', 'float8');
BEGIN
	PERFORM checks.claim('rows in any order', t::text, l::text =
		(SELECT revenue_ledger(customer, at, amount, t.grain ORDER BY md5(id::text))
		FROM billing)::text);
	PERFORM checks.claim('from a table by name', t::text, l::text =
		revenue_ledger_from('billing', 'customer', 'at', 'amount', t.grain)::text);
	PERFORM checks.claim('rollup of parts', t::text, l::text =
		(SELECT rollup(part) FROM (
			SELECT revenue_ledger(customer, at, amount, t.grain) AS part
			FROM billing GROUP BY pg_temp.dice(parts, 'part', t.n::text, id::text)) AS p)::text);
	PERFORM checks.claim('rollup of customers', t::text, l::text =
		(SELECT rollup(part) FROM (
			SELECT revenue_ledger(customer, at, amount, t.grain) AS part
			FROM billing GROUP BY customer) AS p)::text);
	PERFORM checks.claim('rollup of entries', t::text, l::text =
		(SELECT rollup(revenue_entry(customer, at, amount, t.grain)) FROM billing)::text);
	IF even IS NOT NULL AND odd IS NOT NULL THEN
		PERFORM checks.claim('even + odd', t::text,
			l::text = (even + odd)::text AND l::text = (odd + even)::text);
		PERFORM checks.claim('l - odd = even', t::text,
			l - odd = even AND periods(l - odd) = periods(even)
			AND customers(l - odd) = customers(even)
			AND (NOT one_scale OR (l - odd)::text = even::text));
	END IF;
	IF m IS NOT NULL THEN
		PERFORM checks.claim('l + m is of both tables', t::text, (l + m)::text =
			(SELECT revenue_ledger(customer, at, amount, t.grain)
			FROM (TABLE billing UNION ALL TABLE other) AS b)::text);
		PERFORM checks.claim('l + m = m + l', t::text, (l + m)::text = (m + l)::text);
		PERFORM checks.claim('l + m - m = l', t::text,
			l + m - m = l AND periods(l + m - m) = periods(l)
			AND revenue_ledger_cmp(l + m - m, l) = 0
			AND revenue_ledger_hash(l + m - m) = revenue_ledger_hash(l)
			AND (NOT one_scale OR (l + m - m)::text = l::text));
		PERFORM checks.claim('l - m + m = l', t::text,
			l - m + m = l AND periods(l - m + m) = periods(l)
			AND (NOT one_scale OR (l - m + m)::text = l::text));
		PERFORM checks.claim('total(l + m)', t::text,
			total(l + m) = total(l) + total(m) AND total(l - m) = total(l) - total(m));
	END IF;
	PERFORM checks.claim('l - l is empty', t::text,
		customers(l - l) = 0 AND total(l - l) = 0 AND isempty(periods(l - l))
		AND grain(l - l) = t.grain
		AND NOT EXISTS (SELECT FROM ledger_entries(l - l))
		AND NOT EXISTS (SELECT FROM revenue_movements(l - l))
		AND NOT EXISTS (SELECT FROM cohort_retention(l - l)));
	PERFORM checks.claim('text form', t::text,
		l::text = l::text::revenue_ledger::text
		AND l::text = '\x' || encode(revenue_ledger_send(l), 'hex'));
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
		l := (SELECT revenue_ledger(customer, at, amount, t.grain) FROM billing);
		INSERT INTO kept VALUES (t.n, l);
		CALL pg_temp.check_results(t, l);
		IF l IS NULL THEN
			PERFORM checks.claim('no row, no ledger', t::text, NOT EXISTS (
				SELECT FROM billing
				WHERE customer IS NOT NULL AND at IS NOT NULL AND amount IS NOT NULL));
		ELSE
			CALL pg_temp.check_algebra(t, l);
		END IF;
		COMMIT;
	END LOOP;
END $$;

-- binary out and in again
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/results/random.ledgers'
COPY (SELECT n, l FROM kept ORDER BY n) TO STDOUT (FORMAT binary) \g :file
CREATE TEMP TABLE again (LIKE kept);
\set copy '\\copy again from ''' :file ''' (format binary)'
:copy
SELECT checks.compare('binary form', '', 'TABLE again', 'TABLE kept') AS wrong;

-- what was thrown
SELECT count(*) AS trials,
	count(DISTINCT customer) AS customer_kinds, count(DISTINCT at) AS at_kinds,
	count(DISTINCT amount) AS amount_kinds, count(DISTINCT grain) AS grains,
	count(DISTINCT (customer, at)) AS customer_at, count(DISTINCT (amount, grain)) AS amount_grain
FROM trial;
SELECT count(*) AS trials, count(l) AS ledgers, sum(customers(l)) AS customers,
	count(*) FILTER (WHERE customers(l) = 0) AS of_zeros,
	count(*) FILTER (WHERE total(l) < 0) AS below_zero,
	count(*) FILTER (WHERE refunds > 0) AS with_refunds,
	count(*) FILTER (WHERE returns > 0) AS with_returns,
	count(*) FILTER (WHERE gaps > 0) AS with_gaps,
	count(*) FILTER (WHERE periods = 1) AS of_one_period
FROM kept,
	LATERAL (SELECT count(*) AS refunds FROM ledger_entries(l) WHERE amount < 0) AS e,
	LATERAL (
		SELECT count(*) AS periods, count(*) FILTER (WHERE reactivation > 0) AS returns,
			count(*) FILTER (WHERE ending = 0) AS gaps
		FROM revenue_movements(l)) AS m;

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
