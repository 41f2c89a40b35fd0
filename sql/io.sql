--
-- The forms of a ledger outside of a query: text, binary and storage. Whatever does not come from
-- output is refused, or is a ledger in every respect.
--
\getenv srcdir PG_ABS_SRCDIR
\getenv builddir PG_ABS_BUILDDIR
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :checks
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
CREATE SCHEMA io;
SET search_path = io, public;

CREATE TABLE ledgers (n serial, what text, l revenue_ledger);
INSERT INTO ledgers (what, l) VALUES
	('one row', revenue_entry(1, date '2024-01-15', 9.90)),
	('negative customer and amount', revenue_entry(-9223372036854775808, date '1815-06-18', -12, 'day')),
	('no amount', revenue_entry(1, date '2024-01-15', 0.00)),
	('empty', revenue_entry(1, date '2024-01-15', 1) - revenue_entry(1, date '2024-01-15', 1)),
	('widest amount', revenue_entry(1, date '2024-01-15', -99999999999999999999999999999999)),
	('most decimals', revenue_entry(1, date '2024-01-15', 0.00000000000000000000000000000001)),
	('integers', (SELECT revenue_ledger(c * c * 7919 - 50, date '2021-11-11' + i * 45, round(c * 1.25 - i % 3 * 4, 2)) FROM generate_series(1, 4) AS c, generate_series(1, 6) AS i)),
	('uuids', (SELECT revenue_ledger(md5(c::text)::uuid, date '2024-01-01' + i * 9, c, 'week') FROM generate_series(1, 3) AS c, generate_series(1, 4) AS i)),
	('texts', (SELECT revenue_ledger((ARRAY['', 'ann', 'anna', 'bob', 'zoe'])[c], timestamp '2024-01-01 12:00' + i * interval '93 days', 10 - i, 'quarter') FROM generate_series(1, 5) AS c, generate_series(1, 3) AS i)),
	('cancelled at the ends', revenue_entry(1, date '2020-01-01', 5, 'year') - revenue_entry(1, date '2020-01-01', 5, 'year') + revenue_entry(2, date '2022-01-01', 3, 'year') + revenue_entry(3, date '2024-01-01', 0, 'year')),
	('more taken away than there is', revenue_entry(1, date '2024-01-01', 1) - (SELECT revenue_ledger(i, date '2024-01-01', 1) FROM generate_series(1, 3) AS i)),
	('big', (SELECT revenue_ledger(c, date '2015-01-01' + i * 13, c % 97 + i % 11 * 0.01) FROM generate_series(1, 3000) AS c, generate_series(1, 60) AS i WHERE (c + i) % 3 > 0)),
	('big, of texts', (SELECT revenue_ledger('customer ' || md5(c::text), date '2015-01-01' + i * 40, c * 1000 + i) FROM generate_series(1, 2000) AS c, generate_series(1, 20) AS i)),
	('long texts', (SELECT revenue_ledger(repeat('x', c), date '2015-01-01', c) FROM unnest(ARRAY[1, 127, 128, 255, 256, 16383, 16384, 65000]) AS c)),
	('NULL', NULL),
	('lasting', (SELECT subscription_ledger(c, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5) FROM generate_series(1, 6) AS c)),
	('lasting, at the start', (SELECT subscription_ledger(c, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5, 'month', 'start') FROM generate_series(1, 6) AS c)),
	('nothing but what lasts', (SELECT subscription_ledger(1, daterange('2024-01-15', NULL), 5) - subscription_ledger(1, daterange('2024-01-15', NULL), 3))),
	('lasting after the range', (SELECT subscription_ledger(2, daterange('2024-03-15', NULL), 5) + revenue_entry(1, date '2024-01-01', 1) - revenue_entry(3, date '2024-03-01', 0))),
	('long run', (SELECT subscription_ledger(1, daterange('2004-01-01', '2024-01-01'), 5)));

-- Two ledgers are the same in every respect that can be asked for.
CREATE FUNCTION same(a revenue_ledger, b revenue_ledger) RETURNS boolean
LANGUAGE sql AS $$
	SELECT a IS NOT DISTINCT FROM b AND a::text IS NOT DISTINCT FROM b::text
		AND ROW(customers(a), periods(a), total(a)::text, grain(a), snapshot_rule(a)) IS NOT DISTINCT FROM ROW(customers(b), periods(b), total(b)::text, grain(b), snapshot_rule(b))
		AND NOT EXISTS (SELECT * FROM ledger_entries(a) EXCEPT ALL SELECT * FROM ledger_entries(b))
		AND NOT EXISTS (SELECT * FROM ledger_entries(b) EXCEPT ALL SELECT * FROM ledger_entries(a))
