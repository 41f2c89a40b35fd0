-- The rows of billing with customers as payment providers number them: text of 18 characters, of which the first 4 are
-- always the same

CREATE TABLE billing_text (customer_id text NOT NULL, paid_at date NOT NULL, amount numeric(12,2) NOT NULL);

INSERT INTO billing_text SELECT 'cus_' || left(md5('customer ' || customer_id), 14), paid_at, amount FROM billing;

VACUUM (ANALYZE, FREEZE) billing_text;
