--
-- However a summary comes about, it is the same: in plain SQL, serially, in parallel, as a rollup of
-- parts, in a moving frame. On random customers with any number of decimals, NULLs and negatives.
--
SET jit = off;
CREATE SCHEMA summary_exact;
SET search_path = summary_exact, public;

CREATE TABLE customers AS
	SELECT id, id % 13 AS part,
		CASE WHEN a % 41 = 0 THEN NULL WHEN a % 7 = 0 THEN 0 ELSE round((a - 300) / 7.0 * 10.0 ^ (a % 5), a % 4) END AS starting,
		CASE WHEN b % 43 = 0 THEN NULL WHEN b % 5 = 0 THEN 0 WHEN b % 3 = 0 THEN round((a - 300) / 7.0 * 10.0 ^ (a % 5), a % 4) ELSE round((b - 300) / 11.0 * 10.0 ^ (b % 5), b % 5) END AS ending
	FROM (SELECT id, id * 7919 % 10007 AS a, id * 9973 % 9949 AS b FROM generate_series(1, 20000) AS id) AS r;
ALTER TABLE customers SET (parallel_workers = 4);
ANALYZE customers;

-- The definitions
CREATE FUNCTION plain(low bigint, high bigint, OUT summary jsonb) LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object(
		'starting', coalesce(sum(s), 0), 'new', coalesce(sum(e) FILTER (WHERE s = 0), 0), 'reactivation', 0,
		'expansion', coalesce(sum(e - s) FILTER (WHERE e > s AND s > 0), 0), 'contraction', coalesce(sum(s - e) FILTER (WHERE s > e AND e > 0), 0),
		'churn', coalesce(sum(s) FILTER (WHERE e = 0), 0), 'ending', coalesce(sum(e), 0),
		'starting_customers', count(*) FILTER (WHERE s > 0), 'new_customers', count(*) FILTER (WHERE s = 0 AND e > 0), 'reactivated_customers', 0,
		'expanded_customers', count(*) FILTER (WHERE e > s AND s > 0), 'contracted_customers', count(*) FILTER (WHERE s > e AND e > 0),
		'churned_customers', count(*) FILTER (WHERE s > 0 AND e = 0), 'ending_customers', count(*) FILTER (WHERE e > 0),
		'starting_squared', coalesce(sum(s * s), 0), 'ending_squared', coalesce(sum(e * e) FILTER (WHERE s > 0), 0),
		'starting_x_ending', coalesce(sum(s * e), 0), 'retained_squared', coalesce(sum(least(s, e) * least(s, e)), 0),
		'starting_x_retained', coalesce(sum(s * least(s, e)), 0))
	FROM (SELECT greatest(starting, 0) AS s, greatest(ending, 0) AS e FROM customers
		WHERE id BETWEEN low AND high AND starting IS NOT NULL AND ending IS NOT NULL) AS c
$$;

SELECT high - low + 1 AS customers, retention(starting, ending)::jsonb = plain(low, high) AS as_defined
FROM (VALUES (1, 20000), (100, 150), (7, 7), (3000, 9999)) AS v(low, high) JOIN customers ON id BETWEEN low AND high
GROUP BY low, high ORDER BY 1;
-- amounts of more digits than 64 bits, and products of more than 128
SELECT s::jsonb = to_jsonb(s) AS same, s::jsonb->'starting_squared' = to_jsonb(exact) AS exact, s::text::retention_summary = s AS text
FROM (SELECT retention(starting * 1e19, ending * 1e19) AS s, sum(greatest(starting, 0) * greatest(starting, 0) * 1e38) AS exact
	FROM customers WHERE starting IS NOT NULL AND ending IS NOT NULL) AS r;

-- The rates are those of plain numeric arithmetic
SELECT bool_and(nrr(s) = round(100 * sum_e / sum_s, 4)) AS nrr, bool_and(grr(s) = round(100 * sum_m / sum_s, 4)) AS grr, count(*)
FROM (SELECT part, retention(starting, ending) AS s, sum(greatest(starting, 0)) AS sum_s, sum(greatest(ending, 0)) FILTER (WHERE starting > 0) AS sum_e,
		sum(least(starting, greatest(ending, 0))) FILTER (WHERE starting > 0) AS sum_m
	FROM customers WHERE starting IS NOT NULL AND ending IS NOT NULL GROUP BY part) AS r;