$$;

--
-- Text
--
SELECT what, left(l::text, 100) AS text FROM ledgers WHERE n <= 6 OR what LIKE 'cancel%' OR what LIKE 'more%' OR what LIKE '%last%' OR what = 'long run' ORDER BY n;
SELECT count(checks.claim('text', what, same(l, l::text::revenue_ledger))) FROM ledgers;
SELECT count(checks.claim('upper case', what, same(l, ('\x' || upper(substr(l::text, 3)))::revenue_ledger))) FROM ledgers WHERE l IS NOT NULL;
-- no setting matters
SET bytea_output = escape;
SET datestyle = german;
SET extra_float_digits = -15;
SET intervalstyle = sql_standard;
SELECT md5(string_agg(l::text, ' ' ORDER BY n)) AS here FROM ledgers \gset
RESET bytea_output;
RESET extra_float_digits;
RESET intervalstyle;
SET datestyle = iso;
SELECT md5(string_agg(l::text, ' ' ORDER BY n)) = :'here' AS same FROM ledgers;
-- text is the binary form in hexadecimal
SELECT count(checks.claim('send', what, '\x' || encode(revenue_ledger_send(l), 'hex') = l::text)) FROM ledgers WHERE l IS NOT NULL;

-- into and out of files, and a column by column change of type
\cd :builddir
\cd results
\copy ledgers TO 'io_text.data'
\copy ledgers TO 'io_csv.data' CSV
\copy ledgers TO 'io_binary.data' BINARY
CREATE TABLE from_text (LIKE ledgers);
CREATE TABLE from_csv (LIKE ledgers);
CREATE TABLE from_binary (LIKE ledgers);
\copy from_text FROM 'io_text.data'
\copy from_csv FROM 'io_csv.data' CSV
\copy from_binary FROM 'io_binary.data' BINARY
SELECT count(checks.claim('copy', what, same(a.l, b.l) AND same(a.l, c.l) AND same(a.l, d.l)))
FROM ledgers AS a JOIN from_text AS b USING (n, what) JOIN from_csv AS c USING (n, what) JOIN from_binary AS d USING (n, what);
ALTER TABLE from_text ALTER l TYPE text;
ALTER TABLE from_text ALTER l TYPE revenue_ledger USING l::revenue_ledger;
SELECT count(checks.claim('altered type', what, same(a.l, b.l))) FROM ledgers AS a JOIN from_text AS b USING (n, what);

-- Binary input takes what bytea sends, and no more.
CREATE TABLE forms (form bytea);
CREATE TABLE received (l revenue_ledger);
INSERT INTO forms SELECT revenue_ledger_send(l) FROM ledgers;
\copy forms TO 'io_form.data' BINARY
\copy received FROM 'io_form.data' BINARY
SELECT count(*), count(l), count(*) = sum((EXISTS (SELECT FROM ledgers AS w WHERE same(w.l, r.l)))::int) AS same FROM received AS r;
\set VERBOSITY sqlstate
TRUNCATE forms;
INSERT INTO forms VALUES ('');
\copy forms TO 'io_form.data' BINARY
\copy received FROM 'io_form.data' BINARY
TRUNCATE forms;
INSERT INTO forms SELECT revenue_ledger_send(l) || '\x00' FROM ledgers WHERE n = 1;
\copy forms TO 'io_form.data' BINARY
\copy received FROM 'io_form.data' BINARY
TRUNCATE forms;
INSERT INTO forms SELECT set_byte(revenue_ledger_send(l), 0, 2) FROM ledgers WHERE n = 1;
\copy forms TO 'io_form.data' BINARY
\copy received FROM 'io_form.data' BINARY
\set VERBOSITY default

