--
-- Bytes of this release and of those before, which sql/frozen keeps, read as they did when they were written down
--
\getenv srcdir PG_ABS_SRCDIR
\getenv builddir PG_ABS_BUILDDIR
\set values :srcdir '/sql/include/frozen.sql'
\set ECHO none
\i :values
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
SET search_path = frozen, public;

CREATE TABLE file (what text, text text, "binary" text, stored text, reads text);
CREATE TABLE frozen (type text, version int, LIKE file);
\cd :srcdir
\copy file FROM 'sql/frozen/revenue_ledger-1.tsv'
WITH f AS (DELETE FROM file RETURNING *) INSERT INTO frozen SELECT 'revenue_ledger', 1, * FROM f;
\copy file FROM 'sql/frozen/retention_summary-1.tsv'
WITH f AS (DELETE FROM file RETURNING *) INSERT INTO frozen SELECT 'retention_summary', 1, * FROM f;
\copy file FROM 'sql/frozen/retention_benchmark-1.tsv'
WITH f AS (DELETE FROM file RETURNING *) INSERT INTO frozen SELECT 'retention_benchmark', 1, * FROM f;
\copy file FROM 'sql/frozen/benchmark_rating-1.tsv'
WITH f AS (DELETE FROM file RETURNING *) INSERT INTO frozen SELECT 'benchmark_rating', 1, * FROM f;
SELECT type, version, count(*) FROM frozen GROUP BY 1, 2 ORDER BY 1, 2;
-- every type, and every version up to today's, is there
SELECT typname FROM pg_type AS t JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr')
WHERE typtype = 'b' AND typcategory <> 'A' AND typname NOT IN (SELECT type FROM frozen);
SELECT type, version FROM (SELECT type, generate_series(1, max(version)) AS version FROM today GROUP BY type) AS t EXCEPT SELECT type, version FROM frozen;

-- Binary forms come in as a client sends them
CREATE TABLE forms (n int, form bytea);
CREATE FUNCTION forms_of(wanted text) RETURNS SETOF forms
LANGUAGE sql AS $$ SELECT row_number() OVER (ORDER BY version, what COLLATE "C")::int, decode("binary", 'hex') FROM frozen WHERE type = wanted $$;
CREATE TABLE ledgers_received (n int, value revenue_ledger);
CREATE TABLE summaries_received (n int, value retention_summary);
CREATE TABLE benchmarks_received (n int, value retention_benchmark);
CREATE TABLE ratings_received (n int, value benchmark_rating);
\cd :builddir
\cd results
\copy (SELECT * FROM forms_of('revenue_ledger')) TO 'frozen.data' BINARY
\copy ledgers_received FROM 'frozen.data' BINARY
\copy (SELECT * FROM forms_of('retention_summary')) TO 'frozen.data' BINARY
\copy summaries_received FROM 'frozen.data' BINARY
\copy (SELECT * FROM forms_of('retention_benchmark')) TO 'frozen.data' BINARY
\copy benchmarks_received FROM 'frozen.data' BINARY
\copy (SELECT * FROM forms_of('benchmark_rating')) TO 'frozen.data' BINARY
\copy ratings_received FROM 'frozen.data' BINARY

