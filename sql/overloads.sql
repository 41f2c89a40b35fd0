--
-- Every pair of common types and literals resolves: each public function is called with each
-- combination of the types that its arguments may have in a table, of literals and of parameters
-- without a type. A call gives the one right result, or it is one that has no meaning, for the
-- reason that is listed here. No other call is ambiguous.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
SET jit = off;
CREATE SCHEMA overloads;
SET search_path = overloads, public;

CREATE DOMAIN price AS numeric(12, 2);
CREATE DOMAIN day AS date;
CREATE DOMAIN term AS daterange;
CREATE DOMAIN word AS text;

-- How a value is written: %1$L is the value quoted, %1$s as it is, and a kind without a pattern is a parameter without a type
CREATE TABLE kind (class text, kind text, pattern text);
INSERT INTO kind VALUES
	('number', 'smallint', '%1$L::smallint'), ('number', 'integer', '%1$L::int'), ('number', 'bigint', '%1$L::bigint'), ('number', 'numeric', '%1$L::numeric'),
	('number', 'domain of numeric', '%1$L::price'), ('number', 'real', '%1$L::real'), ('number', 'double precision', '%1$L::float8'),
	('number', 'constant', '%1$s'), ('number', 'constant with a point', '%1$s.00'), ('number', 'literal', '%1$L'), ('number', 'parameter', NULL),
	('amount', 'text', '%1$L::text'), ('amount', 'money', '%1$L::money'), ('amount', 'boolean', 'true'),
	('few numbers', 'integer', '%1$L::int'), ('few numbers', 'numeric', '%1$L::numeric'), ('few numbers', 'double precision', '%1$L::float8'), ('few numbers', 'literal', '%1$L'),
	('count', 'smallint', '%1$L::smallint'), ('count', 'integer', '%1$L::int'), ('count', 'constant', '%1$s'), ('count', 'literal', '%1$L'), ('count', 'parameter', NULL),
	('few counts', 'smallint', '%1$L::smallint'), ('few counts', 'constant', '%1$s'), ('few counts', 'parameter', NULL),
	('count', 'bigint', '%1$L::bigint'),
	('customer', 'smallint', '%1$L::smallint'), ('customer', 'integer', '%1$L::int'), ('customer', 'bigint', '%1$L::bigint'), ('customer', 'numeric', '%1$L::numeric'),
	('customer', 'text', '%1$L::text'), ('customer', 'varchar', '%1$L::varchar'), ('customer', 'char(n)', '%1$L::char(9)'), ('customer', 'name', '%1$L::name'),
	('customer', 'domain of text', '%1$L::word'), ('customer', 'constant', '%1$s'), ('customer', 'literal', '%1$L'), ('customer', 'parameter', NULL),
	('few customers', 'integer', '%1$L::int'), ('few customers', 'text', '%1$L::text'), ('few customers', 'literal', '%1$L'),
	('uuid', 'uuid', '%1$L::uuid'), ('uuid', 'literal', '%1$L'),
	('date', 'date', '%1$L::date'), ('date', 'timestamp', '%1$L::timestamp'), ('date', 'timestamptz', '%1$L::timestamptz'), ('date', 'domain of date', '%1$L::day'),
	('date', 'literal', '%1$L'), ('date', 'parameter', NULL),
	('at', 'text', '%1$L::text'), ('at', 'time', 'time ''10:00'''), ('at', 'interval', 'interval ''1 month'''), ('at', 'integer', '20260105'), ('at', 'daterange', 'daterange(%1$L, NULL)'),
	('reader''s date', 'date', '%1$L::date'), ('reader''s date', 'literal', '%1$L'), ('reader''s date', 'parameter', NULL),
	('few dates', 'date', '%1$L::date'), ('few dates', 'timestamptz', '%1$L::timestamptz'), ('few dates', 'literal', '%1$L'),
	('range', 'daterange', 'daterange(%1$L::date, %1$L::date + 31)'), ('range', 'tsrange', 'tsrange(%1$L::date, %1$L::date + 31)'), ('range', 'tstzrange', 'tstzrange(%1$L::date, %1$L::date + 31)'),
	('range', 'domain of daterange', 'daterange(%1$L::date, %1$L::date + 31)::term'),
	('range', 'datemultirange', 'datemultirange(daterange(%1$L::date, %1$L::date + 31))'), ('range', 'tsmultirange', 'tsmultirange(tsrange(%1$L::date, %1$L::date + 31))'),
	('range', 'tstzmultirange', 'tstzmultirange(tstzrange(%1$L::date, %1$L::date + 31))'),
	('during', 'literal', '''[2026-01-05,2026-02-05)'''), ('during', 'parameter', NULL), ('during', 'numrange', 'numrange(1, 2)'), ('during', 'int4range', 'int4range(1, 2)'), ('during', 'nummultirange', 'nummultirange(numrange(1, 2))'),
	('during', 'date', '%1$L::date'), ('during', 'text', '''[2026-01-05,2026-02-05)''::text'),
	('word', 'text', '%1$L::text'), ('word', 'varchar', '%1$L::varchar'), ('word', 'char(n)', '%1$L::char(20)'), ('word', 'name', '%1$L::name'), ('word', 'domain of text', '%1$L::word'),
	('word', 'literal', '%1$L'), ('word', 'parameter', NULL),
	('few words', 'text', '%1$L::text'), ('few words', 'literal', '%1$L'), ('few words', 'parameter', NULL),
	('ledger', 'revenue_ledger', '%1$L::revenue_ledger'), ('ledger', 'parameter', NULL),
	('summary', 'retention_summary', '%1$L::retention_summary'), ('summary', 'parameter', NULL),
	('benchmark', 'retention_benchmark', '%1$L::retention_benchmark');
-- what is of a class is of a wider one, too
INSERT INTO kind SELECT 'amount', kind, pattern FROM kind WHERE class = 'number';
INSERT INTO kind SELECT 'at', kind, pattern FROM kind WHERE class = 'date';
INSERT INTO kind SELECT 'during', kind, pattern FROM kind WHERE class = 'range';
INSERT INTO kind SELECT 'benchmark', kind, pattern FROM kind WHERE class = 'word';

CREATE TABLE billing (customer_id int, paid_on date, amount int);
INSERT INTO billing VALUES (1, '2026-01-05', 100), (1, '2026-02-05', 112);
CREATE TABLE subscriptions (customer_id int, start_date date, end_date date, during daterange, amount int, item text);
INSERT INTO subscriptions VALUES (1, '2026-01-05', '2026-03-05', '[2026-01-05,2026-03-05)', 100, 'seats');

-- Each call has a slot for each of its arguments, with a class and a value; result is what it gives with any of the kinds
CREATE TABLE call (name text, template text, classes text[], vals text[], result text);
INSERT INTO call VALUES
	-- rates of totals, and of rows
	('nrr', 'nrr(%s, %s, %s, %s)', '{number,few numbers,few numbers,number}', '{1000,200,50,30}', '112.0000'),
	('nrr', 'nrr(%s, %s, %s, %s)', '{few numbers,number,number,few numbers}', '{1000,200,50,30}', '112.0000'),
	('grr', 'grr(%s, %s, %s)', '{number,number,number}', '{1000,50,30}', '92.0000'),
	('nrr', 'nrr(%s, %s)', '{number,number}', '{100,112}', '112.0000'),
	('grr', 'grr(%s, %s)', '{number,number}', '{100,112}', '100.0000'),
	('logo_retention', 'logo_retention(%s, %s)', '{number,number}', '{100,112}', '100.0000'),
	('retention', 'ending(retention(%s, %s))', '{number,number}', '{100,112}', '112'),
	-- ratings
	('rating', 'rating(%s)', '{number}', '{112}', 'strong'),
	('rating', 'rating(%s, %s)', '{number,benchmark}', '{112,<80 <100 <120}', 'healthy'),
	('rating', 'rating(%s, %s, %s)', '{summary,word,benchmark}', '{-,nrr,<80 <100 <120}', 'healthy'),
	('to_next', 'to_next(%s)', '{number}', '{80}', '10'),
	('to_next', 'to_next(%s, %s)', '{number,benchmark}', '{112,<80 <100 <120}', '8'),
	('to_next', '(to_next(%s, %s, %s)).points', '{summary,word,benchmark}', '{-,nrr,<80 <100 <120}', '8.0000'),
	-- the rows of ledgers
	('revenue_ledger', 'total(revenue_ledger(%s, %s, %s))', '{customer,few dates,few numbers}', '{7,2026-01-05,100}', '100'),
	('revenue_ledger', 'total(revenue_ledger(%s, %s, %s))', '{few customers,at,amount}', '{7,2026-01-05,100}', '100'),
	('revenue_ledger', 'total(revenue_ledger(%s, %s, %s))', '{uuid,few dates,few numbers}', '{00000000-0000-0000-0000-000000000007,2026-01-05,100}', '100'),
	('revenue_ledger', 'total(revenue_ledger(%s, %s, %s, %s))', '{few customers,few dates,few numbers,word}', '{7,2026-01-05,100,quarter}', '100'),
	('revenue_entry', 'total(revenue_entry(%s, %s, %s))', '{customer,few dates,few numbers}', '{7,2026-01-05,100}', '100'),
	('revenue_entry', 'total(revenue_entry(%s, %s, %s))', '{few customers,at,amount}', '{7,2026-01-05,100}', '100'),
	('revenue_entry', 'total(revenue_entry(%s, %s, %s, %s))', '{few customers,few dates,few numbers,word}', '{7,2026-01-05,100,quarter}', '100'),
	('subscription_ledger', 'total(subscription_ledger(%s, %s, %s))', '{customer,range,few numbers}', '{7,2026-01-05,100}', '100'),
	('subscription_ledger', 'total(subscription_ledger(%s, %s, %s))', '{few customers,during,amount}', '{7,2026-01-05,100}', '100'),
	('subscription_ledger', 'total(subscription_ledger(%s, %s, %s, %s))', '{few customers,range,few numbers,word}', '{7,2026-01-05,100,month}', '100'),
	('subscription_ledger', 'total(subscription_ledger(%s, %s, %s, %s, %s))', '{literal,range,few numbers,few words,word}', '{7,2026-01-05,100,month,end}', '100'),
	('invoice_ledger', 'total(invoice_ledger(%s, %s, %s))', '{customer,range,few numbers}', '{7,2026-01-05,100}', '100'),
	('invoice_ledger', 'total(invoice_ledger(%s, %s, %s))', '{few customers,during,amount}', '{7,2026-01-05,100}', '100'),
	('invoice_ledger', 'total(invoice_ledger(%s, %s, %s, %s))', '{few customers,range,few numbers,word}', '{7,2026-01-05,100,quarter}', '100'),
	-- mrr: sql/mrr.sql looks at which of its functions is taken
	('mrr', 'mrr(%s, %s)', '{number,word}', '{1200,annual}', '100'),
	('mrr', 'mrr(%s, %s, %s)', '{number,few words,count}', '{1200,month,12}', '100'),
	('mrr', 'mrr(%s, %s, %s, %s)', '{few numbers,few words,few counts,word}', '{1200,month,12,4}', '100'),
	('mrr', 'mrr(%s, interval %s)', '{number,interval}', '{1200,1 year}', '100'),
	('mrr', 'mrr(%s, %s)', '{number,range}', '{100,2026-01-05}', '100'),
	-- readers
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s))', '{ledger}', '{-}', '212'),
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s, %s, %s, %s, %s))', '{ledger,count,date,few counts,few counts}', '{-,1,2026-02-01,0,3}', '212'),
	('customer_movements', '(SELECT sum(current) FROM customer_movements(%s, %s, %s, %s, %s))', '{ledger,few counts,date,reader''s date,few counts}', '{-,1,2026-01-01,2026-02-01,0}', '212'),
	('cohort_retention', '(SELECT sum(revenue) FROM cohort_retention(%s, %s, %s, %s, %s))', '{ledger,word,few counts,date,few counts}', '{-,month,0,2026-02-01,0}', '212'),
	('retention', 'ending(retention(%s, %s, %s, %s))', '{ledger,date,reader''s date,count}', '{-,2026-01-01,2026-02-01,0}', '112'),
	('ledger_entries', '(SELECT sum(amount) FROM ledger_entries(%s, %s))', '{ledger,date}', '{-,2026-02-01}', '212'),
	('slice', 'total(slice(%s, %s, %s))', '{ledger,date,date}', '{-,2026-01-01,2026-02-01}', '212'),
	-- straight from a table
	('revenue_ledger_from', 'total(revenue_ledger_from(%s, %s, %s, %s))', '{word,literal,few words,word}', '{billing,customer_id,paid_on,amount}', '212'),
	('revenue_ledger_from', 'total(revenue_ledger_from(%s, %s, %s, %s, %s))', '{few words,few words,literal,literal,word}', '{billing,customer_id,paid_on,amount,month}', '212'),
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s, %s, %s, %s))', '{word,literal,word,few words}', '{billing,customer_id,paid_on,amount}', '212'),
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s, %s, %s, %s, %s, %s, %s))', '{few words,literal,literal,literal,few words,count,date}', '{billing,customer_id,paid_on,amount,month,1,2026-02-01}', '212'),
	('customer_movements', '(SELECT sum(current) FROM customer_movements(%s, %s, %s, %s))', '{word,literal,word,few words}', '{billing,customer_id,paid_on,amount}', '212'),
	('customer_movements', '(SELECT sum(current) FROM customer_movements(%s, %s, %s, %s, %s, %s, %s))', '{few words,literal,literal,literal,few words,count,date}', '{billing,customer_id,paid_on,amount,month,1,2026-01-01}', '212'),
	('cohort_retention', '(SELECT sum(revenue) FROM cohort_retention(%s, %s, %s, %s))', '{word,literal,word,few words}', '{billing,customer_id,paid_on,amount}', '212'),
	('cohort_retention', '(SELECT sum(revenue) FROM cohort_retention(%s, %s, %s, %s, %s, %s, %s))', '{few words,literal,literal,literal,few words,few words,count}', '{billing,customer_id,paid_on,amount,month,month,0}', '212'),
	-- with a shape, in order and by the names of arguments
	('revenue_ledger_from', 'total(revenue_ledger_from(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s))', '{few words,literal,few words,literal,literal,word,few words,literal,literal,few words}', '{subscriptions,customer_id,"start_date, end_date",amount,month,subscriptions,[),next,item,end}', '200'),
	('revenue_ledger_from', 'total(revenue_ledger_from(%s, %s, %s, %s, shape => %s, bounds => %s))', '{few words,literal,few words,literal,word,few words}', '{subscriptions,customer_id,"start_date, end_date",amount,subscriptions,[)}', '200'),
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s, %s, %s, %s, shape => %s, through => %s))', '{few words,literal,few words,literal,word,reader''s date}', '{subscriptions,customer_id,during,amount,subscriptions,2026-02-01}', '200'),
	('revenue_movements', '(SELECT sum(ending) FROM revenue_movements(%s, through => %s, grace => %s))', '{ledger,date,count}', '{-,2026-02-01,0}', '212'),
	('customer_movements', '(SELECT sum(current) FROM customer_movements(%s, %s, %s, %s, from_date => %s, shape => %s))', '{few words,literal,few words,literal,reader''s date,word}', '{subscriptions,customer_id,during,amount,2026-01-01,subscriptions}', '200'),
	('cohort_retention', '(SELECT sum(revenue) FROM cohort_retention(%s, %s, %s, %s, cohort_grain => %s, shape => %s))', '{few words,literal,few words,literal,few words,word}', '{subscriptions,customer_id,during,amount,quarter,subscriptions}', '200'),
	('ledger_lint', '(SELECT count(*) FROM ledger_lint(%s, %s, %s, %s))', '{word,literal,word,few words}', '{billing,customer_id,paid_on,amount}', '0');
UPDATE call SET vals[1] = (SELECT revenue_ledger(customer_id, paid_on, amount) FROM billing) WHERE classes[1] = 'ledger';
UPDATE call SET vals[1] = (SELECT retention(100, 112)) WHERE classes[1] = 'summary';
INSERT INTO kind VALUES ('interval', 'literal', '%1$L'), ('literal', 'literal', '%1$L');

-- What has no meaning, and how PostgreSQL or nrr says so
CREATE TABLE without_meaning (name text, classes text[], kind text, states text[], reason text, beside text[]);
INSERT INTO without_meaning VALUES
	('revenue_ledger', '{customer,at,amount}', 'parameter', '{42P18}', 'an argument "any" gives a parameter no type'),
	('revenue_entry', '{customer,at,amount}', 'parameter', '{42P18}', 'an argument "any" gives a parameter no type'),
	('subscription_ledger', '{customer,during,amount}', 'parameter', '{42P18,42725}', 'an argument "any" gives a parameter no type'),
	('invoice_ledger', '{customer,during,amount}', 'parameter', '{42P18,42725}', 'an argument "any" gives a parameter no type'),
	(NULL, '{amount}', 'text', '{42804}', 'a text is no amount'),
	(NULL, '{amount}', 'money', '{42804}', 'money depends on the locale'),
	(NULL, '{amount}', 'boolean', '{42804}', 'a truth is no amount'),
	(NULL, '{at}', 'text', '{42804}', 'a text is no date'),
	(NULL, '{at}', 'time', '{42804}', 'a time of day is no date'),
	(NULL, '{at}', 'interval', '{42804}', 'an interval is no date'),
	(NULL, '{at}', 'integer', '{42804}', 'a number is no date'),
	(NULL, '{at}', 'daterange', '{42804}', 'a range is no date'),
	(NULL, '{during}', 'literal', '{42725}', 'a literal alone does not say of what its range is, and whether it is one'),
	(NULL, '{during}', 'numrange', '{42804}', 'a range of numbers is no time'),
	(NULL, '{during}', 'int4range', '{42804}', 'a range of numbers is no time'),
	(NULL, '{during}', 'nummultirange', '{42804}', 'a range of numbers is no time'),
	(NULL, '{during}', 'date', '{42883}', 'a date is no range'),
	(NULL, '{during}', 'text', '{42883}', 'a text is no range'),
	(NULL, '{count}', 'bigint', '{42883}', 'a number of periods is an integer'),
	(NULL, '{date}', 'timestamp', '{42883}', 'a reader takes dates; PostgreSQL casts timestamps only by assignment'),
	(NULL, '{date}', 'timestamptz', '{42883}', 'a reader takes dates; PostgreSQL casts timestamps only by assignment');
INSERT INTO without_meaning VALUES
	(NULL, '{ledger}', 'parameter', '{42P01}', 'among nothing but texts, literals and parameters, a parameter is the name of a table', '{parameter,literal,text,varchar,char(n),name,domain of text}');
-- a count in mrr is a bigint; no table is named in retention
CREATE FUNCTION meaningless(called text, kinds text[], the_class text, the_kind text) RETURNS SETOF without_meaning
LANGUAGE sql STABLE AS $$
	SELECT * FROM without_meaning
	WHERE coalesce(name, called) = called AND the_class = ANY (classes) AND kind = the_kind AND (cardinality(kinds) > 3 AND kinds <@ beside OR beside IS NULL)
		AND (called, the_class) NOT IN (('mrr', 'count'), ('retention', 'ledger'))
$$;

-- Every combination of a call
CREATE TABLE combination AS
WITH RECURSIVE combination AS (
	SELECT row_number() OVER () AS id, name, template, classes, vals, result, 0 AS n, '{}'::text[] AS kinds, '{}'::text[] AS arguments, '{}'::text[] AS parameters FROM call
	UNION ALL
	SELECT id, name, template, classes, vals, result, n + 1, kinds || k.kind,
		arguments || coalesce(format(k.pattern, vals[n + 1]), '$' || cardinality(parameters) + 1),
		CASE WHEN k.pattern IS NULL THEN parameters || quote_literal(vals[n + 1]) ELSE parameters END
	FROM combination AS c, kind AS k
	WHERE k.class = classes[n + 1])
SELECT id, name, classes, kinds, 'SELECT ' || format(template, VARIADIC arguments) AS query, parameters, result FROM combination WHERE n = cardinality(classes);

-- What a query gives, or its SQLSTATE
CREATE FUNCTION outcome(query text, parameters text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	IF cardinality(parameters) = 0 THEN
		EXECUTE query INTO result;
	ELSE
		EXECUTE 'PREPARE call AS ' || query;
		EXECUTE format('EXECUTE call(%s)', array_to_string(parameters, ', ')) INTO result;
		DEALLOCATE call;
	END IF;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'call') THEN
		DEALLOCATE call;
	END IF;
	RETURN SQLSTATE;
END $$;

CREATE TABLE called AS
SELECT c.*, outcome(query, parameters) AS outcome, m.states, m.reasons
FROM combination AS c,
	LATERAL (SELECT array_agg(state) AS states, array_agg(DISTINCT reason) AS reasons
		FROM unnest(classes, kinds) AS slot(class, kind), meaningless(c.name, kinds, slot.class, slot.kind), unnest(states) AS state) AS m;

-- A right result may have decimals of zeros
CREATE FUNCTION is_right(outcome text, result text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(outcome = result OR (outcome ~ '\.0+$' AND result ~ '^\d+$' AND outcome ~ ('^' || result || '\.')), false)
$$;

SELECT name, count(*) AS calls, count(*) FILTER (WHERE is_right(outcome, result)) AS right, count(reasons) AS without_meaning,
	count(*) FILTER (WHERE outcome = '42725' AND reasons IS NULL) AS ambiguous,
	count(*) FILTER (WHERE CASE WHEN reasons IS NULL THEN NOT is_right(outcome, result) ELSE NOT coalesce(outcome = ANY (states), false) END) AS wrong
FROM called GROUP BY name ORDER BY name COLLATE "C";
-- no reason is there in vain
SELECT reason, count(c.name) AS calls, count(DISTINCT c.name) AS functions, array_agg(DISTINCT outcome ORDER BY outcome) AS states
FROM without_meaning AS w LEFT JOIN called AS c ON reasons = ARRAY[reason] GROUP BY reason ORDER BY reason COLLATE "C";
-- what is wrong
SELECT DISTINCT ON (name, outcome) query, parameters, outcome, result, reasons FROM called
WHERE CASE WHEN reasons IS NULL THEN NOT is_right(outcome, result) ELSE NOT coalesce(outcome = ANY (states), false) END
ORDER BY name, outcome, kinds, query;

-- Whatever has several overloads, takes values of any type, or the name of a table, is called above; but for rollup, which is of
-- ledgers and summaries, and of nothing else
SELECT proname, count(*) AS functions
FROM pg_depend JOIN pg_proc AS p ON p.oid = objid
WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr')
	AND proname !~ '_(accum|accum_inv|merge|merge_inv)$' AND NOT proargtypes::oid[] && ARRAY['internal'::regtype::oid, 'cstring'::regtype]
	AND proname NOT IN (SELECT name FROM call UNION ALL SELECT 'rollup')
GROUP BY proname, prokind
HAVING count(*) > 1 OR bool_or(proargtypes::oid[] && ARRAY['"any"'::regtype::oid, 'anyrange'::regtype, 'anymultirange'::regtype]) OR bool_or(proargnames[1] = 'source')
ORDER BY proname COLLATE "C";

RESET search_path;
DROP SCHEMA overloads CASCADE;
