-- An invented SaaS business as a billing table: what customers paid from January 2023 to December 2025.
-- Chance is a hash, so that the table is the same wherever and whenever it is made.

CREATE TABLE billing (
	customer_id integer,
	paid_at     date,
	amount      numeric(10,2),
	plan        text,
	region      text
);

-- A number from 0 to 1 that depends on nothing but the customer, the month and what it is drawn for
CREATE FUNCTION pg_temp.chance(customer integer, month integer, what text) RETURNS double precision
	LANGUAGE sql IMMUTABLE
	RETURN ('x' || left(md5(customer || what || month), 8))::bit(32)::bigint / 4294967296.0;

WITH RECURSIVE
plan (level, plan, price, leaves, upgrades, downgrades) AS (
	VALUES (1, 'starter',   29.00, 0.026, 0.016, 0.000),
	       (2, 'team',      99.00, 0.013, 0.011, 0.007),
	       (3, 'business', 349.00, 0.007, 0.000, 0.008)
),
-- after those of the first month, sign-ups grow over the years; regions differ in how well they keep their customers
customer AS (
	SELECT id, greatest(0, floor(46 * sqrt(pg_temp.chance(id, 0, 'sign-up'))) - 10)::integer AS month,
		CASE WHEN r < 0.45 THEN 'Americas' WHEN r < 0.80 THEN 'Europe' ELSE 'Asia-Pacific' END AS region,
		CASE WHEN r < 0.45 THEN 1.0 WHEN r < 0.80 THEN 0.7 ELSE 1.6 END AS restlessness,
		CASE WHEN p < 0.55 THEN 1 WHEN p < 0.90 THEN 2 ELSE 3 END AS level
	FROM generate_series(1, 4000) AS id,
		pg_temp.chance(id, 0, 'region') AS r, pg_temp.chance(id, 0, 'plan') AS p
),
-- month by month a customer stays or leaves, moves between plans, and may return on the plan it left
life AS (
	SELECT id, region, restlessness, month, level, true AS active FROM customer
	UNION ALL
	SELECT id, region, restlessness, month + 1,
		CASE WHEN active AND move < upgrades / restlessness THEN level + 1
			WHEN active AND move > 1 - downgrades * restlessness THEN level - 1
			ELSE level END,
		CASE WHEN active THEN stay >= leaves * restlessness ELSE stay < 0.02 END
	FROM life JOIN plan USING (level),
		pg_temp.chance(id, month, 'move') AS move, pg_temp.chance(id, month, 'stay') AS stay
	WHERE month < 35
),
-- prices rise by 4 percent each January
payment AS (
	SELECT id, month, plan, region, round(price * 1.04 ^ (month / 12), 2) AS amount,
		(date '2023-01-01' + make_interval(months => month, days => floor(28 * pg_temp.chance(id, 0, 'day'))::integer))::date
			AS paid_at
	FROM life JOIN plan USING (level)
	WHERE active
)
INSERT INTO billing
	SELECT id, paid_at, amount, plan, region FROM payment
	UNION ALL
	-- now and then half of a payment is refunded some days later
	SELECT id, paid_at + 4, round(-amount / 2, 2), plan, region FROM payment
	WHERE pg_temp.chance(id, month, 'refund') < 0.008 AND paid_at + 4 < '2026-01-01'
	ORDER BY paid_at, id;
