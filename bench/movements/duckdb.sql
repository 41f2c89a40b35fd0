-- DuckDB's fastest form known: customer and month in one integer key, lag() over one sort, and few aggregates per row: by
-- month and kind of movement first. Rates are divided as integers, since DuckDB divides decimals as floating-point numbers.
WITH monthly AS (
  SELECT
    customer_id::BIGINT << 10 | (year(paid_at) - 2000) * 12 + month(paid_at) - 1 AS cm,
    sum(amount)::DECIMAL(18,2) AS r
  FROM billing GROUP BY ALL HAVING r > 0
), lagged AS (
  SELECT cm, r, lag(cm) OVER w AS p, lag(r) OVER w AS s FROM monthly WINDOW w AS (ORDER BY cm)
), series AS (
  SELECT
    cm & 1023 AS m, r,
    CASE WHEN p = cm - 1 THEN s ELSE 0 END AS s,
    p >> 10 IS DISTINCT FROM cm >> 10 AS is_first
  FROM lagged
), moved AS (
  SELECT
    m,
    CASE
      WHEN s > 0 AND r > s THEN 1 -- expansion
      WHEN s > 0 AND r < s THEN 2 -- contraction
      WHEN s > 0 THEN 3 -- kept
      WHEN is_first THEN 4 -- new
      ELSE 5 -- reactivation
    END AS kind,
    sum(r) AS e, sum(s) AS s, count(*) AS n
  FROM series GROUP BY ALL
), active AS (
  SELECT
    m,
    sum(e) AS ending, sum(n)::BIGINT AS ending_customers,
    sum(s) AS kept, coalesce(sum(n) FILTER (kind <= 3), 0)::BIGINT AS kept_customers,
    coalesce(sum(e) FILTER (kind = 4), 0) AS new, coalesce(sum(n) FILTER (kind = 4), 0)::BIGINT AS new_customers,
    coalesce(sum(e) FILTER (kind = 5), 0) AS reactivation, coalesce(sum(n) FILTER (kind = 5), 0)::BIGINT AS reactivated_customers,
    coalesce(sum(e - s) FILTER (kind = 1), 0) AS expansion, coalesce(sum(n) FILTER (kind = 1), 0)::BIGINT AS expanded_customers,
    coalesce(sum(s - e) FILTER (kind = 2), 0) AS contraction, coalesce(sum(n) FILTER (kind = 2), 0)::BIGINT AS contracted_customers
  FROM moved GROUP BY m
), bridge AS (
  SELECT *, starting - kept AS churn, starting_customers - kept_customers AS churned_customers
  FROM
    (SELECT *,
       lag(ending, 1, 0) OVER (ORDER BY m) AS starting,
       lag(ending_customers, 1, 0) OVER (ORDER BY m) AS starting_customers
     FROM active) AS a
), parts AS (
  SELECT *,
    nullif(100 * starting, 0)::HUGEINT AS whole,
    (100 * (starting + expansion - contraction - churn))::HUGEINT AS net,
    (100 * (starting - contraction - churn))::HUGEINT AS gross,
    nullif(starting_customers, 0) AS customers,
    (100 * (new + reactivation + expansion))::HUGEINT AS won,
    nullif(100 * (contraction + churn), 0)::HUGEINT AS lost
  FROM bridge
)
SELECT
  make_date(2000 + m // 12, m % 12 + 1, 1) AS period,
  starting, new, reactivation, expansion, contraction, churn, ending,
  starting_customers, new_customers, reactivated_customers, expanded_customers, contracted_customers,
  churned_customers, ending_customers,
  ((2000000 * net + whole) // (2 * whole))::DECIMAL(18,0) * 0.0001 AS nrr,
  ((2000000 * gross + whole) // (2 * whole))::DECIMAL(18,0) * 0.0001 AS grr,
  ((2000000 * (customers - churned_customers) + customers) // (2 * customers))::DECIMAL(18,0) * 0.0001 AS logo_retention,
  ((20000 * won + lost) // (2 * lost))::DECIMAL(18,0) * 0.0001 AS quick_ratio
FROM parts ORDER BY m;
