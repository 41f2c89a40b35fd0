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
	'weekly', 'week', 'fortnightly', 'daily', 'day']) WITH ORDINALITY AS w(word, n) ORDER BY n;
-- any other text is an interval, and count multiplies that, too
SELECT every, mrr(120, every) AS of_120, mrr(120, every, 4) AS of_120_for_four, mrr(120, every) = mrr(120, every::interval) AS as_interval
FROM unnest(ARRAY['1 month', '3 months', ' 6 mons ', '1 year', '2 years', '1 year 6 months', 'P1Y', 'P3M', 'P2W', '2 weeks', '14 days', '7 days', '10 days', '30 days', '90 days', '364 days', '365 days', '730 days',
	'1 month 1 day', '1 month 14 days', '10 years', '1 decade', '1.5 years', '@ 1 mon']) WITH ORDINALITY AS w(every, n) ORDER BY n;
-- as billing systems write them: a word, or [every] [number] unit
SELECT word, months, days, mrr(12345.67, word) IS NOT DISTINCT FROM mrr(12345.67, make_interval(months => months, days => days)) AS right
FROM (VALUES
	('months', 1, 0), ('years', 12, 0), ('weeks', 0, 7), ('days', 0, 1), ('quarters', 3, 0), ('annual ', 12, 0), (E'\t Monthly\n', 1, 0),
	('semi-annual', 6, 0), ('semi annually', 6, 0), ('SEMI_ANNUAL', 6, 0), ('half-year', 6, 0), ('half year', 6, 0), ('halfyear', 6, 0), ('half_yearly', 6, 0), ('2 half-years', 12, 0),
	('1-Year', 12, 0), ('2-Year', 24, 0), ('12-month', 12, 0), ('3_months', 3, 0), ('One year', 12, 0), ('Two year', 24, 0), ('two weeks', 0, 14), ('Month-to-month', 1, 0),
	('every 6 months', 6, 0), ('every 3 weeks', 0, 21), ('every month', 1, 0), ('Every half year', 6, 0), ('EVERY_TWO_WEEKS', 0, 14), ('EVERY_SIX_MONTHS', 6, 0), ('NINETY_DAYS', 0, 90), ('every 2 quarters', 6, 0),
	('every 1 year 6 months', 18, 0), ('every P3M', 3, 0), ('per month', 1, 0), ('per annum', 12, 0),
	('12 mo', 12, 0), ('12mo', 12, 0), ('6 mos.', 6, 0), ('1 mth', 1, 0), ('3 mths', 3, 0), ('yr', 12, 0), ('2 yrs', 24, 0), ('wk', 0, 7), ('4 wks', 0, 28), ('qtr', 3, 0), ('2 qtrs', 6, 0), ('fortnight', 0, 14), ('2 fortnights', 0, 28),
	('biennially', 24, 0), ('bi-ennial', 24, 0), ('triennial', 36, 0), ('Triennially', 36, 0), ('007 days', 0, 7),
	-- and as PostgreSQL writes intervals, as ever
	('1y', 12, 0), ('2w', 0, 14), ('30d', 0, 30), ('1 century', 1200, 0), ('2 decs', 240, 0), ('.5 years', 6, 0), ('+3 months', 3, 0), ('1-2', 14, 0), ('1 year -1 month', 11, 0), ('2 weeks 1 day', 0, 15)) AS v(word, months, days);
-- seven days are a week, however they are put
SELECT mrr(70, 'day', 7), mrr(70, interval '1 day', 7), mrr(70, 'week'), mrr(70, '7 days'), mrr(70, '1 day', 7), mrr(70, interval '1 week'), mrr(70, 'daily', 6);

