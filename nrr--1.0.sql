/* nrr--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION nrr" to load this file. \quit

--
-- The type: who paid how much in which period
--

CREATE TYPE revenue_ledger;

CREATE FUNCTION revenue_ledger_in(cstring) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_in(cstring) IS 'I/O';

CREATE FUNCTION revenue_ledger_out(revenue_ledger) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_out(revenue_ledger) IS 'I/O';

CREATE FUNCTION revenue_ledger_recv(internal) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_recv(internal) IS 'I/O';

CREATE FUNCTION revenue_ledger_send(revenue_ledger) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_send(revenue_ledger) IS 'I/O';

CREATE TYPE revenue_ledger (
	INPUT = revenue_ledger_in,
	OUTPUT = revenue_ledger_out,
	RECEIVE = revenue_ledger_recv,
	SEND = revenue_ledger_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE revenue_ledger IS 'who paid how much in which period: customer x period -> exact amount';

--
-- Equality, order and hash: by grain, periods and amounts; like numeric, 1.0
-- and 1.00 are equal, and so are a sum of two rows and one row of the sum
--

-- repeated: comparison revenue_ledger
CREATE FUNCTION revenue_ledger_eq(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_eq(revenue_ledger, revenue_ledger) IS 'implementation of = operator';

CREATE FUNCTION revenue_ledger_ne(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_ne(revenue_ledger, revenue_ledger) IS 'implementation of <> operator';

CREATE FUNCTION revenue_ledger_lt(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_lt(revenue_ledger, revenue_ledger) IS 'implementation of < operator';

CREATE FUNCTION revenue_ledger_le(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_le(revenue_ledger, revenue_ledger) IS 'implementation of <= operator';

CREATE FUNCTION revenue_ledger_gt(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_gt(revenue_ledger, revenue_ledger) IS 'implementation of > operator';

CREATE FUNCTION revenue_ledger_ge(revenue_ledger, revenue_ledger) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_ge(revenue_ledger, revenue_ledger) IS 'implementation of >= operator';

CREATE FUNCTION revenue_ledger_cmp(revenue_ledger, revenue_ledger) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_cmp(revenue_ledger, revenue_ledger) IS 'less-equal-greater';

CREATE FUNCTION revenue_ledger_hash(revenue_ledger) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_hash(revenue_ledger) IS 'hash';

CREATE FUNCTION revenue_ledger_hash_extended(revenue_ledger, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_hash_extended(revenue_ledger, bigint) IS 'hash';

CREATE OPERATOR = (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (revenue_ledger, revenue_ledger) IS 'equal: the same amounts over the same range of periods';

CREATE OPERATOR <> (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (revenue_ledger, revenue_ledger) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (revenue_ledger, revenue_ledger) IS 'less than (an arbitrary total order)';

CREATE OPERATOR <= (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (revenue_ledger, revenue_ledger) IS 'less than or equal (an arbitrary total order)';

CREATE OPERATOR > (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (revenue_ledger, revenue_ledger) IS 'greater than (an arbitrary total order)';

CREATE OPERATOR >= (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (revenue_ledger, revenue_ledger) IS 'greater than or equal (an arbitrary total order)';

CREATE OPERATOR CLASS revenue_ledger_ops
	DEFAULT FOR TYPE revenue_ledger USING btree AS
		OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
		FUNCTION 1 revenue_ledger_cmp(revenue_ledger, revenue_ledger);
COMMENT ON OPERATOR CLASS revenue_ledger_ops USING btree IS 'an arbitrary total order, for DISTINCT, merge joins and unique indexes';

CREATE OPERATOR CLASS revenue_ledger_ops
	DEFAULT FOR TYPE revenue_ledger USING hash AS
		OPERATOR 1 =,
		FUNCTION 1 revenue_ledger_hash(revenue_ledger),
		FUNCTION 2 revenue_ledger_hash_extended(revenue_ledger, bigint);
COMMENT ON OPERATOR CLASS revenue_ledger_ops USING hash IS 'hash by content, for GROUP BY, hash joins and hash partitioning';
-- end of repeated

--
-- Billing rows in
--

CREATE FUNCTION revenue_ledger_accum(revenue_ledger, "any", "any", "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_accum(revenue_ledger, "any", "any", "any") IS 'aggregate transition function';

CREATE FUNCTION revenue_ledger_accum(revenue_ledger, "any", "any", "any", text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_accum(revenue_ledger, "any", "any", "any", text) IS 'aggregate transition function';

CREATE FUNCTION revenue_ledger_merge(revenue_ledger, revenue_ledger) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_merge(revenue_ledger, revenue_ledger) IS 'aggregate transition and combine function';

CREATE FUNCTION revenue_ledger_final(revenue_ledger) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_final(revenue_ledger) IS 'aggregate final function';

CREATE AGGREGATE revenue_ledger("any", "any", "any") (
	SFUNC = revenue_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE revenue_ledger("any", "any", "any") IS 'ledger of billing rows (customer, at, amount) by month';

CREATE AGGREGATE revenue_ledger("any", "any", "any", text) (
	SFUNC = revenue_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE revenue_ledger("any", "any", "any", text) IS
	'ledger of billing rows by day, week, month, quarter or year';

-- repeated: over anyrange
CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any") IS 'aggregate transition function';

CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any", text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any", text) IS 'aggregate transition function';

CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any", text, text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anyrange, "any", text, text) IS 'aggregate transition function';

CREATE FUNCTION invoice_ledger_accum(revenue_ledger, "any", anyrange, "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION invoice_ledger_accum(revenue_ledger, "any", anyrange, "any") IS 'aggregate transition function';

CREATE FUNCTION invoice_ledger_accum(revenue_ledger, "any", anyrange, "any", text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION invoice_ledger_accum(revenue_ledger, "any", anyrange, "any", text) IS 'aggregate transition function';

CREATE AGGREGATE subscription_ledger("any", anyrange, "any") (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anyrange, "any") IS
	'ledger of subscriptions (customer, during, mrr) in force at the end of a month';

CREATE AGGREGATE subscription_ledger("any", anyrange, "any", text) (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anyrange, "any", text) IS
	'ledger of subscriptions (customer, during, amount of a period, grain)';

CREATE AGGREGATE subscription_ledger("any", anyrange, "any", text, text) (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anyrange, "any", text, text) IS
	'ledger of subscriptions in force at the snapshot, end or start, of each period';

CREATE AGGREGATE invoice_ledger("any", anyrange, "any") (
	SFUNC = invoice_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE invoice_ledger("any", anyrange, "any") IS
	'ledger of invoices (customer, service, amount) by month, earned evenly by day';

CREATE AGGREGATE invoice_ledger("any", anyrange, "any", text) (
	SFUNC = invoice_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE invoice_ledger("any", anyrange, "any", text) IS
	'ledger of invoices (customer, service, amount, grain)';
-- end of repeated

-- repeated: over anymultirange
CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any") IS 'aggregate transition function';

CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any", text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any", text) IS 'aggregate transition function';

CREATE FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any", text, text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION subscription_ledger_accum(revenue_ledger, "any", anymultirange, "any", text, text) IS 'aggregate transition function';

CREATE FUNCTION invoice_ledger_accum(revenue_ledger, "any", anymultirange, "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION invoice_ledger_accum(revenue_ledger, "any", anymultirange, "any") IS 'aggregate transition function';

CREATE FUNCTION invoice_ledger_accum(revenue_ledger, "any", anymultirange, "any", text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION invoice_ledger_accum(revenue_ledger, "any", anymultirange, "any", text) IS 'aggregate transition function';

CREATE AGGREGATE subscription_ledger("any", anymultirange, "any") (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anymultirange, "any") IS
	'ledger of subscriptions (customer, during, mrr) in force at the end of a month';

CREATE AGGREGATE subscription_ledger("any", anymultirange, "any", text) (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anymultirange, "any", text) IS
	'ledger of subscriptions (customer, during, amount of a period, grain)';

CREATE AGGREGATE subscription_ledger("any", anymultirange, "any", text, text) (
	SFUNC = subscription_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE subscription_ledger("any", anymultirange, "any", text, text) IS
	'ledger of subscriptions in force at the snapshot, end or start, of each period';

CREATE AGGREGATE invoice_ledger("any", anymultirange, "any") (
	SFUNC = invoice_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE invoice_ledger("any", anymultirange, "any") IS
	'ledger of invoices (customer, service, amount) by month, earned evenly by day';

CREATE AGGREGATE invoice_ledger("any", anymultirange, "any", text) (
	SFUNC = invoice_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE invoice_ledger("any", anymultirange, "any", text) IS
	'ledger of invoices (customer, service, amount, grain)';
-- end of repeated

CREATE FUNCTION revenue_entry(customer "any", at "any", amount "any", grain text DEFAULT 'month') RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_entry("any", "any", "any", text) IS 'one billing row as a ledger of the given grain';

CREATE AGGREGATE rollup(revenue_ledger) (
	SFUNC = revenue_ledger_merge,
	STYPE = revenue_ledger,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(revenue_ledger) IS 'sum of ledgers of one grain, one kind of customer and one snapshot rule';

CREATE FUNCTION revenue_ledger_plus(revenue_ledger, revenue_ledger) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_plus(revenue_ledger, revenue_ledger) IS 'implementation of + operator';

CREATE FUNCTION revenue_ledger_minus(revenue_ledger, revenue_ledger) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_minus(revenue_ledger, revenue_ledger) IS 'implementation of - operator';

CREATE OPERATOR + (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_plus,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (revenue_ledger, revenue_ledger) IS 'sum of two ledgers';

CREATE OPERATOR - (
	LEFTARG = revenue_ledger, RIGHTARG = revenue_ledger, FUNCTION = revenue_ledger_minus
);
COMMENT ON OPERATOR - (revenue_ledger, revenue_ledger) IS 'difference of two ledgers: l + m - m = l';

--
-- Facts of a ledger
--

CREATE FUNCTION customers(ledger revenue_ledger) RETURNS bigint
	AS 'MODULE_PATHNAME', 'revenue_ledger_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION customers(revenue_ledger) IS 'number of customers with a nonzero amount in some period';

CREATE FUNCTION periods(ledger revenue_ledger) RETURNS daterange
	AS 'MODULE_PATHNAME', 'revenue_ledger_periods' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION periods(revenue_ledger) IS 'days from the first period to the last; empty for a ledger of no rows';

CREATE FUNCTION total(ledger revenue_ledger) RETURNS numeric
	AS 'MODULE_PATHNAME', 'revenue_ledger_total' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION total(revenue_ledger) IS 'plain sum of all amounts, negative ones included';

CREATE FUNCTION grain(ledger revenue_ledger) RETURNS text
	AS 'MODULE_PATHNAME', 'revenue_ledger_grain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grain(revenue_ledger) IS 'day, week, month, quarter or year';

CREATE FUNCTION slice(ledger revenue_ledger, from_date date DEFAULT NULL, to_date date DEFAULT NULL)
	RETURNS revenue_ledger
	AS 'MODULE_PATHNAME', 'revenue_ledger_slice' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION slice(revenue_ledger, date, date) IS
	'part of a ledger: the periods from that of from_date to that of to_date';

CREATE FUNCTION snapshot_rule(ledger revenue_ledger) RETURNS text
	AS 'MODULE_PATHNAME', 'revenue_ledger_snapshot_rule' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION snapshot_rule(revenue_ledger) IS 'end or start: when in a period subscriptions count; NULL if there are none';

CREATE FUNCTION ledger_entries_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_entries_support(internal) IS 'planner support for ledger_entries';

CREATE FUNCTION revenue_movements_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_movements_support(internal) IS 'planner support for revenue_movements';

CREATE FUNCTION customer_movements_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION customer_movements_support(internal) IS 'planner support for customer_movements';

CREATE FUNCTION cohort_retention_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cohort_retention_support(internal) IS 'planner support for cohort_retention';

CREATE FUNCTION ledger_entries(
		ledger revenue_ledger, through date DEFAULT NULL,
		OUT customer text, OUT period date, OUT amount numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 1000 ROWS 10000 SUPPORT ledger_entries_support;
COMMENT ON FUNCTION ledger_entries(revenue_ledger, date) IS
	'rows of a ledger: a customer''s net amount in a period, where it is not zero';

--
-- Rows out: movements and cohorts
--

CREATE FUNCTION revenue_movements(
		ledger revenue_ledger, lookback integer DEFAULT 1, through date DEFAULT NULL,
		grace integer DEFAULT 0, reactivation_within integer DEFAULT NULL,
		OUT period date,
		OUT starting numeric, OUT new numeric, OUT reactivation numeric, OUT expansion numeric,
		OUT contraction numeric, OUT churn numeric, OUT ending numeric,
		OUT starting_customers bigint, OUT new_customers bigint, OUT reactivated_customers bigint,
		OUT expanded_customers bigint, OUT contracted_customers bigint, OUT churned_customers bigint,
		OUT ending_customers bigint,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT churn_rate numeric, OUT quick_ratio numeric,
		OUT negative numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'revenue_movements' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000 ROWS 60 SUPPORT revenue_movements_support;
COMMENT ON FUNCTION revenue_movements(revenue_ledger, integer, date, integer, integer) IS
	'per period: starting revenue, movements, ending revenue, NRR, GRR and more';

CREATE FUNCTION customer_movements(
		ledger revenue_ledger, lookback integer DEFAULT 1,
		from_date date DEFAULT NULL, to_date date DEFAULT NULL,
		grace integer DEFAULT 0, reactivation_within integer DEFAULT NULL,
		OUT customer text, OUT period date,
		OUT previous numeric, OUT current numeric, OUT change numeric, OUT category text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'customer_movements' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000 ROWS 10000 SUPPORT customer_movements_support;
COMMENT ON FUNCTION customer_movements(revenue_ledger, integer, date, date, integer, integer) IS
	'the customers behind revenue_movements: revenue before and now, and category';

CREATE FUNCTION cohort_retention(
		ledger revenue_ledger, cohort_grain text DEFAULT NULL, baseline integer DEFAULT 0,
		through date DEFAULT NULL, grace integer DEFAULT 0,
		OUT cohort date, OUT period date, OUT age integer,
		OUT cohort_customers bigint, OUT customers bigint,
		OUT cohort_revenue numeric, OUT revenue numeric, OUT retained_revenue numeric,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cohort_retention' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000 ROWS 1830 SUPPORT cohort_retention_support;
COMMENT ON FUNCTION cohort_retention(revenue_ledger, text, integer, date, integer) IS
	'per cohort and age: customers and revenue kept, NRR, GRR, logo retention';

--
-- The same straight from a table
--
-- These read the table by a query of their own.  In a parallel worker they
-- could not read a temporary table, and each worker would read all of it:
-- hence PARALLEL RESTRICTED.  Their own query may be a parallel one.
--

CREATE FUNCTION revenue_ledger_from(
		source text, customer text, at text, amount text, grain text DEFAULT 'month',
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL)
	RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION revenue_ledger_from(text, text, text, text, text, text, text, text, text, text) IS
	'ledger of a table or view, by its name and those of its columns';

CREATE FUNCTION revenue_movements(
		source text, customer text, at text, amount text,
		grain text DEFAULT 'month', lookback integer DEFAULT 1, through date DEFAULT NULL,
		grace integer DEFAULT 0, reactivation_within integer DEFAULT NULL,
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL,
		OUT period date,
		OUT starting numeric, OUT new numeric, OUT reactivation numeric, OUT expansion numeric,
		OUT contraction numeric, OUT churn numeric, OUT ending numeric,
		OUT starting_customers bigint, OUT new_customers bigint, OUT reactivated_customers bigint,
		OUT expanded_customers bigint, OUT contracted_customers bigint, OUT churned_customers bigint,
		OUT ending_customers bigint,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT churn_rate numeric, OUT quick_ratio numeric,
		OUT negative numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'revenue_movements_from' LANGUAGE C STABLE PARALLEL RESTRICTED
	COST 1000000 ROWS 60 SUPPORT revenue_movements_support;
COMMENT ON FUNCTION revenue_movements(text, text, text, text, text, integer, date, integer, integer, text, text, text, text, text) IS
	'revenue_movements of revenue_ledger_from(source, customer, at, amount, ...)';

CREATE FUNCTION customer_movements(
		source text, customer text, at text, amount text,
		grain text DEFAULT 'month', lookback integer DEFAULT 1,
		from_date date DEFAULT NULL, to_date date DEFAULT NULL,
		grace integer DEFAULT 0, reactivation_within integer DEFAULT NULL,
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL,
		OUT customer text, OUT period date,
		OUT previous numeric, OUT current numeric, OUT change numeric, OUT category text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'customer_movements_from' LANGUAGE C STABLE PARALLEL RESTRICTED
	COST 1000000 ROWS 10000 SUPPORT customer_movements_support;
COMMENT ON FUNCTION customer_movements(text, text, text, text, text, integer, date, date, integer, integer, text, text, text, text, text) IS
	'customer_movements of revenue_ledger_from(source, customer, at, amount, ...)';

CREATE FUNCTION cohort_retention(
		source text, customer text, at text, amount text,
		grain text DEFAULT 'month', cohort_grain text DEFAULT NULL, baseline integer DEFAULT 0,
		through date DEFAULT NULL, grace integer DEFAULT 0,
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL,
		OUT cohort date, OUT period date, OUT age integer,
		OUT cohort_customers bigint, OUT customers bigint,
		OUT cohort_revenue numeric, OUT revenue numeric, OUT retained_revenue numeric,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cohort_retention_from' LANGUAGE C STABLE PARALLEL RESTRICTED
	COST 1000000 ROWS 1830 SUPPORT cohort_retention_support;
COMMENT ON FUNCTION cohort_retention(text, text, text, text, text, text, integer, date, integer, text, text, text, text, text) IS
	'cohort_retention of revenue_ledger_from(source, customer, at, amount, ...)';

--
-- Retention summaries
--
-- The bridge from a starting to an ending revenue, for a set of customers
--

CREATE TYPE retention_summary;

CREATE FUNCTION retention_summary_in(cstring) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_in(cstring) IS 'I/O';

CREATE FUNCTION retention_summary_out(retention_summary) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_out(retention_summary) IS 'I/O';

CREATE FUNCTION retention_summary_recv(internal) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_recv(internal) IS 'I/O';

CREATE FUNCTION retention_summary_send(retention_summary) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_send(retention_summary) IS 'I/O';

CREATE TYPE retention_summary (
	INPUT = retention_summary_in,
	OUTPUT = retention_summary_out,
	RECEIVE = retention_summary_recv,
	SEND = retention_summary_send,
	INTERNALLENGTH = 320,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE retention_summary IS 'bridge from a starting to an ending revenue: sums, customers, second moments';

CREATE FUNCTION retention_summary_to_json(summary retention_summary) RETURNS json
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_to_json(retention_summary) IS 'a summary as json';

CREATE FUNCTION retention_summary_to_jsonb(summary retention_summary) RETURNS jsonb
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_to_jsonb(retention_summary) IS 'a summary as jsonb';

CREATE CAST (retention_summary AS json) WITH FUNCTION retention_summary_to_json(retention_summary) AS ASSIGNMENT;
COMMENT ON CAST (retention_summary AS json) IS 'an object of exact numbers';

CREATE CAST (retention_summary AS jsonb) WITH FUNCTION retention_summary_to_jsonb(retention_summary) AS ASSIGNMENT;
COMMENT ON CAST (retention_summary AS jsonb) IS 'an object of exact numbers';

--
-- Equality, order and hash: by content; like numeric, 1.0 and 1.00 are equal
--

-- repeated: comparison retention_summary
CREATE FUNCTION retention_summary_eq(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_eq(retention_summary, retention_summary) IS 'implementation of = operator';

CREATE FUNCTION retention_summary_ne(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_ne(retention_summary, retention_summary) IS 'implementation of <> operator';

CREATE FUNCTION retention_summary_lt(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_lt(retention_summary, retention_summary) IS 'implementation of < operator';

CREATE FUNCTION retention_summary_le(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_le(retention_summary, retention_summary) IS 'implementation of <= operator';

CREATE FUNCTION retention_summary_gt(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_gt(retention_summary, retention_summary) IS 'implementation of > operator';

CREATE FUNCTION retention_summary_ge(retention_summary, retention_summary) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_ge(retention_summary, retention_summary) IS 'implementation of >= operator';

CREATE FUNCTION retention_summary_cmp(retention_summary, retention_summary) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_cmp(retention_summary, retention_summary) IS 'less-equal-greater';

CREATE FUNCTION retention_summary_hash(retention_summary) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_hash(retention_summary) IS 'hash';

CREATE FUNCTION retention_summary_hash_extended(retention_summary, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_hash_extended(retention_summary, bigint) IS 'hash';

CREATE OPERATOR = (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (retention_summary, retention_summary) IS 'equal: the same sums of the same numbers of customers';

CREATE OPERATOR <> (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (retention_summary, retention_summary) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (retention_summary, retention_summary) IS 'less than (an arbitrary total order)';

CREATE OPERATOR <= (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (retention_summary, retention_summary) IS 'less than or equal (an arbitrary total order)';

CREATE OPERATOR > (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (retention_summary, retention_summary) IS 'greater than (an arbitrary total order)';

CREATE OPERATOR >= (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (retention_summary, retention_summary) IS 'greater than or equal (an arbitrary total order)';

CREATE OPERATOR CLASS retention_summary_ops
	DEFAULT FOR TYPE retention_summary USING btree AS
		OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
		FUNCTION 1 retention_summary_cmp(retention_summary, retention_summary);
COMMENT ON OPERATOR CLASS retention_summary_ops USING btree IS 'an arbitrary total order, for DISTINCT, merge joins and unique indexes';

CREATE OPERATOR CLASS retention_summary_ops
	DEFAULT FOR TYPE retention_summary USING hash AS
		OPERATOR 1 =,
		FUNCTION 1 retention_summary_hash(retention_summary),
		FUNCTION 2 retention_summary_hash_extended(retention_summary, bigint);
COMMENT ON OPERATOR CLASS retention_summary_ops USING hash IS 'hash by content, for GROUP BY, hash joins and hash partitioning';
-- end of repeated

--
-- Parts of the bridge
--

CREATE FUNCTION starting(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_starting' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION starting(retention_summary) IS 'revenue at the start';

CREATE FUNCTION new(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION new(retention_summary) IS 'ending revenue of customers that had none before';

CREATE FUNCTION reactivation(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_reactivation' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION reactivation(retention_summary) IS
	'ending revenue of customers that had some before the start, but none at it';

CREATE FUNCTION expansion(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_expansion' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION expansion(retention_summary) IS 'how much more customers pay at the end than at the start';

CREATE FUNCTION contraction(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_contraction' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION contraction(retention_summary) IS
	'how much less customers that stayed pay at the end than at the start';

CREATE FUNCTION churn(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_churn' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION churn(retention_summary) IS 'starting revenue of customers that pay nothing at the end';

CREATE FUNCTION ending(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_ending' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ending(retention_summary) IS 'revenue at the end';

CREATE FUNCTION starting_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_starting_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION starting_customers(retention_summary) IS 'customers with revenue at the start';

CREATE FUNCTION new_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_new_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION new_customers(retention_summary) IS 'customers with revenue at the end and none before';

CREATE FUNCTION reactivated_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_reactivated_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION reactivated_customers(retention_summary) IS
	'customers with revenue at the end, none at the start and some before';

CREATE FUNCTION expanded_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_expanded_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION expanded_customers(retention_summary) IS 'customers that pay more at the end than at the start';

CREATE FUNCTION contracted_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_contracted_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION contracted_customers(retention_summary) IS
	'customers that stayed and pay less at the end than at the start';

CREATE FUNCTION churned_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_churned_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION churned_customers(retention_summary) IS 'customers with revenue at the start and none at the end';

CREATE FUNCTION ending_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_ending_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ending_customers(retention_summary) IS 'customers with revenue at the end';

--
-- Rates, in percent but for the quick ratio
--

CREATE FUNCTION nrr(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_nrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(retention_summary) IS
	'NRR in percent: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION grr(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_grr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(retention_summary) IS 'GRR in percent: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION logo_retention(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_logo_retention' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logo_retention(retention_summary) IS 'percent of the customers at the start that stayed';

CREATE FUNCTION churn_rate(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_churn_rate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION churn_rate(retention_summary) IS 'revenue churn rate in percent: 100 churn / starting';

CREATE FUNCTION quick_ratio(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_quick_ratio' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION quick_ratio(retention_summary) IS '(new + reactivation + expansion) / (contraction + churn)';

CREATE FUNCTION logo_retention_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION logo_retention_interval(retention_summary, numeric) IS
	'confidence interval of logo retention, in percent, by Wilson''s method';

CREATE FUNCTION nrr_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION nrr_interval(retention_summary, numeric) IS
	'confidence interval of NRR, in percent: of a ratio of sums, by the delta method';

CREATE FUNCTION grr_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION grr_interval(retention_summary, numeric) IS
	'confidence interval of GRR, in percent: of a ratio of sums, by the delta method';

--
-- The textbook formulas, from totals
--

-- repeated: formula nrr starting expansion contraction churn
CREATE FUNCTION nrr(starting integer, expansion integer, contraction integer, churn integer) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_int4' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(integer, integer, integer, integer) IS 'NRR in percent: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting bigint, expansion bigint, contraction bigint, churn bigint) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_int8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(bigint, bigint, bigint, bigint) IS 'NRR in percent: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting numeric, expansion numeric, contraction numeric, churn numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(numeric, numeric, numeric, numeric) IS 'NRR in percent: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting double precision, expansion double precision, contraction double precision, churn double precision) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(double precision, double precision, double precision, double precision) IS 'NRR in percent: 100 (starting + expansion - contraction - churn) / starting';
-- end of repeated

-- repeated: formula grr starting contraction churn
CREATE FUNCTION grr(starting integer, contraction integer, churn integer) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_int4' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(integer, integer, integer) IS 'GRR in percent: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting bigint, contraction bigint, churn bigint) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_int8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(bigint, bigint, bigint) IS 'GRR in percent: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting numeric, contraction numeric, churn numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(numeric, numeric, numeric) IS 'GRR in percent: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting double precision, contraction double precision, churn double precision) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(double precision, double precision, double precision) IS 'GRR in percent: 100 (starting - contraction - churn) / starting';
-- end of repeated

--
-- Summaries out of a ledger, of one row per customer, and of summaries
--

CREATE FUNCTION retention(ledger revenue_ledger, from_date date, to_date date, grace integer DEFAULT 0)
	RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_of_ledger' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000;
COMMENT ON FUNCTION retention(revenue_ledger, date, date, integer) IS
	'summary of a ledger, from the period of one date to the period of another';

-- repeated: accumulation
CREATE FUNCTION retention_accum(retention_summary, integer, integer) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_int4' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum(retention_summary, integer, integer) IS 'aggregate transition function';

CREATE FUNCTION retention_accum_inv(retention_summary, integer, integer) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_inv_int4' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum_inv(retention_summary, integer, integer) IS 'aggregate inverse transition function';

CREATE FUNCTION retention_accum(retention_summary, bigint, bigint) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_int8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum(retention_summary, bigint, bigint) IS 'aggregate transition function';

CREATE FUNCTION retention_accum_inv(retention_summary, bigint, bigint) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_inv_int8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum_inv(retention_summary, bigint, bigint) IS 'aggregate inverse transition function';

CREATE FUNCTION retention_accum(retention_summary, numeric, numeric) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum(retention_summary, numeric, numeric) IS 'aggregate transition function';

CREATE FUNCTION retention_accum_inv(retention_summary, numeric, numeric) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_inv_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum_inv(retention_summary, numeric, numeric) IS 'aggregate inverse transition function';

CREATE FUNCTION retention_accum(retention_summary, double precision, double precision) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum(retention_summary, double precision, double precision) IS 'aggregate transition function';

CREATE FUNCTION retention_accum_inv(retention_summary, double precision, double precision) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_accum_inv_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_accum_inv(retention_summary, double precision, double precision) IS 'aggregate inverse transition function';
-- end of repeated

CREATE FUNCTION retention_merge(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_merge(retention_summary, retention_summary) IS 'aggregate transition and combine function';

CREATE FUNCTION retention_merge_inv(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_merge_inv(retention_summary, retention_summary) IS 'aggregate inverse transition function';

CREATE FUNCTION retention_final(retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_final(retention_summary) IS 'aggregate final function';

-- repeated: summary_aggregate retention retention_final retention summary of customers, by their revenue at the start and at the end
CREATE AGGREGATE retention(starting integer, ending integer) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = retention_final,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = retention_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention(integer, integer) IS
	'retention summary of customers, by their revenue at the start and at the end';

CREATE AGGREGATE retention(starting bigint, ending bigint) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = retention_final,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = retention_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention(bigint, bigint) IS
	'retention summary of customers, by their revenue at the start and at the end';

CREATE AGGREGATE retention(starting numeric, ending numeric) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = retention_final,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = retention_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention(numeric, numeric) IS
	'retention summary of customers, by their revenue at the start and at the end';

CREATE AGGREGATE retention(starting double precision, ending double precision) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = retention_final,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = retention_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention(double precision, double precision) IS
	'retention summary of customers, by their revenue at the start and at the end';
-- end of repeated

-- repeated: summary_aggregate nrr nrr NRR in percent of customers, by their revenue at the start and at the end
CREATE AGGREGATE nrr(starting integer, ending integer) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = nrr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = nrr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE nrr(integer, integer) IS
	'NRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE nrr(starting bigint, ending bigint) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = nrr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = nrr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE nrr(bigint, bigint) IS
	'NRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE nrr(starting numeric, ending numeric) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = nrr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = nrr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE nrr(numeric, numeric) IS
	'NRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE nrr(starting double precision, ending double precision) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = nrr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = nrr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE nrr(double precision, double precision) IS
	'NRR in percent of customers, by their revenue at the start and at the end';
-- end of repeated

-- repeated: summary_aggregate grr grr GRR in percent of customers, by their revenue at the start and at the end
CREATE AGGREGATE grr(starting integer, ending integer) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = grr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = grr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE grr(integer, integer) IS
	'GRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE grr(starting bigint, ending bigint) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = grr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = grr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE grr(bigint, bigint) IS
	'GRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE grr(starting numeric, ending numeric) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = grr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = grr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE grr(numeric, numeric) IS
	'GRR in percent of customers, by their revenue at the start and at the end';

CREATE AGGREGATE grr(starting double precision, ending double precision) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = grr,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = grr,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE grr(double precision, double precision) IS
	'GRR in percent of customers, by their revenue at the start and at the end';
-- end of repeated

-- repeated: summary_aggregate logo_retention logo_retention percent of customers kept, by their revenue at the start and at the end
CREATE AGGREGATE logo_retention(starting integer, ending integer) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = logo_retention,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = logo_retention,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE logo_retention(integer, integer) IS
	'percent of customers kept, by their revenue at the start and at the end';

CREATE AGGREGATE logo_retention(starting bigint, ending bigint) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = logo_retention,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = logo_retention,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE logo_retention(bigint, bigint) IS
	'percent of customers kept, by their revenue at the start and at the end';

CREATE AGGREGATE logo_retention(starting numeric, ending numeric) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = logo_retention,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = logo_retention,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE logo_retention(numeric, numeric) IS
	'percent of customers kept, by their revenue at the start and at the end';

CREATE AGGREGATE logo_retention(starting double precision, ending double precision) (
	SFUNC = retention_accum,
	STYPE = retention_summary,
	FINALFUNC = logo_retention,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_accum,
	MINVFUNC = retention_accum_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = logo_retention,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE logo_retention(double precision, double precision) IS
	'percent of customers kept, by their revenue at the start and at the end';
-- end of repeated

CREATE AGGREGATE rollup(retention_summary) (
	SFUNC = retention_merge,
	STYPE = retention_summary,
	FINALFUNC = retention_final,
	COMBINEFUNC = retention_merge,
	MSFUNC = retention_merge,
	MINVFUNC = retention_merge_inv,
	MSTYPE = retention_summary,
	MFINALFUNC = retention_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(retention_summary) IS 'sum of summaries of different customers';

CREATE FUNCTION retention_summary_plus(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_plus(retention_summary, retention_summary) IS 'implementation of + operator';

CREATE FUNCTION retention_summary_minus(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_summary_minus(retention_summary, retention_summary) IS 'implementation of - operator';

CREATE OPERATOR + (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_plus,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (retention_summary, retention_summary) IS 'summary of the customers of both';

CREATE OPERATOR - (
	LEFTARG = retention_summary, RIGHTARG = retention_summary, FUNCTION = retention_summary_minus
);
COMMENT ON OPERATOR - (retention_summary, retention_summary) IS 'summary without some of its customers: a + b - b = a';

-- Benchmarks and ratings
--

CREATE TYPE benchmark_rating;

CREATE FUNCTION benchmark_rating_in(cstring) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_in(cstring) IS 'I/O';

CREATE FUNCTION benchmark_rating_out(benchmark_rating) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_out(benchmark_rating) IS 'I/O';

CREATE FUNCTION benchmark_rating_recv(internal) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_recv(internal) IS 'I/O';

CREATE FUNCTION benchmark_rating_send(benchmark_rating) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_send(benchmark_rating) IS 'I/O';

CREATE TYPE benchmark_rating (
	INPUT = benchmark_rating_in,
	OUTPUT = benchmark_rating_out,
	RECEIVE = benchmark_rating_recv,
	SEND = benchmark_rating_send,
	INTERNALLENGTH = 1,
	PASSEDBYVALUE,
	ALIGNMENT = char
);
COMMENT ON TYPE benchmark_rating IS 'critical < moderate < healthy < strong';

-- repeated: comparison benchmark_rating
CREATE FUNCTION benchmark_rating_eq(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_eq(benchmark_rating, benchmark_rating) IS 'implementation of = operator';

CREATE FUNCTION benchmark_rating_ne(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_ne(benchmark_rating, benchmark_rating) IS 'implementation of <> operator';

CREATE FUNCTION benchmark_rating_lt(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_lt(benchmark_rating, benchmark_rating) IS 'implementation of < operator';

CREATE FUNCTION benchmark_rating_le(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_le(benchmark_rating, benchmark_rating) IS 'implementation of <= operator';

CREATE FUNCTION benchmark_rating_gt(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_gt(benchmark_rating, benchmark_rating) IS 'implementation of > operator';

CREATE FUNCTION benchmark_rating_ge(benchmark_rating, benchmark_rating) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_ge(benchmark_rating, benchmark_rating) IS 'implementation of >= operator';

CREATE FUNCTION benchmark_rating_cmp(benchmark_rating, benchmark_rating) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_cmp(benchmark_rating, benchmark_rating) IS 'less-equal-greater';

CREATE FUNCTION benchmark_rating_hash(benchmark_rating) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_hash(benchmark_rating) IS 'hash';

CREATE FUNCTION benchmark_rating_hash_extended(benchmark_rating, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_hash_extended(benchmark_rating, bigint) IS 'hash';

CREATE OPERATOR = (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (benchmark_rating, benchmark_rating) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (benchmark_rating, benchmark_rating) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (benchmark_rating, benchmark_rating) IS 'worse than';

CREATE OPERATOR <= (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (benchmark_rating, benchmark_rating) IS 'worse than or equal';

CREATE OPERATOR > (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (benchmark_rating, benchmark_rating) IS 'better than';

CREATE OPERATOR >= (
	LEFTARG = benchmark_rating, RIGHTARG = benchmark_rating, FUNCTION = benchmark_rating_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (benchmark_rating, benchmark_rating) IS 'better than or equal';

CREATE OPERATOR CLASS benchmark_rating_ops
	DEFAULT FOR TYPE benchmark_rating USING btree AS
		OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
		FUNCTION 1 benchmark_rating_cmp(benchmark_rating, benchmark_rating),
		FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS benchmark_rating_ops USING btree IS 'from critical to strong';

CREATE OPERATOR CLASS benchmark_rating_ops
	DEFAULT FOR TYPE benchmark_rating USING hash AS
		OPERATOR 1 =,
		FUNCTION 1 benchmark_rating_hash(benchmark_rating),
		FUNCTION 2 benchmark_rating_hash_extended(benchmark_rating, bigint);
COMMENT ON OPERATOR CLASS benchmark_rating_ops USING hash IS 'for GROUP BY, hash joins and hash partitioning';
-- end of repeated

CREATE FUNCTION benchmark_rating_smaller(benchmark_rating, benchmark_rating) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_smaller(benchmark_rating, benchmark_rating) IS 'aggregate transition and combine function';

CREATE AGGREGATE min(benchmark_rating) (
	SFUNC = benchmark_rating_smaller,
	STYPE = benchmark_rating,
	COMBINEFUNC = benchmark_rating_smaller,
	SORTOP = <,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE min(benchmark_rating) IS 'the worst rating';

CREATE FUNCTION benchmark_rating_larger(benchmark_rating, benchmark_rating) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION benchmark_rating_larger(benchmark_rating, benchmark_rating) IS 'aggregate transition and combine function';

CREATE AGGREGATE max(benchmark_rating) (
	SFUNC = benchmark_rating_larger,
	STYPE = benchmark_rating,
	COMBINEFUNC = benchmark_rating_larger,
	SORTOP = >,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE max(benchmark_rating) IS 'the best rating';

CREATE FUNCTION emoji(rating benchmark_rating) RETURNS text
	AS 'MODULE_PATHNAME', 'benchmark_rating_emoji' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION emoji(benchmark_rating) IS 'red, yellow or green circle, or rocket; needs an encoding that has emoji';

CREATE FUNCTION advice(rating benchmark_rating) RETURNS text
	AS 'MODULE_PATHNAME', 'benchmark_rating_advice' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION advice(benchmark_rating) IS 'what a rating means, and what to do';

CREATE TYPE retention_benchmark;

CREATE FUNCTION retention_benchmark_in(cstring) RETURNS retention_benchmark
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_in(cstring) IS 'I/O';

CREATE FUNCTION retention_benchmark_out(retention_benchmark) RETURNS cstring
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_out(retention_benchmark) IS 'I/O';

CREATE FUNCTION retention_benchmark_recv(internal) RETURNS retention_benchmark
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_recv(internal) IS 'I/O';

CREATE FUNCTION retention_benchmark_send(retention_benchmark) RETURNS bytea
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_send(retention_benchmark) IS 'I/O';

CREATE TYPE retention_benchmark (
	INPUT = retention_benchmark_in,
	OUTPUT = retention_benchmark_out,
	RECEIVE = retention_benchmark_recv,
	SEND = retention_benchmark_send,
	INTERNALLENGTH = 24,
	ALIGNMENT = double
);
COMMENT ON TYPE retention_benchmark IS 'three ascending thresholds: where moderate, healthy and strong begin';

-- repeated: comparison retention_benchmark
CREATE FUNCTION retention_benchmark_eq(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_eq(retention_benchmark, retention_benchmark) IS 'implementation of = operator';

CREATE FUNCTION retention_benchmark_ne(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_ne(retention_benchmark, retention_benchmark) IS 'implementation of <> operator';

CREATE FUNCTION retention_benchmark_lt(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_lt(retention_benchmark, retention_benchmark) IS 'implementation of < operator';

CREATE FUNCTION retention_benchmark_le(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_le(retention_benchmark, retention_benchmark) IS 'implementation of <= operator';

CREATE FUNCTION retention_benchmark_gt(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_gt(retention_benchmark, retention_benchmark) IS 'implementation of > operator';

CREATE FUNCTION retention_benchmark_ge(retention_benchmark, retention_benchmark) RETURNS boolean
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_ge(retention_benchmark, retention_benchmark) IS 'implementation of >= operator';

CREATE FUNCTION retention_benchmark_cmp(retention_benchmark, retention_benchmark) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_cmp(retention_benchmark, retention_benchmark) IS 'less-equal-greater';

CREATE FUNCTION retention_benchmark_hash(retention_benchmark) RETURNS integer
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_hash(retention_benchmark) IS 'hash';

CREATE FUNCTION retention_benchmark_hash_extended(retention_benchmark, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_benchmark_hash_extended(retention_benchmark, bigint) IS 'hash';

CREATE OPERATOR = (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_eq,
	COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (retention_benchmark, retention_benchmark) IS 'equal';

CREATE OPERATOR <> (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_ne,
	COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (retention_benchmark, retention_benchmark) IS 'not equal';

CREATE OPERATOR < (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_lt,
	COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (retention_benchmark, retention_benchmark) IS 'less than, by the first threshold that differs';

CREATE OPERATOR <= (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_le,
	COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (retention_benchmark, retention_benchmark) IS 'less than or equal, by the first threshold that differs';

CREATE OPERATOR > (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_gt,
	COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (retention_benchmark, retention_benchmark) IS 'greater than, by the first threshold that differs';

CREATE OPERATOR >= (
	LEFTARG = retention_benchmark, RIGHTARG = retention_benchmark, FUNCTION = retention_benchmark_ge,
	COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (retention_benchmark, retention_benchmark) IS 'greater than or equal, by the first threshold that differs';

CREATE OPERATOR CLASS retention_benchmark_ops
	DEFAULT FOR TYPE retention_benchmark USING btree AS
		OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
		FUNCTION 1 retention_benchmark_cmp(retention_benchmark, retention_benchmark),
		FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS retention_benchmark_ops USING btree IS 'by thresholds, from the first to the last';

CREATE OPERATOR CLASS retention_benchmark_ops
	DEFAULT FOR TYPE retention_benchmark USING hash AS
		OPERATOR 1 =,
		FUNCTION 1 retention_benchmark_hash(retention_benchmark),
		FUNCTION 2 retention_benchmark_hash_extended(retention_benchmark, bigint);
COMMENT ON OPERATOR CLASS retention_benchmark_ops USING hash IS 'for GROUP BY, hash joins and hash partitioning';
-- end of repeated

--
-- The table of benchmarks: seeded with published ones, users add their own
--
-- A dump holds the rows that are not builtin, since CREATE EXTENSION makes the
-- others.  Whatever a user inserts or changes is not builtin: the trigger sees
-- to it.  The user who installs the extension owns the table, so that a dump
-- can be restored without a superuser.
--

CREATE TABLE retention_benchmarks (
	name           text PRIMARY KEY
		CHECK (name <> '' AND name = pg_catalog.btrim(name) AND pg_catalog.strpos(name, '<') = 0),
	metric         text NOT NULL CHECK (metric IN ('nrr', 'grr', 'logo_retention')),
	segment        text,
	thresholds     retention_benchmark NOT NULL,
	unit           text CHECK (unit IN ('month', 'year')),
	instrument     text CHECK (instrument IN ('survey', 'billing', 'rule of thumb')),
	method         text,
	sample_size    integer CHECK (sample_size > 0),
	source         text,
	data_year      integer,
	published_year integer,
	note           text,
	builtin        boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE retention_benchmarks IS 'benchmarks by name: published ones, and those of users';
COMMENT ON TYPE retention_benchmarks IS 'row of the table retention_benchmarks';
COMMENT ON COLUMN retention_benchmarks.name IS 'name by which rating and to_next find it; without "<", which begins a threshold';
COMMENT ON COLUMN retention_benchmarks.metric IS 'what the benchmark is of: nrr, grr or logo_retention';
COMMENT ON COLUMN retention_benchmarks.segment IS 'whose retention; ARR and ACV (annual revenue, contract value) are in dollars';
COMMENT ON COLUMN retention_benchmarks.thresholds IS 'percent: where moderate, healthy and strong begin';
COMMENT ON COLUMN retention_benchmarks.unit IS 'time over which retention is measured: year or month; NULL if not known';
COMMENT ON COLUMN retention_benchmarks.instrument IS
	'survey, billing (comes out lower than surveys) or rule of thumb';
COMMENT ON COLUMN retention_benchmarks.method IS 'what the thresholds are: a rating scale, a target, or quartiles of the sample';
COMMENT ON COLUMN retention_benchmarks.sample_size IS 'how many companies, where that is published';
COMMENT ON COLUMN retention_benchmarks.source IS 'who published it';
COMMENT ON COLUMN retention_benchmarks.data_year IS 'the year of the figures';
COMMENT ON COLUMN retention_benchmarks.published_year IS 'the year of publication';
COMMENT ON COLUMN retention_benchmarks.note IS
	'remarks and confidence: A publisher''s text, B confirmed, C one secondary report';
COMMENT ON COLUMN retention_benchmarks.builtin IS 'whether the row came with the extension and is unchanged; then not in dumps';

ALTER TABLE retention_benchmarks OWNER TO @extowner@;
GRANT SELECT ON retention_benchmarks TO PUBLIC;

CREATE FUNCTION retention_benchmarks_trigger() RETURNS trigger
	AS 'MODULE_PATHNAME' LANGUAGE C;
COMMENT ON FUNCTION retention_benchmarks_trigger() IS
	'makes rows that a user inserts or changes the user''s own, not builtin';

CREATE TRIGGER own_rows BEFORE INSERT OR UPDATE ON retention_benchmarks
	FOR EACH ROW EXECUTE FUNCTION retention_benchmarks_trigger();
COMMENT ON TRIGGER own_rows ON retention_benchmarks IS 'makes rows that a user inserts or changes the user''s own';

-- Rating scales and targets
INSERT INTO retention_benchmarks (builtin, instrument, name, metric, segment, thresholds, method, note)
SELECT true, 'rule of thumb', b.* FROM (VALUES
	('nrr', 'nrr', NULL, '<70 <90 <=100'::retention_benchmark, 'rating scale',
		'the default: below 70 alarming, 70-90 moderate, 90-100 healthy, above 100 strong'),
	('nrr-growth', 'nrr', NULL, '<80 <100 <120', 'rating scale',
		'below 80 trouble, 80-99.9 work to do, 100 and above solid, 120 and above high growth'),
	('saas-nrr', 'nrr', 'SaaS', '- <120 -', 'target', 'below the target moderate, at it healthy'),
	('ecommerce-nrr', 'nrr', 'e-commerce', '- <90 -', 'target', 'below the target moderate, at it healthy'),
	('enterprise-saas-grr', 'grr', 'enterprise SaaS', '- <=90 <=90', 'target',
		'above 90 is strong; below it moderate, no healthy band'),
	('b2b-saas-nrr-top', 'nrr', 'B2B SaaS', '- <100 <120', 'target', 'top performers at 120 or more'),
	('consumer-subscription-grr', 'grr', 'consumer subscriptions', '- <80 <=85', 'target', 'aims for 80-85')
) AS b;

-- Published figures; quartiles 25, 50 and 75 are the three thresholds
INSERT INTO retention_benchmarks (builtin, name, metric, segment, thresholds, unit, instrument, method,
	sample_size, source, data_year, published_year, note)
SELECT true, b.* FROM (VALUES
	('benchmarkit-2026-grr', 'grr', 'SaaS and AI-native, all', '<76 <84 <91'::retention_benchmark,
		'year', 'survey', 'quartiles', 342, 'Aleph x Benchmarkit', 2025, 2026, 'confidence A'),
	('benchmarkit-2025-nrr', 'nrr', 'private B2B SaaS', '- <101 -',
		'year', 'survey', 'median', NULL, 'Benchmarkit 2025', 2024, 2025, 'confidence A'),
	('benchmarkit-2025-grr', 'grr', 'private B2B SaaS', '- <88 -',
		'year', 'survey', 'median', 225, 'Benchmarkit 2025', 2024, 2025, 'confidence B'),
	('benchmarkit-2025-nrr-acv250k', 'nrr', 'ACV above 250k', '<96 <107 <115',
		'year', 'survey', 'quartiles', 228, 'Benchmarkit 2025', 2024, 2025, 'confidence C'),
	('saascapital-2025-nrr-acv12k', 'nrr', 'ACV below 12k', '<90 <98 <106',
		'year', 'survey', 'quartiles', NULL, 'SaaS Capital 2025', 2024, 2025, 'confidence C'),
	('saascapital-2025-nrr-acv250k+', 'nrr', 'ACV above 250k', '<102 <106 <110',
		'year', 'survey', 'quartiles', NULL, 'SaaS Capital 2025', 2024, 2025, 'confidence C'),
	('chartmogul-2025-nrr-b2b', 'nrr', 'B2B, ARR 250k and more', '- <82 <97',
		'year', 'billing', 'median and upper quartile', NULL, 'ChartMogul SaaS Retention', 2024, 2025,
		'confidence B, that of the upper quartile C'),
	('chartmogul-2025-nrr-ai', 'nrr', 'AI-native', '- <48 -',
		'year', 'billing', 'median', NULL, 'ChartMogul', 2025, 2025, 'confidence B'),
	('chartmogul-2025-grr-ai', 'grr', 'AI-native', '- <40 -',
		'year', 'billing', 'median', NULL, 'ChartMogul', 2025, 2025, 'confidence C'),
	('chartmogul-2025-nrr-b2c', 'nrr', 'B2C', '- <49 -',
		'year', 'billing', 'median', NULL, 'ChartMogul', 2025, 2025, 'confidence C'),
	('saascapital-2026-bootstrapped-nrr', 'nrr', 'bootstrapped, ARR 3-20M', '- <103 -',
		'year', 'survey', 'median', NULL, 'SaaS Capital', 2025, 2026, 'confidence C; 90th percentile 117.9'),
	('saascapital-2026-bootstrapped-grr', 'grr', 'bootstrapped, ARR 3-20M', '- <91 -',
		'year', 'survey', 'median', NULL, 'SaaS Capital', 2025, 2026, 'confidence C; 90th percentile 100')
) AS b;

INSERT INTO retention_benchmarks (builtin, name, metric, segment, thresholds, unit, instrument, method,
	source, data_year, published_year, note)
SELECT true, pg_catalog.concat('saascapital-2023-', metric, '-acv', acv), metric,
	pg_catalog.concat('private B2B, ARR above 1M, ACV ', segment), thresholds, 'year', 'survey', 'median',
	'SaaS Capital RB28', 2022, 2023, 'confidence A'
FROM (VALUES
	('12k', 'below 12k', '- <100 -'::retention_benchmark, '- <90 -'::retention_benchmark),
	('25k', '12-25k', '- <102 -', '- <90 -'),
	('50k', '25-50k', '- <103 -', '- <92 -'),
	('100k', '50-100k', '- <105 -', '- <93 -'),
	('250k', '100-250k', '- <107 -', '- <93 -'),
	('250k+', 'above 250k', '- <110 -', '- <93 -')
) AS band(acv, segment, nrr, grr),
	LATERAL (VALUES ('nrr', nrr), ('grr', grr)) AS b(metric, thresholds);

INSERT INTO retention_benchmarks (builtin, name, metric, segment, thresholds, unit, instrument, method,
	sample_size, source, data_year, published_year, note)
SELECT true, pg_catalog.concat('highalpha-2025-', metric, '-arr', arr), metric,
	pg_catalog.concat('ARR ', segment), thresholds, 'year', 'survey', 'median and upper quartile',
	800, 'High Alpha', 2024, 2025, 'confidence C; 800 companies or more, of all sizes'
FROM (VALUES
	('1m', 'below 1M', '- <100 <116'::retention_benchmark, '- <92 <100'::retention_benchmark),
	('5m', '1-5M', '- <104 <110', '- <92 <95'),
	('20m', '5-20M', '- <103 <115', '- <88 <95'),
	('50m', '20-50M', '- <103 <110', '- <90 <95'),
	('50m+', 'above 50M', '- <101 <108', '- <88 <90')
) AS band(arr, segment, nrr, grr),
	LATERAL (VALUES ('nrr', nrr), ('grr', grr)) AS b(metric, thresholds);

INSERT INTO retention_benchmarks (builtin, name, metric, segment, thresholds, unit, instrument, method,
	sample_size, source, data_year, published_year, note)
SELECT true, pg_catalog.concat('recurly-2019-logo-', customers), 'logo_retention', segment, thresholds, 'month', 'billing',
	'median', 2000, 'Recurly Research', 2018, 2019,
	pg_catalog.concat('confidence A; from a monthly churn of ', churn, ' percent; about 2000 sites in all')
FROM (VALUES
	('all', 'subscriptions, all', '- <94.52 -'::retention_benchmark, '5.48'),
	('b2b', 'subscriptions, B2B', '- <94.85 -', '5.15'),
	('b2c', 'subscriptions, B2C', '- <93.19 -', '6.81')
) AS b(customers, segment, thresholds, churn);

SELECT pg_catalog.pg_extension_config_dump('retention_benchmarks', 'WHERE NOT builtin');

--
-- A percentage against a benchmark
--
-- A benchmark that is a text is read from the table: hence STABLE.
--

CREATE FUNCTION rating(value numeric, benchmark text DEFAULT 'nrr') RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_numeric_named' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION rating(numeric, text) IS 'rating of a percentage by a named benchmark or by thresholds';

CREATE FUNCTION rating(value double precision, benchmark text DEFAULT 'nrr') RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_float8_named' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION rating(double precision, text) IS 'rating of a percentage by a named benchmark or by thresholds';

CREATE FUNCTION rating(value numeric, benchmark retention_benchmark) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rating(numeric, retention_benchmark) IS 'rating of a percentage by a benchmark';

CREATE FUNCTION rating(value double precision, benchmark retention_benchmark) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rating(double precision, retention_benchmark) IS 'rating of a percentage by a benchmark';

CREATE FUNCTION to_next(value numeric, benchmark text DEFAULT 'nrr') RETURNS numeric
	AS 'MODULE_PATHNAME', 'to_next_numeric_named' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION to_next(numeric, text) IS
	'points missing to the next better rating; NULL if there is no better one';

CREATE FUNCTION to_next(value double precision, benchmark text DEFAULT 'nrr') RETURNS numeric
	AS 'MODULE_PATHNAME', 'to_next_float8_named' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION to_next(double precision, text) IS
	'points missing to the next better rating; NULL if there is no better one';

CREATE FUNCTION to_next(value numeric, benchmark retention_benchmark) RETURNS numeric
	AS 'MODULE_PATHNAME', 'to_next_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION to_next(numeric, retention_benchmark) IS
	'points missing to the next better rating; NULL if there is no better one';

CREATE FUNCTION to_next(value double precision, benchmark retention_benchmark) RETURNS numeric
	AS 'MODULE_PATHNAME', 'to_next_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION to_next(double precision, retention_benchmark) IS
	'points missing to the next better rating; NULL if there is no better one';

--
-- Ratings of summaries
--

CREATE FUNCTION rating(summary retention_summary, metric text, benchmark text) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_summary_named' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rating(retention_summary, text, text) IS
	'rating of nrr, grr or logo_retention by a named benchmark or thresholds';

CREATE FUNCTION rating(summary retention_summary, metric text, benchmark retention_benchmark) RETURNS benchmark_rating
	AS 'MODULE_PATHNAME', 'rating_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rating(retention_summary, text, retention_benchmark) IS
	'rating of nrr, grr or logo_retention by a benchmark; compared before rounding';

CREATE FUNCTION to_next(
		summary retention_summary, metric text, benchmark text,
		OUT next benchmark_rating, OUT points numeric, OUT revenue numeric)
	AS 'MODULE_PATHNAME', 'to_next_summary_named' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION to_next(retention_summary, text, text) IS
	'next better rating, and the points and revenue missing to it, rounded up';

CREATE FUNCTION to_next(
		summary retention_summary, metric text, benchmark retention_benchmark,
		OUT next benchmark_rating, OUT points numeric, OUT revenue numeric)
	AS 'MODULE_PATHNAME', 'to_next_summary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION to_next(retention_summary, text, retention_benchmark) IS
	'next better rating, and the points and revenue missing to it, rounded up';

--
-- Monthly recurring revenue of a billing period
--
-- An amount without a type, as a literal or a parameter, must be numeric, lest
-- it lose digits; and an integer must not become a float. So each function on
-- floats differs from its twin on numeric in types that PostgreSQL prefers less:
-- domains, which are never preferred.
--
-- How a text is read as an interval depends on the setting IntervalStyle, and a
-- range of timestamptz on TimeZone: hence STABLE.
--

CREATE DOMAIN mrr_float8 AS double precision;
COMMENT ON DOMAIN mrr_float8 IS 'double precision, where nothing but a double precision is meant';

CREATE DOMAIN mrr_text AS text;
COMMENT ON DOMAIN mrr_text IS 'text, where the amount beside it is a float';

CREATE DOMAIN mrr_interval AS interval;
COMMENT ON DOMAIN mrr_interval IS 'interval, where the amount beside it is a float';

CREATE FUNCTION mrr(amount numeric, frequency text, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_frequency_numeric' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, text, bigint, text) IS
	'monthly share of an amount that is billed once every count days, months, ...';

CREATE FUNCTION mrr(amount numeric, every interval, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_interval_numeric' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, interval, bigint, text) IS
	'monthly share of an amount that is billed once every count intervals';

CREATE FUNCTION mrr(amount numeric, service daterange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_service_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, daterange) IS
	'monthly share of an amount for a service period';

CREATE FUNCTION mrr(amount numeric, during tsrange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_service_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, tsrange) IS
	'monthly share of an amount for a service period';

CREATE FUNCTION mrr(amount numeric, during tstzrange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_service_numeric' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, tstzrange) IS
	'monthly share of an amount for a service period, in the session''s time zone';

CREATE FUNCTION mrr(amount numeric, services datemultirange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_services_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, datemultirange) IS
	'monthly share of an amount for several service periods';

CREATE FUNCTION mrr(amount numeric, services tsmultirange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_services_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, tsmultirange) IS
	'monthly share of an amount for several service periods';

CREATE FUNCTION mrr(amount numeric, services tstzmultirange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_services_numeric' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(numeric, tstzmultirange) IS
	'monthly share of an amount for several service periods, in the session''s zone';

CREATE FUNCTION mrr(amount real, frequency mrr_text, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_frequency_float4' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(real, mrr_text, bigint, text) IS
	'monthly share of an amount that is billed once every count days, months, ...';

CREATE FUNCTION mrr(amount real, every mrr_interval, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_interval_float4' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(real, mrr_interval, bigint, text) IS
	'monthly share of an amount that is billed once every count intervals';

CREATE FUNCTION mrr(amount real, during anyrange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_service_float4' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(real, anyrange) IS
	'monthly share of an amount for a service period, in the session''s time zone';

CREATE FUNCTION mrr(amount real, services anymultirange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_services_float4' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(real, anymultirange) IS
	'monthly share of an amount for several service periods, in the session''s zone';

CREATE FUNCTION mrr(amount mrr_float8, frequency mrr_text, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_frequency_float8' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(mrr_float8, mrr_text, bigint, text) IS
	'monthly share of an amount that is billed once every count days, months, ...';

CREATE FUNCTION mrr(amount mrr_float8, every mrr_interval, count bigint DEFAULT 1, weeks text DEFAULT '52/12') RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_interval_float8' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION mrr(mrr_float8, mrr_interval, bigint, text) IS
	'monthly share of an amount that is billed once every count intervals';

CREATE FUNCTION mrr(amount mrr_float8, during anyrange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_service_float8' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(mrr_float8, anyrange) IS
	'monthly share of an amount for a service period, in the session''s time zone';

CREATE FUNCTION mrr(amount mrr_float8, services anymultirange) RETURNS numeric
	AS 'MODULE_PATHNAME', 'mrr_services_float8' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr(mrr_float8, anymultirange) IS
	'monthly share of an amount for several service periods, in the session''s zone';

--
-- What is wrong with a billing table
--

CREATE FUNCTION ledger_lint(
		source text, customer text, at text, amount text, grain text DEFAULT 'month',
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL,
		OUT finding text, OUT count bigint, OUT sample text, OUT advice text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 5;
COMMENT ON FUNCTION ledger_lint(text, text, text, text, text, text, text, text, text, text) IS
	'what looks wrong with a billing table: how often, an example, what to do';

--
-- A table of ledgers that is kept up to date
--

CREATE FUNCTION refresh_revenue_ledgers(
		store text, source text, customer text, at text, amount text,
		grain text DEFAULT 'month', open_periods integer DEFAULT 2, from_date date DEFAULT NULL,
		segment text DEFAULT NULL,
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL)
	RETURNS daterange
	AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION refresh_revenue_ledgers(text, text, text, text, text, text, integer, date, text, text, text, text, text, text) IS
	'brings a store of ledgers up to date with a table; gives the days read again';

CREATE FUNCTION verify_revenue_ledgers(
		store text, source text, customer text, at text, amount text, grain text DEFAULT 'month',
		segment text DEFAULT NULL,
		shape text DEFAULT NULL, bounds text DEFAULT NULL, close text DEFAULT NULL,
		item text DEFAULT NULL, snapshot_rule text DEFAULT NULL,
		OUT period date, OUT stored numeric, OUT computed numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000 ROWS 10;
COMMENT ON FUNCTION verify_revenue_ledgers(text, text, text, text, text, text, text, text, text, text, text, text) IS
	'periods in which a table of ledgers is not what its source says';

CREATE FUNCTION update_revenue_ledgers() RETURNS trigger
	AS 'MODULE_PATHNAME' LANGUAGE C VOLATILE;
COMMENT ON FUNCTION update_revenue_ledgers() IS
	'trigger: adds changes to (store, customer, at, amount [, grain [, time_zone]])';
