--
-- The values that the fuzzer starts from, made by the extension itself: target, name and bytes in hexadecimal. What a
-- target expects before a value is described in its source.
--
SET client_min_messages = warning;
SET bytea_output = hex;
SET timezone = 'UTC';
CREATE EXTENSION nrr;

-- A value's bytes as they are in memory
CREATE TYPE raw;
CREATE FUNCTION raw_in(cstring) RETURNS raw AS 'byteain' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION raw_out(raw) RETURNS cstring AS 'byteaout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, ALIGNMENT = double);
CREATE CAST (revenue_ledger AS raw) WITHOUT FUNCTION;

-- Aggregates that leave their state as it is
CREATE AGGREGATE open_payments("any", "any", "any", text) (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger);
CREATE AGGREGATE open_subscriptions("any", anyrange, "any", text, text) (SFUNC = subscription_ledger_accum, STYPE = revenue_ledger);
CREATE AGGREGATE open_rollup(revenue_ledger) (SFUNC = revenue_ledger_merge, STYPE = revenue_ledger);

CREATE TABLE ledgers (name text, l revenue_ledger);
INSERT INTO ledgers VALUES
	('row', revenue_entry(1, date '2024-01-15', 9.90)),
	('empty', revenue_entry(1, date '2024-01-15', 1) - revenue_entry(1, date '2024-01-15', 1)),
	('zero', revenue_entry(1, date '2024-01-15', 0.00)),
	('wide', revenue_entry(-9223372036854775808, date '1815-06-18', -99999999999999999999999999999999, 'day')),
	('small', revenue_entry('', date '2024-01-15', 0.00000000000000000000000000000001)),
	('integers', (SELECT revenue_ledger(c * c * 7919 - 50, date '2021-11-11' + i * 45, round(c * 1.25 - i % 3 * 4, 2)) FROM generate_series(1, 4) AS c, generate_series(1, 6) AS i)),
	('uuids', (SELECT revenue_ledger(md5(c::text)::uuid, date '2024-01-01' + i * 9, c, 'week') FROM generate_series(1, 3) AS c, generate_series(1, 4) AS i)),
	('texts', (SELECT revenue_ledger((ARRAY['', 'ann', 'anna', 'bób', 'zoë'])[c], date '2024-01-01' + i * 93, 10 - i, 'quarter') FROM generate_series(1, 5) AS c, generate_series(1, 3) AS i)),
	('years', revenue_entry(2, date '2022-01-01', 3, 'year') + revenue_entry(3, date '2024-01-01', 0, 'year')),
	('negative', revenue_entry(1, date '2024-01-01', 1) - (SELECT revenue_ledger(i, date '2024-01-01', 1) FROM generate_series(1, 3) AS i)),
	('long', (SELECT revenue_ledger(repeat('x', c), date '2015-01-01', c) FROM unnest(ARRAY[1, 127, 128, 300]) AS c)),
	('lasting', (SELECT subscription_ledger(c, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5) FROM generate_series(1, 6) AS c)),
	('start', (SELECT subscription_ledger(c::text, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5, 'month', 'start') FROM generate_series(1, 6) AS c)),
	('forever', (SELECT subscription_ledger(1, daterange('2024-01-15', NULL), 5) - subscription_ledger(1, daterange('2024-01-15', NULL), 3))),
	('after', (SELECT subscription_ledger(2, daterange('2024-03-15', NULL), 5) + revenue_entry(1, date '2024-01-01', 1) - revenue_entry(3, date '2024-03-01', 0))),
	('run', (SELECT subscription_ledger(1, daterange('2004-01-01', '2024-01-01'), 5))),
	('gaps', (SELECT revenue_ledger(c, date '2024-01-01' + i * c * 20, 100 * c) FROM generate_series(1, 5) AS c, generate_series(1, 8) AS i WHERE (c + i) % 3 > 0));

CREATE TABLE open_ledgers (name text, l revenue_ledger);
INSERT INTO open_ledgers
	SELECT 'integers', open_payments(i % 3, date '2024-01-01' + 20 * i, i * 1.25, 'month') FROM generate_series(1, 6) AS i
	UNION ALL SELECT 'uuids', open_payments(md5(i::text)::uuid, date '2024-01-01' + 20 * i, -i, 'week') FROM generate_series(1, 4) AS i
	UNION ALL SELECT 'texts', open_payments(repeat('é', i), date '2024-01-01' + 20 * i, 123456789012345678901.5 * i, 'month') FROM generate_series(0, 3) AS i
	UNION ALL SELECT 'subscriptions', open_subscriptions(i, daterange(date '2024-01-01' + i, CASE WHEN i < 3 THEN date '2024-02-01' + i END), 10, 'week', 'start') FROM generate_series(1, 4) AS i
	UNION ALL SELECT 'rollup', open_rollup(l) FROM ledgers, generate_series(1, 2) WHERE name IN ('row', 'zero')
	UNION ALL SELECT 'cancelled', open_rollup(l) FROM ledgers, generate_series(1, 2) WHERE name = 'empty';

