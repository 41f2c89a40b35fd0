-- Shadows: objects that are called like those which the extension's own SQL names, in a schema of an attacker's. Whatever
-- runs of them says so in a warning, which no rollback takes back. The functions here run as the attacker who calls them.

CREATE SCHEMA lab;
GRANT USAGE ON SCHEMA lab TO PUBLIC;

CREATE VIEW lab.member AS
	SELECT classid, objid FROM pg_depend
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr');

CREATE VIEW lab.routine AS
	SELECT p.*, p.oid::regprocedure::text AS signature FROM lab.member JOIN pg_proc AS p ON p.oid = objid AND classid = 'pg_proc'::regclass;

GRANT SELECT ON lab.member, lab.routine TO PUBLIC;

CREATE FUNCTION lab.type_name(type oid) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT format('%I.%I', nspname, typname) FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace WHERE t.oid = type
$$;

-- Types that a function's pseudo-type may stand for in a query over billing rows; 'place' and 'places' say which of the
-- function's arguments of type "any" it is
CREATE FUNCTION lab.concrete(type oid, place bigint, places bigint) RETURNS oid[] LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
	SELECT CASE
		WHEN typtype <> 'p' OR typname = 'record' THEN ARRAY[type]
		WHEN typname = 'any' AND places = 1 THEN
			ARRAY['int', 'text', 'date', 'timestamptz', 'numeric', 'bigint', 'own.revenue_ledger']::regtype[]::oid[]
		WHEN typname = 'any' AND place = 1 THEN ARRAY['int', 'text']::regtype[]::oid[]
		WHEN typname = 'any' AND place = places THEN ARRAY['numeric']::regtype[]::oid[]
		WHEN typname = 'any' THEN ARRAY['date', 'timestamptz']::regtype[]::oid[]
		WHEN typname LIKE 'any%multirange' THEN ARRAY['datemultirange']::regtype[]::oid[]
		WHEN typname LIKE 'any%range' THEN ARRAY['daterange']::regtype[]::oid[]
		WHEN typname IN ('anyarray', 'anycompatiblearray') THEN ARRAY['date[]']::regtype[]::oid[]
		WHEN typname LIKE 'any%' AND typname <> 'anyenum' THEN ARRAY['date', 'timestamptz']::regtype[]::oid[]
		ELSE '{}' END
	FROM pg_type WHERE oid = type
$$;

-- Every list of concrete types that a list of argument types may stand for
CREATE FUNCTION lab.signatures(types oid[]) RETURNS SETOF oid[] LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	anys bigint := (SELECT count(*) FROM unnest(types) AS t WHERE t = '"any"'::regtype);
BEGIN
	RETURN QUERY
	WITH RECURSIVE list(types_so_far, n) AS (
		SELECT '{}'::oid[], 0
		UNION ALL
		SELECT types_so_far || c, n + 1
		FROM list, unnest(lab.concrete(types[n + 1],
			(SELECT count(*) FROM unnest(types[:n + 1]) AS t WHERE t = '"any"'::regtype), anys)) AS c
		WHERE n < cardinality(types))
	SELECT types_so_far FROM list WHERE n = cardinality(types);
END $$;

CREATE FUNCTION lab.body(what text, result text) RETURNS text LANGUAGE sql AS $$
	SELECT format('BEGIN RAISE WARNING ''foreign code: %% as %%'', %L, current_user; %s; END', what, result)
$$;

-- Creates what it can of a routine's shadows, and says how many. What a shadow returns is NULL of the right type, or, if
-- it is hostile, a number that would be taken for a pointer.
CREATE FUNCTION lab.shadow(target text, name text, argnames text[], types oid[], kind "char", returned oid, returns_set boolean, hostile boolean)
	RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	result oid := CASE WHEN hostile THEN 'bigint'::regtype ELSE coalesce((lab.concrete(returned, 1, 1))[1], 'bigint'::regtype) END;
	arguments text := (SELECT coalesce(string_agg(coalesce(quote_ident(NULLIF(argnames[i], '')) || ' ', '') || lab.type_name(types[i]), ', ' ORDER BY i), '')
		FROM generate_subscripts(types, 1) AS i);
	plain text := (SELECT coalesce(string_agg(lab.type_name(t), ', ' ORDER BY i), '') FROM unnest(types) WITH ORDINALITY AS u(t, i));
	what text := format('%s.%s(%s)', target, name, plain);
	value text := CASE WHEN hostile THEN '4096' ELSE 'NULL' END;
	step text;
