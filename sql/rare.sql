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

-- more digits than are read at all
SELECT revenue_entry(1, date '2024-01-01', 1e-40);
SELECT revenue_entry(1, date '2024-01-01', 123456789012345678901234567890.1234567890123456789);

-- ledgers that are read side by side, whose first period one takes from the other; then without that
CREATE FUNCTION sold(first date, months int, step numeric) RETURNS revenue_ledger
LANGUAGE sql AS $$
	SELECT revenue_ledger('customer ' || md5(c::text), first + 31 * m, c + m * step)
	FROM generate_series(1, 1500) AS c, generate_series(0, months - 1) AS m
$$;
CREATE TABLE part AS SELECT sold('2024-02-10', 11, 0.5) + sold('2024-01-10', 1, 1) AS l UNION ALL SELECT sold('2024-03-10', 11, 0.25) - sold('2024-01-10', 1, 1);
CREATE VIEW rolled AS SELECT rollup(l) AS l FROM part;
CREATE TABLE whole AS SELECT sold('2024-02-10', 11, 0.5) + sold('2024-03-10', 11, 0.25) AS l;
CREATE FUNCTION differences(reader text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	a text := format('SELECT r FROM rolled, %s(l) AS r', reader);
	b text := format('SELECT r FROM whole, %s(l) AS r', reader);
	n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) AS d', a, b) INTO n;
	RETURN n;
END
$$;
SELECT min(pg_column_size(l)) > 65536 AS large, count(DISTINCT periods(l)) AS ranges FROM part;
SELECT periods(l) FROM rolled;
SELECT reader, differences(reader) FROM unnest('{ledger_entries,customer_movements,revenue_movements,cohort_retention}'::text[]) AS reader;
TRUNCATE part;
INSERT INTO part SELECT sold('2024-02-10', 11, 0.5) UNION ALL SELECT sold('2024-03-10', 11, 0.25);
SELECT reader, differences(reader) FROM unnest('{ledger_entries,customer_movements,revenue_movements,cohort_retention}'::text[]) AS reader;

-- a table of parts, none of them foreign; a segment whose type has no collation
CREATE TABLE parted (customer_id int, paid_on date, amount int, region int) PARTITION BY LIST (region);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
INSERT INTO parted SELECT i % 5, date '2024-01-05' + i * 9, i, i % 2 + 1 FROM generate_series(1, 40) AS i;
SELECT revenue_ledger_from('parted', 'customer_id', 'paid_on', 'amount') = (SELECT revenue_ledger(customer_id, paid_on, amount) FROM parted) AS equal;
SELECT refresh_revenue_ledgers('by_region', 'parted', 'customer_id', 'paid_on', 'amount', segment => 'region');
SELECT segment, rollup(ledger) = (SELECT revenue_ledger(customer_id, paid_on, amount) FROM parted WHERE region = segment) AS equal FROM by_region GROUP BY segment ORDER BY segment;

SET search_path = public;
DROP SCHEMA rare CASCADE;
