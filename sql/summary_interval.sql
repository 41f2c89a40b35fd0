--
-- Confidence intervals: published figures, the formulas in plain SQL, and a bootstrap.
--
SET jit = off;
SET extra_float_digits = 0;
CREATE SCHEMA summary_interval;
SET search_path = summary_interval, public;

-- Wilson, 95 %: 25.53..36.62, 6.24..16.05, 0..16.11, 0.61..17.18
SELECT retained, customers, logo_retention_interval(s), round(lower(logo_retention_interval(s)), 2) AS lower, round(upper(logo_retention_interval(s)), 2) AS upper
FROM (SELECT retained, customers, retention(100, CASE WHEN i <= retained THEN 90 ELSE 0 END) AS s
	FROM (VALUES (81, 263), (15, 148), (0, 20), (1, 29), (20, 20), (1, 1), (0, 1)) AS v(retained, customers), generate_series(1, customers) AS i GROUP BY 1, 2) AS c ORDER BY customers DESC, retained;

-- The normal quantile: of 100 customers who left, the upper end is z^2 / (100 + z^2)
SELECT level, z, bool_and(abs(upper(logo_retention_interval(s, level)) - 100 * z * z / (100 + z * z)) < 0.001) AS agrees
FROM (SELECT retention(1, 0) AS s FROM generate_series(1, 100)) AS c,
	(VALUES (0.000001, 0.0000), (0.5, 0.6745), (0.8, 1.2816), (0.9, 1.6449), (0.95, 1.9600), (0.99, 2.5758), (0.999, 3.2905), (1 - 1e-9, 6.1094), (1 - 1e-15, 8.0269), (1 - 1e-25, 10.4862), (1 - 1e-60, 16.4393)) AS v(level, z)
GROUP BY level, z ORDER BY level;
-- any level that is between 0 and 1, and no other
SELECT logo_retention_interval(s, 0.9) AS "90 %", nrr_interval(s, 0.5) AS "50 %", grr_interval(s, level => 0.99) AS "99 %", nrr_interval(NULL, 0.9) IS NULL AS a_null
FROM (SELECT retention(starting, ending) FROM (VALUES (100, 120), (50, 0), (70, 70), (200, 190)) AS v(starting, ending)) AS c(s);
SELECT logo_retention_interval(retention(1, 1), 0);
SELECT nrr_interval(retention(1, 1), 1);
SELECT grr_interval(retention(1, 1), 95);
SELECT nrr_interval(retention(1, 1), 'NaN');
SELECT nrr_interval(retention(1, 1), -0.5);

-- Nobody has no interval, and one customer no variance
SELECT nrr_interval(s) IS NULL AS nrr, grr_interval(s) IS NULL AS grr, logo_retention_interval(s) FROM (SELECT retention(0, 5)) AS c(s);
SELECT nrr_interval(s) IS NULL AS nrr, grr_interval(s) IS NULL AS grr, logo_retention_interval(s) FROM (SELECT retention(a, 5) FROM (VALUES (0), (7)) AS v(a)) AS c(s);
-- customers that all do the same leave nothing to chance, whatever their size
SELECT nrr_interval(s), grr_interval(s) FROM (SELECT retention(starting, ending) FROM (VALUES (100, 95.00), (2e6, 1.9e6), (0.20, 0.19), (1e15, 0.95e15)) AS v(starting, ending)) AS c(s);
SELECT nrr_interval(s), grr_interval(s) FROM (SELECT retention(starting, ending) FROM (VALUES (100, 120), (50, 60), (0, 70)) AS v(starting, ending)) AS c(s);
-- ends are cut off where a rate cannot be
SELECT nrr_interval(s), grr_interval(s) FROM (SELECT retention(starting, ending) FROM (VALUES (100, 0), (100, 0), (100, 40)) AS v(starting, ending)) AS c(s);
SELECT nrr_interval(s), grr_interval(s) FROM (SELECT retention(starting, ending) FROM (VALUES (1, 100), (1, 1), (1, 0)) AS v(starting, ending)) AS c(s);

