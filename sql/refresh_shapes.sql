--
-- Stores of ledgers of tables of every shape, and of segments: refreshed step by step they are what a table is at once.
--
SET client_min_messages = warning;
SET datestyle = iso;
SET timezone = 'America/New_York';
CREATE SCHEMA refresh_shapes;
SET search_path = refresh_shapes, public;
SELECT setseed(0.5);

CREATE FUNCTION day_in(months int, days int) RETURNS timestamptz LANGUAGE sql AS
	$$ SELECT '2023-01-01'::timestamptz + make_interval(months => months, days => floor(random() * days)::int, hours => floor(random() * 24)::int) $$;
CREATE TABLE sources (name text, at text, shape text, more text);
INSERT INTO sources VALUES
	('payments', 'at', 'payments', ''), ('snapshots', 'at', 'snapshots', ''), ('changes', 'at', 'changes', ', snapshot_rule => ''start'''),
	('subscriptions', 'during', 'subscriptions', ''), ('invoices', 'during', 'invoices', ''),
	('columns', 'start, finish', 'subscriptions', ', bounds => ''[)'''), ('service', 'start, finish', 'invoices', ', bounds => ''[]'''),
	('closed', 'start, finish', 'subscriptions', ', bounds => ''[)'', close => ''next''');
CREATE TABLE rows_of (source text, customer int, plan text, at timestamptz, during tstzrange, start date, finish date, amount numeric(12,2));

-- rows of a month, of which subscriptions go on; ends of the last two months become known only then
CREATE PROCEDURE add_month(month int) LANGUAGE plpgsql AS $$
BEGIN
	UPDATE rows_of SET during = tstzrange(lower(during), greatest(lower(during), day_in(month, 27))), finish = greatest(start, day_in(month, 27)::date)
	WHERE upper_inf(during) AND random() < 0.2;
	INSERT INTO rows_of
	SELECT s.name, floor(random() * 8)::int, (ARRAY['basic', 'pro', NULL])[1 + floor(random() * 3)::int], t.at,
		tstzrange(t.at, CASE WHEN s.shape = 'invoices' THEN t.at + interval '70 days' END),
		t.at::date, CASE WHEN s.shape = 'invoices' THEN t.at::date + 70 END, round((random() * 100 - 10)::numeric, 2)
	FROM sources AS s, generate_series(1, 12) AS i, LATERAL (SELECT day_in(month + i % 2, 27) AS at) AS t;
END $$;
DO $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT * FROM sources LOOP
		EXECUTE format('CREATE VIEW %I AS SELECT customer, plan, at, during, start, finish, amount FROM rows_of WHERE source = %L', s.name, s.name);
	END LOOP;
END $$;

CREATE FUNCTION differences(month int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	s record;
	segment text;
	store text;
	call text;
	same bool;
BEGIN
	FOR s IN SELECT * FROM sources LOOP
		FOR segment IN VALUES (NULL), ('plan') LOOP
			store := s.name || CASE WHEN segment IS NULL THEN '_store' ELSE '_segments' END;
			call := format('(%L, %L, ''customer'', %L, ''amount'', segment => %L, shape => %L%s', store, s.name, s.at, segment, s.shape, s.more);
			-- days are long gone here, so services that reach beyond them would be taken for what is open
			EXECUTE 'SELECT refresh_revenue_ledgers' || call || format(', from_date => %L)', (date '2023-01-01' + make_interval(months => month - 1))::date);
			EXECUTE format('SELECT rollup(ledger) = revenue_ledger_from(%L, ''customer'', %L, ''amount'', shape => %L%s) FROM %I',
				s.name, s.at, s.shape, s.more, store) INTO same;
			IF same IS DISTINCT FROM true THEN
				RETURN NEXT format('month %s: %s differs', month, store);
			END IF;
			EXECUTE 'SELECT NOT EXISTS (SELECT FROM verify_revenue_ledgers' || call || '))' INTO same;
			IF NOT same THEN
				RETURN NEXT format('month %s: %s is not verified', month, store);
			END IF;
		END LOOP;
	END LOOP;
END $$;

CREATE TABLE found (what text);
DO $$
BEGIN
	FOR month IN 0..17 LOOP
		CALL add_month(month);
		INSERT INTO found SELECT * FROM differences(month);
	END LOOP;
END $$;
SELECT * FROM found;

-- without open periods, nothing is read again, and nothing changes but the number of rows
CREATE FUNCTION changes() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	s record;
	segment text;
	store text;
	before revenue_ledger;
	after revenue_ledger;
	days daterange;
BEGIN
	FOR s IN SELECT * FROM sources LOOP
		FOR segment IN VALUES (NULL), ('plan') LOOP
			store := s.name || CASE WHEN segment IS NULL THEN '_store' ELSE '_segments' END;
			EXECUTE format('SELECT rollup(ledger) FROM %I', store) INTO before;
			EXECUTE format('SELECT refresh_revenue_ledgers(%L, %L, ''customer'', %L, ''amount'', segment => %L, shape => %L%s, open_periods => 0)',
				store, s.name, s.at, segment, s.shape, s.more) INTO days;
			EXECUTE format('SELECT rollup(ledger) FROM %I', store) INTO after;
			IF NOT isempty(days) OR before <> after THEN
				RETURN NEXT format('%s: %s', store, days);
			END IF;
		END LOOP;
	END LOOP;
END $$;
SELECT changes();

-- few rows, and the segments with their types
SELECT count(*) < 12 AS few FROM payments_store;
SELECT count(*) < 36 AS few FROM subscriptions_segments;
SELECT segment, rollup(ledger) = (SELECT invoice_ledger(customer, during, amount) FROM invoices AS i WHERE i.plan IS NOT DISTINCT FROM s.segment) AS same
FROM invoices_segments AS s GROUP BY segment ORDER BY segment;
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'invoices_segments'::regclass AND attnum > 0 ORDER BY attnum;

-- a store is of segments or not, and of one snapshot rule
SELECT refresh_revenue_ledgers('invoices_segments', 'invoices', 'customer', 'during', 'amount', shape => 'invoices');
SELECT refresh_revenue_ledgers('invoices_store', 'invoices', 'customer', 'during', 'amount', shape => 'invoices', segment => 'plan');
SELECT refresh_revenue_ledgers('invoices_segments', 'invoices', 'customer', 'during', 'amount', shape => 'invoices', segment => 'customer');
SELECT refresh_revenue_ledgers('subscriptions_store', 'subscriptions', 'customer', 'during', 'amount', shape => 'subscriptions', snapshot_rule => 'start');
SELECT refresh_revenue_ledgers('invoices_store', 'invoices', 'customer', 'during', 'amount');
SELECT refresh_revenue_ledgers('invoices_store', 'invoices', 'customer', 'start, finish', 'amount', shape => 'subscriptions');
CREATE TABLE inserted (customer int, at timestamptz, amount numeric);
CREATE TRIGGER add AFTER INSERT ON inserted REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('payments_segments', 'customer', 'at', 'amount', 'month', 'America/New_York');
INSERT INTO inserted VALUES (1, now(), 1);

DROP SCHEMA refresh_shapes CASCADE;
