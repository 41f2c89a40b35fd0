SELECT * FROM cohort_retention('billing', 'customer_id', 'paid_at', 'amount');
