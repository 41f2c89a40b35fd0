-- flat: (SELECT 3 * max(pg_column_size(l)) FROM ledgers)
CREATE TABLE ledgers AS SELECT g, revenue_ledger(1, date '0001-01-01' + i, 1 + i * 37 % 90, 'day') AS l
	FROM generate_series(1, 2) AS g, generate_series(1, 2621 * :percent) AS i GROUP BY g;
-- measured
SELECT customers(a.l + b.l) FROM ledgers AS a, ledgers AS b WHERE a.g = 1 AND b.g = 2;
