--
-- cohort_retention on examples small enough to be checked by hand.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;

-- Two began in January: one grows, one leaves and comes back in its old cohort. One began in
-- February and leaves; one in March.
CREATE TEMP TABLE billing (customer text, at date, amount numeric(12,2));
INSERT INTO billing VALUES
	('grows',   '2024-01-05', 100), ('grows',   '2024-02-05', 120), ('grows',   '2024-03-05', 150),
	('grows',   '2024-04-05', 150),
	('returns', '2024-01-31',  60), ('returns', '2024-03-01',  45), ('returns', '2024-04-30', 60),
	('leaves',  '2024-02-10',  80), ('leaves',  '2024-03-10',  80),
	('late',    '2024-03-31',  33);
CREATE TEMP TABLE ledger AS SELECT revenue_ledger(customer, at, amount) AS l FROM billing;
SELECT c.* FROM ledger, cohort_retention(l) AS c;

-- All began in the first quarter and make one cohort: ages count from each one's own first month,
-- so that the last two ages are not complete.
SELECT c.* FROM ledger, cohort_retention(l, 'quarter') AS c;
SELECT c.* FROM ledger, cohort_retention(l, 'year', through => '2024-06-01') AS c;
-- the ledger's own grain is the default
SELECT count(*) FROM (
	SELECT cohort_retention(l) FROM ledger
	EXCEPT ALL
	SELECT cohort_retention(l, 'month') FROM ledger) AS d;

-- against the second month's revenue: whoever did not pay in it has a base of zero
SELECT c.* FROM ledger, cohort_retention(l, NULL, 1) AS c;
SELECT c.* FROM ledger, cohort_retention(l, 'quarter', 1) AS c;
-- a baseline beyond all
SELECT c.* FROM ledger, cohort_retention(l, baseline => 2147483647) AS c;

-- through cuts and extends
SELECT c.* FROM ledger, cohort_retention(l, through => '2024-02-29') AS c;
SELECT c.* FROM ledger, cohort_retention(l, 'quarter', through => '2024-02-01') AS c;
SELECT c.*
FROM ledger, cohort_retention(l, through => '2024-05-31') AS c WHERE cohort >= '2024-02-01';
SELECT count(*) FROM ledger, cohort_retention(l, through => '2023-12-31');

-- A customer begins where its net first is above zero; one that never is, is in no cohort.
SELECT c.*
FROM (
	SELECT revenue_ledger(customer, at, amount) AS l
	FROM (VALUES ('zero first', date '2024-01-01', 0), ('zero first', '2024-02-01', 10),
			('refund first', '2024-01-01', -10), ('refund first', '2024-02-01', 30),
			('only refunds', '2024-01-01', -10),
			('nets to nothing', '2024-01-01', 10), ('nets to nothing', '2024-01-31', -10),
			('refunded later', '2024-01-01', 50), ('refunded later', '2024-02-01', -20),
			('refunded later', '2024-03-01', 50)) AS v(customer, at, amount)
) AS b, cohort_retention(l) AS c;

-- Weeks into months: the week from Monday, 2024-01-29 on belongs to January.
SELECT c.*
FROM (
	SELECT revenue_ledger(customer, at, amount, 'week') AS l
	FROM (VALUES (1, date '2024-02-04', 10), (1, '2024-02-05', 8), (2, '2024-02-05', 5))
		AS v(customer, at, amount)
) AS b, cohort_retention(l, 'month') AS c;

-- days, and a year boundary
SELECT c.*
FROM (
	SELECT revenue_ledger(customer, at, amount, 'day') AS l
	FROM (VALUES (1, date '2023-12-31', 10), (1, '2024-01-01', 8), (2, '2024-01-02', 5))
		AS v(customer, at, amount)
) AS b, cohort_retention(l, 'year') AS c;

-- one customer, one period
SELECT c.* FROM cohort_retention(revenue_entry(7, date '2024-05-05', 9.99)) AS c;

-- nothing in, nothing out
SELECT count(*) FROM cohort_retention(NULL::revenue_ledger);
SELECT count(*) FROM ledger, cohort_retention(l - l);
SELECT count(*) FROM cohort_retention(revenue_entry(7, date '2024-05-05', 0));
SELECT count(*) FROM cohort_retention(revenue_entry(7, date '2024-05-05', -1));

-- arguments
SELECT e.* FROM (VALUES
		(1, 'SELECT cohort_retention(l, ''week'') FROM ledger'),
		(2, 'SELECT cohort_retention(l, ''day'') FROM ledger'),
		(3, 'SELECT cohort_retention(l, ''fortnight'') FROM ledger'),
		(4, 'SELECT cohort_retention(l, '''') FROM ledger'),
		(5, 'SELECT cohort_retention(l, NULL, -1) FROM ledger'),
		(7, 'SELECT cohort_retention(l, through => ''infinity'') FROM ledger'),
		(8, 'SELECT cohort_retention(l, through => ''-infinity'') FROM ledger')) AS v(n, statement),
	checks.error(statement) AS e
ORDER BY n;

DROP SCHEMA checks CASCADE;
