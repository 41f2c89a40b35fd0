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
COMMENT ON TYPE revenue_ledger IS
	'who paid how much in which period: customer x period -> exact amount';

--
-- Equality, order and hash: by grain, periods and amounts; like numeric, 1.0
-- and 1.00 are equal, and so are a sum of two rows and one row of the sum
--

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
COMMENT ON AGGREGATE revenue_ledger("any", "any", "any") IS
	'ledger of billing rows (customer, at, amount) by month; rows with a NULL are ignored';

CREATE AGGREGATE revenue_ledger("any", "any", "any", text) (
	SFUNC = revenue_ledger_accum,
	STYPE = revenue_ledger,
	SSPACE = 512,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE revenue_ledger("any", "any", "any", text) IS
	'ledger of billing rows (customer, at, amount, grain); grain is day, week, month, quarter or year';

CREATE FUNCTION revenue_entry(customer "any", at "any", amount "any") RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_entry("any", "any", "any") IS 'one billing row as a ledger by month';

CREATE FUNCTION revenue_entry(customer "any", at "any", amount "any", grain text) RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_entry("any", "any", "any", text) IS 'one billing row as a ledger of the given grain';

CREATE AGGREGATE rollup(revenue_ledger) (
	SFUNC = revenue_ledger_merge,
	STYPE = revenue_ledger,
	FINALFUNC = revenue_ledger_final,
	COMBINEFUNC = revenue_ledger_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rollup(revenue_ledger) IS 'sum of ledgers of one grain and one kind of customer';

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
COMMENT ON FUNCTION periods(revenue_ledger) IS 'from the first day of the first period to the last day of the last one; empty for a ledger of no rows';

CREATE FUNCTION total(ledger revenue_ledger) RETURNS numeric
	AS 'MODULE_PATHNAME', 'revenue_ledger_total' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION total(revenue_ledger) IS 'plain sum of all amounts, negative ones included';

CREATE FUNCTION grain(ledger revenue_ledger) RETURNS text
	AS 'MODULE_PATHNAME', 'revenue_ledger_grain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grain(revenue_ledger) IS 'day, week, month, quarter or year';

CREATE FUNCTION ledger_entries_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_entries_support(internal) IS 'planner support for ledger_entries';

CREATE FUNCTION revenue_movements_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION revenue_movements_support(internal) IS 'planner support for revenue_movements';

CREATE FUNCTION cohort_retention_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cohort_retention_support(internal) IS 'planner support for cohort_retention';

CREATE FUNCTION ledger_entries(
		ledger revenue_ledger,
		OUT customer text, OUT period date, OUT amount numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	COST 1000 ROWS 10000 SUPPORT ledger_entries_support;
COMMENT ON FUNCTION ledger_entries(revenue_ledger) IS
	'rows of a ledger: a customer''s net amount in a period, where it is not zero';

--
-- Rows out: movements and cohorts
--

CREATE FUNCTION revenue_movements(
		ledger revenue_ledger, lookback integer DEFAULT 1, through date DEFAULT NULL,
		OUT period date,
		OUT starting numeric, OUT new numeric, OUT reactivation numeric, OUT expansion numeric,
		OUT contraction numeric, OUT churn numeric, OUT ending numeric,
		OUT starting_customers bigint, OUT new_customers bigint, OUT reactivated_customers bigint,
		OUT expanded_customers bigint, OUT contracted_customers bigint, OUT churned_customers bigint,
		OUT ending_customers bigint,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT quick_ratio numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'revenue_movements' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000 ROWS 60 SUPPORT revenue_movements_support;
COMMENT ON FUNCTION revenue_movements(revenue_ledger, integer, date) IS
	'per period, the bridge from the revenue of lookback periods before to this period''s, with NRR, GRR, logo retention (percent) and quick ratio';

CREATE FUNCTION cohort_retention(
		ledger revenue_ledger, cohort_grain text DEFAULT NULL, baseline integer DEFAULT 0,
		through date DEFAULT NULL,
		OUT cohort date, OUT period date, OUT age integer,
		OUT cohort_customers bigint, OUT customers bigint,
		OUT cohort_revenue numeric, OUT revenue numeric, OUT retained_revenue numeric,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cohort_retention' LANGUAGE C IMMUTABLE PARALLEL SAFE
	COST 10000 ROWS 1830 SUPPORT cohort_retention_support;
COMMENT ON FUNCTION cohort_retention(revenue_ledger, text, integer, date) IS
	'per cohort and age, the customers and revenue kept of those that began together, with NRR, GRR and logo retention (percent)';

--
-- The same straight from a table
--
-- These read the table by a query of their own.  In a parallel worker they
-- could not read a temporary table, and each worker would read all of it:
-- hence PARALLEL RESTRICTED.  Their own query may be a parallel one.
--

CREATE FUNCTION revenue_ledger_from(
		source text, customer text, at text, amount text, grain text DEFAULT 'month')
	RETURNS revenue_ledger
	AS 'MODULE_PATHNAME' LANGUAGE C STABLE PARALLEL RESTRICTED COST 1000000;
COMMENT ON FUNCTION revenue_ledger_from(text, text, text, text, text) IS
	'ledger of all rows of a table or view, given its name and the names of three of its columns';

CREATE FUNCTION revenue_movements(
		source text, customer text, at text, amount text,
		grain text DEFAULT 'month', lookback integer DEFAULT 1, through date DEFAULT NULL,
		OUT period date,
		OUT starting numeric, OUT new numeric, OUT reactivation numeric, OUT expansion numeric,
		OUT contraction numeric, OUT churn numeric, OUT ending numeric,
		OUT starting_customers bigint, OUT new_customers bigint, OUT reactivated_customers bigint,
		OUT expanded_customers bigint, OUT contracted_customers bigint, OUT churned_customers bigint,
		OUT ending_customers bigint,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT quick_ratio numeric)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'revenue_movements_from' LANGUAGE C STABLE PARALLEL RESTRICTED
	COST 1000000 ROWS 60 SUPPORT revenue_movements_support;
COMMENT ON FUNCTION revenue_movements(text, text, text, text, text, integer, date) IS
	'revenue_movements of revenue_ledger_from(source, customer, at, amount, grain)';

CREATE FUNCTION cohort_retention(
		source text, customer text, at text, amount text,
		grain text DEFAULT 'month', cohort_grain text DEFAULT NULL, baseline integer DEFAULT 0,
		through date DEFAULT NULL,
		OUT cohort date, OUT period date, OUT age integer,
		OUT cohort_customers bigint, OUT customers bigint,
		OUT cohort_revenue numeric, OUT revenue numeric, OUT retained_revenue numeric,
		OUT nrr numeric, OUT grr numeric, OUT logo_retention numeric, OUT complete boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cohort_retention_from' LANGUAGE C STABLE PARALLEL RESTRICTED
	COST 1000000 ROWS 1830 SUPPORT cohort_retention_support;
COMMENT ON FUNCTION cohort_retention(text, text, text, text, text, text, integer, date) IS
	'cohort_retention of revenue_ledger_from(source, customer, at, amount, grain)';
