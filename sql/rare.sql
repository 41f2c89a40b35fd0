--
-- Paths that data seldom take
--
SET client_min_messages = warning;
SET datestyle = iso;
CREATE SCHEMA rare;
SET search_path = rare, public;

-- more odd amounts than are told apart; a few are taken for amounts of others, by the chance of equal hashes
CREATE TABLE hundredfold AS
	SELECT customer_id, date '2024-01-05' + month * 31 AS paid_on, (customer_id + 0.25) * CASE month WHEN 2 THEN 100 ELSE 1 END AS amount
	FROM generate_series(100001, 110100) AS customer_id, generate_series(0, 3) AS month;
SELECT finding, count BETWEEN 9800 AND 10100 AS most, sample FROM ledger_lint('hundredfold', 'customer_id', 'paid_on', 'amount');
-- amounts that 64 bits do not hold
CREATE TABLE large AS
	SELECT 1 AS customer_id, date '2024-01-05' + month * 31 AS paid_on, CASE month WHEN 3 THEN 1e24 ELSE 1e22 END AS amount FROM generate_series(0, 6) AS month;
SELECT finding, count, sample FROM ledger_lint('large', 'customer_id', 'paid_on', 'amount');

-- dates that are in no period
CREATE TABLE ledger AS SELECT revenue_ledger(i % 3, date '2024-01-05' + i * 31, i) AS l FROM generate_series(1, 12) AS i;
SELECT customers(slice(l, '5874897-12-31')) AS from_the_end, customers(slice(l, NULL, '4714-11-24 BC')) AS to_the_begin, slice(l, '4714-11-24 BC', '5874897-12-31') = l AS whole FROM ledger;

SET search_path = public;
DROP SCHEMA rare CASCADE;
