--
-- Which customers are one: those whose keys are equal by the = of their type. A type that equality
-- does not tell from text is refused.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA keys;
SET search_path = keys, public;

-- Types of every sort. A text whose = folds case, as in citext; a row type; a number as a range's bound.
CREATE TYPE folded;
CREATE FUNCTION folded_in(cstring) RETURNS folded LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION folded_out(folded) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE folded (INPUT = folded_in, OUTPUT = folded_out, LIKE = text, CATEGORY = 'S', COLLATABLE = true);
CREATE CAST (folded AS text) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE FUNCTION folded_cmp(folded, folded) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT bttextcmp(lower($1::text), lower($2::text))$$;
CREATE FUNCTION folded_lt(folded, folded) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT folded_cmp($1, $2) < 0$$;
CREATE FUNCTION folded_le(folded, folded) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT folded_cmp($1, $2) <= 0$$;
CREATE FUNCTION folded_eq(folded, folded) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT folded_cmp($1, $2) = 0$$;
CREATE FUNCTION folded_ge(folded, folded) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT folded_cmp($1, $2) >= 0$$;
CREATE FUNCTION folded_gt(folded, folded) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT folded_cmp($1, $2) > 0$$;
CREATE OPERATOR < (LEFTARG = folded, RIGHTARG = folded, FUNCTION = folded_lt);
CREATE OPERATOR <= (LEFTARG = folded, RIGHTARG = folded, FUNCTION = folded_le);
CREATE OPERATOR = (LEFTARG = folded, RIGHTARG = folded, FUNCTION = folded_eq, MERGES);
CREATE OPERATOR >= (LEFTARG = folded, RIGHTARG = folded, FUNCTION = folded_ge);
CREATE OPERATOR > (LEFTARG = folded, RIGHTARG = folded, FUNCTION = folded_gt);
CREATE OPERATOR CLASS folded_ops DEFAULT FOR TYPE folded USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 folded_cmp(folded, folded);
CREATE TYPE plan AS ENUM ('basic', 'pro');
CREATE TYPE seat AS (branch int, number text);
CREATE TYPE share AS (branch int, part numeric);
CREATE TYPE nested AS (one seat, more seat[]);
CREATE TYPE document AS (id int, body json);
CREATE TYPE textrange AS RANGE (subtype = text);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE DOMAIN folded_code AS folded;
CREATE DOMAIN price AS numeric CHECK (VALUE >= 0);
CREATE DOMAIN padded AS char(4);

-- Values of a type as customers, through every way in: there are as many of them as PostgreSQL tells
-- apart, whatever the order of the rows, or the type is refused. A type without = counts by its text.
CREATE FUNCTION check_keys(type text, keys text, OUT refused boolean, OUT apart bigint, OUT customers text, OUT wrong bigint)
LANGUAGE plpgsql AS $$
DECLARE
	way text;
	got record;
	state text;
