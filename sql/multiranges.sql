--
-- Multiranges where ranges are: a subscription with pauses, an invoice for several service periods.
--
\getenv srcdir PG_ABS_SRCDIR
\set checks :srcdir '/sql/include/checks.sql'
\set dice :srcdir '/sql/include/dice.sql'
\set oracle :srcdir '/sql/include/oracle.sql'
\set ECHO none
\i :oracle
\i :checks
\i :dice
\set ECHO all
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York';
SET jit = off;

SELECT e.* FROM ledger_entries((SELECT subscription_ledger('ann'::text, datemultirange(daterange('2024-01-05', '2024-02-10'), daterange('2024-03-20', NULL)), 5)), '2024-05-01') AS e;
-- 79 days, of which 27, 9 + 10, 31 and 2; cumulative shares are rounded: 34.177215|190, 58.227848|101, 97.468354|430
SELECT e.*, round(100.0 * (ARRAY[27, 46, 77, 79])[row_number() OVER (ORDER BY period)] / 79, 6) AS earned
FROM ledger_entries((SELECT invoice_ledger('ann'::text, datemultirange(daterange('2024-01-05', '2024-02-10'), daterange('2024-02-20', '2024-04-03')), 100)) ) AS e;
-- nothing in force, nothing to earn
SELECT isempty(periods(subscription_ledger(1, m, 5))) AS subscription, isempty(periods(invoice_ledger(1, m, 5))) AS invoice,
	subscription_ledger(1, NULL::datemultirange, 5) IS NULL AS no_row FROM (VALUES ('{}'::datemultirange), ('{empty}')) AS v(m) GROUP BY m;
SELECT total(subscription_ledger(c, m, 5)), customers(invoice_ledger(c, m, 5)) FROM (VALUES (1, '{}'::tsmultirange), (2, '{[2024-01-31 10:00,2024-02-02 10:00)}'), (3, NULL)) AS v(c, m);
SELECT e.* FROM (VALUES
	(1, $$SELECT subscription_ledger(1, '{(,2024-01-01)}'::datemultirange, 5)$$),
	(2, $$SELECT invoice_ledger(1, '{[2024-01-01,2024-02-01),[2024-03-01,)}'::datemultirange, 5)$$),
	(3, $$SELECT subscription_ledger(1, '{[1,2)}'::int4multirange, 5)$$),
	(4, $$SELECT invoice_ledger(1, '{[1,2)}'::int4multirange, 5)$$),
	(5, $$SELECT mrr(12, '{}'::datemultirange)$$),
	(6, $$SELECT mrr(12, '{[2024-01-01,2024-02-01),[2024-03-01,)}'::tsmultirange)$$),
	(7, $$SELECT mrr(12::real, '{[1,2)}'::int4multirange)$$)) AS v(n, statement), checks.error(statement) AS e ORDER BY n;

-- Up to five ranges of each of three types, of days and of times
CREATE TABLE service AS
	SELECT id, id % 40 AS customer, round((id * 7919 % 20011 - 4000) / 7.0, id % 4) AS amount, days.services AS days, times.services AS times
	FROM generate_series(1, 160) AS id,
		LATERAL (SELECT range_agg(daterange(start, start + length)) AS services
			FROM generate_series(1, 1 + id % 5) AS i, LATERAL (SELECT date '2023-11-20' + pg_temp.dice(400, 'start', id::text, i::text), pg_temp.dice(90, 'length', id::text, i::text)) AS r(start, length)) AS days,
		LATERAL (SELECT range_agg(tsrange(start, start + length, bounds)) AS services
			FROM generate_series(1, 1 + id % 4) AS i, LATERAL (SELECT timestamp '2023-11-20' + pg_temp.dice(9600, 'start', id::text, i::text) * interval '1 hour',
				pg_temp.dice(900, 'length', id::text, i::text) * interval '1 hour', pg_temp.pick('{[),[],(),(]}', 'bounds', id::text, i::text)) AS r(start, length, bounds)) AS times;
CREATE TABLE zoned AS
	SELECT id, customer, amount, (SELECT range_agg(tstzrange(lower(r) AT TIME ZONE 'UTC', upper(r) AT TIME ZONE 'UTC', CASE WHEN lower_inc(r) THEN '[' ELSE '(' END || CASE WHEN upper_inc(r) THEN ']' ELSE ')' END))
		FROM unnest(times) AS r) AS services FROM service;
CREATE VIEW services AS
	SELECT 'days' AS type, id, customer, amount, days::text AS services FROM service
	UNION ALL SELECT 'times', id, customer, amount, times::text FROM service
	UNION ALL SELECT 'zoned', id, customer, amount, services::text FROM zoned;
SELECT type, count(*), count(*) FILTER (WHERE services = '{}') AS empty, max(regexp_count) AS most_ranges
FROM services, LATERAL (SELECT count(*) AS regexp_count FROM regexp_matches(services, ',[^,]*[)\]]', 'g')) AS r GROUP BY type ORDER BY type;

-- a subscription over several ranges is one over each
SELECT grain, rule, count(*) AS types, count(*) FILTER (WHERE together IS DISTINCT FROM apart) AS wrong
FROM unnest('{day, week, month, year}'::text[]) AS grain, unnest('{end, start}'::text[]) AS rule, LATERAL (
	SELECT (SELECT subscription_ledger(customer, days, amount, grain, rule)::text FROM service), (SELECT subscription_ledger(customer, r, amount, grain, rule)::text FROM service, unnest(days) AS r)
	UNION ALL SELECT (SELECT subscription_ledger(customer, times, amount, grain, rule)::text FROM service), (SELECT subscription_ledger(customer, r, amount, grain, rule)::text FROM service, unnest(times) AS r)
	UNION ALL SELECT (SELECT subscription_ledger(customer, services, amount, grain, rule)::text FROM zoned), (SELECT subscription_ledger(customer, r, amount, grain, rule)::text FROM zoned, unnest(services) AS r)) AS l(together, apart)
