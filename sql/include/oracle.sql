--
-- The definitions once more, in plain SQL: slow, simple and sharing nothing with the extension.
--
-- Rows of billing become net rows: a customer's net amount in each period that any of its rows
-- touches, zeros included, all with the largest scale of the source. There is a function for each
-- shape of table. What follows from net rows takes a query for them.
--

SET client_min_messages = warning;
DROP SCHEMA IF EXISTS oracle CASCADE;
RESET client_min_messages;
CREATE SCHEMA oracle;

-- The text of a customer: that of a numeric is of its value.
CREATE FUNCTION oracle.key(customer anyelement) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE pg_typeof(customer)::text
		WHEN 'numeric' THEN trim_scale(customer::text::numeric)::text ELSE customer::text END
$$;

-- Net rows of a table with the columns customer, at and amount. A float is the number that it
-- prints as.
CREATE FUNCTION oracle.net(source regclass, grain text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'SELECT oracle.key(customer), date_trunc(%L, at::date::timestamp)::date,
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

-- A range as the half-open one that holds the same instants, by its ends: s is the first instant
-- in it and e the first one after it. An end that is not there is infinite. Between two instants
-- side by side there is none.
CREATE FUNCTION oracle.ends(during daterange, OUT s date, OUT e date)
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(lower(during), '-infinity'), coalesce(upper(during), 'infinity')
$$;

CREATE FUNCTION oracle.ends(during tsrange, OUT s timestamp, OUT e timestamp)
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(lower(during) + (NOT lower_inc(during))::int * interval '1 microsecond', '-infinity'),
		coalesce(upper(during) + upper_inc(during)::int * interval '1 microsecond', 'infinity')
$$;

CREATE FUNCTION oracle.ends(during tstzrange, OUT s timestamptz, OUT e timestamptz)
LANGUAGE sql STABLE AS $$
	SELECT coalesce(lower(during) + (NOT lower_inc(during))::int * interval '1 microsecond', '-infinity'),
		coalesce(upper(during) + upper_inc(during)::int * interval '1 microsecond', 'infinity')
$$;

-- Net rows of a table with the columns customer, during (of one of these range types) and mrr: the
-- calendar joined with what is in force at the last instant of a period, or at the first one if
-- snapshot is 'start'. A subscription touches the periods from which its two changes are seen.
CREATE FUNCTION oracle.subscriptions(source regclass, grain text, snapshot text, through date)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
DECLARE
	type text := (SELECT rngsubtype::regtype FROM pg_attribute JOIN pg_range ON rngtypid = atttypid
		WHERE attrelid = source AND attname = 'during');
	instant text := CASE type WHEN 'date' THEN '1' ELSE 'interval ''1 microsecond''' END;
	next text := format('%L::interval', oracle.step(grain));
	observed text := CASE snapshot
		WHEN 'start' THEN format('period::timestamp::%s', type)
		ELSE format('(period + %s)::%s - %s', next, type, instant) END;
	seen_from text := CASE snapshot
		WHEN 'start' THEN format('date_trunc(%L, (change - %s)::date::timestamp) + %s',
			grain, instant, next)
		ELSE format('date_trunc(%L, change::date::timestamp)', grain) END;
BEGIN
	RETURN QUERY EXECUTE format(
		'WITH subscription AS MATERIALIZED (
			SELECT oracle.key(customer) AS customer, during, s, e, mrr::text::numeric AS mrr
			FROM %1$s, oracle.ends(during)
			WHERE customer IS NOT NULL AND mrr IS NOT NULL AND NOT isempty(during) AND s < e
		), touched AS MATERIALIZED (
			SELECT customer, (%2$s)::date AS period, 0 * mrr AS mrr
			FROM subscription, LATERAL (VALUES (s), (e)) AS v(change)
			WHERE isfinite(change)
		), counted AS (
			SELECT customer, period, mrr
			FROM (SELECT min(period) AS first, coalesce($1, max(period)) AS last FROM touched) AS t
				CROSS JOIN oracle.calendar(first, last, %3$L)
				JOIN subscription ON during @> (%4$s)
		)
		SELECT customer, period, round(sum(mrr), max(max(scale(mrr))) OVER ())
		FROM (TABLE touched UNION ALL TABLE counted) AS r
		GROUP BY customer, period', source, seen_from, grain, observed)
	USING through;
END $$;

-- amount * part / whole rounded half away from zero to scale decimals, in integers
CREATE FUNCTION oracle.share(amount numeric, part int, whole int, scale int) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
	SELECT sign(amount) * div(2 * abs(amount) * part * ('1e' || scale)::numeric + whole, 2 * whole)
		* ('1e-' || scale)::numeric
$$;

-- Net rows of a table with the columns customer, service (a range as above) and amount: a row for
-- each day of service, and of its period what is earned by the last of them, less what was before.
CREATE FUNCTION oracle.invoices(source regclass, grain text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'WITH invoice AS (
			SELECT row_number() OVER () AS id, oracle.key(customer) AS customer, amount::text::numeric AS amount,
				greatest(scale(amount::text::numeric), 2) + 4 AS scale,
				s::date AS first_day, greatest(e::date - s::date, 1) AS days
			FROM %s, oracle.ends(service)
			WHERE customer IS NOT NULL AND amount IS NOT NULL AND NOT isempty(service) AND s < e
		), span AS (
			SELECT id, date_trunc(%L, (first_day + n - 1)::timestamp)::date AS period, max(n) AS n
			FROM invoice, generate_series(1, days) AS n
			GROUP BY 1, 2
		), earned AS (
			SELECT customer, period, share - lag(share, 1, 0.0) OVER (PARTITION BY id ORDER BY n) AS amount
			FROM span JOIN invoice USING (id), oracle.share(amount, n, days, scale) AS share
		)
		SELECT customer, period, round(sum(amount), max(max(scale(amount))) OVER ())
		FROM earned GROUP BY customer, period', source, grain);
END $$;

-- The net rows that a query gives
CREATE FUNCTION oracle.net_rows(net text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql STABLE ROWS 100000 AS $$
BEGIN
	RETURN QUERY EXECUTE net;
END $$;

-- Net rows of several sources together
CREATE FUNCTION oracle.merged(VARIADIC nets text[])
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql STABLE AS $$
	SELECT customer, period, round(sum(amount), max(max(scale(amount))) OVER ())
	FROM unnest(nets) AS net, oracle.net_rows(net)
	GROUP BY customer, period
$$;

CREATE FUNCTION oracle.extent(net text, through date)
RETURNS TABLE (first date, last date, scale int)
LANGUAGE sql STABLE AS $$
	SELECT min(period), coalesce(through, max(period)), max(scale(amount)) FROM oracle.net_rows(net)
$$;

-- Net rows that are not zero, up to the period that holds through
CREATE FUNCTION oracle.entries_of(net text, through date)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql STABLE AS $$
	SELECT * FROM oracle.net_rows(net) WHERE amount <> 0 AND (period <= through OR through IS NULL)
$$;

CREATE FUNCTION oracle.entries(source regclass, grain text)
RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql STABLE AS $$
	SELECT * FROM oracle.net(source, grain) WHERE amount <> 0
$$;

-- R(i,t) where it is positive, t numbered from the first period. If the next amount after a
-- period's is positive as well, and at most grace periods on, the periods between are filled.
CREATE FUNCTION oracle.revenue(net text, grain text, through date, grace int)
RETURNS TABLE (customer text, n bigint, amount numeric)
LANGUAGE sql STABLE ROWS 100000 AS $$
	WITH net AS MATERIALIZED (
		SELECT * FROM oracle.net_rows(net)
	), amount AS (
		SELECT customer, n, amount,
			lead(n) OVER later AS next_n, lead(amount) OVER later AS next_amount
		FROM (SELECT min(period) AS first, coalesce(through, max(period)) AS last FROM net) AS extent
			CROSS JOIN oracle.calendar(first, last, grain)
			JOIN net USING (period)
		WHERE amount <> 0
		WINDOW later AS (PARTITION BY customer ORDER BY n)
	)
	SELECT customer, filled, amount
	FROM amount, generate_series(n,
		CASE WHEN next_amount > 0 AND next_n - n - 1 <= grace THEN next_n - 1 ELSE n END) AS filled
	WHERE amount > 0
$$;

-- s and e are a customer's revenue at t - lookback and at t, f its first active period. If there
-- is none at t - lookback, but before and after, away is how far apart the nearest two are.
CREATE FUNCTION oracle.moves(
	net text, grain text, lookback int, through date, grace int, reactivation_within int)
RETURNS TABLE (customer text, n bigint, s numeric, e numeric, category text)
LANGUAGE sql STABLE ROWS 100000 AS $$
	WITH revenue AS MATERIALIZED (
		SELECT * FROM oracle.revenue(net, grain, through, grace)
	), began AS (
		SELECT customer, min(n) AS f FROM revenue GROUP BY customer
	), gap AS MATERIALIZED (
		SELECT customer, a, b, b - a AS away
		FROM (SELECT customer, lag(n) OVER (PARTITION BY customer ORDER BY n) AS a, n AS b
			FROM revenue) AS r
		WHERE b > a + 1
	), pair AS (
		SELECT customer, n, coalesce(x.amount, 0) AS s, coalesce(y.amount, 0) AS e
		FROM (SELECT customer, n + lookback AS n, amount FROM revenue) AS x
			FULL JOIN revenue AS y USING (customer, n)
	)
	SELECT pair.customer, pair.n, s, e,
		CASE
			WHEN s = 0 AND f > pair.n - lookback THEN 'new'
			WHEN s = 0 AND away > reactivation_within THEN 'new'
			WHEN s = 0 AND f < pair.n - lookback THEN 'reactivation'
			WHEN e > s THEN 'expansion'
			WHEN e = s THEN 'unchanged'
			WHEN e > 0 THEN 'contraction'
			ELSE 'churn'
		END
	FROM pair JOIN began USING (customer)
		LEFT JOIN gap ON gap.customer = pair.customer
			AND a < pair.n - lookback AND pair.n - lookback < b AND s = 0
$$;

CREATE FUNCTION oracle.customer_movements_of(
	net text, grain text, lookback int, from_date date, to_date date,
	grace int DEFAULT 0, reactivation_within int DEFAULT NULL)
RETURNS TABLE (
	customer text, period date, previous numeric, current numeric, change numeric, category text)
LANGUAGE sql STABLE AS $$
	SELECT customer, period, round(s, scale), round(e, scale), round(e - s, scale), category
	FROM oracle.extent(net, to_date) CROSS JOIN oracle.calendar(first, last, grain)
		JOIN oracle.moves(net, grain, lookback, to_date, grace, reactivation_within) USING (n)
	WHERE from_date IS NULL OR period >= date_trunc(grain, from_date::timestamp)
$$;

CREATE TYPE oracle.movement AS (
	period date,
	starting numeric, new numeric, reactivation numeric, expansion numeric,
	contraction numeric, churn numeric, ending numeric,
	starting_customers bigint, new_customers bigint, reactivated_customers bigint,
	expanded_customers bigint, contracted_customers bigint, churned_customers bigint,
	ending_customers bigint,
	nrr numeric, grr numeric, logo_retention numeric, churn_rate numeric, quick_ratio numeric,
	negative numeric);

CREATE FUNCTION oracle.movements_of(
	net text, grain text, lookback int, through date,
	grace int DEFAULT 0, reactivation_within int DEFAULT NULL)
RETURNS SETOF oracle.movement
LANGUAGE sql STABLE AS $$
	WITH bridge AS (
		SELECT n,
			sum(s) AS starting,
			sum(e) FILTER (WHERE category = 'new') AS new,
			sum(e) FILTER (WHERE category = 'reactivation') AS reactivation,
			sum(e - s) FILTER (WHERE category = 'expansion') AS expansion,
			sum(s - e) FILTER (WHERE category = 'contraction') AS contraction,
			sum(s) FILTER (WHERE category = 'churn') AS churn,
			sum(e) AS ending,
			count(*) FILTER (WHERE s > 0) AS starting_customers,
			count(*) FILTER (WHERE category = 'new') AS new_customers,
			count(*) FILTER (WHERE category = 'reactivation') AS reactivated_customers,
			count(*) FILTER (WHERE category = 'expansion') AS expanded_customers,
			count(*) FILTER (WHERE category = 'contraction') AS contracted_customers,
			count(*) FILTER (WHERE category = 'churn') AS churned_customers,
			count(*) FILTER (WHERE e > 0) AS ending_customers,
			sum(e) FILTER (WHERE s > 0) AS kept,
			sum(least(s, e)) AS capped,
			count(*) FILTER (WHERE s > 0 AND e > 0) AS kept_customers
		FROM oracle.moves(net, grain, lookback, through, grace, reactivation_within) GROUP BY n
	), below_zero AS (
		SELECT period, sum(amount) AS negative FROM oracle.net_rows(net) WHERE amount < 0 GROUP BY period
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
		oracle.ratio(100 * coalesce(churn, 0), starting),
		oracle.ratio(coalesce(new, 0) + coalesce(reactivation, 0) + coalesce(expansion, 0),
			coalesce(contraction, 0) + coalesce(churn, 0)),
		round(coalesce(negative, 0), scale)
	FROM oracle.extent(net, through) CROSS JOIN oracle.calendar(first, last, grain)
		LEFT JOIN bridge USING (n) LEFT JOIN below_zero USING (period)
$$;

CREATE FUNCTION oracle.movements(source regclass, grain text, lookback int, through date)
RETURNS SETOF oracle.movement
LANGUAGE sql STABLE AS $$
	SELECT * FROM oracle.movements_of(format('SELECT * FROM oracle.net(%L, %L)', source, grain),
		grain, lookback, through)
$$;

CREATE TYPE oracle.cohort_cell AS (
	cohort date, period date, age bigint, cohort_customers bigint, customers bigint,
	cohort_revenue numeric, revenue numeric, retained_revenue numeric,
	nrr numeric, grr numeric, logo_retention numeric, complete boolean);

-- f is a customer's first active period and base its revenue at f + baseline. A cohort is seen
-- from the first f of its customers to the last period.
CREATE FUNCTION oracle.cohorts_of(
	net text, grain text, cohort_grain text, baseline int, through date, grace int DEFAULT 0)
RETURNS SETOF oracle.cohort_cell
LANGUAGE sql STABLE AS $$
	WITH calendar AS MATERIALIZED (
		SELECT c.period, c.n FROM oracle.extent(net, through), oracle.calendar(first, last, grain) AS c
	), revenue AS MATERIALIZED (
		SELECT * FROM oracle.revenue(net, grain, through, grace)
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
	FROM oracle.extent(net, through) CROSS JOIN cell
		JOIN calendar ON calendar.n = first_f + age
		LEFT JOIN kept USING (cohort, age)
$$;

CREATE FUNCTION oracle.cohorts(
	source regclass, grain text, cohort_grain text, baseline int, through date)
RETURNS SETOF oracle.cohort_cell
LANGUAGE sql STABLE AS $$
	SELECT * FROM oracle.cohorts_of(format('SELECT * FROM oracle.net(%L, %L)', source, grain),
		grain, cohort_grain, baseline, through)
$$;