--
-- Weeks in a month
--
SELECT weeks, mrr(100, 'weekly', weeks => weeks) AS weekly, mrr(100, interval '2 weeks', weeks => weeks) AS two_weeks, mrr(100, '28 days', 2, weeks) AS eight_weeks,
	mrr(100, '1 month 1 week', weeks => weeks) AS month_and_week, mrr(100, 'annual', weeks => weeks) AS annual, mrr(100, '30 days', weeks => weeks) AS thirty_days, mrr(100::float8, 'week', weeks => weeks) AS of_float
FROM unnest(ARRAY['52/12', '365/84', '4', '4.33', '4.345', '13/3', '5']) WITH ORDINALITY AS w(weeks, n) ORDER BY n;
SELECT bool_and(mrr(amount, 'week', weeks => weeks) = round(amount * months::numeric / divisor, scale(amount) + 4)) AS right
FROM (VALUES ('365/84', 365, 84), ('4', 4, 1), ('4.33', 433, 100), ('52/12', 52, 12)) AS w(weeks, months, divisor), (VALUES (100.00), (0.01), (-77.7), (12345678.901)) AS v(amount);

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
-- Service periods with a time of day: whole months from the start's, and of the last one the fraction
--
SELECT during, mrr(1000.00, during) AS mrr, months, round(1000.00 / months, 6) AS by_hand FROM (VALUES
	(tsrange('2024-01-15 12:00', '2024-02-15 12:00'), 1::numeric),
	(tsrange('2024-01-31 23:59:59.999999', '2024-02-29 23:59:59.999999'), 1),
	(tsrange('2024-02-29 10:00', '2025-02-28 10:00'), 12),
	(tsrange('2024-01-31 10:00', '2024-03-31 10:00'), 2),
	(tsrange('2024-01-15 12:00', '2024-02-15 00:00'), 30.5 / 31),
	(tsrange('2024-01-15 00:00', '2024-02-15 12:00'), 1 + 0.5 / 29),
	(tsrange('2024-01-31 10:00', '2024-02-29 09:00'), (29 - 1 / 24.0) / 29),
	(tsrange('2024-01-01 00:00', '2024-01-01 01:00'), 1 / 24.0 / 31),
	(tsrange('2024-01-01', '2024-02-01', '[]'), 1),
	(tsrange('2024-01-01', '2024-01-31 23:59:59'), 1 - 1 / 86400.0 / 31),
	(tsrange('0001-12-15 06:00 BC', '0001-01-15 06:00'), 1)) AS v(during, months);
SET timezone = 'Europe/Berlin';
SELECT during, mrr(1000.00, during) AS mrr, months, round(1000.00 / months, 6) AS by_hand FROM (VALUES
	(tstzrange('2024-03-15 12:00', '2024-04-15 12:00'), 1::numeric),		-- summer time begins on Mar 31
	(tstzrange('2024-10-01', '2024-11-01'), 1),							-- and ends on Oct 27
	(tstzrange('2024-03-15', '2024-04-10'), 26 / 31.0),
	(tstzrange('2024-03-31', '2024-04-01'), 1 / 30.0),						-- a day of 23 hours is a day
	(tstzrange('2024-01-15 12:00', '2024-07-15 12:00'), 6),
	(tstzrange('2023-12-31 23:00+00', '2024-01-31 23:00+00'), 1),
	(tstzrange('2024-10-27 02:45+02', '2024-10-27 02:15+01'), 0.5 / 24 / 31),	-- the hour that there is twice
	(tstzrange('2024-10-27 02:30+02', '2024-10-27 02:30+01'), 1 / 24.0 / 31)) AS v(during, months);
