--
-- Online Retail (Chen 2012): invoices and cancellations with time stamps, amounts to three
-- decimals, months that net below zero. Every movement and every cell of the cohort triangles
-- against the plain SQL of the definitions.
-- NRR_DATA names the directory that holds online-retail/customer_invoice.csv.
--
\getenv data NRR_DATA
\if :{?data}
\else
	\echo NRR_DATA is not set
	\quit
\endif
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :oracle
\i :checks
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;
SET work_mem = '64MB';

CREATE TEMP TABLE retail (customer int, invoice text, at timestamp, amount numeric, country text);
\set copy '\\copy retail from ''' :data '/online-retail/customer_invoice.csv'' (format csv, header)'
:copy
ANALYZE retail;
SELECT count(*), count(DISTINCT customer) AS customers, sum(amount), min(at), max(at),
	max(scale(amount)) AS scale, count(*) FILTER (WHERE invoice LIKE 'C%') AS cancellations,
	count(*) FILTER (WHERE amount = 0) AS zeros
FROM retail;

CREATE TEMP TABLE ledger AS
	SELECT grain, l
	FROM (VALUES ('day'), ('week'), ('month'), ('quarter'), ('year')) AS g(grain),
		LATERAL (SELECT revenue_ledger(customer, at, amount, grain) AS l FROM retail) AS b;
SELECT grain(l), customers(l), periods(l), total(l) FROM ledger WHERE grain = 'month';

-- Months that net below zero count as nothing in the movements, and in full in the total.
SELECT count(*) AS entries, count(*) FILTER (WHERE amount < 0) AS below_zero,
	sum(amount) FILTER (WHERE amount < 0) AS refunded,
	sum(greatest(amount, 0)) AS revenue, sum(amount) AS total
FROM ledger, ledger_entries(l) WHERE grain = 'month';
SELECT period, starting, new, reactivation, expansion, contraction, churn, ending,
	nrr, grr, logo_retention, quick_ratio
FROM revenue_movements('retail', 'customer', 'at', 'amount');
SELECT c.*
FROM cohort_retention('retail', 'customer', 'at', 'amount') AS c WHERE cohort = '2010-12-01';

-- against the oracle
SELECT sum(checks.compare('entries', grain,
	format('SELECT e.* FROM ledger, ledger_entries(l) AS e WHERE grain = %L', grain),
	format('SELECT * FROM oracle.entries(''retail'', %L)', grain))) AS wrong
FROM ledger;

SELECT sum(checks.compare('movements by ' || grain, concat_ws(' ', lookback, through),
	format('SELECT m.* FROM ledger, revenue_movements(l, %s, %L) AS m WHERE grain = %L',
		lookback, through, grain),
	format('SELECT * FROM oracle.movements(''retail'', %L, %s, %L)',
		grain, lookback, through))) AS wrong
FROM ledger,
	(VALUES (1, NULL::date), (3, NULL), (12, NULL), (1, '2011-06-15'), (2, '2012-06-30'))
		AS v(lookback, through);

SELECT sum(checks.compare('cohorts by ' || grain, concat_ws(' ', cohort_grain, baseline, through),
	format('SELECT c.* FROM ledger, cohort_retention(l, %L, %s, %L) AS c WHERE grain = %L',
		cohort_grain, baseline, through, grain),
	format('SELECT * FROM oracle.cohorts(''retail'', %L, %L, %s, %L)',
		grain, cohort_grain, baseline, through))) AS wrong
FROM ledger,
	(VALUES (NULL, 0, NULL::date), ('year', 0, NULL), (NULL, 1, '2011-06-15'),
		('year', 2, '2012-06-30')) AS v(cohort_grain, baseline, through);
SELECT sum(checks.compare('cohorts by ' || grain, 'month',
	format('SELECT c.* FROM ledger, cohort_retention(l, ''month'') AS c WHERE grain = %L', grain),
	format('SELECT * FROM oracle.cohorts(''retail'', %L, ''month'', 0, NULL)', grain))) AS wrong
FROM ledger WHERE grain IN ('day', 'week');

-- the same bytes by other ways
SELECT sum(checks.claim('countries rolled up', grain, l::text =
	(SELECT rollup(part)
	FROM (SELECT revenue_ledger(customer, at, amount, grain) AS part
		FROM retail GROUP BY country) AS p)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('invoices and cancellations', grain, l::text =
	(SELECT (revenue_ledger(customer, at, amount, grain) FILTER (WHERE amount >= 0)
		+ revenue_ledger(customer, at, amount, grain) FILTER (WHERE amount < 0))::text
	FROM retail))) AS wrong
FROM ledger;
SELECT sum(checks.claim('dates for time stamps', grain, l::text =
	(SELECT revenue_ledger(customer, at::date, amount, grain) FROM retail)::text)) AS wrong
FROM ledger;

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