BEGIN
	IF kind = 'f' THEN
		EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS %L', target, name, arguments,
			CASE WHEN returns_set AND NOT hostile THEN 'SETOF ' ELSE '' END, lab.type_name(result),
			lab.body(what, CASE WHEN returns_set AND NOT hostile THEN 'RETURN' ELSE 'RETURN ' || value END));
	ELSE
		step := 'step_' || md5(what);
		EXECUTE format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', target, step,
			concat_ws(', ', lab.type_name(result), NULLIF(plain, '')), lab.type_name(result), lab.body(what, 'RETURN $1'));
		EXECUTE format('CREATE AGGREGATE %I.%I(%s) (SFUNC = %I.%I, STYPE = %s%s)', target, name, coalesce(NULLIF(arguments, ''), '*'),
			target, step, lab.type_name(result), CASE WHEN hostile THEN ', INITCOND = ''4096''' ELSE '' END);
	END IF;
	RETURN 1;
EXCEPTION WHEN duplicate_function OR invalid_function_definition OR feature_not_supported OR datatype_mismatch OR ambiguous_function OR undefined_function THEN
	RETURN 0;
END $$;

CREATE FUNCTION lab.shadow_routine(target text, routine oid, hostile boolean) RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS $$
	-- a call may leave out any of the arguments that have defaults
	WITH call AS (
		SELECT p.*, (SELECT coalesce(array_agg(i::int ORDER BY i), '{}') FROM generate_series(1, pronargs) AS i
			WHERE i <= pronargs - pronargdefaults OR mask & (1 << (i - (pronargs - pronargdefaults) - 1)::int) > 0) AS args
		FROM pg_proc AS p, generate_series(0, (1 << pronargdefaults) - 1) AS mask WHERE p.oid = routine)
	SELECT coalesce(sum(lab.shadow(target, proname, (SELECT array_agg(proargnames[a] ORDER BY i) FROM unnest(args) WITH ORDINALITY AS u(a, i)),
		types, prokind, prorettype, proretset, hostile)), 0)
	FROM call, lab.signatures((SELECT coalesce(array_agg(proargtypes[a - 1] ORDER BY i), '{}') FROM unnest(args) WITH ORDINALITY AS u(a, i))) AS types
$$;

-- Operators of all names over the types that billing rows, their sums and their texts have
CREATE FUNCTION lab.shadow_operators(target text) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	common regtype[] := '{text, name, date, time, timestamp, timestamptz, interval, numeric, int2, int4, int8, float8, bool, "char", bpchar, oid, daterange, jsonb}';
	o record;
	created bigint := 0;
BEGIN
	FOR o IN
		SELECT oprname, l, r, coalesce((lab.concrete(oprresult, 1, 1))[1], oprresult) AS result, row_number() OVER () AS n
		FROM pg_operator, unnest(lab.concrete(oprleft, 1, 1)) AS l, unnest(lab.concrete(oprright, 1, 1)) AS r
		WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b' AND l = ANY (common) AND r = ANY (common)
	LOOP
		BEGIN
			EXECUTE format('CREATE FUNCTION %I.operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', target, o.n,
				lab.type_name(o.l), lab.type_name(o.r), lab.type_name(o.result),
				lab.body(format('operator %s.%s(%s, %s)', target, o.oprname, o.l::regtype, o.r::regtype), 'RETURN NULL'));
			EXECUTE format('CREATE OPERATOR %I.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %I.operator_%s)', target, o.oprname,
				lab.type_name(o.l), lab.type_name(o.r), target, o.n);
			created := created + 1;
		EXCEPTION WHEN duplicate_function THEN
		END;
	END LOOP;
	RETURN created;
END $$;

-- Domains of the names of types: a cast to one runs its check
CREATE FUNCTION lab.shadow_types(target text) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	t record;
	created bigint := 0;
BEGIN
	EXECUTE format('CREATE FUNCTION %I.check_type(text, anyelement) RETURNS boolean LANGUAGE plpgsql AS %L', target,
		$body$BEGIN RAISE WARNING 'foreign code: domain % as %', $1, current_user; RETURN true; END$body$);
	FOR t IN
		SELECT typname, oid FROM pg_type
		WHERE typtype = 'b' AND typcategory <> 'A'
			AND (oid = ANY ('{text, name, date, time, timestamp, timestamptz, interval, numeric, int2, int4, int8, float8, bool, daterange, jsonb, uuid}'::regtype[])
				OR oid IN (SELECT objid FROM lab.member WHERE classid = 'pg_type'::regclass))
	LOOP
		BEGIN
			EXECUTE format('CREATE DOMAIN %I.%I AS %s CHECK (%I.check_type(%L, VALUE))', target, t.typname, lab.type_name(t.oid), target, t.typname);
			created := created + 1;
		EXCEPTION WHEN duplicate_object THEN
		END;
	END LOOP;
	RETURN created;
