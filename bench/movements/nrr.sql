-- but for churn_rate and negative, which the others do not compute
SELECT
  period, starting, new, reactivation, expansion, contraction, churn, ending,
  starting_customers, new_customers, reactivated_customers, expanded_customers, contracted_customers,
  churned_customers, ending_customers, nrr, grr, logo_retention, quick_ratio
FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing) AS s, LATERAL revenue_movements(l) AS m;
