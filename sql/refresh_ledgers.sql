--
-- A table of ledgers that is kept up to date adds up to the ledger of its source, byte for byte,
-- whatever happens there: rows that are new, late, corrected or deleted, with triggers and without.
--
\getenv srcdir PG_ABS_SRCDIR
\set oracle :srcdir '/sql/include/oracle.sql'
\set checks :srcdir '/sql/include/checks.sql'
\set ECHO none
\i :oracle
\i :checks
\set ECHO all

SET datestyle = iso;
SET client_min_messages = warning;
SET jit = off;

--
-- Slices
--
CREATE TABLE sliced (what text, l revenue_ledger);
INSERT INTO sliced
	SELECT grain, revenue_ledger(c, date '2023-01-01' + d, (d * 7 + c) % 30 - 3, grain)
	FROM unnest('{day, week, month, quarter, year}'::text[]) AS grain,
		generate_series(1, 5) AS c, generate_series(c * 3, 800, 11) AS d GROUP BY grain;
INSERT INTO sliced
	SELECT 'texts', revenue_ledger('customer ' || c, date '2023-01-01' + c * 40, c) FROM generate_series(1, 20) AS c
	UNION ALL SELECT 'subscriptions that end', subscription_ledger(c, daterange(date '2023-01-01' + c * 40, date '2024-01-01' + c * 25), c) FROM generate_series(1, 20) AS c
	UNION ALL SELECT 'subscriptions', subscription_ledger(c, daterange(date '2023-01-01' + c * 40, CASE WHEN c % 3 > 0 THEN date '2024-01-01' + c * 25 END), c) FROM generate_series(1, 20) AS c
	UNION ALL SELECT 'subscriptions that go on', subscription_ledger(c, daterange('2023-05-05', NULL), c) FROM generate_series(1, 20) AS c
	UNION ALL SELECT 'rows of zero', revenue_ledger(c, date '2023-01-01' + c * 40, 0) FROM generate_series(1, 20) AS c
	UNION ALL SELECT 'nothing', l - l FROM (SELECT revenue_entry(1, date '2023-01-01', 5)) AS e(l);
SELECT what, count(*) AS cuts,
	count(*) FILTER (WHERE (before + after)::text <> l::text) AS wrong_sum,
	count(*) FILTER (WHERE before::text::revenue_ledger <> before OR after::text::revenue_ledger <> after) AS malformed,
	count(*) FILTER (WHERE upper(periods(before)) > day + 366 OR lower(periods(after)) < day - 366) AS too_wide,
	count(*) FILTER (WHERE slice(slice(l, day), to_date => day)::text <> slice(l, day, day)::text) AS wrong_slice,
	count(*) FILTER (WHERE EXISTS (SELECT * FROM ledger_entries(slice(l, day, day)) EXCEPT SELECT * FROM ledger_entries(l, day) WHERE period > eve)) AS unexpected,
	count(*) FILTER (WHERE EXISTS (SELECT * FROM ledger_entries(l, day) WHERE period > eve EXCEPT SELECT * FROM ledger_entries(slice(l, day, day)))) AS missing
FROM sliced, generate_series('2022-12-20', '2025-06-01', interval '23 days') AS g(at), date(at) AS day,
	LATERAL (SELECT date(date_trunc(grain(l), at)) - 1) AS e(eve), slice(l, to_date => eve) AS before, slice(l, from_date => day) AS after
GROUP BY what ORDER BY what;
SELECT e.* FROM sliced, LATERAL ledger_entries(slice(l, '2023-05-31', '2023-06-01')) AS e WHERE what = 'texts' ORDER BY period;
SELECT what, slice(l)::text = l::text AS whole, slice(l, '4713-01-01 BC', '5874897-12-31')::text = l::text AS widest,
	periods(slice(l, '5874897-12-31')) AS after, periods(slice(l, to_date => '4713-01-01 BC')) AS before
