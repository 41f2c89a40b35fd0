--
-- Values of each type in every form that they have: of each kind of customer, shape, grain and amount; with and without
-- revenue that lasts. scripts/freeze writes them down, and the test "frozen" reads what was written down.
--

SET client_min_messages = warning;
DROP SCHEMA IF EXISTS frozen CASCADE;
CREATE SCHEMA frozen;

--
-- Stored bytes, which no cast of the types shows
--
CREATE TYPE frozen.stored;
CREATE FUNCTION frozen.stored_in(cstring) RETURNS frozen.stored AS 'byteain' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION frozen.stored_out(frozen.stored) RETURNS cstring AS 'byteaout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE frozen.stored (INPUT = frozen.stored_in, OUTPUT = frozen.stored_out, ALIGNMENT = double);
CREATE CAST (frozen.stored AS revenue_ledger) WITHOUT FUNCTION;
CREATE CAST (revenue_ledger AS frozen.stored) WITHOUT FUNCTION;

-- Types of a fixed length, as 64-bit words
CREATE TYPE frozen.words3;
CREATE FUNCTION frozen.words3_in(cstring) RETURNS frozen.words3 AS '$libdir/nrr', 'retention_benchmark_in' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION frozen.words3_out(frozen.words3) RETURNS cstring AS '$libdir/nrr', 'retention_benchmark_out' LANGUAGE C IMMUTABLE STRICT;
CREATE TYPE frozen.words3 (INPUT = frozen.words3_in, OUTPUT = frozen.words3_out, INTERNALLENGTH = 24, ALIGNMENT = double, ELEMENT = int8, SUBSCRIPT = raw_array_subscript_handler);
CREATE CAST (frozen.words3 AS retention_benchmark) WITHOUT FUNCTION;
CREATE CAST (retention_benchmark AS frozen.words3) WITHOUT FUNCTION;
CREATE TYPE frozen.words40;
CREATE FUNCTION frozen.words40_in(cstring) RETURNS frozen.words40 AS '$libdir/nrr', 'retention_summary_in' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION frozen.words40_out(frozen.words40) RETURNS cstring AS '$libdir/nrr', 'retention_summary_out' LANGUAGE C IMMUTABLE STRICT;
CREATE TYPE frozen.words40 (INPUT = frozen.words40_in, OUTPUT = frozen.words40_out, INTERNALLENGTH = 320, ALIGNMENT = double, ELEMENT = int8, SUBSCRIPT = raw_array_subscript_handler);
CREATE CAST (frozen.words40 AS retention_summary) WITHOUT FUNCTION;
CREATE CAST (retention_summary AS frozen.words40) WITHOUT FUNCTION;
CREATE TYPE frozen.byte;
CREATE FUNCTION frozen.byte_in(cstring) RETURNS frozen.byte AS 'charin' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION frozen.byte_out(frozen.byte) RETURNS cstring AS 'charout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE frozen.byte (INPUT = frozen.byte_in, OUTPUT = frozen.byte_out, LIKE = "char");
CREATE CAST (frozen.byte AS benchmark_rating) WITHOUT FUNCTION;
CREATE CAST (benchmark_rating AS frozen.byte) WITHOUT FUNCTION;

CREATE FUNCTION frozen.stored(value revenue_ledger) RETURNS text LANGUAGE sql AS 'SELECT value::frozen.stored::text';
CREATE FUNCTION frozen.stored(value retention_summary) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg((value::frozen.words40)[i]::text, ' ' ORDER BY i) FROM generate_series(0, 39) AS i $$;
CREATE FUNCTION frozen.stored(value retention_benchmark) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg((value::frozen.words3)[i]::text, ' ' ORDER BY i) FROM generate_series(0, 2) AS i $$;
CREATE FUNCTION frozen.stored(value benchmark_rating) RETURNS text LANGUAGE sql AS 'SELECT ascii(value::frozen.byte::text)::text';

