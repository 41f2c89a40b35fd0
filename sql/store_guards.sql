--
-- A store that is not the caller's is not written to, and one that a change does not fit is left alone: the statement
-- that would have done it fails
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'UTC';

CREATE ROLE regress_nrr_owner;
CREATE ROLE regress_nrr_member IN ROLE regress_nrr_owner;
CREATE ROLE regress_nrr_other;
CREATE ROLE regress_nrr_super SUPERUSER;

CREATE SCHEMA guards;
GRANT ALL ON SCHEMA guards TO PUBLIC;
SET search_path = guards, public;

-- What a statement fails with
CREATE FUNCTION attempt(statement text) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

CREATE TABLE billing (customer int, at date, amount int);
INSERT INTO billing VALUES (1, '2024-01-10', 100), (2, '2024-01-20', 50), (1, '2024-02-10', 120);
GRANT SELECT ON billing TO PUBLIC;
CREATE FUNCTION refresh(store text) RETURNS text
LANGUAGE sql AS $$
	SELECT attempt(format('SELECT refresh_revenue_ledgers(%L, ''guards.billing'', ''customer'', ''at'', ''amount'')', store))
$$;

--
-- Whose store it is
--
CREATE TABLE ran (who name, store name);
GRANT ALL ON ran TO PUBLIC;
CREATE FUNCTION tell() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO guards.ran VALUES (current_user, tg_table_name);
	RETURN NEW;
END $$;

SET ROLE regress_nrr_owner;
CREATE TABLE owners_store (ledger revenue_ledger NOT NULL, refreshed_at timestamptz, time_zone text);
GRANT ALL ON owners_store TO PUBLIC;
CREATE TRIGGER tell BEFORE INSERT ON owners_store FOR EACH ROW EXECUTE FUNCTION tell();
-- no privilege is missing to anybody, and yet
SET ROLE regress_nrr_other;
SELECT refresh('owners_store');
RESET ROLE;
SELECT refresh('owners_store') AS by_superuser;
SELECT count(*) FROM ran;
SELECT count(*) FROM owners_store;
SET ROLE regress_nrr_owner;
SELECT refresh('owners_store');
SET ROLE regress_nrr_member;
SELECT refresh('owners_store');
-- what a refresh makes is the caller's
SELECT refresh('members_store'), refresh('members_store') AS again;
SET ROLE regress_nrr_owner;
SELECT refresh('members_store');
SET ROLE regress_nrr_super;
SELECT refresh('supers_store'), refresh('owners_store') AS of_owner;
RESET ROLE;
SELECT refresh('supers_store') AS of_a_superuser;
GRANT regress_nrr_owner TO CURRENT_USER;
SELECT refresh('owners_store') AS as_member;
REVOKE regress_nrr_owner FROM CURRENT_USER;
SELECT refresh('owners_store') AS no_more;
SELECT DISTINCT who = current_user AS by_superuser, CASE WHEN who <> current_user THEN who END AS who, store FROM ran ORDER BY 1, 2;
SELECT total(rollup(ledger)) FROM owners_store;

-- By a trigger it is the owner of the table that must hold the role, whoever writes to the table
CREATE PROCEDURE watch(relation text, store text, VARIADIC arguments text[] DEFAULT '{}')
LANGUAGE plpgsql AS $$
DECLARE
	event text;
BEGIN
	FOREACH event IN ARRAY '{INSERT, UPDATE, DELETE, TRUNCATE}'::text[] LOOP
		EXECUTE format('CREATE OR REPLACE TRIGGER after_%s AFTER %1$s ON %s %s FOR EACH STATEMENT
			EXECUTE FUNCTION update_revenue_ledgers(%s)', event, relation,
			CASE event WHEN 'INSERT' THEN 'REFERENCING NEW TABLE AS added' WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS removed'
				WHEN 'UPDATE' THEN 'REFERENCING NEW TABLE AS added OLD TABLE AS removed' ELSE '' END,
			(SELECT string_agg(quote_literal(a), ', ') FROM unnest(ARRAY[store, 'customer', 'at', 'amount'] || arguments) AS a));
	END LOOP;
END $$;
CREATE FUNCTION write_to(relation text) RETURNS TABLE (inserted text, updated text, deleted text, truncated text)
LANGUAGE sql AS $$
	SELECT attempt(format('INSERT INTO %s VALUES (7, ''2024-03-01'', 7)', relation)), attempt(format('UPDATE %s SET amount = 8', relation)),
		attempt(format('DELETE FROM %s', relation)), attempt(format('TRUNCATE %s', relation))
