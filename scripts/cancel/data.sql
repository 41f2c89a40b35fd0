-- What the statements of functions.pl read. Big values are stored as they are, since decompressing is PostgreSQL's work.

CREATE EXTENSION nrr;

-- 66 MB in long keys, twice
CREATE TABLE long_keys (l revenue_ledger);
ALTER TABLE long_keys ALTER l SET STORAGE EXTERNAL;
INSERT INTO long_keys
SELECT revenue_ledger(repeat(md5(i::text), 1800), date '2026-01-01', i) FROM generate_series(1, 1150) AS i, generate_series(1, 2);
INSERT INTO long_keys SELECT * FROM long_keys;

-- Very many customers, once and as halves
CREATE TABLE many (half int, n revenue_ledger, t revenue_ledger);
ALTER TABLE many ALTER n SET STORAGE EXTERNAL, ALTER t SET STORAGE EXTERNAL;
INSERT INTO many
SELECT i % 2, revenue_ledger(i, date '2026-01-01' + i % 700, i % 99 + 1),
	revenue_ledger(md5(i::text), date '2026-01-01' + i % 700, i % 99 + 1)
FROM generate_series(1, 4000000) AS i GROUP BY 1;

-- Many customers, in values that COPY is soon done with
CREATE TABLE several (part int, t revenue_ledger);
ALTER TABLE several ALTER t SET STORAGE EXTERNAL;
INSERT INTO several
SELECT i % 10, revenue_ledger(md5(i::text), date '2026-01-01' + i % 700, i % 99 + 1) FROM generate_series(1, 3000000) AS i GROUP BY 1;

-- Few customers of very many days, no two in a row alike
CREATE TABLE days (l revenue_ledger);
ALTER TABLE days ALTER l SET STORAGE EXTERNAL;
INSERT INTO days
SELECT revenue_ledger(c, date '2026-01-01' + d, 1 + (hashint4(c * 1000003 + d) & 1023), 'day')
FROM generate_series(1, 16) AS c, generate_series(0, 250000) AS d GROUP BY c % 4;

-- Subscriptions without an end, and with one and a half
CREATE TABLE subscription AS
SELECT i AS customer, daterange(date '2020-01-01' + i % 2000, CASE WHEN i % 3 = 0 THEN date '2020-01-01' + i % 2000 + i % 977 END) AS during,
	i % 50 + 1 AS mrr
FROM generate_series(1, 30000) AS i;
CREATE TABLE endless (l revenue_ledger);
INSERT INTO endless SELECT subscription_ledger(customer, during, mrr, 'day') FROM subscription;

-- Billing rows
CREATE TABLE billing AS
SELECT i % 300000 AS customer, 'customer ' || i % 300000 AS name, date '2020-01-01' + (i * 37 % 2000)::int AS at,
	(i % 331)::numeric(8,2) AS amount, i % 1000 AS segment
FROM generate_series(1::bigint, 3000000) AS i;
CREATE TABLE one_customer AS
SELECT 1 AS customer, date '2020-01-01' + (i * 37 % 20000)::int AS at, 1.5 AS amount FROM generate_series(1::bigint, 5000000) AS i;

CREATE TABLE summaries AS
SELECT segment, retention(amount, amount + segment % 3) AS s FROM billing GROUP BY segment;
ANALYZE;
