# A cancel, a timeout or the end of a session is answered at any moment; see scripts/test-cancel for every function.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Cancel;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'this system does not tell a process\'s time' unless -r '/proc/self/schedstat';

my $node = PostgreSQL::Test::Cluster->new('cancel');
$node->init;
$node->append_conf('postgresql.conf', q{
	fsync = off
	work_mem = 256MB
	max_parallel_workers_per_gather = 0
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE TABLE endless (l revenue_ledger);
	INSERT INTO endless
	SELECT subscription_ledger(i, daterange(date '2020-01-01' + i % 2000, NULL), i % 50 + 1, 'day') FROM generate_series(1, 30000) AS i;
	CREATE TABLE long_keys (l revenue_ledger);
	ALTER TABLE long_keys ALTER l SET STORAGE EXTERNAL;
	INSERT INTO long_keys SELECT revenue_ledger(repeat(md5(i::text), 1800), date '2026-01-01', i) FROM generate_series(1, 1150) AS i;
	CREATE TABLE customer AS SELECT md5(i::text) AS c FROM generate_series(1, 1000000) AS i;
	ANALYZE;
});

my $psql = [ 'psql', $node->connstr('postgres') ];

# Statements that are long in one step, and how many times they are ended
my @statements = (
	[ 'movements far ahead', q{SELECT count(*) FROM endless, revenue_movements(l, through => '2730-01-01')}, 2 ],
	[ 'text output', 'SELECT count(revenue_ledger_out(l)) FROM long_keys', 2 ],
	[ 'text input', 'SELECT customers(revenue_ledger_in(revenue_ledger_out(l))) FROM long_keys', 3 ],
	[ 'putting text customers in order', q{SELECT customers(revenue_ledger(c, date '2026-01-01', 1)) FROM customer}, 4 ],
);

for my $statement (@statements)
{
	my ($name, $sql, $moments) = @$statement;
	my $seconds = time_run($psql, $sql, 1.5);
	my ($longest, $ended) = time_ends($psql, $sql, $seconds, $moments);
	ok($ended > 0 && $longest <= CANCEL_LIMIT, sprintf '%s is cancelled within %d ms', $name, 1000 * CANCEL_LIMIT)
		or diag(sprintf '%d of %d times, within %.0f ms', $ended, $moments, $longest * 1000);
}

# The same way leads to the other ends
my ($longest, $ended) = time_ends($psql, $statements[0][1], 0.5, 2, 'TERM');
ok($ended == 2 && $longest <= CANCEL_LIMIT, sprintf('a session is ended within %d ms', 1000 * CANCEL_LIMIT))
	or diag(sprintf '%d of 2 times, within %.0f ms', $ended, $longest * 1000);
my $seconds = time_run($psql, "SET statement_timeout = 300; DO \$\$ BEGIN PERFORM count(*) FROM endless, revenue_movements(l, through => '2730-01-01'); EXCEPTION WHEN query_canceled THEN END \$\$", 5);
cmp_ok($seconds, '<=', 0.3 + CANCEL_LIMIT, 'a timeout is kept to');

# one that does not answer is still there
$node->stop('immediate');
done_testing();
