# Billing histories by chance, against plain SQL: a few that are always the same, and a few others each time. The long run
# is scripts/test-differential; its --seed repeats one of those that fail here.

use strict;
use warnings FATAL => 'all';
use Cwd qw(abs_path);
use File::Basename;
use lib abs_path(dirname(__FILE__) . '/../scripts/differential');
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Report;
use Work;

my $project = abs_path(dirname(__FILE__) . '/..');

# each so long at most, on a machine that has much else to do
my $seconds = 8;

my $node = PostgreSQL::Test::Cluster->new('differential');
$node->init;
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$node->safe_psql('postgres', 'CREATE DATABASE differential_0');

foreach my $run ([ 'the same ones', 1, 24 ], [ 'others', 100 + int(rand 2**30), 24 ])
{
	my ($name, $seed, $number) = @$run;
	my $found = Work::share_out({ project => $project, first => $seed, number => $number, end => time + $seconds }, 1);
	my $failed = @{ $found->{failed} };
	my $run = @{ $found->{run} };
	is($failed, 0, "$name: histories from seed $seed on");
	cmp_ok(scalar @{ $found->{answers} }, '>', 20, "$name: questions were answered");
	note "$run histories";
	next unless $failed;
	open my $out, '>', \my $text or die $!;
	my $stdout = select $out;
	Report::tell($found);
	select $stdout;
	diag $text;
}

# A harness that cannot fail would find nothing: the same histories, with rates that are rounded otherwise
$node->safe_psql('differential_0', q{
	CREATE OR REPLACE FUNCTION oracle.ratio(x numeric, y numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT round(x / nullif(y, 0), 3) $$});
my @failing = grep { @$_ } Session::run('differential_0', [ map { History::generate($_) } 1 .. 8 ]);
cmp_ok(scalar @failing, '>', 0, 'a wrong reference is found out');

$node->stop;
done_testing();
