--
-- Checks that a test runs by the thousand: each is counted, and whatever fails is kept in full.
--

SET client_min_messages = warning;
DROP SCHEMA IF EXISTS checks CASCADE;
RESET client_min_messages;
CREATE SCHEMA checks;

CREATE TABLE checks.outcome (topic text, compared bigint, wrong bigint);
CREATE TABLE checks.failure (topic text, context text, line text);

CREATE VIEW checks.summary AS
	SELECT topic, count(*) AS checks, sum(compared) AS compared, sum(wrong) AS wrong
	FROM checks.outcome GROUP BY topic ORDER BY topic COLLATE "C";

CREATE VIEW checks.first_failures AS
	SELECT * FROM checks.failure
	ORDER BY topic COLLATE "C", context COLLATE "C", line COLLATE "C" LIMIT 100;

-- Two queries give the same rows as a multiset, text for text: scales count, too. Returns the
-- number of lines that differ.
CREATE FUNCTION checks.compare(topic text, context text, got text, want text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	wrong bigint;
BEGIN
	EXECUTE format(
		'WITH got AS MATERIALIZED (SELECT t::text AS line FROM (%s) AS t),
			want AS MATERIALIZED (SELECT t::text AS line FROM (%s) AS t),
			failure AS (
				INSERT INTO checks.failure
				SELECT %3$L, %4$L, ''unexpected '' || line
				FROM (TABLE got EXCEPT ALL TABLE want) AS e
				UNION ALL
				SELECT %3$L, %4$L, ''missing '' || line
				FROM (TABLE want EXCEPT ALL TABLE got) AS e
				RETURNING 1)
		INSERT INTO checks.outcome
		SELECT %3$L, (SELECT count(*) FROM want), (SELECT count(*) FROM failure)
		RETURNING wrong', got, want, topic, context)
	INTO wrong;
	RETURN wrong;
END $$;

-- A condition holds; an unknown one does not. Returns 1 if it fails.
CREATE FUNCTION checks.claim(topic text, context text, condition boolean) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	wrong int := (condition IS NOT TRUE)::int;
BEGIN
	INSERT INTO checks.outcome VALUES (topic, 1, wrong);
	IF wrong > 0 THEN
		INSERT INTO checks.failure VALUES (topic, context, 'does not hold');
	END IF;
	RETURN wrong;
END $$;

-- How a statement fails.
CREATE FUNCTION checks.error(statement text, OUT state text, OUT message text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	message := 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
		hint = PG_EXCEPTION_HINT;
END $$;

-- A line of the plan matches a pattern.
CREATE FUNCTION checks.plan_has(query text, pattern text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		IF line ~ pattern THEN
			RETURN true;
		END IF;
	END LOOP;
	RETURN false;
END $$;
