CREATE TABLE ledgers AS SELECT revenue_ledger(i % 100000, date '2020-01-01' + i % 1000, i % 1000) AS l FROM generate_series(1, 10000 * :percent) AS i;
-- measured
SELECT count(r) FROM ledgers, generate_series(1, 20) AS g, LATERAL retention(l, '2020-02-01', '2021-01-01') AS r;
