CREATE TABLE subscriptions AS SELECT 7 AS customer, timestamp '2000-01-01' + i * interval '1 hour' AS starts, timestamp '2000-01-01' + (i + i % 50) * interval '1 hour' AS ends, i % 1000 - 300 AS amount
	FROM generate_series(5000 * :percent, 1, -1) AS i;
-- measured
SELECT count(f) FROM ledger_lint('subscriptions', 'customer', 'starts, ends', 'amount') AS f;
