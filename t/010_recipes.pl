# What docs/recipes.md shows, works; and its figures are right: plain SQL, which takes nothing from nrr, computes them again.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Examples;
use Test::More;

# Movements by their definition, of the rows (customer, month, amount) that a query returns, through the given month.
# A return counts as a reactivation within so many months of the last active one.
my $setup = <<'SQL';
CREATE SCHEMA plain;

CREATE FUNCTION plain.movements(query text, through date, lookback int DEFAULT 1, within int DEFAULT NULL, decimals int DEFAULT 2)
	RETURNS TABLE (
		period date, starting numeric, new numeric, reactivation numeric, expansion numeric, contraction numeric,
		churn numeric, ending numeric, nrr numeric, grr numeric)
	LANGUAGE plpgsql SET jit = off AS $$
BEGIN
	RETURN QUERY EXECUTE format($query$
		WITH revenue AS (
			SELECT customer, month::date, sum(amount) AS r
			FROM (%s) AS rows(customer, month, amount)
			WHERE month <= $1
			GROUP BY 1, 2
			HAVING sum(amount) > 0),
		months AS (
			SELECT t::date, (t - make_interval(months => $2))::date AS base
			FROM generate_series((SELECT min(month) FROM revenue)::timestamp, $1::timestamp, '1 month') AS t),
		pairs AS (
			SELECT t, base, coalesce(s.r, 0) AS s, coalesce(e.r, 0) AS e,
				(SELECT max(month) FROM revenue AS b WHERE b.customer = c.customer AND b.month < base) AS last_before,
				(SELECT min(month) FROM revenue AS a WHERE a.customer = c.customer AND a.month > base) AS next_after
			FROM months
				CROSS JOIN (SELECT DISTINCT customer FROM revenue) AS c
				LEFT JOIN revenue AS s ON s.customer = c.customer AND s.month = base
				LEFT JOIN revenue AS e ON e.customer = c.customer AND e.month = t),
		moves AS (
			SELECT *, s = 0 AND e > 0 AND coalesce(next_after <= last_before + make_interval(months => $3), false) AS returns
			FROM pairs),
		sums AS (
			SELECT t, sum(s) AS s, sum(e) AS e,
				sum(CASE WHEN s = 0 AND NOT returns THEN e ELSE 0 END) AS new,
				sum(CASE WHEN returns THEN e ELSE 0 END) AS reactivation,
				sum(CASE WHEN s > 0 AND e > s THEN e - s ELSE 0 END) AS expansion,
				sum(CASE WHEN e > 0 AND e < s THEN s - e ELSE 0 END) AS contraction,
				sum(CASE WHEN e = 0 THEN s ELSE 0 END) AS churn,
				sum(CASE WHEN s > 0 THEN e END) AS kept,
				sum(least(s, e)) AS kept_at_most
			FROM moves
			GROUP BY t)
		SELECT t, round(s, $4), round(new, $4), round(reactivation, $4), round(expansion, $4), round(contraction, $4),
			round(churn, $4), round(e, $4),
			round(100 * kept / nullif(s, 0), 4), round(100 * kept_at_most / nullif(s, 0), 4)
		FROM sums
		ORDER BY t
	$query$, query) USING through, lookback, coalesce(within, 12000), decimals;
END $$;

-- whether something is in force at a month's last instant
CREATE FUNCTION plain.at_end(month timestamp, began timestamp, ended timestamp) RETURNS boolean
	LANGUAGE sql AS
	$$ SELECT began < month + interval '1 month' AND (ended IS NULL OR ended >= month + interval '1 month') $$;

-- the months of a year
CREATE VIEW plain.months AS
	SELECT month FROM generate_series(timestamp '2026-01-01', '2026-12-01', '1 month') AS month;
SQL

# What the subscriptions of the first recipe are worth in each month
my $subscriptions = <<'SQL';
	SELECT customer_id, month, round(price / CASE billing WHEN 'annual' THEN 12 WHEN 'quarterly' THEN 3 ELSE 1 END, 2), plan
	FROM subscriptions JOIN plain.months ON plain.at_end(month, start_date, end_date)
	WHERE price > 0 AND NOT trial
