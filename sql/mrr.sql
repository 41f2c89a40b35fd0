--
-- mrr: the monthly share of an amount, by hand-computed examples, against plain SQL, and its errors.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET intervalstyle = postgres;
CREATE SCHEMA monthly;
SET search_path = monthly, public;

--
-- As people type it
--
SELECT mrr(1200, 'annual'), mrr(1200, interval '1 year'), mrr(1200.00, daterange('2024-01-01', '2025-01-01')), mrr(4900, 'month', 3), mrr(99::bigint, 'weekly'), mrr(1200::smallint, 'year', count => 2);
SELECT mrr('1200', 'annual'), mrr(1200.00, '3 months'), mrr(1200.00, 'P1Y'), mrr(1200.00, '[2024-01-01,2025-01-01)'::daterange), mrr(amount => 1200, every => '1 year'), mrr(amount => 1200, service => '[2024-01-01,2024-03-01)'), mrr(amount => 1200, frequency => 'day');
-- columns of other types of text; names as a user has them
SELECT mrr(amount, plan::varchar), mrr(amount, plan::char(20)), mrr(amount, plan::name::text) FROM (VALUES (120, 'Annual'), (90, 'QUARTERLY')) AS v(amount, plan);

--
-- Words: each is its number of months, a year has 12 months, 52 weeks and 365 days
--
SELECT word, mrr(12.00, word) AS of_12, mrr(365, word) AS of_365, mrr(52, upper(word), 2) AS of_52_for_two
FROM unnest(ARRAY['monthly', 'month', 'quarterly', 'quarter', 'semiannual', 'semiannually', 'half-yearly', 'annual', 'annually', 'yearly', 'year', 'biennial',
	'weekly', 'week', 'biweekly', 'fortnightly', 'daily', 'day']) WITH ORDINALITY AS w(word, n) ORDER BY n;
-- any other text is an interval, and count multiplies that, too
SELECT every, mrr(120, every) AS of_120, mrr(120, every, 4) AS of_120_for_four, mrr(120, every) = mrr(120, every::interval) AS as_interval
FROM unnest(ARRAY['1 month', '3 months', ' 6 mons ', '1 year', '2 years', '1 year 6 months', 'P1Y', 'P3M', 'P2W', '2 weeks', '14 days', '7 days', '10 days', '30 days', '90 days', '364 days', '365 days', '730 days',
	'1 month 1 day', '1 month 14 days', '10 years', '1 decade', '1.5 years', '@ 1 mon']) WITH ORDINALITY AS w(every, n) ORDER BY n;
-- seven days are a week, however they are put
SELECT mrr(70, 'day', 7), mrr(70, 'week'), mrr(70, '7 days'), mrr(70, '1 day', 7), mrr(70, interval '1 week'), mrr(70, 'daily', 6);

--
-- Service periods: whole months from the start, and of the last one the fraction of its days
--
SELECT service, mrr(1000.00, service) AS mrr, months, round(1000.00 / months, 6) AS by_hand FROM (VALUES
	(daterange('2024-01-01', '2024-02-01'), 1::numeric),
	(daterange('2024-01-15', '2024-03-01'), 1 + 15 / 29.0),			-- Feb 15 to Mar 15 has 29 days
	(daterange('2023-01-15', '2023-03-01'), 1 + 14 / 28.0),
	(daterange('2024-01-31', '2024-02-29'), 1),						-- a month after Jan 31 is the end of February
	(daterange('2024-01-31', '2024-03-01'), 1 + 1 / 31.0),				-- Feb 29 to Mar 31 has 31 days
	(daterange('2023-01-31', '2023-02-28'), 1),
	(daterange('2023-01-30', '2023-03-30'), 2),
	(daterange('2024-02-29', '2025-02-28'), 12),
	(daterange('2024-02-29', '2025-03-01'), 12 + 1 / 29.0),				-- Feb 28 to Mar 29 has 29 days
	(daterange('2024-02-29', '2028-02-29'), 48),
	(daterange('2024-01-01', '2024-01-02'), 1 / 31.0),
	(daterange('2024-01-01', '2024-01-31', '[]'), 1),
	(daterange('2024-02-10', '2024-02-20'), 10 / 29.0),
	(daterange('2022-07-01', '2025-07-01'), 36),
	(daterange('2024-01-01', '2034-01-01'), 120),
	(daterange('1999-12-31', '2000-02-29'), 2),
	(daterange('0001-12-15 BC', '0001-01-15'), 1),
	(daterange('2024-12-16', '2025-01-01'), 16 / 31.0)) AS v(service, months);
