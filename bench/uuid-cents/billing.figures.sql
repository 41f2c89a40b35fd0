SELECT
  cohort, period, age, cohort_customers, customers, 100 * cohort_revenue AS cohort_revenue, 100 * revenue AS revenue,
  100 * retained_revenue AS retained_revenue,
  nrr, grr, logo_retention, complete
FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing) AS s, LATERAL cohort_retention(l) AS c;
