--
-- What is refused, and how it is said: SQLSTATE, message, detail and hint of every error.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';
CREATE SCHEMA errors;
SET search_path = errors, public;

-- Runs a statement that must fail, and says how it does.
CREATE FUNCTION error(statement text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	state text;
	message text;
	detail text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN NEXT 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN NEXT state || ' ' || regexp_replace(message, 'function \d+', 'function N');
	RETURN QUERY SELECT label || text FROM (VALUES ('  detail: ', detail), ('  hint: ', hint)) AS v(label, text) WHERE text <> '';
END $$;

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN yearly AS interval;
CREATE TABLE billing (customer_id int, paid_on date, amount numeric(12,2), note text, paid_at timestamptz, day_number int);
INSERT INTO billing SELECT i % 5, date '2024-01-01' + i * 11, i, 'note', now(), i FROM generate_series(1, 50) AS i;
CREATE TABLE ledgers AS SELECT revenue_ledger(customer_id, paid_on, amount) AS l FROM billing;

-- grains
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 1, 'fortnight')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 1, '')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 1, 'months')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 1, ' month')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 1, g) FROM (VALUES ('month'), ('day')) AS v(g)$$);
SELECT error($$SELECT revenue_ledger(i, date '2024-01-01', 1, CASE i WHEN 5000 THEN 'year' ELSE 'week' END) FROM generate_series(1, 5000) AS i$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1, 'decade')$$);
SELECT error($$SELECT revenue_ledger_from('billing', 'customer_id', 'paid_on', 'amount', 'decade')$$);
SELECT error($$SELECT c.* FROM ledgers, cohort_retention(l, 'decade') AS c$$);
SELECT error($$SELECT c.* FROM ledgers, cohort_retention(l, 'week') AS c$$);
SELECT error($$SELECT * FROM cohort_retention('billing', 'customer_id', 'paid_on', 'amount', 'quarter', 'month')$$);
SELECT error($$SELECT c.* FROM cohort_retention(revenue_entry(1, date '2024-01-01', 1, 'year'), 'day') AS c$$);

-- dates
SELECT error($$SELECT revenue_ledger(1, date 'infinity', 1)$$);
SELECT error($$SELECT revenue_ledger(1, timestamp '-infinity', 1)$$);
SELECT error($$SELECT revenue_entry(1, timestamptz 'infinity', 1)$$);
SELECT error($$SELECT revenue_entry(1, 'infinity', 1)$$);
SELECT error($$SELECT revenue_entry(1, date '5874897-01-01', 1)$$);
SELECT error($$SELECT revenue_entry(1, '2024-02-30', 1)$$);
SELECT error($$SELECT revenue_entry(1, 'someday', 1)$$);
SELECT error($$SELECT revenue_ledger(1, at, 1, 'day') FROM (VALUES (date '0001-01-01'), ('9999-12-31')) AS v(at)$$);
SELECT error($$SELECT revenue_ledger(i, CASE i WHEN 5000 THEN date '9999-12-31' ELSE date '0001-01-01' END, 1, 'day') FROM generate_series(1, 5000) AS i$$);
SELECT error($$SELECT m.* FROM ledgers, revenue_movements(l, 1, 'infinity') AS m$$);
SELECT error($$SELECT c.* FROM ledgers, cohort_retention(l, through => '-infinity') AS c$$);
SELECT error($$SELECT m.* FROM revenue_movements(revenue_entry(1, date '2024-01-01', 1, 'day'), through => '9999-12-31') AS m$$);
SELECT error($$SELECT c.* FROM cohort_retention(revenue_entry(1, date '2024-01-01', 1, 'day'), through => '9999-12-31') AS c$$);

-- amounts
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 'NaN'::numeric)$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', 'Infinity'::float8)$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 'NaN')$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 'a lot')$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1e32)$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1e-33)$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', a) FROM (VALUES (99999999999999999999999999999999), (1)) AS v(a)$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 99999999999999999999999999999999) + revenue_entry(2, date '2024-01-01', 1)$$);
SELECT error($$SELECT rollup(revenue_entry(1, date '2024-01-01', 6e31)) FROM generate_series(1, 2)$$);

