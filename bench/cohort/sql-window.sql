-- As an analyst writes it: months by GROUP BY, the first month and its revenue by a window. Even here the month is found
-- by a binary search in the calendar, which beats date_trunc and date_part.
WITH monthly AS (
  SELECT
    customer_id,
    width_bucket(paid_at, ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d)) - 1 AS m,
    sum(amount) AS r
  FROM billing GROUP BY 1, 2 HAVING sum(amount) > 0
), series AS (
  SELECT m, r, first_value(m) OVER w AS f, first_value(r) OVER w AS base
  FROM monthly WINDOW w AS (PARTITION BY customer_id ORDER BY m ROWS UNBOUNDED PRECEDING)
), cell AS (
  SELECT f, m - f AS age, count(*) AS customers, sum(r) AS revenue, sum(least(base, r)) AS retained
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
