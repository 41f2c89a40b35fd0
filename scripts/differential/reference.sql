--
-- The definitions of every shape of billing table in plain SQL, sharing nothing with the extension: what each row of a
-- table pays, and from when to when. What follows from that is in sql/include/oracle.sql, which must be there before.
--
-- reference.load reads the table history.billing; the functions after it give what readers of its ledger must say.
--

CREATE SCHEMA reference;

-- What is asked of history.billing. An error that it must be refused with is kept, and raised by whatever reads.
CREATE UNLOGGED TABLE reference.source (
	shape text, grain text, time_type text, times text[], bounds text, close text, item text, rule text,
	rows bigint, scale int, first date, last date, refusals text[]);

-- One for each row and range of it: days are local ones, and those before are of the moment before. Without an end, it is open.
CREATE UNLOGGED TABLE reference.part (
	id int, segment text, customer text, amount numeric, n bigint, s date, before_s date, e date, before_e date);

-- An amount of each period from one to another, NULL if for ever. Both are touched if the second one is seen.
CREATE UNLOGGED TABLE reference.level (segment text, customer text, amount numeric, first date, until date, ends boolean);

-- Net rows, through some date
CREATE UNLOGGED TABLE reference.net (segment text, customer text, period date, amount numeric);

-- The period that holds a day, and the one after it
CREATE FUNCTION reference.period(day date, grain text) RETURNS date
LANGUAGE sql IMMUTABLE AS $$ SELECT date_trunc(grain, day::timestamp)::date $$;

CREATE FUNCTION reference.next(day date, grain text) RETURNS date
LANGUAGE sql IMMUTABLE AS $$ SELECT (date_trunc(grain, day::timestamp) + oracle.step(grain))::date $$;

-- A number has this many digits at most, zeros at either end aside.
CREATE FUNCTION reference.digits(amount numeric) RETURNS int
LANGUAGE sql IMMUTABLE AS $$ SELECT length(ltrim(regexp_replace(trim_scale(abs(amount))::text, '\.', ''), '0')) $$;

-- A float is the number that it prints as, and minus zero is zero.
CREATE FUNCTION reference.key(customer anyelement) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN pg_typeof(customer) IN ('real'::regtype, 'double precision'::regtype) AND customer::text = '-0' THEN '0'
		WHEN pg_typeof(customer) = 'character'::regtype THEN rtrim(customer::text, ' ')
		ELSE oracle.key(customer) END
$$;

-- From one moment to the next
CREATE FUNCTION reference.tick(o reference.source) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN o.time_type ~ '^(plain_)?date' THEN '1' ELSE 'interval ''1 microsecond''' END $$;

-- Expressions for the first moment of a row's range and the first one after it, as the columns s and e.
CREATE FUNCTION reference.ranges(o reference.source) RETURNS text
LANGUAGE sql STABLE AS $$
	SELECT CASE
		WHEN o.time_type ~ 'range$' THEN format('SELECT n, s, e FROM unnest(%s) WITH ORDINALITY AS u(during, n), LATERAL (SELECT
				lower(during) + (NOT lower_inc(during) AND NOT lower_inf(during))::int * %2$s AS s,
				upper(during) + (upper_inc(during) AND NOT upper_inf(during))::int * %2$s AS e) AS ends WHERE NOT isempty(during)',
			CASE WHEN o.time_type ~ 'multirange$' THEN 'during' ELSE 'ARRAY[during]' END, reference.tick(o))
		WHEN cardinality(o.times) = 1 THEN format('SELECT 1::bigint AS n, %I AS s, NULL::%s AS e', o.times[1], o.time_type)
		ELSE format('SELECT 1::bigint AS n, %1$I::%3$s AS s, %2$s::%3$s AS e WHERE num_nonnulls(%1$I, %2$s) > 0',
			o.times[1], CASE o.bounds WHEN '[]' THEN format('(%I::date + 1)', o.times[2]) ELSE quote_ident(o.times[2]) END, o.time_type) END
$$;

