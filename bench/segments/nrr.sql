-- A ledger for each of the 10,000 segments, and their rates over a year added up to those of the whole business
SELECT starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s), nrr(s), grr(s), logo_retention(s)
FROM
  (SELECT rollup(retention(l, date '2023-12-01', date '2024-12-01')) AS s
   FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing GROUP BY segment) AS segment) AS whole;
