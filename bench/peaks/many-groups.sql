-- measured
SELECT count(m) FROM (SELECT revenue_ledger(i, date '2020-01-01' + i % 1000, i % 1000) AS l
	FROM (SELECT generate_series(1, 30000 * :percent) AS i) AS g GROUP BY i % 5000) AS b, revenue_movements(l) AS m;
