CREATE TABLE ledgers AS SELECT g, (SELECT revenue_ledger(i + g * 100, date '2020-01-01' + g * 31 % 1000, (i * 7 + g) % 1000)
	FROM generate_series(1, 1900 * :percent) AS i) AS l FROM generate_series(1, 10) AS g;
-- measured
SELECT count(m) FROM (SELECT rollup(l) AS l FROM ledgers, generate_series(1, 12)) AS r, revenue_movements(l) AS m;
