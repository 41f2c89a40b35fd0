SELECT c.*
FROM (SELECT revenue_ledger(customer_id, paid_at, cents) AS l FROM billing_cents) AS s, LATERAL cohort_retention(l) AS c;
