-- From csv_billing, which holds text, to billing, or an error that names the first row that cannot be read.

-- amounts and moments that a ledger can hold
CREATE DOMAIN pg_temp.finite_amount AS numeric CHECK (VALUE > '-Infinity' AND VALUE < 'Infinity');
CREATE DOMAIN pg_temp.finite_moment AS timestamp CHECK (isfinite(VALUE));

CREATE TABLE billing (customer_id text, paid_at timestamp, amount numeric, segment text);

-- The number, as a spreadsheet shows it, of the first row that the query's value in this column cannot be cast in
CREATE FUNCTION pg_temp.first_unreadable(name text, type regtype, OUT row_number bigint, OUT value text)
LANGUAGE plpgsql AS $$
BEGIN
	FOR row_number, value IN EXECUTE format(
		'SELECT 1 + row_number() OVER (ORDER BY place), nullif(%I, '''') FROM csv_billing', name)
	LOOP
		BEGIN
			EXECUTE format('SELECT %L::%s', value, type);
		EXCEPTION WHEN data_exception OR check_violation THEN
			RETURN;
		END;
	END LOOP;
	row_number := NULL;
END $$;

DO $$
DECLARE
	style text;
	bad record;
	furthest bigint := 0;
	culprit text;
	ignored bigint;
BEGIN
	-- 31/12/2024 is told from 12/31/2024 by which of the two readings fits the whole file
	FOREACH style IN ARRAY ARRAY['ISO, MDY', 'ISO, DMY'] LOOP
		PERFORM set_config('datestyle', style, false);
		BEGIN
			INSERT INTO billing
				SELECT nullif(customer_id, ''), nullif(paid_at, '')::pg_temp.finite_moment,
					nullif(amount, '')::pg_temp.finite_amount, segment
				FROM csv_billing;
			SELECT count(*) INTO ignored FROM billing WHERE num_nulls(customer_id, paid_at, amount) > 0;
			IF ignored = (SELECT count(*) FROM billing) THEN
				RAISE EXCEPTION 'there is no row that has a customer, a date and an amount';
			END IF;
			IF ignored > 0 THEN
				RAISE NOTICE '    % a customer, a date or an amount: ignored',
					CASE ignored WHEN 1 THEN '1 row lacks' ELSE ignored || ' rows lack' END;
			END IF;
			RETURN;
		EXCEPTION WHEN data_exception OR check_violation THEN
			NULL;
		END;
	END LOOP;

	bad := pg_temp.first_unreadable('amount', 'pg_temp.finite_amount');
	IF bad.row_number IS NOT NULL THEN
		RAISE EXCEPTION 'row % (the column names are row 1): the amount "%" is not a number', bad.row_number, bad.value;
	END IF;
	FOREACH style IN ARRAY ARRAY['ISO, MDY', 'ISO, DMY'] LOOP
		PERFORM set_config('datestyle', style, false);
		bad := pg_temp.first_unreadable('paid_at', 'pg_temp.finite_moment');
		IF bad.row_number > furthest THEN
			furthest := bad.row_number;
			culprit := bad.value;
		END IF;
	END LOOP;
	RAISE EXCEPTION 'row % (the column names are row 1): "%" is not a date', furthest, culprit;
END $$;