-- and back
CREATE FUNCTION frozen.from_stored(bytes text, type revenue_ledger) RETURNS revenue_ledger
LANGUAGE plpgsql AS 'BEGIN RETURN bytes::frozen.stored::revenue_ledger; END';
CREATE FUNCTION frozen.from_stored(bytes text, type retention_summary) RETURNS retention_summary
LANGUAGE plpgsql AS $$
DECLARE
	words text[] := string_to_array(bytes, ' ');
	value frozen.words40 := (SELECT retention(1, 1))::frozen.words40;
BEGIN
	FOR i IN 0 .. 39 LOOP
		value[i] := words[i + 1]::int8;
	END LOOP;
	RETURN value::retention_summary;
END $$;
CREATE FUNCTION frozen.from_stored(bytes text, type retention_benchmark) RETURNS retention_benchmark
LANGUAGE plpgsql AS $$
DECLARE
	words text[] := string_to_array(bytes, ' ');
	value frozen.words3 := '<1 <2 <3'::frozen.words3;
BEGIN
	FOR i IN 0 .. 2 LOOP
		value[i] := words[i + 1]::int8;
	END LOOP;
	RETURN value::retention_benchmark;
END $$;
CREATE FUNCTION frozen.from_stored(bytes text, type benchmark_rating) RETURNS benchmark_rating
LANGUAGE sql AS 'SELECT bytes::int::"char"::text::frozen.byte::benchmark_rating';

--
-- Ledgers
--
CREATE TABLE frozen.history (n int, day date, during daterange);
INSERT INTO frozen.history VALUES
	(1, '2023-11-15', '[2023-11-15,2024-02-10)'), (1, '2024-03-31', '[2024-03-01,2024-05-01)'), (2, '2024-01-31', '[2024-01-31,)'),
	(3, '2024-02-29', '[2024-02-29,2024-03-01)'), (3, '2024-02-29', '[2024-03-01,2025-03-01)'), (4, '2024-05-01', '[2024-05-01,)');

CREATE FUNCTION frozen.ledger(kind text, shape text, grain text, amount text) RETURNS revenue_ledger
LANGUAGE plpgsql AS $$
DECLARE
	result revenue_ledger;
