--
-- One-liners over foreign tables: a time falls in the month that it falls in here, whatever zone the other server's
-- session is in.
--
SELECT count(*) = 0 AS no_postgres_fdw FROM pg_available_extensions WHERE name = 'postgres_fdw' \gset
\if :no_postgres_fdw
\echo 'skipped: postgres_fdw is not installed'
\quit
\endif
SET client_min_messages = warning;
SET datestyle = iso;
CREATE SCHEMA foreign_sources;
SET search_path = foreign_sources, public;
CREATE EXTENSION postgres_fdw SCHEMA foreign_sources;
SELECT format('host %L, port %L, dbname %L, extensions ''nrr''',
	coalesce(nullif(:'HOST', ''), split_part(current_setting('unix_socket_directories'), ',', 1)), :'PORT', current_database()) AS here \gset
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (:here);
CREATE USER MAPPING FOR CURRENT_USER SERVER there;
SET timezone = 'America/New_York';

-- what is paid late on the last evening of a month here is paid in the next month in Greenwich
CREATE TABLE payments (customer int, at timestamptz, amount numeric(12,2), day date);
INSERT INTO payments VALUES
	(1, '2026-01-10 12:00-05', 100, '2026-01-10'), (2, '2026-01-31 22:00-05', 50, '2026-01-31'),
	(1, '2026-02-28 20:30-05', 100, '2026-02-28'), (3, '2026-03-31 23:59:59-04', 7, '2026-03-31');
CREATE FOREIGN TABLE far_payments (customer int, at timestamptz, amount numeric(12,2), day date)
	SERVER there OPTIONS (schema_name 'foreign_sources', table_name 'payments');
CREATE VIEW far_view AS SELECT * FROM far_payments WHERE amount > 0;
CREATE FUNCTION far_rows() RETURNS SETOF payments STABLE LANGUAGE sql AS 'SELECT * FROM foreign_sources.far_payments';
CREATE VIEW far_function AS SELECT * FROM far_rows();
CREATE TABLE parts (customer int, at timestamptz, amount numeric(12,2), day date) PARTITION BY LIST (customer);
CREATE TABLE near_part PARTITION OF parts FOR VALUES IN (2);
INSERT INTO near_part SELECT * FROM payments WHERE customer = 2;
CREATE TABLE payments_of_others AS SELECT * FROM payments WHERE customer <> 2;
CREATE FOREIGN TABLE far_part PARTITION OF parts FOR VALUES IN (1, 3)
	SERVER there OPTIONS (schema_name 'foreign_sources', table_name 'payments_of_others');
CREATE TABLE elder (customer int, at timestamptz, amount numeric(12,2), day date);
CREATE FOREIGN TABLE far_heir () INHERITS (elder)
	SERVER there OPTIONS (schema_name 'foreign_sources', table_name 'payments');

SELECT period, starting, ending, nrr FROM revenue_movements('far_payments', 'customer', 'at', 'amount');
SELECT source, revenue_ledger_from(source, 'customer', 'at', 'amount')::text = revenue_ledger_from('payments', 'customer', 'at', 'amount')::text AS same,
	revenue_ledger_from(source, 'customer', 'at', 'amount', 'day')::text = revenue_ledger_from('payments', 'customer', 'at', 'amount', 'day')::text AS same_days,
	(SELECT string_agg(m::text, ' ') FROM revenue_movements(source, 'customer', 'at', 'amount') AS m)
		= (SELECT string_agg(m::text, ' ') FROM revenue_movements('payments', 'customer', 'at', 'amount') AS m) AS same_movements,
	(SELECT string_agg(c::text, ' ') FROM cohort_retention(source, 'customer', 'at', 'amount') AS c)
		= (SELECT string_agg(c::text, ' ') FROM cohort_retention('payments', 'customer', 'at', 'amount') AS c) AS same_cohorts
FROM unnest(ARRAY['far_payments', 'far_view', 'far_function', 'parts', 'elder']) AS source;

-- refreshes, too, from where they go on as well
SELECT refresh_revenue_ledgers('store', 'far_payments', 'customer', 'at', 'amount');
SELECT rollup(ledger)::text = revenue_ledger_from('payments', 'customer', 'at', 'amount')::text AS same FROM store;
INSERT INTO payments VALUES (1, '2026-04-30 23:30-04', 1, '2026-04-30'), (3, '2026-03-01 00:00-05', 2, '2026-03-01');
SELECT refresh_revenue_ledgers('store', 'far_payments', 'customer', 'at', 'amount');
SELECT rollup(ledger)::text = revenue_ledger_from('payments', 'customer', 'at', 'amount')::text AS same FROM store;
SELECT * FROM verify_revenue_ledgers('store', 'far_payments', 'customer', 'at', 'amount');

-- dates need no zone, and are aggregated there
SELECT revenue_ledger_from('far_payments', 'customer', 'day', 'amount')::text = revenue_ledger_from('payments', 'customer', 'day', 'amount')::text AS same;

DROP SCHEMA foreign_sources CASCADE;
