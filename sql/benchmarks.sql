--
-- The type retention_benchmark, and the table retention_benchmarks.
--
SET client_min_messages = warning;
CREATE SCHEMA benchmarks_test;
SET search_path = benchmarks_test, public;

--
-- Text
--

SELECT b, b::retention_benchmark, b::retention_benchmark::text::retention_benchmark = b::retention_benchmark AS round_trip
FROM unnest(ARRAY['<70 <90 <=100', '- <120 -', '- <=90 <=90', '<90 <=90 <=90', '- - <0', '<=0 - -', '- <0 <=0',
	'  <70.50	<090.0  <=100.000000000000 ', '<0.000000001 <1 <999999999.999999999', E'<1\n<2\r<3']) AS b;

-- what is none
CREATE FUNCTION problem(benchmark text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN 'none: ' || benchmark::retention_benchmark;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || detail;
END $$;
SELECT b, problem(b) FROM unnest(ARRAY['', ' ', '<70', '<70 <90', '<70 <90 <100 <120', '<70 <90 <100 -', '<70 <90 <100x', '<70<90<100', '-<90 <100', '---', '- <90-',
	'70 90 100', '>70 >90 >100', '< 70 <90 <100', '<= 70 <90 <100', '<=70% <90 <100', '<-70 <90 <100', '<+70 <90 <100', '<70. <90 <100', '<.7 <90 <100', '<7e1 <90 <100',
	'<0x10 <90 <100', '<70,5 <90 <100', '<1_000 - -', '<NaN <90 <100', '<Infinity <90 <100', '< < <', '<= <= <=', '<<70 <90 <100', '<==70 <90 <100', '— <90 —', '<７0 - -',
	'<1000000000 - -', '<99999999999999999999999999 - -', '<1.0000000001 - -', '<0.00000000000000000000000000000000001 - -',
	'<90 <70 <100', '<70 <100 <90', '<100 - <90', '<=90 <90 -', '- <=90 <90', '- - -', 'nrr']) AS b;
SELECT 'nonsense'::retention_benchmark;

--
-- Binary
--

SELECT b, retention_benchmark_send(b) FROM unnest('{<70 <90 <=100,- <94.52 -,<=0 - <999999999.999999999}'::retention_benchmark[]) AS b;
SELECT typlen, typbyval, typalign, typstorage FROM pg_type WHERE oid = 'retention_benchmark'::regtype;

CREATE TEMP TABLE received (b retention_benchmark);
CREATE FUNCTION receive(field bytea) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('data_directory') || '/benchmarks.copy';
	object oid := lo_from_bytea(0, '\x5047434f50590aff0d0a000000000000000000'::bytea
		|| '\x0001'::bytea || int4send(length(field)) || field || '\xffff'::bytea);
	detail text;
	result text;
BEGIN
	PERFORM lo_export(object, path), lo_unlink(object);
	EXECUTE format('COPY received FROM %L (FORMAT binary)', path);
	DELETE FROM received RETURNING b::text INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(detail, ''));
END $$;
-- every seeded one
SELECT count(*), bool_and(receive(retention_benchmark_send(thresholds)) = thresholds::text) AS same FROM retention_benchmarks;
SELECT what, receive(int8send(a) || int8send(b) || int8send(c)) FROM (VALUES
	('in order', 2, 4, 7),
	('missing', -9223372036854775808, 0, 9223372036854775807),
	('none', -9223372036854775808, -9223372036854775808, 9223372036854775807),
	('largest', 0, 0, 1999999999999999999),
	('too large', 0, 0, 2000000000000000000),
	('negative', -1, 2, 4),
	('descending', 2, 1, 4),
	('descending around a missing one', 4, -9223372036854775808, 2),
	('missing the wrong way, first', 9223372036854775807, 2, 4),
	('missing the wrong way, last', 1, 2, -9223372036854775808)) AS v(what, a, b, c);
SELECT receive('');
SELECT receive(decode(repeat('00', 23), 'hex'));
SELECT receive(decode(repeat('00', 25), 'hex'));

--
-- Order, equality, hash
--

SELECT amname, opcname, opcdefault, amvalidate(c.oid)
FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'retention_benchmark'::regtype ORDER BY amname;

