--
-- The definitions once more, in plain SQL: slow, simple and sharing nothing with the extension.
-- A source is a table with the columns customer, at and amount.
--

SET client_min_messages = warning;
DROP SCHEMA IF EXISTS oracle CASCADE;
RESET client_min_messages;
CREATE SCHEMA oracle;

-- A customer's net amount in each period that any of its rows touches, zeros included. All
-- amounts carry the largest scale of the source. A float is the number that it prints as.
CREATE FUNCTION oracle.net(source regclass, grain text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT customer::text, date_trunc(%L, at::date::timestamp)::date,
				round(sum(amount::text::numeric), max(max(scale(amount::text::numeric))) OVER ())
		 FROM %s
		 WHERE customer IS NOT NULL AND at IS NOT NULL AND amount IS NOT NULL
		 GROUP BY 1, 2', grain, source);
END $$;

CREATE FUNCTION oracle.step(grain text) RETURNS interval
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE grain WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || grain)::interval END
$$;

-- The periods from one that begins at first to the one that holds last, numbered from 1.
CREATE FUNCTION oracle.calendar(first date, last date, grain text)
RETURNS TABLE (period date, n bigint)
LANGUAGE sql IMMUTABLE AS $$
	SELECT p::date, row_number() OVER (ORDER BY p)
	FROM generate_series(first::timestamp, last::timestamp, oracle.step(grain)) AS p
$$;

