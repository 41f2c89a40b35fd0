--
-- What two queries say, compared text for text, scales and errors included.
--

CREATE SCHEMA differential;

-- What the reference says to each question
CREATE UNLOGGED TABLE differential.wanted (question text PRIMARY KEY, said text);

-- Answers to questions of the current history, and of all: with how many rows, and whether the plan was a parallel one
CREATE UNLOGGED TABLE differential.answered (question text, variant text, rows bigint, parallel boolean, refused boolean);

CREATE UNLOGGED TABLE differential.counted (LIKE differential.answered);

-- The rows of a query as one text, in their order or sorted; or how it fails
CREATE FUNCTION differential.said(query text, ordered boolean) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE format('SELECT string_agg(t::text, E''\n'' %s) FROM (%s) AS t', CASE WHEN NOT ordered THEN 'ORDER BY t::text COLLATE "C"' END, query) INTO said;
	RETURN coalesce(said, '');
EXCEPTION
	WHEN SQLSTATE 'NR000' THEN RETURN 'REFUSED ' || SQLERRM;
	WHEN OTHERS THEN RETURN 'ERROR ' || SQLSTATE;
END $$;

CREATE FUNCTION differential.want(question text, query text, ordered boolean) RETURNS void
LANGUAGE sql AS $$
	INSERT INTO differential.wanted VALUES (question, differential.said(query, ordered))
$$;

-- A refusal is right if its SQLSTATE is one of those that there is reason for. A reference that fails is right about nothing.
CREATE FUNCTION differential.agrees(got text, want text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN want ~ '^ERROR ' THEN false WHEN want ~ '^REFUSED ' THEN got ~ '^ERROR .{5}$' AND position(substr(got, 7) IN want) > 0 ELSE got = want END
$$;

CREATE FUNCTION differential.uses_workers(query text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ 'Gather' THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
EXCEPTION WHEN OTHERS THEN
	RETURN false;
END $$;

-- Nothing if an answer is what was wanted; else the lines that only one of both has
CREATE FUNCTION differential.got(question text, variant text, query text, ordered boolean, settings text DEFAULT '') RETURNS SETOF json
LANGUAGE plpgsql AS $$
DECLARE
	want text := (SELECT said FROM differential.wanted AS w WHERE w.question = got.question);
	got text;
BEGIN
	PERFORM set_config(split_part(setting, '=', 1), split_part(setting, '=', 2), true) FROM unnest(string_to_array(settings, ' ')) AS setting;
	got := differential.said(query, ordered);
	INSERT INTO differential.answered VALUES (question, variant, cardinality(string_to_array(got, E'\n')), variant ~ 'parallel' AND differential.uses_workers(query), got ~ '^ERROR');
	IF differential.agrees(got, want) IS NOT TRUE THEN
		RETURN NEXT json_build_object('question', question, 'variant', variant, 'settings', settings, 'query', query,
			'got', array(SELECT line FROM (SELECT unnest(string_to_array(got, E'\n')) EXCEPT ALL SELECT unnest(string_to_array(want, E'\n'))) AS l(line) ORDER BY line COLLATE "C" LIMIT 20),
			'want', array(SELECT line FROM (SELECT unnest(string_to_array(want, E'\n')) EXCEPT ALL SELECT unnest(string_to_array(got, E'\n'))) AS l(line) ORDER BY line COLLATE "C" LIMIT 20));
	END IF;
END $$;

-- Does something in between, if the table is not to be refused anyway; what fails is told.
CREATE FUNCTION differential.step(statement text) RETURNS SETOF json
LANGUAGE plpgsql AS $$
BEGIN
	IF (SELECT refusals = '{}' FROM reference.source) THEN
		EXECUTE statement;
	END IF;
EXCEPTION WHEN OTHERS THEN
	RETURN NEXT json_build_object('question', 'a step', 'variant', substr(statement, 1, 60), 'settings', '', 'query', statement, 'got', ARRAY[SQLSTATE || ' ' || SQLERRM], 'want', '{}'::text[]);
END $$;
