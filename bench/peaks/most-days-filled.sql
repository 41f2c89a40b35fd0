-- flat: (SELECT pg_column_size(l) FROM ledgers)
CREATE TABLE ledgers AS SELECT revenue_ledger(1, date '0001-01-01' + 2 * i, 1 + i * 37 % 90, 'day') AS l
	FROM generate_series(1, 1310 * :percent) AS i;
-- measured
SELECT count(m) FROM ledgers, revenue_movements(l, 1000) AS m;
