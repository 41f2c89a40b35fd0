-- Deterministic subscriptions, :rows / 4 of them, of :rows / 20 customers: each lasts 1 to 60 months, in steps of half a
-- month, and begins on some day of the 60 months from 2020-01

CREATE TABLE subscription (customer_id int NOT NULL, during daterange NOT NULL, mrr numeric(12,2) NOT NULL);

INSERT INTO subscription
SELECT
  1 + floor(:rows / 20 * chance(n, 21))::int,
  daterange(starts, (starts + make_interval(months => halves / 2, days => 15 * (halves % 2)))::date),
  round((5 * exp(6 * chance(n, 22)))::numeric, 2)
FROM
  (SELECT
     n,
     date '2020-01-01' + floor(1826 * chance(n, 23))::int AS starts,
     2 + floor(119 * chance(n, 24))::int AS halves
   FROM generate_series(1::bigint, :rows / 4) AS n) AS s;

VACUUM (ANALYZE, FREEZE) subscription;
