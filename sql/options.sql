--
-- Options: arguments that have a default. NULL stands for it, in every function, found in the catalogue,
-- so that one that comes later is tested without being named here. And dates mean the same everywhere.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA options;
SET search_path = options, public;

CREATE TABLE billing AS
	SELECT i % 7 AS customer_id, date '2024-01-03' + i * 9 AS paid_on, i % 11 + 1.5 AS amount FROM generate_series(1, 90) AS i;
CREATE TABLE ledger AS SELECT revenue_ledger(customer_id, paid_on, amount) AS l FROM billing;
SELECT refresh_revenue_ledgers('kept', 'billing', 'customer_id', 'paid_on', 'amount') IS NOT NULL AS refreshed;
-- so that there is something to verify
INSERT INTO billing VALUES (1, '2024-05-05', 7);

-- A good value for an argument that has no default, by its name and type
CREATE FUNCTION sample(name text, type regtype) RETURNS text
LANGUAGE sql AS $$
	SELECT CASE
		WHEN name = 'source' THEN quote_literal('options.billing')
		WHEN name IN ('customer', 'at', 'amount') AND type = 'text'::regtype
			THEN quote_literal(CASE name WHEN 'customer' THEN 'customer_id' WHEN 'at' THEN 'paid_on' ELSE 'amount' END)
		WHEN name = 'store' THEN quote_literal('kept')
		WHEN name = 'from_date' THEN quote_literal('2024-02-01')
		WHEN name = 'to_date' THEN quote_literal('2025-03-01')
		WHEN name = 'customer' THEN '7'
		WHEN name = 'at' THEN 'date ''2024-02-05'''
		WHEN name = 'metric' THEN quote_literal('grr')
		WHEN name = 'frequency' THEN format('%L::%s', '3 weeks', type)
		WHEN name = 'every' THEN format('%L::%s', '3 weeks', type)
		WHEN type = 'revenue_ledger'::regtype THEN '(SELECT l FROM options.ledger)'
		WHEN type = 'retention_summary'::regtype THEN '(SELECT retention(l, ''2024-02-01'', ''2025-03-01'') FROM options.ledger)'
		WHEN type = '"any"'::regtype THEN '79.5'
		WHEN format_type(type, NULL) ~ '^(numeric|real|double precision|mrr_float8)$' THEN format('79.5::%s', type)
	END
$$;
-- The rows that a call gives, as text. A store that is written is written anew.
CREATE FUNCTION result(call text) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
	result text[];
BEGIN
	BEGIN
		EXECUTE format('SELECT array_agg(t::text) FROM %s AS t', call) INTO result;
		IF call ~ '^refresh_' THEN
			result := result || (SELECT array_agg(ledger::text) FROM options.kept);
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'XX999';
	EXCEPTION WHEN SQLSTATE 'XX999' THEN
		RETURN result;
	WHEN OTHERS THEN
		RETURN ARRAY[SQLSTATE || ' ' || SQLERRM];
	END;
END $$;

CREATE VIEW function AS
	SELECT p.oid, proname, p.oid::regprocedure::text AS name, pronargs AS n, pronargs - pronargdefaults AS required,
		proargnames AS names, proargtypes AS types, proisstrict
	FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
	WHERE d.classid = 'pg_proc'::regclass AND refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr') AND pronargdefaults > 0 AND prokind = 'f';
-- A call with its options as they are told for each, and one of the others left out
CREATE FUNCTION call(f function, nulls int[], without_value int DEFAULT 0) RETURNS text
LANGUAGE sql AS $$
	SELECT format('%s(%s)', (f).proname, string_agg(CASE WHEN i <= (f).required THEN
				CASE WHEN i = without_value THEN format('NULL::%s', CASE WHEN (f).types[i - 1] <> '"any"'::regtype THEN (f).types[i - 1]::regtype::text WHEN (f).names[i] = 'at' THEN 'date' ELSE 'int' END)
					ELSE coalesce(sample((f).names[i], (f).types[i - 1]), 'no sample') END
			ELSE format('%I => NULL::%s', (f).names[i], (f).types[i - 1]::regtype) END, ', ' ORDER BY i))
	FROM generate_series(1, (f).n) AS i WHERE i <= (f).required OR i = ANY (nulls)
$$;

SELECT count(*) > 25 AS many, string_agg(name, ', ') FILTER (WHERE proisstrict) AS strict FROM function;
-- all options at once, and each by itself
SELECT name, got, want
FROM function AS f, LATERAL (SELECT result(call(f, '{}')) AS want) AS w,
	LATERAL (SELECT array_agg(i) AS options FROM generate_series(f.required + 1, f.n) AS i) AS o,
	LATERAL (SELECT options AS nulls UNION ALL SELECT ARRAY[i] FROM unnest(options) AS i) AS v,
	LATERAL (SELECT result(call(f, nulls)) AS got) AS g
