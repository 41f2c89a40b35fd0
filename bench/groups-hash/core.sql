SELECT count(customer_id), count(total), count(first)
FROM (SELECT customer_id, sum(amount) AS total, min(paid_at) AS first FROM billing GROUP BY customer_id) AS s;
