--
-- Ledgers are added up and taken apart: small ones by the thousand, stored monthly ones,
-- a restatement.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE TABLE billing AS
	SELECT id,
		id * 7919 % 5000 AS customer,
		id % 6 AS country,
		date '2019-01-01' + (id * 31 % 1800) AS at,
		((id * 131 % 301 - 60) * 0.25)::numeric(12,2) AS amount
	FROM generate_series(1, 30000) AS id;
CREATE TEMP TABLE whole AS SELECT revenue_ledger(customer, at, amount) AS l FROM billing;
SELECT customers(l), periods(l), total(l) FROM whole;

-- 5,000 ledgers of one customer each
CREATE TEMP TABLE by_customer AS
	SELECT customer, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY customer;
SELECT count(*), max(customers(l)) AS customers,
	rollup(l)::text = (SELECT l::text FROM whole) AS same
FROM by_customer;

-- 60 ledgers of one month each
CREATE TEMP TABLE by_month AS
	SELECT date_trunc('month', at)::date AS month, revenue_ledger(customer, at, amount) AS l
	FROM billing GROUP BY 1;
SELECT count(*), max(upper(periods(l)) - lower(periods(l))) AS days,
	rollup(l)::text = (SELECT l::text FROM whole) AS same
FROM by_month;
SELECT rollup(l ORDER BY month DESC)::text = rollup(l ORDER BY month)::text AS same FROM by_month;

-- 30,000 ledgers of one row each
SELECT rollup(revenue_entry(customer, at, amount))::text = (SELECT l::text FROM whole) AS same
FROM billing;

-- NULL is no ledger; an empty one adds nothing
SELECT rollup(l) IS NULL AS "no rows" FROM by_month WHERE false;
SELECT rollup(l) IS NULL AS "only NULL" FROM (VALUES (NULL::revenue_ledger), (NULL)) AS v(l);
SELECT rollup(l)::text = (SELECT l::text FROM whole) AS "NULL among them"
FROM (SELECT l FROM by_month UNION ALL SELECT NULL FROM generate_series(1, 100)) AS v;
SELECT rollup(l)::text = (SELECT l::text FROM whole) AS "empty among them"
FROM (SELECT l FROM by_month UNION ALL SELECT l - l FROM by_month) AS v;
SELECT customers(r), total(r), periods(r), grain(r)
FROM (SELECT rollup(l - l) AS r FROM by_month) AS v;
SELECT NULL + l IS NULL AS a, l + NULL IS NULL AS b, NULL - l IS NULL AS c, l - NULL IS NULL AS d
FROM whole;
-- a NULL first, and a single ledger
SELECT rollup(l ORDER BY l NULLS FIRST)::text = max(l::text) AS same
FROM (SELECT l FROM by_month WHERE month = '2019-03-01' UNION ALL SELECT NULL) AS v;
-- the inputs are left as they were
SELECT count(*) FROM by_month AS m
WHERE l::text <> (SELECT revenue_ledger(customer, at, amount)
	FROM billing WHERE date_trunc('month', at) = month)::text;

-- FILTER, DISTINCT and GROUP BY
SELECT rollup(l) FILTER (WHERE month < '2020-01-01')::text
	= (SELECT revenue_ledger(customer, at, amount)
		FROM billing WHERE at < '2020-01-01')::text AS filter
