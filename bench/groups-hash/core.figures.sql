SELECT customer_id, sum(amount) AS total, date_trunc('month', min(paid_at))::date AS first FROM billing GROUP BY customer_id;