-- x/y rounded half away from zero to 4 decimals. Integer division, since numeric's own would
-- round twice.
CREATE FUNCTION oracle.ratio(x numeric, y numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN y > 0 THEN div(20000 * x + y, 2 * y) * 0.0001 END
$$;

CREATE FUNCTION oracle.entries(source regclass, grain text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql STABLE AS $$
	SELECT * FROM oracle.net(source, grain) WHERE amount <> 0
$$;

-- s and e are a customer's revenue at t - lookback and at t, f its first active period.
CREATE FUNCTION oracle.movements(source regclass, grain text, lookback int, through date)
RETURNS TABLE (
	period date,
	starting numeric, new numeric, reactivation numeric, expansion numeric,
	contraction numeric, churn numeric, ending numeric,
	starting_customers bigint, new_customers bigint, reactivated_customers bigint,
	expanded_customers bigint, contracted_customers bigint, churned_customers bigint,
	ending_customers bigint,
	nrr numeric, grr numeric, logo_retention numeric, quick_ratio numeric)
LANGUAGE sql STABLE AS $$
	WITH net AS MATERIALIZED (
		SELECT * FROM oracle.net(source, grain)
	), extent AS (
		SELECT min(period) AS first, coalesce(through, max(period)) AS last,
			max(scale(amount)) AS scale
		FROM net
	), calendar AS MATERIALIZED (
		SELECT c.period, c.n FROM extent, oracle.calendar(first, last, grain) AS c
	), revenue AS MATERIALIZED (
		SELECT customer, n, amount FROM net JOIN calendar USING (period) WHERE amount > 0
	), began AS (
		SELECT customer, min(n) AS f FROM revenue GROUP BY customer
	), pair AS (
		SELECT customer, n, coalesce(a.amount, 0) AS s, coalesce(b.amount, 0) AS e
		FROM (SELECT customer, n + lookback AS n, amount FROM revenue) AS a
			FULL JOIN revenue AS b USING (customer, n)
	), move AS (
		SELECT n, s, e,
			CASE
				WHEN s = 0 AND e > 0 AND f > n - lookback THEN 'new'
				WHEN s = 0 AND e > 0 AND f < n - lookback THEN 'reactivation'
				WHEN e > s AND s > 0 THEN 'expansion'
				WHEN s > e AND e > 0 THEN 'contraction'
				WHEN s > 0 AND e = 0 THEN 'churn'
			END AS kind
		FROM pair JOIN began USING (customer)
	), bridge AS (
		SELECT n,
			sum(s) AS starting,
			sum(e) FILTER (WHERE kind = 'new') AS new,
			sum(e) FILTER (WHERE kind = 'reactivation') AS reactivation,
			sum(e - s) FILTER (WHERE kind = 'expansion') AS expansion,
			sum(s - e) FILTER (WHERE kind = 'contraction') AS contraction,
			sum(s) FILTER (WHERE kind = 'churn') AS churn,
			sum(e) AS ending,
			count(*) FILTER (WHERE s > 0) AS starting_customers,
			count(*) FILTER (WHERE kind = 'new') AS new_customers,
			count(*) FILTER (WHERE kind = 'reactivation') AS reactivated_customers,
			count(*) FILTER (WHERE kind = 'expansion') AS expanded_customers,
			count(*) FILTER (WHERE kind = 'contraction') AS contracted_customers,
			count(*) FILTER (WHERE kind = 'churn') AS churned_customers,
			count(*) FILTER (WHERE e > 0) AS ending_customers,
			sum(e) FILTER (WHERE s > 0) AS kept,
			sum(least(s, e)) AS capped,
			count(*) FILTER (WHERE s > 0 AND e > 0) AS kept_customers
		FROM move GROUP BY n
	)
	SELECT period,
		round(coalesce(starting, 0), scale),
		round(coalesce(new, 0), scale),
		round(coalesce(reactivation, 0), scale),
		round(coalesce(expansion, 0), scale),
		round(coalesce(contraction, 0), scale),
		round(coalesce(churn, 0), scale),
		round(coalesce(ending, 0), scale),
		coalesce(starting_customers, 0),
		coalesce(new_customers, 0),
		coalesce(reactivated_customers, 0),
		coalesce(expanded_customers, 0),
		coalesce(contracted_customers, 0),
		coalesce(churned_customers, 0),
		coalesce(ending_customers, 0),
		oracle.ratio(100 * coalesce(kept, 0), starting),
		oracle.ratio(100 * capped, starting),
		oracle.ratio(100 * kept_customers, starting_customers),
		oracle.ratio(coalesce(new, 0) + coalesce(reactivation, 0) + coalesce(expansion, 0),
			coalesce(contraction, 0) + coalesce(churn, 0))
	FROM extent CROSS JOIN calendar LEFT JOIN bridge USING (n)
$$;

-- f is a customer's first active period and base its revenue at f + baseline. A cohort is seen
-- from the first f of its customers to the last period.
CREATE FUNCTION oracle.cohorts(
	source regclass, grain text, cohort_grain text, baseline int, through date)
RETURNS TABLE (
	cohort date, period date, age bigint, cohort_customers bigint, customers bigint,
	cohort_revenue numeric, revenue numeric, retained_revenue numeric,
	nrr numeric, grr numeric, logo_retention numeric, complete boolean)
LANGUAGE sql STABLE AS $$
	WITH net AS MATERIALIZED (
		SELECT * FROM oracle.net(source, grain)
	), extent AS (
		SELECT min(period) AS first, coalesce(through, max(period)) AS last,
			max(scale(amount)) AS scale
		FROM net
	), calendar AS MATERIALIZED (
		SELECT c.period, c.n FROM extent, oracle.calendar(first, last, grain) AS c
	), revenue AS MATERIALIZED (
		SELECT customer, n, amount FROM net JOIN calendar USING (period) WHERE amount > 0
	), began AS (
		SELECT customer, min(n) AS f FROM revenue GROUP BY customer
	), member AS MATERIALIZED (
		SELECT began.customer, f, coalesce(base.amount, 0) AS base,
			date_trunc(coalesce(cohort_grain, grain), period::timestamp)::date AS cohort
		FROM began
			JOIN calendar ON calendar.n = f
			LEFT JOIN revenue AS base ON base.customer = began.customer AND base.n = f + baseline
	), cell AS (
		SELECT cohort, first_f, last_f, cohort_customers, cohort_revenue, age
		FROM (SELECT cohort, min(f) AS first_f, max(f) AS last_f,
				count(*) AS cohort_customers, sum(base) AS cohort_revenue
			FROM member GROUP BY cohort) AS c,
			generate_series(0, (SELECT max(n) FROM calendar) - first_f) AS age
	), kept AS (
		SELECT cohort, n - f AS age, count(*) AS customers, sum(amount) AS revenue,
			sum(least(base, amount)) AS retained_revenue
		FROM member JOIN revenue USING (customer)
		GROUP BY cohort, n - f
	)
	SELECT cohort, calendar.period, age, cohort_customers, coalesce(customers, 0),
		round(cohort_revenue, scale),
		round(coalesce(revenue, 0), scale),
		round(coalesce(retained_revenue, 0), scale),
		oracle.ratio(100 * coalesce(revenue, 0), cohort_revenue),
		oracle.ratio(100 * coalesce(retained_revenue, 0), cohort_revenue),
		oracle.ratio(100 * coalesce(customers, 0), cohort_customers),
		last_f + greatest(age, baseline) <= (SELECT max(n) FROM calendar)
	FROM extent CROSS JOIN cell
		JOIN calendar ON calendar.n = first_f + age
		LEFT JOIN kept USING (cohort, age)
$$;