-- a contract and the months that it is cut into have the same monthly revenue
SELECT mrr(36000, daterange('2024-01-01', '2027-01-01')) AS three_years, mrr(1000, daterange('2025-02-01', '2025-03-01')) AS february, mrr(36000, 'annual', 3) AS by_words;

--
-- Decimals: four more than the amount has; ties go away from zero; credits have the sign of the amount
--
SELECT mrr(0, 'annual') AS zero, mrr(0.00, 'annual') AS zero_2, mrr(-1200.00, 'annual') AS credit, mrr(100, 'annual') AS four, mrr(100.0, 'annual') AS five, mrr(100.000000, 'annual') AS ten, mrr(99.99, 'quarterly') AS repeating;
SELECT amount, mrr(amount, 'month', 8) AS eighth FROM unnest(ARRAY[0.0001, 0.0004, -0.0004, 0.0012, -0.0012, 1e-4, 2.5]) AS amount;
SELECT amount, mrr(amount, 'biennial', 20000) AS tie, mrr(-amount, '40000 years') AS minus_tie FROM unnest(ARRAY[23, 24, 25, 71, 72, 73]) AS amount;
-- the widest amounts; what would have more than 32 digits is an error below
SELECT mrr(9999999999999999999999999999::numeric, 'monthly'), mrr(-9999999999999999999999999999::numeric, 'annual'), mrr(99999999999999999999999999999.99, '100 years'), mrr(1e31, '100000 years');
SELECT mrr(0.00000000000000000000000000000001, 'monthly'), mrr(9e-32, '178000000 years'), mrr(0::numeric(60, 50), 'day'), mrr(1.0000000000000000000000000000, 'annual');
SELECT mrr(99999999999999999999999999::numeric, 'day'), mrr(7, '178956970 years'), mrr(178956970, 'year', 178956970);

--
-- NULL in, NULL out
--
SELECT mrr(NULL, 'annual') IS NULL, mrr(1, NULL::text) IS NULL, mrr(1, NULL::interval) IS NULL, mrr(1, NULL::daterange) IS NULL, mrr(1, 'annual', NULL) IS NULL, mrr(NULL, 'no frequency') IS NULL;

--
-- Against plain SQL: integer arithmetic on numeric, and months counted one by one
--
CREATE FUNCTION quotient(dividend numeric, divisor numeric, decimals int) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT round(sign(dividend) * div(2 * abs(dividend) * 10::numeric ^ decimals + divisor, 2 * divisor) * ('1e-' || decimals)::numeric, decimals)
$$;
SELECT quotient(1, 8, 2), quotient(-1, 8, 2), quotient(2, 3, 4), quotient(-2, 3, 0);

CREATE FUNCTION expected_of_service(amount numeric, s date, e date) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT quotient(amount * (next - last), n * (next - last) + (e - last), scale(amount) + 4)
	FROM (SELECT n, (s + n * interval '1 month')::date AS last, (s + (n + 1) * interval '1 month')::date AS next
		FROM generate_series(0, 200) AS n) AS month
	WHERE last <= e AND e < next
$$;
CREATE FUNCTION expected_of_interval(amount numeric, months int, days int) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN days % 7 = 0 THEN quotient(amount * 52, months * 52 + 12 * (days / 7), scale(amount) + 4)
		ELSE quotient(amount * 365, months * 365 + 12 * days, scale(amount) + 4) END
$$;

SELECT setseed(0.4);
CREATE TABLE sample AS
SELECT round(((random() - 0.4) * 10 ^ (random() * 12))::numeric, (random() * 6)::int) AS amount,
	date '2019-11-30' + (random() * 1000)::int AS s, (random() * 1200)::int + 1 AS days, (random() * 40)::int AS months, (random() * 100)::int + 1 AS extra_days, (random() * 9)::int + 1 AS count
FROM generate_series(1, 20000);
SELECT count(*) AS services, count(DISTINCT scale(amount)) AS scales, count(*) FILTER (WHERE amount < 0) > 1000 AS has_credits,
	count(*) FILTER (WHERE mrr(amount, daterange(s, s + days)) IS DISTINCT FROM expected_of_service(amount, s, s + days)) AS wrong,
	count(*) FILTER (WHERE scale(mrr(amount, daterange(s, s + days))) <> scale(amount) + 4) AS wrong_scale
FROM sample;
SELECT count(*) AS intervals,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)) IS DISTINCT FROM expected_of_interval(amount, months, extra_days)) AS wrong,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)::text) IS DISTINCT FROM expected_of_interval(amount, months, extra_days)) AS wrong_as_text,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)::text, count) IS DISTINCT FROM expected_of_interval(amount, months * count, extra_days * count)) AS wrong_with_count
FROM sample;
SELECT count(*) AS words,
	count(*) FILTER (WHERE mrr(amount, word, count) IS DISTINCT FROM expected_of_interval(amount, w.months * count, w.days * count)) AS wrong