-- Rows with all that they need, in the table reference_row
CREATE PROCEDURE reference.take_rows(o reference.source)
LANGUAGE plpgsql AS $$
DECLARE
	given text := CASE WHEN cardinality(o.times) = 1 THEN format('%I IS NOT NULL', o.times[1]) ELSE 'true' END;
BEGIN
	DROP TABLE IF EXISTS reference_row;
	EXECUTE format('CREATE TEMP TABLE reference_row AS
		SELECT id, segment::text, item, reference.key(customer) AS customer, amount::text::numeric AS amount, r.*
		FROM history.billing LEFT JOIN LATERAL (%s) AS r ON true
		WHERE customer IS NOT NULL AND amount IS NOT NULL AND %s', reference.ranges(o), given);
	IF cardinality(o.times) = 2 THEN
		EXECUTE format('DELETE FROM reference_row USING history.billing AS b WHERE reference_row.id = b.id AND num_nonnulls(b.%I, b.%I) = 0', o.times[1], o.times[2]);
	END IF;
END $$;

-- Why the table must be refused: SQLSTATEs of all faults that it has
CREATE FUNCTION reference.faults(o reference.source) RETURNS text[]
LANGUAGE plpgsql AS $$
DECLARE
	faults text[] := '{}';
	over boolean := o.shape IN ('subscriptions', 'invoices');
	ends bigint;
	months bigint;
	weeks bigint;
BEGIN
	-- of snapshots, rows of other days than those that count are not looked at
	IF EXISTS (SELECT FROM reference_row WHERE (amount IN ('NaN', 'Infinity', '-Infinity') OR reference.digits(amount) > 32)
			AND (o.shape <> 'snapshots' OR s::date IN (SELECT max(s::date) FROM reference_row WHERE isfinite(s) GROUP BY reference.period(s::date, o.grain)))) THEN
		faults := faults || '22003'::text;
	END IF;
	IF EXISTS (SELECT FROM reference_row WHERE n IS NOT NULL AND NOT coalesce(isfinite(s), false) OR o.shape = 'invoices' AND n IS NOT NULL AND NOT coalesce(isfinite(e), false)) THEN
		faults := faults || '22008'::text;
	END IF;
	IF cardinality(o.times) = 2 AND EXISTS (SELECT FROM reference_row WHERE s > e) THEN
		faults := faults || '22000'::text;
	END IF;
	IF cardinality(o.times) = 2 AND o.bounds IS NULL THEN
		EXECUTE format('SELECT count(*), count(*) FILTER (WHERE extract(day FROM d + 1) = 1), count(*) FILTER (WHERE extract(isodow FROM d) = 7)
			FROM (SELECT %I::date AS d FROM history.billing WHERE num_nulls(customer, amount, %1$I) = 0) AS r WHERE isfinite(d)', o.times[2])
		INTO ends, months, weeks;
		IF 2 * greatest(months, weeks) > ends THEN
			faults := faults || '22023'::text;
		END IF;
	END IF;
	RETURN faults;
END $$;

-- What is left of rows that end where the next one of the customer and item begins
CREATE PROCEDURE reference.close_rows(o reference.source)
LANGUAGE plpgsql AS $$
BEGIN
	UPDATE reference_row AS r SET e = least(r.e, later)
	FROM (SELECT id, min(first) OVER (PARTITION BY customer, CASE WHEN o.item IS NOT NULL THEN item END
				ORDER BY first GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
			FROM (SELECT id, customer, item, min(s) AS first FROM reference_row GROUP BY id, customer, item) AS f) AS next
	WHERE next.id = r.id;
END $$;

CREATE PROCEDURE reference.make_parts(o reference.source)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('INSERT INTO reference.part
		SELECT id, segment, customer, amount, n, s::date, (s - %1$s)::date, e::date, (e - %1$s)::date
		FROM (SELECT *, nullif(e, ''infinity'') FROM reference_row WHERE s < coalesce(e, ''infinity'')) AS r(id, segment, item, customer, amount, n, s, _, e)', reference.tick(o));
	IF o.shape = 'snapshots' THEN
		DELETE FROM reference.part WHERE s NOT IN (SELECT max(s) FROM reference.part GROUP BY reference.period(s, o.grain));
	END IF;
END $$;

-- Of an invoice, what is earned by the end of each period in which it has a day, less what was before
CREATE PROCEDURE reference.spread(grain text)
LANGUAGE sql AS $$
	INSERT INTO reference.level
	SELECT segment, customer, share - lag(share, 1, 0.0) OVER (PARTITION BY id ORDER BY period), period, NULL, NULL
	FROM (SELECT id, segment, customer, amount, period, sum(count(*)) OVER (PARTITION BY id ORDER BY period) AS earned, sum(count(*)) OVER (PARTITION BY id) AS days
			FROM reference.part, generate_series(0, greatest(e - s, 1) - 1) AS day, reference.period(s + day, grain) AS period
			GROUP BY id, segment, customer, amount, period) AS p,
		oracle.share(amount, earned::int, days::int, greatest(scale(amount), 2) + 4) AS share
$$;

CREATE PROCEDURE reference.make_levels(o reference.source)
LANGUAGE plpgsql AS $$
BEGIN
	CASE
		WHEN o.shape IN ('payments', 'snapshots') THEN
			INSERT INTO reference.level SELECT segment, customer, amount, reference.period(s, o.grain), reference.next(s, o.grain), false FROM reference.part;
		WHEN o.shape = 'invoices' THEN
			CALL reference.spread(o.grain);
			UPDATE reference.level SET until = reference.next(first, o.grain), ends = false;
		WHEN o.rule = 'start' THEN
			INSERT INTO reference.level SELECT segment, customer, amount, reference.next(before_s, o.grain), reference.next(before_e, o.grain), e IS NOT NULL FROM reference.part;
		ELSE
			INSERT INTO reference.level SELECT segment, customer, amount, reference.period(s, o.grain), reference.period(e, o.grain), e IS NOT NULL FROM reference.part;
	END CASE;
END $$;

-- Reads history.billing
CREATE PROCEDURE reference.load(shape text, grain text, time_type text, times text[], bounds text, close text, item text, rule text, refusals text[])
LANGUAGE plpgsql AS $$
DECLARE
	o reference.source := (shape, grain, time_type, times, bounds, close, item, coalesce(rule, 'end'), 0, 0, NULL, NULL, refusals);
BEGIN
	DELETE FROM reference.source;
	DELETE FROM reference.part;
	DELETE FROM reference.level;
	IF o.refusals = '{}' THEN
		CALL reference.take_rows(o);
		o.refusals := reference.faults(o);
		o.rows := (SELECT count(DISTINCT id) FROM reference_row);
	END IF;
	IF o.refusals = '{}' THEN
		IF o.close IS NOT NULL THEN
			-- with an empty range, nothing begins that could end another row; of none but such there is no ledger
			DELETE FROM reference_row WHERE n IS NULL OR cardinality(o.times) = 2 AND s = e;
			o.rows := (SELECT count(DISTINCT id) FROM reference_row);
			CALL reference.close_rows(o);
		END IF;
		CALL reference.make_parts(o);
		CALL reference.make_levels(o);
		SELECT coalesce(max(scale(amount)), 0), min(l.first), max(CASE WHEN ends THEN greatest(l.first, until) ELSE l.first END)
		INTO o.scale, o.first, o.last FROM reference.level AS l;
		IF o.first IS NOT NULL AND reference.distance(o.first, o.last, o.grain) >= 262144 THEN
			o.refusals := '{54000}';
		END IF;
	END IF;
	INSERT INTO reference.source SELECT o.*;
END $$;

-- How many periods one is after another
CREATE FUNCTION reference.distance(a date, b date, grain text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE grain WHEN 'day' THEN b - a WHEN 'week' THEN (b - a) / 7 ELSE div(
		(extract(year FROM b) + (extract(year FROM b) < 0)::int) * 12 + extract(month FROM b) - (extract(year FROM a) + (extract(year FROM a) < 0)::int) * 12 - extract(month FROM a),
		CASE grain WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END)::bigint END
$$;

-- Raises what the table or a reader's options must be refused with; what follows has net rows through a date, NULL for the last
-- period that is touched.
CREATE FUNCTION reference.fill(through date, wrong_options boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	o reference.source := (SELECT s FROM reference.source AS s);
	refusals text[] := o.refusals || CASE WHEN wrong_options THEN '{22023}' ELSE '{}' END::text[];
BEGIN
	IF refusals <> '{}' THEN
		RAISE EXCEPTION USING ERRCODE = 'NR000', MESSAGE = array_to_string(refusals, ' ');
	END IF;
	DELETE FROM reference.net;
	INSERT INTO reference.net
	SELECT segment, customer, period, round(sum(amount), o.scale)
	FROM (SELECT segment, customer, first AS period, 0 AS amount FROM reference.level
			UNION ALL SELECT segment, customer, until, 0 FROM reference.level WHERE ends
			UNION ALL SELECT segment, customer, period, amount
			FROM reference.level, oracle.calendar(first, least(coalesce(until - 1, 'infinity'), coalesce(through, o.last)), o.grain)
			WHERE first < coalesce(until, 'infinity')) AS r
	GROUP BY segment, customer, period;
END $$;

-- No row, of a table that is not to be refused
CREATE FUNCTION reference.nothing() RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(NULL);
END $$;

CREATE FUNCTION reference.net_of_customers() RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT 'SELECT customer, period, sum(amount) FROM reference.net GROUP BY 1, 2' $$;

CREATE FUNCTION reference.facts() RETURNS TABLE (grain text, customers bigint, total numeric, periods daterange)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(NULL);
	RETURN QUERY SELECT o.grain,
		(SELECT count(DISTINCT customer) FROM oracle.net_rows(reference.net_of_customers()) WHERE amount <> 0),
		(SELECT coalesce(sum(amount), 0) FROM reference.net),
		CASE WHEN o.first IS NULL THEN 'empty' ELSE daterange(o.first, reference.next(o.last, o.grain)) END
	FROM reference.source AS o WHERE rows > 0;
END $$;

-- Whoever asks for nothing but customers' net rows
CREATE FUNCTION reference.entries(through date) RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(through);
	RETURN QUERY SELECT * FROM oracle.entries_of(reference.net_of_customers(), through);
END $$;

CREATE FUNCTION reference.slice(from_date date, to_date date) RETURNS TABLE (customer text, period date, amount numeric)
LANGUAGE sql AS $$
	SELECT e.* FROM reference.source AS o, reference.entries(to_date) AS e WHERE period >= reference.period(from_date, o.grain)
$$;

CREATE FUNCTION reference.segment_entries(through date) RETURNS TABLE (segment text, customer text, period date, amount numeric)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(through);
	RETURN QUERY SELECT n.segment, n.customer, n.period, round(n.amount, (SELECT max(scale(l.amount)) FROM reference.level AS l WHERE l.segment IS NOT DISTINCT FROM n.segment))
		FROM reference.net AS n WHERE n.amount <> 0 AND n.period <= through;
END $$;

CREATE FUNCTION reference.movements(lookback int, through date, grace int, reactivation_within int) RETURNS SETOF oracle.movement
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(through, lookback < 1 OR grace < 0 OR reactivation_within < 1);
	RETURN QUERY SELECT m.* FROM reference.source AS o, oracle.movements_of(reference.net_of_customers(), o.grain, lookback, through, grace, reactivation_within) AS m ORDER BY m.period;
END $$;

CREATE FUNCTION reference.customer_movements(lookback int, from_date date, to_date date, grace int, reactivation_within int)
RETURNS TABLE (customer text, period date, previous numeric, current numeric, change numeric, category text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(to_date, lookback < 1 OR grace < 0 OR reactivation_within < 1 OR from_date > to_date);
	RETURN QUERY SELECT m.* FROM reference.source AS o, oracle.customer_movements_of(reference.net_of_customers(), o.grain, lookback, from_date, to_date, grace, reactivation_within) AS m;
END $$;

CREATE FUNCTION reference.cohorts(cohort_grain text, baseline int, through date, grace int) RETURNS SETOF oracle.cohort_cell
LANGUAGE plpgsql AS $$
DECLARE
	grains text[] := '{day,week,month,quarter,year}';
BEGIN
	PERFORM reference.fill(through, baseline < 0 OR grace < 0 OR array_position(grains, cohort_grain) < array_position(grains, (SELECT grain FROM reference.source)));
	RETURN QUERY SELECT c.* FROM reference.source AS o, oracle.cohorts_of(reference.net_of_customers(), o.grain, cohort_grain, baseline, through, grace) AS c ORDER BY c.cohort, c.age;
END $$;

-- Between any two dates: s and e are a customer's revenue in their periods, f its first active one.
CREATE FUNCTION reference.retention(from_date date, to_date date, grace int)
RETURNS TABLE (starting numeric, new numeric, reactivation numeric, expansion numeric, contraction numeric, churn numeric, ending numeric,
	starting_customers bigint, new_customers bigint, reactivated_customers bigint, expanded_customers bigint,
	contracted_customers bigint, churned_customers bigint, ending_customers bigint, nrr numeric, grr numeric, logo_retention numeric)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM reference.fill(to_date, from_date > to_date OR grace < 0);
	RETURN QUERY WITH revenue AS MATERIALIZED (
		SELECT r.customer, c.period, r.amount
		FROM reference.source AS o, oracle.calendar(o.first, to_date, o.grain) AS c, oracle.revenue(reference.net_of_customers(), o.grain, to_date, grace) AS r
		WHERE c.n = r.n
	), pair AS (
		SELECT min(period) AS f, reference.period(from_date, o.grain) AS start,
			coalesce(sum(amount) FILTER (WHERE period = reference.period(from_date, o.grain)), 0) AS s,
			coalesce(sum(amount) FILTER (WHERE period = reference.period(to_date, o.grain)), 0) AS e
		FROM revenue, reference.source AS o GROUP BY customer, o.grain
	)
	SELECT round(p.starting, o.scale), round(p.new, o.scale), round(p.reactivation, o.scale), round(p.expansion, o.scale),
		round(p.contraction, o.scale), round(p.churn, o.scale), round(p.ending, o.scale), p.n_s, p.n_new, p.n_back, p.n_up, p.n_down, p.n_gone, p.n_e,
		oracle.ratio(100 * (p.starting + p.expansion - p.contraction - p.churn), p.starting), oracle.ratio(100 * (p.starting - p.contraction - p.churn), p.starting),
		oracle.ratio(100 * (p.n_s - p.n_gone), p.n_s)
	FROM reference.source AS o, (
		SELECT coalesce(sum(s), 0) AS starting, coalesce(sum(e) FILTER (WHERE s = 0 AND f > start), 0) AS new,
			coalesce(sum(e) FILTER (WHERE s = 0 AND f < start), 0) AS reactivation, coalesce(sum(e - s) FILTER (WHERE e > s AND s > 0), 0) AS expansion,
			coalesce(sum(s - e) FILTER (WHERE s > e AND e > 0), 0) AS contraction, coalesce(sum(s) FILTER (WHERE e = 0), 0) AS churn, coalesce(sum(e), 0) AS ending,
			count(*) FILTER (WHERE s > 0) AS n_s, count(*) FILTER (WHERE s = 0 AND e > 0 AND f > start) AS n_new, count(*) FILTER (WHERE s = 0 AND e > 0 AND f < start) AS n_back,
			count(*) FILTER (WHERE e > s AND s > 0) AS n_up, count(*) FILTER (WHERE s > e AND e > 0) AS n_down, count(*) FILTER (WHERE s > 0 AND e = 0) AS n_gone, count(*) FILTER (WHERE e > 0) AS n_e
		FROM pair) AS p
	WHERE o.rows > 0;
END $$;

--
-- Two tables, one after the other
--

CREATE UNLOGGED TABLE reference.kept (segment text, customer text, amount numeric, first date, until date, ends boolean, last date);

-- Keeps what was loaded
CREATE PROCEDURE reference.keep()
LANGUAGE sql AS $$
	DELETE FROM reference.kept;
	INSERT INTO reference.kept SELECT l.*, last FROM reference.level AS l, reference.source
$$;

-- The periods in which what was kept is not what was loaded since, through the last period of both
CREATE FUNCTION reference.differences() RETURNS TABLE (period date, stored numeric, computed numeric)
LANGUAGE plpgsql AS $$
DECLARE
	o reference.source := (SELECT s FROM reference.source AS s);
	final date := greatest(o.last, (SELECT max(last) FROM reference.kept));
BEGIN
	PERFORM reference.fill(NULL);
	RETURN QUERY WITH before AS (
		SELECT customer, c.period, sum(amount) AS amount
		FROM reference.kept, oracle.calendar(first, least(coalesce(until - 1, 'infinity'), final), o.grain) AS c WHERE first < coalesce(until, 'infinity') GROUP BY 1, 2
	), after AS (
		SELECT customer, c.period, sum(amount) AS amount
		FROM reference.level, oracle.calendar(first, least(coalesce(until - 1, 'infinity'), final), o.grain) AS c WHERE first < coalesce(until, 'infinity') GROUP BY 1, 2
	)
	SELECT coalesce(a.period, b.period), trim_scale(coalesce(sum(b.amount), 0)), trim_scale(coalesce(sum(a.amount), 0))
	FROM before AS b FULL JOIN after AS a USING (customer, period) GROUP BY 1
	HAVING bool_or(coalesce(b.amount, 0) <> coalesce(a.amount, 0));
END $$;

--
-- Monthly shares
--

-- How many months there are from one moment to another, as a fraction: whole ones first, and of the last one the part in it
CREATE FUNCTION reference.months(s timestamp, e timestamp, OUT part numeric, OUT whole numeric)
LANGUAGE sql IMMUTABLE AS $$
	SELECT n * length + extract(epoch FROM e - (s + n * interval '1 month')) * 1000000, length
	FROM (SELECT max(n) AS n FROM generate_series(0, (extract(year FROM e) - extract(year FROM s) + 1)::int * 12) AS n WHERE s + n * interval '1 month' <= e) AS m,
		LATERAL (SELECT extract(epoch FROM (s + (n + 1) * interval '1 month') - (s + n * interval '1 month')) * 1000000) AS l(length)
$$;

-- An amount for some ranges by a month of them, rounded half away from zero to four decimals more
CREATE FUNCTION reference.share_of_month(amount numeric, starts timestamp[], ends timestamp[]) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	part numeric := 0;
	whole numeric := 1;
	m record;
	decimals numeric := ('1e' || scale(amount) + 4)::numeric;
BEGIN
	FOR m IN SELECT months.* FROM unnest(starts, ends) AS r(s, e), reference.months(s, e) LOOP
		part := part * m.whole + m.part * whole;
		whole := whole * m.whole;
	END LOOP;
	RETURN sign(amount) * div(2 * abs(amount) * decimals * whole + part, 2 * part) * ('1e-' || scale(amount) + 4)::numeric;
END $$;

-- By the clock of the session's time zone; where that does not go on, the time that passes counts.
CREATE FUNCTION reference.monthly_share(amount numeric, during anymultirange) RETURNS numeric
LANGUAGE sql STABLE AS $$
	SELECT reference.share_of_month(amount, array_agg(s), array_agg(CASE WHEN e > s THEN e ELSE s + (upper(r)::timestamptz - lower(r)::timestamptz) END))
	FROM unnest(during) AS r, LATERAL (VALUES (lower(r)::timestamp, upper(r)::timestamp)) AS c(s, e)
$$;

CREATE FUNCTION reference.monthly_share(amount numeric, during anyrange) RETURNS numeric
LANGUAGE sql STABLE AS $$ SELECT reference.monthly_share(amount, multirange(during)) $$;
