-- flat: (SELECT 3 * length(l::text) / 2 FROM ledgers)
CREATE TABLE ledgers AS SELECT revenue_ledger(i, date '2020-01-01' + i % 1000, i % 1000) AS l FROM generate_series(1, 40000 * :percent) AS i;
-- measured
SELECT length(l::text) FROM ledgers;