CREATE TABLE scale (id int, b retention_benchmark);
INSERT INTO scale SELECT n * 10 + c, b
	FROM generate_series(1, 3) AS c, unnest('{- - <=1,- <1 -,- <=1 <=1,- <=1 <2,- <=1 -,<0 - -,<1 <2 <3,<1 <2 <=3,<1 <=2 <=3,<=1 <=2 <=3,<1.000000001 <2 <3}'::retention_benchmark[]) WITH ORDINALITY AS v(b, n);

-- the order of the list above, first to last
SELECT b, array_agg(id ORDER BY id) FROM scale GROUP BY b ORDER BY b;
SELECT count(DISTINCT b), count(DISTINCT retention_benchmark_hash(b)) AS hashes, count(DISTINCT retention_benchmark_hash_extended(b, 7)) AS seeded,
	bool_and(retention_benchmark_hash_extended(b, 0) & 4294967295 = retention_benchmark_hash(b)::bigint & 4294967295) AS extended FROM scale;
SELECT count(*) AS pairs,
	bool_and((x.b < y.b) = (x.id / 10 < y.id / 10) AND (x.b <= y.b) = (x.id / 10 <= y.id / 10) AND (x.b = y.b) = (x.id / 10 = y.id / 10)
		AND (x.b <> y.b) = (x.id / 10 <> y.id / 10) AND (x.b >= y.b) = (x.id / 10 >= y.id / 10) AND (x.b > y.b) = (x.id / 10 > y.id / 10)
		AND retention_benchmark_cmp(x.b, y.b) = sign(x.id / 10 - y.id / 10)) AS agree
FROM scale AS x, scale AS y WHERE x.id / 10 < 6 AND y.id / 10 < 6;

CREATE TABLE kind (b retention_benchmark);
CREATE UNIQUE INDEX ON kind (b);
INSERT INTO kind SELECT DISTINCT b FROM scale;
INSERT INTO kind VALUES ('<1.0 <2.0 <3.0');
INSERT INTO kind VALUES ('<1.0 <2.0 <3.0') ON CONFLICT DO NOTHING;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Join' THEN
			RETURN NEXT substring(line FROM '(?:-> *)?(\w.*)');
		END IF;
	END LOOP;
END $$;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SELECT plan_of('SELECT count(*) FROM scale JOIN kind USING (b)');
SELECT count(*) FROM scale JOIN kind USING (b);
SET enable_hashjoin = off;
SET enable_mergejoin = on;
SELECT plan_of('SELECT count(*) FROM scale JOIN kind USING (b)');
SELECT count(*) FROM scale JOIN kind USING (b);
RESET enable_nestloop;
RESET enable_hashjoin;

CREATE TABLE hashed (b retention_benchmark) PARTITION BY HASH (b);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO hashed SELECT b FROM scale;
SELECT count(*), count(DISTINCT b) FROM hashed;

CREATE MATERIALIZED VIEW distinct_scale AS SELECT min(id) AS id, b FROM scale GROUP BY b;
CREATE UNIQUE INDEX ON distinct_scale (b);
DELETE FROM scale WHERE id < 40;
REFRESH MATERIALIZED VIEW CONCURRENTLY distinct_scale;
SELECT count(*), min(id) FROM distinct_scale;

--
-- The table as it comes
--

SELECT name, metric, segment, thresholds, instrument, method, note FROM retention_benchmarks WHERE unit IS NULL ORDER BY name COLLATE "C";
SELECT name, metric, thresholds, unit, instrument, method, sample_size AS sample, source, data_year AS data, published_year AS published, note
FROM retention_benchmarks WHERE unit IS NOT NULL ORDER BY name COLLATE "C";
SELECT name, segment FROM retention_benchmarks WHERE unit IS NOT NULL ORDER BY name COLLATE "C";
SELECT count(*), count(DISTINCT name) AS names, bool_and(builtin) AS builtin FROM retention_benchmarks;
-- each of them rates
SELECT rating(100, name), count(*), bool_and(rating(100, name) = rating(100, thresholds)) AS same FROM retention_benchmarks GROUP BY 1 ORDER BY 1;

--
-- Names
--

CREATE FUNCTION failure(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, nullif(hint, ''));
END $$;

