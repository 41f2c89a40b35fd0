# bench/run as its user meets it, on little data and without DuckDB, whose package it would have to fetch

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = PostgreSQL::Test::Utils::tempdir();

# the same PostgreSQL as the other tests', and temporary files where this test can look for leftovers
my $bindir = `pg_config --bindir`;
chomp $bindir;
$ENV{PG_CONFIG} = "$bindir/pg_config";
$ENV{TMPDIR} = $dir;

sub bench
{
	my ($out, $err);
	IPC::Run::run([ 'bash', 'bench/run', '--no-duckdb', @_ ], '<', \'', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

my ($status, $out, $err) = bench(qw(--rows 20000 --rounds 1 cohort movements stored memory-cohort));
is($status, 0, 'the benchmark runs') or diag($err);
like($out, qr/^ cohort +\| sql-cents +\| +\d/m, 'it times the rivals');
like($out, qr/^ movements +\| \d+\.\d\d x as fast as sql-\w+ +\| +\d+\.\d\d \| >=20 +\| (?:met|MISSED)$/m, 'holds nrr to its targets');
like($out, qr/^ stored +\| [1-4]\.\d\d bytes per customer and month /m, 'measures what is stored');
like($out, qr/^ memory-cohort +\| \d+\.\d\d MB above an idle backend /m, 'and memory');
my ($json) = $out =~ m|^All times: (bench/results/.*\.json)$|m;
like(slurp_file($json // '/dev/null'), qr/"rows": 20000,/, 'and keeps the results');

($status, $out, $err) = bench('no-such-test');
is($status, 1, 'an unknown test is refused');
like($err, qr/there is no test no-such-test/, 'by its name');

is(join(' ', glob("$dir/*")), '', 'nothing is left behind');

done_testing();
