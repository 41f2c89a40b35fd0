--
-- The type benchmark_rating, and percentages rated.
--
SET client_min_messages = warning;
CREATE SCHEMA rating_test;
SET search_path = rating_test, public;

--
-- Text and binary
--

SELECT r, r::text, emoji(r), advice(r) FROM unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS r;
SELECT benchmark_rating 'Critical', 'MODERATE'::benchmark_rating, 'hEALTHY'::text::benchmark_rating;
SELECT 'rated ' || benchmark_rating 'strong';
SELECT 'good'::benchmark_rating;
SELECT ''::benchmark_rating;
SELECT ' strong'::benchmark_rating;
SELECT 'strongest'::benchmark_rating;
SELECT '1'::benchmark_rating;
SELECT typlen, typbyval, typalign, typstorage FROM pg_type WHERE oid = 'benchmark_rating'::regtype;

-- sent as text, as an enum is
SELECT benchmark_rating_send('healthy');

CREATE FUNCTION copy_to_and_fro(format text) RETURNS TABLE (r benchmark_rating)
LANGUAGE plpgsql AS $$
BEGIN
	CREATE TEMP TABLE there AS
		SELECT * FROM unnest('{critical,moderate,healthy,strong,NULL}'::benchmark_rating[]) AS r;
	CREATE TEMP TABLE back (r benchmark_rating);
	EXECUTE format('COPY there TO %L (FORMAT %s)', current_setting('data_directory') || '/rating.copy', format);
	EXECUTE format('COPY back FROM %L (FORMAT %s)', current_setting('data_directory') || '/rating.copy', format);
	RETURN QUERY SELECT * FROM back;
	DROP TABLE there, back;
END $$;
SELECT format, array_agg(r) FROM unnest(ARRAY['text', 'csv', 'binary']) AS format, copy_to_and_fro(format) GROUP BY format ORDER BY format;

-- malformed binary input
CREATE TEMP TABLE received (r benchmark_rating);
CREATE FUNCTION receive(field bytea) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/rating.copy';
	object oid := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea
		|| '\x0001'::bytea || int4send(length(field)) || field || '\xffff'::bytea);
BEGIN
	PERFORM lo_export(object, path), lo_unlink(object);
	EXECUTE format('COPY received FROM %L (FORMAT binary)', path);
	RETURN (SELECT string_agg(r::text, ' ') FROM received);
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT receive('strong');
SELECT receive('');
SELECT receive('\x03');
SELECT receive('stron');
SELECT receive('strong ');
SELECT receive('strong\000');

--
-- Order, equality, hash
--

SELECT amname, opcname, opcdefault, amvalidate(c.oid)
FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'benchmark_rating'::regtype ORDER BY amname;

SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt, benchmark_rating_cmp(a, b) AS cmp
FROM unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS a, unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS b
WHERE a <= b;
-- the other half follows from it
SELECT count(*) AS pairs, bool_and((a < b) = (b > a) AND (a <= b) = (b >= a) AND (a = b) = (b = a) AND (a <> b) = NOT (a = b)
	AND (a < b) = NOT (a >= b) AND (a > b) = NOT (a <= b) AND sign(benchmark_rating_cmp(a, b)) = -sign(benchmark_rating_cmp(b, a))) AS agree
FROM unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS a, unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS b;

CREATE TABLE account (id int PRIMARY KEY, r benchmark_rating);
INSERT INTO account
	SELECT i, ('{critical,moderate,healthy,strong,NULL}'::benchmark_rating[])[1 + i * 7 % 5] FROM generate_series(1, 1000) AS i;
ANALYZE account;

SELECT DISTINCT r FROM account ORDER BY r;
SELECT r, count(*) FROM account GROUP BY r ORDER BY r DESC NULLS LAST;
SELECT min(r), max(r), min(r) FILTER (WHERE r > 'critical') AS next_worst, count(*) FILTER (WHERE r >= 'healthy') AS good,
	mode() WITHIN GROUP (ORDER BY r), percentile_disc(0.5) WITHIN GROUP (ORDER BY r) AS median
FROM account;
SELECT min(r) IS NULL AS min, max(r) IS NULL AS max FROM account WHERE id < 0;
SELECT count(*) FROM account WHERE r IN ('critical', 'strong');
SELECT CASE rating(95) WHEN 'healthy' THEN 'fine' ELSE 'hm' END;

SELECT count(DISTINCT benchmark_rating_hash(r)) AS hashes,
	bool_and(benchmark_rating_hash_extended(r, 0) & 4294967295 = benchmark_rating_hash(r)::bigint & 4294967295) AS extended,
	bool_and(benchmark_rating_hash_extended(r, 1) <> benchmark_rating_hash_extended(r, 0)) AS seeded
FROM unnest('{critical,moderate,healthy,strong}'::benchmark_rating[]) AS r;

-- each kind of join and of aggregation
CREATE TABLE rated (r benchmark_rating, weight int);
CREATE UNIQUE INDEX ON rated (r);
INSERT INTO rated VALUES ('critical', 1), ('moderate', 10), ('healthy', 100), ('strong', 1000);
INSERT INTO rated VALUES ('STRONG', 0);