-- the same moments are something else in another zone
SELECT mrr(1000.00, during) AS berlin FROM (VALUES (tstzrange('2024-03-01 00:00+01', '2024-04-01 00:00+02'))) AS v(during);
SET timezone = 'UTC';
SELECT mrr(1000.00, during) AS utc, round(1000.00 / (1 + 47 / 24.0 / 31), 6) AS by_hand FROM (VALUES (tstzrange('2024-03-01 00:00+01', '2024-04-01 00:00+02'))) AS v(during);
RESET timezone;

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
SELECT mrr(NULL::float8, 'annual') IS NULL, mrr(1, NULL::tsrange) IS NULL, mrr(NULL, 'annual') IS NULL, mrr(1, NULL::text) IS NULL, mrr(1, NULL::interval) IS NULL, mrr(1, NULL::daterange) IS NULL, mrr(NULL, 'no frequency') IS NULL;

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
-- ranges with a time of day: by the same rule, and where there is none or it is the same at both ends, as of dates
SELECT count(*) AS services,
	count(*) FILTER (WHERE mrr(amount, tsrange(s, s + days)) IS DISTINCT FROM mrr(amount, daterange(s, s + days))) AS wrong_at_midnight,
	count(*) FILTER (WHERE mrr(amount, tsrange(s + clock, s + days + clock)) IS DISTINCT FROM mrr(amount, daterange(s, s + days))) AS wrong_at_a_time,
	count(*) FILTER (WHERE mrr(amount, tsrange(s + clock, s + clock + months * interval '1 month')) IS DISTINCT FROM mrr(amount, make_interval(months => months))) AS wrong_months
FROM (SELECT amount, s, days, months + 1 AS months, make_interval(secs => days * 71 % 86400 + 0.000001 * days) AS clock FROM sample) AS sample;
CREATE FUNCTION expected_of_time(amount numeric, s timestamp, e timestamp) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT quotient(amount * length, n * length + extract(epoch FROM e - last), scale(amount) + 4)
	FROM (SELECT n, last, extract(epoch FROM next - last) AS length
		FROM (SELECT n, s + n * interval '1 month' AS last, s + (n + 1) * interval '1 month' AS next FROM generate_series(0, 200) AS n) AS month
		WHERE last <= e AND e < next) AS month
$$;
SELECT count(*) AS services, count(*) FILTER (WHERE mrr(amount, tsrange(s + i * interval '7919.000007 seconds', s + days + days * interval '101.1 seconds'))
		IS DISTINCT FROM expected_of_time(amount, s + i * interval '7919.000007 seconds', s + days + days * interval '101.1 seconds')) AS wrong
FROM (SELECT amount, s, days + 2 AS days, row_number() OVER () % 10 AS i FROM sample) AS sample;
-- in zones with summer time, on any of its days
SELECT zone, count(*) AS services, count(*) FILTER (WHERE at_zone.mrr IS DISTINCT FROM mrr(amount, daterange(s, s + days))) AS wrong
FROM (VALUES ('Europe/Berlin'), ('America/New_York'), ('Australia/Lord_Howe'), ('Asia/Kathmandu')) AS z(zone),
	LATERAL (SELECT set_config('timezone', zone, true)) AS c,
	LATERAL (SELECT amount, s, days, mrr(amount, tstzrange((s + time '12:00')::timestamptz, (s + days + time '12:00')::timestamptz)) FROM sample WHERE c.set_config = zone) AS at_zone
GROUP BY 1 ORDER BY 1;
RESET timezone;
SELECT count(*) AS intervals,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)) IS DISTINCT FROM expected_of_interval(amount, months, extra_days)) AS wrong,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)::text) IS DISTINCT FROM expected_of_interval(amount, months, extra_days)) AS wrong_as_text,
	count(*) FILTER (WHERE mrr(amount, make_interval(months => months, days => extra_days)::text, count) IS DISTINCT FROM expected_of_interval(amount, months * count, extra_days * count)) AS wrong_with_count
FROM sample;
SELECT count(*) AS words,
	count(*) FILTER (WHERE mrr(amount, word, count) IS DISTINCT FROM expected_of_interval(amount, w.months * count, w.days * count)) AS wrong