SQL

my $at_start = $subscriptions =~ s/\Qplain.at_end(month, start_date, end_date)\E/start_date <= month AND (end_date IS NULL OR end_date > month)/r;

my $stripe = <<'SQL';
SELECT period, starting, new, reactivation AS react, expansion AS expand, contraction AS contract, churn, ending, nrr, grr
FROM plain.movements($$ %s $$, '2026-04-01', decimals => 0)
SQL

# At a month's end, a subscription is paid for if no trial and no suspension holds
my $stripe_subscriptions = <<'SQL';
	SELECT s.customer_id, month,
		p.unit_amount * i.quantity / CASE p.id WHEN 'price_year' THEN 12 WHEN 'price_quarter' THEN 3 ELSE 1 END
			* (1 - coalesce(d.percent_off, 0) / 100) - coalesce(d.amount_off, 0)
	FROM plain.months
		JOIN stripe.subscriptions AS s ON plain.at_end(month, s.start_date, coalesce(s.ended_at, s.cancel_at))
			AND s.status IN ('active', 'past_due', 'canceled', 'unpaid')
		JOIN stripe.subscription_items AS i ON i.subscription_id = s.id
		JOIN stripe.prices AS p ON p.id = i.price_id
		LEFT JOIN stripe.discounts AS d ON d.subscription_id = s.id AND plain.at_end(month, d.start, d."end")
	WHERE (s.trial_end IS NULL OR NOT plain.at_end(month, s.trial_start, s.trial_end))
		AND NOT EXISTS (
			SELECT FROM stripe.suspensions AS x
			WHERE x.subscription_id = s.id AND plain.at_end(month, x.began, x.ended))
SQL

my $stripe_changes = <<'SQL';
	SELECT customer_id, month, sum(mrr_change)
	FROM stripe.subscription_item_change_events JOIN plain.months ON local_event_timestamp < month + interval '1 month'
	GROUP BY 1, 2
SQL

# Cumulative earnings are rounded, so that the shares of an invoice add up to it
my $earned = <<'SQL';
	SELECT customer, month::date, through_month - before AS amount
	FROM invoices
		CROSS JOIN plain.months
		CROSS JOIN LATERAL (SELECT service_to - service_from + 1, month::date - service_from,
			(month + interval '1 month')::date - service_from) AS d(days, days_before, days_through)
		CROSS JOIN LATERAL (SELECT round(amount * greatest(0, least(days_before, days)) / days, 6),
			round(amount * greatest(0, least(days_through, days)) / days, 6)) AS c(before, through_month)
	WHERE kind <> 'setup' AND through_month <> before
SQL

my $recurring_invoices = <<'SQL';
	SELECT customer, month, round(amount / (extract(month FROM age(service_to + 1, service_from))), 2)
	FROM invoices JOIN plain.months ON plain.at_end(month, service_from, service_to + 1)
	WHERE kind <> 'setup'
SQL

my $usage = <<'SQL';
	SELECT customer_id, month, fee
	FROM generate_series(timestamp '2024-12-01', '2026-01-01', '1 month') AS month
		JOIN seats ON plain.at_end(month, start_date, end_date)
	UNION ALL
	SELECT customer_id, date_trunc('month', used_on::timestamp), amount FROM metered
SQL

my $contracts = <<'SQL';
	SELECT customer, month, monthly FROM %s JOIN plain.months ON plain.at_end(month, start_date, end_date)
SQL

# The rows as they were when the books were closed
my $contracts_reported = sprintf $contracts,
	q{(VALUES ('Ada', 100.00, date '2026-01-01', NULL::date), ('Bolt', 200.00, '2026-01-01', NULL),
		('Cleo', 150.00, '2026-02-01', NULL))
		AS reported(customer, monthly, start_date, end_date)};
my $contracts_corrected = sprintf $contracts, 'contracts';