-- types
SELECT error($$SELECT revenue_ledger(1, 20240101, 1)$$);
SELECT error($$SELECT revenue_ledger(1, text '2024-01-01', 1)$$);
SELECT error($$SELECT revenue_ledger(1, time '12:00', 1)$$);
SELECT error($$SELECT revenue_ledger(1, yearly '1 year', 1)$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', text '1')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', money '1')$$);
SELECT error($$SELECT revenue_ledger(1, date '2024-01-01', true)$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', mood 'happy')$$);
SELECT error($$SELECT revenue_entry(1, mood 'happy', 1)$$);

-- customers
SELECT octet_length(customer) FROM ledger_entries(revenue_entry(repeat('x', 65000), date '2024-01-01', 1));
SELECT error($$SELECT revenue_entry(repeat('x', 65001), date '2024-01-01', 1)$$);
SELECT error($$SELECT revenue_ledger(array_fill(1, ARRAY[40000]), date '2024-01-01', 1)$$);

-- ledgers that do not go together
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1) + revenue_entry(1, date '2024-01-01', 1, 'week')$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1, 'day') - revenue_entry(1, date '2024-01-01', 1, 'year')$$);
SELECT error($$SELECT revenue_entry(1, date '2024-01-01', 1) + revenue_entry('1', date '2024-01-01', 1)$$);
SELECT error($$SELECT revenue_entry(text '1', date '2024-01-01', 1) - revenue_entry(gen_random_uuid(), date '2024-01-01', 1)$$);
SELECT error($$SELECT rollup(revenue_entry(1, date '2024-01-01', 1, g)) FROM unnest(ARRAY['month', 'quarter']) AS g$$);
SELECT error($$SELECT rollup(l) FROM (VALUES (revenue_entry(1, date '2024-01-01', 1)), (revenue_entry('1', date '2024-01-01', 1))) AS v(l)$$);
SELECT error($$SELECT rollup(l) FROM (SELECT revenue_ledger(i, date '2024-01-01', i) FROM generate_series(1, 9000) AS i
	UNION ALL SELECT revenue_ledger(i, date '2024-01-01', i, 'day') FROM generate_series(1, 9000) AS i) AS v(l)$$);

-- arguments of metrics
SELECT error($$SELECT m.* FROM ledgers, revenue_movements(l, 0) AS m$$);
SELECT error($$SELECT m.* FROM ledgers, revenue_movements(l, -12) AS m$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'customer_id', 'paid_on', 'amount', 'month', 0)$$);
SELECT error($$SELECT c.* FROM ledgers, cohort_retention(l, NULL, -1) AS c$$);
SELECT error($$SELECT * FROM cohort_retention('billing', 'customer_id', 'paid_on', 'amount', baseline => -1)$$);
SELECT error($$SELECT * FROM revenue_movements(NULL::revenue_ledger, 0)$$);
SELECT error($$SELECT * FROM cohort_retention(NULL::revenue_ledger, 'decade')$$);
SELECT error($$SELECT * FROM revenue_movements('no ledger')$$);
SELECT error($$SELECT total('no ledger')$$);

