-- measured
SELECT sum(c) FROM (SELECT customers(revenue_ledger(i % 9, date '2020-01-01' + i % 1000, i % 1000) OVER (PARTITION BY i / 1000000)) AS c
	FROM (SELECT generate_series(1, 20000 * :percent) AS i) AS g) AS w;
