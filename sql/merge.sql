--
-- Ledgers added and taken away, without a look at the rows behind them: of every kind of customer,
-- grain and amount, of other times, of other customers, and of subscriptions that last.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;

-- What lasts goes on through the periods of the other ledger, and beyond.
CREATE TEMP TABLE hand AS
	SELECT (SELECT subscription_ledger('x', daterange('2024-02-10', NULL), 10)) AS lasting,
		(SELECT subscription_ledger('x', daterange('2024-04-10', NULL), -10)) AS cancels,
		revenue_entry('x', date '2024-04-20', 2.5) AS later,
		revenue_entry('w', date '2024-01-20', 7) AS before;
SELECT what, periods(l), customers(l), total(l), string_agg(
	customer || ' ' || to_char(period, 'MM') || ' ' || amount, ', ' ORDER BY customer, period) AS entries
FROM hand, LATERAL (VALUES (1, 'lasting', lasting), (2, 'lasting + later', lasting + later),
		(3, 'later + lasting', later + lasting), (4, 'before + lasting', before + lasting),
		(5, 'lasting + cancels', lasting + cancels), (6, 'lasting - lasting', lasting - lasting),
		(7, 'lasting + later - lasting', lasting + later - lasting),
		(8, 'later - lasting', later - lasting)) AS v(n, what, l)
	LEFT JOIN LATERAL ledger_entries(l, '2024-06-01') ON true
GROUP BY n, what, periods(l), customers(l), total(l) ORDER BY n;

-- Nothing is rounded, and nothing overflows in silence.
CREATE TEMP TABLE wide AS
	SELECT revenue_entry(1, date '2024-01-01', repeat('9', 32)::numeric) AS nines,
		revenue_entry(1, date '2024-01-01', 1) AS one,
		revenue_entry(1, date '2024-01-01', 0.1) AS tenth,
		revenue_entry(2, date '2024-01-01', 0.1) AS other,
		revenue_entry(1, date '2024-01-01', 1e-32) AS tiny,
		revenue_entry(1, date '0001-01-01', 1, 'day') AS ancient,
		revenue_entry(1, date '3000-01-01', 1, 'day') AS future;
SELECT total(nines - one), total(nines - one + one), total(nines - nines + tenth),
	total(tiny - tenth), total(tiny + tenth - tiny)
FROM wide;
SELECT e.* FROM (VALUES (1, 'SELECT nines + one FROM wide'), (2, 'SELECT one + nines FROM wide'),
		(3, 'SELECT nines + tenth FROM wide'), (4, 'SELECT other - nines FROM wide'),
		(5, 'SELECT one + tiny FROM wide'), (6, 'SELECT ancient + future FROM wide'))
	AS v(n, statement), checks.error(statement) AS e
ORDER BY n;