-- What all forms of a frozen value read as. Stored bytes are those of a machine whose low bytes come first.
SELECT stored(revenue_entry(1, date '2024-01-01', 1.00)) LIKE '\\x01000200%' AS low_first \gset
CREATE FUNCTION reads_as(type text, form text, bytes text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format(CASE form WHEN 'text' THEN 'SELECT frozen.reads(%1$L::public.%2$I)' ELSE 'SELECT frozen.reads(frozen.from_stored(%1$L, NULL::public.%2$I))' END, bytes, type) INTO result;
	RETURN result;
END $$;
CREATE VIEW readings AS
	SELECT type, version, what, reads AS wanted, 'text' AS form, reads_as(type, 'text', text) AS reads FROM frozen
	UNION ALL
	SELECT type, version, what, reads, 'stored', reads_as(type, 'stored', stored) FROM frozen
	UNION ALL
	SELECT f.type, version, what, f.reads, 'binary', r.reads
	FROM (SELECT type, version, what, reads, row_number() OVER (PARTITION BY type ORDER BY version, what COLLATE "C")::int AS n FROM frozen) AS f
	JOIN (SELECT 'revenue_ledger' AS type, n, reads(value) FROM ledgers_received UNION ALL SELECT 'retention_summary', n, reads(value) FROM summaries_received
		UNION ALL SELECT 'retention_benchmark', n, reads(value) FROM benchmarks_received UNION ALL SELECT 'benchmark_rating', n, reads(value) FROM ratings_received) AS r USING (type, n);
SELECT * FROM readings WHERE reads IS DISTINCT FROM wanted AND (form <> 'stored' OR :'low_first') ORDER BY type, version, what, form;
SELECT type, form, count(*) FROM readings GROUP BY 1, 2 ORDER BY 1, 2;

-- What this release makes of the same rows has the bytes of the newest file, and reads the same as in all
SELECT type, version, what, f.text = t.text AS text, f.binary = t.binary AS binary, f.stored = t.stored OR NOT :'low_first' AS stored, f.reads = t.reads AS reads
FROM frozen AS f FULL JOIN today AS t USING (type, version, what)
WHERE (f.text, f.binary, f.reads) IS DISTINCT FROM (t.text, t.binary, t.reads) OR f.stored IS DISTINCT FROM t.stored AND :'low_first';

--
-- A value that a later release wrote is not called damaged, and the other way round.
--
CREATE FUNCTION error(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'none';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE TABLE later (type text, form text, value text);
INSERT INTO later
	SELECT 'revenue_ledger', 'text', overlay(text PLACING '02' FROM 3 FOR 2) FROM frozen WHERE type = 'revenue_ledger' AND what = 'no amount'
	UNION ALL SELECT 'revenue_ledger', 'text', '\xff'
	UNION ALL SELECT 'revenue_ledger', 'text', overlay(text PLACING '00' FROM 3 FOR 2) FROM frozen WHERE type = 'revenue_ledger' AND what = 'no amount'
	UNION ALL SELECT 'revenue_ledger', 'stored', overlay(stored PLACING '02' FROM 3 FOR 2) FROM frozen WHERE type = 'revenue_ledger' AND what = 'no amount'
	UNION ALL SELECT 'revenue_ledger', 'stored', overlay(stored PLACING '00' FROM 3 FOR 2) FROM frozen WHERE type = 'revenue_ledger' AND what = 'no amount'
	UNION ALL SELECT 'retention_summary', 'stored', regexp_replace(stored, '(\d+) (\d+)', '\1 65536') FROM frozen WHERE type = 'retention_summary' AND what = 'whole';
SELECT type, form, error(format(CASE form WHEN 'text' THEN 'SELECT reads(%L::%I)' ELSE 'SELECT reads(from_stored(%L, NULL::%I))' END, value, type)) FROM later;
-- every reader of ledgers and of summaries, on bytes of a later version
CREATE TABLE later_values AS
	SELECT from_stored(l.value, NULL::revenue_ledger) AS ledger, from_stored(s.value, NULL::retention_summary) AS summary FROM later AS l, later AS s
	WHERE l.form = 'stored' AND l.value LIKE '\\x02%' AND s.type = 'retention_summary';
CREATE FUNCTION sample(type oid, argument text) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE type::regtype::text
		WHEN 'revenue_ledger' THEN '(SELECT ledger FROM later_values)' WHEN 'retention_summary' THEN '(SELECT summary FROM later_values)'
		WHEN 'retention_benchmark' THEN '''<70 <90 <=100''::retention_benchmark' WHEN 'text' THEN CASE WHEN argument LIKE '%grain' THEN '''year''::text' ELSE '''nrr''::text' END
		WHEN 'integer' THEN '1' WHEN 'bigint' THEN '1' WHEN 'numeric' THEN '0.9' WHEN 'date' THEN 'date ''2024-01-01''' WHEN 'daterange' THEN 'daterange(''2024-01-01'', ''2024-02-01'')' END
$$;
CREATE VIEW calls AS
	SELECT p.oid::regprocedure AS function, format('SELECT %s(%s)', p.proname, string_agg(coalesce(sample(a.type, proargnames[n]), 'no sample'), ', ' ORDER BY n)) AS call
	FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr'),
		unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, n)
	WHERE p.prokind = 'f' AND NOT EXISTS (SELECT FROM pg_aggregate WHERE p.oid IN (aggtransfn, aggmtransfn, aggminvtransfn)) AND p.proname <> 'revenue_ledger_final'
	GROUP BY p.oid
	HAVING bool_or(a.type IN ('revenue_ledger'::regtype, 'retention_summary'::regtype));
SELECT split_part(error(call), E'\n', 1) AS error, count(*) > 10 AS many, min(function::text COLLATE "C") AS for_example FROM calls GROUP BY 1 ORDER BY 1;
SELECT function, call, error(call) FROM calls WHERE error(call) NOT LIKE '0A000%';
SELECT error('SELECT rollup(ledger) FROM later_values'), error('SELECT rollup(summary) FROM later_values');

-- binary forms
INSERT INTO forms SELECT 1, overlay(decode("binary", 'hex') PLACING '\x02' FROM 1 FOR 1) FROM frozen WHERE type = 'revenue_ledger' AND what = 'no amount';
\copy forms TO 'frozen.data' BINARY
\copy ledgers_received FROM 'frozen.data' BINARY
DELETE FROM forms;
INSERT INTO forms SELECT 1, overlay(decode("binary", 'hex') PLACING '\x02' FROM 1 FOR 1) FROM frozen WHERE type = 'retention_summary' AND what = 'whole';
\copy forms TO 'frozen.data' BINARY
\copy summaries_received FROM 'frozen.data' BINARY
DELETE FROM forms;
INSERT INTO forms SELECT 1, overlay(decode("binary", 'hex') PLACING '\x00' FROM 1 FOR 1) FROM frozen WHERE type = 'retention_summary' AND what = 'whole';
\copy forms TO 'frozen.data' BINARY
\copy summaries_received FROM 'frozen.data' BINARY

-- rows that an aggregate without a final function left behind
CREATE AGGREGATE open("any", "any", "any") (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger);
SELECT error(format('SELECT total(from_stored(%L, NULL::revenue_ledger))', overlay(stored(open(i, date '2024-01-01', i)) PLACING '02' FROM 3 FOR 2))),
	error(format('SELECT total(from_stored(%L, NULL::revenue_ledger))', overlay(stored(open(i, date '2024-01-01', i)) PLACING '00' FROM 3 FOR 2))) FROM generate_series(1, 3) AS i;

SET client_min_messages = warning;
DROP SCHEMA frozen CASCADE;