SELECT rating(95, 'nrr-grwth');
SELECT to_next(95, 'saas');
SELECT failure(format('SELECT rating(95.0, %L)', name))
FROM unnest(ARRAY['NRR', 'nrr ', 'ecomerce-nrr', 'chartmogul', 'recurly-logo', 'highalpha-2025-grr-arr51m', 'saas nrr', 'acme', '', '-']) AS name;
-- a name of any length
SELECT length(failure(format('SELECT rating(95.0, %L)', repeat('nrr', 1000))));

-- another state of the table, another answer: what is read is never stale
CREATE FUNCTION over_time(OUT before benchmark_rating, OUT changed benchmark_rating, OUT undone benchmark_rating)
LANGUAGE plpgsql AS $$
DECLARE
	answers benchmark_rating[];
BEGIN
	FOR i IN 1 .. 3 LOOP
		BEGIN
			IF i = 2 THEN
				UPDATE retention_benchmarks SET thresholds = '<99 <99.5 -' WHERE name = 'nrr';
			END IF;
			answers[i] := rating(95, 'nrr');
			IF i = 2 THEN
				RAISE EXCEPTION USING ERRCODE = 'P0001', MESSAGE = answers[i]::text;
			END IF;
		EXCEPTION WHEN SQLSTATE 'P0001' THEN
			answers[2] := SQLERRM;
		END;
	END LOOP;
	before := answers[1]; changed := answers[2]; undone := answers[3];
END $$;
SELECT * FROM over_time();

-- a name per row
SELECT b.name, rating(value, b.name), rating(value, b.name) = rating(value, r.thresholds) AS same
FROM (VALUES ('nrr'), ('saas-nrr'), ('nrr'), ('nrr'), ('ecommerce-nrr')) AS b(name) JOIN retention_benchmarks AS r USING (name), (VALUES (95)) AS v(value)
ORDER BY 1;

-- neither search_path nor a table of that name in it matters
CREATE TABLE retention_benchmarks (name text, thresholds text);
INSERT INTO retention_benchmarks VALUES ('nrr', 'nonsense'), ('false', '<1 <2 <3');
SELECT rating(95, 'nrr'), failure('SELECT rating(95, ''false'')');
SET search_path = pg_catalog;
SELECT public.rating(95, 'nrr'), public.rating(95), public.to_next(95);
SET search_path = benchmarks_test, public;
DROP TABLE retention_benchmarks;

--
-- Rows of users
--

BEGIN;
INSERT INTO retention_benchmarks (name, metric, thresholds) VALUES ('ours', 'nrr', '<80 <95 <=110') RETURNING builtin;
SELECT rating(111, 'ours'), rating(110, 'ours'), to_next(50, 'ours');
-- nobody can claim that a row came with the extension
INSERT INTO retention_benchmarks (name, metric, thresholds, builtin) VALUES ('theirs', 'grr', '- <85 -', true) RETURNING builtin;
UPDATE retention_benchmarks SET builtin = true WHERE name = 'ours' RETURNING builtin;
-- a changed row is the user's
UPDATE retention_benchmarks SET thresholds = '- <115 -' WHERE name = 'saas-nrr' RETURNING name, thresholds, builtin;
SELECT rating(117, 'saas-nrr');
-- an inserted row takes the place of a builtin one of its name, but not that of a user's
INSERT INTO retention_benchmarks (name, metric, thresholds) VALUES ('ecommerce-nrr', 'nrr', '- <88 -') RETURNING name, builtin;
SELECT name, thresholds, segment FROM retention_benchmarks WHERE NOT builtin ORDER BY name COLLATE "C";
INSERT INTO retention_benchmarks (name, metric, thresholds) VALUES ('saas-nrr', 'nrr', '- <1 -') ON CONFLICT (name) DO NOTHING;
INSERT INTO retention_benchmarks AS t (name, metric, thresholds) VALUES ('ours', 'nrr', '<81 <95 <=110'), ('nrr', 'nrr', '<71 <90 <=100')
	ON CONFLICT (name) DO UPDATE SET thresholds = excluded.thresholds RETURNING name, thresholds, builtin;
SAVEPOINT duplicate;
INSERT INTO retention_benchmarks (name, metric, thresholds) VALUES ('ours', 'nrr', '- <1 -');
ROLLBACK TO duplicate;
-- and one may go
DELETE FROM retention_benchmarks WHERE name = 'nrr';
SELECT rating(95);
ROLLBACK;
SELECT count(*) FROM retention_benchmarks WHERE NOT builtin;

