# No space left for temporary files; see scripts/test-concurrency.
#
# Statements that write rows to a file run with less and less space, on a small file system of their own, and with smaller
# and smaller limits. Each ends well or with PostgreSQL's own error, leaves nothing behind, and the session goes on.
#
# CONCURRENCY_DISK is that file system, which root has mounted. Without it, the system limits the size of the files that the
# server may write, as ulimit -f does.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../../t/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time);

my $seconds = $ENV{CONCURRENCY_SECONDS} // 120;
my $seed = $ENV{CONCURRENCY_SEED} // time % 1000000;
my $disk = $ENV{CONCURRENCY_DISK} // '';
srand($seed);
note "seed $seed, $seconds seconds, ", $disk ne '' ? 'on a small file system' : 'with a limit to the size of files';

my $node = PostgreSQL::Test::Cluster->new('disk');
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', qq{
	fsync = off
	work_mem = 64kB
	restart_after_crash = on
	log_line_prefix = '%m [%p] %e '
	max_parallel_workers_per_gather = 0
	jit = off
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE ROLE guest LOGIN SUPERUSER;
	CREATE TABLE billing AS
		SELECT repeat('customer ', 5) || i % 20011 AS customer, date '2021-01-01' + (i * 37 % 1400)::int AS at, (i % 331)::numeric(8,2) AS amount, i % 10 AS plan
		FROM generate_series(1::bigint, 120000) AS i;
	SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
	SELECT refresh_revenue_ledgers('plans', 'billing', 'customer', 'at', 'amount', segment => 'plan');
	CREATE MATERIALIZED VIEW view AS SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan;
	CREATE UNIQUE INDEX ON view (plan);
});

my $source = q{'billing', 'customer', 'at', 'amount'};
my @statements = (
	"SELECT customers(revenue_ledger(customer, at, amount)) FROM billing",
	"SELECT count(*) FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS s, revenue_movements(l)",
	"SELECT count(*) FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan) AS s, customer_movements(l)",
	"SELECT count(*) FROM cohort_retention($source)",
	"SELECT count(*) FROM customer_movements($source)",
	"SELECT count(*) FROM ledger_lint($source)",
	"SELECT customers(rollup(ledger)) FROM store, generate_series(1, 3)",
	"SELECT refresh_revenue_ledgers('store', $source, from_date => '-infinity')",
	"SELECT refresh_revenue_ledgers('plans', $source, segment => 'plan', from_date => '-infinity')",
	"SELECT count(*) FROM verify_revenue_ledgers('store', $source)",
	'REFRESH MATERIALIZED VIEW CONCURRENTLY view',
	"SELECT total(l) FROM (SELECT revenue_ledger_from($source) AS l OFFSET 0) AS s",
);
my $check = 'SELECT (SELECT md5(rollup(ledger)::text) FROM store), (SELECT md5(rollup(ledger)::text) FROM plans), (SELECT md5(rollup(l)::text) FROM view)';
my $sound = $node->safe_psql('postgres', $check);
my %results = map { $_ => $node->safe_psql('postgres', $_) } @statements;

sub pick { return $_[ rand @_ ] }

sub temporary_files
{
	my ($dir) = @_;
	my @files;
	foreach my $tmp (glob "$dir/pgsql_tmp $dir/*/pgsql_tmp") { push @files, grep { !/^\.\.?$/ } slurp_dir($tmp) if -d $tmp }
	return @files;
}

