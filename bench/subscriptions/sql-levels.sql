-- Without any expansion: a level changes in the first month of a subscription and in the month that its end lies in, and
-- between two changes nothing moves. What an expert would write; right as long as no two changes cancel out.
WITH change AS (
  SELECT customer_id, m, sum(r) AS r
  FROM subscription,
    (SELECT ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d) AS months OFFSET 0) AS calendar,
    LATERAL (VALUES
      (width_bucket(lower(during), months) - 1, (mrr * 100)::int),
      (width_bucket(upper(during), months) - 1, -(mrr * 100)::int)) AS v (m, r)
  GROUP BY 1, 2
), level AS (
  SELECT m, r AS change, sum(r) OVER w AS r, row_number() OVER w = 1 AS is_first
  FROM change WINDOW w AS (PARTITION BY customer_id ORDER BY m ROWS UNBOUNDED PRECEDING)
), moved AS (
  SELECT
    m,
    CASE
      WHEN change > 0 AND is_first THEN 'new'
      WHEN change > 0 AND r = change THEN 'reactivation'
      WHEN change > 0 THEN 'expansion'
      WHEN r > 0 THEN 'contraction'
      ELSE 'churn'
    END AS kind,
    sum(abs(change)) / 100 AS amount, count(*) AS n
  FROM level WHERE change <> 0 GROUP BY 1, 2
), active AS (
  SELECT
    m,
    coalesce(sum(amount) FILTER (WHERE kind = 'new'), 0) AS new,
    coalesce(sum(n) FILTER (WHERE kind = 'new'), 0)::bigint AS new_customers,
    coalesce(sum(amount) FILTER (WHERE kind = 'reactivation'), 0) AS reactivation,
    coalesce(sum(n) FILTER (WHERE kind = 'reactivation'), 0)::bigint AS reactivated_customers,
    coalesce(sum(amount) FILTER (WHERE kind = 'expansion'), 0) AS expansion,
    coalesce(sum(n) FILTER (WHERE kind = 'expansion'), 0)::bigint AS expanded_customers,
    coalesce(sum(amount) FILTER (WHERE kind = 'contraction'), 0) AS contraction,
    coalesce(sum(n) FILTER (WHERE kind = 'contraction'), 0)::bigint AS contracted_customers,
    coalesce(sum(amount) FILTER (WHERE kind = 'churn'), 0) AS churn,
    coalesce(sum(n) FILTER (WHERE kind = 'churn'), 0)::bigint AS churned_customers
  FROM moved RIGHT JOIN (SELECT generate_series(min(m), max(m)) AS m FROM change) AS spine USING (m) GROUP BY m
), ended AS (
  SELECT *,
    sum(new + reactivation + expansion - contraction - churn) OVER w AS ending,
    (sum(new_customers + reactivated_customers - churned_customers) OVER w)::bigint AS ending_customers
  FROM active WINDOW w AS (ORDER BY m)
), bridge AS (
  SELECT *, lag(ending, 1, 0.00) OVER (ORDER BY m) AS starting, lag(ending_customers, 1, 0::bigint) OVER (ORDER BY m) AS starting_customers
  FROM ended
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
