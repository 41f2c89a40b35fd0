--
-- RavenStack (synthetic): 5,000 overlapping subscriptions of 500 accounts, most of them open, some
-- free, some that end on the day they begin. Every entry, every movement, every cell of the cohort
-- triangles and every customer's movement against the plain SQL of the definitions.
-- NRR_DATA names the directory that holds ravenstack/subscriptions.csv.
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

CREATE TEMP TABLE csv (subscription_id text, account_id text, start_date date, end_date date,
	plan_tier text, seats int, mrr_amount int, arr_amount int, is_trial boolean,
	upgrade_flag boolean, downgrade_flag boolean, churn_flag boolean, billing_frequency text,
	auto_renew_flag boolean);
\set copy '\\copy csv from ''' :data '/ravenstack/subscriptions.csv'' (format csv, header)'
:copy
CREATE TEMP TABLE subscription AS
	SELECT account_id AS customer, daterange(start_date, end_date) AS during, mrr_amount AS mrr,
		plan_tier AS plan
	FROM csv;
ANALYZE subscription;
SELECT count(*), count(DISTINCT customer) AS customers, count(*) FILTER (WHERE upper_inf(during)) AS open,
	count(*) FILTER (WHERE isempty(during)) AS empty, count(*) FILTER (WHERE mrr = 0) AS free,
	min(lower(during)), max(lower(during)), max(upper(during)), sum(mrr)
FROM subscription;

CREATE TEMP TABLE ledger AS
	SELECT grain, rule, l
	FROM unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS grain,
		unnest(ARRAY['end', 'start']) AS rule,
		LATERAL (SELECT subscription_ledger(customer, during, mrr, grain, rule) AS l
			FROM subscription) AS s;
SELECT grain, rule, snapshot_rule(l), grain(l) = grain AS same_grain, customers(l), periods(l), total(l)
FROM ledger ORDER BY total(l) DESC;
SELECT l::text = (SELECT subscription_ledger(customer, during, mrr)::text FROM subscription) AS defaults
FROM ledger WHERE grain = 'month' AND rule = 'end';

-- Monthly recurring revenue in plain SQL, by name: in force at the end of the month, at its start.
SELECT ends.period, ends.ending = at_end.mrr AND ends.ending_customers = at_end.customers AS same_end,
	starts.ending = at_start.mrr AND starts.ending_customers = at_start.customers AS same_start,
	ends.ending, ends.ending_customers
FROM ledger AS e, revenue_movements(e.l) AS ends, ledger AS s, revenue_movements(s.l) AS starts,
	LATERAL (SELECT sum(mrr_amount) AS mrr, count(DISTINCT account_id) FILTER (WHERE mrr_amount > 0) AS customers
		FROM csv
		WHERE start_date < ends.period + interval '1 month'
			AND (end_date >= ends.period + interval '1 month' OR end_date IS NULL)) AS at_end,
	LATERAL (SELECT sum(mrr_amount) AS mrr, count(DISTINCT account_id) FILTER (WHERE mrr_amount > 0) AS customers
		FROM csv
		WHERE start_date <= ends.period AND (end_date > ends.period OR end_date IS NULL)) AS at_start
WHERE e.grain = 'month' AND e.rule = 'end' AND s.grain = 'month' AND s.rule = 'start'
	AND starts.period = ends.period
ORDER BY period;
SELECT m.* FROM ledger, revenue_movements(l, 12) AS m
WHERE grain = 'month' AND rule = 'end' AND period >= '2024-10-01';
SELECT m.* FROM ledger, customer_movements(l, 1, '2024-06-01', '2024-06-30') AS m
WHERE grain = 'month' AND rule = 'end' ORDER BY abs(change) DESC, customer LIMIT 12;

-- against the oracle, and the days by their movements
SELECT grain, rule, count(*) AS variants, sum(checks.readers(concat_ws(' ', grain, rule), l,
	format('SELECT * FROM oracle.subscriptions(''subscription'', %L, %L, %%L)', grain, rule), o)) AS wrong
FROM ledger,
	unnest(ARRAY['(1,,,0,,,0)', '(3,2023-06-30,2024-03-15,1,2,year,1)',
		'(12,2024-01-01,2025-06-30,2,1,year,0)']::checks.options[]) AS o
WHERE grain = 'month' OR (grain <> 'day' AND lookback = 3)
GROUP BY grain, rule ORDER BY grain COLLATE "C", rule COLLATE "C";
CREATE TEMP TABLE days AS
	SELECT rule, n.*
	FROM unnest(ARRAY['end', 'start']) AS rule,
		oracle.subscriptions('subscription', 'day', rule, NULL) AS n;
SELECT rule, checks.compare('movements by day', rule,
	format('SELECT m.* FROM ledger, revenue_movements(l, 7) AS m WHERE grain = ''day'' AND rule = %L', rule),
	format('SELECT * FROM oracle.movements_of(%L, ''day'', 7, NULL)',
		format('SELECT customer, period, amount FROM days WHERE rule = %L', rule))) AS wrong
FROM unnest(ARRAY['end', 'start']) AS rule;