# Runs statements in one session, each after it has been told how much room there is, until the time is over. Gives what is
# wrong, and counts how they ended.
sub run_short_of
{
	my ($name, $states, $dir, $make_room, @settings) = @_;
	my (@faults, %ends);
	my $session = Session->new($node->connstr('postgres'), @settings);
	my $ends = time + $seconds / 2;
	for (my $n = 0; $n < @statements || time < $ends; $n++)
	{
		my $sql = $statements[ $n < @statements ? $n : rand @statements ];
		my $setting = $make_room->($n);
		$session->run($setting) if $setting ne '';
		my $result = $session->run($sql);
		my $state = "@{ $result->{states} }";
		$ends{$state}++;
		push @faults, "$name: $sql: $result->{text}" if $result->{lost} || $state !~ $states || ($state eq '' && $result->{rows} ne $results{$sql} && $sql !~ /refresh/i);
		push @faults, "$name: $sql leaves " . join ' ', temporary_files($dir) if temporary_files($dir);
		last if $result->{lost};
		my $after = $session->run('SELECT total(revenue_ledger(1, date $$2024-01-01$$, 5))');
		push @faults, "$name: after $sql: $after->{text}" unless $after->{rows} eq '5';
	}
	$session->end;
	note "$name: ", join ', ', map { ($_ || 'fine') . " $ends{$_}" } sort keys %ends;
	return (\@faults, \%ends);
}

#
# A limit of PostgreSQL's
#

my ($faults, $ends) = run_short_of('temp_file_limit', qr/\A(53400)?\z/, $node->data_dir . '/base',
	sub { my $limit = int(2 ** (6 + rand 12)); "SET temp_file_limit = '${limit}kB'" });
is(join("\n", @$faults), '', 'whatever has reached temp_file_limit says so and leaves nothing');
ok($ends->{53400} && $ends->{''}, 'some have, some have not');

#
# A file system, or a limit of the system's
#

SKIP:
{
	skip 'no file system has been mounted', 2 if $disk eq '';
	$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$disk'");
	my $room = sub {
		my ($n) = @_;
		unlink "$disk/ballast";
		my ($free) = `df --output=avail -k '$disk'` =~ /(\d+)\s*\z/;
		my $ballast = int($free * (1 - rand() ** 2));
		system("dd if=/dev/zero of='$disk/ballast' bs=1k count=$ballast status=none");
		return '';
	};
	($faults, $ends) = run_short_of('a full file system', qr/\A(53100)?\z/, $disk, $room, "SET temp_tablespaces = 'small'");
	unlink "$disk/ballast";
	is(join("\n", @$faults), '', 'whatever finds no space left says so and leaves nothing');
	ok($ends->{53100} && $ends->{''}, 'some have not found it, some have');
}

SKIP:
{
	skip 'a file system has been mounted', 2 if $disk ne '';
	# what only reads is to write to temporary files only
	$node->safe_psql('postgres', 'VACUUM (FREEZE)');
	$node->stop;
	my ($logfile, $data) = ($node->logfile, $node->data_dir);
	system_or_bail('sh', '-c', "ulimit -f 8192; exec pg_ctl -w -D '$data' -l '$logfile.limited' start");
	$node->_update_pid(1);
	my @all = @statements;
	@statements = grep { !/refresh/i } @statements;
	# PostgreSQL has no SQLSTATE for files that are too large
	($faults, $ends) = run_short_of('a limit to files', qr/\A(XX000)?\z/, "$data/base",
		sub { 'SET work_mem = ' . pick("'64kB'", "'100MB'") });
	@statements = @all;
	is(join("\n", @$faults), '', 'whatever may not write on says so and leaves nothing');
	ok($ends->{XX000} && $ends->{''}, 'some may not, some may');
	$node->stop;
	$node->start;
}

#
# Afterwards
#

is($node->safe_psql('postgres', $check), $sound, 'stores and views are what they were');
is($node->safe_psql('postgres', $_), $results{$_}, "with room again: $_") foreach grep { !/refresh/i } @statements;
is(join("\n", slurp_file($node->logfile) =~ /^(.*(?:PANIC|TRAP:|terminated by signal|runtime error:|AddressSanitizer| XX\d\d\d |still referenced|file leak).*)/mg), '', 'the server had no reason to complain');
$node->stop;
done_testing();
