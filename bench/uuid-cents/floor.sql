SELECT sum(cents) FROM billing_cents;
