-- As an analyst writes it: months by GROUP BY, the month before by lag(). Churn needs no lead(): it is what of the month
-- before was not kept. (Right as long as no month is without any customer.)
WITH monthly AS (
  SELECT
    customer_id,
    width_bucket(paid_at, ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d)) - 1 AS m,
    sum(amount) AS r
  FROM billing GROUP BY 1, 2 HAVING sum(amount) > 0
), series AS (
  SELECT m, r, lag(m) OVER w AS p, CASE WHEN lag(m) OVER w = m - 1 THEN lag(r) OVER w END AS s
  FROM monthly WINDOW w AS (PARTITION BY customer_id ORDER BY m)
), active AS (
  SELECT
    m,
    sum(r) AS ending, count(*) AS ending_customers,
    coalesce(sum(s), 0) AS kept, count(s) AS kept_customers,
    coalesce(sum(r) FILTER (WHERE p IS NULL), 0) AS new, count(*) FILTER (WHERE p IS NULL) AS new_customers,
    coalesce(sum(r) FILTER (WHERE p < m - 1), 0) AS reactivation, count(*) FILTER (WHERE p < m - 1) AS reactivated_customers,
    coalesce(sum(r - s) FILTER (WHERE r > s), 0) AS expansion, count(*) FILTER (WHERE r > s) AS expanded_customers,
    coalesce(sum(s - r) FILTER (WHERE r < s), 0) AS contraction, count(*) FILTER (WHERE r < s) AS contracted_customers
  FROM series GROUP BY m
), bridge AS (
  SELECT *, starting - kept AS churn, starting_customers - kept_customers AS churned_customers
  FROM
    (SELECT *,
       lag(ending, 1, 0.00) OVER (ORDER BY m) AS starting,
       lag(ending_customers, 1, 0::bigint) OVER (ORDER BY m) AS starting_customers
     FROM active) AS a
)
SELECT
  (date '2000-01-01' + make_interval(months => m))::date AS period,
  starting, new, reactivation, expansion, contraction, churn, ending,
  starting_customers, new_customers, reactivated_customers, expanded_customers, contracted_customers,
  churned_customers, ending_customers,
  round(100 * (starting + expansion - contraction - churn) / nullif(starting, 0), 4) AS nrr,
  round(100 * (starting - contraction - churn) / nullif(starting, 0), 4) AS grr,
  round(100.0 * (starting_customers - churned_customers) / nullif(starting_customers, 0), 4) AS logo_retention,
  round((new + reactivation + expansion) / nullif(contraction + churn, 0), 4) AS quick_ratio
FROM bridge ORDER BY m;