FROM sample, (VALUES ('monthly', 1, 0), ('Quarter', 3, 0), ('SEMIANNUAL', 6, 0), ('yearly', 12, 0), ('biennial', 24, 0), ('weekly', 0, 7), ('Fortnightly', 0, 14), ('daily', 0, 1)) AS w(word, months, days);
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
-- Overloads: a pair of an amount and a period has one reading, and numeric is that of all but floats
--
CREATE DOMAIN price AS numeric(12, 2);
CREATE DOMAIN float_price AS float8;
CREATE DOMAIN plan AS text;
CREATE DOMAIN term AS daterange;
-- the function that a call resolves to, and its result
CREATE FUNCTION resolve(call text, OUT function text, OUT result numeric) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'CREATE TEMPORARY VIEW resolved AS SELECT ' || call || ' AS result';
	SELECT refobjid::regprocedure INTO STRICT function FROM pg_rewrite AS w JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = w.oid AND refclassid = 'pg_proc'::regclass
	WHERE ev_class = 'resolved'::regclass AND refobjid IN (SELECT oid FROM pg_proc WHERE proname = 'mrr');
	SELECT r.result INTO result FROM resolved AS r;
	DROP VIEW resolved;
END $$;
CREATE TABLE amounts (kind text, amount text);
INSERT INTO amounts VALUES ('numeric', '1200::smallint'), ('numeric', '1200::int'), ('numeric', '1200::bigint'), ('numeric', '1200::numeric'), ('numeric', '1200.00::price'), ('numeric', '1200'), ('numeric', '1200.00'), ('numeric', '12e2'),
	('numeric', '''1200'''), ('numeric', 'NULL'), ('numeric', '3000000000'), ('real', '1200::real'), ('mrr_float8', '1200::float8'), ('mrr_float8', '1200::float_price'), ('mrr_float8', '1200 * 1.0::float8');
