--
-- The query by aggregates that a table's name, with its options, must equal byte for byte.
--

-- The range type of two columns: as fine as the finer one
CREATE FUNCTION pg_temp.range_of(a regtype, b regtype) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN 'timestamptz'::regtype IN (a, b) THEN 'tstzrange' WHEN 'timestamp'::regtype IN (a, b) THEN 'tsrange' ELSE 'daterange' END
$$;

-- A column of a table, by its bare name, has this base type
CREATE FUNCTION pg_temp.type_of(source regclass, col text) RETURNS regtype
LANGUAGE sql STABLE AS $$
	SELECT coalesce(nullif(typbasetype, 0), t.oid)::regtype FROM pg_attribute JOIN pg_type AS t ON t.oid = atttypid WHERE attrelid = source AND attname = col
$$;

-- at is a column, or two in braces
CREATE FUNCTION pg_temp.aggregate_form(source regclass, customer text, at text[], amount text, grain text, shape text, bounds text, close text, item text, rule text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
	first text := quote_ident(at[1]);
	second text := quote_ident(at[2]);
	first_type regtype := pg_temp.type_of(source, at[1]);
	c text := quote_ident(customer);
	m text := quote_ident(amount);
	type text := CASE WHEN at[2] IS NULL AND first_type::text ~ 'range$' THEN replace(first_type::text, 'multi', '') ELSE pg_temp.range_of(first_type, pg_temp.type_of(source, at[2])) END;
	during text := CASE
		WHEN at[2] IS NULL AND shape = 'changes' THEN format('%s(%s, NULL)', type, first)
		WHEN at[2] IS NULL THEN first
		WHEN bounds = '[]' THEN format('%s(%s, %s::date + 1)', type, first, second)
		ELSE format('%s(%s, %s)', type, first, second) END;
	partition text := concat_ws(', ', c, quote_ident(item));
BEGIN
	IF shape = 'payments' THEN
		RETURN format('SELECT revenue_ledger(%s, %s, %s, %L) FROM %s', c, first, m, grain, source);
	ELSIF shape = 'invoices' THEN
		RETURN format('SELECT invoice_ledger(%s, %s, %s, %L) FROM %s', c, during, m, grain, source);
	ELSIF shape = 'snapshots' THEN
		RETURN format('SELECT revenue_ledger(%1$s, %2$s, %3$s, %4$L) FROM %5$s WHERE %2$s::date IN (SELECT max(%2$s::date) FROM %5$s
			WHERE num_nulls(%1$s, %2$s, %3$s) = 0 GROUP BY date_trunc(%4$L, %2$s::date::timestamp))', c, first, m, grain, source);
	ELSIF close IS NULL THEN
		RETURN format('SELECT subscription_ledger(%s, %s, %s, %L, %L) FROM %s WHERE %s IS NOT NULL OR %L', c, during, m, grain, coalesce(rule, 'end'), source, first, shape <> 'changes');
	END IF;
	RETURN format('SELECT subscription_ledger(%1$s, in_force * %6$s(NULL, later)%9$s, %2$s, %3$L, %4$L)
		FROM (SELECT *, min(lower(in_force)) OVER (PARTITION BY %5$s ORDER BY lower(in_force) GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
			FROM (SELECT *, %7$s AS in_force FROM %8$s) AS r WHERE num_nulls(%1$s, %2$s) = 0 AND NOT isempty(in_force)) AS r', c, m, grain, coalesce(rule, 'end'), partition,
		CASE WHEN first_type::text ~ 'multirange$' THEN 'multirange(' ELSE '' END || type, during, source, CASE WHEN first_type::text ~ 'multirange$' THEN ')' END);
END $$;
