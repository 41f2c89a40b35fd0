SELECT * FROM ledger_lint('billing', 'customer_id', 'paid_at', 'amount');
