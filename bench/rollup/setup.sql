CREATE TABLE monthly_ledger AS
SELECT date_trunc('month', paid_at::timestamp) AS month, revenue_ledger(customer_id, paid_at, amount) AS l
FROM billing GROUP BY 1;
VACUUM ANALYZE monthly_ledger;
