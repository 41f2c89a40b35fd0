-- A self-join instead of a window: each month beside the one before
WITH monthly AS (
  SELECT
    customer_id::bigint << 10
      | width_bucket(paid_at, ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d)) - 1 AS cm,
    sum((amount * 100)::int) AS r
  FROM billing GROUP BY 1 HAVING sum((amount * 100)::int) > 0
), began AS (
  SELECT cm >> 10 AS c, min(cm) AS f FROM monthly GROUP BY 1
), series AS (
  SELECT (this.cm & 1023)::int AS m, this.r, coalesce(before.r, 0) AS s, this.cm = f AS is_first
  FROM monthly AS this
  JOIN began ON c = this.cm >> 10
  LEFT JOIN monthly AS before ON before.cm = this.cm - 1
), moved AS (
  SELECT
    m,
    CASE
      WHEN s > 0 AND r > s THEN 'expansion'
      WHEN s > 0 AND r < s THEN 'contraction'
      WHEN s > 0 THEN 'kept'
      WHEN is_first THEN 'new'
      ELSE 'reactivation'
    END AS kind,
    sum(r) / 100 AS e, sum(s) / 100 AS s, count(*) AS n
  FROM series GROUP BY 1, 2
), active AS (
  SELECT
    m,
    sum(e) AS ending, sum(n)::bigint AS ending_customers,
    sum(s) AS kept, coalesce(sum(n) FILTER (WHERE s > 0), 0)::bigint AS kept_customers,
    coalesce(sum(e) FILTER (WHERE kind = 'new'), 0) AS new,
    coalesce(sum(n) FILTER (WHERE kind = 'new'), 0)::bigint AS new_customers,
    coalesce(sum(e) FILTER (WHERE kind = 'reactivation'), 0) AS reactivation,
    coalesce(sum(n) FILTER (WHERE kind = 'reactivation'), 0)::bigint AS reactivated_customers,
    coalesce(sum(e - s) FILTER (WHERE kind = 'expansion'), 0) AS expansion,
    coalesce(sum(n) FILTER (WHERE kind = 'expansion'), 0)::bigint AS expanded_customers,
    coalesce(sum(s - e) FILTER (WHERE kind = 'contraction'), 0) AS contraction,
    coalesce(sum(n) FILTER (WHERE kind = 'contraction'), 0)::bigint AS contracted_customers
  FROM moved GROUP BY m
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
