-- measured
SELECT max(c) FROM (SELECT customers(revenue_ledger(repeat('customer ', 40) || i % 9, date '2020-01-01' + i % 1000, i % 1000) OVER ()) AS c
	FROM (SELECT generate_series(1, 3000 * :percent) AS i) AS g) AS w;
