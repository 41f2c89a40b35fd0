# How good the findings of ledger_lint are: a defect is planted at 1, 5 and 30 % of the customers of a generated table, and
# the count is compared with the planted number. Clean tables, near misses among them, must have no finding at all.
#
# NRR_LINT_SEEDS=n takes n tables of each kind instead of one.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seeds = $ENV{NRR_LINT_SEEDS} // 1;
my @shares = (0.01, 0.05, 0.3);
my $customers = 600;
my $least = 0.95;

my $node = PostgreSQL::Test::Cluster->new('lint_quality');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\nmax_parallel_workers_per_gather = 0");
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION nrr});

# A number from 0 to 1 that depends on the seed, a customer and a purpose
my $chance = q{CREATE FUNCTION chance(c bigint, purpose int) RETURNS float8 LANGUAGE sql STABLE AS
	$$ SELECT (hashint8extended(c * 1000 + purpose, current_setting('test.seed')::bigint) & 1048575) / 1048576.0 $$;
	CREATE FUNCTION price(c bigint, purpose int) RETURNS numeric LANGUAGE sql STABLE AS
	$$ SELECT (ARRAY[9.99, 29, 49.50, 99, 250])[1 + floor(5 * chance(c, purpose))::int]::numeric(12,2) $$;};

# Tables with nothing wrong; n counts the rows of a customer
my %base = (
	# payers by the month, some of whom change their plan once
	payments => qq{
		SELECT c::int AS customer, n, (date '2022-01-01' + make_interval(months => floor(18 * chance(c, 1))::int + n))::date + floor(28 * chance(c, 5))::int AS paid_on,
			price(c, CASE WHEN chance(c, 4) < 0.3 AND n > 3 + floor(12 * chance(c, 6)) THEN 8 ELSE 7 END) AS amount
		FROM generate_series(1, $customers) AS c, generate_series(0, 6 + floor(20 * chance(c, 2))::int) AS n},
	# subscriptions: renewed by the month, open, upgraded, or renewed by the year, the new contract a week early now and then
	subscriptions => qq{
		WITH s AS (SELECT c, date '2022-01-01' + floor(500 * chance(c, 1))::int AS s, 4 + floor(12 * chance(c, 2))::int AS n, price(c, 3) AS p, date '2022-01-01' + 600 + floor(300 * chance(c, 4))::int AS u
			FROM generate_series(1, $customers) AS c)
		SELECT c::int AS customer, i AS n, (s + make_interval(months => i))::date AS starts, (s + make_interval(months => i + 1))::date AS ends, p AS mrr FROM s, generate_series(0, n - 1) AS i WHERE c % 4 = 0
		UNION ALL SELECT c, i, (s + make_interval(months => 20 + i))::date, (s + make_interval(months => 21 + i))::date, p FROM s, generate_series(0, 3) AS i WHERE c % 8 = 0
		UNION ALL SELECT c, 0, s, NULL, p FROM s WHERE c % 4 = 1
		UNION ALL SELECT c, 0, s, u, p FROM s WHERE c % 4 = 2
		UNION ALL SELECT c, 1, u, NULL, round(p * 1.5, 2) FROM s WHERE c % 4 = 2
		UNION ALL SELECT c, i, (s + make_interval(years => i))::date - CASE WHEN c % 16 = 3 AND i > 0 THEN 7 ELSE 0 END, (s + make_interval(years => i + 1))::date, p + i FROM s, generate_series(0, 2) AS i WHERE c % 4 = 3},
	# what everybody pays, seen on each day; some move to another plan, or get a second one
	snapshots => qq{
		SELECT c::int AS customer, d - date '2024-01-01' AS n, d AS seen_on, price(c, CASE WHEN chance(c, 4) < 0.3 AND d > date '2024-02-01' + floor(50 * chance(c, 6))::int THEN 8 ELSE 7 END) AS amount
		FROM generate_series(1, $customers / 2) AS c, generate_series(0, 90) AS day, LATERAL (SELECT date '2024-01-01' + day AS d) AS v
		WHERE day >= 60 * chance(c, 1) - 30 AND day < 60 + 90 * chance(c, 2)
		UNION ALL SELECT c, d - date '2024-01-01', d, 10 + c FROM generate_series(1, $customers / 2, 9) AS c, generate_series(0, 90) AS day, LATERAL (SELECT date '2024-01-01' + day AS d) AS v
		WHERE day >= 40 + 40 * chance(c, 3)},
);

