CREATE TABLE ledgers AS SELECT subscription_ledger(i, daterange(date '2018-01-01' + i, NULL), 10, 'day') AS l
	FROM generate_series(1, 20 * :percent) AS i;
-- measured
SELECT count(c) FROM ledgers, cohort_retention(l, through => '2024-01-01') AS c;