-- sources
SELECT error($$SELECT * FROM revenue_movements('invoices', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('accounting.billing', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('a.b.c.d', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('elsewhere.errors.billing', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('Billing Table', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('"billing', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('', 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'customer', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'customer_id', 'Paid_On', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'customer_id', 'paid_on', 'amount * 2')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'ctid', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', '', 'paid_on', 'amount')$$);
SELECT error($$SELECT * FROM revenue_movements('billing', 'customer_id', 'day_number', 'amount')$$);
SELECT error($$SELECT * FROM cohort_retention('billing', 'customer_id', 'paid_on', 'note')$$);
SELECT error($$SELECT revenue_ledger_from(NULL, 'customer_id', 'paid_on', 'amount')$$);
SELECT error($$SELECT revenue_ledger_from('billing', NULL, 'paid_on', 'amount')$$);
SELECT error($$SELECT revenue_ledger_from('billing', 'customer_id', NULL, 'amount')$$);
SELECT error($$SELECT revenue_ledger_from('billing', 'customer_id', 'paid_on', NULL)$$);

-- an error of the query over a source
CREATE VIEW broken AS SELECT customer_id, paid_on, amount / (day_number - 30) AS amount FROM billing;
SELECT error($$SELECT * FROM revenue_movements('broken', 'customer_id', 'paid_on', 'amount')$$);

-- text and binary forms
SELECT error($$SELECT 'ledger'::revenue_ledger$$);
SELECT error($$SELECT ''::revenue_ledger$$);
SELECT error($$SELECT '\x'::revenue_ledger$$);
SELECT error($$SELECT '\x0'::revenue_ledger$$);
SELECT error($$SELECT '\xno'::revenue_ledger$$);
SELECT error($$SELECT '\x0100'::revenue_ledger$$);
SELECT error(format('SELECT %L::revenue_ledger', repeat('no ledger ', 100)));

-- functions that only an aggregate may call
SELECT error($$SELECT revenue_ledger_accum(NULL, 1, date '2024-01-01', 1)$$);
SELECT error($$SELECT revenue_ledger_accum(NULL, 1, date '2024-01-01', 1, 'month')$$);
SELECT error($$SELECT revenue_ledger_accum(l, 1, date '2024-01-01', 1) FROM ledgers$$);
SELECT error($$SELECT revenue_ledger_merge(l, l) FROM ledgers$$);
SELECT error($$SELECT revenue_ledger_merge(NULL, NULL)$$);
SELECT error($$SELECT revenue_ledger_final(l) FROM ledgers$$);

-- An aggregate of somebody's own over our functions gets an error or the right sum, but never reads
-- one form of a ledger as another.
SELECT revenue_entry('00000000-0000-0000-60ea-000000000000'::uuid, date '2024-01-01', 128)::text AS uuid_ledger,
	revenue_entry(7, date '2024-01-01', 128)::text AS int_ledger \gset
CREATE AGGREGATE from_uuid("any", "any", "any") (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger, INITCOND = :'uuid_ledger');
CREATE AGGREGATE from_int("any", "any", "any") (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger, INITCOND = :'int_ledger');
CREATE AGGREGATE not_finished("any", "any", "any") (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger);
CREATE AGGREGATE not_rolled_up(revenue_ledger) (SFUNC = revenue_ledger_merge, STYPE = revenue_ledger, INITCOND = :'int_ledger');
SELECT error($$SELECT from_uuid(i, date '2024-01-01', i) FROM generate_series(1, 100) AS i$$);
SELECT error($$SELECT from_int(i::text, date '2024-01-01', i) FROM generate_series(1, 100) AS i$$);
SELECT total(from_uuid(gen_random_uuid(), date '2024-01-01', i)) FROM generate_series(1, 100) AS i;
SELECT n, total(from_int(i, date '2024-01-01', i)), total(not_finished(i, date '2024-01-01', i)), customers(not_finished(i, date '2024-01-01', i)),
	not_finished(i, date '2024-01-01', i) = revenue_ledger(i, date '2024-01-01', i) AS same, grain(not_finished(i, date '2024-01-01', i)), total(not_rolled_up(revenue_entry(i, date '2024-01-01', i)))
FROM unnest(ARRAY[0, 1, 100, 20000]) AS n LEFT JOIN generate_series(1, n) AS i ON true GROUP BY n ORDER BY n;
CREATE TABLE unfinished AS SELECT n, not_finished(i, date '2024-01-01' + i, i) AS l FROM unnest(ARRAY[1, 100, 20000]) AS n, generate_series(1, n) AS i GROUP BY n;
SELECT n, total(l), customers(l), periods(l), (SELECT sum(amount) FROM ledger_entries(l)) AS entries, (SELECT sum(new) FROM revenue_movements(l)) AS new, l = l::text::revenue_ledger AS same, total(l + l) AS twice
FROM unfinished ORDER BY n;
SELECT total(rollup(l)) FROM unfinished;
-- and states of no rows, as a parallel worker may have
CREATE AGGREGATE partly(revenue_ledger) (SFUNC = revenue_ledger_merge, STYPE = revenue_ledger);
CREATE TABLE parts AS
	SELECT 1 AS n, revenue_entry(7, date '2024-01-01', 1) AS l
	UNION ALL SELECT 2, revenue_entry(8, date '2024-01-01', 1)
	UNION ALL SELECT 3, partly(l - l) FROM (SELECT revenue_entry(i, date '2024-01-01', 1) AS l FROM generate_series(1, 2) AS i) AS s
	UNION ALL SELECT 4, revenue_entry(0, date '2024-01-01', 5);
SELECT e.* FROM ledger_entries((SELECT rollup(l ORDER BY n) FROM parts)) AS e ORDER BY customer;

-- Bytes that never came through input: what is damaged is said to be.
CREATE TYPE raw;
CREATE FUNCTION raw_in(cstring) RETURNS raw AS 'byteain' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION raw_out(raw) RETURNS cstring AS 'byteaout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, ALIGNMENT = double);
CREATE CAST (raw AS revenue_ledger) WITHOUT FUNCTION;
CREATE FUNCTION damaged(bytes text) RETURNS revenue_ledger
LANGUAGE plpgsql AS $$ BEGIN RETURN bytes::raw::revenue_ledger; END $$;
SELECT revenue_entry(7, date '2024-01-01', 128)::text AS whole, left(revenue_entry(7, date '2024-01-01', 128)::text, -4) AS cut \gset
SELECT total(damaged(:'whole')), error(format('SELECT total(damaged(%L))', left(:'cut', 26)));
SELECT error(format('SELECT * FROM ledger_entries(damaged(%L))', :'cut'));
SELECT error(format('SELECT * FROM revenue_movements(damaged(%L))', :'cut'));
SELECT error(format('SELECT * FROM cohort_retention(damaged(%L))', :'cut'));
SELECT error(format('SELECT damaged(%1$L) + damaged(%1$L)', :'cut'));
SELECT error(format('SELECT rollup(damaged(%L)) FROM generate_series(1, 2)', :'cut'));
-- too short to have flags, or all of a header, in every reader
SELECT e, count(*) FROM generate_series(0, 7) AS size, unnest(ARRAY['SELECT total(damaged(%L))', 'SELECT damaged(%L)::text', 'SELECT revenue_ledger_send(damaged(%L))',
		'SELECT slice(damaged(%L))', 'SELECT revenue_ledger_hash(damaged(%L))', 'SELECT * FROM ledger_entries(damaged(%L))', 'SELECT damaged(%L) + revenue_entry(1, date ''2024-01-01'', 1)']) AS query,
	error(format(query, left(:'whole', 2 + 2 * size))) AS e
GROUP BY e ORDER BY e;
-- a customer sixty times
SELECT replace(revenue_ledger(i, date '2024-01-01', 1)::text, repeat('01010002', 59), repeat('00010002', 59)) AS twice FROM generate_series(1, 60) AS i \gset
SELECT error(format('SELECT damaged(%1$L) + damaged(%1$L)', :'twice')), error(format('SELECT damaged(%1$L) - damaged(%1$L)', :'twice'));
-- a period that was touched 2^62 times, as input takes it
SELECT error(format('SELECT %1$L::revenue_ledger + %1$L', l)), error(format('SELECT rollup(l) FROM unnest(ARRAY[%1$L, %1$L, %1$L]::revenue_ledger[]) AS l', l))
FROM (SELECT '\x0100000002000000000001c00400010080808080808080808001'::text AS l) AS v;
-- a scale of 40, an unknown grain and kind, a first period out of time
SELECT error($$SELECT * FROM ledger_entries(damaged('\x0100282802002800010101c00402000100010002'))$$);
SELECT error($$SELECT grain(damaged('\x01000000c8000000010101c00402000100010002'))$$);
SELECT error($$SELECT damaged('\x0100000002c80000010101c00402000100010002') + damaged('\x0100000002c80000010101c00402000100010002')$$);
SELECT error($$SELECT * FROM revenue_movements(damaged('\x0100000002000000010101ffffffff0f02000100010002'))$$);
SELECT error($$SELECT rollup(l ORDER BY n) FROM (SELECT i % 2 AS n, revenue_ledger(i, date '2024-01-01', 1) AS l FROM generate_series(1, 9000) AS i GROUP BY i % 2
	UNION ALL SELECT 2, damaged('\x01000000c8000000010101c00402000100010002')) AS v$$);

-- What an aggregate without a final function stores is not flat, but every reader takes it for what it
-- comes to, in every kind of customer and shape of rows
CREATE AGGREGATE open_subscriptions("any", anyrange, "any", text, text) (SFUNC = subscription_ledger_accum, STYPE = revenue_ledger);
CREATE AGGREGATE open_invoices("any", anyrange, "any") (SFUNC = invoice_ledger_accum, STYPE = revenue_ledger);
CREATE TABLE open_ledger (n int, l revenue_ledger, flat revenue_ledger);
INSERT INTO open_ledger
	SELECT 1, not_finished(i % 3, date '2024-01-01' + 20 * i, i * 1.25), revenue_ledger(i % 3, date '2024-01-01' + 20 * i, i * 1.25) FROM generate_series(1, 6) AS i
	UNION ALL SELECT 2, not_finished(md5(i::text)::uuid, date '2024-01-01' + 20 * i, -i), revenue_ledger(md5(i::text)::uuid, date '2024-01-01' + 20 * i, -i) FROM generate_series(1, 4) AS i
	UNION ALL SELECT 3, not_finished(repeat('é', i), date '2024-01-01' + 20 * i, 123456789012345678901.5 * i), revenue_ledger(repeat('é', i), date '2024-01-01' + 20 * i, 123456789012345678901.5 * i) FROM generate_series(0, 3) AS i
	UNION ALL SELECT 4, open_subscriptions(i, d, 10, 'week', 'start'), subscription_ledger(i, d, 10, 'week', 'start') FROM generate_series(1, 4) AS i, daterange(date '2024-01-01' + i, CASE WHEN i < 3 THEN date '2024-02-01' + i END) AS d
	UNION ALL SELECT 5, open_invoices(i, d, 100), invoice_ledger(i, d, 100) FROM generate_series(1, 3) AS i, daterange(date '2024-01-20' + i, '2024-03-10') AS d;
CREATE FUNCTION figures(l revenue_ledger) RETURNS text
LANGUAGE sql AS $$
	SELECT concat_ws(' ', total(l), customers(l), periods(l), grain(l), snapshot_rule(l), l, encode(revenue_ledger_send(l), 'hex'),
		l = l, l < l + l, revenue_ledger_cmp(l, l - l), revenue_ledger_hash(l), revenue_ledger_hash_extended(l, 1), l + l, l - l, slice(l, '2024-02-01'), slice(l, NULL, '2024-02-01'),
		(SELECT string_agg(e::text, ' ' ORDER BY e::text) FROM ledger_entries(l) AS e), (SELECT string_agg(m::text, ' ' ORDER BY period) FROM revenue_movements(l) AS m),
		(SELECT string_agg(m::text, ' ' ORDER BY m::text) FROM customer_movements(l) AS m), (SELECT string_agg(c::text, ' ' ORDER BY cohort, age) FROM cohort_retention(l) AS c),
		retention(l, '2024-01-01', '2024-02-01'), (SELECT rollup(x) FROM unnest(ARRAY[l, l]) AS x), (SELECT rollup(x) FROM unnest(ARRAY[l - l, l]) AS x),
		(SELECT total(rollup(x)) FROM unnest(array_fill(l, ARRAY[40])) AS x))
$$;
SELECT n, l::text = flat::text AS same, figures(l) = figures(flat) AS same_figures FROM open_ledger ORDER BY n;
-- also out of line, and of any bytes: each is read as a ledger that keeps what a ledger promises, or is damaged
CREATE CAST (revenue_ledger AS raw) WITHOUT FUNCTION;
CREATE FUNCTION reads(l revenue_ledger) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	RETURN CASE WHEN figures(l) = figures(l::text::revenue_ledger) THEN 'well' ELSE 'otherwise' END;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT bool_and(reads(l) = 'well') AS well, count(DISTINCT substr(l::raw::text::bytea, 2, 1)) AS flags, bool_and(reads(damaged(l::raw::text)) = 'well') AS as_bytes FROM open_ledger;
SELECT reads, count(*) > 0 AS some
FROM (SELECT l::raw::text::bytea AS bytes FROM open_ledger) AS o, generate_series(0, length(bytes) - 1) AS place,
	LATERAL (SELECT get_byte(bytes, place) # (ARRAY[1, 128, 255])[1 + (get_byte(bytes, place) + place) % 3] AS byte) AS b,
	LATERAL reads(damaged(set_byte(bytes, place, byte)::text))
WHERE place <> 1
GROUP BY 1 ORDER BY 1;
SELECT reads, count(*) > 0 AS some
FROM (SELECT l::raw::text::bytea AS bytes FROM open_ledger) AS o, generate_series(2, length(bytes) - 1, 5) AS size, reads(damaged(substr(bytes, 1, size)::text))
GROUP BY 1 ORDER BY 1;

-- What a message shows of an input is short and cut between two characters, for every text that a function or
-- a type takes, found in the catalog.
CREATE FUNCTION longest_part(call text) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
	message text;
	detail text;
	hint text;
	context text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RETURN 0;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
	-- the context of this EXECUTE has all of the call
	context := substring(context FROM '^(.*?)\n?SQL (?:statement|expression)');
	RETURN greatest(octet_length(message), octet_length(detail), octet_length(hint), octet_length(context),
		-- it is an error, too, if a message is no text
		octet_length(convert_from(convert_to(message || detail || hint, 'UTF8'), 'UTF8')) - 1000);
END $$;
CREATE FUNCTION call_with(f oid, tested int, value text) RETURNS text
LANGUAGE sql AS $$
	SELECT format('%s(%s)', f::regproc, string_agg(CASE
		WHEN n = tested THEN quote_literal(value)
		WHEN type = 'text'::regtype THEN quote_nullable(CASE name WHEN 'source' THEN 'errors.billing' WHEN 'customer' THEN 'customer_id' WHEN 'at' THEN 'paid_on' WHEN 'amount' THEN 'amount'
			WHEN 'grain' THEN 'month' WHEN 'metric' THEN 'nrr' WHEN 'benchmark' THEN 'nrr' WHEN 'frequency' THEN 'monthly' END)
		WHEN type = 'revenue_ledger'::regtype THEN 'revenue_entry(1, date ''2024-01-01'', 1)'
		WHEN type = 'retention_summary'::regtype THEN '(SELECT retention(1, 1))'
		WHEN name = 'at' THEN 'date ''2024-01-01'''
		WHEN type IN ('date'::regtype, 'integer'::regtype) AND name ~ 'date|through|within' THEN 'NULL'
		ELSE '1' END, ', ' ORDER BY n))
	FROM (SELECT n, proargtypes[n - 1] AS type, coalesce(proargnames[n], '') AS name FROM pg_proc, generate_series(1, pronargs) AS n WHERE oid = f) AS a
$$;
SELECT count(*) > 30 AS many, bool_and(length > 0) AS all_fail, coalesce(string_agg(call || ' ' || length, E'\n' ORDER BY call) FILTER (WHERE length > 700), 'all are short') AS long
FROM (
	SELECT proname || ' ' || n || ' ' || width AS call, longest_part(call_with(p.oid, n, repeat('x', width) || repeat('é', 20000) || '1')) AS length
	FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid, generate_series(1, pronargs) AS n, generate_series(0, 1) AS width
	WHERE d.classid = 'pg_proc'::regclass AND refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr') AND deptype = 'e'
		AND prokind = 'f' AND provariadic = 0 AND proargtypes[n - 1] = 'text'::regtype AND proname !~ '_accum$'
		-- a store's name is cut as any name is, and so is a good one
		AND proargnames[n] <> 'store'
	UNION ALL
	SELECT type || ' ' || width, longest_part(format('%L::%s', repeat('x', width) || repeat('é', 20000), type))
	FROM unnest(ARRAY['revenue_ledger', 'retention_summary', 'retention_benchmark', 'benchmark_rating']) AS type, generate_series(0, 1) AS width
	UNION ALL
	SELECT call || ' ' || width, longest_part(format(call, repeat('x', width) || repeat('é', 20000)))
	FROM unnest(ARRAY['revenue_ledger(1, date ''2024-01-01'', 1, %L)', 'invoice_ledger(1, daterange(''2024-01-01'', ''2024-02-01''), 1, %L)',
		'subscription_ledger(1, daterange(''2024-01-01'', ''2024-02-01''), 1, %L)', 'subscription_ledger(1, daterange(''2024-01-01'', ''2024-02-01''), 1, ''month'', %L)']) AS call, generate_series(0, 1) AS width
) AS c;

-- After all of that the session is well.
SELECT total(revenue_ledger(customer_id, paid_on, amount)) FROM billing;

RESET search_path;
DROP SCHEMA errors CASCADE;
