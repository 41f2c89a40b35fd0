-- flat: (SELECT 2 * pg_column_size(l) FROM (SELECT revenue_ledger(i, date '2020-01-01' + i % 1000, i % 1000) AS l FROM generate_series(1, 40000 * :percent) AS i) AS b)
-- measured
SELECT customers(revenue_ledger(i, date '2020-01-01' + i % 1000, i % 1000)) FROM (SELECT generate_series(1, 40000 * :percent) AS i) AS g;
