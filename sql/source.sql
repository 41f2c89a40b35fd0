--
-- Ledgers straight from a table: what may be a source, how names are found, whose privileges hold,
-- which rows are seen, and how many the planner expects.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA source;
CREATE SCHEMA other_source;
SET search_path = source, public;

CREATE TABLE billing (dropped int, "Paid On" date, note text, customer_id int, amount numeric(12,2));
ALTER TABLE billing DROP dropped;
INSERT INTO billing SELECT date '2024-01-01' + i * 7, 'note', i % 5, i FROM generate_series(0, 99) AS i;
ANALYZE billing;

-- The total by month of a source, for one line in the output
CREATE FUNCTION months(source text, customer text DEFAULT 'customer_id', at text DEFAULT 'Paid On', amount text DEFAULT 'amount') RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT count(*) || ' months, ' || sum(ending) FROM revenue_movements(source, customer, at, amount));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

--
-- What may be a source
--
CREATE VIEW a_view AS SELECT amount * 2 AS amount, customer_id, "Paid On" FROM billing WHERE customer_id < 3;
CREATE MATERIALIZED VIEW a_matview AS TABLE billing;
CREATE MATERIALIZED VIEW an_unpopulated_matview AS TABLE billing WITH NO DATA;
CREATE TEMP TABLE a_temp_table AS TABLE billing LIMIT 10;
CREATE UNLOGGED TABLE an_unlogged_table AS TABLE billing;
CREATE TABLE a_partitioned_table (LIKE billing) PARTITION BY RANGE ("Paid On");
CREATE TABLE a_partition PARTITION OF a_partitioned_table FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE a_default_partition PARTITION OF a_partitioned_table DEFAULT;
INSERT INTO a_partitioned_table TABLE billing;
CREATE TABLE a_parent (LIKE billing);
CREATE TABLE a_child (extra int) INHERITS (a_parent);
INSERT INTO a_parent TABLE billing LIMIT 10;
INSERT INTO a_child TABLE billing OFFSET 10;
CREATE INDEX an_index ON billing (customer_id);
CREATE SEQUENCE a_sequence;
CREATE TYPE a_composite_type AS (customer_id int, "Paid On" date, amount int);
CREATE TABLE an_empty_table (LIKE billing);
CREATE VIEW a_view_of_nulls AS SELECT customer_id, NULLIF("Paid On", "Paid On") AS "Paid On", amount FROM billing;
CREATE VIEW a_function AS SELECT i AS customer_id, timestamptz '2024-01-01 00:00+00' + i * interval '1 week' AS "Paid On", i::float8 AS amount FROM generate_series(0, 99) AS i;
SELECT source, months(source) FROM unnest(ARRAY['billing', 'a_view', 'a_matview', 'an_unpopulated_matview', 'a_temp_table', 'an_unlogged_table', 'a_partitioned_table', 'a_partition', 'a_default_partition',
	'a_parent', 'a_child', 'a_function', 'an_empty_table', 'a_view_of_nulls', 'an_index', 'a_sequence', 'a_composite_type', 'pg_toast.nothing', 'pg_catalog.pg_class']) WITH ORDINALITY AS s(source, n) ORDER BY n;
-- no rows, no ledger; but types are looked at
SELECT revenue_ledger_from('an_empty_table', 'customer_id', 'Paid On', 'amount') IS NULL AS none, months('an_empty_table', 'note', 'note', 'amount') AS no_date, months('an_empty_table', 'note', 'Paid On', 'note') AS no_amount;
-- the same column in three roles, and columns of any type that rows may have
SELECT months('billing', 'amount', 'Paid On', 'amount') AS amount_as_customer, months('billing', 'Paid On', 'Paid On', 'customer_id') AS date_as_customer, months('billing', 'note') AS one_customer;

--
-- Names: a source's as in SQL, a column's as it is
--
CREATE TABLE "My ""Billing"" Table" AS TABLE billing;
CREATE TABLE "Billing" AS TABLE billing LIMIT 1;
CREATE TABLE "a.b" AS TABLE billing LIMIT 2;
CREATE TABLE "select" AS TABLE billing LIMIT 3;
CREATE TABLE rechnungen_für_größere AS TABLE billing LIMIT 4;
CREATE TABLE a234567890123456789012345678901234567890123456789012345678901234567890 AS TABLE billing LIMIT 5;
CREATE TABLE other_source.billing AS TABLE billing LIMIT 6;
CREATE TABLE other_source."Other Table" AS TABLE billing LIMIT 7;
CREATE TABLE columns ("customer id" int, "Customer" int, "customer""s" int, "select" date, "bezahlt_für" date, "1; DROP TABLE billing" date, "a'b" int, "%s" int,
	c234567890123456789012345678901234567890123456789012345678901234567890 int, grain int);
