--
-- CDNOW (Fader and Hardie): 69,659 purchases of 23,570 customers. Published figures, and every
-- movement and every cell of the cohort triangles against the plain SQL of the definitions.
-- NRR_DATA names the directory that holds cdnow/cdnow_master.csv.
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

CREATE TEMP TABLE cdnow (customer text, at date, cds int, amount numeric(12,2));
\set copy '\\copy cdnow from ''' :data '/cdnow/cdnow_master.csv'' (format csv, header)'
:copy
ANALYZE cdnow;
SELECT count(*), count(DISTINCT customer) AS customers, sum(amount), min(at), max(at),
	count(*) FILTER (WHERE amount = 0) AS zeros
FROM cdnow;

CREATE TEMP TABLE ledger AS
	SELECT grain, l
	FROM (VALUES ('day'), ('week'), ('month'), ('quarter')) AS g(grain),
		LATERAL (SELECT revenue_ledger(customer, at, amount, grain) AS l FROM cdnow) AS b;
SELECT grain(l), customers(l), periods(l), total(l) FROM ledger WHERE grain = 'month';

-- The published cohorts: 7,814, 8,455 and 7,231 customers; January's revenue begins with
-- 299,060.17, 60,849.54 and 50,683.75. Two customers paid nothing until November.
SELECT cohort, cohort_customers, cohort_revenue
FROM ledger, cohort_retention(l) WHERE grain = 'month' AND age = 0;
SELECT c.*
FROM cohort_retention('cdnow', 'customer', 'at', 'amount') AS c WHERE cohort = '1997-01-01';
SELECT period, starting, new, reactivation, expansion, contraction, churn, ending,
	nrr, grr, logo_retention, quick_ratio
FROM revenue_movements('cdnow', 'customer', 'at', 'amount');

-- against the oracle
SELECT sum(checks.compare('entries', grain,
	format('SELECT e.* FROM ledger, ledger_entries(l) AS e WHERE grain = %L', grain),
	format('SELECT * FROM oracle.entries(''cdnow'', %L)', grain))) AS wrong
FROM ledger;

SELECT sum(checks.compare('movements by ' || grain, concat_ws(' ', lookback, through),
	format('SELECT m.* FROM ledger, revenue_movements(l, %s, %L) AS m WHERE grain = %L',
		lookback, through, grain),
	format('SELECT * FROM oracle.movements(''cdnow'', %L, %s, %L)',
		grain, lookback, through))) AS wrong
FROM ledger,
	(VALUES (1, NULL::date), (3, NULL), (12, NULL), (1, '1997-12-15'), (2, '1999-01-31'))
		AS v(lookback, through);

SELECT sum(checks.compare('cohorts by ' || grain, concat_ws(' ', cohort_grain, baseline, through),
	format('SELECT c.* FROM ledger, cohort_retention(l, %L, %s, %L) AS c WHERE grain = %L',
		cohort_grain, baseline, through, grain),
	format('SELECT * FROM oracle.cohorts(''cdnow'', %L, %L, %s, %L)',
		grain, cohort_grain, baseline, through))) AS wrong
FROM ledger,
	(VALUES (NULL, 0, NULL::date), ('quarter', 0, NULL), ('year', 1, NULL),
		(NULL, 2, '1997-12-15'), (NULL, 1, '1998-12-31')) AS v(cohort_grain, baseline, through);

-- the same bytes by other ways, and the same triangle with another kind of customer
SELECT sum(checks.claim('monthly ledgers rolled up', grain, l::text =
	(SELECT rollup(part)
	FROM (SELECT revenue_ledger(customer, at, amount, grain) AS part
		FROM cdnow GROUP BY date_trunc('month', at)) AS p)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('rows from the last to the first', grain, l::text =
	(SELECT revenue_ledger(customer, at, amount, grain ORDER BY at DESC, customer DESC, amount)
	FROM cdnow)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('without a quarter, and with it again', grain,
	l - q + q = l AND (l - q + q)::text = l::text)) AS wrong
FROM ledger,
	LATERAL (
		SELECT revenue_ledger(customer, at, amount, grain) AS q
		FROM cdnow WHERE at < '1997-04-01') AS q;
SELECT sum(checks.compare('numbered customers', grain,
	format('SELECT cohort_retention(revenue_ledger(customer::int, at, amount, %L)) FROM cdnow',
		grain),
	format('SELECT cohort_retention(l) FROM ledger WHERE grain = %L', grain))) AS wrong
FROM ledger;

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
