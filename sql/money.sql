--
-- Amounts are exact: what goes in comes out, digit for digit, and sums are those of numeric.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
CREATE SCHEMA money_test;
SET search_path = money_test, public;

-- 32 digits that look random and are the same everywhere
CREATE FUNCTION random_digits(seed int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT translate(md5(seed::text), 'abcdef', '358169') $$;

CREATE FUNCTION ledger_of(amount anyelement) RETURNS revenue_ledger
LANGUAGE sql AS $$ SELECT revenue_entry(1, date '2024-01-01', amount) $$;

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
-- numeric: random digits and scales, and every way in which digits can end up in the base-10000
-- groups that numeric is stored in
--
CREATE TABLE amounts (source text, amount numeric);
INSERT INTO amounts
	SELECT 'random digits', round((sign || substr(digits, 1, length))::numeric / 10::numeric ^ scale, scale)
	FROM (
		SELECT (ARRAY['', '-'])[1 + n % 2] AS sign, (1 + n % 9)::text || random_digits(n) AS digits, 1 + n % 31 AS length, n / 31 % 21 AS scale
		FROM generate_series(1, 6510) AS n) AS r;
INSERT INTO amounts
	SELECT 'groups of digits', (g1 || g2 || g3 || '.' || g4 || g5)::numeric
	FROM unnest(ARRAY['0', '-7', '9999']) AS g1, unnest(ARRAY['0000', '0001', '1000', '9999']) AS g2, unnest(ARRAY['0000', '0010', '9999']) AS g3,
		unnest(ARRAY['0000', '0001', '1000', '9999', '01', '5']) AS g4, unnest(ARRAY['', '0', '0000', '0001', '10', '99990000']) AS g5;
INSERT INTO amounts
	SELECT 'powers of ten', sign * power * m FROM (SELECT 10::numeric ^ e AS power FROM generate_series(0, 30) AS e
		UNION ALL SELECT ('0.' || repeat('0', e) || '1')::numeric FROM generate_series(0, 30) AS e) AS p, unnest(ARRAY[1, 9]) AS m, unnest(ARRAY[1, -1]) AS sign;
INSERT INTO amounts
	SELECT 'quotients', a::numeric / b FROM generate_series(-20, 300, 7) AS a, generate_series(1, 97) AS b;
INSERT INTO amounts
	SELECT 'zeros', ('0.' || repeat('0', n))::numeric FROM generate_series(0, 400, 7) AS n
	UNION ALL SELECT 'zeros', 0;
INSERT INTO amounts
	SELECT 'trailing zeros', ('12.5' || repeat('0', n))::numeric FROM generate_series(0, 1000, 25) AS n;
INSERT INTO amounts
	SELECT 'in range of numeric(12,2)', amount::numeric(12,2)
	FROM (SELECT random_digits(n)::numeric / 1e23 - 5e8 AS amount FROM generate_series(1, 2000) AS n) AS r;

SELECT count(checks.claim(source, amount::text, total(ledger_of(amount)) = amount AND total(ledger_of(amount))::text = amount::text)) FROM amounts;
-- the same values through the text form of a ledger
SELECT count(checks.claim(source || ', stored', amount::text,
	total(ledger_of(amount)::text::revenue_ledger)::text = amount::text)) FROM amounts WHERE source <> 'quotients';
-- in ledger_entries and revenue_movements
SELECT count(checks.claim(source || ', in rows', a.amount::text,
	CASE WHEN a.amount = 0 THEN e.amount IS NULL ELSE e.amount::text = a.amount::text END AND m.ending::text = greatest(a.amount, round(0, scale(a.amount)))::text))
FROM amounts AS a, revenue_movements(ledger_of(a.amount)) AS m LEFT JOIN ledger_entries(ledger_of(amount)) AS e ON true;

-- sums: of all amounts of a source, and of ten at a time
SELECT count(checks.claim('sums', source, got::text = want::text))
FROM (SELECT source, total(revenue_ledger(1, date '2024-01-01', amount)) AS got, sum(amount) AS want
	FROM amounts WHERE abs(amount) < 1e9 AND scale(amount) <= 20 AND scale(trim_scale(amount)) <= 12 GROUP BY source) AS s;
SELECT count(checks.claim('sums of ten', b::text, got::text = want::text))
FROM (SELECT n / 10 AS b, total(revenue_ledger(n % 3, date '2024-01-01' + n, amount, 'day')) AS got, sum(amount) AS want
	FROM (SELECT row_number() OVER (ORDER BY source, amount::text COLLATE "C")::int AS n, amount FROM amounts
		WHERE abs(amount) < 1e12 AND scale(trim_scale(amount)) <= 18) AS a GROUP BY 1) AS s;
SELECT count(checks.claim('+ and -', a.amount || ' ' || b.amount,
	total(ledger_of(a.amount) + ledger_of(b.amount))::text = (a.amount + b.amount)::text
	AND total(ledger_of(a.amount) - ledger_of(b.amount))::text = (a.amount - b.amount)::text
	AND ledger_of(a.amount) + ledger_of(b.amount) - ledger_of(b.amount) = ledger_of(a.amount)))
FROM (SELECT amount, row_number() OVER (ORDER BY amount::text COLLATE "C") AS n FROM amounts WHERE abs(amount) < 1e14 AND scale(trim_scale(amount)) <= 16) AS a,
	(SELECT amount, row_number() OVER (ORDER BY reverse(amount::text) COLLATE "C") AS n FROM amounts WHERE abs(amount) < 1e14 AND scale(trim_scale(amount)) <= 16) AS b
WHERE a.n = b.n;

-- Display scale: that of the amount with most decimals, as in sum()
SELECT total(ledger_of(1.5) + ledger_of(1.500)), total(ledger_of(1::numeric(12,2))), total(ledger_of(0.000)), total(ledger_of(1e-20)), total(ledger_of(1e20)),
	total(ledger_of(10::numeric / 3)), total(ledger_of(1)), total(ledger_of(2.50) - ledger_of(2.50)),
	total(ledger_of(1.5) + ledger_of(1.500)) = sum(x) AND total(ledger_of(1.5) + ledger_of(1.500))::text = sum(x)::text AS as_sum
FROM (VALUES (1.5), (1.500)) AS v(x);
-- more decimals than numeric's own functions ever give are not all shown
SELECT scale(total(ledger_of(('0.' || repeat('0', 16383))::numeric))) AS decimals;

--
-- integers
--
SELECT count(checks.claim('bigint', n::text, total(ledger_of(n))::text = n::text))
FROM (SELECT sign * (1::bigint << bit) + d AS n FROM generate_series(0, 61) AS bit, unnest(ARRAY[1, -1]) AS sign, generate_series(-1, 1) AS d
	UNION ALL VALUES (9223372036854775807), (-9223372036854775807), (-9223372036854775808), (-9223372036854775808 + 2)) AS v;
SELECT count(checks.claim('smallint', n::text, total(ledger_of(n::smallint))::text = n::text)) FROM generate_series(-32768, 32767, 5) AS n;
SELECT total(ledger_of((-9223372036854775808)::bigint) + ledger_of((-9223372036854775808)::bigint)) AS twice,
	total(ledger_of(0) - ledger_of((-9223372036854775808)::bigint)) AS negated,
	total(ledger_of((-9223372036854775808)::bigint) - ledger_of((-9223372036854775808)::bigint)) AS cancelled;

--
-- floats: the shortest decimal that reads as the same float, which is what is printed
--
CREATE TABLE floats AS
	SELECT (sign || '0.' || random_digits(n) || 'e' || e)::float8 AS f FROM (SELECT n, n % 31 - 12 AS e, (ARRAY['', '-'])[1 + n % 2] AS sign FROM generate_series(1, 4000) AS n) AS r
	UNION ALL SELECT n / 100.0::float8 FROM generate_series(-500, 500) AS n
	UNION ALL VALUES (0::float8), ('-0'), (1e31), (-1e31), (1e-32), (9007199254740993), (0.1 + 0.2::float8), (1e15), (1e16), (123456789012345680000);
SELECT count(checks.claim('double precision', f::text, total(ledger_of(f))::text = (f::text::numeric + 0)::text))
FROM floats WHERE scale(f::text::numeric) <= 32;
SELECT count(checks.claim('real', f::text, total(ledger_of(f))::text = (f::text::numeric + 0)::text))
FROM (SELECT f::real AS f FROM floats) AS r WHERE scale(f::text::numeric) <= 32;
SET extra_float_digits = -15;
SELECT total(ledger_of(0.1::float8 + 0.2::float8)), total(ledger_of(0.1::real)) AS "no setting matters";
RESET extra_float_digits;

--
-- more than 64 bits: in one customer and period, over customers, in +, - and rollup, in a stored
-- ledger, and all of them negative
--
CREATE TABLE wide AS
	SELECT n, n % 13 AS customer, date '2024-01-01' + n % 7 * 31 AS at,
		round((ARRAY[1, -1, -1])[1 + n % 3] * (12345678901234567890.123456789 * n + 98765432109876543210 * (n % 11)), n % 8) AS amount
	FROM generate_series(1, 2000) AS n;
CREATE VIEW wide_net AS SELECT customer, date_trunc('month', at)::date AS period, sum(amount) AS amount FROM wide GROUP BY 1, 2;
SELECT count(checks.claim('wide: ' || way, '', total(l)::text = (SELECT sum(amount) FROM wide)::text
	AND (SELECT count(*) FROM wide_net) = (SELECT count(*) FROM ledger_entries(l) AS e JOIN wide_net AS w ON e.customer::int = w.customer AND e.period = w.period AND e.amount = w.amount)))
FROM (
	SELECT 'aggregate', revenue_ledger(customer, at, amount) FROM wide
	UNION ALL SELECT 'rollup', rollup(l) FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM wide GROUP BY n % 10) AS s
	UNION ALL SELECT 'rollup of entries', rollup(revenue_entry(customer, at, amount)) FROM wide
	UNION ALL SELECT '+', a + b FROM (SELECT revenue_ledger(customer, at, amount) FILTER (WHERE n % 2 = 0) AS a, revenue_ledger(customer, at, amount) FILTER (WHERE n % 2 = 1) AS b FROM wide) AS s
	UNION ALL SELECT '-', a - b FROM (SELECT revenue_ledger(customer, at, amount) FILTER (WHERE n % 2 = 0) AS a, revenue_ledger(customer, at, -amount) FILTER (WHERE n % 2 = 1) AS b FROM wide) AS s
	UNION ALL SELECT 'text', revenue_ledger(customer, at, amount)::text::revenue_ledger FROM wide) AS v(way, l);
