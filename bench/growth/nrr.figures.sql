SELECT c.*
FROM
  (SELECT revenue_ledger(customer_id, paid_at, amount) AS l
   FROM billing WHERE customer_id <= (SELECT max(customer_id) FROM billing_tenth)) AS s,
  LATERAL cohort_retention(l) AS c;