BEGIN
	EXECUTE format(
		CASE shape
			WHEN 'payments' THEN 'SELECT revenue_ledger(%1$s, day, %2$s, %3$L) FROM frozen.history'
			WHEN 'subscriptions' THEN 'SELECT subscription_ledger(%1$s, during * daterange(NULL, ''2024-12-15''), %2$s, %3$L) FROM frozen.history'
			WHEN 'lasting' THEN 'SELECT subscription_ledger(%1$s, during, %2$s, %3$L) FROM frozen.history'
			WHEN 'lasting, at the start' THEN 'SELECT subscription_ledger(%1$s, during, %2$s, %3$L, ''start'') FROM frozen.history'
			WHEN 'invoices' THEN 'SELECT invoice_ledger(%1$s, during * daterange(NULL, ''2024-12-15''), %2$s, %3$L) FROM frozen.history'
		END,
		CASE kind
			WHEN 'integer' THEN 'n * 7919 - 20000'
			WHEN 'uuid' THEN 'md5(n::text)::uuid'
			WHEN 'text' THEN '(ARRAY[''ann'', '''', ''anna'', ''zoë''])[n]'
		END,
		CASE amount
			WHEN 'whole' THEN '10 * n'
			WHEN 'cents' THEN '10.25 * n'
			WHEN 'decimals shown' THEN '(10 * n)::numeric(12,3)'
			WHEN 'negative' THEN '5.5 - 3 * n'
			WHEN 'wide' THEN '1111111111111111.00000001 * n'
		END,
		grain)
	INTO result;
	RETURN result;
END $$;

CREATE VIEW frozen.ledgers AS
	SELECT kind || ', ' || shape || ', ' || amount AS what, frozen.ledger(kind, shape, 'month', amount) AS value
	FROM unnest(ARRAY['integer', 'uuid', 'text']) AS kind,
		unnest(ARRAY['payments', 'subscriptions', 'lasting', 'lasting, at the start', 'invoices']) AS shape,
		unnest(ARRAY['whole', 'cents', 'decimals shown', 'negative', 'wide']) AS amount
	UNION ALL
	SELECT grain || ', ' || shape, frozen.ledger('integer', shape, grain, 'cents')
	FROM unnest(ARRAY['day', 'week', 'quarter', 'year']) AS grain, unnest(ARRAY['payments', 'subscriptions', 'lasting', 'lasting, at the start', 'invoices']) AS shape
	UNION ALL
	SELECT 'empty, ' || shape, l - l FROM (SELECT shape, frozen.ledger('text', shape, 'month', 'cents') AS l FROM unnest(ARRAY['payments', 'lasting, at the start']) AS shape) AS s
	UNION ALL
	SELECT v.* FROM (VALUES
		('no amount', revenue_entry(1, date '2024-01-15', 0.00)),
		('first day', revenue_entry(1, date '4713-01-01 BC', 1, 'day')),
		('most decimals', revenue_entry(1, date '2024-01-15', 0.00000000000000000000000000000001)),
		('widest amount', revenue_entry('-9223372036854775808'::bigint, date '2024-01-15', -99999999999999999999999999999999)),
		('rows that cancel', revenue_entry(1, date '2024-01-15', 5) + revenue_entry(1, date '2024-01-16', -5) + revenue_entry(2, date '2024-03-01', 1)),
		('more taken away than there is', revenue_entry(1, date '2024-01-01', 1) - revenue_entry(2, date '2024-01-01', 1) - revenue_entry(3, date '2024-01-01', 1)),
		('long text', revenue_entry(repeat('é', 100), date '2024-01-15', 1)),
		('long run', (SELECT subscription_ledger(1, daterange('1924-01-01', '2024-01-01'), 5)))) AS v;

-- The entries are told as runs: customer, amount, first and last period, and how many there are. Revenue that lasts is seen
-- in the period beyond the last one.
CREATE FUNCTION frozen.reads(ledger revenue_ledger) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	kind text;
	customer text;
BEGIN
	FOREACH kind IN ARRAY ARRAY['integer', 'uuid', 'text'] LOOP
		customer := CASE kind WHEN 'integer' THEN '1' WHEN 'uuid' THEN 'md5('''')::uuid' ELSE '''''::text' END;
		BEGIN
			EXECUTE format('SELECT $1 + revenue_entry(%s, coalesce(lower(periods($1)), ''2024-01-01''), 0, %L)', customer, grain(ledger)) USING ledger;
			EXIT;
		EXCEPTION WHEN datatype_mismatch THEN
			NULL;
		END;
	END LOOP;
	RETURN json_build_object('grain', grain(ledger), 'customer', kind, 'customers', customers(ledger), 'periods', periods(ledger), 'total', total(ledger), 'snapshot', snapshot_rule(ledger),
		'entries', (SELECT json_agg(json_build_array(r.customer, r.amount, r.first, r.last, r.entries) ORDER BY r.customer COLLATE "C", r.first, r.amount)
			FROM (SELECT e.customer, e.amount, min(e.period) AS first, max(e.period) AS last, count(*) AS entries FROM ledger_entries(ledger, upper(periods(ledger))) AS e GROUP BY e.customer, e.amount) AS r),
		'net', (SELECT sum(new + reactivation + expansion - contraction - churn) FROM revenue_movements(ledger)),
		'retained', (SELECT sum(revenue) FROM cohort_retention(ledger)));
END $$;

--
-- Summaries
--
CREATE TABLE frozen.customers (what text, starting numeric, ending numeric);
INSERT INTO frozen.customers VALUES
	('whole', 100, 120), ('whole', 80, 60), ('whole', 50, 0), ('whole', 0, 30), ('whole', 70, 70),
	('cents', 100.10, 120.25), ('cents', 80.00, 0), ('cents', 33.33, 11.11),
	('decimals shown', 10.000, 20.000),
	('only new', 0, 9.90), ('nothing', 0, 0),
	('wide', 11111111111111111111.00000001, 22222222222222222222.2), ('wide', 33333333333333333333, 1e-11);

CREATE VIEW frozen.summaries AS
	SELECT what, retention(starting, ending) AS value FROM frozen.customers GROUP BY what
	UNION ALL SELECT 'of a ledger', retention(frozen.ledger('text', 'invoices', 'month', 'cents'), '2024-02-01', '2024-03-01')
	UNION ALL SELECT 'of a ledger, with reactivation', retention(frozen.ledger('integer', 'payments', 'quarter', 'whole') + revenue_entry(-12081, date '2024-08-01', 5, 'quarter'), '2024-04-01', '2024-07-01')
	UNION ALL SELECT 'a difference', (SELECT retention(starting, ending) FROM frozen.customers WHERE what <> 'wide') - (SELECT retention(starting, ending) FROM frozen.customers WHERE what = 'whole');

CREATE FUNCTION frozen.reads(s retention_summary) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT json_build_array(starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s), starting_customers(s), new_customers(s), reactivated_customers(s), expanded_customers(s),
		contracted_customers(s), churned_customers(s), ending_customers(s), nrr(s), grr(s), logo_retention(s), nrr_interval(s), grr_interval(s))::text
$$;

--
-- Benchmarks and ratings
--
CREATE VIEW frozen.benchmarks AS
	SELECT b AS what, b::retention_benchmark AS value
	FROM unnest(ARRAY['<70 <90 <=100', '<70 <90 <100', '<=0 <=0 <=0', '- - <100', '- <90 <100', '<70 - -', '<70 <90 -', '<80.5 <=100.000000001 <999999999.999999999']) AS b;

CREATE FUNCTION frozen.reads(b retention_benchmark) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT string_agg(v || ' ' || rating(v, b), ', ' ORDER BY v) FROM unnest(ARRAY[0, 70, 80.5, 90, 99.99, 100, 100.000000001, 1e12]) AS v $$;

CREATE VIEW frozen.ratings AS SELECT r AS what, r::benchmark_rating AS value FROM unnest(ARRAY['critical', 'moderate', 'healthy', 'strong']) AS r;

CREATE FUNCTION frozen.reads(r benchmark_rating) RETURNS text
LANGUAGE sql STABLE AS $$ SELECT advice(r) || ', ' || (r < 'healthy') || ', ' || (r > 'moderate') $$;

--
-- All of them, in every form; version is that of the binary form, where it has one
--
CREATE VIEW frozen.today AS
	SELECT 'revenue_ledger' AS type, get_byte(revenue_ledger_send(value), 0) AS version, what, value::text AS text,
		encode(revenue_ledger_send(value), 'hex') AS binary, frozen.stored(value), frozen.reads(value)
	FROM frozen.ledgers
	UNION ALL
	SELECT 'retention_summary', get_byte(retention_summary_send(value), 0), what, value::text,
		encode(retention_summary_send(value), 'hex'), frozen.stored(value), frozen.reads(value)
	FROM frozen.summaries
	UNION ALL
	SELECT 'retention_benchmark', 1, what, value::text,
		encode(retention_benchmark_send(value), 'hex'), frozen.stored(value), frozen.reads(value)
	FROM frozen.benchmarks
	UNION ALL
	SELECT 'benchmark_rating', 1, what, value::text,
		encode(benchmark_rating_send(value), 'hex'), frozen.stored(value), frozen.reads(value)
	FROM frozen.ratings;

RESET client_min_messages;
