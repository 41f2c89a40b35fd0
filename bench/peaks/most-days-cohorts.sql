CREATE TABLE ledgers AS SELECT subscription_ledger(1, daterange(d, d + 2621 * :percent), 5, 'day') AS l
	FROM (VALUES (date '0001-01-01')) AS v(d);
-- measured
SELECT count(c) FROM ledgers, cohort_retention(l, 'week') AS c;
