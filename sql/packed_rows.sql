--
-- Billing rows are packed, most of them into 8 bytes, on what most rows of a ledger have in
-- common. Here they have nothing in common, or too much: each way to pack a row, at its limits and
-- side by side. Each line: how many entries plain SQL makes of the rows, and how many of those that
-- nrr makes differ.
--
SET datestyle = iso;
SET timezone = 'UTC';
SET max_parallel_workers_per_gather = 0;
SET work_mem = '256MB';

-- Many rows, of which i numbers each and c has a customer of several
CREATE FUNCTION pg_temp.compare(nrows int, customer text, at text, amount text, grain text,
	OUT entries bigint, OUT differ bigint)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format(
		'WITH b AS MATERIALIZED (
				SELECT %2$s AS customer, %3$s AS at, %4$s AS amount
				FROM generate_series(1, %1$s) AS i, mod(i * 7919::bigint, 10007) AS c),
			plain AS (
				SELECT customer::text, date_trunc(%5$L, at)::date AS period, sum(amount) AS amount
				FROM b GROUP BY 1, 2 HAVING sum(amount) <> 0),
			nrr AS (
				SELECT e.customer, e.period, e.amount
				FROM (SELECT revenue_ledger(customer, at, amount, %5$L) AS l FROM b) AS b, ledger_entries(l) AS e)
		SELECT (SELECT count(*) FROM plain), count(*) FILTER (WHERE p.amount IS DISTINCT FROM n.amount)
		FROM plain AS p FULL JOIN nrr AS n USING (customer, period)',
		nrows, customer, coalesce(at, 'date ''2021-01-01'' + i * 37 % 1400'),
		coalesce(amount, '(i % 20011 - 4000) * 0.01'), grain)
	INTO entries, differ;
END $$;