--
-- Storage: small values in a line, compressed, and out of line
--
CREATE TABLE stored (n int, plain revenue_ledger, main revenue_ledger, extended revenue_ledger, external revenue_ledger);
ALTER TABLE stored ALTER plain SET STORAGE plain, ALTER main SET STORAGE main, ALTER external SET STORAGE external;
SELECT attname, attstorage, attalign FROM pg_attribute WHERE attrelid = 'stored'::regclass AND atttypid = 'revenue_ledger'::regtype ORDER BY attnum;
INSERT INTO stored SELECT n, CASE WHEN octet_length(l::text) < 8000 THEN l END, CASE WHEN what <> 'big, of texts' THEN l END, l, l FROM ledgers;
SELECT bool_or(pg_column_size(external) > 8000) AS out_of_line, bool_or(pg_column_size(extended) < pg_column_size(external)) AS compressed, min(pg_column_size(plain)) < 24 AS small FROM stored;
SELECT count(checks.claim('storage', what, (plain IS NULL OR same(l, plain)) AND (main IS NULL OR same(l, main)) AND same(l, extended) AND same(l, external)))
FROM ledgers JOIN stored USING (n);
SELECT count(checks.claim('mixed storage', what, same(l + external - extended, l) AND (main IS NULL OR main = external AND external <= main AND revenue_ledger_hash(main) = revenue_ledger_hash(external))))
FROM ledgers JOIN stored USING (n) WHERE what <> 'widest amount' AND l IS NOT NULL;
SELECT (SELECT rollup(extended) FROM stored WHERE n = 12) = (SELECT rollup(external) FROM stored WHERE n = 12) AS rollup, grain(external) AS facts_of_a_slice, customers(extended), total(main) FROM stored WHERE n = 12;
-- within other values: rows, arrays, domains
CREATE TYPE ledger_row AS (what text, l revenue_ledger);
CREATE DOMAIN positive AS revenue_ledger CHECK (total(VALUE) >= 0);
SELECT count(checks.claim('in a row', what, same(l, (ROW(what, l)::ledger_row::text::ledger_row).l))) FROM ledgers;
SELECT count(checks.claim('in an array', what, same(l, (ARRAY[l, l]::text::revenue_ledger[])[2]))) FROM ledgers;
SELECT count(checks.claim('in json', what, same(l, (to_jsonb(r) ->> 'l')::revenue_ledger))) FROM ledgers AS r;
SELECT count(total(l::positive)) FROM ledgers WHERE total(l) >= 0;
\set VERBOSITY sqlstate
SELECT l::positive FROM ledgers WHERE n = 2;
\set VERBOSITY default

-- A ledger read in the query that builds it is the same as its flat form, also where rows have
-- cancelled each other at the ends of its range.
CREATE TABLE parts AS
	SELECT 1 AS n, NULL::int AS m, revenue_entry(1, date '2024-06-01', 1) AS l
	UNION ALL SELECT 2, 1, revenue_entry(1, date '2024-06-01', 1) - revenue_entry(1, date '2024-06-01', 1) - revenue_entry(1, date '2023-01-01', 0)
	UNION ALL SELECT 3, 1, revenue_entry(1, date '2023-01-01', 0)
	UNION ALL SELECT 4, 2, revenue_entry(5, date '2030-01-01', 7) - revenue_entry(5, date '2030-02-01', 7)
	UNION ALL SELECT 5, 2, revenue_entry(5, date '2030-02-01', 7) - revenue_entry(5, date '2030-01-01', 7)
	UNION ALL SELECT 6, 3, revenue_entry(6, date '2029-01-01', 7) - revenue_entry(7, date '2029-01-01', 7)
	UNION ALL SELECT 10 + i, NULL, revenue_entry(i, date '2024-06-01' + i % 50, i) FROM generate_series(1, 9000) AS i;
SELECT m, periods(l), (SELECT array_agg(x) FROM revenue_movements(l) AS x) = (SELECT array_agg(x) FROM revenue_movements(l::text::revenue_ledger) AS x) AS movements,
	(SELECT array_agg(x) FROM cohort_retention(l) AS x) = (SELECT array_agg(x) FROM cohort_retention(l::text::revenue_ledger) AS x) AS cohorts,
	(SELECT array_agg(x ORDER BY x) FROM ledger_entries(l) AS x) = (SELECT array_agg(x ORDER BY x) FROM ledger_entries(l::text::revenue_ledger) AS x) AS entries
FROM (SELECT m, rollup(l ORDER BY n) AS l FROM (SELECT g.m, n, l FROM parts AS p, generate_series(1, 3) AS g(m) WHERE p.m IS NULL OR p.m = g.m) AS s GROUP BY m) AS r ORDER BY m;

--
-- Malformed input
--

