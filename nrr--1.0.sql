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
COMMENT ON TYPE retention_summary IS
	'the bridge from a starting to an ending revenue: sums, numbers of customers, second moments';

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
COMMENT ON FUNCTION expansion(retention_summary) IS 'what customers pay more at the end than at the start';

CREATE FUNCTION contraction(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_contraction' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION contraction(retention_summary) IS
	'what customers that stayed pay less at the end than at the start';

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
COMMENT ON FUNCTION churned_customers(retention_summary) IS 'customers that pay nothing at the end';

CREATE FUNCTION ending_customers(summary retention_summary) RETURNS bigint
	AS 'MODULE_PATHNAME', 'retention_summary_ending_customers' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ending_customers(retention_summary) IS 'customers with revenue at the end';

--
-- Rates, in percent but for the quick ratio
--

CREATE FUNCTION nrr(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_nrr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(retention_summary) IS
	'net revenue retention: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION grr(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_grr' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(retention_summary) IS
	'gross revenue retention: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION logo_retention(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_logo_retention' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logo_retention(retention_summary) IS '100 customers that stayed / customers at the start';

CREATE FUNCTION churn_rate(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_churn_rate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION churn_rate(retention_summary) IS 'revenue churn: 100 churn / starting';

CREATE FUNCTION quick_ratio(summary retention_summary) RETURNS numeric
	AS 'MODULE_PATHNAME', 'retention_summary_quick_ratio' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION quick_ratio(retention_summary) IS '(new + reactivation + expansion) / (contraction + churn)';

CREATE FUNCTION logo_retention_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logo_retention_interval(retention_summary, numeric) IS
	'confidence interval of logo retention, in percent, by Wilson''s method';

CREATE FUNCTION nrr_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr_interval(retention_summary, numeric) IS
	'confidence interval of NRR, in percent: of a ratio of sums, by the delta method';

CREATE FUNCTION grr_interval(summary retention_summary, level numeric DEFAULT 0.95) RETURNS numrange
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr_interval(retention_summary, numeric) IS
	'confidence interval of GRR, in percent: of a ratio of sums, by the delta method';

--
-- The textbook formulas, from totals
--

CREATE FUNCTION nrr(starting integer, expansion integer, contraction integer, churn integer) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_int4' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(integer, integer, integer, integer) IS
	'net revenue retention in percent, from totals: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting bigint, expansion bigint, contraction bigint, churn bigint) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_int8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(bigint, bigint, bigint, bigint) IS
	'net revenue retention in percent, from totals: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting numeric, expansion numeric, contraction numeric, churn numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(numeric, numeric, numeric, numeric) IS
	'net revenue retention in percent, from totals: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION nrr(starting double precision, expansion double precision, contraction double precision, churn double precision) RETURNS numeric
	AS 'MODULE_PATHNAME', 'nrr_formula_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION nrr(double precision, double precision, double precision, double precision) IS
	'net revenue retention in percent, from totals: 100 (starting + expansion - contraction - churn) / starting';

CREATE FUNCTION grr(starting integer, contraction integer, churn integer) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_int4' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(integer, integer, integer) IS
	'gross revenue retention in percent, from totals: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting bigint, contraction bigint, churn bigint) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_int8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(bigint, bigint, bigint) IS
	'gross revenue retention in percent, from totals: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting numeric, contraction numeric, churn numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_numeric' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(numeric, numeric, numeric) IS
	'gross revenue retention in percent, from totals: 100 (starting - contraction - churn) / starting';

CREATE FUNCTION grr(starting double precision, contraction double precision, churn double precision) RETURNS numeric
	AS 'MODULE_PATHNAME', 'grr_formula_float8' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION grr(double precision, double precision, double precision) IS
	'gross revenue retention in percent, from totals: 100 (starting - contraction - churn) / starting';

--
-- Summaries out of a ledger, of one row per customer, and of summaries
--

CREATE FUNCTION retention(ledger revenue_ledger, from_date date, to_date date) RETURNS retention_summary
	AS 'MODULE_PATHNAME', 'retention_of_ledger' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	COST 10000;
COMMENT ON FUNCTION retention(revenue_ledger, date, date) IS
	'summary of a ledger, from the period of one date to the period of another';

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

CREATE FUNCTION retention_merge(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_merge(retention_summary, retention_summary) IS 'aggregate transition and combine function';

CREATE FUNCTION retention_merge_inv(retention_summary, retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_merge_inv(retention_summary, retention_summary) IS 'aggregate inverse transition function';

CREATE FUNCTION retention_final(retention_summary) RETURNS retention_summary
	AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION retention_final(retention_summary) IS 'aggregate final function';

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
	'summary of one row per customer, its revenue at the start and at the end; rows with a NULL are ignored';

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
	'summary of one row per customer, its revenue at the start and at the end; rows with a NULL are ignored';

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
	'summary of one row per customer, its revenue at the start and at the end; rows with a NULL are ignored';

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
	'summary of one row per customer, its revenue at the start and at the end; rows with a NULL are ignored';

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
	'net revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'net revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'net revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'net revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'gross revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'gross revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'gross revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'gross revenue retention in percent, of one row per customer, its revenue at the start and at the end';

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
	'customers retained in percent, of one row per customer, its revenue at the start and at the end';

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
	'customers retained in percent, of one row per customer, its revenue at the start and at the end';

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
	'customers retained in percent, of one row per customer, its revenue at the start and at the end';

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
	'customers retained in percent, of one row per customer, its revenue at the start and at the end';

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
COMMENT ON AGGREGATE rollup(retention_summary) IS
	'sum of summaries, each of other customers';

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