END $$;

-- Views that say so when they are read
CREATE FUNCTION lab.shadow_relations(target text, names text[]) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
	name text;
	created bigint := 0;
BEGIN
	EXECUTE format('CREATE FUNCTION %I.read_view(text) RETURNS text LANGUAGE plpgsql AS %L', target,
		$body$BEGIN RAISE WARNING 'foreign code: view % as %', $1, current_user; RETURN NULL; END$body$);
	FOREACH name IN ARRAY names LOOP
		BEGIN
			EXECUTE format('CREATE VIEW %I.%I AS SELECT %2$I.*, %1$I.read_view(%2$L) AS read FROM
				(VALUES (NULL::own.revenue_ledger, NULL::timestamptz, NULL, 1, date ''2024-01-01'', 1.0, ''nrr'', ''<1 <2 <3''::own.retention_benchmark))
				AS %2$I(ledger, refreshed_at, time_zone, customer, at, amount, name, thresholds)', target, name);
			created := created + 1;
		EXCEPTION WHEN duplicate_table THEN
		END;
	END LOOP;
	RETURN created;
END $$;

--
-- Calls of the extension's functions, from what the catalog says of their arguments
--

-- What to give for an argument of a name and type; NULL as the type is any
CREATE TABLE lab.value (name text, type regtype, value text NOT NULL);

-- In which sense sources are read: what to give for some arguments. Functions share the SQL of what they read, so each has
-- one such reading, in turn, and those of segments the one with segments.
CREATE TABLE lab.reading (source text, turn int, given jsonb);
CREATE FUNCTION lab.is_read_so(routine oid, turn int, given jsonb) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT given = '{}' OR (given ? 'segment') = ('segment' = ANY (proargnames)) AND (given ? 'segment' OR place % 3 = turn)
	FROM (SELECT r.oid, proargnames, row_number() OVER (PARTITION BY 'segment' = ANY (proargnames) ORDER BY signature) AS place
		FROM lab.routine AS r WHERE 'shape' = ANY (proargnames)) AS readers
	WHERE oid = routine
$$;

-- A call with every argument, each of its exact type: no overload is as near. NULL if nothing is known to give for one.
CREATE FUNCTION lab.call(routine oid, source text, store text, given jsonb) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
	p pg_proc := (SELECT p FROM pg_proc AS p WHERE oid = routine);
	arguments text := '';
	argument text;
	fallback text;
BEGIN
	FOR i IN 1 .. p.pronargs LOOP
		argument := CASE WHEN given ? p.proargnames[i] THEN given ->> p.proargnames[i]
			WHEN p.proargnames[i] = 'source' THEN source WHEN p.proargnames[i] = 'store' THEN store
			-- texts are options in words and names, which go together
			WHEN p.proargtypes[i - 1] = 'text'::regtype AND pg_get_function_arg_default(routine, i) IS NOT NULL THEN NULL
			ELSE (SELECT value FROM lab.value AS v WHERE v.name = p.proargnames[i] AND coalesce(v.type, p.proargtypes[i - 1]) = p.proargtypes[i - 1]) END;
		fallback := pg_get_function_arg_default(routine, i);
		IF argument IS NULL AND fallback IS NULL THEN
			RETURN NULL;
		ELSIF argument IS NULL THEN
			EXECUTE format('SELECT (%s)::text', fallback) INTO argument;
		END IF;
		arguments := concat_ws(', ', NULLIF(arguments, ''), format('%L::%s', argument, lab.type_name(p.proargtypes[i - 1])));
	END LOOP;
	RETURN format('SELECT * FROM %s.%I(%s)', p.pronamespace::regnamespace, p.proname, arguments);
END $$;

-- Functions that may run SQL: those that are not immutable, and that SQL can call
CREATE VIEW lab.callable AS
	SELECT r.oid, proname, signature, proargnames, prorettype, provolatile FROM lab.routine AS r
	WHERE prokind = 'f' AND provolatile <> 'i'
		AND NOT EXISTS (SELECT FROM unnest(proargtypes) AS t JOIN pg_type ON pg_type.oid = t WHERE typtype = 'p');
