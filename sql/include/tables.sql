--
-- A table as people have it: what nrr says of it by name and by the aggregate, against plain SQL,
-- and what a naive reading says. Needs include/oracle.sql.
--

-- the months of some years
CREATE VIEW month AS
	SELECT m::date AS first, (m + interval '1 month')::date AS next
	FROM generate_series(timestamp '2022-01-01', '2027-12-01', '1 month') AS m;

CREATE TABLE looked_at (name text, item int);

CREATE FUNCTION entries(ledger text, through text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT format('SELECT e.* FROM (%s) AS l(ledger), LATERAL ledger_entries(ledger, %s) AS e', ledger, through) $$;

-- How two queries differ, line by line
CREATE FUNCTION differences(what text, got text, want text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format(
		'WITH got AS MATERIALIZED (%1$s), want AS MATERIALIZED (%2$s)
		SELECT %3$L || '': unexpected '' || t::text FROM (TABLE got EXCEPT ALL TABLE want) AS t
		UNION ALL SELECT %3$L || '': missing '' || t::text FROM (TABLE want EXCEPT ALL TABLE got) AS t', got, want, what);
END $$;

CREATE FUNCTION number_of_rows(query text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM (%s) AS q', query) INTO n;
	IF n = 0 THEN
		RAISE EXCEPTION 'no rows: %', query;
	END IF;
	RETURN n;
END $$;

-- Looks at a table: call holds the arguments that follow its name; ledger the same by an aggregate; should is the plain SQL for
-- (customer, period, amount), to be summed, of any customers and periods. What a naive ledger has in a period is told beside that.
CREATE FUNCTION look(
	name text, item int, call text, ledger text, should text, through date DEFAULT NULL, grain text DEFAULT 'month', grace int DEFAULT 0,
	naive text DEFAULT NULL, naive_period date DEFAULT NULL)
RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	arguments text := format('%L, %s, grain => %L', name, call, grain);
	by_name text := format('SELECT revenue_ledger_from(%s)', arguments);
	by_aggregate text := 'SELECT ' || ledger;
	want text := format('SELECT customer::text, period::date, sum(amount)::numeric AS amount FROM (%s) AS r(customer, period, amount)
		WHERE period <= coalesce(%L, ''infinity''::date) GROUP BY 1, 2 HAVING sum(amount) <> 0', should, through);
	columns text := 'period, starting, new, reactivation, expansion, contraction, churn, ending, starting_customers, new_customers,
		reactivated_customers, expanded_customers, contracted_customers, churned_customers, ending_customers, nrr, grr, logo_retention';
	lines text[];
	same boolean;
	said numeric;
	right_one numeric;
BEGIN
	PERFORM number_of_rows('TABLE ' || name), number_of_rows(want);
	lines := ARRAY(SELECT differences('aggregate', entries(by_aggregate, quote_nullable(through)), want)
		UNION ALL SELECT differences('by name', entries(by_name, quote_nullable(through)), want)
		UNION ALL SELECT differences('movements',
			format('SELECT %s FROM revenue_movements(%s, through => %L, grace => %s) WHERE starting > 0 OR ending > 0', columns, arguments, through, grace),
			format('SELECT %s FROM oracle.movements_of(%L, %L, 1, %L, %s) WHERE starting > 0 OR ending > 0', columns, want, grain, through, grace))
		UNION ALL SELECT differences('customers', format('SELECT * FROM customer_movements(%s, to_date => %L)', arguments, through),
			format('SELECT m.* FROM (%s) AS l(ledger), LATERAL customer_movements(ledger, to_date => %L) AS m', by_aggregate, through))
		UNION ALL SELECT differences('cohorts', format('SELECT * FROM cohort_retention(%s, through => %L)', arguments, through),
			format('SELECT m.* FROM (%s) AS l(ledger), LATERAL cohort_retention(ledger, through => %L) AS m', by_aggregate, through)));
	EXECUTE format('SELECT (%s)::text = (%s)::text', by_name, by_aggregate) INTO same;
	IF same IS NOT TRUE THEN
		lines := lines || 'by name and by the aggregate are not the same bytes'::text;
	END IF;
	IF naive IS NOT NULL THEN
		EXECUTE format('SELECT coalesce(sum(amount), 0) FROM (%s) AS e WHERE period = %L', entries('SELECT ' || naive, quote_nullable(through)), naive_period) INTO said;
		EXECUTE format('SELECT coalesce(sum(amount), 0) FROM (%s) AS e WHERE period = %L', want, naive_period) INTO right_one;
		IF said = right_one THEN
			lines := lines || format('the naive reading is right: %s', said);
		END IF;
	END IF;
	INSERT INTO looked_at VALUES (look.name, look.item);
	RETURN QUERY SELECT format('%s: ', look.name) || line FROM unnest(lines) AS line;
	IF lines = '{}' THEN
		RETURN NEXT format('%s: ok', look.name) || CASE WHEN naive IS NULL THEN '' ELSE format(', naively %s in %s, not %s', said, naive_period, right_one) END;
	END IF;
END $$;

-- How a call is refused
CREATE FUNCTION refused(call text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE 'SELECT ' || call;
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT, detail = PG_EXCEPTION_DETAIL;
	RETURN concat(SQLSTATE, ' ', SQLERRM, E'\n    DETAIL ' || nullif(detail, ''), E'\n    HINT ' || nullif(hint, ''));
END $$;

-- What ledger_lint counts of a finding, with the arguments that follow the table's name
CREATE FUNCTION found(name text, the_finding text, call text) RETURNS bigint
LANGUAGE plpgsql STRICT AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format('SELECT coalesce(sum(count), 0) FROM ledger_lint(%L, %s) WHERE finding = %L', name, call, the_finding) INTO n;
	RETURN n;
END $$;
