SELECT sum(amount) FROM billing_text;
