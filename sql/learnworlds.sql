--
-- LearnWorlds (synthetic): 2,441 invoices with a period of service, monthly to annual, 170 of them
-- credit notes, amounts in up to two decimals. Every share, movement and cell against the plain SQL
-- of the definitions, and the shares of each customer against its invoices.
-- NRR_DATA names the directory that holds learnworlds/invoices.csv.
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
\set readers :srcdir '/sql/include/readers.sql'
\set ECHO none
\i :oracle
\i :checks
\i :readers
\set ECHO all
SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;
SET work_mem = '64MB';

CREATE TEMP TABLE csv (invoice_id text, customer_id text, subscription_id text, product_id text,
	invoice_date date, billing_start_date date, billing_end_date date, amount_usd numeric);
\set copy '\\copy csv from ''' :data '/learnworlds/invoices.csv'' (format csv, header)'
:copy
-- the last day of service is one of it
CREATE TEMP TABLE invoice AS
	SELECT customer_id AS customer, daterange(billing_start_date, billing_end_date, '[]') AS service,
		amount_usd AS amount, product_id AS product
	FROM csv;
ANALYZE invoice;
SELECT count(*), count(DISTINCT customer) AS customers, sum(amount), count(*) FILTER (WHERE amount < 0) AS credit_notes,
	min(lower(service)), max(upper(service)) - 1 AS last_day, max(scale(amount)) AS scale,
	min(upper(service) - lower(service)) AS shortest, max(upper(service) - lower(service)) AS longest
FROM invoice;

CREATE TEMP TABLE ledger AS
	SELECT grain, l
	FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
		LATERAL (SELECT invoice_ledger(customer, service, amount, grain) AS l FROM invoice) AS i;
SELECT grain, snapshot_rule(l), grain(l) = grain AS same_grain, customers(l), periods(l), total(l)
FROM ledger ORDER BY grain COLLATE "C";
SELECT l::text = (SELECT invoice_ledger(customer, service, amount)::text FROM invoice) AS defaults
FROM ledger WHERE grain = 'month';

-- The shares are the invoices, to the last digit: in all, per customer, per invoice.
SELECT count(*), count(*) FILTER (WHERE total(l) IS DISTINCT FROM amount) AS wrong
FROM ledger, (SELECT sum(amount) AS amount FROM invoice) AS i;
SELECT grain, count(*), count(*) FILTER (WHERE total(l) IS DISTINCT FROM amount) AS wrong
FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
	LATERAL (SELECT invoice_ledger(customer, service, amount, grain) AS l, sum(amount) AS amount
		FROM invoice GROUP BY customer) AS i
GROUP BY grain ORDER BY grain COLLATE "C";
SELECT grain, count(*), count(*) FILTER (WHERE entries IS DISTINCT FROM amount) AS wrong
FROM ledger,
	LATERAL (SELECT customer, sum(amount) AS entries FROM ledger_entries(l) GROUP BY customer) AS e
	FULL JOIN (SELECT customer, sum(amount) AS amount FROM invoice GROUP BY customer) AS i USING (customer)
GROUP BY grain ORDER BY grain COLLATE "C";
SELECT count(*), count(*) FILTER (WHERE total(l) IS DISTINCT FROM amount) AS wrong,
	count(*) FILTER (WHERE entries = months) AS of_an_entry_for_each_month
FROM (SELECT invoice_ledger(customer, service, amount) AS l, sum(amount) AS amount,
		(SELECT count(DISTINCT date_trunc('month', d))
		FROM generate_series(min(lower(service)), max(upper(service)) - 1, interval '1 day') AS d) AS months
	FROM csv JOIN invoice ON (customer, product) = (customer_id, product_id) AND amount = amount_usd
		AND lower(service) = billing_start_date AND upper(service) = billing_end_date + 1
	GROUP BY invoice_id HAVING count(*) = 1) AS i,
	LATERAL (SELECT count(*) AS entries FROM ledger_entries(l)) AS e;

SELECT period, starting, new, reactivation, expansion, contraction, churn, ending, nrr, grr
FROM ledger, revenue_movements(l) WHERE grain = 'month';
SELECT m.* FROM ledger, customer_movements(l, 1, '2024-06-01', '2024-06-30') AS m
WHERE grain = 'month' ORDER BY abs(change) DESC, customer LIMIT 12;

-- against the oracle, and the days by their entries
CREATE TEMP TABLE net AS
	SELECT grain, n.* FROM ledger, oracle.invoices('invoice', grain) AS n;