$$;
SET ROLE regress_nrr_other;
CREATE TABLE others (LIKE billing);
INSERT INTO others VALUES (1, '2024-01-10', 5);
GRANT ALL ON others TO PUBLIC;
CALL watch('others', 'owners_store');
SELECT * FROM write_to('others');
SET ROLE regress_nrr_owner;
SELECT * FROM write_to('others');
RESET ROLE;
SELECT * FROM write_to('others');
SELECT total(rollup(ledger)), count(*) FILTER (WHERE refreshed_at IS NULL) AS changes FROM owners_store;
SET ROLE regress_nrr_member;
CREATE TABLE members (LIKE billing);
GRANT ALL ON members TO PUBLIC;
CALL watch('members', 'owners_store');
SELECT * FROM write_to('members');
SET ROLE regress_nrr_other;
SELECT * FROM write_to('members');
RESET ROLE;
SELECT count(*) FROM owners_store;
-- the trigger of a store that is in the way
SET ROLE regress_nrr_other;
CREATE TABLE others_store (LIKE owners_store);
GRANT ALL ON others_store TO PUBLIC;
CREATE TRIGGER tell BEFORE INSERT ON others_store FOR EACH ROW EXECUTE FUNCTION tell();
SET ROLE regress_nrr_member;
CALL watch('members', 'others_store');
SELECT * FROM write_to('members');
RESET ROLE;
SELECT count(*) FROM ran WHERE store = 'others_store';

--
-- What does not fit the store
--
CREATE TABLE source (customer int, at date, amount int);
INSERT INTO source SELECT i % 7, date '2024-01-01' + i, i FROM generate_series(1, 100) AS i;
CREATE FUNCTION refresh_of_source(store text DEFAULT 'store', from_date date DEFAULT NULL) RETURNS text
LANGUAGE sql AS $$
	SELECT attempt(format('SELECT refresh_revenue_ledgers(%L, ''guards.source'', ''customer'', ''at'', ''amount'', from_date => %L)', store, from_date))
$$;
SELECT refresh_of_source();
CREATE FUNCTION is_exact() RETURNS boolean
LANGUAGE sql AS $$
	SELECT (SELECT rollup(ledger) FROM store)::text IS NOT DISTINCT FROM revenue_ledger_from('source', 'customer', 'at', 'amount')::text
$$;
CREATE FUNCTION refused(statement text) RETURNS boolean
LANGUAGE sql AS $$
	SELECT attempt(statement) IN ('22023', '42804')
$$;
SELECT is_exact();
-- another grain
CALL watch('source', 'store', 'week');
SELECT refused($$INSERT INTO source VALUES (1, '2024-05-01', 1)$$), refused('UPDATE source SET amount = 1'), refused('DELETE FROM source WHERE customer = 1'), is_exact();
CALL watch('source', 'store', 'month');
INSERT INTO source VALUES (1, '2024-05-01', 1);
SELECT is_exact(), refresh_of_source(), is_exact() AS refreshed;
-- where there are no rows, the first change says what fits
DELETE FROM store;
CALL watch('source', 'store', 'week');
INSERT INTO source VALUES (1, '2024-05-01', 1);
CALL watch('source', 'store', 'quarter');
SELECT refused($$INSERT INTO source VALUES (1, '2024-05-01', 1)$$);
SELECT grain(rollup(ledger)) FROM store;
CALL watch('source', 'store');
SELECT refused($$INSERT INTO source VALUES (1, '2024-05-01', 1)$$), refresh_of_source(from_date => '-infinity'), is_exact();
-- another kind of customer
SELECT rollup(ledger) AS before FROM store \gset
ALTER TABLE source ALTER customer TYPE text;
SELECT refused($$INSERT INTO source VALUES ('1', '2024-05-01', 1)$$), refused('DELETE FROM source');
SELECT rollup(ledger)::text = :'before' AS untouched FROM store;
SELECT refresh_of_source(from_date => '-infinity'), is_exact();
INSERT INTO source VALUES ('x', '2024-05-01', 1);
SELECT is_exact();
SELECT rollup(ledger) AS before FROM store \gset
ALTER TABLE source ALTER customer TYPE uuid USING md5(customer)::uuid;
SELECT refused($$INSERT INTO source VALUES (md5('x')::uuid, '2024-05-01', 1)$$);
SELECT rollup(ledger)::text = :'before' AS untouched FROM store;
ALTER TABLE source ALTER customer TYPE bigint USING ascii(customer::text);
SELECT refresh_of_source(from_date => '-infinity'), is_exact();
-- times of a zone, and times of none
SELECT rollup(ledger) AS before FROM store \gset
ALTER TABLE source ALTER at TYPE timestamptz;
CALL watch('source', 'store', 'month', 'America/New_York');
SELECT refused($$INSERT INTO source VALUES (1, '2024-05-01', 1)$$), refused('DELETE FROM source');
SELECT rollup(ledger)::text = :'before' AS untouched FROM store;
SET timezone = 'America/New_York';
SELECT refresh_of_source(from_date => '-infinity'), is_exact();
INSERT INTO source VALUES (1, '2024-04-30 22:00', 1);
SELECT is_exact();
SELECT rollup(ledger) AS before FROM store \gset
ALTER TABLE source ALTER at TYPE timestamp;
SELECT refused($$INSERT INTO source VALUES (1, '2024-05-01', 1)$$);
SELECT rollup(ledger)::text = :'before' AS untouched FROM store;
SELECT refresh_of_source(from_date => '-infinity'), is_exact();
SET timezone = 'UTC';
-- what does fit
ALTER TABLE source ALTER at TYPE date, ALTER amount TYPE numeric(12,3), ALTER customer TYPE smallint;
INSERT INTO source VALUES (1, '2024-05-01', 1.125);
SELECT is_exact();