FROM by_month;
SELECT rollup(DISTINCT l)::text = (SELECT l::text FROM whole) AS "distinct"
FROM (TABLE by_month UNION ALL TABLE by_month) AS twice;
SELECT checks.compare('by year', '',
	'SELECT extract(year FROM month), rollup(l) FROM by_month GROUP BY 1',
	'SELECT extract(year FROM at), revenue_ledger(customer, at, amount)
	FROM billing GROUP BY 1') AS wrong;
SELECT checks.compare('by year, country, and all', '',
	'SELECT year, country, rollup(l) FROM (
		SELECT extract(year FROM at) AS year, country, revenue_ledger(customer, at, amount) AS l
		FROM billing GROUP BY 1, 2) AS b
	GROUP BY ROLLUP (year, country)',
	'SELECT extract(year FROM at) AS year, country, revenue_ledger(customer, at, amount)
	FROM billing GROUP BY ROLLUP (1, 2)') AS wrong;

-- frames that grow and that move
SELECT checks.compare('window', 'year to date',
	'SELECT month, rollup(l) OVER (PARTITION BY extract(year FROM month) ORDER BY month)
	FROM by_month',
	'SELECT month, (SELECT revenue_ledger(customer, at, amount) FROM billing
		WHERE at >= date_trunc(''year'', month) AND at < month + interval ''1 month'')
	FROM by_month') AS wrong;
SELECT checks.compare('window', 'three months',
	'SELECT month, rollup(l) OVER (ORDER BY month ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
	FROM by_month',
	'SELECT month, (SELECT revenue_ledger(customer, at, amount) FROM billing
		WHERE at >= month - interval ''1 month'' AND at < month + interval ''2 months'')
	FROM by_month') AS wrong;

-- A restatement: March was booked to the wrong customers. Take the stored month out, put the right
-- one in; nothing else is read again.
CREATE TEMP TABLE corrected AS
	SELECT id, customer + 1 AS customer, at, amount
	FROM billing WHERE date_trunc('month', at) = '2019-03-01';
SELECT (whole.l - march.l + right_one.l)::text = want.l::text AS same
FROM whole, (SELECT l FROM by_month WHERE month = '2019-03-01') AS march,
	(SELECT revenue_ledger(customer, at, amount) AS l FROM corrected) AS right_one,
	(SELECT revenue_ledger(customer, at, amount) AS l FROM (
		SELECT customer, at, amount FROM billing WHERE date_trunc('month', at) <> '2019-03-01'
		UNION ALL SELECT customer, at, amount FROM corrected) AS b) AS want;

-- What is taken away leaves no trace: customers, periods and amounts go.
CREATE TEMP TABLE small AS
	SELECT revenue_ledger(c, at, amount) FILTER (WHERE n = 'a') AS a,
		revenue_ledger(c, at, amount) FILTER (WHERE n = 'b') AS b
	FROM (VALUES ('a', 'x', date '2024-03-01', 10), ('a', 'y', '2024-04-01', 20),
			('b', 'x', '2024-03-15', 5), ('b', 'z', '2024-01-01', 7), ('b', 'y', '2024-09-09', 0))
		AS v(n, c, at, amount);
SELECT what, customers(l), total(l), periods(l)
FROM small, LATERAL (VALUES (1, 'a', a), (2, 'b', b), (3, 'a + b', a + b),
		(4, 'a + b - b', a + b - b), (5, 'a - b', a - b), (6, 'a - b + b', a - b + b),
		(7, 'a - a', a - a)) AS v(n, what, l)
ORDER BY n;
SELECT e.* FROM small, ledger_entries(a - b) AS e ORDER BY customer, period;
SELECT a + b - b = a AS sum_back, a - b + b = a AS difference_back, a + b = b + a AS commutes,
	a - a = b - b AS nothing_is_nothing, a <> b AS differ, (a < b) <> (b < a) AS ordered
FROM small;

-- scales: the largest one is shown, and equality does not mind
SELECT total(a), e.amount, a = b AS equal, a::text = b::text AS same
FROM (SELECT revenue_entry(1, date '2024-01-01', 1.5)
			+ revenue_entry(1, date '2024-01-31', 1.500) AS a,
		revenue_entry(1, date '2024-01-01', 1) + revenue_entry(1, date '2024-01-31', 2) AS b) AS v,
	ledger_entries(a) AS e;

-- Two rows of a customer and month are equal to one of their sum, and yet they are two: what is
-- left when one is taken away still knows of the other.
SELECT a = b AS equal, a::text = b::text AS same, periods(a - one) AS a_rest,
	periods(b - one) AS b_rest, a - one = b - one AS equal_rests
FROM (SELECT revenue_entry(1, date '2024-01-01', 5) + revenue_entry(1, date '2024-01-31', 0) AS a,
		revenue_entry(1, date '2024-01-01', 5) AS b,
		revenue_entry(1, date '2024-01-02', 5) AS one) AS v;

-- ledgers that do not go together
CREATE TEMP TABLE odd AS
	SELECT revenue_entry(1, date '2024-01-01', 1) AS month,
		revenue_entry(1, date '2024-01-01', 1, 'week') AS week,
		revenue_entry('1'::text, date '2024-01-01', 1) AS name,
		revenue_entry(md5('1')::uuid, date '2024-01-01', 1) AS uuid;
SELECT e.* FROM (VALUES
		(1, 'SELECT month + week FROM odd'),
		(2, 'SELECT month - week FROM odd'),
		(3, 'SELECT month + name FROM odd'),
		(4, 'SELECT name - uuid FROM odd'),
		(5, 'SELECT rollup(l) FROM odd, LATERAL (VALUES (month), (week)) AS v(l)'),
		(6, 'SELECT rollup(l) FROM odd, LATERAL (VALUES (uuid), (month)) AS v(l)'),
		(7, 'SELECT month + (week - week) FROM odd'),
		(8, 'SELECT month - month + name FROM odd')) AS v(n, statement),
	checks.error(statement) AS e
ORDER BY n;
-- integers of every width are one kind, and so are all texts
SELECT customers(i2 + i4 + i8), customers(s + v)
FROM (SELECT revenue_entry(1::smallint, date '2024-01-01', 1) AS i2,
		revenue_entry(1, date '2024-01-01', 1) AS i4,
		revenue_entry(1::bigint, date '2024-01-01', 1) AS i8,
		revenue_entry('a'::text, date '2024-01-01', 1) AS s,
		revenue_entry('a'::varchar(5), date '2024-01-01', 1) AS v) AS kinds;

TABLE checks.summary;
TABLE checks.first_failures;

DROP TABLE billing;
DROP SCHEMA checks CASCADE;

-- Customers whose text alone is more than a small state holds
CREATE TEMP TABLE long_customers AS
	SELECT i, repeat(chr(97 + i % 26), 64000) || i AS customer, date '2024-01-01' + i AS at
	FROM generate_series(1, 60) AS i;
CREATE TEMP TABLE long_entries AS SELECT i, revenue_entry(customer, at, i) AS l FROM long_customers;
SELECT rollup(l ORDER BY i)::text = (SELECT revenue_ledger(customer, at, i)::text FROM long_customers) AS same FROM long_entries;
SELECT rollup(l)::text = max(l::text) AS same FROM long_entries WHERE i = 3;
SELECT count(*), count(*) FILTER (WHERE total(r) = 2 * n * 2 + 1 OR n IN (0, 30)) AS right FROM (SELECT i / 2 AS n, rollup(l) AS r FROM long_entries GROUP BY 1) AS g;
