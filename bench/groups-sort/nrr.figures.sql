SELECT customer_id, total(l) AS total, lower(periods(l)) AS first
FROM (SELECT customer_id, revenue_ledger(customer_id, paid_at, amount) AS l FROM billing GROUP BY customer_id) AS s;
