--
-- The type retention_summary: text, JSON and binary form, what is malformed, equality, order, hash,
-- and whatever in PostgreSQL asks a type for them.
--
SET jit = off;
CREATE SCHEMA summary_type;
SET search_path = summary_type, public;
CREATE FUNCTION one(starting numeric, ending numeric) RETURNS retention_summary LANGUAGE sql IMMUTABLE AS 'SELECT retention(starting, ending)';
CREATE FUNCTION error(statement text, OUT state text, OUT detail text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	state := 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
END $$;

SELECT typname, typlen, typbyval, typalign, typstorage, octet_length(retention_summary_send(one(1, 2))) FROM pg_type WHERE typname = 'retention_summary';

-- Text
\pset format unaligned
\pset tuples_only on
SELECT one(100, 120.5) + one(0, 3) + one(50, 0);
SELECT replace(one(1.50, 0.75)::text, ', ', E',\n ');
SELECT one(0, 0);
\pset tuples_only off
\pset format aligned

CREATE TABLE summaries (id int, s retention_summary);
INSERT INTO summaries
	SELECT g, retention(round((i * 7919 % 5003 - 500) / 9.0, g % 5) * factor, round((i * 104729 % 4999 - 900) / 7.0, g % 4) * factor)
	FROM generate_series(1, 100) AS g, CAST('1e' || g % 23 AS numeric) AS factor, generate_series(1, g) AS i GROUP BY g;
INSERT INTO summaries VALUES (101, one(0, 0)), (102, one(0, 1)), (103, one(99999999999999999999999999999999, 0)), (104, one(1e-32, 2e-32)), (105, one(0.99999999999999999999999999999999, 0.1)),
	(106, one(1.000, 0)), (107, one(0.5, 0.5) + one(0.5, 0.5)), (108, one(1.0::numeric(200, 100), 1));

-- Every form leads back: the same text, the same bytes
SELECT count(*), bool_and(s::text::retention_summary::text = s::text) AS text, bool_and(s::text::retention_summary = s) AS value,
	bool_and(retention_summary_send(s::text::retention_summary) = retention_summary_send(s)) AS bytes,
	bool_and(s::jsonb::text::retention_summary::text = s::text) AS jsonb, bool_and(s::json::text = s::text) AS json,
	bool_and(to_jsonb(s) = s::jsonb) AS to_jsonb, bool_and(row_to_json(summaries)->'s'->>'starting' = starting(s)::text) AS row_to_json
FROM summaries;
CREATE TABLE copies (id int, s retention_summary);
\getenv abs_builddir PG_ABS_BUILDDIR
\set file :abs_builddir '/results/summary_type.bin'
\set copy_out '\\copy summaries to ' :file ' (format binary)'
\set copy_in '\\copy copies from ' :file ' (format binary)'
:copy_out
:copy_in
SELECT count(*), bool_and(c.s::text = s.s::text) AS same FROM copies AS c JOIN summaries AS s USING (id);
TRUNCATE copies;
-- and white space, and any order of keys; the number of decimals is the amounts'
SELECT ending(E'\t{ "churn":0.00 , "starting" : 1,"new":0,"reactivation":0,"expansion":1.0,"contraction":0,"ending":2,"starting_customers":1,"new_customers":0,"reactivated_customers":0,"expanded_customers":1,"contracted_customers":0,"churned_customers":0,"ending_customers":1,"starting_squared":1.000000,"ending_squared":4,"starting_x_ending":2,"retained_squared":1,"starting_x_retained":1}\n'::retention_summary);

-- What is malformed: a good text, with one thing put in the place of another
CREATE TEMP TABLE good AS SELECT (one(100, 120.5) + one(60, 50) + one(0, 3) + one(50, 0))::text AS text;
SELECT left(new, 45) AS new, (error(format('SELECT %L::retention_summary', replace(text, old, new)))).*
FROM good, (VALUES
	('{', ''), ('{', '['), ('}', ''), ('}', '} x'), ('}', ', "starting": 1}'), (', "new": 3.0', ''), ('"new"', '"newer"'), ('"new"', 'new'), ('"new"', '"new'), ('"new"', '"\u006eew"'),
	('"reactivation"', '"new"'), ('"new": ', '"new" '), ('210.0', '-210.0'), ('210.0', '"210.0"'), ('210.0', 'NaN'), ('210.0', 'null'), ('210.0', '+210.0'), ('210.0', '0210.0'),
	('210.0', '210.'), ('210.0', '.5'), ('210.0', '2.1e2'), ('210.0', '0x10'), ('210.0', '[210.0]'), ('210.0', '210.0 1'), ('210.0', ''), ('210.0', '210.1'),
	('210.0', '1' || repeat('0', 31) || '.5'), ('210.0', repeat('9', 33)), ('210.0', repeat('9', 70)), ('210.0', '210.' || repeat('0', 40) || '1'),
	('"starting_customers": 3', '"starting_customers": 3.5'), ('"starting_customers": 3', '"starting_customers": 2'), ('"starting_customers": 3', '"starting_customers": 9223372036854775808'),
	('"starting_customers": 3', '"starting_customers": 9223372036854775807'), ('"starting_customers": 3', '"starting_customers": 4'),
	('"new_customers": 1', '"new_customers": 0'), ('"reactivated_customers": 0', '"reactivated_customers": 1'), ('"ending_customers": 3', '"ending_customers": 4'),
	('"churned_customers": 1', '"churned_customers": 3'), ('"churn": 50.0', '"churn": 200.0'), ('"ending": 173.5', '"ending": 173.4'),
	('"starting_squared": 16100.00', '"starting_squared": 0'), ('"starting_squared": 16100.00', '"starting_squared": 44100.01'), ('"starting_squared": 16100.00', '"starting_squared": 1' || repeat('0', 63)),
	('"retained_squared": 12500.00', '"retained_squared": 0'), ('"retained_squared": 12500.00', '"retained_squared": 13000.01'), ('"starting_squared": 16100.00', '"starting_squared": 1e4'),
	('"ending_squared": 17020.25', '"ending_squared": 17020.' || repeat('1', 65))) AS v(old, new);
SELECT text FROM good WHERE text NOT LIKE '%"starting_squared": 16100.00%' OR text NOT LIKE '%"retained_squared": 12500.00%' OR text NOT LIKE '%"ending_squared": 17020.25%';
SELECT left(t, 10) AS text, (error(format('SELECT %L::retention_summary', t))).* FROM (VALUES (''), ('1'), ('{}'), ('null'), (E'{"starting": 1}'), (repeat('{', 100000))) AS v(t);

-- Binary: each byte set to 255 in turn is told, or is another good value; so is each length
CREATE TEMP TABLE form AS SELECT retention_summary_send(text::retention_summary) AS bytes FROM good;
CREATE FUNCTION receive(bytes bytea, OUT outcome text) LANGUAGE plpgsql AS $$
DECLARE
	path text := current_setting('summary_type.path');
	item bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001'::bytea || int4send(octet_length(bytes)) || bytes || '\xffff'::bytea;
	file int;
BEGIN
	TRUNCATE received;
	file := lo_from_bytea(0, item);
	PERFORM lo_export(file, path);
	PERFORM lo_unlink(file);
	EXECUTE format('COPY received FROM %L (FORMAT binary)', path);
	outcome := 'taken';
	IF (SELECT s::text::retention_summary <> s OR retention_summary_send(s)::text IS NULL FROM received) THEN
		outcome := 'lost';
	END IF;
EXCEPTION WHEN OTHERS THEN
	outcome := SQLSTATE;
END $$;
CREATE TABLE received (s retention_summary);
\set path :abs_builddir '/results/summary_type.one'
SELECT set_config('summary_type.path', :'path', false) IS NOT NULL AS set;
SELECT outcome, count(*) FROM form, generate_series(0, octet_length(bytes) - 1) AS i, receive(set_byte(bytes, i, 255)) GROUP BY outcome ORDER BY outcome;
SELECT outcome, count(*) FROM form, generate_series(0, octet_length(bytes) + 3) AS i, receive(substr(bytes || '\x000000'::bytea, 1, i)) GROUP BY outcome ORDER BY outcome;
SELECT receive(bytes) AS good, receive(set_byte(bytes, 0, 2)) AS version, receive(set_byte(bytes, 1, 33)) AS scale, receive(set_byte(bytes, 2, 127)) AS dscale FROM form;

-- Equality is by content: decimals shown do not matter, and neither does how it came about
INSERT INTO copies SELECT id + 1000, s::jsonb::text::retention_summary + one(0.00000, 0) FROM summaries;
INSERT INTO copies SELECT id + 2000, s FROM summaries;
SELECT count(*), count(DISTINCT s) AS summaries, count(DISTINCT s::text) AS texts FROM copies;
SELECT bool_and((a.s = b.s) = (a.id % 1000 = b.id % 1000) AND (a.s <> b.s) = (a.id % 1000 <> b.id % 1000)) AS equality,
	bool_and((a.s < b.s)::int + (a.s = b.s)::int + (a.s > b.s)::int = 1 AND (a.s <= b.s) = NOT (a.s > b.s) AND (a.s >= b.s) = NOT (a.s < b.s) AND (a.s < b.s) = (b.s > a.s)
		AND sign(retention_summary_cmp(a.s, b.s)) = (a.s > b.s)::int - (a.s < b.s)::int) AS trichotomy,
	bool_and(a.s <> b.s OR retention_summary_hash(a.s) = retention_summary_hash(b.s) AND retention_summary_hash_extended(a.s, 7) = retention_summary_hash_extended(b.s, 7)) AS hash,
	bool_and(retention_summary_hash_extended(a.s, 0) & 4294967295 = retention_summary_hash(a.s)::bigint & 4294967295) AS extended
FROM copies AS a, copies AS b WHERE a.id % 1000 NOT IN (103) AND b.id % 1000 NOT IN (103);
SELECT count(DISTINCT retention_summary_hash(s)) AS hashes, count(DISTINCT retention_summary_hash_extended(s, 1)) AS seeded FROM summaries;
SELECT bool_and(lower <= s) AS ordered FROM (SELECT s, lag(s) OVER (ORDER BY s) AS lower FROM copies) AS o WHERE lower IS NOT NULL;
SELECT amname, amvalidate(c.oid) FROM pg_opclass AS c JOIN pg_am AS a ON a.oid = opcmethod WHERE opcintype = 'retention_summary'::regtype ORDER BY amname;

-- Hashed, sorted, merged, indexed
CREATE FUNCTION run(query text, node text, OUT plan boolean, OUT answer text) LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	plan := false;
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan OR strpos(line, node) > 0;
	END LOOP;
	EXECUTE query INTO answer;
END $$;
ANALYZE copies;
SET enable_nestloop = off;
SET enable_sort = off;
SELECT * FROM run('SELECT count(*) FROM (SELECT DISTINCT s FROM copies) AS d', 'HashAggregate');
SELECT * FROM run('SELECT count(*) FROM copies AS a JOIN copies AS b ON a.s = b.s AND a.id < b.id', 'Hash Join');
RESET enable_sort;
SET enable_hashagg = off;
SET enable_hashjoin = off;
SELECT * FROM run('SELECT count(*) FROM (SELECT s FROM copies GROUP BY s) AS d', 'Group');
SELECT * FROM run('SELECT count(*) FROM copies AS a JOIN copies AS b ON a.s = b.s AND a.id < b.id', 'Merge Join');
RESET enable_nestloop;
RESET enable_hashagg;
RESET enable_hashjoin;
CREATE UNIQUE INDEX summaries_s ON summaries (s);
CREATE INDEX summaries_hash ON summaries USING hash (s);
\set VERBOSITY terse
INSERT INTO summaries SELECT 1, s + one(0.0000, 0) FROM summaries WHERE id = 102;
\set VERBOSITY default
INSERT INTO summaries SELECT 109, s FROM summaries WHERE id = 102 ON CONFLICT (s) DO UPDATE SET id = summaries.id * 10;
SELECT id FROM summaries WHERE s = one(0, 1.00);
SET enable_seqscan = off;
SELECT * FROM run('SELECT id FROM summaries WHERE s = summary_type.one(0, 1.00)', 'summaries_');
SELECT * FROM run('SELECT count(*) FROM summaries WHERE s >= summary_type.one(0, 1.00)', 'summaries_s');
RESET enable_seqscan;
SELECT id FROM summaries WHERE s IN (one(0, 0.0), one(1.0000, 0)) ORDER BY id;
CREATE TABLE parts (s retention_summary) PARTITION BY HASH (s);
CREATE TABLE part0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT s FROM copies;
SELECT count(*) AS in_both FROM part0 JOIN part1 USING (s);

-- A materialized view, refreshed where its rows stay the same, and where they do not
CREATE TABLE customers AS SELECT i, i % 5 AS region, i * 7 % 100 + 0.50 AS starting, i * 11 % 90 + 0.25 AS ending FROM generate_series(1, 500) AS i;
CREATE MATERIALIZED VIEW by_region AS SELECT region, retention(starting, ending) AS s FROM customers GROUP BY region;
CREATE UNIQUE INDEX ON by_region (region);
CREATE TEMP TABLE before AS SELECT ctid AS place, * FROM by_region;
REFRESH MATERIALIZED VIEW CONCURRENTLY by_region;
SELECT count(*) AS untouched FROM by_region AS r JOIN before AS b ON r.ctid = b.place AND r.s = b.s;
UPDATE customers SET ending = 0 WHERE i = 7;
REFRESH MATERIALIZED VIEW CONCURRENTLY by_region;
SELECT count(*) AS untouched FROM by_region AS r JOIN before AS b ON r.ctid = b.place AND r.s = b.s;
SELECT region, churned_customers(s) FROM by_region WHERE s NOT IN (SELECT s FROM before);
SELECT rollup(s) = (SELECT retention(starting, ending) FROM customers) AS same FROM by_region;
CREATE UNIQUE INDEX ON by_region (s);
REFRESH MATERIALIZED VIEW CONCURRENTLY by_region;

-- Functions of our aggregates, called by hand and put together in ways they were not meant for
SELECT (error(s)).* FROM (VALUES
	('SELECT retention_accum(summary_type.one(1, 2), 1, 2)'), ('SELECT retention_accum_inv(summary_type.one(1, 2), 1.0, 2.0)'), ('SELECT retention_accum(NULL, 1, 2)'),
	('SELECT retention_merge(summary_type.one(1, 2), summary_type.one(1, 2))'), ('SELECT retention_merge_inv(summary_type.one(1, 2), NULL)')) AS v(s);
SELECT retention_final(one(1, 2)) = one(1, 2) AS final;
-- a state that gets out is a value all the same
CREATE AGGREGATE bare(numeric, numeric) (SFUNC = retention_accum, STYPE = retention_summary);
SELECT bare(starting, ending) = retention(starting, ending) AS same, bare(starting, ending)::text = retention(starting, ending)::text AS text,
	retention_summary_send(bare(starting, ending)) = retention_summary_send(retention(starting, ending)) AS send,
	retention_summary_hash(bare(starting, ending)) = retention_summary_hash(retention(starting, ending)) AS hash,
	bare(starting, ending) + one(1, 1) = retention(starting, ending) + one(1, 1) AS plus, nrr_interval(bare(starting, ending)) = nrr_interval(retention(starting, ending)) AS interval,
	starting(bare(starting, ending)) = starting(retention(starting, ending)) AS part
FROM customers;
SELECT rollup(s) = (SELECT retention(starting, ending) FROM customers) AS rollup FROM (SELECT bare(starting, ending) AS s FROM customers GROUP BY region) AS b;
SELECT bool_and(moving = bare) AS moving FROM (SELECT rollup(s) OVER (ORDER BY region ROWS 0 PRECEDING) AS moving, s AS bare FROM (SELECT region, bare(starting, ending) AS s FROM customers GROUP BY region) AS b) AS m;
-- one that begins with a value adds to it, and leaves the value alone
SELECT one(10, 5) AS ten \gset
CREATE AGGREGATE onward(int, int) (SFUNC = retention_accum, STYPE = retention_summary, FINALFUNC = retention_final, INITCOND = :'ten');
SELECT region, onward(1, 1) = retention(1, 1) + one(10, 5) AS sum FROM customers GROUP BY region ORDER BY region;
-- what it takes away was never there
SELECT one(0, 0) AS nothing \gset
CREATE AGGREGATE taken(numeric, numeric) (SFUNC = retention_accum_inv, STYPE = retention_summary, FINALFUNC = retention_final, INITCOND = :'nothing');
CREATE AGGREGATE taken_bare(numeric, numeric) (SFUNC = retention_accum_inv, STYPE = retention_summary, FINALFUNC = nrr, INITCOND = :'nothing');
SELECT taken(starting, ending) FROM customers;
SELECT taken(0.5, 1e-9) FROM customers WHERE i = 1;
SELECT count(*) AS no_crash FROM (SELECT taken_bare(starting, ending) FROM customers) AS t;

-- More customers than a summary counts are too many of them, of one movement or of several together; nothing was taken away.
CREATE TABLE crowds (what text, s retention_summary);
INSERT INTO crowds
	SELECT what, format('{"starting": %s, "new": %s, "reactivation": 0, "expansion": 0, "contraction": 0, "churn": %1$s, "ending": %2$s, "starting_customers": %s, "new_customers": %s, "reactivated_customers": 0,
		"expanded_customers": 0, "contracted_customers": 0, "churned_customers": %3$s, "ending_customers": %4$s, "starting_squared": %1$s, "ending_squared": 0, "starting_x_ending": 0, "retained_squared": 0, "starting_x_retained": 0}',
		least(starting, 6), least(arrived, 6), starting, arrived)::retention_summary
	FROM (VALUES ('lost', 6000000000000000000, 0), ('new', 0, 6000000000000000000), ('few', 1, 1)) AS v(what, starting, arrived);
SELECT a.what, b.what, op, (error(format('SELECT starting_customers(%1$L::retention_summary %2$s %3$L) || '' '' || new_customers(%1$L::retention_summary %2$s %3$L)', a.s, op, b.s))).*
FROM crowds AS a, crowds AS b, (VALUES ('+'), ('-')) AS o(op) WHERE a.what <> 'few' AND (b.what = 'few' OR op = '+') AND a.what >= b.what ORDER BY 1, 2, 3;
SELECT * FROM error('SELECT starting_customers(rollup(s)) FROM crowds');

SET client_min_messages = warning;
DROP SCHEMA summary_type CASCADE;