-- the same bytes by other ways
SELECT sum(checks.claim('plans rolled up', grain || rule, l::text =
	(SELECT rollup(part)
	FROM (SELECT subscription_ledger(customer, during, mrr, grain, rule) AS part
		FROM subscription GROUP BY plan) AS p)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('rows from the last to the first', grain || rule, l::text =
	(SELECT subscription_ledger(customer, during, mrr, grain, rule ORDER BY during DESC, customer, mrr)
	FROM subscription)::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('time stamps for days', grain || rule, l::text =
	(SELECT subscription_ledger(customer, tsrange(lower(during), upper(during)), mrr, grain, rule)
	FROM subscription WHERE NOT isempty(during))::text)) AS wrong
FROM ledger;
SELECT sum(checks.claim('without the open ones, and with them again', grain || rule,
	l - open + open = l AND (l - open + open)::text = l::text AND (l - open)::text = closed::text)) AS wrong
FROM ledger,
	LATERAL (
		SELECT subscription_ledger(customer, during, mrr, grain, rule) FILTER (WHERE upper_inf(during)) AS open,
			subscription_ledger(customer, during, mrr, grain, rule) FILTER (WHERE NOT upper_inf(during)) AS closed
		FROM subscription) AS s;
-- Ledgers that are read while they are in the making, or together
CREATE TEMP TABLE part AS
	SELECT grain, rule, plan, subscription_ledger(customer, during, mrr, grain, rule) AS l
	FROM ledger, subscription GROUP BY grain, rule, plan;
SELECT way, count(*), sum(checks.same_to_readers(way, format(query, grain, rule),
	format('SELECT l FROM ledger WHERE grain = %L AND rule = %L', grain, rule), o)) AS wrong
FROM ledger,
	(VALUES ('rows', 'SELECT subscription_ledger(customer, during, mrr, %L, %L) AS l FROM subscription'),
		('parts', 'SELECT rollup(l) AS l FROM part WHERE grain = %L AND rule = %L'),
		('sum', 'SELECT a.l + b.l + c.l AS l FROM part AS a, part AS b, part AS c
			WHERE (a.grain, a.rule) = (%1$L, %2$L) AND (b.grain, b.rule) = (%1$L, %2$L) AND (c.grain, c.rule) = (%1$L, %2$L)
				AND (a.plan, b.plan, c.plan) = (''Basic'', ''Enterprise'', ''Pro'')'),
		('difference', 'SELECT a.l + b.l - b.l AS l FROM ledger AS a JOIN part AS b USING (grain, rule)
			WHERE grain = %L AND rule = %L AND plan = ''Pro'''),
		('parts and rows', 'SELECT rollup(l) AS l FROM (
			SELECT l FROM part WHERE (grain, rule) = (%1$L, %2$L) AND plan = ''Basic'' UNION ALL
			SELECT subscription_ledger(customer, during, mrr, %1$L, %2$L) FROM subscription WHERE plan <> ''Basic'') AS p')) AS v(way, query),
	unnest(ARRAY['(1,2024-01-01,,0,,,0)', '(3,2023-06-30,2024-03-15,1,2,year,1)',
		'(2,2023-01-01,2025-06-30,2,1,year,0)', '(1,2022-05-01,2022-12-31,0,,,0)']::checks.options[]) AS o
WHERE grain = 'month' OR (grain = 'week' AND o.grace = 1)
GROUP BY way ORDER BY way COLLATE "C";

SELECT sum(checks.claim('text and binary form', grain || rule, l::text = l::text::revenue_ledger::text
	AND l::text = '\x' || encode(revenue_ledger_send(l), 'hex'))) AS wrong
FROM ledger;

-- by name: of two columns, of a range; and in force at the end of a month if no later subscription of the account has begun by then
SELECT sum(checks.claim('by name', grain || rule,
	l::text = revenue_ledger_from('csv', 'account_id', 'start_date, end_date', 'mrr_amount', grain, 'subscriptions', snapshot_rule => rule)::text
	AND l::text = revenue_ledger_from('subscription', 'customer', 'during', 'mrr', grain, 'subscriptions', snapshot_rule => rule)::text)) AS wrong
FROM ledger;
CREATE TEMP TABLE month AS
	SELECT m::date AS first, (m + interval '1 month')::date AS next FROM generate_series(timestamp '2023-01-01', '2024-12-01', '1 month') AS m;
SELECT checks.compare('close => next', '',
	'SELECT customer, period, amount::int FROM ledger_entries(revenue_ledger_from(''csv'', ''account_id'', ''start_date, end_date'', ''mrr_amount'', shape => ''subscriptions'', close => ''next''), ''2024-12-31'')',
	'SELECT account_id, first, sum(mrr_amount)::int FROM csv AS s JOIN month ON start_date < next AND coalesce(end_date, ''infinity'') >= next
	WHERE start_date IS DISTINCT FROM end_date AND NOT EXISTS (SELECT FROM csv AS n WHERE n.account_id = s.account_id AND n.start_date > s.start_date AND n.start_date < next AND n.start_date IS DISTINCT FROM n.end_date)
	GROUP BY 1, 2 HAVING sum(mrr_amount) <> 0') AS wrong;
-- the same book as snapshots of the last three days of each month, and as changes
CREATE TEMP TABLE snapshot AS
	SELECT account_id, next - days AS day, mrr_amount FROM csv, month, generate_series(1, 3) AS days WHERE start_date <= next - days AND coalesce(end_date, 'infinity') > next - days;
CREATE TEMP TABLE change AS
	SELECT account_id, start_date AS day, mrr_amount AS change FROM csv UNION ALL SELECT account_id, end_date, -mrr_amount FROM csv WHERE end_date IS NOT NULL;
SELECT shape, checks.compare(shape, '',
	format('SELECT customer, period, amount::int FROM ledger_entries(revenue_ledger_from(%L, ''account_id'', ''day'', %L, shape => %L), ''2024-12-31'')', source, amount, shape),
	'SELECT account_id, first, sum(mrr_amount)::int FROM csv JOIN month ON start_date < next AND coalesce(end_date, ''infinity'') >= next GROUP BY 1, 2 HAVING sum(mrr_amount) <> 0') AS wrong
FROM (VALUES ('snapshots', 'snapshot', 'mrr_amount'), ('changes', 'change', 'change')) AS v(shape, source, amount);

TABLE checks.summary;
TABLE checks.first_failures;

DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
