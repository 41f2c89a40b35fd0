-- Deterministic billing of :rows / 20 customers over the 60 months from 2020-01, about :rows rows in all.
--
-- A customer begins in some month, stays for a geometric number of months, pays 1 to 4 rows in each of them (a plan,
-- add-ons, usage), pauses now and then, moves to another price level about twice a year, and gets a refund now and
-- then, at times a larger one than the whole month's revenue. Each belongs to one of 10,000 segments. Rows arrive by date,
-- as they do in a billing system.

CREATE TABLE billing (customer_id int NOT NULL, paid_at date NOT NULL, amount numeric(12,2) NOT NULL, segment int, region text);

INSERT INTO billing
SELECT
  c,
  (date '2020-01-01' + make_interval(months => m))::date + floor(28 * chance(c * 4096 + m * 8 + k, 5))::int,
  round((price * (1 + floor(4 * chance(c * 4096 + m / 6, 6)) / 4)
    * CASE
        WHEN chance(c * 4096 + m * 8 + k, 7) < 0.02 THEN -1.5
        ELSE 1 / (1 + k)
      END)::numeric, 2),
  1 + floor(10000 * chance(c, 10))::int,
  (ARRAY['Americas', 'Europe', 'Asia', 'Africa'])[1 + c % 4]
FROM
  (SELECT
     c,
     floor(60 * chance(c, 1))::int AS first,
     floor(-9.65 * ln(1 - chance(c, 2)))::int AS life,
     floor(4 * chance(c, 3))::int AS extra,
     5 * exp(6 * chance(c, 4)) AS price
   FROM generate_series(1, :rows / 20::bigint) AS c) AS customer,  -- keys of chance() go beyond 32 bits
  generate_series(first, least(first + life, 59)) AS m,
  generate_series(0, extra) AS k
WHERE m = first OR chance(c * 4096 + m, 8) > 0.08
ORDER BY 2, hashint8extended(c * 4096 + m * 8 + k, 9);

VACUUM (ANALYZE, FREEZE) billing;