SELECT total(l), want, customers(l), (SELECT sum(ending) FROM revenue_movements(l)) AS revenue, (SELECT count(*) FROM cohort_retention(l)) AS cells
FROM (SELECT revenue_ledger(customer, at, -abs(trunc(amount, 4))) AS l, sum(-abs(trunc(amount, 4))) AS want FROM wide) AS s;
SELECT * FROM ledger_entries((SELECT revenue_ledger(n, date '2024-01-01', sign * 9223372036854775807::numeric + n) FROM generate_series(-2, 2) AS n, unnest(ARRAY[1, -1]) AS sign)) ORDER BY amount;

--
-- at the limit: 32 digits, decimals included
--
SELECT statement, outcome('SELECT total(' || statement || ')') FROM (VALUES
	(1, 'ledger_of(99999999999999999999999999999999)'),
	(2, 'ledger_of(-99999999999999999999999999999999)'),
	(3, 'ledger_of(100000000000000000000000000000000)'),
	(4, 'ledger_of(0.99999999999999999999999999999999)'),
	(5, 'ledger_of(1e-32)'),
	(6, 'ledger_of(1e-33)'),
	(7, 'ledger_of(1e40)'),
	(8, 'ledger_of(1e1000)'),
	(9, 'ledger_of(1.00000000000000000000000000000001)'),
	(10, 'ledger_of(123456789012345678901234567890.12)'),
	(11, 'ledger_of(123456789012345678901234567890.120)'),
	(12, 'ledger_of(1234567890123456789012345678901.12)'),
	(13, 'ledger_of(1e31::float8)'),
	(14, 'ledger_of(1e32::float8)'),
	(15, 'ledger_of(1e300::float8)'),
	(16, 'ledger_of(1e-300::float8)'),
	(17, 'ledger_of(1.5e-32::float8)'),
	(18, 'ledger_of(1e38::real)'),
	(19, 'ledger_of(''NaN''::numeric)'),
	(20, 'ledger_of(''Infinity''::numeric)'),
	(21, 'ledger_of(''-Infinity''::numeric)'),
	(22, 'ledger_of(''NaN''::float8)'),
	(23, 'ledger_of(''Infinity''::float8)'),
	(24, 'ledger_of(''-Infinity''::real)'),
	(25, 'ledger_of(''NaN''::real)'),
	(26, 'ledger_of(99999999999999999999999999999999) + ledger_of(1)'),
	(27, 'ledger_of(99999999999999999999999999999999) - ledger_of(1)'),
	(28, 'ledger_of(-99999999999999999999999999999999) - ledger_of(1)'),
	(29, 'ledger_of(1e31) + ledger_of(0.1)'),
	(30, 'ledger_of(1e30) + ledger_of(0.1)'),
	(31, 'ledger_of(6e31) + revenue_entry(2, date ''2024-01-01'', 6e31)'),
	(32, 'ledger_of(6e31) + revenue_entry(2, date ''2024-01-01'', -6e31)'),
	(33, '(SELECT rollup(ledger_of(i * 1e31)) FROM generate_series(1, 4) AS i)'),
	(34, '(SELECT rollup(ledger_of(i * 1e31)) FROM generate_series(1, 3) AS i)'),
	(35, '(SELECT revenue_ledger(1, date ''2024-01-01'', i * 1e31) FROM generate_series(1, 4) AS i)'),
	(36, '(SELECT revenue_ledger(i, date ''2024-01-01'', 9e31 * (-1) ^ i) FROM generate_series(1, 101) AS i)'),
	(37, '(SELECT revenue_ledger(1, date ''2024-01-01'', 9e31 * (-1) ^ i) FROM generate_series(1, 10001) AS i)')) AS v(n, statement)