CREATE FUNCTION plan_of(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Join|Partial Aggregate|Index Only Scan' THEN
			RETURN NEXT substring(line FROM '(?:-> *)?(\w.*)');
		END IF;
	END LOOP;
END $$;

SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT plan_of('SELECT sum(weight) FROM account JOIN rated USING (r)');
SELECT sum(weight) FROM account JOIN rated USING (r);
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT plan_of('SELECT sum(weight) FROM account JOIN rated USING (r)');
SELECT sum(weight) FROM account JOIN rated USING (r);
RESET enable_nestloop;
RESET enable_hashjoin;

SET enable_hashagg = off;
SELECT r, count(*) FROM account GROUP BY r ORDER BY r;
RESET enable_hashagg;

-- serial and parallel plans agree, and workers read the table of benchmarks
SELECT min(r), max(r), min(rating(id / 10.0, 'nrr')), max(rating(id / 10.0, 'saas-nrr')) FROM account WHERE id > 700;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT plan_of('SELECT min(r), max(r), min(rating(id / 10.0, ''nrr'')), max(rating(id / 10.0, ''saas-nrr'')) FROM account WHERE id > 700');
SELECT min(r), max(r), min(rating(id / 10.0, 'nrr')), max(rating(id / 10.0, 'saas-nrr')) FROM account WHERE id > 700;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- min and max read one end of an index
CREATE INDEX account_r ON account (r);
SET enable_seqscan = off;
SELECT plan_of('SELECT max(r) FROM account');
SELECT max(r), min(r) FROM account;
RESET enable_seqscan;

-- partitions by hash
CREATE TABLE hashed (r benchmark_rating) PARTITION BY HASH (r);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT r FROM account;
SELECT count(*), count(DISTINCT r) FROM hashed;

-- a column of a materialized view that is refreshed concurrently
CREATE TABLE monthly (region text, nrr numeric);
INSERT INTO monthly VALUES ('Americas', 104.2), ('Asia', 69.99), ('Europe', 93);
CREATE MATERIALIZED VIEW report AS SELECT region, nrr, rating(nrr) FROM monthly;
CREATE UNIQUE INDEX ON report (region);
UPDATE monthly SET nrr = 70 WHERE region = 'Asia';
REFRESH MATERIALIZED VIEW CONCURRENTLY report;
SELECT * FROM report ORDER BY rating, region;

--
-- Ratings
--

-- the default
SELECT value, rating(value), to_next(value)
FROM unnest(ARRAY[70, 90, 100, 100.0001, 112.0000, 115, 110, 85, 95, 69.9999, 89.9999, 99.9999, 0]) AS value;
SELECT rating(nrr), round(nrr, 2) FROM (VALUES (100.0 * 2 / 3), (100.0 * 112 / 100)) AS v(nrr);

-- Around each threshold of each benchmark of the definitions: just below, at, just above
SELECT name, thresholds, value, rating(value, name), to_next(value, name)
FROM (VALUES (1, 'nrr', '{70,90,100}'::numeric[]), (2, 'nrr-growth', '{80,100,120}'), (3, 'saas-nrr', '{120}'),
	(4, 'ecommerce-nrr', '{90}'), (5, 'enterprise-saas-grr', '{90}'), (6, 'b2b-saas-nrr-top', '{100,120}'),
	(7, 'consumer-subscription-grr', '{80,85}')) AS v(n, name, edges)
JOIN retention_benchmarks USING (name), unnest(edges) AS edge, unnest(ARRAY[edge - 0.0001, edge, edge + 0.0001]) AS value
ORDER BY n, value;

-- All benchmarks of the table and some odd ones, on a grid and a hair beside it, against their text read in plain SQL
CREATE FUNCTION threshold(t text) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN nullif(ltrim(t, '<='), '-')::numeric;
CREATE FUNCTION below(value numeric, t text) RETURNS boolean LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN t LIKE '<=%' THEN value <= threshold(t) ELSE value < threshold(t) END;
CREATE TABLE cell AS
	SELECT value, thresholds, t[1] AS a, t[2] AS b, t[3] AS c
	FROM (SELECT thresholds FROM retention_benchmarks
		UNION SELECT unnest('{<0 <0 <0,<=0 <=0 <=0,- - <=100,<70 - -,<=70.25 - <70.5,<99.99 <=99.99 <100,<=100 <100.000000001 <=100.000000001}'::retention_benchmark[])) AS b,
		string_to_array(thresholds::text, ' ') AS t,
		generate_series(-1, 125, 0.25) AS grid,
		unnest('{0,0.01,0.000000001,0.0000000001,-0.0000000001,-0.00000000000000000001}'::numeric[]) AS hair,
		LATERAL (SELECT grid + hair) AS v(value);
SELECT count(*), count(DISTINCT thresholds) AS benchmarks,
	count(*) FILTER (WHERE rating(value, thresholds)::text IS DISTINCT FROM CASE
		WHEN below(value, a) THEN 'critical' WHEN below(value, b) THEN 'moderate' WHEN c = '-' OR below(value, c) THEN 'healthy' ELSE 'strong' END) AS wrong,
	count(*) FILTER (WHERE to_next(value, thresholds) IS DISTINCT FROM CASE
		WHEN below(value, a) THEN threshold(a) WHEN below(value, b) THEN threshold(b) WHEN below(value, c) THEN threshold(c) END - value) AS wrong_points,
	count(*) FILTER (WHERE rating(value, thresholds) <> rating(value, thresholds::text)) AS wrong_by_text
FROM cell;
SELECT count(*) FILTER (WHERE rating(value::float8, thresholds) <> rating(value::float8::text::numeric, thresholds)) AS wrong_floats,
	count(*) FILTER (WHERE to_next(value::float8, thresholds) <> to_next(value::float8::text::numeric, thresholds)) AS wrong_points
FROM cell;

-- the smallest difference counts, however small
SELECT rating(100.00000000000000000000000000000000000000000000001), rating(89.99999999999999999999999999999999999999999),
	rating(100.000000000000000000000000000000000000000000000000), to_next(99.99999999999999999999999999999999999);
-- nothing is too large or too small
SELECT rating(1e300), rating(-1e300), rating(1e-300), rating(999999999.9999999999), rating(1000000000), rating(1e300, '- <999999999.999999999 -');
SELECT rating(-0.0001, '<0 <=0 -'), rating(0, '<0 <=0 -'), rating(1e-300, '<0 <=0 -'), to_next(-5, '<0 <=0 -'), to_next(0, '<0 <=0 -');
SELECT rating('NaN'::numeric);
SELECT rating('Infinity'::numeric, 'nrr');
SELECT rating('-Infinity'::float8);
SELECT to_next('NaN'::float8, 'nrr');

-- floats are the decimals that they print
SELECT rating(99.99::float8, '- <99.99 -'), rating(94.52::float8, '- <94.52 -'), rating(100.00000000000001::float8), rating(1e-300::float8), rating(1e300::float8),
	to_next(99.99::float8);

-- to where x itself is still below, the distance is that to x: anything more suffices
SELECT to_next(95, 'nrr'), to_next(100, 'nrr'), to_next(100.5, 'nrr') IS NULL AS strong, to_next(150, 'saas-nrr') IS NULL AS no_better_one;
-- a band that holds no percentage is passed over
SELECT to_next(50, 'enterprise-saas-grr'), to_next(90, 'enterprise-saas-grr'), to_next(50, '<70 <70 <100'), to_next(50, '<70 - <100'), to_next(80, '<70 - <100');

-- Bands that do not exist
SELECT thresholds, array_agg(rating(value, thresholds) ORDER BY value)
FROM unnest('{<70 <90 <100,- <90 <100,<70 - <100,<70 <90 -,- - <100,- <90 -,<70 - -,<90 <90 <=90,<90 <=90 <=90}'::retention_benchmark[]) WITH ORDINALITY AS b(thresholds, n),
	unnest('{50,80,90,95,100}'::numeric[]) AS value
GROUP BY n, thresholds ORDER BY n;

-- Calls as people write them
SELECT rating(95), rating(95, 'nrr'), rating(95.0, '<70 <90 <=100'), rating(95, '<70 <90 <=100'::retention_benchmark),
	rating(95.5::float8), rating(95.5::float8, 'nrr'), rating(95.5::float8, '<70 <90 <=100'), rating(95.5::float8, retention_benchmark '<70 <90 <=100');
SELECT rating(95::smallint), rating(95::bigint, 'nrr'), rating(95::real), rating('95'), rating('95', 'nrr'), rating(95, 'nrr'::varchar), rating(95, 'nrr'::name),
	rating(value => 95), rating(95, benchmark => 'nrr'), rating(benchmark => 'nrr', value => 95.5);
SELECT to_next(95), to_next(95, 'nrr'), to_next(95.0, '<70 <90 <=100'), to_next(95, '<70 <90 <=100'::retention_benchmark),
	to_next(95.5::float8), to_next(95::smallint), to_next(95::bigint, 'nrr'), to_next(95::real), to_next('95', 'nrr'), to_next(value => 95, benchmark => 'nrr');
SELECT rating(NULL), rating(NULL, 'nrr'), rating(95, NULL), rating(95, NULL::text), rating(95, NULL::retention_benchmark), rating(NULL::float8),
	to_next(NULL), to_next(95, NULL), emoji(NULL), advice(NULL);
SELECT rating('95 %');
SELECT emoji(rating(112.0)) || ' ' || rating(112.0) || ': ' || advice(rating(112.0)) AS summary;

-- a rating by a benchmark can be indexed, one by a name cannot: the table may change
CREATE INDEX ON monthly (rating(nrr, '<70 <90 <=100'::retention_benchmark));
CREATE INDEX ON monthly (rating(nrr, 'nrr'));

RESET search_path;
DROP SCHEMA rating_test CASCADE;