my %call = (
	payments => q{'t', 'customer', 'paid_on', 'amount'},
	subscriptions => q{'t', 'customer', 'starts, ends', 'mrr'},
	snapshots => q{'t', 'customer', 'seen_on', 'amount', shape => 'snapshots'},
);

# New customers of a table, :k of them
my $payer = q{INSERT INTO t SELECT 10000 + c, n,};
my $chain = q{INSERT INTO t SELECT 10000 + c, i, (s + make_interval(months => i))::date, (s + make_interval(months => i + 1))::date,};
my $chains = q{FROM generate_series(1, :k) AS c, LATERAL (SELECT date '2022-01-01' + floor(300 * chance(c, 11))::int AS s) AS v, generate_series(0, 5) AS i};

# Finding, kind of table, the defect (of :k customers), how many there are, and what else may be found
my @defects = (
	[ 'null customer', 'payments', 'INSERT INTO t SELECT NULL, 0, paid_on, amount FROM t WHERE n = 2 AND customer <= :k' ],
	[ 'null date', 'payments', 'INSERT INTO t SELECT customer, 0, NULL, amount FROM t WHERE n = 2 AND customer <= :k' ],
	[ 'null amount', 'payments', 'INSERT INTO t SELECT customer, 0, paid_on, NULL FROM t WHERE n = 2 AND customer <= :k' ],
	[ 'infinite date', 'payments', q{INSERT INTO t SELECT customer, 0, 'infinity', amount FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'date out of range', 'payments', q{INSERT INTO t SELECT customer, 0, '5874897-06-01', amount FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'not a number', 'payments', q{INSERT INTO t SELECT customer, 0, paid_on, 'NaN' FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'too many digits', 'payments', q{INSERT INTO t SELECT customer, 0, paid_on, 1e40 FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'future date', 'payments', q{INSERT INTO t SELECT customer, 0, current_date + 400, amount FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'duplicate row', 'payments', q{INSERT INTO t SELECT customer, 0, paid_on, amount FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'zero amount', 'payments', q{INSERT INTO t SELECT customer, 0, paid_on, 0 FROM t WHERE n = 2 AND customer <= :k} ],
	[ 'no revenue', 'payments', q{INSERT INTO t SELECT 10000 + customer, n, paid_on, 0 FROM t WHERE customer <= :k}, undef, 'zero amount' ],
	[ 'negative month', 'payments', q{INSERT INTO t SELECT customer, 0, paid_on, round(-1.5 * amount, 2) FROM t WHERE n = 3 AND customer <= :k} ],
	[ 'late invoice', 'payments', q{DELETE FROM t WHERE n = 4 AND customer <= :k AND chance(customer, 4) > 0.3}, q{(SELECT count(*) FROM generate_series(1, :k) AS c WHERE chance(c, 4) > 0.3)} ],
	[ 'late invoice', 'payments', q{DELETE FROM t WHERE n IN (3, 4) AND customer <= :k AND chance(customer, 4) > 0.3}, q{(SELECT count(*) FROM generate_series(1, :k) AS c WHERE chance(c, 4) > 0.3)} ],
	[ 'annual spike', 'payments', "$payer (date '2021-03-01' + make_interval(years => n))::date + c % 28, 12 * price(c, 7) FROM generate_series(1, :k) AS c, generate_series(0, 2) AS n", '3 * :k' ],
	[ 'annual spike', 'payments', "$payer (date '2022-03-01' + make_interval(months => CASE WHEN n < 6 THEN n ELSE 5 + 12 * (n - 5) END))::date + c % 28, CASE WHEN n < 6 THEN 1 ELSE 11 END * price(c, 7) FROM generate_series(1, :k) AS c, generate_series(0, 7) AS n", '2 * :k' ],
	[ 'long billing period', 'payments', "$payer (date '2022-03-01' + make_interval(months => n * (ARRAY[2, 3, 4, 6])[1 + c % 4]))::date + c % 28, price(c, 7) FROM generate_series(1, :k) AS c, generate_series(0, 4) AS n", '5 * :k' ],
	[ 'day cycle', 'payments', "$payer date '2022-03-01' + c % 28 + 30 * n + CASE WHEN n = 5 AND c % 5 = 0 THEN 3 ELSE 0 END, price(c, 7) FROM generate_series(1, :k) AS c, generate_series(0, 11) AS n" ],
	[ 'day cycle', 'payments', "$payer date '2022-03-01' + c % 28 + n * (ARRAY[90, 365])[1 + c % 2], price(c, 7) FROM generate_series(1, :k) AS c, generate_series(0, 3) AS n" ],
	[ 'snapshot table', 'payments', "$payer date '2022-03-01' + c % 28 + n, price(c, CASE WHEN n < 30 THEN 7 ELSE 8 END) FROM generate_series(1, :k) AS c, generate_series(0, 50) AS n" ],
	[ 'mixed scale', 'payments', 'UPDATE t SET amount = 100 * amount WHERE n IN (3, 4) AND customer <= :k', '2 * :k' ],
	[ 'mixed scale', 'payments', 'ALTER TABLE t ALTER amount TYPE numeric; UPDATE t SET amount = round(amount * (0.7 + 0.6 * chance(customer * 64 + n, 12))::numeric, 2); UPDATE t SET amount = trunc(100 * amount) WHERE customer <= :k', '(SELECT count(*) FROM t WHERE customer <= :k)' ],
	[ 'stray decimals', 'payments', 'ALTER TABLE t ALTER amount TYPE numeric; UPDATE t SET amount = amount / 7 WHERE n = 2 AND customer <= :k' ],
	[ 'snapshot twice', 'snapshots', 'INSERT INTO t SELECT customer, n, seen_on, amount + 5 FROM t WHERE n = 20 + customer % 40 AND customer <= :k', '(SELECT count(DISTINCT (customer, seen_on)) FROM t WHERE n = 20 + customer % 40 AND customer <= :k)' ],
	[ 'missing snapshot', 'snapshots', 'DELETE FROM t WHERE n > 0 AND n < 90 AND n % greatest(3, 90 * 6 / :k) = 2', '(SELECT count(*) FROM generate_series(1, 89) AS n WHERE n % greatest(3, 90 * 6 / :k) = 2)' ],
	[ 'unbounded start', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, NULL, '2023-01-01', 10 FROM generate_series(1, :k) AS c} ],
	[ 'reversed ends', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, '2023-01-01', date '2022-12-01' - c, 10 FROM generate_series(1, :k) AS c} ],
	[ 'empty range', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, '2023-01-01', '2023-01-01', 10 FROM generate_series(1, :k) AS c} ],
	[ 'future start', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, current_date + 100, NULL, 10 FROM generate_series(1, :k) AS c} ],
	[ 'duplicate row', 'subscriptions', 'INSERT INTO t SELECT customer, 0, starts, ends, mrr FROM t WHERE n = 0 AND customer <= :k AND customer % 8 > 0', '(SELECT count(DISTINCT customer) FROM t WHERE customer <= :k AND customer % 8 > 0)' ],
	[ 'overlapping duplicate', 'subscriptions', 'INSERT INTO t SELECT customer, 0, starts + 10, ends, mrr FROM t WHERE n = 0 AND customer <= :k AND customer % 8 > 0', '(SELECT count(DISTINCT customer) FROM t WHERE customer <= :k AND customer % 8 > 0)' ],
	[ 'open upgrade', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, date '2022-01-01' + c, NULL, 100 FROM generate_series(1, :k) AS c; INSERT INTO t SELECT 10000 + c, 1, date '2022-05-01' + c, NULL, 110 + c FROM generate_series(1, :k) AS c} ],
	[ 'inclusive end', 'subscriptions', "INSERT INTO t SELECT 10000 + c, i, (s + make_interval(months => i))::date, (s + make_interval(months => i + 1))::date - 1, price(c, 12) $chains" ],
	[ 'inclusive end', 'subscriptions', "INSERT INTO t SELECT 10000 + c, i, (date_trunc('month', s) + make_interval(months => i))::date, (date_trunc('month', s) + make_interval(months => i + 1))::date - 1, price(c, 12) $chains" ],
	[ 'renewal gap', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, i, date '2021-01-25' + make_interval(years => i) + i * (10 + c % 15) * interval '1 day', date '2022-01-25' + make_interval(years => i) + i * (10 + c % 15) * interval '1 day', 100 + c + i FROM generate_series(1, :k) AS c, generate_series(0, 1) AS i} ],
	[ 'unseen subscription', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, '2023-01-05', date '2023-01-06' + c % 25, 10 FROM generate_series(1, :k) AS c} ],
	[ 'zero amount', 'subscriptions', "INSERT INTO t SELECT 10000 + c, 0, '2023-01-05', NULL, CASE WHEN i = 0 THEN 10 ELSE 0 END FROM generate_series(1, :k) AS c, generate_series(0, 1) AS i" ],
	[ 'no revenue', 'subscriptions', "INSERT INTO t SELECT 10000 + c, 0, '2023-01-05', NULL, 0 FROM generate_series(1, :k) AS c", undef, 'zero amount' ],
	[ 'negative month', 'subscriptions', q{INSERT INTO t SELECT 10000 + c, 0, date '2023-01-05' + 30 * i, CASE WHEN i = 1 THEN date '2023-05-20' END, 10 - 30 * i FROM generate_series(1, :k) AS c, generate_series(0, 1) AS i}, '3 * :k' ],
	[ 'mixed scale', 'subscriptions', "$chain CASE WHEN i = 3 THEN 100 ELSE 1 END * price(c, 7) $chains" ],
	[ 'stray decimals', 'subscriptions', "ALTER TABLE t ALTER mrr TYPE numeric; $chain CASE WHEN i = 3 THEN 1 / 7.0 ELSE 1 END * price(c, 7) $chains" ],
);