ORDER BY n;
-- what fits a ledger may not fit a sum of positive ones alone
SELECT outcome('SELECT sum(ending) FROM revenue_movements(ledger_of(6e31) + revenue_entry(2, date ''2024-01-01'', 6e31) - revenue_entry(3, date ''2024-01-01'', 9e31))');

--
-- Zeros at the end of an amount are shown, and are none of its digits, wherever an amount goes in.
--
SELECT n, amount, outcome(format('SELECT total(ledger_of(%s))', amount)) AS payment,
	outcome(format('SELECT total(revenue_ledger(1, date ''2024-01-01'', a)) FROM unnest(ARRAY[0.5000, %s, 0.2500]) AS a', amount)) AS among_others,
	outcome(format('SELECT total(subscription_ledger(1, daterange(''2024-01-01'', ''2024-03-01''), %s))', amount)) AS subscription,
	outcome(format('SELECT total(invoice_ledger(1, daterange(''2024-01-15'', ''2024-03-15''), %s))', amount)) AS invoice,
	outcome(format('SELECT amount FROM ledger_entries((SELECT invoice_ledger(1, daterange(''2024-01-15'', ''2024-03-15''), %s))) LIMIT 1', amount)) AS share,
	outcome(format('SELECT mrr(%s, ''quarterly'')', amount)) AS mrr,
	outcome(format('SELECT starting(retention(a, a)) FROM unnest(ARRAY[0.5000, %s, 0.2500]) AS a', amount)) AS retention,
	outcome(format('SELECT nrr(%1$s, 0.5000 * %1$s, 0, 0)', amount)) AS formula
