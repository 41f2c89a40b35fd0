-- The month-spine join: a row for each month of each subscription, and from there as in movements. Integer cents, customer
-- and month in one key. generate_series in the SELECT list beats LATERAL and a join of months by range; sorting beats hashing,
-- since lag() wants that order anyway.
WITH bounds AS (
  SELECT
    customer_id::bigint << 10 AS c,
    width_bucket(lower(during), months) - 1 AS first,
    width_bucket(upper(during), months) - 1 AS after,
    (mrr * 100)::int AS r
  FROM subscription,
    (SELECT ARRAY(SELECT d::date FROM generate_series(date '2000-01-01', '2049-12-01', '1 month') AS d) AS months OFFSET 0) AS calendar
), monthly AS (
  SELECT cm, sum(r) AS r FROM (SELECT c | generate_series(first, after - 1) AS cm, r FROM bounds) AS month GROUP BY 1
), lagged AS (
  SELECT cm, r, lag(cm) OVER w AS p, lag(r) OVER w AS s FROM monthly WINDOW w AS (ORDER BY cm)
), series AS (
  SELECT
    (cm & 1023)::int AS m, r,
    CASE WHEN p = cm - 1 THEN s ELSE 0 END AS s,
    p >> 10 IS DISTINCT FROM cm >> 10 AS is_first
  FROM lagged
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
    coalesce(sum(e), 0) AS ending, coalesce(sum(n), 0)::bigint AS ending_customers,
    coalesce(sum(s), 0) AS kept, coalesce(sum(n) FILTER (WHERE s > 0), 0)::bigint AS kept_customers,
    coalesce(sum(e) FILTER (WHERE kind = 'new'), 0) AS new,
    coalesce(sum(n) FILTER (WHERE kind = 'new'), 0)::bigint AS new_customers,
    coalesce(sum(e) FILTER (WHERE kind = 'reactivation'), 0) AS reactivation,
    coalesce(sum(n) FILTER (WHERE kind = 'reactivation'), 0)::bigint AS reactivated_customers,
    coalesce(sum(e - s) FILTER (WHERE kind = 'expansion'), 0) AS expansion,
    coalesce(sum(n) FILTER (WHERE kind = 'expansion'), 0)::bigint AS expanded_customers,
    coalesce(sum(s - e) FILTER (WHERE kind = 'contraction'), 0) AS contraction,
    coalesce(sum(n) FILTER (WHERE kind = 'contraction'), 0)::bigint AS contracted_customers
  FROM moved RIGHT JOIN (SELECT generate_series(min(first), max(after)) AS m FROM bounds) AS spine USING (m) GROUP BY m
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
