SELECT c.*
FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing_text) AS s, LATERAL cohort_retention(l) AS c;