FROM (VALUES (1, round(1, 40)), (2, round(0, 40)), (3, round(-12345678901234567890123456789.5, 20)), (4, round(1e31, 5)), (5, round(123.45, 300)), (6, round(1e-28, 28)), (7, round(99.99, 2))) AS v(n, amount)
ORDER BY n \gx
-- shares with too many decimals for a ledger are refused, not written
SELECT outcome('SELECT invoice_ledger(1, daterange(''2024-01-15'', ''2024-03-15''), 1e-29)') AS fine_shares, outcome('SELECT total(invoice_ledger(1, daterange(''2024-01-15'', ''2024-03-15''), 1e-28)::text::revenue_ledger)') AS finest_shares;
-- many of them, and their shares, add up
SELECT total(invoice_ledger(i % 7, daterange(date '2024-01-01' + i, date '2024-02-05' + i), round(99.90 * i, 38))) = sum(99.90 * i) AS same FROM generate_series(1, 10000) AS i;

--
-- percentages: rounded half away from zero to four decimals, as round(numeric, 4) does
--
CREATE FUNCTION bridge(starting numeric, ending numeric) RETURNS revenue_ledger
LANGUAGE sql AS $$ SELECT revenue_ledger(1, at, amount) FROM (VALUES (date '2024-01-01', starting), ('2024-02-01', ending)) AS v(at, amount) $$;
SELECT v.*, nrr, grr
FROM (VALUES (2000000, 1), (2000000, 3), (2000000, 2000001), (1e6, 999999.5), (3, 1), (3, 2), (7, 22), (800000, 1), (800000, 7), (1600000, 1), (0.00002, 0.00000000001),
		(49999999999999999999999999999999, 49999999999999999999999999999999), (99999999999999999999999999999998, 1), (1, 99999999999999999999999999999998),
		(66666666666666666666666666666666, 33333333333333333333333333333333)) AS v(starting, ending),
	revenue_movements(bridge(v.starting, v.ending)) AS m WHERE period = '2024-02-01';
