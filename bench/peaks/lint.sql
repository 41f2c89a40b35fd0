CREATE TABLE billing AS SELECT 'customer ' || i * 7919::bigint % 100000 AS customer, date '2020-01-01' + i % 1000 AS paid_on, CASE WHEN i % 3 > 0 THEN (i % 1000 + 0.5) * 100 ^ (i % 5 / 4) END AS amount
	FROM generate_series(20000 * :percent, 1, -1) AS i;
-- measured
SELECT count(f) FROM ledger_lint('billing', 'customer', 'paid_on', 'amount') AS f;
