-- Three books for random sessions to work on. What can be said of each at any moment is in interleavings.pl.

CREATE EXTENSION nrr;
CREATE EXTENSION amcheck;

CREATE ROLE keeper;
CREATE ROLE second;
GRANT second TO keeper;
CREATE ROLE worker LOGIN;
GRANT keeper, second, pg_signal_backend, pg_read_all_stats TO worker;
DO 'BEGIN EXECUTE format(''GRANT CREATE ON DATABASE %I TO keeper'', current_database()); END';
SET client_min_messages = warning;
SET ROLE keeper;

CREATE SCHEMA kept;
CREATE SCHEMA steady;
CREATE SCHEMA wild;
CREATE SCHEMA closet;
CREATE SCHEMA attic;
GRANT ALL ON SCHEMA kept, closet, steady, wild, attic TO second, worker;

-- A trigger-kept store and its table, which change in any way that leaves the triggers alone
CREATE TABLE kept.billing (id bigserial, customer int, at date, amount numeric(12,2), plan text);
INSERT INTO kept.billing (customer, at, amount, plan)
	SELECT i % 300, date '2023-01-01' + i % 700, i % 331, 'plan ' || i % 3 FROM generate_series(1, 3000) AS i;
CREATE INDEX ON kept.billing (at);
CREATE INDEX by_customer ON kept.billing (customer);
SELECT public.refresh_revenue_ledgers('kept.store', 'kept.billing', 'customer', 'at', 'amount');
CREATE INDEX by_time ON kept.store (refreshed_at);
CREATE INDEX by_ledger ON kept.store USING hash (ledger);
CREATE INDEX by_summary ON kept.store (public.retention(ledger, '2023-01-01', '2024-01-01'));
CREATE TRIGGER added AFTER INSERT ON kept.billing REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION public.update_revenue_ledgers('kept.store', 'customer', 'at', 'amount');
CREATE TRIGGER changed AFTER UPDATE ON kept.billing REFERENCING NEW TABLE AS added OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION public.update_revenue_ledgers('kept.store', 'customer', 'at', 'amount');
CREATE TRIGGER removed AFTER DELETE ON kept.billing REFERENCING OLD TABLE AS removed
	FOR EACH STATEMENT EXECUTE FUNCTION public.update_revenue_ledgers('kept.store', 'customer', 'at', 'amount');
CREATE TRIGGER emptied AFTER TRUNCATE ON kept.billing
	FOR EACH STATEMENT EXECUTE FUNCTION public.update_revenue_ledgers('kept.store', 'customer', 'at', 'amount');
CREATE VIEW kept.figures AS
	SELECT m.* FROM (SELECT public.rollup(ledger) AS l FROM kept.store) AS s, LATERAL public.revenue_movements(l) AS m;
CREATE MATERIALIZED VIEW kept.plans AS
	SELECT plan, public.revenue_ledger(customer, at, amount) AS l FROM kept.billing GROUP BY plan;
CREATE UNIQUE INDEX ON kept.plans (plan);
CREATE INDEX ON kept.plans USING hash (l);
-- One row of each customer, of whom some come and go
CREATE MATERIALIZED VIEW kept.customers AS
	SELECT customer, public.revenue_ledger(customer, at, amount) AS l,
		public.retention(public.revenue_ledger(customer, at, amount), '2023-01-01', '2024-01-01') AS summary
	FROM kept.billing GROUP BY customer;
CREATE UNIQUE INDEX ON kept.customers (customer, l);
CREATE INDEX ON kept.customers (summary);
-- Where two ledgers differ, by customer
CREATE FUNCTION kept.differences(a public.revenue_ledger, b public.revenue_ledger) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT customer, period, x.amount, y.amount FROM public.ledger_entries(a) AS x FULL JOIN public.ledger_entries(b) AS y USING (customer, period)
	WHERE x.amount IS DISTINCT FROM y.amount
$$;

-- Tables whose months add up to 1000 each at any moment, and stores of them
CREATE TABLE steady.billing (id bigserial, customer text, at date, amount numeric(12,2), plan text);
INSERT INTO steady.billing (customer, at, amount, plan)
	SELECT 'customer ' || c, make_date(2023 + m / 12, 1 + m % 12, 1 + c % 28), 25, 'plan ' || c % 3
	FROM generate_series(0, 39) AS c, generate_series(0, 23) AS m;
CREATE INDEX by_time ON steady.billing (at);
CREATE TABLE steady.parts (id bigserial, customer text, at date, amount numeric(12,2), plan text) PARTITION BY RANGE (at);
CREATE TABLE steady.part_2023 PARTITION OF steady.parts FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE steady.part_2024 PARTITION OF steady.parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
INSERT INTO steady.parts (customer, at, amount, plan) SELECT customer, at, amount, plan FROM steady.billing;
CREATE TABLE steady.heirs (id bigserial, customer text, at date, amount numeric(12,2), plan text);
CREATE TABLE steady.heir_2024 () INHERITS (steady.heirs);
INSERT INTO steady.heirs (customer, at, amount, plan) SELECT customer, at, amount, plan FROM steady.billing WHERE at < '2024-01-01';
INSERT INTO steady.heir_2024 (customer, at, amount, plan) SELECT customer, at, amount, plan FROM steady.billing WHERE at >= '2024-01-01';
CREATE TABLE steady.base AS SELECT * FROM steady.billing;
CREATE VIEW steady.seen AS SELECT customer, at, amount, plan FROM steady.base;
-- The tables that rows are in
CREATE TABLE steady.names AS SELECT unnest('{billing,parts,heirs,seen}'::text[]) AS name;
SELECT public.refresh_revenue_ledgers('steady.store_' || name, 'steady.' || name, 'customer', 'at', 'amount') FROM steady.names;
-- Months that a reader says otherwise of
CREATE FUNCTION steady.not_steady(l public.revenue_ledger) RETURNS SETOF record LANGUAGE sql STABLE AS $$
	SELECT m, period, ending FROM generate_series(timestamp '2023-01-01', '2024-12-01', '1 month') AS m
	FULL JOIN public.revenue_movements(l) ON period = m WHERE (ending, ending_customers) IS DISTINCT FROM (1000, 40)
$$;
CREATE FUNCTION steady.not_steady(name text) RETURNS SETOF record LANGUAGE sql STABLE AS $$
	SELECT m, period, ending FROM generate_series(timestamp '2023-01-01', '2024-12-01', '1 month') AS m
	FULL JOIN public.revenue_movements(name, 'customer', 'at', 'amount') ON period = m WHERE (ending, ending_customers) IS DISTINCT FROM (1000, 40)
$$;

-- Anything goes
CREATE FUNCTION wild.create_billing() RETURNS void LANGUAGE sql AS $$
	CREATE TABLE wild.billing AS
		SELECT md5((i % 100)::text)::uuid AS customer, timestamptz '2023-01-01' + i * interval '7 hours' AS at,
			(i % 331)::bigint AS amount, 'plan ' || i % 3 AS plan
		FROM generate_series(1, 2000) AS i
$$;
SELECT wild.create_billing();
CREATE TABLE wild.subscription (customer text, during daterange, mrr double precision, plan int);
INSERT INTO wild.subscription
	SELECT 'customer ' || i % 100, daterange('2023-01-01'::date + i, '2023-01-01'::date + i + i % 500), i % 331, i % 4
	FROM generate_series(1, 1000) AS i;
