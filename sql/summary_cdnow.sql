--
-- CDNOW (Fader and Hardie): 23,570 customers, from the first to the last quarter of 1997. The bridge
-- against plain SQL, and the intervals against a bootstrap of every tenth customer.
-- NRR_DATA names the directory that holds cdnow/cdnow_master.csv.
--
\getenv data NRR_DATA
\if :{?data}
\else
	\echo NRR_DATA is not set
	\quit
\endif
SET datestyle = iso;
SET jit = off;
SET work_mem = '256MB';

CREATE TEMP TABLE cdnow (customer int, at date, cds int, amount numeric(12,2));
\set copy '\\copy cdnow from ' :data '/cdnow/cdnow_master.csv (format csv, header)'
:copy
CREATE TEMP TABLE customers AS
	SELECT customer, coalesce(sum(amount) FILTER (WHERE at < '1997-04-01'), 0) AS starting,
		coalesce(sum(amount) FILTER (WHERE at BETWEEN '1997-10-01' AND '1997-12-31'), 0) AS ending
	FROM cdnow GROUP BY customer;

SELECT starting(s), new(s), expansion(s), contraction(s), churn(s), ending(s), starting_customers(s), churned_customers(s), ending_customers(s), nrr(s), grr(s), logo_retention(s)
FROM (SELECT retention(starting, ending) FROM customers) AS c(s);
SELECT sum(starting) AS starting, sum(ending) FILTER (WHERE starting = 0) AS new, sum(ending - starting) FILTER (WHERE starting > 0 AND ending > starting) AS expansion,
	sum(starting - ending) FILTER (WHERE ending > 0 AND ending < starting) AS contraction, sum(starting) FILTER (WHERE ending = 0) AS churn, sum(ending) AS ending
FROM customers;
-- the ledger gives the same: two customers paid nothing until November, and are new to it, too
SELECT l = c AS same, l::text = c::text AS text, new_customers(l), nrr_interval(l), grr_interval(l), logo_retention_interval(l)
FROM (SELECT retention(revenue_ledger(customer, at, amount, 'quarter'), '1997-01-01', '1997-10-01') FROM cdnow) AS a(l), (SELECT retention(starting, ending) FROM customers) AS b(c);

-- 2,000 samples of as many customers, drawn with replacement: the middle 95 % of their rates
CREATE TEMP TABLE tenth AS
	SELECT row_number() OVER (ORDER BY customer) - 1 AS i, starting::float8 AS s, ending::float8 AS e, starting, ending
	FROM customers WHERE starting > 0 AND customer % 10 = 0;
ANALYZE tenth;
SELECT count(*) AS customers FROM tenth \gset
CREATE TEMP TABLE samples AS
	SELECT resample, 100 * sum(e) / sum(s) AS nrr, 100 * sum(least(s, e)) / sum(s) AS grr, 100.0 * count(*) FILTER (WHERE e > 0) / count(*) AS logo_retention
	FROM (SELECT resample, (hashint8extended(resample * 100000 + draw, 6) & 9007199254740991) % :customers AS i
		FROM generate_series(1::bigint, 2000) AS resample, generate_series(1, :customers) AS draw) AS d
		JOIN tenth USING (i)
	GROUP BY resample;
SELECT :customers AS customers, rate, agrees.*
FROM (SELECT nrr_interval(s) AS nrr, grr_interval(s) AS grr, logo_retention_interval(s) AS logo_retention FROM (SELECT retention(starting, ending) AS s FROM tenth) AS t) AS i,
	(SELECT percentile_cont(ARRAY[0.025, 0.975]) WITHIN GROUP (ORDER BY nrr) AS nrr, percentile_cont(ARRAY[0.025, 0.975]) WITHIN GROUP (ORDER BY grr) AS grr,
		percentile_cont(ARRAY[0.025, 0.975]) WITHIN GROUP (ORDER BY logo_retention::float8) AS logo_retention FROM samples) AS b,
	LATERAL (VALUES ('nrr', i.nrr, b.nrr), ('grr', i.grr, b.grr), ('logo_retention', i.logo_retention, b.logo_retention)) AS v(rate, interval, ends),
	LATERAL (SELECT abs(lower(interval)::float8 - ends[1]) < (upper(interval) - lower(interval)) / 5 AS lower, abs(upper(interval)::float8 - ends[2]) < (upper(interval) - lower(interval)) / 5 AS upper) AS agrees;