-- what a row must be
SELECT failure(format('INSERT INTO retention_benchmarks (name, metric, thresholds, unit, instrument, sample_size) VALUES (%L, %L, %L, %L, %L, %L)',
	name, metric, thresholds, unit, instrument, sample_size))
FROM (VALUES (NULL, 'nrr', '- <1 -', NULL, NULL, NULL), ('', 'nrr', '- <1 -', NULL, NULL, NULL), (' x', 'nrr', '- <1 -', NULL, NULL, NULL),
	('<90', 'nrr', '- <1 -', NULL, NULL, NULL), ('x', NULL, '- <1 -', NULL, NULL, NULL), ('x', 'churn', '- <1 -', NULL, NULL, NULL),
	('x', 'nrr', NULL, NULL, NULL, NULL), ('x', 'nrr', '90', NULL, NULL, NULL), ('x', 'nrr', '- <1 -', 'week', NULL, NULL),
	('x', 'nrr', '- <1 -', NULL, 'guess', NULL), ('x', 'nrr', '- <1 -', NULL, NULL, 0)) AS v(name, metric, thresholds, unit, instrument, sample_size);

-- the trigger is of no use elsewhere
CREATE TABLE elsewhere (name text, builtin text);
CREATE TRIGGER t BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION retention_benchmarks_trigger();
INSERT INTO elsewhere VALUES ('x', 'y');
DROP TRIGGER t ON elsewhere;
CREATE TRIGGER t AFTER INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION retention_benchmarks_trigger();
INSERT INTO elsewhere VALUES ('x', 'y');
DROP TRIGGER t ON elsewhere;
CREATE TRIGGER t BEFORE INSERT ON elsewhere FOR EACH STATEMENT EXECUTE FUNCTION retention_benchmarks_trigger();
INSERT INTO elsewhere VALUES ('x', 'y');
SELECT retention_benchmarks_trigger();

--
-- Privileges: everybody reads, the owner writes, and grants apply as to any table
--

CREATE ROLE regress_benchmarks_reader;
CREATE ROLE regress_benchmarks_writer;
GRANT INSERT, UPDATE ON retention_benchmarks TO regress_benchmarks_writer;
SET ROLE regress_benchmarks_reader;
SELECT public.rating(95, 'nrr'), (SELECT count(*) FROM public.retention_benchmarks);
INSERT INTO public.retention_benchmarks (name, metric, thresholds) VALUES ('ours', 'nrr', '- <1 -');
UPDATE public.retention_benchmarks SET note = NULL;
SET ROLE regress_benchmarks_writer;
BEGIN;
INSERT INTO public.retention_benchmarks (name, metric, thresholds) VALUES ('ours', 'nrr', '- <1 -');
UPDATE public.retention_benchmarks SET note = 'ours, too' WHERE name = 'nrr' RETURNING builtin;
-- to replace a row takes the right to delete it
INSERT INTO public.retention_benchmarks (name, metric, thresholds) VALUES ('saas-nrr', 'nrr', '- <1 -');
ROLLBACK;
RESET ROLE;
BEGIN;
REVOKE SELECT ON retention_benchmarks FROM PUBLIC;
SET ROLE regress_benchmarks_reader;
SELECT public.rating(95, '- <90 -');
SELECT public.rating(95, 'nrr');
ROLLBACK;
-- row security is not passed over, but refused: a policy's functions would run as whoever asks
BEGIN;
ALTER TABLE retention_benchmarks ENABLE ROW LEVEL SECURITY;
CREATE POLICY most ON retention_benchmarks USING (name <> 'nrr');
SET ROLE regress_benchmarks_reader;
SELECT public.rating(95, 'nrr-growth');
ROLLBACK;
REVOKE ALL ON retention_benchmarks FROM regress_benchmarks_writer;
DROP ROLE regress_benchmarks_reader, regress_benchmarks_writer;

-- even a column of another type does no harm
BEGIN;
ALTER TABLE retention_benchmarks ALTER thresholds TYPE text USING 'garbage';
SELECT rating(95, 'nrr');
ROLLBACK;

RESET search_path;
DROP SCHEMA benchmarks_test CASCADE;