GROUP BY grain, rule ORDER BY grain, rule;
-- an invoice for one range is one
SELECT count(*), count(*) FILTER (WHERE one IS DISTINCT FROM other) AS wrong
FROM (SELECT invoice_ledger(customer, r, amount)::text AS one, invoice_ledger(customer, datemultirange(r), amount)::text AS other FROM service, unnest(days) AS r GROUP BY id, r) AS l;

-- Every share against plain SQL: the days of all ranges, one after the other
CREATE TABLE earned AS
	WITH day AS (
		SELECT type, id, customer, amount, greatest(scale(amount), 2) + 4 AS scale, day,
			row_number() OVER (PARTITION BY type, id ORDER BY start, day) AS n, count(*) OVER (PARTITION BY type, id) AS days
		FROM (SELECT 'days' AS type, id, customer, amount, lower(r) AS start, upper(r) AS stop FROM service, unnest(days) AS r
			UNION ALL SELECT 'times', id, customer, amount, (lower(r) + (NOT lower_inc(r))::int * interval '1 microsecond')::date,
				(upper(r) + upper_inc(r)::int * interval '1 microsecond')::date FROM service, unnest(times) AS r
			UNION ALL SELECT 'zoned', id, customer, amount, (lower(r) + (NOT lower_inc(r))::int * interval '1 microsecond')::date,
				(upper(r) + upper_inc(r)::int * interval '1 microsecond')::date FROM zoned, unnest(services) AS r) AS s,
			LATERAL (SELECT start + i FROM generate_series(0, greatest(stop - start, 1) - 1) AS i) AS d(day))
	SELECT type, id, customer, day, oracle.share(amount, n::int, days::int, scale) - oracle.share(amount, n::int - 1, days::int, scale) AS earned FROM day;
SELECT grain, checks.compare('shares', grain,
	format('SELECT type, e.* FROM (SELECT ''days'' AS type, invoice_ledger(customer, days, amount, %1$L) AS l FROM service
			UNION ALL SELECT ''times'', invoice_ledger(customer, times, amount, %1$L) FROM service
			UNION ALL SELECT ''zoned'', invoice_ledger(customer, services, amount, %1$L) FROM zoned) AS s, ledger_entries(l) AS e', grain),
	format('SELECT type, customer::text, date_trunc(%L, day)::date, round(sum(earned), 7) FROM earned GROUP BY 1, 2, 3 HAVING sum(earned) <> 0', grain)) AS wrong
FROM unnest('{day, week, month, quarter, year}'::text[]) AS grain;
SELECT count(*) FILTER (WHERE total(l) <> amount) AS wrong FROM (SELECT amount, invoice_ledger(customer, days, amount) AS l FROM service WHERE NOT isempty(days) GROUP BY id, amount) AS s;

-- tables by name
SELECT shape, revenue_ledger_from('service', 'customer', 'days', 'amount', shape => shape)::text = ledger::text AS days,
	revenue_ledger_from('zoned', 'customer', 'services', 'amount', 'week', shape => shape)::text = zoned::text AS zoned
FROM (SELECT 'subscriptions' AS shape, (SELECT subscription_ledger(customer, days, amount) FROM service) AS ledger, (SELECT subscription_ledger(customer, services, amount, 'week') FROM zoned) AS zoned
	UNION ALL SELECT 'invoices', (SELECT invoice_ledger(customer, days, amount) FROM service), (SELECT invoice_ledger(customer, services, amount, 'week') FROM zoned)) AS l;

-- The months of all ranges: one range is itself; several add up, exactly
SELECT mrr(1200, datemultirange(daterange('2024-01-01', '2024-07-01'), daterange('2024-08-01', '2025-02-01'))) AS a_year,
	mrr(100, '{[2024-01-01,2024-01-16),[2024-02-01,2024-02-16)}'::datemultirange) = round(100 / (15.0 / 31 + 15.0 / 29), 4) AS halves,
	mrr(99.5::float8, '{[2024-01-01,2024-04-01),[2024-06-01,2024-07-01)}'::tsmultirange) AS quarter, mrr(12::real, '{[2024-03-09 12:00,2024-04-09 12:00)}'::tstzmultirange) AS month;
SELECT count(*), count(*) FILTER (WHERE mrr(amount, datemultirange(r)) <> mrr(amount, r) OR mrr(amount::float8, datemultirange(r)) <> mrr(amount::float8, r)) AS wrong FROM service, unnest(days) AS r;
-- mrr of one range has so many digits that it tells how many months there are
SELECT count(*) > 90 AS many, count(*) FILTER (WHERE abs(mrr(1e15, days) / nullif(1e15 / months, 0) - 1) > 1e-12) AS wrong
FROM service, LATERAL (SELECT sum(1e15 / mrr(1e15, r)) AS months, count(*) AS ranges FROM unnest(days) AS r) AS m WHERE ranges > 1;

TABLE checks.first_failures;
DROP VIEW services;
DROP TABLE service, zoned, earned;
DROP SCHEMA oracle CASCADE;
DROP SCHEMA checks CASCADE;