-- How input ends: the detail of an error, or 'a ledger' that is one in every respect.
CREATE FUNCTION outcome(input text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	ledger revenue_ledger;
	detail text;
BEGIN
	BEGIN
		ledger := input;
	EXCEPTION
		WHEN invalid_text_representation THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
			RETURN detail;
		WHEN feature_not_supported THEN
			RETURN regexp_replace(SQLERRM, '\d+', 'N');
	END;
	IF ledger::text <> lower(input)
		OR (SELECT count(DISTINCT customer) FROM ledger_entries(ledger, upper(periods(ledger)))) <> customers(ledger)
		OR (SELECT coalesce(sum(amount), 0) FROM ledger_entries(ledger)) <> total(ledger)
		OR EXISTS (SELECT FROM ledger_entries(ledger) WHERE amount = 0 OR NOT period <@ periods(ledger))
		OR (ledger - ledger)::text <> (ledger - ledger - ledger + ledger)::text OR customers(ledger - ledger) <> 0 OR NOT isempty(periods(ledger - ledger))
		OR (ledger - ledger + ledger)::text <> ledger::text
		OR (SELECT sum(new) - sum(churn) + sum(reactivation) + sum(expansion) - sum(contraction) <> sum(ending) FILTER (WHERE period = (SELECT max(period) FROM revenue_movements(ledger))) FROM revenue_movements(ledger))
		OR EXISTS (SELECT FROM cohort_retention(ledger) WHERE customers > cohort_customers OR retained_revenue > revenue) THEN
		RETURN 'not a sound ledger';
	END IF;
	RETURN 'a ledger';
END $$;

SELECT input, outcome(input) FROM (VALUES
	('\X0100000002000000010101c00402000e'), ('0100000002000000010101c00402000e'), ('\x01 00'), ('\x 0100'), ('\x010'), ('\x0g'), ('x0100'), ('\'), ('\x'), ('{}'), ('NULL')) AS v(input);

-- Single faults in a ledger of two customers, 1 and 3, who paid 8.8 in January 2024 and 0.1 in
-- February. After version, flags, dscale, grain, kind, scale and snapshot rule come the counts of
-- customers, entries and periods, the first period, the total and the surplus; then the customers.
SELECT revenue_entry(1, date '2024-01-15', 8.80) + revenue_entry(3, date '2024-02-15', 0.10)
	= '\x0100000202000100020202c004b20100020100b00102010202' AS two;
SELECT fault, outcome(replace('\x' || header || counts || customers, ' ', '')) FROM (VALUES
	('none',                       '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('version',                    '02 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('flag of an open ledger',     '01 01 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('flags',                      '01 80 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('dscale below scale',         '01 00 0000 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('dscale',                     '01 00 07d1 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('largest dscale is fine',     '01 00 07d0 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('grain',                      '01 00 0002 05 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('kind',                       '01 00 0002 02 03 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('kind of others',             '01 00 0002 02 01 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('scale not needed',           '01 00 0002 02 00 02 00', '02 02 02 c004 f40d 00', '02 01 00 e00d  02 01 02 14'),
	('scale not needed, empty',    '01 00 0002 02 00 01 00', '00 00 00 00 00', ''),
	('scale beyond dscale',        '01 00 0002 02 00 03 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('scale',                      '01 00 0021 02 00 21 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('snapshot at the end',        '01 00 0002 02 00 01 01', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('snapshot at the start',      '01 00 0002 02 00 01 02', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('snapshot',                   '01 00 0002 02 00 01 03', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('fewer customers',            '01 00 0002 02 00 01 00', '01 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('more customers',             '01 00 0002 02 00 01 00', '03 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('2^62 customers',             '01 00 0002 02 00 01 00', '808080808080808040 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('fewer entries',              '01 00 0002 02 00 01 00', '02 01 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('more entries',               '01 00 0002 02 00 01 00', '02 03 02 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('no periods',                 '01 00 0002 02 00 01 00', '02 02 00 b201 00', '02 01 00 b001  02 01 02 02'),
	('fewer periods',              '01 00 0002 02 00 01 00', '02 02 01 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('more periods at the end',    '01 00 0002 02 00 01 00', '02 02 03 c004 b201 00', '02 01 00 b001  02 01 02 02'),
	('more periods in front',      '01 00 0002 02 00 01 00', '02 02 03 be04 b201 00', '02 01 02 b001  02 01 04 02'),
	('too many periods',           '01 00 0002 02 00 01 00', '02 02 818010 c004 b201 00', '02 01 00 b001  02 01 feff1f 02'),
	('most periods',               '01 00 0002 02 00 01 00', '02 02 808010 83da06 b201 00', '02 01 00 b001  02 01 feff1f 02'),
	('first period before time',   '01 00 0002 02 00 01 00', '02 02 02 ffffffff0f b201 00', '02 01 00 b001  02 01 02 02'),
	('last period after time',     '01 00 0002 02 00 01 00', '02 02 02 8ed0c643 b201 00', '02 01 00 b001  02 01 02 02'),
	('first period over 32 bits',  '01 00 0002 02 00 01 00', '02 02 02 8080808010 b201 00', '02 01 00 b001  02 01 02 02'),
	('first period longer coded',  '01 00 0002 02 00 01 00', '02 02 02 c08400 b201 00', '02 01 00 b001  02 01 02 02'),
	('total',                      '01 00 0002 02 00 01 00', '02 02 02 c004 b401 00', '02 01 00 b001  02 01 02 02'),
	('sign of the total',          '01 00 0002 02 00 01 00', '02 02 02 c004 b101 00', '02 01 00 b001  02 01 02 02'),
	('surplus of nothing',         '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 00 00', '02 01 00 b001  02 01 02 02'),
	('a surplus is fine',          '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 01 02 00', '02 01 00 b001  02 01 02 02'),
	('surplus not in one run',     '01 00 0002 02 00 01 00', '02 02 02 c004 b201 02 00 02 00 02', '02 01 00 b001  02 01 02 02'),
	('surplus beyond the periods', '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 04 02', '02 01 00 b001  02 01 02 02'),
	('run beyond the periods',     '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 01 02 01', '02 01 00 b001  02 01 02 02'),
	('run of 2^62 periods',        '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 01 02 808080808080808040', '02 01 00 b001  02 01 02 02'),
	('surplus over 64 bits',       '01 00 0002 02 00 01 00', '02 02 02 c004 b201 01 00 80808080808080808002', '02 01 00 b001  02 01 02 02'),
	('the same customer twice',    '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  00 01 02 02'),
	('customer over 64 bits',      '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  80808080808080808002 01 02 02'),
	('customers turn around',      '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  ffffffffffffffffff01 01 02 02'),
	('customer of no runs',        '01 00 0002 02 00 01 00', '02 01 01 c004 b001 00', '02 01 00 b001  02 00'),
	('entry of zero',              '01 00 0002 02 00 01 00', '02 02 02 c004 b001 00', '02 01 00 b001  02 01 02 00'),
	('amount longer coded',        '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 8200'),
	('amount of 33 digits',        '01 00 0002 02 00 01 00', '02 02 02 c004 02 00', '02 01 00 80808080a0e0f7ac8bee8ad4ad8bf704  02 01 02 fdffffff9fe0f7ac8bee8ad4ad8bf704'),
	('amounts of 32 digits',       '01 00 0002 02 00 01 00', '02 02 02 c004 00 00', '02 01 00 feffffff9fe0f7ac8bee8ad4ad8bf704  02 01 02 fdffffff9fe0f7ac8bee8ad4ad8bf704'),
	('total of 33 digits',         '01 00 0002 02 00 01 00', '02 02 02 c004 80808080a0e0f7ac8bee8ad4ad8bf704 00', '02 01 00 feffffff9fe0f7ac8bee8ad4ad8bf704  02 01 02 02'),
	('amount over 128 bits',       '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 80808080808080808080808080808080808004  02 01 02 02'),
	('amount without an end',      '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 8080808080808080808080808080808080808080808080'),
	('run not of full length',     '01 00 0002 02 00 01 00', '01 02 02 c004 04 00', '02 02 00 02 00 02'),
	('run of full length is fine', '01 00 0002 02 00 01 00', '01 02 02 c004 04 00', '02 01 01 02 00'),
	('more bytes',                 '01 00 0002 02 00 01 00', '02 02 02 c004 b201 00', '02 01 00 b001  02 01 02 02 00')) AS v(fault, header, counts, customers);
-- and in one where 1 began with 4 a month in January 2024, to last, and 3 paid 1 in February
SELECT (SELECT subscription_ledger(1, daterange('2024-01-15', NULL), 4)) + revenue_entry(3, date '2024-02-15', 1)
	= '\x0102000002000001020302c00412010201020101080102010202' AS lasting;
SELECT fault, outcome(replace('\x' || header || counts || customers, ' ', '')) FROM (VALUES
	('none',                       '01 02 0000 02 00 00 01', '02 03 02 c004 12 01 02 01', '02 01 01 08 01  02 01 02 02'),
	('nothing may last',           '01 00 0000 02 00 00 01', '02 03 02 c004 12 01 02 01', '02 01 01 08 01  02 01 02 02'),
	('nothing lasts',              '01 02 0000 02 00 00 01', '02 03 02 c004 12 01 02 01', '02 01 01 08 00  02 01 02 02'),
	('longer than forever',        '01 02 0000 02 00 00 01', '02 03 02 c004 12 01 02 01', '02 01 01 08 02  02 01 02 02'),
	('forever counted',            '01 02 0000 02 00 00 01', '02 04 02 c004 1a 01 02 01', '02 01 01 08 01  02 01 02 02'),
	('forever touched',            '01 02 0000 02 00 00 01', '02 03 02 c004 12 01 04 01', '02 01 01 08 01  02 01 02 02'),
	('lasting amount in the range', '01 02 0000 02 00 00 01', '02 04 03 c004 1a 01 03 01 00', '02 01 01 08 02  02 01 02 02'),
	('no range',                   '01 02 0000 02 00 00 01', '01 00 00 00 00', '02 01 00 08')) AS v(fault, header, counts, customers);
-- and of two texts, ann and anna
SELECT revenue_entry('ann', date '2024-01-15', 1) + revenue_entry('anna', date '2024-01-15', 2)
	= '\x0100000002020000020201c00406000003616e6e010002030161010004' AS two;
SELECT fault, outcome(replace('\x01 00 0000 02 02 00 00 02 02 01 c004 06 00' || customers, ' ', '')) FROM (VALUES
	('none',                     '00 03 616e6e 01 00 02  03 01 61 01 00 04'),
	('out of order',             '00 04 616e6e61 01 00 04  03 00 01 00 02'),
	('the same text twice',      '00 03 616e6e 01 00 02  03 00 01 00 04'),
	('more shared than there is', '00 03 616e6e 01 00 02  04 01 61 01 00 04'),
	('shared with nothing',      '01 03 616e6e 01 00 02  03 01 61 01 00 04'),
	('fewer shared than are',    '00 03 616e6e 01 00 02  02 02 6e61 01 00 04'),
	('longer than the rest',     '00 03 616e6e 01 00 02  03 7f 61 01 00 04'),
	('longer than 65000',        '00 03 616e6e 01 00 02  03 ffff7f 61 01 00 04'),
	('of length 2^62',           '00 808080808080808040 616e6e 01 00 02  03 01 61 01 00 04'),
	('with a zero byte',         '00 03 610000 01 00 02  01 02 6161 01 00 04')) AS v(fault, customers);

-- every truncation, and a byte more
SELECT outcome, count(*) FROM (
	SELECT outcome(left(l::text, 2 * length)) FROM ledgers, generate_series(1, octet_length(l::text) / 2 - 1) AS length WHERE octet_length(l::text) < 1000) AS t
GROUP BY 1 ORDER BY 1;
SELECT outcome(l::text || byte), count(*) FROM ledgers, unnest(ARRAY['00', '01', '7f', 'ff']) AS byte WHERE octet_length(l::text) < 1000 GROUP BY 1 ORDER BY 1;

-- every byte changed to every other value (those of texts to ASCII, which is valid in any database)
SELECT what, outcome, count(*) FROM (
	SELECT n, what, outcome('\x' || encode(set_byte(form, at, value), 'hex'))
	FROM (SELECT n, what, revenue_ledger_send(l) AS form FROM ledgers WHERE octet_length(l::text) < 1000) AS f,
		generate_series(0, octet_length(form) - 1) AS at, generate_series(0, 255) AS value
	WHERE get_byte(form, at) <> value AND (value < 128 OR what <> 'texts')) AS t
GROUP BY n, what, outcome ORDER BY n, outcome;

-- every byte left out, doubled, or swapped with the next
SELECT outcome, count(*) FROM (
	SELECT outcome('\x' || encode(changed, 'hex'))
	FROM (SELECT revenue_ledger_send(l) AS form FROM ledgers WHERE octet_length(l::text) < 1000) AS f,
		generate_series(1, octet_length(form)) AS at,
		unnest(ARRAY[overlay(form PLACING '' FROM at FOR 1), overlay(form PLACING substr(form, at, 1) FROM at FOR 0), overlay(form PLACING substr(form, at + 1, 1) || substr(form, at, 1) FROM at FOR 2)]) AS changed
	WHERE changed <> form) AS t
GROUP BY 1 ORDER BY 1;

SELECT * FROM checks.summary ORDER BY topic COLLATE "C";
SELECT * FROM checks.failure ORDER BY topic COLLATE "C", context COLLATE "C" LIMIT 50;

RESET search_path;
DROP SCHEMA io, checks CASCADE;