-- ledgers of other snapshot rules do not go together; what has no subscriptions goes with both
SELECT e.* FROM (VALUES (1, 'at_end + at_start'), (2, 'at_end + plain + at_start'),
		(3, 'plain + at_end + plain'), (4, 'at_start - plain')) AS v(n, expression),
	checks.error(format('SELECT %s FROM (SELECT
		(SELECT subscription_ledger(1, daterange(''2024-01-15'', NULL), 4)) AS at_end,
		(SELECT subscription_ledger(1, daterange(''2024-01-15'', NULL), 4, ''month'', ''start''))
			AS at_start,
		revenue_entry(1, date ''2024-01-01'', 1) AS plain) AS l', expression)) AS e
ORDER BY n;

-- md5 throws the same dice on every machine
CREATE FUNCTION pg_temp.dice(sides int, VARIADIC key text[]) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT ('x' || substr(md5(array_to_string(key, ' ')), 1, 8))::bit(32)::bigint % sides
$$;

CREATE FUNCTION pg_temp.pick(choices text[], VARIADIC key text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT choices[1 + pg_temp.dice(cardinality(choices), VARIADIC key)]
$$;

-- Expressions over c, the number of a customer, m, a small number of either sign, and part, the
-- number of the ledger. Texts are alike in more bytes, and fewer, than a word has.
CREATE TEMP TABLE kind (name text, value text);
INSERT INTO kind VALUES
	('int', '(c * 71582788 - 2147483640)::int'),
	('bigint', '(c - 30) * 307445734561825860'),
	('uuid', $$CASE c WHEN 0 THEN repeat('0', 32) WHEN 1 THEN repeat('f', 32) ELSE md5(c::text) END::uuid$$),
	('text', $$coalesce((ARRAY['', ' ', 'é', '顧客', E'\x01', E'\x01\x01', 'a', 'A', 'a ',
		'customer', 'customer ', repeat('long', 700)])[c + 1], 'customer ' || c)$$),
	('whole', '50 * m'),
	('cents', '19.99 * m'),
	('a scale per ledger', 'round(7.123456789 * m, part)'),
	('deep', 'round(m * 0.123456789012345678 / 7, 16 - 2 * part)'),
	('wide', '12345678901234567890 * m + round(m / 7.0, part)');

-- Ledgers are parts of the rows by chance, by time or by customer.
CREATE TEMP TABLE trial AS
	SELECT n,
		pg_temp.pick('{int, bigint, uuid, text}', 'customer', seed) AS customer,
		pg_temp.pick('{whole, cents, a scale per ledger, deep, wide}', 'amount', seed) AS amount,
		pg_temp.pick('{day, week, month, quarter, year}', 'grain', seed) AS grain,
		pg_temp.pick('{rows, subscriptions, both}', 'shape', seed) AS shape,
		pg_temp.pick('{chance, time, customer}', 'split', seed) AS split,
		pg_temp.pick('{1, 2, 10, 60}', 'customers', seed)::int AS customers,
		pg_temp.pick('{2, 10, 60, 300}', 'lines', seed)::int AS lines,
		pg_temp.pick('{2, 3, 5, 8}', 'parts', seed)::int AS parts,
		pg_temp.pick('{1, 5, 40}', 'periods', seed)::int AS periods,
		pg_temp.pick('{0, 10, 50}', 'negatives', seed)::int AS negatives
	FROM generate_series(1, 300) AS n, LATERAL (SELECT n::text AS seed) AS s;

CREATE PROCEDURE pg_temp.make(t trial) LANGUAGE plpgsql AS $$
DECLARE
	days int := t.periods * CASE t.grain WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 30
		WHEN 'quarter' THEN 91 ELSE 365 END;
BEGIN
	DROP TABLE IF EXISTS line, billing, part;
	CREATE TEMP TABLE line AS
		SELECT id, c, at, m,
			CASE t.split WHEN 'time' THEN (at - '2019-11-05') * t.parts / days
				WHEN 'customer' THEN c % t.parts
				ELSE pg_temp.dice(t.parts, 'part', t.n::text, id::text) END::int AS part,
			daterange(at, CASE WHEN pg_temp.dice(3, 'ends', t.n::text, id::text) > 0
				THEN at + pg_temp.dice(days, 'length', t.n::text, id::text) END) AS during,
			CASE t.shape WHEN 'both' THEN pg_temp.dice(2, 'shape', t.n::text, id::text) = 0
				ELSE t.shape = 'subscriptions' END AS subscribed
		FROM generate_series(1, t.lines) AS id,
			LATERAL (SELECT pg_temp.dice(t.customers, 'customer', t.n::text, id::text)::bigint AS c,
				date '2019-11-05' + pg_temp.dice(days, 'day', t.n::text, id::text) AS at,
				pg_temp.dice(5, 'amount', t.n::text, id::text)
					* CASE WHEN pg_temp.dice(100, 'negative', t.n::text, id::text) < t.negatives
						THEN -1 ELSE 1 END AS m) AS dice;
	EXECUTE format('CREATE TEMP TABLE billing AS SELECT id, part, %s AS customer, at, during,
			(%s)::numeric AS amount, subscribed
		FROM line', (SELECT value FROM kind WHERE name = t.customer),
		(SELECT value FROM kind WHERE name = t.amount));
	CREATE TEMP TABLE part AS
		SELECT row_number() OVER (ORDER BY part, subscribed) AS id, subscribed, l
		FROM (SELECT part, subscribed, CASE WHEN subscribed
				THEN subscription_ledger(customer, during, amount, t.grain)
				ELSE revenue_ledger(customer, at, amount, t.grain) END AS l
			FROM billing GROUP BY part, subscribed) AS p;
END $$;

-- A ledger that came about by signs has the sums of entries that the others have, and is canonical.
CREATE PROCEDURE pg_temp.check_sums(t trial, topic text, l revenue_ledger, a revenue_ledger,
	b revenue_ledger, sign int)
LANGUAGE plpgsql AS $$
DECLARE
	later date := greatest(upper(periods(a)), upper(periods(b)), upper(periods(l))) + 500;
BEGIN
	PERFORM checks.compare(topic, t::text,
		format('SELECT customer, period, trim_scale(amount) FROM ledger_entries(%L, %L)', l, later),
		format('SELECT customer, period, trim_scale(sum(amount)) FROM (
				SELECT * FROM ledger_entries(%L, %L)
				UNION ALL SELECT customer, period, %s * amount FROM ledger_entries(%L, %L)) AS e
			GROUP BY 1, 2 HAVING sum(amount) <> 0', a, later, sign, b, later));
	PERFORM checks.claim('canonical', topic || t::text, l::text::revenue_ledger::text = l::text
		AND total(l) = (SELECT coalesce(sum(amount), 0) FROM ledger_entries(l)));
END $$;

-- Ledgers equal each other text for text, unless a snapshot rule comes from what was taken away.
CREATE PROCEDURE pg_temp.check_algebra(t trial, a revenue_ledger, b revenue_ledger,
	c revenue_ledger)
LANGUAGE plpgsql AS $$
DECLARE
	-- adds nothing but a snapshot rule
	nothing revenue_ledger := a - a + (b - b);
BEGIN
	CALL pg_temp.check_sums(t, 'a + b', a + b, a, b, 1);
	CALL pg_temp.check_sums(t, 'a - b', a - b, a, b, -1);
	CALL pg_temp.check_sums(t, 'a - b - c', a - b - c, a - b, c, -1);
	PERFORM checks.claim('a + b is rollup', t::text,
		(a + b)::text = (SELECT rollup(l)::text FROM (VALUES (a), (b)) AS v(l)));
	PERFORM checks.claim('a + b = b + a', t::text, (a + b)::text = (b + a)::text);
	PERFORM checks.claim('a + b + c in any order', t::text,
		((a + b) + c)::text = (a + (b + c))::text AND ((a + b) + c)::text = (b + (c + a))::text);
	PERFORM checks.claim('a - b - c = a - (b + c)', t::text,
		(a - b - c)::text = (a - (b + c))::text AND (a - b - c)::text = (a - c - b)::text);
	PERFORM checks.claim('a - b + c = a - (b - c)', t::text,
		a - b + c = a - (b - c) AND periods(a - b + c) = periods(a - (b - c))
		AND a - b + c = a + c - b AND periods(a - b + c) = periods(a + c - b)
		AND (t.shape = 'both' OR ((a - b + c)::text = (a - (b - c))::text
			AND (a - b + c)::text = (a + c - b)::text)));
	PERFORM checks.claim('a + b - b = a', t::text,
		a + b - b = a + nothing AND periods(a + b - b) = periods(a)
		AND a - b + b = a + nothing AND periods(a - b + b) = periods(a)
		AND (t.shape = 'both' OR t.amount NOT IN ('whole', 'cents')
			OR (a + b - b)::text = a::text));
	PERFORM checks.claim('a + nothing = a', t::text, customers(nothing) = 0 AND total(nothing) = 0
		AND isempty(periods(nothing)) AND periods(a + nothing) = periods(a)
		AND (t.shape = 'both' OR (a + nothing = a AND b - nothing = b)));
END $$;

CREATE TEMP TABLE kept (n int, l revenue_ledger, difference revenue_ledger);

DO $$
DECLARE
	t trial;
	l revenue_ledger;
	part_l revenue_ledger;
	picked revenue_ledger[];
BEGIN
	FOR t IN SELECT * FROM trial ORDER BY n LOOP
		CALL pg_temp.make(t);
		picked := ARRAY(SELECT p.l FROM part AS p ORDER BY pg_temp.dice(1000, 'picked', t.n::text, id::text), id);
		CALL pg_temp.check_algebra(t, picked[1], picked[1 + cardinality(picked) / 2],
			picked[cardinality(picked)]);
		l := NULL;
		FOREACH part_l IN ARRAY picked LOOP
			l := coalesce(l + part_l, part_l);
		END LOOP;
		PERFORM checks.claim('sum of parts is rollup', t::text,
			l::text = (SELECT rollup(p.l)::text FROM part AS p));
		IF t.shape = 'rows' THEN
			PERFORM checks.claim('sum of parts is of all rows', t::text, l::text =
				(SELECT revenue_ledger(customer, at, amount, t.grain)::text FROM billing));
		ELSIF t.shape = 'subscriptions' THEN
			PERFORM checks.claim('sum of parts is of all subscriptions', t::text, l::text =
				(SELECT subscription_ledger(customer, during, amount, t.grain)::text FROM billing));
		END IF;
		INSERT INTO kept VALUES (t.n, l, picked[1] - picked[cardinality(picked)]);
		COMMIT;
	END LOOP;
END $$;

-- what was thrown
SELECT count(DISTINCT customer) AS customer_kinds, count(DISTINCT amount) AS amount_kinds,
	count(DISTINCT grain) AS grains, count(DISTINCT (shape, split)) AS shapes,
	count(DISTINCT (customer, amount, split)) AS combinations
FROM trial;
SELECT count(*) AS trials, sum(customers(l)) AS customers,
	count(*) FILTER (WHERE total(l) < 0) AS below_zero,
	count(*) FILTER (WHERE EXISTS (
		SELECT FROM ledger_entries(l, upper(periods(l)) + 400) WHERE period >= upper(periods(l))))
		AS lasting,
	count(*) FILTER (WHERE isempty(periods(difference))) AS equal_parts,
	count(*) FILTER (WHERE NOT periods(difference) @> periods(l)) AS narrower_differences
FROM kept;

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA checks CASCADE;