SELECT bool_and(nrr(s) = nrr AND grr(s) = grr AND logo_retention(s) = logo_retention) AS same
FROM (SELECT retention(starting, ending) AS s, nrr(starting, ending), grr(starting, ending), logo_retention(starting, ending) FROM customers GROUP BY part) AS r;

-- Parts in any order, and then a rollup; text for text, decimals shown included
SELECT count(*) AS ways, count(DISTINCT s::text) AS summaries, count(DISTINCT encode(retention_summary_send(s), 'hex')) AS binaries
FROM (
	SELECT retention(starting, ending) FROM customers
	UNION ALL SELECT retention(starting, ending ORDER BY id DESC) FROM customers
	UNION ALL SELECT retention(starting, ending ORDER BY ending, starting) FROM customers
	UNION ALL SELECT rollup(s) FROM (SELECT retention(starting, ending) AS s FROM customers GROUP BY part) AS p
	UNION ALL SELECT rollup(s ORDER BY s) FROM (SELECT retention(starting, ending) AS s FROM customers GROUP BY id) AS p
	UNION ALL SELECT rollup(s) FROM (SELECT rollup(s) AS s FROM (SELECT id, retention(starting, ending) AS s FROM customers GROUP BY id) AS p GROUP BY id % 7) AS q
	UNION ALL SELECT a + b FROM (SELECT retention(starting, ending) FILTER (WHERE part < 5) AS a, retention(starting, ending) FILTER (WHERE part >= 5) AS b FROM customers) AS p
	UNION ALL SELECT rollup(s::text::retention_summary) FROM (SELECT retention(starting, ending) AS s FROM customers GROUP BY part) AS p
) AS w(s);
SELECT bool_and(a + b - b = a AND b + a = a + b) AS a_group FROM (
	SELECT retention(starting, ending) AS a, lead(retention(starting, ending)) OVER (ORDER BY part) AS b FROM customers GROUP BY part) AS p WHERE b IS NOT NULL;

-- In parallel
CREATE FUNCTION plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF strpos(line, node) > 0 THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
CREATE FUNCTION answer(query text, workers int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, true);
	EXECUTE format('SELECT string_agg(t::text, '' '' ORDER BY t::text COLLATE "C") FROM (%s) AS t', query) INTO result;
	RETURN result;
END $$;
CREATE TABLE summaries AS SELECT id, retention(starting, ending) AS s FROM customers GROUP BY id;
ALTER TABLE summaries SET (parallel_workers = 4);
ANALYZE summaries;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT what, plan_has(query, 'Partial') AS partial, answer(query, 0) = answer(query, 4) AS same
FROM (VALUES
	('a summary', 'SELECT retention(starting, ending) FROM customers'),
	('rates', 'SELECT nrr(starting, ending), grr(starting, ending), logo_retention(starting, ending) FROM customers'),
	('int', 'SELECT retention(starting::int, ending::int) FROM customers WHERE abs(starting) < 1e9 AND abs(ending) < 1e9'),
	('bigint', 'SELECT retention(starting::bigint, ending::bigint) FROM customers'),
	('float8', 'SELECT retention(starting::float8, ending::float8) FROM customers'),
	('groups', 'SELECT part, retention(starting, ending) FROM customers GROUP BY part'),
	('one row', 'SELECT retention(starting, ending) FILTER (WHERE id = 4711) FROM customers'),
	('only NULLs', 'SELECT coalesce(retention(starting, NULL::numeric)::text, ''none'') FROM customers'),
	('no row', 'SELECT coalesce((retention(starting, ending) FILTER (WHERE starting > 1e20))::text, ''none'') FROM customers'),
	('rollup', 'SELECT rollup(s) FROM summaries'),
	('rollup of groups', 'SELECT s IS NULL, rollup(s) FROM summaries GROUP BY s IS NULL')) AS v(what, query);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;

-- Moving frames: what left the frame has left no trace, not even in the decimals shown
CREATE FUNCTION frames(width int, OUT frames bigint, OUT summaries bigint, OUT rates bigint, OUT rollups bigint) LANGUAGE sql STABLE AS $$
	WITH sample AS MATERIALIZED (SELECT c.*, s FROM customers AS c JOIN summaries USING (id) WHERE id <= 1500)
	SELECT count(*), count(*) FILTER (WHERE moving::text IS DISTINCT FROM fresh::text),
		count(*) FILTER (WHERE (n, g, l) IS DISTINCT FROM (nrr(fresh), grr(fresh), logo_retention(fresh))),
		count(*) FILTER (WHERE rolled::text IS DISTINCT FROM fresh::text)
	FROM (SELECT id, retention(starting, ending) OVER w AS moving, nrr(starting, ending) OVER w AS n, grr(starting, ending) OVER w AS g,
			logo_retention(starting, ending) OVER w AS l, rollup(s) OVER w AS rolled
		FROM sample WINDOW w AS (ORDER BY id ROWS width PRECEDING)) AS m,
		LATERAL (SELECT retention(starting, ending) AS fresh FROM sample AS f WHERE f.id BETWEEN m.id - width AND m.id) AS f
