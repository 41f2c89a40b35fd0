--
-- Retention summaries of one row per customer: the worked examples, the parts of the bridge, the
-- rates, the textbook formulas, and what is no amount.
--
SET datestyle = iso;
CREATE SCHEMA summary;
SET search_path = summary, public;

-- The worked examples: the formulas, and the same from customers
SELECT nrr(1000000, 200000, 50000, 30000), nrr(500000, 100000, 20000, 30000);
SELECT grr(1000000, 0, 150000) AS gross, nrr(1000000, 300000, 0, 150000) AS net;
SELECT grr(100, ending), logo_retention(100, ending), nrr(100, ending), count(*)
FROM (SELECT CASE WHEN i <= 475 THEN 100 ELSE 0 END AS ending FROM generate_series(1, 500) AS i) AS c;
-- 100 customers of 10,000: churn of 15 of them, and expansion of 300,000 among the others
SELECT grr(10000, ending), nrr(10000, ending)
FROM (SELECT CASE WHEN i <= 15 THEN 0 WHEN i <= 75 THEN 15000 ELSE 10000 END AS ending FROM generate_series(1, 100) AS i) AS c;

-- The bridge of nine customers, one of each kind and some of the kinds in between
CREATE TABLE customers (id int, region text, starting numeric(12,2), ending numeric(12,2));
INSERT INTO customers VALUES
	(1, 'EU', 100, 150), (2, 'EU', 200, 120), (3, 'US', 80, 0), (4, 'US', 50, 50), (5, 'US', 0, 90),
	(6, 'EU', 0, 0), (7, 'US', -5, 10.5), (8, 'EU', 30.25, -7), (9, 'US', 0.01, 0.02);
SELECT starting(s), new(s), reactivation(s), expansion(s), contraction(s), churn(s), ending(s) FROM (SELECT retention(starting, ending) FROM customers) AS c(s);
SELECT starting_customers(s), new_customers(s), reactivated_customers(s), expanded_customers(s), contracted_customers(s), churned_customers(s), ending_customers(s)
FROM (SELECT retention(starting, ending) FROM customers) AS c(s);
SELECT nrr(s), grr(s), logo_retention(s), churn_rate(s), quick_ratio(s) FROM (SELECT retention(starting, ending) FROM customers) AS c(s);
SELECT jsonb_pretty(retention(starting, ending)::jsonb) FROM customers;
SELECT nrr(starting, ending), grr(starting, ending), logo_retention(starting, ending) FROM customers;
SELECT starting(s) + new(s) + reactivation(s) + expansion(s) - contraction(s) - churn(s) = ending(s) AS amounts,
	starting_customers(s) + new_customers(s) + reactivated_customers(s) - churned_customers(s) = ending_customers(s) AS counts
FROM (SELECT retention(starting, ending) FROM customers) AS c(s);

-- An accessor is called without quotes, also where NEW and the columns of movements are names
CREATE VIEW parts AS SELECT new(s) AS new, starting(s) AS starting, churn(s) FROM (SELECT retention(starting, ending) AS s FROM customers) AS c;
SELECT * FROM parts;
CREATE FUNCTION newest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.ending := new(retention_summary_plus(new.s, NEW.s));
	RETURN NEW;
END $$;
CREATE TABLE stored (s retention_summary, ending numeric);
CREATE TRIGGER newest BEFORE INSERT ON stored FOR EACH ROW EXECUTE FUNCTION newest();
INSERT INTO stored SELECT retention(starting, ending) FROM customers;
SELECT ending FROM stored;

-- FILTER, GROUP BY, GROUPING SETS, DISTINCT, ORDER BY; a slice of nobody is NULL
SELECT region, nrr(starting, ending), grr(starting, ending) FILTER (WHERE id < 5), logo_retention(starting, ending) FILTER (WHERE id > 99) AS nobody,
	retention(starting, ending) FILTER (WHERE id > 99) AS nobodys_summary
FROM customers GROUP BY GROUPING SETS ((region), ()) ORDER BY region;
SELECT nrr(DISTINCT starting, ending) AS once FROM (VALUES (1, 2), (1, 2), (3, 1)) AS v(starting, ending);
SELECT retention(starting, ending ORDER BY id DESC) = retention(starting, ending ORDER BY id) AS in_any_order FROM customers;