# Tables that look a bit like those with a defect
my @clean = (
	[ 'payers by the month', 'payments', '' ],
	[ 'subscriptions that touch, upgrades that end the old row, years renewed a week early', 'subscriptions', '' ],
	[ 'the same as ranges', 'subscriptions', 'CREATE TABLE r AS SELECT customer, daterange(starts, ends) AS during, mrr FROM t', q{'r', 'customer', 'during', 'mrr'} ],
	[ 'the same as ranges of timestamps', 'subscriptions', q{CREATE TABLE r AS SELECT customer, tsrange(starts + time '15:00', ends + time '15:00') AS during, mrr FROM t}, q{'r', 'customer', 'during', 'mrr'} ],
	[ 'the same as invoices', 'subscriptions', 'DELETE FROM t WHERE ends IS NULL', q{'t', 'customer', 'starts, ends', 'mrr', shape => 'invoices'} ],
	[ 'snapshots by the day', 'snapshots', '' ],
	[ 'snapshots by the working day', 'snapshots', 'DELETE FROM t WHERE extract(isodow FROM seen_on) > 5' ],
	[ 'snapshots by the week', 'snapshots', 'DELETE FROM t WHERE n % 7 > 0' ],
	[ 'changes of what is paid', 'subscriptions', 'CREATE TABLE r AS SELECT customer, starts AS at, mrr FROM t UNION ALL SELECT customer, ends, -mrr FROM t WHERE ends IS NOT NULL', q{'r', 'customer', 'at', 'mrr', shape => 'changes'} ],
	[ 'amounts by usage, with refunds within the month', 'payments', 'UPDATE t SET amount = round(price(customer, 7) * (0.6 + 0.8 * chance(customer * 64 + n, 12))::numeric, 2); INSERT INTO t SELECT customer, 0, least(paid_on + 4, (date_trunc(\'month\', paid_on) + interval \'1 month\' - interval \'1 day\')::date), -round(amount / 3, 2) FROM t WHERE chance(customer * 64 + n, 13) < 0.1' ],
	[ 'a weekly shop, each customer on a day of its own', 'payments', q{TRUNCATE t; INSERT INTO t SELECT c, n, date '2022-01-01' + floor(300 * chance(c, 1))::int + 7 * n, round((20 + 60 * chance(c * 64 + n, 2))::numeric, 2) FROM generate_series(1, 600) AS c, generate_series(0, 30) AS n WHERE chance(c * 64 + n, 3) < 0.9} ],
	[ 'weekly boxes of one price, each customer on a day of its own', 'payments', q{TRUNCATE t; INSERT INTO t SELECT c, n, date '2022-01-01' + floor(300 * chance(c, 1))::int + 7 * n, price(c, 4) FROM generate_series(1, 600) AS c, generate_series(0, 30) AS n} ],
	[ 'a shop with a season', 'payments', q{TRUNCATE t; INSERT INTO t SELECT c, n, date '2021-01-01' + n * 7 + floor(7 * chance(c * 1024 + n, 2))::int, round((10 + 90 * chance(c * 1024 + n, 4))::numeric, 2) FROM generate_series(1, 600) AS c, generate_series(0, 150) AS n WHERE chance(c * 1024 + n, 3) < CASE WHEN n % 52 > 44 THEN 0.3 ELSE 0.03 END} ],
	[ 'cents only', 'payments', 'ALTER TABLE t ALTER amount TYPE int USING (100 * amount)::int' ],
	[ 'floats', 'payments', 'ALTER TABLE t ALTER amount TYPE float8' ],
	[ 'prices of 9.99 and 999.00', 'payments', 'UPDATE t SET amount = CASE WHEN chance(customer, 12) < 0.6 OR (chance(customer, 12) < 0.65 AND n < 4) THEN 9.99 ELSE 999.00 END' ],
	[ 'payers on the first working day', 'payments', q{UPDATE t SET paid_on = d + CASE extract(isodow FROM d) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END FROM (SELECT customer AS c, n AS i, date_trunc('month', paid_on)::date AS d FROM t) AS v WHERE c = customer AND i = n} ],
	[ 'payers on the last day', 'payments', q{UPDATE t SET paid_on = (date_trunc('month', paid_on) + interval '1 month - 1 day')::date} ],
	[ 'payers by the year, as invoices', 'subscriptions', 'DELETE FROM t WHERE customer % 4 < 3; UPDATE t SET mrr = 12 * mrr', q{'t', 'customer', 'starts, ends', 'mrr', shape => 'invoices'} ],
);

