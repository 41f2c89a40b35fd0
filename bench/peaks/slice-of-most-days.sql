-- flat: (SELECT 2 * pg_column_size(l) FROM ledgers)
CREATE TABLE ledgers AS SELECT revenue_ledger(1, date '0001-01-01' + i, 1 + i * 37 % 90, 'day') AS l
	FROM generate_series(1, 2621 * :percent) AS i;
-- measured
SELECT customers(slice(l, '0002-01-01', NULL)) FROM ledgers;
