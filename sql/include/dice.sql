--
-- Chance that falls the same way on every machine, by md5
--

CREATE FUNCTION pg_temp.dice(sides int, VARIADIC key text[]) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT ('x' || substr(md5(array_to_string(key, ' ')), 1, 8))::bit(32)::bigint % sides
$$;

CREATE FUNCTION pg_temp.pick(choices text[], VARIADIC key text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT choices[1 + pg_temp.dice(cardinality(choices), VARIADIC key)]
$$;