SELECT grain, count(*) AS variants, sum(checks.readers(grain, l,
	format('SELECT customer, period, amount FROM net WHERE grain = %L', grain), o)) AS wrong
FROM ledger,
	unnest(ARRAY['(1,,,0,,,0)', '(3,2023-06-30,2024-03-15,1,2,year,1)',
		'(12,2024-01-01,2026-06-30,2,1,year,0)']::checks.options[]) AS o
WHERE grain = 'month' OR (grain <> 'day' AND lookback = 3)
GROUP BY grain ORDER BY grain COLLATE "C";
SELECT checks.compare('entries', 'day', 'SELECT e.* FROM ledger, ledger_entries(l) AS e WHERE grain = ''day''',
	'SELECT customer, period, amount FROM net WHERE grain = ''day'' AND amount <> 0') AS wrong;

-- the same bytes by other ways
SELECT sum(checks.claim('products rolled up', grain, l::text =
	(SELECT rollup(part)
	FROM (SELECT invoice_ledger(customer, service, amount, grain) AS part
		FROM invoice GROUP BY product) AS p)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('rows from the last to the first', grain, l::text =
	(SELECT invoice_ledger(customer, service, amount, grain ORDER BY service DESC, customer, amount)
	FROM invoice)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('time stamps for days', grain, l::text =
	(SELECT invoice_ledger(customer, tsrange(lower(service), upper(service)), amount, grain)
	FROM invoice)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('invoices and credit notes', grain, l::text = (bills + notes)::text
	AND l - notes = bills AND (l - bills + bills)::text = l::text)) AS wrong
FROM ledger,
	LATERAL (
		SELECT invoice_ledger(customer, service, amount, grain) FILTER (WHERE amount >= 0) AS bills,
			invoice_ledger(customer, service, amount, grain) FILTER (WHERE amount < 0) AS notes
		FROM invoice) AS i;

-- Ledgers that are read while they are in the making, or together
CREATE TEMP TABLE part AS
	SELECT grain, product, invoice_ledger(customer, service, amount, grain) AS l
	FROM ledger, invoice GROUP BY grain, product;
SELECT way, count(*), sum(checks.same_to_readers(way, format(query, grain),
	format('SELECT l FROM ledger WHERE grain = %L', grain), o)) AS wrong
FROM ledger,
	(VALUES ('rows', 'SELECT invoice_ledger(customer, service, amount, %L) AS l FROM invoice'),
		('parts', 'SELECT rollup(l) AS l FROM part WHERE grain = %L'),
		('difference', 'SELECT a.l + b.l - b.l AS l FROM ledger AS a JOIN part AS b USING (grain)
			WHERE grain = %L AND product = ''prod_004''')) AS v(way, query),
	unnest(ARRAY['(1,2024-01-01,,0,,,0)', '(3,2023-06-30,2024-03-15,1,2,year,1)',
		'(2,2023-01-01,2026-06-30,2,1,year,0)', '(1,2022-05-01,2022-12-31,0,,,0)']::checks.options[]) AS o
WHERE grain = 'month' OR (grain = 'week' AND o.grace = 1)
GROUP BY way ORDER BY way COLLATE "C";

-- by name: the last day of service is one of it, and whether it is must be said
SELECT sum(checks.claim('by name', grain,
	l::text = revenue_ledger_from('csv', 'customer_id', 'billing_start_date, billing_end_date', 'amount_usd', grain, 'invoices', '[]')::text
	AND l::text = revenue_ledger_from('invoice', 'customer', 'service', 'amount', grain, 'invoices')::text)) AS wrong
FROM ledger;
SELECT (checks.error(format('SELECT revenue_ledger_from(''csv'', ''customer_id'', ''billing_start_date, billing_end_date'', ''amount_usd'', %L, %L)', grain, shape))).*
FROM ledger, unnest(ARRAY['invoices', 'subscriptions']) AS shape ORDER BY grain COLLATE "C", shape;
SELECT checks.compare('in force, by name', '',
	'SELECT customer, period, amount FROM ledger_entries(revenue_ledger_from(''csv'', ''customer_id'', ''billing_start_date, billing_end_date'', ''amount_usd'', shape => ''subscriptions'', bounds => ''[]''), ''2025-12-31'')',
	'SELECT customer_id, m::date, round(sum(amount_usd), 2) FROM csv JOIN generate_series(timestamp ''2022-01-01'', ''2025-12-01'', ''1 month'') AS m ON (m + interval ''1 month'')::date - 1 BETWEEN billing_start_date AND billing_end_date
	GROUP BY 1, 2 HAVING sum(amount_usd) <> 0') AS wrong;

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