sub table
{
	my ($seed, $kind, $sql, $k) = @_;
	return "SET test.seed = $seed; DROP TABLE IF EXISTS t, r; CREATE TABLE t AS $base{$kind}; " . ($sql =~ s/:k\b/$k/gr) . ';';
}

my $found = q{(SELECT coalesce(string_agg(finding || '=' || count, ', '), '') FROM ledger_lint(%s))};
my $script = "SET timezone = 'UTC'; SET client_min_messages = warning; $chance\n";
foreach my $seed (1 .. $seeds)
{
	foreach my $share (@shares)
	{
		my $n = 0;
		foreach my $defect (@defects)
		{
			my ($finding, $kind, $sql, $planted, undef) = @$defect;
			my $k = int($share * $customers + 0.5);
			$script .= table($seed, $kind, $sql, $k) . "SELECT $n, $share, " . (($planted // ':k') =~ s/:k\b/$k/gr) . ', ' . sprintf($found, $call{$kind}) . ";\n";
			$n++;
		}
	}
	foreach my $n (0 .. $#clean)
	{
		my ($name, $kind, $sql, $call) = @{ $clean[$n] };
		$script .= table($seed, $kind, $sql, 0) . "SELECT 'clean', $n, $seed, " . sprintf($found, $call // $call{$kind}) . ";\n";
	}
}

my (%true, %planted, %counted, %clean);
foreach my $line (split /\n/, $node->safe_psql('postgres', $script))
{
	my ($n, $share, $planted, $findings) = split /\|/, $line, -1;
	if ($n eq 'clean')
	{
		$clean{$share} .= $findings;
		next;
	}
	my ($finding, undef, undef, undef, $also) = @{ $defects[$n] };
	my %count = map { split /=/ } split /, /, $findings;
	my $count = delete $count{$finding} // 0;
	delete $count{$also} if defined $also;
	diag("$finding at $share: also @{[ %count ]}") if %count;

	# what else is found in the table is wrong, too
	$counted{$n}{$share} += $count;
	$counted{$n}{$share} += $_ foreach values %count;
	$planted{$n}{$share} += $planted;
	$true{$n}{$share} += $count < $planted ? $count : $planted;
}

note(sprintf '%-24s %-14s %s', 'finding', 'of', join '  ', map { sprintf '%4.0f %%: precision recall', 100 * $_ } @shares);
foreach my $n (0 .. $#defects)
{
	my $worst = 1;
	my @figures = map {
		my $precision = $counted{$n}{$_} ? $true{$n}{$_} / $counted{$n}{$_} : 0;
		my $recall = $planted{$n}{$_} ? $true{$n}{$_} / $planted{$n}{$_} : 0;
		$worst = $precision if $precision < $worst;
		$worst = $recall if $recall < $worst;
		sprintf '%17.3f  %6.3f', $precision, $recall
	} @shares;
	my $row = sprintf '%-24s %-14s %s', @{ $defects[$n] }[ 0, 1 ], join '  ', @figures;
	note($row);
	cmp_ok($worst, '>=', $least, "$defects[$n][0] of $defects[$n][1]: precision and recall") or diag($row);
}
is($clean{$_}, '', "no finding: $clean[$_][0]") foreach 0 .. $#clean;

done_testing();