SELECT what, c.*
FROM (VALUES
	-- customers
	(1, 'small numbers', 'c', NULL, NULL, 'month'),
	(2, 'negative ones', '(c - 5000)::int', NULL, NULL, 'month'),
	(3, 'at the limits of 32 bits',
		'(ARRAY[-2147483649, -2147483648, -2147483647, 2147483647, 2147483648, -1, 0])[1 + i % 7] + c % 3', NULL, NULL, 'month'),
	(4, 'small and big ones', 'CASE WHEN c % 3 = 0 THEN c * 4294967296 + c ELSE c END', NULL, NULL, 'month'),
	(5, 'alike in their low bits', 'c::bigint << 32', NULL, NULL, 'month'),
	(6, 'multiples', 'c::bigint * 65536', NULL, NULL, 'month'),
	(7, 'small and big ones of the same hash',
		'(ARRAY[1, -3654587253199858026, 2, 3977582822127782495, 3, -5159319150146713692, 4, 892511772624705367])[1 + c % 8]', NULL, NULL, 'day'),
	(8, 'uuid', 'md5(c::text)::uuid', NULL, NULL, 'month'),
	(9, 'text, the empty one too', 'repeat(''x'', (c % 40)::int) || coalesce(nullif(c / 40, 0)::text, '''')', NULL, NULL, 'month'),
	-- times
	(10, 'days of four years', 'c', 'date ''2021-01-01'' + i % 1461', NULL, 'day'),
	(11, 'days of a century', 'c', 'date ''1970-01-01'' + i % 36525', NULL, 'day'),
	(12, 'days, the last ones first', 'c', 'date ''2070-01-01'' - i % 36525', NULL, 'day'),
	(13, 'days at the limits of 12 bits', 'c', 'date ''2021-01-01'' + i / 40000 * 1024 + i % 3', NULL, 'day'),
	(14, 'one late row', 'c', 'CASE WHEN i = 199999 THEN date ''1950-01-01'' ELSE date ''2021-01-01'' + i % 1400 END', NULL, 'day'),
	-- amounts
	(20, 'at the limits of 27 bits', 'c', NULL, '(ARRAY[-67108865, -67108864, 67108863, 67108864])[1 + i % 4] * 0.01', 'month'),
	(21, 'at the limits of 32 bits', 'c', NULL, '(ARRAY[-2147483649, -2147483648, 2147483647, 2147483648])[1 + i % 4] * 0.01', 'month'),
	(22, 'at the limits of 64 bits', 'c', NULL,
		'(ARRAY[-9223372036854775809, -9223372036854775808, 9223372036854775807, 9223372036854775808])[1 + i % 4] * 0.01', 'month'),
	(23, 'of two rows', 'c', NULL, '(i % 1000 - 500) * 1234567890123456789012.34', 'month'),
	(24, 'integers', 'c', NULL, 'i % 1000 - 500', 'month'),
	(25, 'ever more decimals', 'c', NULL, 'round((i - 100000) / 7.0, i / 13334)', 'month'),
	(26, 'ever fewer decimals', 'c', NULL, 'round((i - 100000) / 7.0, 15 - i / 13334)', 'month'),
	(27, 'mixed decimals', 'c', NULL, 'trim_scale(round(i % 10000 / 8.0, i % 4))', 'month'),
	(28, 'mostly nothing', 'c', NULL, 'CASE WHEN i % 10 = 0 THEN 9.99 ELSE 0 END', 'month'),
	(29, 'that cancel out', 'c', 'date ''2021-01-01'' + (c % 900)::int', 'CASE WHEN i <= 100000 THEN 1 ELSE -1 END * (c + 0.5)', 'month'),
	-- all at once
	(30, 'all at once', 'CASE c % 3 WHEN 0 THEN c * 4294967296 ELSE -c END', 'date ''1970-01-01'' + i * 37 % 36525',
		'round((i - 100000) / 7.0, i % 5) * (ARRAY[1, 1000000, 1000000000000000000])[1 + i % 3]', 'week')
) AS v(place, what, customer, at, amount, grain),
	pg_temp.compare(200000, customer, at, amount, grain) AS c
ORDER BY place;

-- Text at the limit of 12 bits for its length
SELECT c.* FROM pg_temp.compare(3000, 'repeat(''x'', 4090 + (c % 12)::int) || c % 7', NULL, NULL, 'month') AS c;

-- Rows of each length, on their way through a file
SET work_mem = '2MB';
SET hash_mem_multiplier = 2;
SELECT what, c.*
FROM (VALUES
	(1, 'short', 'c', NULL, NULL),
	(2, 'keyed', 'c::bigint << 32', NULL, NULL),
	(3, 'long', 'c', NULL, '1234567890123.45 * (i % 100)'),
	(4, 'all of them', 'CASE WHEN i % 3 = 0 THEN c << 32 ELSE c END', NULL, 'CASE WHEN i % 4 = 0 THEN 1234567890123.4 ELSE 1 END')
) AS v(place, what, customer, at, amount),
	pg_temp.compare(600000, customer, at, amount, 'month') AS c
ORDER BY place;
SET work_mem = '256MB';

-- Changes of level and rows of amounts in one ledger, and ledgers taken away again
CREATE TABLE billing AS
	SELECT i, mod(i * 7919, 10007) AS c, date '2021-01-01' + (i * 37 % 1400)::int AS at, (i % 20011 - 4000) * 0.01 AS amount
	FROM generate_series(1::bigint, 400000) AS i;
CREATE TABLE parts AS
	SELECT revenue_ledger(c, at, amount) AS payments,
		subscription_ledger(c, daterange(at, at + 10 + (i % 200)::int), amount) AS subscriptions
	FROM billing GROUP BY i % 4;
SELECT rollup(payments) = (SELECT revenue_ledger(c, at, amount) FROM billing) AS same_payments,
	rollup(payments + subscriptions) = rollup(payments) + rollup(subscriptions) AS same_sum,
	rollup(payments + subscriptions) - rollup(subscriptions) = rollup(payments) AS same_difference
FROM parts;

DROP TABLE billing, parts;