my $monthly_invoices = q{SELECT customer_id, date_trunc('month', invoiced_on::timestamp), amount FROM monthly_invoices};

# The rows of the recipe with open upgrades; a later row, of the customer and what else is said, ends an earlier one
my $plan_history = <<'SQL';
	SELECT customer, month, mrr
	FROM plan_history AS p JOIN plain.months ON plain.at_end(month, start_date, end_date)
	WHERE NOT EXISTS (
		SELECT FROM plan_history AS n
		WHERE n.customer = p.customer AND %s AND n.start_date > p.start_date AND n.start_date < month + interval '1 month')
SQL

my $per_product = sprintf $plan_history, 'n.product = p.product';

my $activities = <<'SQL';
	SELECT "customer-uuid", month, "activity-mrr-movement"
	FROM activities JOIN plain.months ON date < month + interval '1 month'
SQL

# A payment is in force from its day on, for so long, at so much a month
my $app_payments = <<'SQL';
	SELECT customer, month, round(%s, 2)
	FROM generate_series(timestamp '2025-03-01', '2026-12-01', '1 month') AS month
		JOIN app_payments ON plain.at_end(month, paid_on, (paid_on + %s)::date)
SQL

my $payments_by_days = sprintf $app_payments, 'amount * 365 / (12 * days)', 'days';
my $payments_by_months = sprintf $app_payments, 'amount / CASE days WHEN 30 THEN 1 WHEN 90 THEN 3 ELSE 12 END',
	q{CASE days WHEN 30 THEN interval '1 month' WHEN 90 THEN '3 months' ELSE '1 year' END};

my $renewals = q{SELECT customer, month, mrr FROM renewals JOIN plain.months ON plain.at_end(month, start_date, end_date)};

my $cash = q{SELECT customer_id, date_trunc('month', %s), amount FROM stripe_payments.movements_of_cash};
my $cash_refunded = sprintf $cash, 'created';
my $cash_charged = sprintf $cash, 'charged';

