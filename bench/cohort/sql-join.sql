-- Two aggregates and a join, as DuckDB likes it best: the first month with its revenue by GROUP BY instead of a window
WITH monthly AS (
  SELECT
    customer_id,
    width_bucket(paid_at, ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d)) - 1 AS m,
    sum((amount * 100)::int) AS r
  FROM billing GROUP BY 1, 2 HAVING sum((amount * 100)::int) > 0
), began AS (
  SELECT customer_id, min(m::bigint << 44 | r) AS f_base FROM monthly GROUP BY 1
), series AS (
  SELECT m, r, (f_base >> 44)::int AS f, f_base & ((1::bigint << 44) - 1) AS base FROM monthly JOIN began USING (customer_id)
), cell AS (
  SELECT f, m - f AS age, count(*) AS customers, sum(r) / 100 AS revenue, sum(least(base, r)) / 100 AS retained
  FROM series GROUP BY 1, 2
), cohort AS (
  SELECT f, customers AS cohort_customers, revenue AS cohort_revenue FROM cell WHERE age = 0
), grid AS (
  SELECT cohort.*, age FROM cohort, generate_series(0, (SELECT max(f + age) FROM cell) - f) AS age
)
SELECT
  (date '2000-01-01' + make_interval(months => f))::date AS cohort,
  (date '2000-01-01' + make_interval(months => f + age))::date AS period,
  age,
  cohort_customers,
  coalesce(customers, 0) AS customers,
  cohort_revenue,
  coalesce(revenue, 0) AS revenue,
  coalesce(retained, 0) AS retained_revenue,
  round(100 * coalesce(revenue, 0) / cohort_revenue, 4) AS nrr,
  round(100 * coalesce(retained, 0) / cohort_revenue, 4) AS grr,
  round(100.0 * coalesce(customers, 0) / cohort_customers, 4) AS logo_retention,
  true AS complete
FROM grid LEFT JOIN cell USING (f, age)
ORDER BY f, age;