INSERT INTO columns SELECT i, i, i, d, d, d, i, i, i, i FROM generate_series(1, 10) AS i, date('2024-01-01') AS d;
SELECT source, months(source) FROM unnest(ARRAY['Billing', '"Billing"', '"My ""Billing"" Table"', '"a.b"', 'a.b', '"select"', 'select',
	'a23456789012345678901234567890123456789012345678901234567890123', 'a234567890123456789012345678901234567890123456789012345678901234567890',
	'source.billing', 'SOURCE.BILLING', '"source"."billing"', 'other_source.billing', 'other_source."Other Table"', '"other_source"."Other Table"', ' other_source . billing ',
	'billing b', 'billing; DROP TABLE billing', '(SELECT * FROM billing)', 'billing, billing', '"source.billing"']) WITH ORDINALITY AS s(source, n) ORDER BY n;
SELECT c, a, months('columns', c, a, m) FROM (VALUES ('customer id', 'select', 'a''b'), ('Customer', 'select', '%s'), ('customer"s', '1; DROP TABLE billing', 'grain'),
	('c23456789012345678901234567890123456789012345678901234567890123', 'select', 'c234567890123456789012345678901234567890123456789012345678901234567890'),
	('customer', 'select', 'grain'), ('"Customer"', 'select', 'grain'), ('customer_id', 'select', 'grain'), ('columns', 'select', 'grain'), ('tableoid', 'select', 'grain'), ('grain', 'select', 'grain + 1')) AS v(c, a, m);
SELECT months('rechnungen_für_größere') AS source, months('columns', 'customer id', 'bezahlt_für', '%s') AS "column";

-- an unqualified name is looked for along the search_path of the moment
SET search_path = other_source, source, public;
SELECT source.months('billing');
SET search_path = pg_catalog;
SELECT (SELECT count(*) FROM public.revenue_movements('source.billing', 'customer_id', 'Paid On', 'amount')) AS months;
SET search_path = source, public;
CREATE TEMP TABLE billing AS TABLE source.billing LIMIT 8;
SELECT months('billing') AS temporary, months('source.billing'), months('pg_temp.billing');
DROP TABLE pg_temp.billing;
CREATE FUNCTION months_here(source text) RETURNS text LANGUAGE sql SET search_path = other_source, source, public AS $$ SELECT source.months(source) $$;
SELECT months('billing'), months_here('billing') AS here;

