--
-- A flat ledger whose customers take more memory than there may be is put together from batches of
-- them. With little memory, which is 4 MB or 85,000 numbers, and with memory for all at once it is
-- the same, byte for byte. Each line: how many customers, and is it the same?
--
SET datestyle = iso;
SET timezone = 'UTC';
SET jit = off;
SET max_parallel_workers_per_gather = 0;
SET hash_mem_multiplier = 1;
\set little '64kB'
\set ample '512MB'

CREATE FUNCTION pg_temp.compare(query text, little text, ample text, OUT customers bigint, OUT same boolean)
LANGUAGE plpgsql AS $$
DECLARE
	with_little text;
	with_ample text;
BEGIN
	PERFORM set_config('work_mem', little, true);
	EXECUTE 'SELECT l::text FROM (' || query || ') AS q(l)' INTO with_little;
	PERFORM set_config('work_mem', ample, true);
	EXECUTE 'SELECT l::text FROM (' || query || ') AS q(l)' INTO with_ample;
	-- input checks that customers are in order, and all that a ledger says of itself
	customers := customers(with_little::revenue_ledger);
	same := with_little = with_ample;
END $$;

-- each kind of customer
SELECT what, c.*
FROM (VALUES
	(1, 'numbers', '(i * 7919) % 180001'),
	(2, 'of 64 bits', '(i * 7919 % 180001 - 130000) * 70368744177663'),
	(3, 'uuid', 'md5(i::text)::uuid'),
	(4, 'text', 'md5(i::text)'),
	(5, 'text of all lengths', 'repeat(''x'', (i % 90)::int) || i / 90'),
	(6, 'long text, mostly the same', 'repeat(''customer '', 30) || i % 30000')
) AS v(place, what, customer),
	pg_temp.compare(format('SELECT revenue_ledger(%s, date ''2021-01-01'' + (i %% 1000)::int, i %% 100 + 0.5) FROM generate_series(1::bigint, 180000) AS i', customer),
		:'little', :'ample') AS c
ORDER BY place;

-- all that is known of amounts and periods only when all of them are there
SELECT what, c.*
FROM (VALUES
	(1, 'fewer decimals than it seemed', 'revenue_ledger(c, date ''2021-01-01'' + d, CASE WHEN i < 1000 AND i % 2 = 0 THEN 0.125 WHEN i < 1000 THEN 2.875 ELSE 100 END)', 'i * 2 / 3'),
	(2, 'nothing left at the ends', 'revenue_ledger(c, date ''2021-01-01'' + CASE WHEN i < 5000 THEN -2000 WHEN i > 175000 THEN 2000 ELSE d END, CASE WHEN i < 5000 OR i > 175000 THEN (1 - i % 2 * 2) * 7 ELSE i END, ''week'')', 'i * 2 / 3'),
	(3, 'several rows of each', 'revenue_ledger(c, date ''2021-01-01'' + d, i % 7 - 3)', 'i * 7919 % 90001'),
	(4, 'wide amounts', 'revenue_ledger(c, date ''2021-01-01'' + d, i * 12345678901234567890.5)', 'i * 7919 % 180001'),
	(5, 'subscriptions', 'subscription_ledger(c, daterange(date ''2021-01-01'' + d, date ''2021-01-01'' + d + i::int % 500), i % 90 + 1, ''week'', ''start'')', 'i * 7919 % 180001'),
	(6, 'without an end', 'subscription_ledger(c, daterange(date ''2021-01-01'' + d, CASE WHEN i % 3 = 0 THEN date ''2021-01-01'' + d + 400 END), i % 90 + 1)', 'i * 7919 % 180001'),
	(7, 'all without an end', 'subscription_ledger(c, daterange(date ''2021-01-01'' + d, NULL), i % 90 + 1)', 'i * 7919 % 180001'),
	(8, 'invoices', 'invoice_ledger(c, daterange(date ''2021-01-01'' + d, date ''2021-01-01'' + d + 1 + i::int % 100), i % 90 + 1)', 'i * 7919 % 180001')
) AS v(place, what, ledger, customer),
	pg_temp.compare(format('SELECT %s FROM (SELECT i, %s AS c, (i * 31 %% 1000)::int AS d FROM generate_series(1::bigint, 180000) AS i) AS b', ledger, customer),
		:'little', :'ample') AS c
ORDER BY place;

-- ledgers added, taken away, sliced and rolled up: their customers come in order
SET work_mem = :'ample';
CREATE TABLE parts AS
	SELECT part, revenue_ledger(i * 7919 % 180001, date '2021-01-01' + (i * 31 % 1000)::int, i % 100 + 0.5) AS n,
		subscription_ledger(left(md5((i % 90000)::text), 12), daterange(date '2021-01-01' + (i * 31 % 1000)::int, CASE WHEN i % 3 = 0 THEN date '2025-01-01' END), i % 100) AS t
	FROM generate_series(1::bigint, 180000) AS i, mod(i, 4) AS part GROUP BY part;
SELECT what, c.*
FROM (VALUES
	(1, 'sum', 'SELECT a.n + b.n FROM parts AS a, parts AS b WHERE a.part = 0 AND b.part = 1'),
	(2, 'sum of text', 'SELECT a.t + b.t + c.t + d.t FROM parts AS a, parts AS b, parts AS c, parts AS d WHERE (a.part, b.part, c.part, d.part) = (0, 1, 2, 3)'),
	(3, 'difference', 'SELECT (SELECT rollup(n) FROM parts) - n FROM parts WHERE part = 1'),
	(4, 'slice', 'SELECT slice(rollup(n), ''2021-03-01'', ''2023-06-01'') FROM parts'),
	(5, 'slice of text', 'SELECT slice(rollup(t), ''2021-06-01'', ''2027-06-01'') FROM parts'),
	(6, 'rollup', 'SELECT rollup(n) FROM parts'),
	(7, 'rollup of text', 'SELECT rollup(t) FROM parts')
) AS v(place, what, query), pg_temp.compare(query, :'little', :'ample') AS c
ORDER BY place;
DROP TABLE parts;
