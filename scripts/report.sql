-- Movements, cohorts, and NRR by segment with its rating, of the table billing, at the width of a screen.

\pset footer off
\pset numericlocale on

CREATE EXTENSION nrr;

CREATE TEMP TABLE ledger AS SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing;

SELECT to_char(count(*), 'FM999,999,999,999') AS rows, to_char(customers(l), 'FM999,999,999') AS customers, to_char(min(paid_at), 'FMDD Mon YYYY') AS first_day,
	to_char(max(paid_at), 'FMDD Mon YYYY') AS last_day, upper(periods(l)) - 1 AS through,
	CASE WHEN abs(total(l)) >= 100000 THEN 0 ELSE 2 END AS decimals,
	m.months, m.months > 12 AS long, greatest(1, least(12, m.months - 1)) AS lookback
FROM billing, ledger, LATERAL (SELECT count(*) AS months FROM revenue_movements(l)) m
WHERE num_nulls(customer_id, paid_at, amount) = 0
GROUP BY l, m.months
\gset

\echo
\echo :rows 'billing rows of' :customers 'customers, from' :first_day 'to' :last_day
\echo

\echo '1. Where the revenue of each month came from, and where it went (last 12 months)'
\echo '   starting + new + returned + expansion - contraction - churn = ending. NRR, net revenue retention, is what the'
\echo '   customers of the month before pay now, in percent of what they paid then; GRR leaves their expansion out.'
\echo '   SQL: revenue_movements(''billing'', ''customer_id'', ''paid_at'', ''amount'')'
\echo
SELECT to_char(period, 'Mon YYYY') AS month, round(starting, :decimals) AS starting, round(new, :decimals) AS new,
	round(reactivation, :decimals) AS returned, round(expansion, :decimals) AS expansion,
	round(contraction, :decimals) AS contraction, round(churn, :decimals) AS churn, round(ending, :decimals) AS ending,
	round(nrr, 1) AS "NRR %", round(grr, 1) AS "GRR %"
FROM (SELECT * FROM revenue_movements('billing', 'customer_id', 'paid_at', 'amount')
	ORDER BY period DESC LIMIT 12) AS last_months
ORDER BY period;

\echo '2. What those who began together pay after some months, in percent of their first month (last 12 cohorts)'
\echo '   A row is the customers of one first payment date; 100 at month 0, above 100 when expansion outweighs churn.'
\if :long
	\echo '   SQL: cohort_retention(''billing'', ''customer_id'', ''paid_at'', ''amount'', cohort_grain => ''quarter'')'
	\set cohort_grain quarter
	\set cohort_format 'YYYY "Q"Q'
	\set step 3
\else
	\echo '   SQL: cohort_retention(''billing'', ''customer_id'', ''paid_at'', ''amount'')'
	\set cohort_grain month
	\set cohort_format 'Mon YYYY'
	\set step 1
\endif
\echo
SELECT to_char(cohort, :'cohort_format') || to_char(cohort_customers, '9,999,999') AS "cohort, customers",
	age AS month, round(nrr) AS nrr
FROM (SELECT *, dense_rank() OVER (ORDER BY cohort DESC) AS recency
	FROM cohort_retention('billing', 'customer_id', 'paid_at', 'amount', cohort_grain => :'cohort_grain')) AS cohorts
WHERE recency <= 12 AND complete AND age % :step = 0 AND age < 12 * :step
ORDER BY cohort, age
\crosstabview 1 2 3 2

SELECT :'segment_name' <> '' AS segmented \gset
\if :segmented
	\echo '3. Retention over' :lookback 'months by' :segment_name '(the largest 15)'
\else
	\echo '3. Retention over' :lookback 'months'
	\set segment_name segment
\endif
\echo '   Of those who paid' :lookback 'months before the last one: what they paid then and what they pay now, how much of it is'
\echo '   left (NRR), left without expansion (GRR), and how many of them still pay (logos).'
SELECT :lookback = 12 AS rated \gset
\if :rated
	\echo '   The rating is that of NRR: below 70 critical, below 90 moderate, up to 100 healthy, above strong.'
	\set rating ', emoji(rating(nrr)) || '' '' || rating(nrr) AS rating'
\else
	\set rating ''
\endif
\echo '   SQL: revenue_movements(revenue_ledger(customer_id, paid_at, amount),' :lookback), rating(nrr)
\echo
WITH ledgers AS (
	SELECT coalesce(:"segment", '(none)') AS segment, grouping(:"segment") AS is_total,
		revenue_ledger(customer_id, paid_at, amount) AS l
	FROM billing
	GROUP BY ROLLUP (:"segment")
	HAVING grouping(:"segment") = 1 OR :'segmented'
)
SELECT CASE is_total WHEN 1 THEN 'all' ELSE segment END AS :"segment_name",
	starting_customers AS customers, round(starting, :decimals) AS "paid then",
	round(ending - new - reactivation, :decimals) AS "pay now",
	round(nrr, 1) AS "NRR %", round(grr, 1) AS "GRR %", round(logo_retention, 1) AS "logos %" :rating
FROM (SELECT *, row_number() OVER (PARTITION BY is_total ORDER BY starting DESC, segment) AS place
	FROM ledgers, LATERAL revenue_movements(l, :lookback, :'through')
	WHERE period = date_trunc('month', date :'through')) AS last_month
WHERE place <= 15
ORDER BY is_total, place;