--
-- In functions, prepared statements, cursors, views and materialized views
--
CREATE FUNCTION in_plpgsql(source text, lookback int) RETURNS TABLE (months bigint, starting numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE
	l revenue_ledger;
BEGIN
	l := revenue_ledger_from(source, 'customer_id', 'Paid On', 'amount');
	RETURN QUERY SELECT count(*), sum(m.starting) FROM revenue_movements(l, lookback) AS m
		UNION ALL SELECT count(*), sum(m.starting) FROM revenue_movements(source, 'customer_id', 'Paid On', 'amount', lookback => in_plpgsql.lookback) AS m;
END $$;
SELECT * FROM in_plpgsql('billing', 1);
SELECT * FROM in_plpgsql('a_view', 12);
SELECT s.source, i.* FROM (VALUES ('billing'), ('a_view')) AS s(source), in_plpgsql(s.source, 3) AS i;
PREPARE by_name(text, text, int) AS SELECT count(*), sum(starting) FROM revenue_movements($1, $2, 'Paid On', 'amount', lookback => $3);
EXECUTE by_name('billing', 'customer_id', 1);
EXECUTE by_name('a_view', 'customer_id', 12);
SET plan_cache_mode = force_generic_plan;
EXECUTE by_name('billing', 'customer_id', 1);
EXECUTE by_name('a_view', 'note', 12);
EXECUTE by_name('a_view', NULL, 12);
RESET plan_cache_mode;
-- a plan made for a table that is another one now
DROP TABLE other_source.billing;
PREPARE months AS SELECT count(*) FROM revenue_movements('other_source.billing', 'customer_id', 'Paid On', 'amount');
EXECUTE months;
CREATE TABLE other_source.billing AS SELECT "Paid On"::timestamp, amount, customer_id::text FROM billing;
EXECUTE months;
ALTER TABLE other_source.billing RENAME TO renamed;
EXECUTE months;

BEGIN;
DECLARE c CURSOR FOR SELECT period, ending FROM revenue_movements('billing', 'customer_id', 'Paid On', 'amount');
FETCH 2 FROM c;
INSERT INTO billing VALUES ('2024-01-01', '', 1, 1000);
FETCH 2 FROM c;
DECLARE d CURSOR FOR SELECT period, ending FROM revenue_movements('billing', 'customer_id', 'Paid On', 'amount');
INSERT INTO billing VALUES ('2024-01-01', '', 1, 1000);
FETCH 1 FROM d;
-- rows of the own transaction are seen, those of an undone part of it are not
SAVEPOINT s;
INSERT INTO billing VALUES ('2000-01-01', '', 1, 1);
SELECT months('billing');
ROLLBACK TO s;
SELECT months('billing');
ROLLBACK;
SELECT months('billing');
-- a statement does not see what it writes itself
WITH written AS (INSERT INTO billing VALUES ('2000-01-01', '', 1, 1) RETURNING 1)
SELECT (SELECT count(*) FROM written) AS written, count(*) FROM revenue_movements('billing', 'customer_id', 'Paid On', 'amount');
DELETE FROM billing WHERE "Paid On" < '2024-01-01' RETURNING amount;

CREATE VIEW movements AS SELECT * FROM revenue_movements('source.billing', 'customer_id', 'Paid On', 'amount');
CREATE MATERIALIZED VIEW stored_movements AS TABLE movements;
INSERT INTO billing VALUES ('2026-01-01', '', 1, 50);
SELECT (SELECT count(*) FROM movements) AS now, (SELECT count(*) FROM stored_movements) AS stored;
REFRESH MATERIALIZED VIEW stored_movements;
SELECT (SELECT count(*) FROM movements) AS now, (SELECT count(*) FROM stored_movements) AS stored;
DELETE FROM billing WHERE "Paid On" = '2026-01-01';

-- in each row of a query, of several sources
SELECT s.name, m.* FROM (VALUES ('billing'), ('a_view'), ('an_empty_table'), ('a_temp_table')) AS s(name),
	LATERAL (SELECT count(*), sum(ending) FROM revenue_movements(s.name, 'customer_id', 'Paid On', 'amount')) AS m;
SELECT total(rollup(revenue_ledger_from(name, 'customer_id', 'Paid On', 'amount'))) FROM (VALUES ('billing'), ('a_view'), ('an_empty_table'), ('a_temp_table')) AS s(name);
-- not where nothing is asked for
SELECT count(*) FROM revenue_movements('no_such_table', 'customer_id', 'Paid On', 'amount') WHERE (SELECT false);
SELECT count(*) FROM cohort_retention('billing', 'no_such_column', 'Paid On', 'amount', 'fortnight', 'decade') WHERE (SELECT false);
SELECT count(*) FROM cohort_retention(revenue_ledger_from('no_such_table', 'customer_id', 'Paid On', 'amount')) WHERE (SELECT false);
-- also within a parallel query, which is forced by a setting that was renamed in version 16
SELECT name AS forced FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :forced = on;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT months('billing'), months('a_temp_table');
SELECT count(*), sum(ending) FROM revenue_movements('a_temp_table', 'customer_id', 'Paid On', 'amount');
SELECT count(DISTINCT total(revenue_ledger_from('a_temp_table', 'customer_id', 'Paid On', 'amount')) + amount) FROM billing;
RESET :forced;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

--
-- Privileges are those of the caller
--
CREATE ROLE regress_nrr_reader;
CREATE ROLE regress_nrr_analyst;
GRANT USAGE ON SCHEMA source TO regress_nrr_reader, regress_nrr_analyst;
GRANT SELECT (customer_id, "Paid On", amount) ON billing TO regress_nrr_analyst;
GRANT SELECT ON a_view TO regress_nrr_reader;
CREATE FUNCTION months_as_owner(source text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = source, public, pg_temp AS $$ SELECT months(source) $$;
SET ROLE regress_nrr_reader;
SELECT months('billing') AS billing, months('a_view') AS view, months_as_owner('billing') AS as_owner, months('other_source.renamed') AS other_schema;
SET ROLE regress_nrr_analyst;
SELECT months('billing') AS billing, months('billing', 'note') AS note, months('a_view') AS view;
RESET ROLE;
-- row security is that of the caller, too
CREATE TABLE tenants (LIKE billing);
INSERT INTO tenants TABLE billing;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenants USING (customer_id = current_setting('source.tenant')::int);
GRANT SELECT ON tenants TO regress_nrr_reader, regress_nrr_analyst;
CREATE VIEW all_tenants AS TABLE tenants;
GRANT SELECT ON all_tenants TO regress_nrr_reader;
SET source.tenant = 3;
SELECT months('tenants') AS owner;
SET ROLE regress_nrr_reader;
SELECT months('tenants') AS reader, months('all_tenants') AS view_of_owner, months_as_owner('tenants') AS as_owner;
SET source.tenant = 4;
SELECT months('tenants') AS reader;
SET source.tenant = 'none';
SELECT months('tenants') AS reader;
SET row_security = off;
SELECT months('tenants') AS reader;
RESET row_security;
SET source.tenant = 3;
RESET ROLE;

--
-- How many rows the planner expects, and how many there are
--
CREATE FUNCTION rows(query text, OUT expected bigint, OUT actual bigint)
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	expected := plan -> 0 -> 'Plan' ->> 'Plan Rows';
	EXECUTE 'SELECT count(*) FROM (' || query || ') AS q' INTO actual;
END $$;
CREATE TABLE stamped AS SELECT customer_id, "Paid On" + time '12:00' AS at, "Paid On" AT TIME ZONE 'UTC' AS tz, amount FROM billing;
ANALYZE stamped, a_partitioned_table, a_parent, a_matview, tenants;
SELECT query, r.* FROM (VALUES
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''day'')'),
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''week'', 4)'),
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'', grain => ''YEAR'')'),
	('revenue_movements(''stamped'', ''customer_id'', ''at'', ''amount'')'),
	('revenue_movements(''stamped'', ''customer_id'', ''tz'', ''amount'')'),
	('revenue_movements(''a_matview'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''a_parent'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''a_partitioned_table'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''bill'' || ''ing'', lower(''CUSTOMER_ID''), ''Paid On'', ''amount'')'),
	('cohort_retention(''billing'', ''customer_id'', ''Paid On'', ''amount'')'),
	('cohort_retention(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''month'', ''quarter'')'),
	-- nothing known: as many as CREATE FUNCTION says
	('revenue_movements(''a_view'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''an_empty_table'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements((SELECT ''billing''), ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(revenue_ledger_from(''billing'', ''customer_id'', ''Paid On'', ''amount''))')) AS v(query),
	rows('SELECT * FROM ' || query) AS r;
