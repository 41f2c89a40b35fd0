-- flat: (SELECT 2 * length(rollup(l)::text) / 2 FROM ledgers)
CREATE TABLE ledgers AS SELECT g, (SELECT revenue_ledger(i, date '2020-01-01' + g * 31 % 1000, (i * 7 + g) % 1000)
	FROM generate_series(1, 1900 * :percent) AS i) AS l FROM generate_series(1, 40) AS g;
-- measured
SELECT customers(rollup(l)) FROM ledgers;