my %checks = (
	'1. Subscriptions with a start and an end' => [ <<SQL, <<SQL ],
SELECT period, starting, new, expansion AS expand, contraction AS contract, churn, ending, nrr, grr
FROM plain.movements('SELECT customer, month, amount FROM (' || \$\$ $subscriptions \$\$ || ') AS s(customer, month, amount)',
	'2026-06-01')
SQL
SELECT month::date AS period,
	(SELECT sum(amount) FROM ($at_start) AS s(customer, month, amount) WHERE s.month = months.month) AS at_start,
	(SELECT sum(amount) FROM ($subscriptions) AS s(customer, month, amount) WHERE s.month = months.month) AS at_end
FROM plain.months
WHERE month < '2026-07-01'
ORDER BY month
SQL
	'2. Invoices with service periods' => [ <<SQL, <<SQL ],
SELECT month AS period,
	sum(amount) FILTER (WHERE customer = 'Acme') AS acme,
	sum(amount) FILTER (WHERE customer = 'Bolt') AS bolt,
	sum(nullif(amount, 0)) FILTER (WHERE customer = 'Cleo') AS cleo,
	sum(amount) AS earned
FROM (SELECT customer, month, nullif(sum(amount), 0) FROM ($earned) AS e GROUP BY 1, 2) AS e(customer, month, amount)
GROUP BY ROLLUP (month)
ORDER BY month
SQL
SELECT period, starting, new, expansion AS expand, contraction AS contract, churn, ending, nrr
FROM plain.movements(\$\$ $recurring_invoices \$\$, '2026-06-01')
SQL
	'3. Stripe subscriptions' => [ sprintf($stripe, $stripe_subscriptions), sprintf($stripe, $stripe_changes) ],
	# by hand: 30 - 15 + 30, then 60; a dollar a day; 90 - 30
	'4. Stripe invoice line items' => [ <<'SQL' ],
SELECT customer, period::date, earned
FROM (VALUES ('cus_ada', '2026-04-01', 45.00), ('cus_ada', '2026-05-01', 60.00), ('cus_bolt', '2026-04-01', 30.00),
	('cus_bolt', '2026-05-01', 31.00), ('cus_cleo', '2026-04-01', 60.00)) AS hand(customer, period, earned)
SQL
	'5. Several currencies' => [ <<'SQL' ],
SELECT c.period, c.starting, c.new, c.expansion AS expand, c.churn, c.ending, a.ending - c.ending AS fx, a.ending AS in_books,
	c.nrr AS nrr_constant, a.nrr AS nrr_actual
FROM plain.movements($$ SELECT customer_id, date_trunc('month', paid_on::timestamp),
		amount * CASE currency WHEN 'EUR' THEN 1.1 WHEN 'GBP' THEN 1.3 ELSE 1.0 END FROM payments $$, '2026-03-01') AS c
	JOIN plain.movements($$ SELECT customer_id, month, amount * to_usd
		FROM payments JOIN rates USING (currency)
		WHERE month = date_trunc('month', paid_on::timestamp) $$, '2026-03-01') AS a USING (period)
ORDER BY c.period
SQL
	'6. Usage beside subscriptions' => [ <<SQL, <<SQL ],
SELECT period, y.starting, y.expansion AS expand, y.contraction AS contract, y.churn, y.ending, y.nrr AS nrr_year,
	m.nrr AS nrr_month
FROM plain.movements(\$\$ $usage \$\$, '2026-01-01', 12) AS y
	JOIN plain.movements(\$\$ $usage \$\$, '2026-01-01') AS m USING (period)
WHERE period >= '2025-12-01'
ORDER BY period
SQL
SELECT period, m.reactivation AS react, m.churn, m.nrr, g.reactivation AS react_grace, g.churn AS churn_grace,
	g.nrr AS nrr_grace
FROM plain.movements(\$\$ $usage \$\$, '2026-01-01') AS m
	JOIN plain.movements(\$\$ $usage UNION ALL SELECT 2, '2025-08-01', 50 \$\$, '2026-01-01') AS g USING (period)
WHERE period BETWEEN '2025-07-01' AND '2025-09-01'
ORDER BY period
SQL
	'7. Merged customers' => [ <<'SQL' ],
SELECT period, b.new, b.expansion AS expand, b.churn, b.nrr, b.grr, m.churn AS churn_merged, m.nrr AS nrr_merged,
	m.grr AS grr_merged
FROM plain.movements('SELECT customer_id, date_trunc(''month'', paid_on::timestamp), amount FROM receipts', '2026-04-01') AS b
	JOIN plain.movements('SELECT CASE WHEN customer_id IN (20, 21, 22) THEN 22 ELSE customer_id END,
		date_trunc(''month'', paid_on::timestamp), amount FROM receipts', '2026-04-01') AS m USING (period)
WHERE b.starting > 0
ORDER BY period
SQL
	'8. Backdated corrections' => [ <<SQL, <<SQL ],
SELECT period, r.ending AS reported, c.ending - r.ending AS restated, c.ending AS corrected, r.nrr AS nrr_reported,
	c.nrr AS nrr_corrected
FROM plain.movements(\$\$ $contracts_reported \$\$, '2026-04-01') AS r
	JOIN plain.movements(\$\$ $contracts_corrected \$\$, '2026-04-01') AS c USING (period)
ORDER BY period
SQL
SELECT customer, month::date AS period, coalesce(c.amount, 0.00) - coalesce(r.amount, 0.00) AS restated
FROM ($contracts_reported) AS r(customer, month, amount)
	FULL JOIN ($contracts_corrected) AS c(customer, month, amount) USING (customer, month)
WHERE month < '2026-05-01' AND c.amount IS DISTINCT FROM r.amount
ORDER BY customer, month
SQL
	# with the month that the grace fills written down as if it had been invoiced
	'9. Late invoices and returns' => [ <<SQL ],
SELECT period, b.new, b.reactivation AS react, b.churn, b.nrr, g.new AS new_grace, g.reactivation AS react_grace,
	g.churn AS churn_grace, g.nrr AS nrr_grace
FROM plain.movements(\$\$ $monthly_invoices \$\$, '2026-06-01') AS b
	JOIN plain.movements(\$\$ $monthly_invoices UNION ALL SELECT 2, '2026-03-01', 100 \$\$, '2026-06-01', 1, 3) AS g
		USING (period)
ORDER BY period
SQL
	'10. Top movers' => [ <<SQL ],
WITH mrr(customer, month, amount, plan) AS ($subscriptions),
	january AS (SELECT customer, sum(amount) AS amount FROM mrr WHERE month = '2026-01-01' GROUP BY 1),
	june AS (SELECT customer, sum(amount) AS amount FROM mrr WHERE month = '2026-06-01' GROUP BY 1)
SELECT name, CASE WHEN s.amount IS NULL THEN 'new' WHEN e.amount IS NULL THEN 'churn' WHEN e.amount > s.amount THEN 'expansion'
		ELSE 'contraction' END AS category,
	coalesce(s.amount, 0.00) AS previous, coalesce(e.amount, 0.00) AS current,
	coalesce(e.amount, 0) - coalesce(s.amount, 0) AS change
FROM january AS s FULL JOIN june AS e USING (customer) JOIN customers ON id = customer
WHERE e.amount IS DISTINCT FROM s.amount
ORDER BY abs(coalesce(e.amount, 0) - coalesce(s.amount, 0)) DESC, name
LIMIT 3
SQL
	'11. A dashboard with segments' => [ <<SQL ],
SELECT segment, starting, new, expansion AS expand, contraction AS contract, churn, ending, nrr, grr
FROM (VALUES ('Business'), ('Team'), ('all')) AS segments(segment),
	LATERAL plain.movements(
		'SELECT customer, month, amount FROM (' || \$\$ $subscriptions \$\$ || ') AS s(customer, month, amount, plan)
		WHERE ' || quote_literal(segment) || \$\$ IN (plan, 'all') \$\$, '2026-06-01', 3) AS m
WHERE period = '2026-06-01'
ORDER BY segment = 'all', segment
SQL
	# sql/lint.sql holds the findings against plain SQL
	'12. The health of a billing table' => [undef],
	'13. Upgrades beside the old plan' => [
		sprintf(<<'SQL', $per_product, sprintf($plan_history, 'true'), sprintf($plan_history, 'false')), <<SQL ],
SELECT period, a.ending AS added_up, c.ending AS per_customer, i.ending AS per_product, i.expansion AS expand, i.nrr
FROM plain.movements($$ %s $$, '2026-06-01') AS i
	JOIN plain.movements($$ %s $$, '2026-06-01') AS c USING (period)
	JOIN plain.movements($$ %s $$, '2026-06-01') AS a USING (period)
ORDER BY period
SQL
SELECT period, ending AS per_product FROM plain.movements(\$\$ $per_product \$\$, '2026-06-01') WHERE period >= '2026-05-01'
SQL
	'14. Snapshots of MRR' => [ <<'SQL' ],
SELECT period, starting, new, expansion AS expand, churn, ending, nrr,
	(SELECT sum(mrr) FROM mrr_snapshots WHERE date_trunc('month', day::timestamp) = period) AS added_up
FROM plain.movements($$ SELECT customer, date_trunc('month', day::timestamp), mrr FROM mrr_snapshots
	WHERE day IN ('2026-01-31', '2026-02-28', '2026-03-31') $$, '2026-03-01')
ORDER BY period
SQL
	'15. Tables of changes' => [ <<SQL, sprintf($stripe, $stripe_changes) ],
SELECT period, starting, new, reactivation AS react, expansion AS expand, contraction AS contract, churn, ending, nrr
FROM plain.movements(\$\$ $activities \$\$, '2026-05-01', decimals => 0)
SQL
	'16. Last days in a column' => [ <<SQL ],
SELECT month AS period, sum(amount) AS earned FROM ($earned) AS e GROUP BY ROLLUP (month) ORDER BY month
SQL
	'17. Payments of 30, 90 and 365 days' => [ <<SQL ],
SELECT period, m.ending AS by_months, m.nrr AS nrr_by_months, d.ending AS by_days, d.churn, d.nrr
FROM plain.movements(\$\$ $payments_by_days \$\$, '2026-06-01') AS d
	JOIN plain.movements(\$\$ $payments_by_months \$\$, '2026-06-01') AS m USING (period)
WHERE period >= '2026-01-01'
ORDER BY period
SQL
	# with the months that are bridged written down as if something had been in force
	'18. Renewal gaps' => [ <<SQL ],
SELECT period, n.churn, n.reactivation AS react, n.nrr, g.churn AS churn_grace, g.nrr AS nrr_grace, d.churn AS churn_7_days,
	d.expansion AS expand_7_days, d.nrr AS nrr_7_days
FROM plain.movements(\$\$ $renewals \$\$, '2026-06-01') AS n
	JOIN plain.movements(\$\$ $renewals UNION ALL VALUES ('Ada', timestamp '2026-05-01', 100), ('Dune', '2026-04-01', 40) \$\$,
		'2026-06-01') AS g USING (period)
	JOIN plain.movements(\$\$ $renewals UNION ALL VALUES ('Ada', timestamp '2026-05-01', 100) \$\$, '2026-06-01') AS d USING (period)
WHERE period >= '2026-03-01'
ORDER BY period
SQL
	'19. A report that differs from the table\'s sum' => [ <<'SQL' ],
CREATE TEMP VIEW nets AS
	SELECT customer, date_trunc('month', paid_on)::date AS period, sum(amount) AS amount FROM ledger_rows GROUP BY 1, 2;
SELECT period, sum(greatest(amount, 0)) AS ending, sum(least(amount, 0)) AS negative, sum(amount) AS in_table
FROM nets GROUP BY period ORDER BY period;
SELECT customer, period, amount FROM nets WHERE amount < 0
SQL
	'20. Active means has a row' => [ <<'SQL' ],
WITH present AS (
	SELECT customer, month, price > 0 AS paying FROM memberships JOIN plain.months ON plain.at_end(month, start_date, end_date)),
kept AS (
	SELECT p.month, count(*) FILTER (WHERE p.paying) AS paying, count(*) AS accounts,
		count(b.customer) FILTER (WHERE p.paying AND b.paying) AS paying_kept, count(b.customer) AS kept
	FROM present AS p LEFT JOIN present AS b ON b.customer = p.customer AND b.month = p.month - interval '1 month'
	GROUP BY p.month)
SELECT month::date AS period, paying, round(100.0 * paying_kept / lag(paying) OVER (ORDER BY month), 4) AS paying_kept,
	accounts, round(100.0 * kept / lag(accounts) OVER (ORDER BY month), 4) AS accounts_kept
FROM kept WHERE month < '2026-05-01' ORDER BY month
SQL
	'21. Subscriptions within one month' => [ <<'SQL' ],
SELECT (SELECT count(DISTINCT customer) FROM passes JOIN plain.months ON plain.at_end(month, start_date, end_date)) AS by_month,
	count(DISTINCT customer) FILTER (WHERE end_date > start_date) AS by_day, count(DISTINCT customer) AS a_month_at_least,
	count(DISTINCT customer) FILTER (WHERE price > 0) AS paid, count(DISTINCT customer)
FROM passes
SQL
	'22. Stripe refunds' => [ <<SQL ],
SELECT period, r.ending AS when_refunded, (SELECT coalesce(sum(net), 0)
		FROM (SELECT sum(amount) AS net FROM ($cash_refunded) AS c(customer, month, amount) WHERE month = period
			GROUP BY customer HAVING sum(amount) < 0) AS n) AS negative,
	r.churn, r.nrr, c.ending AS when_charged, c.churn AS churn_charged, c.nrr AS nrr_charged
FROM plain.movements(\$\$ $cash_refunded \$\$, '2026-03-01', decimals => 0) AS r
	JOIN plain.movements(\$\$ $cash_charged \$\$, '2026-03-01', decimals => 0) AS c USING (period)
ORDER BY period
SQL
	# by hand: prices of what is in force at each month's end, Bolt's year less a quarter
	'23. Stripe invoices to MRR' => [ <<'SQL' ],
SELECT period, starting, new, expansion AS expand, contraction AS contract, churn, ending, nrr, grr
FROM plain.movements($$ VALUES ('ada', timestamp '2026-01-01', 5000), ('bolt', '2026-01-01', 7500), ('cleo', '2026-01-01', 6000),
	('ada', '2026-02-01', 8000), ('bolt', '2026-02-01', 7500), ('cleo', '2026-02-01', 9000),
	('ada', '2026-03-01', 8000), ('bolt', '2026-03-01', 7500) $$, '2026-03-01', decimals => 0)
SQL
	'24. Seats against prices' => [ <<'SQL' ],
WITH s AS (SELECT * FROM licences WHERE start_date <= '2025-01-31'), e AS (SELECT * FROM licences WHERE end_date IS NULL)
SELECT date '2026-01-01' AS period, sum(s.seats * s.price) AS starting, sum(e.seats * e.price) AS ending,
	round(100 * sum(e.seats * e.price) / sum(s.seats * s.price), 4) AS nrr, sum(s.seats) AS seats_before, sum(e.seats) AS seats,
	round(100.0 * sum(e.seats) / sum(s.seats), 4) AS nrr_seats,
	round(100.0 * sum(least(s.seats, e.seats)) FILTER (WHERE e.seats > 0) / sum(s.seats), 4) AS grr_seats,
	round((100.0 * sum(e.seats * e.price) / sum(s.seats * s.price)) / (1.0 * sum(e.seats) / sum(s.seats)), 4) AS price_index
FROM s LEFT JOIN e USING (customer)
SQL
	'25. Fiscal years' => [ <<'SQL' ],
SELECT period AS fiscal_year, starting, new, expansion AS expand, contraction AS contract, churn, ending, nrr
FROM plain.movements($$ SELECT customer, make_timestamp(year - (extract(month FROM paid_on) < 2)::int, 2, 1, 0, 0, 0), amount
	FROM fiscal_payments, LATERAL (SELECT extract(year FROM paid_on)::int AS year) AS y $$, '2025-02-01', 12)
WHERE extract(month FROM period) = 2
SQL
	'Inclusive ends' => [ <<SQL ],
SELECT period, w.ending AS wrong, r.ending AS correct
FROM plain.movements(\$\$ $recurring_invoices \$\$, '2026-06-01') AS r
	JOIN plain.movements(replace(\$\$ $recurring_invoices \$\$, 'service_from, service_to + 1)' || chr(10), 'service_from, service_to)' || chr(10)),
		'2026-06-01') AS w USING (period)
ORDER BY period
SQL
	# by hand: an open end touches the month of its start, an empty range none
	'Ends that are not ends' => [ <<'SQL' ],
SELECT *
FROM (VALUES (NULL::date, daterange '[2026-01-01,2026-02-01)'), ('2026-01-10', 'empty'),
	('9999-12-31', '[2026-01-01,10000-01-01)'), ('infinity', '[2026-01-01,2026-02-01)')) AS hand(end_date, periods)
SQL
	'NULL' => [undef],
	# by hand, from the comments beside the rows
	'Time zones' => [ <<'SQL', <<'SQL' ]);
SELECT '2026-03-01'::date AS period, 40.00 AS amount UNION ALL SELECT '2026-04-01', 110.00;
SELECT '2026-02-01'::date AS period, 40.00 AS amount UNION ALL SELECT '2026-03-01', 50.00 UNION ALL SELECT '2026-04-01', 60.00
SQL
SELECT '2026-02-01'::date AS period, 40.00 AS amount UNION ALL SELECT '2026-03-01', 50.00 UNION ALL SELECT '2026-04-01', 60.00
SQL

test_examples('docs/recipes.md', setup => $setup, checks => \%checks);
done_testing();
