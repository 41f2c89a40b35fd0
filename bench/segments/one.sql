SELECT starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s), nrr(s), grr(s), logo_retention(s)
FROM
  (SELECT retention(l, date '2023-12-01', date '2024-12-01') AS s
   FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing) AS ledger OFFSET 0) AS whole;
