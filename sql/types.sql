--
-- Every SQL type that a customer, a date and an amount may have, and what an untyped call resolves to.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
CREATE SCHEMA types;
SET search_path = types, public;
SET datestyle = iso;
SET timezone = 'Europe/Berlin';

CREATE TYPE plan AS ENUM ('basic', 'pro');
CREATE TYPE pair AS (branch int, number text);
CREATE DOMAIN account AS int CHECK (VALUE > 0);
CREATE DOMAIN big_account AS account CHECK (VALUE > 100);
CREATE DOMAIN code AS varchar(8);
CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0);
CREATE DOMAIN weight AS real;
CREATE DOMAIN paid_on AS date;
CREATE DOMAIN paid_at AS timestamptz;

-- A query of one billing row and what it must come to, through all ways in: the aggregate and
-- revenue_entry with a grain and without, and a table by name.
CREATE FUNCTION check_row(context text, customer text, at text, amount text, want text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	way text;
	got text;
BEGIN
	EXECUTE format('CREATE TEMP TABLE billing_row AS SELECT %s AS customer, %s AS at, %s AS amount', customer, at, amount);
	FOREACH way IN ARRAY ARRAY[
		'(SELECT revenue_ledger(customer, at, amount) FROM billing_row)',
		'(SELECT revenue_ledger(customer, at, amount, ''month'') FROM billing_row)',
		'(SELECT revenue_entry(customer, at, amount) FROM billing_row)',
		'(SELECT revenue_entry(customer, at, amount, ''month'') FROM billing_row)',
		format('(SELECT revenue_ledger(%s, %s, %s))', customer, at, amount),
		format('revenue_entry(%s, %s, %s)', customer, at, amount),
		'revenue_ledger_from(''billing_row'', ''customer'', ''at'', ''amount'')']
	LOOP
		EXECUTE format('SELECT string_agg(e::text, '';'') FROM ledger_entries(%s) AS e', way) INTO got;
		INSERT INTO checks.outcome VALUES (context, 1, (got IS DISTINCT FROM want)::int);
		IF got IS DISTINCT FROM want THEN
			INSERT INTO checks.failure VALUES (context, way, format('%s, not %s', got, want));
		END IF;
	END LOOP;
	DROP TABLE billing_row;
END $$;

-- customers
SELECT count(check_row('customer ' || type, format('%L::%s', value, type), 'date ''2024-05-17''', '3', format('(%s,2024-05-01,3)', printed)))
FROM (VALUES
	('smallint', '-32768', '-32768'),
	('int', '2147483647', '2147483647'),
	('bigint', '-9223372036854775808', '-9223372036854775808'),
	('bigint', '9223372036854775807', '9223372036854775807'),
	('account', '7', '7'),
	('big_account', '700', '700'),
	('oid', '4294967295', '4294967295'),
	('uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
	('text', 'ann', 'ann'),
	('text', '', '""'),
	('text', ' ann ', '" ann "'),
	('text', 'Zoë 🚀', '"Zoë 🚀"'),
	('varchar', 'ann', 'ann'),
	('varchar(2)', 'ann', 'an'),
	('code', 'ann', 'ann'),
	('char(5)', 'ann', 'ann'),
	('"char"', 'a', 'a'),
	('name', 'ann', 'ann'),
	('numeric', '12.50', '12.5'),
	('double precision', '0.1', '0.1'),
	('boolean', 'true', 't'),
	('date', '2020-02-29', '2020-02-29'),
	('plan', 'pro', 'pro'),
	('inet', '10.0.0.1', '10.0.0.1'),
	('int[]', '{1,2}', '"{1,2}"'),
	('pair', '(1,x)', '"(1,x)"'),
	('bytea', '\x00ff', '"\\x00ff"')) AS v(type, value, printed);

-- dates
SELECT count(check_row('date ' || type, '1', format('%L::%s', value, type), '3', format('(1,%s,3)', month)))
FROM (VALUES
	('date', '2024-05-31', '2024-05-01'),
	('paid_on', '2024-05-31', '2024-05-01'),
	('timestamp', '2024-05-31 23:59:59.999999', '2024-05-01'),
	('timestamp(0)', '2024-05-31 23:59:59.4', '2024-05-01'),
	('timestamptz', '2024-05-31 22:00:00+00', '2024-06-01'),
	('timestamptz', '2024-05-31 21:59:59.999999+00', '2024-05-01'),
	('paid_at', '2024-05-31 22:00:00+00', '2024-06-01')) AS v(type, value, month);

-- amounts
SELECT count(check_row('amount ' || type, '1', 'date ''2024-05-17''', format('%L::%s', value, type), format('(1,2024-05-01,%s)', value)))
FROM (VALUES
	('smallint', '-32768'), ('smallint', '32767'),
	('int', '-2147483648'), ('int', '2147483647'),
	('bigint', '-9223372036854775808'), ('bigint', '9223372036854775807'),
	('numeric', '12.500'), ('numeric', '-0.00000000000000000001'),
	('numeric(12,2)', '9.90'), ('price', '9.90'),
	('real', '0.1'), ('real', '-16777216'), ('weight', '1.5'),
	('double precision', '0.1'), ('double precision', '-1234567.891')) AS v(type, value);

-- Literals of no type: a customer is a text, a date is read as date, an amount as numeric.
SELECT e.* FROM ledger_entries(revenue_entry('ann', '2024-05-17', '9.90')) AS e;
SELECT e.* FROM (SELECT revenue_ledger('ann', '2024-05-17', '9.90', 'day') AS l FROM generate_series(1, 3)) AS s, ledger_entries(l) AS e;

-- Integers of any width are one kind of customer, strings of any type another; a domain is its base type.
SELECT e.* FROM ledger_entries(revenue_entry(7::smallint, date '2024-05-17', 1)
	+ revenue_entry(7::bigint, timestamp '2024-05-17', 2::smallint) + revenue_entry(7::account, paid_on '2024-05-17', 4::real)) AS e;
SELECT e.* FROM ledger_entries(revenue_entry('ann'::text, date '2024-05-17', 1)
	+ revenue_entry('ann'::varchar, date '2024-05-17', 2) + revenue_entry('ann'::char(9), date '2024-05-17', 4)
	+ revenue_entry('ann'::name, date '2024-05-17', 8) + revenue_entry('ann', '2024-05-01', '16.00')) AS e;
-- text is compared byte for byte
SELECT customers(revenue_ledger(c, date '2024-05-17', 1)) FROM unnest(ARRAY['ann', 'Ann', 'ann ', 'änn', 'änn']) AS c;

-- A customer of a type without a kind of its own is its text; see the test of keys.
SELECT revenue_entry(12.50, date '2024-05-17', 1) = revenue_entry('12.5', date '2024-05-17', 1) AS "numeric";

-- a row with a NULL is none
SELECT revenue_ledger(c, at, a) IS NULL AS none FROM (VALUES (NULL::int, date '2024-05-17', 1), (1, NULL, 1), (1, '2024-05-17', NULL)) AS v(c, at, a);
SELECT revenue_ledger(NULL, NULL, NULL) IS NULL AS none, revenue_entry(NULL, NULL, NULL) IS NULL AS entry,
	revenue_entry(1, date '2024-05-17', NULL) IS NULL AS entry, grain(revenue_entry(1, date '2024-05-17', 1, NULL)) AS grain;
SELECT e.* FROM (SELECT revenue_ledger(c, at, a, 'year') AS l FROM (VALUES (1, date '2024-05-17', 5), (1, NULL, 1), (NULL, '2020-01-01', 1)) AS v(c, at, a)) AS s, ledger_entries(l) AS e;

-- no ledger
SELECT customers(NULL), periods(NULL), total(NULL), grain(NULL), NULL + revenue_entry(1, date '2024-05-17', 1) AS plus,
	revenue_entry(1, date '2024-05-17', 1) - NULL AS minus;
SELECT count(*) FROM ledger_entries(NULL);
SELECT count(*) FROM revenue_movements(NULL::revenue_ledger);
SELECT count(*) FROM cohort_retention(NULL::revenue_ledger);
SELECT rollup(l) IS NULL AS none FROM (VALUES (NULL::revenue_ledger), (NULL)) AS v(l);
SELECT total(rollup(l)) FROM (VALUES (NULL), (revenue_entry(1, date '2024-05-17', 5)), (NULL)) AS v(l);

-- an empty ledger, by grain and kind of customer
SELECT customers(l - l), periods(l - l), total(l - l), grain(l - l),
	(SELECT count(*) FROM ledger_entries(l - l)) AS entries,
	(SELECT count(*) FROM revenue_movements(l - l)) AS movements,
	(SELECT count(*) FROM revenue_movements(l - l, 1, '2030-01-01')) AS through,
	(SELECT count(*) FROM cohort_retention(l - l)) AS cohorts,
	(SELECT count(*) FROM cohort_retention(l - l, through => '2030-01-01')) AS through,
	l - l + l = l AS back
FROM (VALUES (revenue_entry(1, date '2024-05-17', 5)), (revenue_entry('ann', date '2024-05-17', 5.00, 'week')),
	(revenue_entry(gen_random_uuid(), date '2024-05-17', 0, 'year'))) AS v(l);

-- grains are read as keywords are
SELECT grain(revenue_entry(1, date '2024-05-17', 1, g)) FROM unnest(ARRAY['day', 'Week', 'MONTH', 'quarter', 'yEAR']) AS g;

--
-- Calls as people write them
--
CREATE TABLE billing AS
	SELECT c AS customer_id, date '2024-01-15' + 31 * m AS month, 10.00 * c + m AS amount
	FROM generate_series(1, 3) AS c, generate_series(0, 3) AS m WHERE m % c = 0;
SELECT * FROM cohort_retention('billing', 'customer_id', 'month', 'amount');
SELECT period, starting, new, expansion, contraction, churn, ending, nrr FROM revenue_movements('billing', 'customer_id', 'month', 'amount');

CREATE FUNCTION same_as_literals(movements text, cohorts text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	same boolean;
BEGIN
	EXECUTE format('SELECT
		(SELECT array_agg(m) FROM (%s) AS m) = (SELECT array_agg(m) FROM revenue_movements(''billing'', ''customer_id'', ''month'', ''amount'') AS m) AND
		(SELECT array_agg(c) FROM (%s) AS c) = (SELECT array_agg(c) FROM cohort_retention(''billing'', ''customer_id'', ''month'', ''amount'') AS c)',
		movements, cohorts) INTO same;
	RETURN same;
END $$;

SELECT arguments, same_as_literals(replace(arguments, 'FUNCTION', 'revenue_movements'), replace(arguments, 'FUNCTION', 'cohort_retention'))
FROM (VALUES
	('SELECT * FROM FUNCTION(''billing''::text, ''customer_id''::text, ''month''::text, ''amount''::text)'),
	('SELECT * FROM FUNCTION(''billing''::varchar, ''customer_id''::varchar(20), ''month''::varchar, ''amount''::varchar)'),
	('SELECT * FROM FUNCTION(''billing''::name, ''customer_id''::name, ''month''::name, ''amount''::name)'),
	('SELECT * FROM FUNCTION(''billing'', ''customer_id''::name, ''month'', ''amount''::varchar)'),
	('SELECT * FROM FUNCTION(''billing''::regclass::text, ''customer_id'', ''month'', ''amount'')'),
	('SELECT * FROM FUNCTION(source => ''billing'', customer => ''customer_id'', at => ''month'', amount => ''amount'')'),
	('SELECT * FROM FUNCTION(amount => ''amount'', at => ''month'', customer => ''customer_id'', source => ''billing'')'),
	('SELECT * FROM FUNCTION(''billing'', ''customer_id'', ''month'', ''amount'', through => NULL)'),
	('SELECT * FROM FUNCTION(''billing'', ''customer_id'', ''month'', ''amount'', ''month'')'),
	('SELECT * FROM FUNCTION(''billing'', ''customer_id'', ''month'', ''amount'', grain => ''Month'')'),
	('SELECT (FUNCTION(''billing'', ''customer_id'', ''month'', ''amount'')).*'),
	('SELECT f.* FROM (SELECT revenue_ledger(customer_id, month, amount) AS l FROM billing) AS s, FUNCTION(l) AS f'),
	('SELECT f.* FROM (SELECT revenue_ledger(customer_id, month, amount) AS l FROM billing) AS s, FUNCTION(ledger => l) AS f'),
	('SELECT f.* FROM FUNCTION((SELECT revenue_ledger(customer_id, month, amount) FROM billing)) AS f'),
	('SELECT f.* FROM FUNCTION(revenue_ledger_from(''billing'', ''customer_id'', ''month'', ''amount'')) AS f'),
	('SELECT f.* FROM FUNCTION(revenue_ledger_from(''billing'', ''customer_id'', ''month'', ''amount'')::text::revenue_ledger) AS f')) AS v(arguments);

-- the ledger's functions by place and by name
CREATE TABLE ledgers AS SELECT revenue_ledger(customer_id, month, amount) AS l FROM billing;
SELECT count(*) FROM ledgers, revenue_movements(l);
SELECT count(*), sum(starting) FROM ledgers, revenue_movements(l, 2);
SELECT count(*), sum(starting) FROM ledgers, revenue_movements(l, lookback => 2);
SELECT count(*), sum(starting) FROM ledgers, revenue_movements(l, 2, '2024-03-01');
SELECT count(*), sum(starting) FROM ledgers, revenue_movements(l, through => '2024-03-01');
SELECT count(*), sum(starting) FROM ledgers, revenue_movements(through => '2024-03-01', lookback => 2, ledger => l);
SELECT count(*) FROM ledgers, cohort_retention(l);
SELECT count(*) FROM ledgers, cohort_retention(l, 'quarter');
SELECT count(*), sum(cohort_revenue) FROM ledgers, cohort_retention(l, 'quarter', 1);
SELECT count(*), sum(cohort_revenue) FROM ledgers, cohort_retention(l, 'quarter', 1, '2024-03-01');
SELECT count(*), sum(cohort_revenue) FROM ledgers, cohort_retention(l, baseline => 1, cohort_grain => 'quarter', through => current_date - current_date + date '2024-03-01');
-- those of a table go on with grain, lookback and through; or grain, cohort_grain, baseline and through
SELECT count(*), sum(starting) FROM revenue_movements('billing', 'customer_id', 'month', 'amount', 'week', 4, '2024-03-01');
SELECT count(*), sum(starting) FROM revenue_movements('billing', 'customer_id', 'month', 'amount', lookback => 4, grain => 'week', through => '2024-03-01');
SELECT count(*), sum(cohort_revenue) FROM cohort_retention('billing', 'customer_id', 'month', 'amount', 'week', 'month', 4, '2024-03-01');
SELECT count(*), sum(cohort_revenue) FROM cohort_retention('billing', 'customer_id', 'month', 'amount', baseline => 4, grain => 'week', cohort_grain => 'month', through => '2024-03-01');
SELECT grain(revenue_ledger_from('billing', 'customer_id', 'month', 'amount')), grain(revenue_ledger_from('billing', 'customer_id', 'month', 'amount', 'week')),
	grain(revenue_ledger_from(source => 'billing', customer => 'customer_id', at => 'month', amount => 'amount', grain => 'year'));

SELECT * FROM checks.summary ORDER BY topic COLLATE "C";
TABLE checks.failure;

RESET search_path;
DROP SCHEMA types, checks CASCADE;
