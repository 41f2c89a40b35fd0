# Workers and their leader make the very bytes that one process makes.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('parallel');
$node->init;
$node->append_conf('postgresql.conf', qq{
	max_worker_processes = 8
	max_parallel_workers = 8
});
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE TABLE billing AS
		SELECT i * 7919 % 40009 AS customer, date '2022-01-01' + (i * 31 % 1100)::int AS at,
			((i * 613 % 20011 - 400) / 100.0)::numeric(10,2) AS amount, i * 104729 % 5 AS segment
		FROM generate_series(1::bigint, 300000) AS i;
	CREATE TABLE monthly AS
		SELECT date_trunc('month', at) AS month, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY 1;
	ANALYZE;
});

my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $parallel = q{
	SET max_parallel_workers_per_gather = 3;
	SET min_parallel_table_scan_size = 0;
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
};
my $hash_only = 'SET enable_sort = off;';
my $sort_only = 'SET enable_hashagg = off;';
my $digest = 'md5(revenue_ledger_send(%s))';
my $ledger = sprintf($digest, 'revenue_ledger(customer, at, amount)');

my @queries = (
	[ 'one ledger',             '',         "SELECT $ledger FROM billing" ],
	[ 'a ledger by day',        '',         sprintf("SELECT $digest FROM billing", q{revenue_ledger(customer, at, amount, 'day')}) ],
	[ 'text customers',         '',         sprintf("SELECT $digest FROM billing", q{revenue_ledger(customer::text, at, amount)}) ],
	[ 'five groups',            '',         "SELECT segment, $ledger FROM billing GROUP BY segment ORDER BY segment" ],
	[ 'many groups by hashing', $hash_only, "SELECT md5(string_agg(d, '' ORDER BY d)) FROM (SELECT $ledger AS d FROM billing GROUP BY customer) AS g" ],
	[ 'many groups by sorting', $sort_only, "SELECT md5(string_agg(d, '' ORDER BY d)) FROM (SELECT $ledger AS d FROM billing GROUP BY customer) AS g" ],
	[ 'rollup of ledgers',      '',         sprintf("SELECT $digest FROM monthly", 'rollup(l)') ],
	[ 'rollup of rows',         '',         sprintf("SELECT $digest FROM billing", 'rollup(revenue_entry(customer, at, amount))') ],
	[ 'a filter on a ledger',   '',         'SELECT count(*) FROM monthly WHERE customers(l) > 100 AND total(l) > 0' ],
	[ 'movements in a query',   '',         'SELECT md5(string_agg(m::text, \'\' ORDER BY m.period)) FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS b, revenue_movements(l, 12) AS m' ],
);

foreach (@queries)
{
	my ($name, $settings, $query) = @$_;
	my $plan = $node->safe_psql('postgres',
		"$parallel $settings EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $query");
	like($plan, qr/Workers Launched: [1-9]/, "$name: workers are launched");
	is( $node->safe_psql('postgres', "$parallel $settings $query"),
		$node->safe_psql('postgres', "$serial $settings $query"),
		"$name: workers make the same bytes");
}

# the leader alone merges what workers made, in whichever order they finish
foreach my $participation ('on', 'off')
{
	is( $node->safe_psql('postgres', "$parallel SET parallel_leader_participation = $participation; SELECT $ledger FROM billing"),
		$node->safe_psql('postgres', "$serial SELECT $ledger FROM billing ORDER BY 1"),
		"leader participation $participation: the same bytes");
}

$node->stop;
done_testing();