-- The denominator of 0 gives NULL
SELECT nrr(starting, ending), grr(starting, ending), logo_retention(starting, ending) FROM (VALUES (0, 5), (0, 0), (-3, 1)) AS v(starting, ending);
SELECT nrr(s), grr(s), logo_retention(s), churn_rate(s), quick_ratio(s), nrr_interval(s), grr_interval(s), logo_retention_interval(s), ending(s)
FROM (SELECT retention(0, 5)) AS r(s);
SELECT nrr(0, 1, 2, 3), grr(0, 0, 0), quick_ratio(retention(5, 5)) AS nothing_lost;

-- The trap: a NULL is no churn. The row is ignored, as aggregates do; write a 0.
SELECT nrr(starting, ending) AS trap, nrr(starting, coalesce(ending, 0)) AS right_one,
	logo_retention(starting, ending) AS trap, logo_retention(starting, coalesce(ending, 0)) AS right_one,
	retention(starting, ending) = retention(starting, ending) FILTER (WHERE starting IS NOT NULL AND ending IS NOT NULL) AS ignored
FROM (VALUES (100, 100), (100, NULL), (NULL, 100)) AS v(starting, ending);
SELECT nrr(starting, ending) IS NULL AS only_nulls, retention(starting, ending) IS NULL AS only_nulls FROM (VALUES (1, NULL::int), (NULL, 2)) AS v(starting, ending);
SELECT retention(starting, ending) IS NULL AS no_rows FROM customers WHERE false;

-- What people type. Each call resolves, and means the same whatever the type.
SELECT nrr(100, 120), nrr(100, 120.5), nrr(100.0, 120), nrr('100', '120'), nrr(100, '120'), nrr(100::smallint, 120::smallint), nrr(100::bigint, 120),
	nrr(100::numeric, 120::bigint), nrr(100::float8, 120), nrr(100::real, 120.5), nrr(100, NULL) IS NULL AS a_null;
SELECT nrr(1000, 200, 50, 30), nrr(1000::bigint, 200, 50, 30), nrr(1000.0, 200, 50, 30), nrr(1000::float8, 200, 50.0, 30), nrr('1000', '200', '50', '30'),
	nrr(1000::smallint, 200::smallint, 50::smallint, 30::smallint), nrr(1000, 200, NULL, 30) IS NULL AS a_null;
SELECT grr(1000, 50, 30), grr(1000::bigint, 50, 30), grr(1000.0, 50, 30), grr(1000::float8, 50.0, 30), grr('1000', '50', '30'), grr(1000, 50, NULL) IS NULL AS a_null;
SELECT bool_and(n = i AND n = b AND n = f) AS same FROM (
	SELECT retention(starting, ending) AS n, retention(starting::int, ending::int) AS i, retention(starting::bigint, ending::bigint) AS b, retention(starting::float8, ending::float8) AS f
	FROM (SELECT (k * 7919 % 5003 - 100)::numeric AS starting, (k * 104729 % 4999 - 700)::numeric AS ending, k % 17 AS g FROM generate_series(1, 5000) AS k) AS c GROUP BY g) AS s;
SELECT bool_and(n = f) AS same FROM (
	SELECT retention(starting, ending) AS n, retention(starting::float8, ending::float8) AS f
	FROM (SELECT k * 7919 % 5003 / 8.0 AS starting, round(k * 104729 % 4999 / 700.0, 4) AS ending, k % 17 AS g FROM generate_series(1, 5000) AS k) AS c GROUP BY g) AS s;

-- Amounts show as many decimals as the most that a row has, as core's sum does
SELECT ending(retention(starting, ending)), starting(retention(starting, ending)), sum(ending) FROM (VALUES (1.5, 2.250), (1.0000, 2)) AS v(starting, ending);
SELECT ending(retention(a, a)), sum(a) FROM (VALUES (1e-20), (1), (123456789012)) AS v(a);
SELECT ending(retention(a, a)), sum(a) FROM (VALUES (1.00::numeric(1000, 40))) AS v(a);

-- The largest amounts, and one digit more
SELECT starting(s), churn(s), nrr(s), grr(s) FROM (SELECT retention(a, 0) FROM (VALUES (99999999999999999999999999999998), (1)) AS v(a)) AS r(s);
SELECT nrr(a, a * 2) FROM (VALUES (33333333333333333333333333333333)) AS v(a);
\set VERBOSITY terse
SELECT retention(a, a) FROM (VALUES (99999999999999999999999999999998), (2)) AS v(a);
SELECT nrr(a, a) FROM (VALUES (99999999999999999999999999999998), (2)) AS v(a);
SELECT retention(a, a) FROM (VALUES (99999999999999999999999999999998), (0.1)) AS v(a);
SELECT retention(a, a) FROM (VALUES (1e33)) AS v(a);
\set VERBOSITY default

