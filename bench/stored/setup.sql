CREATE TABLE ledger AS SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing;