-- Customers like those of CDNOW: half of them spend some 20 or 40, few a hundred times that; six of
-- ten never come back
CREATE FUNCTION chance(n bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
	RETURN ((hashint8extended(n, seed) & 1048575) + 0.5) / 1048576;
CREATE TABLE customers AS
	SELECT i, round(exp(3.3 + 0.9 * sqrt(-2 * ln(chance(i, 1))) * cos(2 * pi() * chance(i, 2)))::numeric, 2) AS starting,
		CASE WHEN chance(i, 3) < 0.6 THEN 0 ELSE round(exp(3.4 + 1.1 * sqrt(-2 * ln(chance(i, 4))) * cos(2 * pi() * (chance(i, 5) + chance(i, 2)) / 2))::numeric, 2) END AS ending
	FROM generate_series(1, 1000) AS i;
SELECT count(*), round(nrr(starting, ending), 1) AS nrr, round(grr(starting, ending), 1) AS grr, logo_retention(starting, ending) FROM customers;

-- The delta method in plain SQL
CREATE FUNCTION plain(level_z float8, OUT nrr numrange, OUT grr numrange) LANGUAGE sql STABLE AS $$
	SELECT numrange(round((100 * (r - z * sqrt(vr)))::numeric, 4), round((100 * (r + z * sqrt(vr)))::numeric, 4), '[]'),
		numrange(round((100 * (g - z * sqrt(vg)))::numeric, 4), round((100 * (g + z * sqrt(vg)))::numeric, 4), '[]')
	FROM (SELECT level_z AS z, max(r) AS r, max(g) AS g, count(*) / (count(*) - 1.0) * sum((e - r * s) ^ 2) / sum(s) ^ 2 AS vr, count(*) / (count(*) - 1.0) * sum((least(s, e) - g * s) ^ 2) / sum(s) ^ 2 AS vg
		FROM (SELECT starting::float8 AS s, ending::float8 AS e FROM customers) AS c,
			(SELECT sum(ending)::float8 / sum(starting)::float8 AS r, sum(least(starting, ending))::float8 / sum(starting)::float8 AS g FROM customers) AS t) AS v
$$;
SELECT nrr_interval(s, level) = p.nrr AS nrr, grr_interval(s, level) = p.grr AS grr, level
FROM (SELECT retention(starting, ending) AS s FROM customers) AS c, (VALUES (0.95, 1.959963984540054), (0.8, 1.2815515655446004), (0.999, 3.290526731491895)) AS v(level, z), LATERAL plain(z) AS p;

-- Levels: what is between 0 and 1, and leaves at least 1e-300, has an interval, the wider the nearer to 1
CREATE FUNCTION outcome(level text, OUT logo text, OUT nrr text, OUT grr text) LANGUAGE plpgsql AS $$
DECLARE
	s retention_summary := (SELECT retention(starting, ending) FROM customers);
	query text := 'SELECT %s_interval($1, %s)';
	detail text;
BEGIN
	EXECUTE format(query, 'logo_retention', level) INTO logo USING s;
	EXECUTE format(query, 'nrr', level) INTO nrr USING s;
	EXECUTE format(query, 'grr', level) INTO grr USING s;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	logo := concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''));
END $$;
SELECT level, o.* FROM unnest(ARRAY['1e-400', '1e-16000', '0.5 + 1e-300', '1 - 1e-17', '1 - 1e-300', '1 - 0.99e-300', '1 - 1e-308', '1 - 1e-324', '1 - 1e-400', '1 - 1e-16000', '0', '1', '-1e-400', '1 + 1e-400',
	'''NaN''', '''Infinity''', '''-Infinity''', '1e1000', 'round(0.95, 16000)']) WITH ORDINALITY AS l(level, n), outcome(level) AS o ORDER BY n;

-- 2,000 samples of as many customers, drawn with replacement: the middle 95 % of their rates
CREATE TABLE samples AS
	SELECT resample, 100 * sum(e) / sum(s) AS nrr, 100 * sum(least(s, e)) / sum(s) AS grr
	FROM (SELECT resample, 1 + floor(1000 * chance(resample * 1000 + draw, 6)) AS i FROM generate_series(1, 2000) AS resample, generate_series(1, 1000) AS draw) AS d
		JOIN (SELECT i, starting::float8 AS s, ending::float8 AS e FROM customers) AS c USING (i)
	GROUP BY resample;
SELECT count(*),
	bool_and(abs(lower(n)::float8 - nrr_ends[1]) < (upper(n) - lower(n)) / 5 AND abs(upper(n)::float8 - nrr_ends[2]) < (upper(n) - lower(n)) / 5) AS nrr,
	bool_and(abs(lower(g)::float8 - grr_ends[1]) < (upper(g) - lower(g)) / 5 AND abs(upper(g)::float8 - grr_ends[2]) < (upper(g) - lower(g)) / 5) AS grr
FROM (SELECT nrr_interval(s) AS n, grr_interval(s) AS g FROM (SELECT retention(starting, ending) AS s FROM customers) AS c) AS i,
	(SELECT count(*) AS samples, percentile_cont(ARRAY[0.025, 0.975]) WITHIN GROUP (ORDER BY nrr) AS nrr_ends, percentile_cont(ARRAY[0.025, 0.975]) WITHIN GROUP (ORDER BY grr) AS grr_ends FROM samples) AS b,
	samples;

SET client_min_messages = warning;
DROP SCHEMA summary_interval CASCADE;
