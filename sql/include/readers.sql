--
-- What the readers of a ledger give out, against the oracle. Needs oracle.sql and checks.sql.
--

CREATE TYPE checks.options AS (
	lookback int, from_date date, through date, grace int, reactivation_within int,
	cohort_grain text, baseline int);

-- The net rows that the ledger is compared with
CREATE UNLOGGED TABLE checks.net (customer text, period date, amount numeric);

-- The ledger and net rows agree for one set of options. The query for net rows has a %L where the
-- date belongs through which open subscriptions last; if that is not among the options, they last
-- through the last period that is touched. Returns the number of lines that differ.
CREATE FUNCTION checks.readers(context text, l revenue_ledger, net text, o checks.options)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	case_of text := context || ' ' || o::text;
	last date := o.through;
	wrong bigint := 0;
BEGIN
	IF last IS NULL THEN
		EXECUTE format('SELECT max(period) FROM (%s) AS n', format(net, NULL)) INTO last;
	END IF;
	TRUNCATE checks.net;
	EXECUTE 'INSERT INTO checks.net ' || format(net, last);

	IF o.through IS NULL THEN
		wrong := wrong + checks.compare('facts', case_of,
			format('SELECT customers(l), total(l), periods(l) FROM (SELECT %L::revenue_ledger) AS x(l)', l),
			format('SELECT count(DISTINCT customer) FILTER (WHERE amount <> 0), coalesce(sum(amount), 0),
				daterange(coalesce(min(period), ''epoch''), coalesce((max(period) + oracle.step(%L))::date, ''epoch''))
				FROM checks.net', grain(l)));
	END IF;
	wrong := wrong + checks.compare('entries', case_of,
		format('SELECT * FROM ledger_entries(%L, %L)', l, o.through),
		format('SELECT * FROM oracle.entries_of(''TABLE checks.net'', %L)', o.through));
	wrong := wrong + checks.compare('movements', case_of,
		format('SELECT * FROM revenue_movements(%L::revenue_ledger, %L, %L, %L, %L)',
			l, o.lookback, o.through, o.grace, o.reactivation_within),
		format('SELECT * FROM oracle.movements_of(''TABLE checks.net'', %L, %L, %L, %L, %L)',
			grain(l), o.lookback, o.through, o.grace, o.reactivation_within));
	wrong := wrong + checks.compare('cohorts', case_of,
		format('SELECT * FROM cohort_retention(%L::revenue_ledger, %L, %L, %L, %L)',
			l, o.cohort_grain, o.baseline, o.through, o.grace),
		format('SELECT * FROM oracle.cohorts_of(''TABLE checks.net'', %L, %L, %L, %L, %L)',
			grain(l), o.cohort_grain, o.baseline, o.through, o.grace));
	wrong := wrong + checks.compare('customer movements', case_of,
		format('SELECT * FROM customer_movements(%L::revenue_ledger, %L, %L, %L, %L, %L)',
			l, o.lookback, o.from_date, o.through, o.grace, o.reactivation_within),
		format('SELECT * FROM oracle.customer_movements_of(''TABLE checks.net'', %L, %L, %L, %L, %L, %L)',
			grain(l), o.lookback, o.from_date, o.through, o.grace, o.reactivation_within));
	wrong := wrong + checks.claim('customer movements add up', case_of, checks.adds_up(l, o));
	wrong := wrong + checks.compare('retention to the last period', case_of,
		format('SELECT starting(r), new(r), reactivation(r), expansion(r), contraction(r), churn(r), ending(r),
				starting_customers(r), new_customers(r), reactivated_customers(r), expanded_customers(r),
				contracted_customers(r), churned_customers(r), ending_customers(r), nrr(r), grr(r), logo_retention(r)
			FROM (SELECT %1$L::revenue_ledger AS l, %2$L::date AS last) AS x,
				retention(l, (last - %3$s * oracle.step(%4$L))::date, last, %5$s) AS r
			WHERE last >= lower(periods(l))',
			l, last, o.lookback, grain(l), o.grace),
		format('SELECT starting, new, reactivation, expansion, contraction, churn, ending,
				starting_customers, new_customers, reactivated_customers, expanded_customers,
				contracted_customers, churned_customers, ending_customers, nrr, grr, logo_retention
			FROM oracle.movements_of(''TABLE checks.net'', %L, %L, %L, %L) ORDER BY period DESC LIMIT 1',
			grain(l), o.lookback, o.through, o.grace));
	wrong := wrong + checks.claim('the bridge closes', case_of, NOT EXISTS (
		SELECT FROM revenue_movements(l, o.lookback, o.through, o.grace, o.reactivation_within)
		WHERE starting + new + reactivation + expansion - contraction - churn <> ending
			OR starting_customers + new_customers + reactivated_customers - churned_customers
				<> ending_customers
			OR NOT (0 <= grr AND grr <= least(100, nrr) AND logo_retention BETWEEN 0 AND 100)));
	-- a bridged gap is revenue that the table does not have
	wrong := wrong + checks.claim('ending and negative are the sum of the table', case_of, NOT EXISTS (
		SELECT FROM revenue_movements(l, o.lookback, o.through, 0, o.reactivation_within)
			LEFT JOIN (SELECT period, sum(amount) AS amount FROM checks.net GROUP BY period) AS n USING (period)
		WHERE ending + negative IS DISTINCT FROM coalesce(amount, 0)));
	RETURN wrong;
END $$;

-- Two queries for a ledger, each with the column l, give the same to every reader. A ledger that is
-- still in the making, or several on their way to a sum, are read otherwise than a stored one.
CREATE FUNCTION checks.same_to_readers(context text, got text, want text, o checks.options)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	reader text;
	wrong bigint := 0;
BEGIN
	FOREACH reader IN ARRAY ARRAY[
		format('ledger_entries(l, %L)', o.through),
		format('revenue_movements(l, %L, %L, %L, %L)', o.lookback, o.through, o.grace, o.reactivation_within),
		format('cohort_retention(l, %L, %L, %L, %L)', o.cohort_grain, o.baseline, o.through, o.grace),
		format('customer_movements(l, %L, %L, %L, %L, %L)',
			o.lookback, o.from_date, o.through, o.grace, o.reactivation_within),
		format('retention(l, %L, %L, %L)', o.from_date, coalesce(o.through, o.from_date + 100), o.grace)]
	LOOP
		wrong := wrong + checks.compare('without being stored', concat_ws(' ', context, reader, o),
			format('SELECT r.* FROM (%s) AS x, %s AS r', got, reader),
			format('SELECT r.* FROM (%s) AS x, %s AS r', want, reader));
	END LOOP;
	RETURN wrong;
END $$;

-- In each period, the customers of each category are as many, and moved as much, as the movements
-- of the ledger say.
CREATE FUNCTION checks.adds_up(l revenue_ledger, o checks.options) RETURNS boolean
LANGUAGE sql AS $$
	WITH movement AS (
		SELECT * FROM revenue_movements(l, o.lookback, o.through, o.grace, o.reactivation_within)
		WHERE o.from_date IS NULL OR period >= date_trunc(grain(l), o.from_date::timestamp)
	), summed AS (
		SELECT period,
			sum(previous) AS starting,
			sum(change) FILTER (WHERE category = 'new') AS new,
			sum(change) FILTER (WHERE category = 'reactivation') AS reactivation,
			sum(change) FILTER (WHERE category = 'expansion') AS expansion,
			-sum(change) FILTER (WHERE category = 'contraction') AS contraction,
			-sum(change) FILTER (WHERE category = 'churn') AS churn,
			sum(current) AS ending,
			count(*) FILTER (WHERE previous > 0) AS starting_customers,
			count(*) FILTER (WHERE category = 'new') AS new_customers,
			count(*) FILTER (WHERE category = 'reactivation') AS reactivated_customers,
			count(*) FILTER (WHERE category = 'expansion') AS expanded_customers,
			count(*) FILTER (WHERE category = 'contraction') AS contracted_customers,
			count(*) FILTER (WHERE category = 'churn') AS churned_customers,
			count(*) FILTER (WHERE current > 0) AS ending_customers,
			bool_and(change = current - previous AND (category = 'unchanged') = (change = 0)) AS consistent
		FROM customer_movements(l, o.lookback, o.from_date, o.through, o.grace, o.reactivation_within)
		GROUP BY period
	)
	SELECT coalesce(bool_and(coalesce(consistent, true)
		AND (m.starting, m.new, m.reactivation, m.expansion, m.contraction, m.churn, m.ending,
			m.starting_customers, m.new_customers, m.reactivated_customers, m.expanded_customers,
			m.contracted_customers, m.churned_customers, m.ending_customers)
		IS NOT DISTINCT FROM
			(coalesce(s.starting, 0), coalesce(s.new, 0), coalesce(s.reactivation, 0),
			coalesce(s.expansion, 0), coalesce(s.contraction, 0), coalesce(s.churn, 0),
			coalesce(s.ending, 0), coalesce(s.starting_customers, 0), coalesce(s.new_customers, 0),
			coalesce(s.reactivated_customers, 0), coalesce(s.expanded_customers, 0),
			coalesce(s.contracted_customers, 0), coalesce(s.churned_customers, 0),
			coalesce(s.ending_customers, 0))), true)
	FROM movement AS m FULL JOIN summed AS s USING (period)
$$;
