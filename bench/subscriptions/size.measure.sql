-- x the bytes of the ledger of a row per month
WITH month AS (
  SELECT customer_id, date_trunc('month', lower(during)) + make_interval(months => generate_series(0, months - 1)) AS m, mrr
  FROM subscription,
    LATERAL (SELECT age(date_trunc('month', upper(during)), date_trunc('month', lower(during))) AS a) AS a,
    LATERAL (SELECT (12 * extract(year FROM a) + extract(month FROM a))::int AS months) AS n
)
SELECT
  (SELECT pg_column_size(subscription_ledger(customer_id, during, mrr)) FROM subscription)::float8
    / (SELECT pg_column_size(revenue_ledger(customer_id, m, mrr)) FROM month);
