# The one bound on memory: bench/memory-peaks on a fraction of its data, in a server that has next to no shared memory.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

open(my $status, '<', "/proc/$$/status") or plan skip_all => 'memory is measured in /proc, which this system has not';
plan skip_all => 'memory is not that of a server in use (NRR_HARDENED)' if $ENV{NRR_HARDENED};

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init;
$node->append_conf('postgresql.conf', "shared_buffers = 1MB\nwork_mem = 4MB\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION nrr');
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';

# as much data of each as was over the bound before it was kept
my %percents = (
	'many-customers-flat' => 60,
	'rollup-of-large' => 70,
	'cohorts-of-days' => 80,
	'one-customer' => 25,
	'window' => 80);
foreach my $input (sort keys %percents)
{
	my ($out, $err);
	my $ran = IPC::Run::run([ 'bash', 'bench/memory-peaks', '--server', '--rows', $percents{$input}, $input ],
		'<', \'', '>', \$out, '2>', \$err);
	ok($ran, "$input keeps to the bound") or diag("$out$err");
	like($out, qr/^\Q$input\E +\d+\.\d +\d+\.\d  ok$/m, "$input was measured");
}

$node->stop;
done_testing();
