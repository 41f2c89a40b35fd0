-- The rows of billing in another common shape: customers are UUIDs, amounts bigint cents

CREATE TABLE billing_cents (customer_id uuid NOT NULL, paid_at date NOT NULL, cents bigint NOT NULL);

INSERT INTO billing_cents SELECT md5('customer ' || customer_id)::uuid, paid_at, 100 * amount FROM billing;

VACUUM (ANALYZE, FREEZE) billing_cents;