$$;
SELECT f.* FROM unnest(ARRAY[0, 1, 2, 10, 100]) AS width, frames(width) AS f;
-- with as many decimals throughout, and none, and by other types
SELECT count(*), count(*) FILTER (WHERE moving::text IS DISTINCT FROM fresh::text) AS wrong
FROM (SELECT id, ROW(retention(round(starting, 2), round(ending, 2)) OVER w, retention(starting::bigint, ending::bigint) OVER w, retention(starting::float8, ending::float8) OVER w,
			retention((starting / 1000)::int, (ending / 1000)::int) OVER w)
		FROM customers WHERE id <= 1000 WINDOW w AS (ORDER BY id ROWS BETWEEN 20 PRECEDING AND 5 FOLLOWING)) AS m(id, moving),
	LATERAL (SELECT ROW(retention(round(starting, 2), round(ending, 2)), retention(starting::bigint, ending::bigint), retention(starting::float8, ending::float8),
			retention((starting / 1000)::int, (ending / 1000)::int))
		FROM customers AS f WHERE f.id BETWEEN m.id - 20 AND m.id + 5 AND f.id <= 1000) AS f(fresh);
CREATE FUNCTION one(starting numeric, ending numeric) RETURNS retention_summary LANGUAGE sql IMMUTABLE AS 'SELECT retention(starting, ending)';
-- a frame that only NULLs are left in, and one that nothing is
SELECT id, nrr(s, e) OVER w, retention(s, e) OVER w IS NULL AS none, ending(rollup(r) OVER w)
FROM (VALUES (1, 10, 12, one(10, 12)), (2, NULL, 5, NULL), (3, 7, NULL, NULL), (4, 20, 10, one(20, 10))) AS v(id, s, e, r)
WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) ORDER BY id;
-- amounts of more than 64 bits come and go, too
SELECT bool_and(moving = fresh) AS same
FROM (SELECT retention(starting, ending) OVER (ORDER BY id ROWS 0 PRECEDING) AS moving, one(starting, ending) AS fresh FROM (VALUES (1, 1e30, 5), (2, 3, 1e25), (3, 12345678901234567890123.45, 1)) AS v(id, starting, ending)) AS m;
-- Amounts of many decimals and amounts of many digits, never in one frame: what has left it binds no
-- other to its decimals, though others with as many to show are still there
CREATE TABLE stretches AS
	SELECT id, round((s * 10::numeric ^ digits)::numeric, scale) AS starting, round((e * 10::numeric ^ digits)::numeric, scale) AS ending
	FROM (SELECT id, scale, (('x' || substr(md5(id::text), 1, 8))::bit(32)::bigint + 1) / 4294967296.0::numeric(60, 40) AS s,
			(('x' || substr(md5(id::text), 9, 8))::bit(32)::bigint + id % 2) / 4294967296.0::numeric(60, 40) AS e, 27 - scale AS digits
		FROM generate_series(0, 33 * 20 - 1) AS id, LATERAL (SELECT (id / 20 * 19 % 33)::int AS scale) AS c) AS v;
-- between two stretches, little ones with any number of zeros
UPDATE stretches SET starting = round(0.01 * (id % 5), (2 + id * 7 % 31)::int), ending = round(0.015 * (id % 3), (3 + id * 11 % 30)::int) WHERE id % 20 >= 8;
INSERT INTO stretches SELECT id + 1000, starting, CASE WHEN id % 3 > 0 THEN ending END FROM stretches;
SELECT width, count(*) AS frames, count(*) FILTER (WHERE moving::text IS DISTINCT FROM fresh::text) AS wrong, count(*) FILTER (WHERE rolled::text IS DISTINCT FROM fresh::text) AS wrong_rollups,
	count(*) FILTER (WHERE (n, l) IS DISTINCT FROM (nrr(fresh), logo_retention(fresh))) AS wrong_rates