FROM sliced WHERE what IN ('month', 'subscriptions', 'nothing') ORDER BY what;
SELECT slice(NULL) IS NULL AS of_null, periods(slice(l, '2030-01-01')) AS later, periods(slice(l, to_date => '2025-12-31')) AS until FROM sliced WHERE what = 'subscriptions';
SELECT checks.error(format('SELECT slice(%L::revenue_ledger, to_date => ''90000-01-01'')', subscription_ledger(1, daterange('2023-01-01', NULL), 1, 'day')));
DROP TABLE sliced;

--
-- Thrown sources
--
CREATE SCHEMA refresh;
SET search_path = refresh, public;

-- What a store of 'source' is compared with
CREATE FUNCTION check_store(topic text, context text, grain text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM checks.claim(topic || ': bytes', context,
		(SELECT rollup(ledger) FROM store)::text IS NOT DISTINCT FROM
		revenue_ledger_from('source', 'customer', 'at', 'amount', grain)::text);
	PERFORM checks.compare(topic || ': plain SQL', context,
		'SELECT e.* FROM (SELECT rollup(ledger) AS ledger FROM store) AS s, ledger_entries(ledger) AS e',
		format('SELECT * FROM oracle.entries(''source'', %L)', grain));
END $$;

-- Rows from a day on: about 30 of the next days, some with a NULL
CREATE FUNCTION throw_rows(day date, days int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO source
	SELECT CASE WHEN random() > 0.02 THEN floor(random() * 12)::int END,
		CASE WHEN random() > 0.02 THEN day + floor(random() * days)::int + time_of_day END,
		CASE WHEN random() > 0.02 THEN round((random() * 100 - 10)::numeric, 2) END
	FROM generate_series(1, floor(random() * 60)::int),
		LATERAL (SELECT (ARRAY[time '00:00', '00:00:30', '00:59:59.999999', '23:30', '12:00'])[1 + floor(random() * 5)::int]) AS t(time_of_day);
END $$;

-- A source that lives for some rounds. What is changed from 'since' on is what the refresh is told,
-- unless triggers tell it.
CREATE FUNCTION trial(n int, at_type text, grain text, triggers boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	days int := CASE grain WHEN 'day' THEN 4 WHEN 'week' THEN 25 WHEN 'month' THEN 45 WHEN 'quarter' THEN 120 ELSE 400 END;
	day date := '2001-10-20';
	topic text := CASE WHEN triggers THEN 'with triggers' ELSE 'without triggers' END;
	context text;
	since date;
	told date;
	refreshed daterange;
BEGIN
	PERFORM setseed(n / 100.0);
	EXECUTE format('CREATE TABLE source (customer int, at %s, amount numeric(12,2))', at_type);
	CREATE INDEX ON source (at);
	PERFORM set_config('timezone', 'America/Havana', true);
	IF triggers THEN
		EXECUTE format('CREATE TRIGGER added AFTER INSERT ON source REFERENCING NEW TABLE AS added
			FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers(store, customer, at, amount, %L, ''America/Havana'')', grain);
		EXECUTE format('CREATE TRIGGER changed AFTER UPDATE ON source REFERENCING NEW TABLE AS added OLD TABLE AS removed
			FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers(store, customer, at, amount, %L, ''America/Havana'')', grain);
		EXECUTE format('CREATE TRIGGER removed AFTER DELETE ON source REFERENCING OLD TABLE AS removed
			FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers(store, customer, at, amount, %L, ''America/Havana'')', grain);
	END IF;
	PERFORM refresh_revenue_ledgers('store', 'source', 'customer', 'at', 'amount', grain);

	FOR round IN 1..14 LOOP
		context := format('trial %s: %s, %s, round %s', n, at_type, grain, round);
		-- late and corrected rows: of any time, or of periods that are still open
		SELECT date_trunc(grain, upper(periods(rollup(ledger))) - interval '1 day') - oracle.step(grain) INTO since FROM store;
		told := NULL;
		IF triggers OR random() < 0.4 THEN
			since := day - floor(random() * (day - date '2001-10-20'))::int;
			told := since;
		END IF;
		IF triggers THEN
			-- sessions have time zones of their own
			PERFORM set_config('timezone', (ARRAY['Asia/Tokyo', 'America/Havana', 'UTC'])[1 + round % 3], true);
		END IF;
		UPDATE source SET amount = amount * 2 WHERE random() < 0.1 AND at::date >= since;
		UPDATE source SET customer = customer + 1, at = at + interval '20 days' WHERE random() < 0.1 AND at::date >= since;
		UPDATE source SET amount = NULLIF(amount, 0) WHERE random() < 0.02 AND at::date >= since;
		DELETE FROM source WHERE random() < 0.1 AND at::date >= since;
		IF round = 8 THEN
			DELETE FROM source WHERE at::date >= since;
		END IF;
		PERFORM throw_rows(greatest(since, day - days), days);
		-- new rows, at times none
		IF round % 4 > 0 THEN
			PERFORM throw_rows(CASE WHEN triggers OR told IS NOT NULL THEN day ELSE greatest(since, day) END, days);
		END IF;
		day := day + days - 2;
		PERFORM set_config('timezone', 'America/Havana', true);
		IF triggers THEN
			PERFORM check_store('before a refresh', context, grain);
		END IF;
		refreshed := refresh_revenue_ledgers('store', 'source', 'customer', 'at', 'amount', grain,
			open_periods => CASE WHEN triggers THEN round % 3 ELSE 2 END,
			from_date => CASE WHEN NOT triggers THEN told END);
		PERFORM check_store(topic, context, grain);
		PERFORM checks.claim('few rows', context, (SELECT count(*) <= 9 AND count(*) = count(refreshed_at) FROM store));
		PERFORM checks.claim('days', context, (upper_inf(refreshed) OR isempty(refreshed)) AND (NOT triggers OR round < 3 OR NOT lower_inf(refreshed)));
	END LOOP;
	DROP TABLE store, source;
END $$;

SELECT count(trial(n::int, at_type, grain, triggers)) AS trials
FROM (SELECT row_number() OVER () AS n, * FROM unnest('{date, timestamp, timestamptz}'::text[]) AS at_type,
	unnest('{day, week, month, quarter, year}'::text[]) AS grain,
	unnest('{true, false}'::boolean[]) AS triggers) AS trials;
-- how much is compared is up to the dice
SELECT topic, checks, wrong FROM checks.summary;
TABLE checks.first_failures;

--
-- By the clock: rows of the future do not close the present
--
CREATE TABLE billing (customer int, at date, amount numeric(12,2));
INSERT INTO billing SELECT i % 7, CURRENT_DATE - i, i FROM generate_series(1, 900) AS i;
INSERT INTO billing VALUES (1, '2999-01-01', 50), (2, CURRENT_DATE + 500, 50);
CREATE FUNCTION is_exact(store text DEFAULT 'store', source text DEFAULT 'billing') RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	ledger revenue_ledger;
BEGIN
	EXECUTE format('SELECT rollup(ledger) FROM %s', store) INTO ledger;
	RETURN ledger::text IS NOT DISTINCT FROM revenue_ledger_from(source, 'customer', 'at', 'amount')::text;
END $$;
CREATE FUNCTION refresh(open_periods int DEFAULT 2, from_date date DEFAULT NULL) RETURNS daterange
LANGUAGE sql AS $$
	SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount', 'month', open_periods, from_date)
$$;
SELECT refresh(), is_exact();
INSERT INTO billing VALUES (3, CURRENT_DATE, 10), (3, CURRENT_DATE + 100, 10), (3, date_trunc('month', CURRENT_DATE) - interval '1 day', 10);
SELECT refresh() = daterange((date_trunc('month', CURRENT_DATE) - interval '1 month')::date, NULL) AS last_month, is_exact();
-- how far back
SELECT open_periods, refresh(open_periods) = daterange((date_trunc('month', CURRENT_DATE) - (open_periods - 1) * interval '1 month')::date, NULL) AS as_told, is_exact()
FROM unnest('{1, 3, 100, 1000}'::int[]) AS open_periods;
SELECT refresh(0) AS nothing, refresh(0, CURRENT_DATE) IS NOT NULL AS something, is_exact();
SELECT from_date, refresh(from_date => from_date), is_exact() FROM unnest('{2001-02-03, 0002-02-28 BC, -infinity}'::date[]) AS from_date;
SELECT refresh(from_date => '2999-02-01') = refresh() AS no_later;
-- what nobody has told is not seen
DELETE FROM billing WHERE at < CURRENT_DATE - 800;
SELECT refresh() IS NOT NULL AS refreshed, is_exact();
SELECT refresh(from_date => CURRENT_DATE - 900) IS NOT NULL AS refreshed, is_exact();
-- few rows, however often
SELECT count(refresh(n % 3)) AS refreshes FROM generate_series(1, 20) AS n;
SELECT count(*) < 5 AS few_rows, is_exact() FROM store;
-- no rows, and rows that do not count
DELETE FROM billing;
INSERT INTO billing VALUES (NULL, '2024-01-01', 1), (1, NULL, 1), (1, '2024-01-01', NULL);
SELECT refresh(from_date => '-infinity'), refresh();
SELECT count(*) AS rows FROM store;
INSERT INTO billing VALUES (1, '2024-01-01', 0), (2, '2024-03-01', 5);
SELECT refresh(), is_exact();
SELECT periods(ledger), customers(ledger), total(ledger), refreshed_at <= now() AS refreshed, time_zone FROM store ORDER BY 1;

--
-- Triggers of one table and several stores, and all that writes
--
TRUNCATE billing, store;
ALTER TABLE billing ADD id int PRIMARY KEY;
CREATE TABLE by_week (LIKE store);
SELECT refresh();
CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS "new rows"
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('refresh.store', 'customer', 'at', 'amount');
CREATE TRIGGER changed AFTER UPDATE ON billing REFERENCING NEW TABLE AS added OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('refresh.store', 'customer', 'at', 'amount', 'MONTH');
CREATE TRIGGER removed AFTER DELETE ON billing REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('store', 'customer', 'at', 'amount', 'month', 'UTC');
CREATE TRIGGER truncated AFTER TRUNCATE ON billing
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('store', 'customer', 'at', 'amount');
CREATE TRIGGER added_to_week AFTER INSERT ON billing REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('by_week', 'customer', 'at', 'amount', 'week');
INSERT INTO billing SELECT i % 7, date '2024-01-01' + i, i, i FROM generate_series(1, 100) AS i;
SELECT is_exact(), (SELECT rollup(ledger) FROM by_week) = revenue_ledger_from('billing', 'customer', 'at', 'amount', 'week') AS by_week;
INSERT INTO billing VALUES (1, '2024-01-01', 5, 1), (1, '2020-01-01', 5, 200) ON CONFLICT (id) DO UPDATE SET amount = 1000, at = '2023-05-05';
SELECT is_exact();
MERGE INTO billing USING (SELECT * FROM generate_series(90, 210, 10) AS i) AS s ON id = i
	WHEN MATCHED AND i < 95 THEN DELETE WHEN MATCHED THEN UPDATE SET amount = amount / 3 WHEN NOT MATCHED THEN INSERT VALUES (3, '2024-02-29', i, i);
SELECT is_exact();
COPY billing FROM stdin (DELIMITER ',', NULL '');
4,2022-02-02,17.5,300
,2022-02-02,17.5,301
\.
UPDATE billing SET customer = 4 WHERE id = 301;
UPDATE billing SET amount = NULL WHERE id = 300;
SELECT is_exact(), count(*) AS changes FROM store;
-- nothing of it counts
UPDATE billing SET id = id + 1000;
UPDATE billing SET at = at WHERE false;
DELETE FROM billing WHERE id = 1300;
BEGIN;
INSERT INTO billing VALUES (1, '2024-01-01', 1, 5000);
ROLLBACK;
SELECT is_exact(), count(*) AS changes FROM store;
-- a statement that fails leaves no change behind
\set SHOW_CONTEXT never
INSERT INTO billing VALUES (1, '2024-01-01', 1, 5000), (1, 'infinity', 1, 5001);
INSERT INTO billing VALUES (1, '2024-01-01', 1, 1301);
SELECT refresh(0), is_exact();
SELECT count(*) AS rows, count(refreshed_at) AS refreshed FROM store;
DELETE FROM billing WHERE id % 2 = 0;
SELECT is_exact(), refresh(0), is_exact() AS after_refresh;
TRUNCATE billing;
SELECT is_exact(), count(*) AS rows FROM store;
INSERT INTO billing VALUES (1, '2024-01-01', 1, 5000);
SELECT is_exact(), refresh(), is_exact();
-- changes that came before the first refresh are no more than changes
TRUNCATE store;
INSERT INTO billing VALUES (1, '2024-06-01', 1, 5001);
SELECT is_exact() AS before, refresh(), is_exact();

--
-- Time zones
--
CREATE TABLE moments (customer int, at timestamptz, amount int);
SET timezone = 'Europe/Berlin';
INSERT INTO moments SELECT i % 7, timestamptz '2024-01-01 00:30' + i * interval '1 day', i FROM generate_series(0, 200) AS i;
SELECT refresh_revenue_ledgers('moment_store', 'moments', 'customer', 'at', 'amount');
SELECT DISTINCT time_zone FROM moment_store;
SET timezone = 'America/New_York';
SELECT checks.error($$SELECT refresh_revenue_ledgers('moment_store', 'moments', 'customer', 'at', 'amount')$$);
SELECT checks.error($$SELECT refresh_revenue_ledgers('moment_store', 'billing', 'customer', 'at', 'amount')$$);
CREATE TRIGGER added AFTER INSERT ON moments REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('moment_store', 'customer', 'at', 'amount');
SELECT checks.error($$INSERT INTO moments VALUES (1, now(), 1)$$);
CREATE OR REPLACE TRIGGER added AFTER INSERT ON moments REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('moment_store', 'customer', 'at', 'amount', 'month', 'europe/berlin');
INSERT INTO moments VALUES (1, '2024-05-31 23:59 Europe/Berlin', 1), (1, '2024-06-01 00:00 Europe/Berlin', 1);
SHOW timezone;
SET timezone = 'Europe/Berlin';
SELECT is_exact('moment_store', 'moments'), refresh_revenue_ledgers('moment_store', 'moments', 'customer', 'at', 'amount', open_periods => 0), is_exact('moment_store', 'moments') AS refreshed;
CREATE OR REPLACE TRIGGER added AFTER INSERT ON moments REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('moment_store', 'customer', 'at', 'amount', 'month', 'UTC');
SELECT checks.error($$INSERT INTO moments VALUES (1, '2024-05-31 23:59', 1)$$);
SELECT refresh_revenue_ledgers('moment_store', 'moments', 'customer', 'at', 'amount', from_date => '-infinity'), is_exact('moment_store', 'moments');
SET timezone = 'UTC';

--
-- Sources and stores of every kind, and names
--
CREATE SCHEMA "Other Schema";
CREATE TABLE "Other Schema"."Billing ""2024""" (note text, "Customer No" uuid, "paid at" timestamp, "select" bigint) PARTITION BY RANGE ("paid at");
CREATE TABLE "Other Schema".early PARTITION OF "Other Schema"."Billing ""2024""" FOR VALUES FROM (MINVALUE) TO ('2024-06-01');
CREATE TABLE "Other Schema".late PARTITION OF "Other Schema"."Billing ""2024""" FOR VALUES FROM ('2024-06-01') TO (MAXVALUE);
INSERT INTO "Other Schema"."Billing ""2024""" SELECT '', md5((i % 7)::text)::uuid, timestamp '2024-01-01' + i * interval '1 day', i FROM generate_series(1, 300) AS i;
CREATE VIEW "Other Schema".as_view AS SELECT "Customer No"::text AS customer, "paid at"::date AS at, "select" / 100.0 AS amount FROM "Other Schema"."Billing ""2024""";
SELECT refresh_revenue_ledgers('"Other Schema"."the ""Store"""', '"Other Schema"."Billing ""2024"""', 'Customer No', 'paid at', 'select', 'quarter');
INSERT INTO "Other Schema".late VALUES ('', md5('8')::uuid, '2024-12-31 23:59:59.999999', 5), ('', md5('8')::uuid, '2024-07-01', 5), ('', md5('8')::uuid, '2024-06-30 23:59:59', 5);
SELECT refresh_revenue_ledgers('"Other Schema"."the ""Store"""', '"Other Schema"."Billing ""2024"""', 'Customer No', 'paid at', 'select', 'quarter');
SELECT customers(l), total(l), periods(l) FROM (SELECT rollup(ledger) FROM "Other Schema"."the ""Store""") AS s(l);
-- the last row above was late
SELECT total(revenue_ledger_from('"Other Schema"."Billing ""2024"""', 'Customer No', 'paid at', 'select', 'quarter') - rollup(ledger)) FROM "Other Schema"."the ""Store""";
SELECT refresh_revenue_ledgers('view_store', '"Other Schema".as_view', 'customer', 'at', 'amount'), refresh_revenue_ledgers('view_store', '"Other Schema".as_view', 'customer', 'at', 'amount'), is_exact('view_store', '"Other Schema".as_view');
-- a store of one's own making
CREATE TEMP TABLE own_store (id int GENERATED ALWAYS AS IDENTITY, refreshed_at timestamptz, note text DEFAULT 'mine', time_zone text, ledger revenue_ledger);
SELECT refresh_revenue_ledgers('own_store', 'billing', 'customer', 'at', 'amount'), is_exact('own_store');
SELECT id, note, periods(ledger) FROM own_store ORDER BY id;
-- nothing is looked for along the search_path but the names that are given
CREATE SCHEMA trap;
CREATE FUNCTION trap.refuse(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE OPERATOR trap.>= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.refuse);
CREATE OPERATOR trap.<= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.refuse);
CREATE OPERATOR trap.= (LEFTARG = anyelement, RIGHTARG = anyelement, FUNCTION = trap.refuse);
CREATE FUNCTION trap.refuse_date(date, int) RETURNS date LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE OPERATOR trap.- (LEFTARG = date, RIGHTARG = int, FUNCTION = trap.refuse_date);
CREATE FUNCTION trap.max(date) RETURNS date LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE FUNCTION trap.slice(public.revenue_ledger, from_date date, to_date date) RETURNS public.revenue_ledger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE FUNCTION trap.periods(public.revenue_ledger) RETURNS daterange LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
CREATE DOMAIN trap.date AS text;
CREATE DOMAIN trap.text AS int;
SET search_path = trap, refresh, pg_catalog, public;
INSERT INTO billing VALUES (2, '2024-07-01', 1, 6001);
UPDATE billing SET amount = 3 WHERE id OPERATOR(pg_catalog.=) 6001;
SELECT public.refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
SET search_path = refresh, public;
SELECT is_exact();

--
-- Errors
--
SET client_min_messages = notice;
CREATE TABLE wrong (ledger text, refreshed_at timestamptz, time_zone text);
CREATE TABLE incomplete (ledger revenue_ledger, refreshed_at timestamptz);
CREATE TABLE parts (ledger revenue_ledger, refreshed_at timestamptz, time_zone text) PARTITION BY LIST (time_zone);
CREATE VIEW store_view AS TABLE store;
SELECT call, e.* FROM unnest(ARRAY[
	$$NULL, 'billing', 'customer', 'at', 'amount'$$, $$'store', NULL, 'customer', 'at', 'amount'$$, $$'store', 'billing', 'customer', 'at', 'amount', NULL$$,
	$$'store', 'billing', 'customer', 'at', 'amount', open_periods => NULL$$, $$'store', 'billing', 'customer', 'at', 'amount', open_periods => -1$$,
	$$'store', 'billing', 'customer', 'at', 'amount', open_periods => 1001$$, $$'store', 'billing', 'customer', 'at', 'amount', from_date => 'infinity'$$,
	$$'store', 'no_such_table', 'customer', 'at', 'amount'$$, $$'store', 'billing', 'customer', 'no_such_column', 'amount'$$,
	$$'store', 'billing', 'customer', 'customer', 'amount'$$, $$'store', 'billing', 'customer', 'at', 'amount', 'fortnight'$$,
	$$'store', 'billing', 'customer', 'at', 'amount', 'week'$$, $$'store', 'moments', 'at', 'at', 'amount'$$,
	$$'view_store', 'billing', 'customer', 'at', 'amount'$$,
	$$'wrong', 'billing', 'customer', 'at', 'amount'$$, $$'incomplete', 'billing', 'customer', 'at', 'amount'$$,
	$$'parts', 'billing', 'customer', 'at', 'amount'$$, $$'store_view', 'billing', 'customer', 'at', 'amount'$$,
	$$'billing', 'billing', 'customer', 'at', 'amount'$$, $$'no_such_schema.store', 'billing', 'customer', 'at', 'amount'$$, $$'a.b.c.d', 'billing', 'customer', 'at', 'amount'$$]) AS call,
	checks.error(format('SELECT refresh_revenue_ledgers(%s)', call)) AS e;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT refresh();
ROLLBACK;
BEGIN READ ONLY;
SELECT refresh();
ROLLBACK;
-- one that fails changes nothing
DROP TRIGGER added ON moments;
INSERT INTO moments VALUES (1, 'infinity', 1);
SELECT refresh_revenue_ledgers('failed_store', 'moments', 'customer', 'at', 'amount');
SELECT to_regclass('failed_store') IS NULL AS none;
-- the grain may change when all is computed anew
SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount', 'week', from_date => '-infinity');
SELECT grain(rollup(ledger)) FROM store;
-- triggers that were created wrongly
CREATE TABLE source (customer int, at date, amount int);
CREATE FUNCTION try_trigger(definition text, statement text DEFAULT 'INSERT INTO source VALUES (1, ''2024-01-01'', 1)') RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	error record;
BEGIN
	EXECUTE format('CREATE TRIGGER tried %s', replace(definition, 'DO', 'EXECUTE FUNCTION update_revenue_ledgers'));
	SELECT * INTO error FROM checks.error(statement);
	DROP TRIGGER tried ON source;
	RETURN error;
END $$;
SELECT definition, try_trigger(definition) FROM unnest(ARRAY[
	$$BEFORE INSERT ON source FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH ROW DO('store', 'customer', 'at', 'amount')$$,
	$$AFTER INSERT ON source FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('store', 'customer', 'at')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount', 'month', 'UTC', 'more')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('no_such_store', 'customer', 'at', 'amount')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('store', 'customer', 'no_such_column', 'amount')$$,
	$$AFTER INSERT ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount', 'fortnight')$$]) AS definition;
SELECT try_trigger($$AFTER UPDATE ON source REFERENCING NEW TABLE AS n FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount')$$, 'UPDATE source SET at = at');
SELECT try_trigger($$AFTER DELETE ON source FOR EACH STATEMENT DO('store', 'customer', 'at', 'amount')$$, 'DELETE FROM source');
SELECT update_revenue_ledgers();

SET client_min_messages = warning;
RESET search_path;
DROP SCHEMA refresh, "Other Schema", trap, oracle, checks CASCADE;