-- of a ledger that is known, all is known
SELECT revenue_ledger(customer_id, "Paid On", amount)::text AS l, revenue_ledger(customer_id, "Paid On", amount, 'year')::text AS years FROM billing \gset
SELECT r.* FROM rows(format('SELECT * FROM ledger_entries(%L)', :'l')) AS r;
SELECT r.* FROM rows(format('SELECT * FROM revenue_movements(%L::revenue_ledger)', :'l')) AS r;
SELECT r.* FROM rows(format('SELECT * FROM revenue_movements(%L::revenue_ledger)', :'years')) AS r;
SELECT r.* FROM rows(format('SELECT * FROM revenue_movements(%L::revenue_ledger, 12)', :'l')) AS r;
SELECT r.* FROM rows(format('SELECT * FROM cohort_retention(revenue_entry(1, ''2024-01-01'', 1))')) AS r;
SELECT r.* FROM rows(format('SELECT * FROM revenue_movements(NULL::revenue_ledger)')) AS r;
-- What may not be read is not looked at: neither statistics nor names give anything away. And plans
-- are made without an error where nothing would be run.
ALTER TABLE billing ADD COLUMN secret_day date;
UPDATE billing SET secret_day = '1900-01-01';
ANALYZE billing;
CREATE FUNCTION expected(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) SELECT * FROM ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT query, expected(query) FROM (VALUES
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'')'), ('revenue_movements(''tenants'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(''no_such_table'', ''customer_id'', ''Paid On'', ''amount'')'), ('revenue_movements(''billing'', ''customer_id'', ''no_such_column'', ''amount'')'),
	('revenue_movements(''billing'', ''customer_id'', ''note'', ''amount'')'), ('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''fortnight'')'),
	('cohort_retention(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''month'', ''fortnight'')'), ('revenue_movements(''an_index'', ''customer_id'', ''Paid On'', ''amount'')'),
	('revenue_movements(NULL, NULL, NULL, NULL::text)'), ('cohort_retention(''billing'', ''customer_id'', ''Paid On'', ''amount'', ''month'', NULL, NULL)')) AS v(query);
SET ROLE regress_nrr_analyst;
SELECT query, expected(query) FROM (VALUES
	('revenue_movements(''billing'', ''customer_id'', ''Paid On'', ''amount'')'), ('revenue_movements(''billing'', ''customer_id'', ''secret_day'', ''amount'')'),
	('revenue_movements(''tenants'', ''customer_id'', ''Paid On'', ''amount'')'), ('revenue_movements(''a_matview'', ''customer_id'', ''Paid On'', ''amount'')')) AS v(query);
RESET ROLE;
-- statistics of days that have no period, of rows that are gone
CREATE TABLE corrected (customer_id int, at date, amount int);
INSERT INTO corrected VALUES (1, '4714-12-01 BC', 1), (1, 'infinity', 1), (1, '2020-01-01', 1), (1, '2020-12-31', 1);
ANALYZE corrected;
DELETE FROM corrected WHERE at < '2020-01-01' OR at = 'infinity';
SELECT r.* FROM rows('SELECT * FROM revenue_movements(''corrected'', ''customer_id'', ''at'', ''amount'')') AS r;

RESET search_path;
DROP SCHEMA source, other_source CASCADE;
DROP ROLE regress_nrr_reader, regress_nrr_analyst;