CREATE TABLE periods (kind text, kind_of_floats text, period text);
INSERT INTO periods VALUES ('text,bigint,text', 'mrr_text,bigint,text', '''annual''::text'), ('text,bigint,text', 'mrr_text,bigint,text', '''annual''::varchar'), ('text,bigint,text', 'mrr_text,bigint,text', '''annual''::varchar(9)'),
	('text,bigint,text', 'mrr_text,bigint,text', '''annual''::char(20)'), ('text,bigint,text', 'mrr_text,bigint,text', '''annual''::name'), ('text,bigint,text', 'mrr_text,bigint,text', '''annual''::plan'),
	('text,bigint,text', 'mrr_text,bigint,text', '''annual'''), ('text,bigint,text', 'mrr_text,bigint,text', 'NULL'), ('text,bigint,text', 'mrr_text,bigint,text', '''month'', 12'), ('text,bigint,text', 'mrr_text,bigint,text', '''month'', ''12'''),
	('text,bigint,text', 'mrr_text,bigint,text', '''month'', 12::smallint'), ('text,bigint,text', 'mrr_text,bigint,text', '''month'', 12::bigint, ''4'''), ('text,bigint,text', 'mrr_text,bigint,text', '''annual'', weeks => ''4'''),
	('text,bigint,text', 'mrr_text,bigint,text', 'frequency => ''annual'''), ('text,bigint,text', 'mrr_text,bigint,text', 'count => 12, frequency => ''month'''),
	('interval,bigint,text', 'mrr_interval,bigint,text', 'interval ''1 year'''), ('interval,bigint,text', 'mrr_interval,bigint,text', 'every => ''1 year'''), ('interval,bigint,text', 'mrr_interval,bigint,text', 'interval ''1 month'', 12'),
	('interval,bigint,text', 'mrr_interval,bigint,text', 'interval ''1 month'', ''12'', ''4'''),
	('daterange', 'anyrange', 'daterange(''2024-01-01'', ''2025-01-01'')'), ('daterange', 'anyrange', 'daterange(''2024-01-01'', ''2025-01-01'')::term'),
	('tsrange', 'anyrange', 'tsrange(''2024-01-01'', ''2025-01-01'')'), ('tstzrange', 'anyrange', 'tstzrange(''2024-01-01'', ''2025-01-01'')'),
	('datemultirange', 'anymultirange', 'datemultirange(daterange(''2024-01-01'', ''2025-01-01''))'), ('tsmultirange', 'anymultirange', 'services => ''{[2024-01-01,2025-01-01)}''::tsmultirange'),
	('tstzmultirange', 'anymultirange', '''{[2024-01-01,2025-01-01)}''::tstzmultirange'),
	('tsrange', 'anyrange', 'during => tsrange(''2024-01-01'', ''2025-01-01'')'), ('tstzrange', 'anyrange', 'during => tstzrange(''2024-01-01'', ''2025-01-01'')');
CREATE TABLE resolved_pairs AS
SELECT a.kind, amount, period, format('mrr(%s,%s)', a.kind, CASE a.kind WHEN 'numeric' THEN p.kind ELSE kind_of_floats END) AS expected, function, result
FROM amounts AS a, periods AS p, LATERAL resolve(format('mrr(%s, %s)', amount, period));
SELECT function, count(*) AS pairs, count(DISTINCT amount) AS amounts, count(*) FILTER (WHERE function IS DISTINCT FROM expected) AS wrong,
	count(*) FILTER (WHERE result IS DISTINCT FROM CASE WHEN 'NULL' IN (amount, period) THEN NULL WHEN amount = '3000000000' THEN 250000000 ELSE 100 END) AS wrong_results
FROM resolved_pairs GROUP BY function ORDER BY function COLLATE "C";
SELECT count(*) = (SELECT count(*) FROM amounts) * (SELECT count(*) FROM periods) AS every_pair FROM resolved_pairs;
-- a service period without a type is one of days
SELECT call, function, result FROM unnest(ARRAY['mrr(amount => 1200, service => ''[2024-01-01,2025-01-01)'')', 'mrr(amount => ''1200'', service => ''[2024-01-01,2025-01-01)'')', 'mrr(service => daterange(''2024-01-01'', ''2025-01-01''), amount => 1200::bigint)']) WITH ORDINALITY AS c(call, n), resolve(call) ORDER BY n;
-- parameters without a type
PREPARE two AS SELECT mrr($1, $2);
PREPARE all_four AS SELECT mrr($1, $2, $3, $4);
PREPARE three AS SELECT mrr($1, $2, $3);
PREPARE named AS SELECT mrr(amount => $1, frequency => $2);
PREPARE named_every AS SELECT mrr(amount => $1, every => $2);
PREPARE named_service AS SELECT mrr(amount => $1, service => $2);
PREPARE of_int AS SELECT mrr(1200, $1);
PREPARE of_numeric AS SELECT mrr(1200.00, $1);
PREPARE of_bigint AS SELECT mrr(amount, $1) FROM (VALUES (1200::bigint)) AS v(amount);
PREPARE of_real AS SELECT mrr(amount, $1, $2) FROM (VALUES (1200::real)) AS v(amount);
PREPARE of_float8 AS SELECT mrr(amount, $1) FROM (VALUES (1200::float8)) AS v(amount);
PREPARE of_word AS SELECT mrr($1, 'annual');
PREPARE of_text AS SELECT mrr($1, plan) FROM (VALUES ('annual'::text)) AS v(plan);
PREPARE of_varchar AS SELECT mrr($1, plan) FROM (VALUES ('annual'::varchar)) AS v(plan);
PREPARE of_interval AS SELECT mrr($1, interval '1 year');
PREPARE of_daterange AS SELECT mrr($1, daterange('2024-01-01', '2025-01-01'));
PREPARE of_tsrange AS SELECT mrr($1, tsrange('2024-01-01', '2025-01-01'));
PREPARE of_tstzrange AS SELECT mrr($1, tstzrange('2024-01-01', '2025-01-01'));
SELECT name, parameter_types FROM pg_prepared_statements ORDER BY name COLLATE "C";
EXECUTE two('9007199254740993.0001', 'month');
EXECUTE two(9007199254740993, 'month');
EXECUTE all_four(1200, 'month', 12, '4');
EXECUTE of_float8('annual');
DEALLOCATE ALL;
-- no digit of an integer is lost, and none of a literal
SELECT mrr(9007199254740993, 'month'), mrr(9223372036854775807::bigint, 'month'), mrr('9007199254740993.0001', 'month'), mrr(16777217, 'month');
-- a float is the number that it prints as
SELECT mrr(0.1::real, 'month'), mrr(0.1::float8, 'month'), mrr(99.99::real, 'annual'), mrr(99.99::float8, interval '1 year'), mrr(29::float8, 'annual'), mrr(1e22::float8, 'annual'), mrr(-1e-5::real, 'week'), mrr(1234567.9::real, tsrange('2024-01-01', '2024-02-01'));
SET extra_float_digits = -10;
SELECT mrr(0.1::float8 + 0.2, 'month');
RESET extra_float_digits;
SELECT count(*) AS floats,
	count(*) FILTER (WHERE mrr(double, 'quarterly') IS DISTINCT FROM mrr(double::text::numeric, 'quarterly')) AS wrong_words,
	count(*) FILTER (WHERE mrr(single, 'quarterly', 2) IS DISTINCT FROM mrr(single::text::numeric, 'quarterly', 2)) AS wrong_words_of_real,
	count(*) FILTER (WHERE mrr(double, make_interval(days => days)) IS DISTINCT FROM mrr(double::text::numeric, make_interval(days => days))) AS wrong_intervals,
	count(*) FILTER (WHERE mrr(double, daterange(s, s + days)) IS DISTINCT FROM mrr(double::text::numeric, daterange(s, s + days))) AS wrong_services,
	count(*) FILTER (WHERE mrr(single, daterange(s, s + days)) IS DISTINCT FROM mrr(single::text::numeric, daterange(s, s + days))) AS wrong_services_of_real
FROM (SELECT amount::float8 AS double, amount::real AS single, s, days FROM sample) AS sample;

--
-- The IntervalStyle decides how a sign is read, and the zone where a month begins: neither text nor tstzrange is read when a plan is made
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
	'mrr(1, ''montly'')', 'mrr(1, '''')', 'mrr(1, ''infinity'')', 'mrr(1, ''3 monts'')', 'mrr(1, ''every 2 weaks'')', 'mrr(1, ''Anual'')', 'mrr(1, ''semi-anual'')', 'mrr(1, ''every monthly'')', 'mrr(1, ''3 annual'')', 'mrr(1, ''every'')', 'mrr(1, ''5'')', 'mrr(1, ''every 2'')', 'mrr(1, ''m'')', 'mrr(1, ''one-time'')', 'mrr(1, ''1 month ago'')', 'mrr(1, ''monat'')', 'mrr(1, ''mönatlich'')', 'mrr(1, ''6m'')', 'mrr(1, ''12 hours'')', 'mrr(1, ''-1 month'')', 'mrr(1, ''-monthly'')', 'mrr(1, ''0 fortnights'')', 'mrr(1, ''0 months'')', 'mrr(1, ''9999999999 months'')', 'mrr(1, repeat(''weekly'', 100))', 'mrr(1, repeat(''é'', 100))',
	'mrr(1, ''biweekly'')', 'mrr(1, ''Bi-Weekly'')', 'mrr(1, ''bimonthly'')', 'mrr(1, ''bi-annual'')', 'mrr(1, ''biannually'')', 'mrr(1, ''bi yearly'')',
	'mrr(1, ''week'', weeks => ''3.9'')', 'mrr(1, ''week'', weeks => ''5.1'')', 'mrr(1, ''week'', weeks => ''52'')', 'mrr(1, ''week'', weeks => ''52/0'')', 'mrr(1, ''week'', weeks => ''0/0'')', 'mrr(1, ''week'', weeks => ''/'')', 'mrr(1, ''week'', weeks => '''')', 'mrr(1, ''week'', weeks => ''-4'')', 'mrr(1, ''week'', weeks => ''four'')', 'mrr(1, ''month'', weeks => ''4.3333333333'')', 'mrr(1, ''week'', weeks => ''4/'')', 'mrr(1, ''week'', weeks => ''4.3/1'')', 'mrr(1, ''week'', weeks => repeat(''4'', 100))', 'mrr(1, ''week'', weeks => 4)', 'mrr(1, ''week'', weeks => 52/12)',
	'mrr(1200::money, ''annual'')', 'mrr(''1200''::text, ''annual'')', 'mrr(true, ''annual'')', 'mrr(1::float8, int4range(1, 2))', 'mrr(1::real, numrange(1, 2))', 'mrr(1, ''annual'', 1.5)',
	'mrr(1, ''2024-01-01'')', 'mrr(1, ''1 month; DROP TABLE sample'')',
	'mrr(1, ''annual'', 0)', 'mrr(1, ''annual'', -1)', 'mrr(1, interval ''1 year'', 0)', 'mrr(1, interval ''178956970 years'', 9223372036854775807)', 'mrr(1, ''1 year'', 2147483647)', 'mrr(1, ''178956970 years'', 2147483647)',
	'mrr(1, interval ''0'')', 'mrr(1, interval ''-1 month'')', 'mrr(1, interval ''1 month -1 day'')', 'mrr(1, interval ''-1 month 60 days'')', 'mrr(1, interval ''12 hours'')', 'mrr(1, interval ''1 month 1 second'')', 'mrr(1, ''12:00'')', 'mrr(1, ''1.55 weeks'')',
	'mrr(1, daterange(''2024-01-01'', ''2024-01-01''))', 'mrr(1, ''empty''::daterange)', 'mrr(1, daterange(''2024-01-01'', NULL))', 'mrr(1, daterange(NULL, ''2024-01-01''))', 'mrr(1, daterange(NULL, NULL))',
	'mrr(1, daterange(''2024-01-01'', ''infinity''))', 'mrr(1, daterange(''-infinity'', ''2024-01-01''))', 'mrr(1, daterange(''500000-01-01'', ''500000-02-01''))', 'mrr(1, daterange(''2024-01-01'', ''500000-02-01''))',
	'mrr(1, tsrange(''2024-01-01'', ''2024-01-01''))', 'mrr(1, tsrange(''2024-01-01'', ''2024-01-01'', ''[]''))', 'mrr(1, tsrange(''2024-01-01'', NULL))', 'mrr(1, tstzrange(''-infinity'', ''2024-01-01''))', 'mrr(1, tsrange(''2024-01-01'', ''infinity''))', 'mrr(1, tsrange(''2024-01-01'', ''294276-12-15''))', 'mrr(1, tsrange(''4713-01-01 00:00:00.000001 BC'', ''294276-11-15 00:00:00.000002''))', 'mrr(1, tsrange(''4713-01-01 BC'', ''294276-11-15''))',
	'mrr(''NaN''::float8, ''annual'')', 'mrr(''Infinity''::real, ''annual'')', 'mrr(1e40::float8, ''annual'')', 'mrr(''NaN'', ''annual''::text)', 'mrr(''Infinity'', interval ''1 year'')', 'mrr(''-Infinity'', daterange(''2024-01-01'', ''2025-01-01''))',
	'mrr(1e32, ''annual'')', 'mrr(1e28, ''monthly'')', 'mrr(1e27, ''daily'')', 'mrr(1e-33, ''annual'')', 'mrr(1.000000000000000000000000000000000, ''annual'')', 'mrr(1e31::numeric(40, 5), ''100 years'')']) WITH ORDINALITY AS q(query, n) ORDER BY n;
\pset tuples_only off
\pset format aligned

RESET search_path;
DROP SCHEMA monthly CASCADE;
