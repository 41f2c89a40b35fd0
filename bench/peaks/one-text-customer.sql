-- measured
SELECT count(m) FROM (SELECT revenue_ledger(text 'a customer with a name', date '2020-01-01' + i % 1000, i % 1000 * 1e15) AS l
	FROM (SELECT generate_series(1, 30000 * :percent) AS i) AS g) AS b, revenue_movements(l) AS m;
