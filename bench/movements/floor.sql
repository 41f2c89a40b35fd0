SELECT sum(amount) FROM billing;
