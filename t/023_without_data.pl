# Where the third-party data sets are not, make installcheck passes all the same: each test of them says so and ends.

use strict;
use warnings FATAL => 'all';
use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @tests = map { basename($_, '.sql') } grep { slurp_file($_) =~ /NRR_DATA/ } sort glob 'sql/*.sql';
cmp_ok(scalar(@tests), '>', 0, 'there are tests of third-party data');

my $node = PostgreSQL::Test::Cluster->new('without_data');
$node->init;
$node->start;

delete local $ENV{NRR_DATA};
foreach my $test (@tests)
{
	command_ok(
		[   $ENV{PG_REGRESS}, '--inputdir=.', "--outputdir=$PostgreSQL::Test::Utils::tmp_check",
			'--load-extension=nrr', '--encoding=UTF8', '--no-locale',
			'--bindir=' . $node->config_data('--bindir'),
			'--host=' . $node->host, '--port=' . $node->port, "--dbname=without_$test", $test ],
		"$test passes without its data");
}

$node->stop;
done_testing();
