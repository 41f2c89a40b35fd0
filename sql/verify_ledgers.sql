--
-- verify_revenue_ledgers tells the periods in which a store of ledgers is not what its source says.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all

SET datestyle = iso;
SET client_min_messages = warning;
CREATE SCHEMA verify;
SET search_path = verify, public;

CREATE TABLE billing (customer int, at date, amount numeric(12,2));
INSERT INTO billing
	SELECT c, date '2024-01-01' + interval '1 month' * m, c * 10 + m
	FROM generate_series(1, 20) AS c, generate_series(0, 11) AS m;
SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');

-- churn that never was: a customer's rows are gone, and a refresh does not look that far back
DELETE FROM billing WHERE customer = 7;
SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
SELECT period, starting, churn, churned_customers FROM revenue_movements((SELECT rollup(ledger) FROM store)) WHERE churn > 0 AND period > '2024-10-01';

-- sums may hide that the amounts are other customers'
UPDATE billing SET customer = CASE customer WHEN 3 THEN 4 ELSE 3 END WHERE at = '2024-02-01' AND customer IN (3, 4);
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount') WHERE period < '2024-03-01';
SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount', from_date => '-infinity');
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');

-- it reads what the transaction sees, and what triggers have added
CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('store', 'customer', 'at', 'amount');
INSERT INTO billing VALUES (1, '2023-05-05', 0.01);
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
DELETE FROM store WHERE refreshed_at IS NULL;
SELECT * FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');

-- nothing on the one side, nothing on the other, nothing at all
DELETE FROM store;
SELECT count(*), sum(stored) AS stored, sum(computed) = (SELECT sum(amount) FROM billing) AS all_computed
FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
CREATE VIEW nothing AS SELECT * FROM billing WHERE false;
SELECT count(*), sum(computed) AS computed, sum(stored) = (SELECT sum(amount) FROM billing) AS all_stored
FROM verify_revenue_ledgers('store', 'nothing', 'customer', 'at', 'amount');
DELETE FROM store;
SELECT * FROM verify_revenue_ledgers('store', 'nothing', 'customer', 'at', 'amount');

-- against plain SQL, over random changes
CREATE TABLE old (LIKE billing);
CREATE FUNCTION differences(OUT period date, OUT stored numeric, OUT computed numeric) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT period, sum(s), sum(c)
	FROM (SELECT customer, period, coalesce(s.amount, 0) AS s, coalesce(c.amount, 0) AS c
		FROM (SELECT customer::text, date_trunc('month', at)::date AS period, sum(amount) AS amount FROM old GROUP BY 1, 2) AS s
		FULL JOIN (SELECT customer::text, date_trunc('month', at)::date AS period, sum(amount) AS amount FROM billing GROUP BY 1, 2) AS c
			USING (customer, period)) AS both_sides
	GROUP BY period HAVING bool_or(s <> c) ORDER BY period $$;
DROP TRIGGER added ON billing;
SELECT setseed(0.5);
DO $$
BEGIN
	FOR i IN 1 .. 60 LOOP
		TRUNCATE old;
		INSERT INTO old TABLE billing;
		DELETE FROM store;
		PERFORM refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount', from_date => '-infinity');
		UPDATE billing SET amount = amount + (CASE WHEN random() < 0.5 THEN 1 ELSE 0 END) WHERE random() < 0.02;
		UPDATE billing SET customer = floor(random() * 25) WHERE random() < 0.01;
		DELETE FROM billing WHERE random() < 0.01;
		INSERT INTO billing SELECT floor(random() * 25), date '2023-06-01' + floor(random() * 600)::int, floor(random() * 100) - 20
			FROM generate_series(1, floor(random() * 4)::int);
		PERFORM checks.compare('verify_revenue_ledgers', i::text,
			$q$SELECT period, round(stored, 2), round(computed, 2) FROM verify_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount')$q$,
			'SELECT period, round(stored, 2), round(computed, 2) FROM differences()');
	END LOOP;
END $$;
TABLE checks.first_failures;
SELECT topic, checks, compared > 60 AS compared_many, wrong FROM checks.summary;

-- what has no end differs in every period up to the last one of both, whichever of them that is
CREATE TABLE lasting (customer int, at date, amount int);
INSERT INTO lasting VALUES (1, '2024-01-05', 5), (2, '2024-02-05', 7), (3, '2024-05-05', 1);
SELECT refresh_revenue_ledgers('lasting_store', 'lasting', 'customer', 'at', 'amount', shape => 'changes');
DELETE FROM lasting WHERE customer = 2;
SELECT * FROM verify_revenue_ledgers('lasting_store', 'lasting', 'customer', 'at', 'amount', shape => 'changes');
DELETE FROM lasting WHERE customer = 3;
SELECT * FROM verify_revenue_ledgers('lasting_store', 'lasting', 'customer', 'at', 'amount', shape => 'changes');
INSERT INTO lasting VALUES (2, '2024-02-05', 7), (3, '2024-05-05', 1), (4, '2024-07-05', 2);
SELECT * FROM verify_revenue_ledgers('lasting_store', 'lasting', 'customer', 'at', 'amount', shape => 'changes');

-- errors
SELECT arguments, (checks.error('SELECT verify_revenue_ledgers(' || arguments || ')')).*
FROM unnest(ARRAY[$$NULL, 'billing', 'customer', 'at', 'amount'$$, $$'no_store', 'billing', 'customer', 'at', 'amount'$$,
	$$'billing', 'billing', 'customer', 'at', 'amount'$$, $$'nothing', 'billing', 'customer', 'at', 'amount'$$,
	$$'store', 'billing', 'customer', 'at', 'amount', 'week'$$, $$'store', 'billing', 'at', 'at', 'amount'$$,
	$$'store', 'billing', 'customer', 'at'::text, NULL$$]) AS arguments;

-- a store that begins with the calendar is refreshed however many periods are held open
CREATE TABLE ancient (customer int, at date, amount int);
INSERT INTO ancient VALUES (1, '4713-01-01 BC', 5), (1, '4713-03-01 BC', 6);
SELECT grain, n, refresh_revenue_ledgers('ancient_' || grain, 'ancient', 'customer', 'at', 'amount', grain, n),
	refresh_revenue_ledgers('ancient_' || grain, 'ancient', 'customer', 'at', 'amount', grain, n) AS again
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain, unnest(ARRAY[0, 1, 2, 3, 1000]) AS n;
SELECT grain, count(*) FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
	LATERAL verify_revenue_ledgers('ancient_' || grain, 'ancient', 'customer', 'at', 'amount', grain) GROUP BY grain;

RESET client_min_messages;
\set VERBOSITY terse
DROP SCHEMA verify CASCADE;