--
-- TRUNCATE: where some rows of a store's source may be left, it is not for a trigger to tell which
--
CREATE TABLE parted (LIKE source) PARTITION BY RANGE (at);
CREATE TABLE early PARTITION OF parted FOR VALUES FROM (MINVALUE) TO ('2024-03-01');
CREATE TABLE late PARTITION OF parted FOR VALUES FROM ('2024-03-01') TO (MAXVALUE);
INSERT INTO parted VALUES (1, '2024-01-10', 10), (2, '2024-03-10', 20);
SELECT attempt($$SELECT refresh_revenue_ledgers('parted_store', 'parted', 'customer', 'at', 'amount')$$);
CALL watch('early', 'parted_store');
INSERT INTO early VALUES (3, '2024-01-10', 5);
SELECT attempt('TRUNCATE early');
SELECT total(rollup(ledger)), (SELECT sum(amount) FROM parted) FROM parted_store;
SELECT attempt('TRUNCATE parted');
SELECT total(rollup(ledger)), (SELECT sum(amount) FROM parted) FROM parted_store;
DROP TRIGGER after_truncate ON early;
TRUNCATE early;
CREATE TABLE parent (LIKE source);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1, '2024-01-10', 10);
INSERT INTO child VALUES (2, '2024-01-10', 20);
SELECT attempt($$SELECT refresh_revenue_ledgers('parent_store', 'parent', 'customer', 'at', 'amount')$$);
CALL watch('child', 'parent_store');
SELECT attempt('TRUNCATE child');
SELECT total(rollup(ledger)), (SELECT sum(amount) FROM parent) FROM parent_store;
DROP TRIGGER after_truncate ON child;
CALL watch('parent', 'parent_store');
SELECT attempt('TRUNCATE parent'), attempt('TRUNCATE ONLY parent') AS only_parent;
SELECT total(rollup(ledger)), (SELECT sum(amount) FROM parent) FROM parent_store;
-- once it stands alone, it is the whole source
ALTER TABLE child NO INHERIT parent;
SELECT attempt('TRUNCATE parent');
SELECT count(*) FROM parent_store;

--
-- A store without its NOT NULL, and a row without a ledger before all others
--
CREATE TABLE holed (ledger revenue_ledger, refreshed_at timestamptz, time_zone text);
INSERT INTO holed VALUES (NULL, now() - interval '1 day', NULL), (NULL, NULL, NULL);
-- such rows may be ignored, or be an error, which names what is wrong
CREATE FUNCTION holds(state text) RETURNS boolean
LANGUAGE sql AS $$
	SELECT state = 'done' AND (SELECT rollup(ledger) FROM holed)::text IS NOT DISTINCT FROM revenue_ledger_from('source', 'customer', 'at', 'amount')::text
		OR state IN ('22004', '23502', '42804', '55000', '22023')
$$;
SELECT holds(refresh_of_source('holed'));
DELETE FROM holed WHERE ledger IS NOT NULL;
INSERT INTO holed SELECT NULL, now(), NULL WHERE NOT EXISTS (SELECT FROM holed);
INSERT INTO holed SELECT revenue_ledger_from('source', 'customer', 'at', 'amount'), now(), NULL;
SELECT holds(refresh_of_source('holed')), holds(refresh_of_source('holed', '-infinity')), holds(refresh_of_source('holed', '2024-02-01'));
CALL watch('source', 'holed');
SELECT holds(attempt('UPDATE source SET amount = amount + 1'));
INSERT INTO holed VALUES (NULL, NULL, NULL);
SELECT holds(attempt('DELETE FROM source WHERE customer = 2')), holds(refresh_of_source('holed'));

RESET search_path;
DROP SCHEMA guards CASCADE;
DROP ROLE regress_nrr_owner, regress_nrr_member, regress_nrr_other, regress_nrr_super;