FROM unnest(ARRAY[0, 1, 5, 11]) AS width,
	LATERAL (SELECT id, retention(starting, ending) OVER w AS moving, rollup(r) OVER w AS rolled, nrr(starting, ending) OVER w AS n, logo_retention(starting, ending) OVER w AS l
		FROM (SELECT id, starting, ending, CASE WHEN ending IS NOT NULL THEN one(starting, ending) END AS r FROM stretches) AS s
		WINDOW w AS (ORDER BY id RANGE BETWEEN width PRECEDING AND CURRENT ROW)) AS m,
	LATERAL (SELECT retention(starting, ending) AS fresh FROM stretches AS f WHERE f.id BETWEEN m.id - width AND m.id) AS f
GROUP BY width ORDER BY width;
-- four halves are a whole, and their squares, too: with them there is room for what plain sums have none
-- for, until one of them is to leave
SELECT id, starting(retention(s, s) OVER w), starting(rollup(one(s, s)) OVER w)
FROM (VALUES (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5), (5, 0.5), (6, 9e30), (7, 1)) AS v(id, s)
WINDOW w AS (ORDER BY id ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) ORDER BY id;
SELECT starting(retention(s, s) OVER w) FROM (VALUES (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5), (5, 0.5), (6, 9e31), (7, 1)) AS v(id, s)
WINDOW w AS (ORDER BY id ROWS BETWEEN 4 PRECEDING AND CURRENT ROW);

-- A ledger from any period to any later one, against the movements of the same ledger
CREATE TABLE billing AS
	SELECT id * 7919 % 211 AS customer, date '2024-01-01' + (id * 31 % 600)::int AS at, ((id * 613 % 20011 - 3000) / 100.0)::numeric(10,2) AS amount FROM generate_series(1::bigint, 1500) AS id;
SELECT count(*) AS pairs, count(*) FILTER (WHERE ROW(starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s),
		starting_customers(s), new_customers(s), reactivated_customers(s), expanded_customers(s), contracted_customers(s), churned_customers(s), ending_customers(s),
		nrr(s), grr(s), logo_retention(s), quick_ratio(s))::text IS DISTINCT FROM
	ROW(m.starting, m.new, m.reactivation, m.expansion, m.contraction, m.churn, m.ending,
		m.starting_customers, m.new_customers, m.reactivated_customers, m.expanded_customers, m.contracted_customers, m.churned_customers, m.ending_customers,
		m.nrr, m.grr, m.logo_retention, m.quick_ratio)::text) AS wrong
FROM (SELECT grain, revenue_ledger(customer, at, amount, grain) AS l FROM billing, (VALUES ('month'), ('quarter')) AS g(grain) GROUP BY grain) AS b,
	generate_series(1, 19) AS lookback, LATERAL revenue_movements(l, lookback) AS m,
	LATERAL retention(l, (m.period - lookback * CASE grain WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END)::date, m.period) AS s;
-- and its moments against those of one row per customer; unflattened, flat and as a difference
SELECT count(*) AS ledgers, count(DISTINCT s::text) AS summaries
FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing UNION ALL
	SELECT revenue_ledger(customer, at, amount)::text::revenue_ledger FROM billing UNION ALL
	SELECT a.l - b.l FROM (SELECT revenue_ledger(customer, at, amount * 2) AS l FROM billing) AS a, (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS b) AS b,
	LATERAL retention(l, '2024-03-01', '2025-03-01') AS s;
SELECT (s::jsonb - 'new' - 'reactivation' - 'new_customers' - 'reactivated_customers') = (c::jsonb - 'new' - 'reactivation' - 'new_customers' - 'reactivated_customers') AS same,
	new(s) + reactivation(s) = new(c) AS same, new_customers(s) + reactivated_customers(s) = new_customers(c) AS same, reactivation(s) > 0 AND new(s) > 0 AS both
FROM (SELECT retention(revenue_ledger(customer, at, amount), '2024-03-01', '2025-03-01') FROM billing) AS l(s),
	(SELECT retention(coalesce(a, 0), coalesce(e, 0)) FROM
		(SELECT sum(amount) FILTER (WHERE date_trunc('month', at) = '2024-03-01') AS a, sum(amount) FILTER (WHERE date_trunc('month', at) = '2025-03-01') AS e FROM billing GROUP BY customer) AS r) AS p(c);

SET client_min_messages = warning;
DROP SCHEMA summary_exact CASCADE;
