-- A row with two revenues for each row of billing: one in eight churns, three stay as they are, four move by up to half
CREATE TABLE pairs AS
SELECT
  customer_id,
  starting,
  CASE WHEN dice < 1 THEN 0 WHEN dice < 4 THEN starting ELSE round(starting * (0.5 + chance(n, 11))::numeric, 2) END::numeric(12,2) AS ending
FROM (SELECT row_number() OVER () AS n, customer_id, abs(amount) AS starting FROM billing) AS b,
  LATERAL (SELECT 8 * chance(n, 10) AS dice) AS d;
VACUUM (ANALYZE, FREEZE) pairs;