SELECT count(checks.claim('percent', v.starting || ' ' || v.ending,
	m.nrr::text = round(100 * v.ending::numeric(60,30) / v.starting, 4)::text AND m.grr::text = round(100 * least(v.starting, v.ending)::numeric(60,30) / v.starting, 4)::text
	AND m.quick_ratio IS NOT DISTINCT FROM CASE WHEN v.ending < v.starting THEN 0.0000 END))
FROM (SELECT starting, ending FROM generate_series(1, 3000, 41) AS starting, generate_series(1, 4000, 43) AS ending
	UNION ALL SELECT 2000000, n FROM generate_series(1, 3999, 2) AS n) AS v,
	LATERAL (SELECT * FROM revenue_movements(bridge(v.starting, v.ending)) WHERE period = '2024-02-01') AS m;
-- quick ratio: gains of one customer over losses of another
SELECT count(checks.claim('quick ratio', gained || ' ' || lost, m.quick_ratio::text = round(gained::numeric(60,30) / lost, 4)::text))
FROM generate_series(1, 500, 13) AS gained, generate_series(1, 20001, 501) AS lost,
	LATERAL (SELECT * FROM revenue_movements(revenue_entry(1, date '2024-01-01', lost) + revenue_entry(2, date '2024-02-01', gained)) WHERE period = '2024-02-01') AS m;

SELECT * FROM checks.summary ORDER BY topic COLLATE "C";
SELECT * FROM checks.failure ORDER BY topic COLLATE "C", context COLLATE "C" LIMIT 50;

RESET search_path;
DROP SCHEMA money_test, checks CASCADE;