FROM sample, (VALUES ('monthly', 1, 0), ('Quarter', 3, 0), ('SEMIANNUAL', 6, 0), ('yearly', 12, 0), ('biennial', 24, 0), ('weekly', 0, 7), ('biweekly', 0, 14), ('daily', 0, 1)) AS w(word, months, days);
-- amounts of 32 digits, for centuries: amount x 365 x 10^4 has more than 128 bits
SELECT count(*) AS wide, bool_and(length(abs(amount)::text) = 32) AS are_wide,
	count(*) FILTER (WHERE mrr(amount, 'day', days) IS DISTINCT FROM expected_of_interval(amount, 0, days)) AS wrong
FROM (SELECT sign(amount) * concat('9', lpad(trunc(abs(amount))::text, 12, '7'), '1234567890123456789')::numeric AS amount, days * 13 + 400000 AS days FROM sample WHERE amount <> 0) AS w;
-- what mrr says is what nrr adds up
SELECT total(revenue_ledger(1, date '2024-01-01', mrr(amount, 'quarterly'))) = sum(mrr(amount, 'quarterly')) AS same FROM sample;

-- A count as Stripe exports it, and one that is out of range
SELECT mrr(300, 'month', 3::bigint);
SELECT mrr(1, 'year', 9223372036854775807);

--
-- The IntervalStyle decides how a sign is read: a text is never read when a plan is made
--
SELECT provolatile, proisstrict, proparallel, oid::regprocedure FROM pg_proc WHERE proname = 'mrr' ORDER BY oid::regprocedure::text COLLATE "C";

--
-- Errors
--
CREATE FUNCTION error(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
	detail text;
	context text;
BEGIN
	EXECUTE 'SELECT ' || query INTO detail;
	RETURN 'no error: ' || detail;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
	RETURN concat(SQLSTATE, ' ', SQLERRM, E'\n    HINT ' || nullif(hint, ''), E'\n    DETAIL ' || nullif(detail, ''), E'\n    CONTEXT ' || substring(context FROM '^billing frequency[^\n]*'));
END $$;
\pset format unaligned
\pset tuples_only on
SELECT query || ': ' || error(query) FROM unnest(ARRAY[
	'mrr(1, ''montly'')', 'mrr(1, '''')', 'mrr(1, ''two weeks'')', 'mrr(1, ''infinity'')', 'mrr(1, ''3 monts'')', 'mrr(1, ''2024-01-01'')', 'mrr(1, ''1 month; DROP TABLE sample'')',
	'mrr(1, ''annual'', 0)', 'mrr(1, ''annual'', -1)', 'mrr(1, ''1 year'', 2147483647)', 'mrr(1, ''178956970 years'', 2147483647)',
	'mrr(1, interval ''0'')', 'mrr(1, ''0 months'')', 'mrr(1, interval ''-1 month'')', 'mrr(1, interval ''1 month -1 day'')', 'mrr(1, interval ''-1 month 60 days'')', 'mrr(1, interval ''12 hours'')', 'mrr(1, interval ''1 month 1 second'')', 'mrr(1, ''12:00'')', 'mrr(1, ''1.55 weeks'')',
	'mrr(1, daterange(''2024-01-01'', ''2024-01-01''))', 'mrr(1, ''empty''::daterange)', 'mrr(1, daterange(''2024-01-01'', NULL))', 'mrr(1, daterange(NULL, ''2024-01-01''))', 'mrr(1, daterange(NULL, NULL))',
	'mrr(1, daterange(''2024-01-01'', ''infinity''))', 'mrr(1, daterange(''-infinity'', ''2024-01-01''))', 'mrr(1, daterange(''500000-01-01'', ''500000-02-01''))', 'mrr(1, daterange(''2024-01-01'', ''500000-02-01''))',
	'mrr(''NaN'', ''annual''::text)', 'mrr(''Infinity'', interval ''1 year'')', 'mrr(''-Infinity'', daterange(''2024-01-01'', ''2025-01-01''))', 'mrr(1.5::float8, ''annual'')',
	'mrr(1e32, ''annual'')', 'mrr(1e28, ''monthly'')', 'mrr(1e27, ''daily'')', 'mrr(1e-33, ''annual'')', 'mrr(1.000000000000000000000000000000000, ''annual'')', 'mrr(1e31::numeric(40, 5), ''100 years'')']) WITH ORDINALITY AS q(query, n) ORDER BY n;
\pset tuples_only off
\pset format aligned

RESET search_path;
DROP SCHEMA monthly CASCADE;
