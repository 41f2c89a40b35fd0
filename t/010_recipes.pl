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
