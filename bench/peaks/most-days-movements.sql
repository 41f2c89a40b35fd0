CREATE TABLE ledgers AS SELECT revenue_ledger(1, d, 5, 'day') AS l
	FROM (VALUES (date '0001-01-01'), (date '0001-01-01' + 2621 * :percent)) AS v(d);
-- measured
SELECT count(m) FROM ledgers, revenue_movements(l) AS m;