CREATE TABLE summaries (name text, s retention_summary);
INSERT INTO summaries
	SELECT 'plain', retention(s, e) FROM (VALUES (100.00, 120.00), (50.50, 20.25), (10, 0), (0, 7), (30, 30)) AS v(s, e)
	UNION ALL SELECT 'one', retention(100, 90)
	UNION ALL SELECT 'nobody', retention(0, 0)
	UNION ALL SELECT 'wide', retention(99999999999999999999999999999999, 99999999999999999999999999999998)
	UNION ALL SELECT 'small', retention(0.00000000000000000000000000000001, 0.00000000000000000000000000000002)
	UNION ALL SELECT 'ledger', retention(l, '2024-01-15', '2024-08-01') FROM ledgers WHERE name = 'lasting';

CREATE TABLE texts (what int, t text);
INSERT INTO texts VALUES
	(0, 'critical'), (0, 'Moderate'), (0, 'healthy'), (0, 'STRONG'),
	(1, '<70 <90 <=100'), (1, '- <=0 -'), (1, '<0.000000001 <999999999.999999999 -'),
	(2, 'day'), (2, 'week'), (2, 'Month'), (2, 'quarter'), (2, 'year'), (2, 'moth'),
	(3, 'nrr'), (3, 'grr'), (3, 'logo_retention'), (3, 'logo'),
	(4, 'start'), (4, 'end'), (4, 'ends'),
	(5, 'monthly'), (5, 'every 6 months'), (5, 'semi-annual'), (5, 'two-year'), (5, 'per 90 days'), (5, 'biweekly'), (5, 'P1Y2M'), (5, '1 mon 3 days'), (5, 'montly'),
	(6, '52/12'), (6, '4.345'), (6, '4'), (6, '365/84');

CREATE FUNCTION hex(bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT encode(bytes, 'hex') $$;

\pset format unaligned
\pset tuples_only on
\pset fieldsep ' '
-- options: flags, two dates, lookback, grace, within, baseline, grain of cohorts, size of the first ledger
SELECT 'ledger', name, '000000003c01000200020000' || hex(revenue_ledger_send(l))
FROM ledgers
UNION ALL
SELECT 'ledger', a.name || '_' || b.name,
	(ARRAY['40', '06', '10', '28', '4a'])[1 + length(a.name || b.name) % 5] || '000a012c0301000103' || lpad(to_hex(length(revenue_ledger_send(a.l))), 4, '0') ||
	hex(revenue_ledger_send(a.l)) || hex(revenue_ledger_send(b.l))
FROM ledgers AS a, ledgers AS b
WHERE (a.name, b.name) IN (('integers', 'negative'), ('lasting', 'after'), ('texts', 'texts'), ('run', 'gaps'), ('forever', 'lasting'))
UNION ALL
SELECT 'stored', name, '000000003c01000200020000' || substr(l::raw::text, 3) FROM ledgers
UNION ALL
SELECT 'stored', 'open_' || name, '000000003c01000200020000' || substr(l::raw::text, 3) FROM open_ledgers
UNION ALL
SELECT 'summary', name, '00' || 'dea8' || '004602' || '005a06' || '006409' || hex(retention_summary_send(s)) FROM summaries
UNION ALL
SELECT 'summary', 'text_' || name, '01' || 'e290' || '004602' || '005a06' || '006409' || hex(convert_to(s::text, 'UTF8')) FROM summaries
UNION ALL
SELECT 'text', what || '_' || row_number() OVER (), lpad(to_hex(what), 2, '0') || hex(convert_to(t, 'UTF8')) FROM texts
UNION ALL
SELECT 'text', 'ledger_' || name, '07' || hex(convert_to(l::text, 'UTF8')) FROM ledgers WHERE name IN ('row', 'texts')
UNION ALL
SELECT 'text', 'rating', '08' || hex(benchmark_rating_send('healthy'))
UNION ALL
SELECT 'text', 'benchmark', '09' || hex(retention_benchmark_send('<70 <90 <=100'))
UNION ALL
SELECT 'text', 'percent', '0a' || hex(float8send(99.5))
UNION ALL
-- types of columns, grain, and operations, which are any bytes
SELECT 'rows', kinds || '_' || n, '000000003c01000200020000' || kinds || lpad(to_hex(n % 5), 2, '0') ||
	(SELECT string_agg(md5(kinds || n || i), '' ORDER BY i) FROM generate_series(1, 1 + n) AS i)
FROM unnest(ARRAY['00', '01', '02', '10', '11', '12', '30', '31', '32']) AS kinds, generate_series(1, 4) AS n;