BEGIN
	DROP TABLE IF EXISTS billing;
	EXECUTE format('CREATE TABLE billing AS SELECT n, key::%s AS customer, date ''2024-01-01'' AS at, n AS amount
		FROM regexp_split_to_table(%L, '' [|] '') WITH ORDINALITY AS k(key, n)', type, keys);
	BEGIN
		SELECT count(DISTINCT customer) INTO apart FROM billing;
	EXCEPTION WHEN undefined_function THEN
		SELECT count(DISTINCT customer::text) INTO apart FROM billing;
	END;
	wrong := 0;
	FOREACH way IN ARRAY ARRAY[
		'revenue_ledger(customer, at, amount%s) FROM billing',
		'revenue_ledger(customer, at, amount, ''month''%s) FROM billing',
		'subscription_ledger(customer, daterange(at, NULL), amount%s) FROM billing',
		'subscription_ledger(customer, daterange(at, at + 40), amount, ''month'', ''start''%s) FROM billing',
		'invoice_ledger(customer, daterange(at, at + 9), amount%s) FROM billing',
		'rollup(revenue_entry(customer, at, amount)%s) FROM billing',
		'rollup(revenue_entry(customer, at, amount, ''month'')%s) FROM billing',
		'rollup(revenue_ledger_from(''billing'', ''customer'', ''at'', ''amount'')%s)']
	LOOP
		state := NULL;
		BEGIN
			EXECUTE format('SELECT customers(a), a::text = b::text AS same, c FROM (SELECT %s) AS a(a), (SELECT %s) AS b(b),
					LATERAL (SELECT string_agg(DISTINCT customer, '' | '' ORDER BY customer) FROM ledger_entries(a, ''2024-02-01'')) AS c(c)',
				format(way, CASE WHEN way ~ 'billing$' THEN ' ORDER BY n' ELSE '' END),
				format(way, CASE WHEN way ~ 'billing$' THEN ' ORDER BY n DESC' ELSE '' END)) INTO got;
			customers := got.c;
			PERFORM checks.claim('keys of ' || type, way, got.customers = apart AND got.same);
			wrong := wrong + (got.customers IS DISTINCT FROM apart OR NOT got.same)::int;
		EXCEPTION WHEN datatype_mismatch OR feature_not_supported THEN
			state := SQLSTATE;
		END;
		IF refused IS NULL THEN
			refused := state IS NOT NULL;
		END IF;
		wrong := wrong + (refused <> (state IS NOT NULL))::int;
	END LOOP;
END $$;
SELECT type, k.*
FROM (VALUES
	('int', '1 | 01 | 2'),
	('numeric', '1.0 | 1.00 | 1 | 01 | 10 | 1.50 | 1.5 | -0.0 | 0 | 1000000000000000000000 | 1e21 | NaN | nan | Infinity | 0.00001'),
	('numeric(9,3)', '1.0 | 1 | 1.0004'),
	('price', '1.0 | 1.00'),
	('real', '0 | -0 | 0.1 | 0.10 | 16777216 | 16777217 | NaN | Infinity | -Infinity | 1e30'),
	('double precision', '0 | -0.0 | 0.1 | 0.10000000000000001 | 0.1000000000000001 | NaN | Infinity | 1e300'),
	('char(4)', 'ann | ann  | ann   | bob'),
	('bpchar', 'ann | ann  | ann   | bob'),
	('padded', 'ann | ann  | bob'),
	('varchar(9)', 'ann | ann  | Ann'),
	('text', 'ann | ann  | Ann'),
	('name', 'ann | Ann'),
	('"char"', 'a | A'),
	('bytea', '\x00 | \000 | \x01'),
	('boolean', 'true | t | no'),
	('bit(4)', '0101 | 0111'),
	('varbit', '0101 | 01010'),
	('date', '2024-01-01 | 1 Jan 2024 | 2024-01-02'),
	('timestamp', '2024-01-01 | 2024-01-01 00:00:00.0 | 2024-01-01 00:00:01'),
	('timestamptz', '2024-01-01 00:00+00 | 2024-01-01 01:00+01 | infinity'),
	('time', '12:00 | 12:00:00'),
	('timetz', '12:00+00 | 13:00+01'),
	('inet', '10.0.0.1 | 10.0.0.1/32 | 10.0.0.1/24'),
	('cidr', '10.0.0.0/8 | 10/8'),
	('macaddr', '08:00:2b:01:02:03 | 08002b010203'),
	('oid', '1 | 2'),
	('regclass', 'pg_class | pg_proc'),
	('plan', 'basic | pro'),
	('json', '{"a": 1} | {"a":1}'),
	('point', '(1,2) | (1.0,2)'),
	('int[]', '{1,2} | {1, 2} | [0:1]={1,2}'),
	('text[]', '{a,b} | {"a",b} | {A,b}'),
	('plan[]', '{basic} | {pro}'),
	('json[]', '{1} | {1.0}'),
	('seat', '(1,a) | ("1",a) | (1,) | (1,"")'),
	('nested', '("(1,a)","{""(1,b)""}") | ("(1,a)",{})'),
	('document', '(1,{}) | (2,{})'),
	('int4range', '[1,3) | [1,2] | (0,2]'),
	('daterange', '[2024-01-01,2024-01-31] | [2024-01-01,2024-02-01) | empty'),
	('tsrange', '[2024-01-01,2024-01-02] | [2024-01-01,2024-01-02)'),
	('textrange', '[a,b) | ["a",b)'),
	('int4multirange', '{[1,3),[5,6)} | {[1,2],[5,5]} | {}'),
	('interval', '1 month | 30 days'),
	('jsonb', '{"a": 1.0} | {"a": 1.00}'),
	('tsvector', 'a | a b'),
	('xid', '1 | 2'),
	('folded', 'ann | ANN'),
	('folded_code', 'ann | ANN'),
	('numeric[]', '{1.0} | {1.00}'),
	('float8[]', '{0} | {-0}'),
	('char(3)[]', '{a} | {"a "}'),
	('interval[]', '{1 month} | {30 days}'),
	('folded[]', '{ann} | {ANN}'),
	('folded_code[]', '{ann} | {ANN}'),
	('share', '(1,1.0) | (1,1.00)'),
	('share[]', '{"(1,1.0)"} | {"(1,1.00)"}'),
	('numrange', '[1.0,2) | [1.00,2)'),
	('floatrange', '[0,1) | [-0,1)'),
	('nummultirange', '{[1.0,2)} | {[1.00,2)}')) AS v(type, keys),
	check_keys(type, keys) AS k;

-- Every base type of the server: refused if = is defined by operators of which nobody says that equal
-- values are the same bytes; but a number is its value, and char(n) has no padding.
CREATE FUNCTION takes(type text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT revenue_ledger(NULL::%s, date ''2024-01-01'', 1)', type);
	RETURN true;
EXCEPTION WHEN datatype_mismatch THEN
	RETURN false;
END $$;
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE NOT takes) > 5 AS refused,
	string_agg(type, ', ') FILTER (WHERE takes <> coalesce(type IN ('numeric', 'real', 'double precision', 'bpchar') OR same_bytes, true)) AS wrong
FROM pg_type AS t, format_type(t.oid, -1) AS type, takes(type),
	LATERAL (SELECT bool_or(amproc IS NOT NULL)
		FROM pg_opclass JOIN pg_am AS am ON am.oid = opcmethod AND amname IN ('btree', 'hash')
			LEFT JOIN pg_amproc ON amprocfamily = opcfamily AND (amproclefttype, amprocrighttype) = (opcintype, opcintype)
				AND amprocnum = 4 AND amname = 'btree'
		WHERE opcdefault AND (opcintype = t.oid OR EXISTS (SELECT FROM pg_cast
			WHERE (castsource, casttarget, castmethod, castcontext) = (t.oid, opcintype, 'b', 'i')))) AS o(same_bytes)
WHERE typtype = 'b' AND typnamespace = 'pg_catalog'::regnamespace AND typelem = 0 OR typname IN ('oidvector', 'name');

-- a float is told apart by all of its digits, however many are shown
SET extra_float_digits = -10;
SELECT customers(l), string_agg(customer, ' ' ORDER BY customer)
FROM (SELECT revenue_ledger(c, date '2024-01-01', 1) AS l FROM unnest('{0.1, 0.1000000000000001}'::float8[]) AS c) AS s, ledger_entries(l) GROUP BY 1;
RESET extra_float_digits;
-- a number and its text are the same customer
SELECT customers(revenue_entry(12.50, date '2024-01-01', 1) + revenue_entry('12.5'::text, date '2024-01-01', 1) + revenue_entry(12.5::float8, date '2024-01-01', 1));
-- a row of no declared type may hold anything
SELECT e.* FROM (VALUES
	(1, 'SELECT revenue_ledger(ROW(1, 2), date ''2024-01-01'', 1)'),
	(2, 'SELECT revenue_entry(''ann''::folded, date ''2024-01-01'', 1)'),
	(3, 'SELECT subscription_ledger(''ann''::folded_code, daterange(''2024-01-01'', NULL), 1)')) AS v(n, statement), checks.error(statement) AS e ORDER BY n;
SELECT customers(revenue_ledger(ROW(1, 2)::text, date '2024-01-01', 1));

-- a store, and its trigger
CREATE TABLE payment (customer numeric, at date, amount numeric);
INSERT INTO payment VALUES (1.0, '2024-01-05', 10), (1.00, '2024-02-05', 10);
SELECT refresh_revenue_ledgers('kept', 'payment', 'customer', 'at', 'amount');
CREATE TRIGGER keep AFTER INSERT ON payment REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('kept', 'customer', 'at', 'amount');
INSERT INTO payment VALUES (1.000, '2024-02-06', 5), (1, '2024-03-05', 10);
SELECT customers(rollup(ledger)) FROM kept;
SELECT * FROM verify_revenue_ledgers('kept', 'payment', 'customer', 'at', 'amount');
CREATE TABLE folded_payment (customer folded, at date, amount numeric);
SELECT e.* FROM (VALUES
	(1, 'SELECT refresh_revenue_ledgers(''other'', ''folded_payment'', ''customer'', ''at'', ''amount'')'),
	(2, 'SELECT count(*) FROM revenue_movements(''folded_payment'', ''customer'', ''at'', ''amount'')'),
	(3, 'SELECT count(*) FROM ledger_lint(''folded_payment'', ''customer'', ''at'', ''amount'')')) AS v(n, statement), checks.error(statement) AS e ORDER BY n;

-- Collations that hold texts equal that differ need ICU. What must hold where it is there:
CREATE PROCEDURE check_collations()
LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	BEGIN
		CREATE COLLATION "any case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
	EXCEPTION WHEN feature_not_supported THEN
		RETURN;
	END;
	CREATE COLLATION "by case" (provider = icu, locale = 'und');
	CREATE TYPE person AS (name text COLLATE "any case", number int);
	CREATE TYPE name_range AS RANGE (subtype = text, collation = "any case");
	CREATE TABLE person_payment (customer text COLLATE "any case", code char(3) COLLATE "any case", names text[] COLLATE "any case",
		person person, range name_range, number int, at date, amount int, by_case text COLLATE "by case", grain text COLLATE "any case");
	INSERT INTO person_payment VALUES ('ann', 'ann', '{ann}', '(ann,1)', '[ann,bob)', 1, '2024-01-01', 1, 'ann', 'month'),
		('ANN', 'ANN', '{ANN}', '(ANN,1)', '[ANN,bob)', 1, '2024-01-01', 1, 'ANN', 'month');
	FOREACH statement IN ARRAY ARRAY[
		'SELECT revenue_ledger(customer, at, amount) FROM person_payment',
		'SELECT revenue_ledger(customer, at, amount, ''month'') FROM person_payment',
		'SELECT revenue_ledger(code, at, amount) FROM person_payment',
		'SELECT revenue_ledger(names, at, amount) FROM person_payment',
		'SELECT revenue_ledger(lower(customer), at, amount) FROM person_payment',
		'SELECT revenue_ledger(by_case COLLATE "any case", at, amount) FROM person_payment',
		'SELECT revenue_entry(customer, at, amount) FROM person_payment',
		'SELECT subscription_ledger(customer, daterange(at, NULL), amount) FROM person_payment',
		'SELECT invoice_ledger(customer, daterange(at, at + 1), amount) FROM person_payment',
		'SELECT revenue_ledger_from(''person_payment'', ''customer'', ''at'', ''amount'')',
		'SELECT revenue_ledger_from(''person_payment'', ''code'', ''at'', ''amount'')',
		'SELECT refresh_revenue_ledgers(''other'', ''person_payment'', ''customer'', ''at'', ''amount'')']
	LOOP
		PERFORM checks.claim('collations', statement, (SELECT state = '0A000' AND message = 'nondeterministic collations are not supported for customers'
			AND hint ~ 'COLLATE "C"' FROM checks.error(statement)));
	END LOOP;
	FOREACH statement IN ARRAY ARRAY[
		'SELECT revenue_ledger(person, at, amount) FROM person_payment',
		'SELECT revenue_ledger(range, at, amount) FROM person_payment',
		'SELECT revenue_ledger_from(''person_payment'', ''person'', ''at'', ''amount'')']
	LOOP
		PERFORM checks.claim('collations', statement, (SELECT state = '42804' FROM checks.error(statement)));
	END LOOP;
	-- a number has no collation, whatever the grain beside it has
	PERFORM checks.claim('collations', 'cures', (SELECT (customers(revenue_ledger(customer COLLATE "C", at, amount)),
		customers(revenue_ledger(lower(customer) COLLATE "C", at, amount)), customers(revenue_ledger(by_case, at, amount)),
		customers(revenue_ledger(number, at, amount, grain))) = (2, 1, 2, 1) FROM person_payment));
END $$;
CALL check_collations();

-- the extension that has such a type, where it is there
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN
		RETURN;
	END IF;
	CREATE EXTENSION citext SCHEMA keys;
	CREATE TABLE citext_payment (customer citext, at date, amount int);
	PERFORM checks.claim('citext', 'aggregate', (SELECT (state, message) = ('42804', 'a customer cannot be of type citext')
		FROM checks.error('SELECT revenue_ledger(customer, at, amount) FROM (VALUES (''ann''::citext, date ''2024-01-01'', 1)) AS v(customer, at, amount)')));
	PERFORM checks.claim('citext', 'by name', (SELECT (state, message) = ('42804', 'a customer cannot be of type citext')
		FROM checks.error('SELECT revenue_ledger_from(''citext_payment'', ''customer'', ''at'', ''amount'')')));
END $$;

SELECT sum(wrong) AS wrong FROM checks.summary;
TABLE checks.first_failures;
SET search_path = public;
DROP SCHEMA keys CASCADE;
DROP SCHEMA checks CASCADE;
