SELECT count(customer_id), count(l)
FROM (SELECT customer_id, revenue_ledger(customer_id, paid_at, amount) AS l FROM billing GROUP BY customer_id) AS s;