WHERE got IS DISTINCT FROM want OR array_to_string(want, '') = '' OR want IS NULL OR want[1] ~ '^[0-9A-Z]{5} ';
-- a required argument that is NULL gives nothing, or is an error that names it
SELECT name, names[i] AS argument, got
FROM function AS f, generate_series(1, f.required) AS i, LATERAL (SELECT result(call(f, '{}', i)) AS got) AS g
WHERE array_to_string(got, '') <> '' AND got[1] <> format('22004 %s must not be null', names[i]);

-- Aggregates cannot have defaults: what is optional is in another one of the same name.
CREATE VIEW aggregate AS
	SELECT p.oid, proname, p.oid::regprocedure::text AS name, pronargs AS n, proargtypes::oid[] AS types
	FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
	WHERE d.classid = 'pg_proc'::regclass AND refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr') AND prokind = 'a';
SELECT count(*) > 2 AS many, string_agg(long.name, ', ') FILTER (WHERE got IS DISTINCT FROM want OR want IS NULL OR want[1] ~ '^[0-9A-Z]{5} ') AS wrong
FROM aggregate AS long JOIN aggregate AS short ON short.proname = long.proname AND short.n < long.n
		AND short.types[0:short.n - 1] = long.types[0:short.n - 1],
	LATERAL (SELECT string_agg(CASE WHEN i > 2 THEN 'amount' WHEN i = 1 THEN 'customer_id'
			WHEN long.types[i - 1] = 'anyrange'::regtype THEN 'daterange(paid_on, paid_on + 40)'
			WHEN long.types[i - 1] = 'anymultirange'::regtype THEN 'datemultirange(daterange(paid_on, paid_on + 40))'
			ELSE 'paid_on' END, ', ' ORDER BY i) AS arguments
		FROM generate_series(1, short.n) AS i WHERE i <= 3) AS a,
	LATERAL (SELECT format('(SELECT %s(%s%s) FROM options.billing)', long.proname, arguments, repeat(', NULL', short.n - 3)) AS short_call,
		format('(SELECT %s(%s%s) FROM options.billing)', long.proname, arguments, repeat(', NULL', long.n - 3)) AS long_call) AS c,
	LATERAL (SELECT result(short_call) AS want, result(long_call) AS got) AS r;
SELECT grain(revenue_ledger(1, date '2024-01-01', 1, g)) FROM (VALUES (NULL), ('month'), (NULL)) AS v(g);
SELECT e.* FROM checks.error($$SELECT revenue_ledger(1, date '2024-01-01', 1, g) FROM (VALUES ('week'), (NULL)) AS v(g)$$) AS e;

-- Window dates: the period that holds the date is in it; the same errors in every function that has one.
SELECT count(*) > 8 AS many, string_agg(call || ': ' || got, E'\n') FILTER (WHERE got <> want) AS wrong
FROM (SELECT call, result(call)::text AS got, format('{"22008 %s must be a finite date"}', option) AS want
	FROM (SELECT f, i, names[i] AS option FROM function AS f, generate_series(1, n) AS i
		WHERE types[i - 1] = 'date'::regtype AND proname <> 'refresh_revenue_ledgers') AS d, unnest('{infinity, -infinity}'::text[]) AS infinity,
		LATERAL (SELECT CASE WHEN i <= (f).required THEN replace(call(f, '{}'), sample(option, 'date'), quote_literal(infinity))
			ELSE replace(call(f, ARRAY[i]), 'NULL::date', quote_literal(infinity)) END AS call) AS c
	UNION ALL
	SELECT call, result(call)::text, '{"22023 from_date must not be after to_date"}'
	FROM (SELECT f, array_agg(i ORDER BY i) AS dates FROM function AS f, generate_series(1, n) AS i WHERE names[i] IN ('from_date', 'to_date') GROUP BY f HAVING count(*) = 2) AS d,
		LATERAL (SELECT CASE WHEN dates[1] <= (f).required THEN replace(call(f, '{}'), '2024-02-01', '2025-03-02')
			ELSE replace(replace(call(f, dates), 'from_date => NULL::date', 'from_date => ''2025-03-02'''), 'to_date => NULL::date', 'to_date => ''2025-03-01''') END AS call) AS c) AS x;
-- any day of a period stands for it
SELECT count(*), string_agg(call, E'\n') FILTER (WHERE result(replace(call, 'DAY', '2024-05-01')) <> result(replace(call, 'DAY', '2024-05-31'))) AS wrong
FROM unnest(ARRAY['revenue_movements((SELECT l FROM options.ledger), through => ''DAY'')', 'cohort_retention((SELECT l FROM options.ledger), through => ''DAY'')',
	'ledger_entries((SELECT l FROM options.ledger), through => ''DAY'')', 'customer_movements((SELECT l FROM options.ledger), to_date => ''DAY'')',
	'customer_movements((SELECT l FROM options.ledger), from_date => ''DAY'')', 'slice((SELECT l FROM options.ledger), from_date => ''DAY'')',
	'slice((SELECT l FROM options.ledger), to_date => ''DAY'')', 'retention((SELECT l FROM options.ledger), ''2024-02-01'', ''DAY'')',
	'retention((SELECT l FROM options.ledger), ''DAY'', ''2025-02-01'')']) AS call;

SET search_path = public;
DROP SCHEMA options CASCADE;
DROP SCHEMA checks CASCADE;
