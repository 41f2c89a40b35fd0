CREATE INDEX ON billing (paid_at);

-- The store as it was before the last month began
CREATE VIEW billing_before AS SELECT * FROM billing WHERE paid_at < '2024-12-01';
SET client_min_messages = warning;
DO $$ BEGIN PERFORM refresh_revenue_ledgers('store_before', 'billing_before', 'customer_id', 'paid_at', 'amount'); END $$;
CREATE TABLE store (LIKE store_before INCLUDING STORAGE);

-- The same with the last month noted by a trigger, as one statement brought it
CREATE TABLE noted_before AS
TABLE store_before
UNION ALL
SELECT revenue_ledger(customer_id, paid_at, amount), NULL, NULL FROM billing WHERE paid_at >= '2024-12-01';
CREATE TABLE noted_store (LIKE store_before INCLUDING STORAGE);
VACUUM ANALYZE store_before;
VACUUM ANALYZE noted_before;

CREATE FUNCTION refreshed_cohorts(store text, open_periods int) RETURNS TABLE (
  cohort date, period date, age int, cohort_customers bigint, customers bigint, cohort_revenue numeric, revenue numeric,
  retained_revenue numeric, nrr numeric, grr numeric, logo_retention numeric, complete boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_revenue_ledgers(store, 'billing', 'customer_id', 'paid_at', 'amount', open_periods => open_periods);
  RETURN QUERY EXECUTE format(
    'SELECT c.* FROM (SELECT rollup(ledger) AS l FROM %I) AS s, LATERAL cohort_retention(l) AS c', store);
END $$;
