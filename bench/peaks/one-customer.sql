-- measured
SELECT count(m) FROM (SELECT revenue_ledger(7, date '2020-01-01' + i % 1000, i % 1000) AS l
	FROM (SELECT generate_series(1, 200000 * :percent) AS i) AS g) AS b, revenue_movements(l) AS m;
