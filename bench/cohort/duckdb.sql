-- DuckDB's fastest form known: months by a hash aggregate, the first month and its revenue by another one, joined. Amounts
-- are narrowed from DECIMAL(38,2), as sum() returns them, to 8 bytes. Rates are divided as integers, since DuckDB divides
-- decimals as floating-point numbers. The last two concern 1,830 rows only.
WITH monthly AS (
  SELECT customer_id, year(paid_at) * 12 + month(paid_at) - 1 AS m, sum(amount)::DECIMAL(18,2) AS r
  FROM billing GROUP BY ALL HAVING r > 0
), first AS (
  SELECT customer_id, min(m) AS f, arg_min(r, m) AS base FROM monthly GROUP BY customer_id
), cell AS (
  SELECT f, m - f AS age, count(*) AS customers, sum(r) AS revenue, sum(least(base, r)) AS retained
  FROM monthly JOIN first USING (customer_id) GROUP BY ALL
), cohort AS (
  SELECT f, customers AS cohort_customers, revenue AS cohort_revenue FROM cell WHERE age = 0
), grid AS (
  SELECT cohort.*, unnest(range((SELECT max(f + age) FROM cell) - f + 1)) AS age FROM cohort
), filled AS (
  SELECT
    f, age, cohort_customers, cohort_revenue,
    coalesce(customers, 0) AS customers, coalesce(revenue, 0) AS revenue, coalesce(retained, 0) AS retained,
    (100 * cohort_revenue)::HUGEINT AS whole, (100 * coalesce(revenue, 0))::HUGEINT AS part,
    (100 * coalesce(retained, 0))::HUGEINT AS retained_part
  FROM grid LEFT JOIN cell USING (f, age)
)
SELECT
  make_date(f // 12, f % 12 + 1, 1) AS cohort,
  make_date((f + age) // 12, (f + age) % 12 + 1, 1) AS period,
  age,
  cohort_customers,
  customers,
  cohort_revenue,
  revenue,
  retained AS retained_revenue,
  ((2000000 * part + whole) // (2 * whole))::DECIMAL(18,0) * 0.0001 AS nrr,
  ((2000000 * retained_part + whole) // (2 * whole))::DECIMAL(18,0) * 0.0001 AS grr,
  ((2000000 * customers + cohort_customers) // (2 * cohort_customers))::DECIMAL(18,0) * 0.0001 AS logo_retention,
  true AS complete
FROM filled
ORDER BY f, age;
