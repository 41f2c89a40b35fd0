--
-- Aggregates that postgres_fdw has computed on a foreign server, in a session that is in GMT
--
SELECT NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgres_fdw') AS missing \gset
\if :missing
\echo 'skipped: postgres_fdw is not available'
\quit
\endif
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York';
CREATE SCHEMA foreign_test;
SET search_path = foreign_test, public;
CREATE EXTENSION postgres_fdw SCHEMA foreign_test;
DO $$
BEGIN
	EXECUTE format('CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L, extensions ''nrr'')',
		split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database());
END $$;
CREATE USER MAPPING FOR CURRENT_USER SERVER loopback;

-- In New York, the second payment is of January, and so are the second range's end and the third's begin.
CREATE TABLE payment (customer int, at timestamptz, amount numeric(10,2));
INSERT INTO payment VALUES (1, '2026-01-10 12:00-05', 50), (1, '2026-01-31 22:00-05', 100), (2, '2026-02-28 23:59-05', 25), (2, '2026-03-01 00:00-05', 1);
CREATE FOREIGN TABLE payments (customer int, at timestamptz, amount numeric(10,2)) SERVER loopback OPTIONS (schema_name 'foreign_test', table_name 'payment');
CREATE TABLE contract (customer int, during tstzrange, amount numeric(10,2));
INSERT INTO contract VALUES (1, '["2026-01-10 00:00-05","2026-03-31 23:00-04")', 10), (2, '["2025-12-31 22:00-05",)', 20), (3, '["2026-01-31 20:00-05","2026-02-28 21:00-05")', 31);
CREATE FOREIGN TABLE contracts (customer int, during tstzrange, amount numeric(10,2)) SERVER loopback OPTIONS (schema_name 'foreign_test', table_name 'contract');

-- Is the aggregate computed there, what does it come to, and is that what it comes to here?
CREATE FUNCTION outcome(aggregate text, relation text, OUT shipped boolean, OUT outcome text, OUT same boolean)
LANGUAGE plpgsql AS $$
DECLARE
	plan text := '';
	line text;
	foreign_query text := format('SELECT %s AS l FROM %ss', aggregate, relation);
	foreign_ledger revenue_ledger;
	ledger revenue_ledger;
	detail text;
	hint text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || foreign_query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	shipped := plan ~ 'Remote SQL: SELECT [^\n]*_ledger\(';
	EXECUTE format('SELECT %s FROM %s', aggregate, relation) INTO ledger;
	EXECUTE foreign_query INTO foreign_ledger;
	same := foreign_ledger::text = ledger::text;
	outcome := (SELECT string_agg(concat_ws(' ', customer, period, amount), ', ' ORDER BY customer, period) FROM ledger_entries(foreign_ledger));
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	outcome := concat_ws(E'\n', SQLSTATE || ' ' || SQLERRM, 'DETAIL ' || detail, 'HINT ' || hint);
END $$;
SELECT aggregate, o.*
FROM (VALUES
		(1, 'revenue_ledger(customer, at, amount)', 'payment'),
		(2, 'revenue_ledger(customer, at, amount, ''quarter'')', 'payment'),
		(3, 'revenue_ledger(customer, at, amount) FILTER (WHERE customer > 1)', 'payment'),
		(4, 'revenue_ledger(customer, at AT TIME ZONE ''America/New_York'', amount)', 'payment'),
		(5, 'revenue_ledger(customer, at::date, amount)', 'payment'),
		(6, 'revenue_ledger(customer, at::timestamp, amount)', 'payment'),
		(7, 'rollup(revenue_entry(customer, at, amount))', 'payment'),
		(8, 'revenue_ledger(customer, lower(during), amount)', 'contract'),
		(9, 'subscription_ledger(customer, during, amount)', 'contract'),
		(10, 'subscription_ledger(customer, during, amount, ''month'', ''start'')', 'contract'),
		(11, 'subscription_ledger(customer, tsrange(lower(during) AT TIME ZONE ''America/New_York'', upper(during) AT TIME ZONE ''America/New_York''), amount)', 'contract'),
		(12, 'invoice_ledger(customer, during, amount) FILTER (WHERE customer <> 2)', 'contract'),
		(13, 'invoice_ledger(customer, tsrange(lower(during) AT TIME ZONE ''America/New_York'', upper(during) AT TIME ZONE ''America/New_York''), amount) FILTER (WHERE customer <> 2)', 'contract'),
		(14, 'invoice_ledger(customer, daterange(lower(during)::date, upper(during)::date), amount) FILTER (WHERE customer <> 2)', 'contract')) AS v(n, aggregate, relation),
	LATERAL outcome(aggregate, relation) AS o
ORDER BY n \gx

-- The figures that moved in silence, and how to have them computed there: with dates out of a view
SELECT starting, ending, nrr FROM (SELECT revenue_ledger(customer, at::date, amount) AS l FROM payments) AS s, revenue_movements(l) WHERE period = '2026-02-01';
CREATE VIEW dated AS SELECT customer, (at AT TIME ZONE 'America/New_York')::date AS at, amount FROM payment;
CREATE FOREIGN TABLE dateds (customer int, at date, amount numeric(10,2)) SERVER loopback OPTIONS (schema_name 'foreign_test', table_name 'dated');
SELECT * FROM outcome('revenue_ledger(customer, at, amount)', 'dated');

-- A session in GMT that is somebody's own is not refused, nor is one with the settings of a driver or a dump.
SET timezone = 'GMT';
SELECT total(revenue_ledger(customer, at, amount)) FROM payment;
SET extra_float_digits = 3;
SELECT total(revenue_ledger(customer, at, amount)) FROM payment;
SET search_path = pg_catalog;
SELECT public.total(public.revenue_ledger(customer, at, amount)) FROM foreign_test.payment;
SET intervalstyle = postgres;
SET timezone = 'UTC';
SELECT public.total(public.revenue_ledger(customer, at, amount)) FROM foreign_test.payment;
SET datestyle = german;
SET timezone = 'GMT';
SELECT public.total(public.revenue_ledger(customer, at, amount)) FROM foreign_test.payment;
-- all of them are what postgres_fdw sets
SET datestyle = iso;
SELECT public.total(public.revenue_ledger(customer, at, amount)) FROM foreign_test.payment;
SELECT public.total(public.revenue_ledger(customer, at::date, amount)) FROM foreign_test.payment;
RESET intervalstyle;
SELECT public.total(public.revenue_ledger(customer, at, amount)) FROM foreign_test.payment;

SET client_min_messages = warning;
DROP SCHEMA foreign_test CASCADE;