-- What is no amount of money
SELECT retention('NaN'::numeric, 1);
SELECT nrr(1, 'Infinity'::float8);
SELECT grr(1, '-Infinity'::numeric);
SELECT logo_retention('NaN'::float8, 0);
SELECT nrr('NaN'::numeric, 1, 1, 1);

-- Components are given without a sign
SELECT nrr(1000, 200, -50, 30);
SELECT nrr(-1000, 200, 50, 30);
SELECT nrr(1000, -1, 50, 30);
SELECT grr(1000, 50, -0.5);
SELECT grr(1000::float8, -50, 0);
SELECT grr(1000, 500, 501);
SELECT grr(1000, 500, 500), nrr(1000, 1, 500, 501);
-- rounded half away from zero
SELECT nrr(3, 0, 0, 1), nrr(8000000, 1, 0, 0), nrr(8000000, 0, 0, 1), nrr(1e-10, 2e-10, 0, 0);

-- Sums and differences
SELECT nrr(a + b), nrr(rollup), a + b = rollup AS same, a + b - b = a AS back, a - a = retention_of_nobody AS nobody, (a + b)::text = rollup::text AS same_text
FROM (SELECT retention(starting, ending) FILTER (WHERE region = 'EU') AS a, retention(starting, ending) FILTER (WHERE region = 'US') AS b FROM customers) AS r,
	(SELECT rollup(s) FROM (SELECT retention(starting, ending) AS s FROM customers GROUP BY id) AS p) AS u(rollup),
	(SELECT retention(0, 0)) AS n(retention_of_nobody);
SELECT rollup(s) IS NULL AS no_rows FROM stored WHERE false;
SELECT rollup(s) IS NULL AS only_nulls FROM (VALUES (NULL::retention_summary), (NULL)) AS v(s);
-- decimals as numeric's + and - have them
SELECT ending(a + b), ending(a - a), ending(a + b - b) FROM (SELECT retention(1.5, 2.5) AS a, retention(1.000, 1.000) AS b) AS v;
-- a summary is of customers: fewer than none is an error
SELECT retention(1, 2) - retention(1, 1);
SELECT retention(1, 2) - retention(2, 1);

-- A ledger from one period to another
CREATE TABLE billing (customer int, at date, amount numeric(10,2));
INSERT INTO billing VALUES (1, '2026-01-05', 100), (1, '2026-03-05', 150), (2, '2026-01-09', 200), (2, '2026-03-09', 120), (3, '2026-01-12', 80), (4, '2025-12-01', 50), (4, '2026-03-20', 50),
	(5, '2026-02-03', 60), (5, '2026-03-03', 90), (6, '2026-01-17', 99), (6, '2026-01-19', -99), (6, '2026-03-01', 5), (7, '2026-01-31', -10), (7, '2026-03-01', 7), (8, '2026-01-02', 1), (8, '2026-03-31', -1);
SELECT new(s), new_customers(s), reactivation(s), reactivated_customers(s), nrr(s), grr(s), logo_retention(s), quick_ratio(s), starting(s), ending(s)
FROM (SELECT retention(revenue_ledger(customer, at, amount), '2026-01-20', '2026-03-01') FROM billing) AS r(s);
SELECT nrr(s), starting(s) FROM (SELECT retention(revenue_ledger(customer, at, amount), '2026-03-01', '2026-03-31') FROM billing) AS r(s);
SELECT starting(s), ending(s), churned_customers(s), retention(l, '1999-01-01', '2040-01-01') = nobody AS nothing, retention(l - l, '2026-01-01', '2026-02-01') = nobody AS nothing
FROM (SELECT retention(revenue_ledger(customer, at, amount), '2026-03-20', '2031-03-31'), revenue_ledger(customer, at, amount) FROM billing) AS r(s, l),
	(SELECT retention(0, 0)) AS n(nobody);
SELECT retention(NULL::revenue_ledger, '2026-01-20', '2026-03-01') IS NULL AS a_null, retention(revenue_entry(1, date '2026-01-01', 1), NULL, '2026-03-01') IS NULL AS a_null;
SELECT retention(revenue_entry(1, date '2026-01-01', 1), '2026-03-02', '2026-03-01');
SELECT retention(revenue_entry(1, date '2026-01-01', 1), '-infinity', '2026-03-01');
SELECT retention(revenue_entry(1, date '2026-01-01', 1), '2026-01-01', 'infinity');

SET client_min_messages = warning;
DROP SCHEMA summary CASCADE;
