SELECT m.*
FROM (SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing) AS s, LATERAL revenue_movements(l) AS m;
