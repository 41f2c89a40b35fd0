# A standby that is read and a subscriber that follows while sessions write at random; see scripts/test-concurrency.
#
# On the standby, as on the primary, a store that triggers keep is exact in every statement, and whatever would write is told
# that it cannot. A subscriber comes to have the rows of the publisher's stores, text or binary. In the end the primary is
# killed, the standby takes over, and all of it is exact there and goes on. What is deterministic of this is in
# t/027_replicas.pl.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../../t/lib";
use Kill;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time sleep);

my $seconds = $ENV{CONCURRENCY_SECONDS} // 120;
my $seed = $ENV{CONCURRENCY_SEED} // time % 1000000;
my ($books, undef) = do "$FindBin::RealBin/statements.pl" or die $@ || $!;
my $dir = PostgreSQL::Test::Utils::tempdir();
note "seed $seed, $seconds seconds";

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 'logical');
$primary->append_conf('postgresql.conf', qq{
	fsync = off
	max_connections = 50
	deadlock_timeout = 50ms
	restart_after_crash = on
	hot_standby_feedback = on
	max_standby_streaming_delay = 1s
	log_line_prefix = '%m [%p] %e '
	log_statement = none
	log_error_verbosity = verbose
	jit = off
});
$primary->start;
$primary->psql('postgres', slurp_file("$FindBin::RealBin/setup.sql"), on_error_die => 1);
# a subscriber finds rows by all of their columns
$primary->safe_psql('postgres', 'ALTER TABLE kept.store REPLICA IDENTITY FULL; CREATE PUBLICATION stores FOR TABLE kept.store');
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "fsync = off\nlog_line_prefix = '%m [%p] %e '\n");
$subscriber->start;
foreach (qw(as_text as_binary))
{
	my $binary = $_ eq 'as_binary' ? 'true' : 'false';
	$subscriber->safe_psql('postgres', "CREATE DATABASE $_");
	$subscriber->safe_psql($_, 'CREATE EXTENSION nrr; CREATE SCHEMA kept; CREATE TABLE kept.store (ledger revenue_ledger, refreshed_at timestamptz, time_zone text)');
	$subscriber->safe_psql($_, "CREATE SUBSCRIPTION $_ CONNECTION '@{[ $primary->connstr ]} dbname=postgres' PUBLICATION stores WITH (binary = $binary)");
}

write_rows($dir);

# What writes, and does not change the columns that are published
my @writers = grep { my $made = $_->[1]->(); my $text = ref $made ? join ' ', map { ref $_ ? $_->[0] : $_ } ref $made eq 'HASH' ? @{ $made->{statements} } : () : $made;
	$text =~ /INSERT|UPDATE|DELETE|MERGE|TRUNCATE|\\copy kept|refresh_revenue|REFRESH|VACUUM FULL kept/ && $text !~ /RENAME|ALTER|CURSOR|LOGGED/ } @{ $books->{kept}{statements} };

# What must be so on the standby at any time, as an ordinary statement says and as a snapshot that stays says
my $differences = 'SELECT kept.differences(rollup(ledger), (SELECT revenue_ledger(customer, at, amount) FROM kept.billing)) FROM kept.store';
my $source = q{'kept.billing', 'customer', 'at', 'amount'};
my @checks = (
	[ $differences, qr/\A\z/ ], [ "SELECT * FROM verify_revenue_ledgers('kept.store', $source)", qr/\A\z/ ],
	[ 'SELECT (SELECT total(rollup(ledger)) FROM kept.store) IS NOT DISTINCT FROM (SELECT sum(amount) FROM kept.billing)', qr/\A[tf]\z/ ],
	(map { [ "SELECT count(*) FROM $_", qr/\A\d+\z/ ] } "revenue_movements($source)", "customer_movements($source)", "cohort_retention($source)",
		"ledger_lint($source)", 'kept.figures', 'kept.plans, revenue_movements(l)', 'kept.customers'),
	(map { [ $_, qr/\A(?!x)x/, '25006' ] } "SELECT refresh_revenue_ledgers('kept.store', $source)", 'REFRESH MATERIALIZED VIEW kept.plans',
		'INSERT INTO kept.billing (customer, at, amount) VALUES (1, $$2024-01-01$$, 1)'),
);
# A standby cancels what stands in the way of its primary; and rows that are gone there cannot be serialized
my %expected = map { $_ => 1 } qw(40001 40P01 57014 55P03 57P01);
my $ends = time + $seconds;

sub work
{
	my ($number, $node, $work) = @_;
	srand($seed * 100 + $number);
	my ($session, %counts, @faults);
	my @settings = ('SET client_min_messages = warning', q{SET lock_timeout = '5s'}, "\\cd $dir");
	while (time < $ends)
	{
		$session //= Session->new($node->connstr('postgres'), @settings, 'SET ROLE ' . ($node == $primary ? 'worker' : 'keeper'));
		my ($sql, $pattern, $state) = $work->();
		foreach my $statement (ref $sql ? @$sql : $sql)
		{
			my $result = $session->run($statement);
			my @wrong = grep { !$expected{$_} && $_ ne ($state // '') } @{ $result->{states} };
			$counts{$_}++ foreach @{ $result->{states} } ? @{ $result->{states} } : 'fine';
			# a standby ends sessions that stand in its way, some without a word
			push @wrong, 'lost' if $result->{lost} && !@{ $result->{states} } && $node == $primary;
			push @wrong, 'not this' if !@{ $result->{states} } && !$result->{lost} && defined $pattern && $statement !~ /^(BEGIN|LOCK|COMMIT)/ && $result->{rows} !~ $pattern;
			push @faults, "$statement: $result->{text}" if @wrong;
			if ($result->{lost} || "@{ $result->{states} }" =~ /57P01/)
			{
				$session->end;
				undef $session;
				last;
			}
			last if @{ $result->{states} } && (!ref $sql || $session->run('ROLLBACK'));
		}
	}
	$session->end if $session;
	open(my $file, '>', "$dir/$number") or die $!;
	print $file join(', ', map { "$_ $counts{$_}" } sort keys %counts), "\n\n", join("\n", @faults);
	close $file;
	return;
}

sub write_something
{
	my $made = pick(@writers)->[1]->();
	return $made->[0] if ref $made eq 'ARRAY';
	return $made unless ref $made;
	return $made->{statements}[0] if $made->{alone};
	return [ 'BEGIN', (map { ref $_ ? $_->[0] : $_ } @{ $made->{statements} }), 'COMMIT' ];
}

sub read_something
{
	my ($sql, $pattern, $state) = @{ pick(@checks) };
	return ($sql, $pattern, $state) if rand() < 0.7 || defined $state;
	# the snapshot is taken when both are locked
	return ([ 'BEGIN ISOLATION LEVEL REPEATABLE READ', 'LOCK TABLE kept.billing, kept.store IN ACCESS SHARE MODE', $sql, $sql, 'COMMIT' ], $pattern);
}

my @workers = ((map { [ $primary, \&write_something ] } 1 .. 3), (map { [ $standby, \&read_something ] } 1 .. 3));
my @children = map {
	my $number = $_;
	my $child = fork // die $!;
	if ($child == 0)
	{
		eval { work($number, @{ $workers[$number] }); 1 } or do { open(my $file, '>', "$dir/$number"); print $file "\n\nhas ended: $@"; close $file };
		POSIX::_exit(0);
	}
	$child;
} 0 .. $#workers;
waitpid $_, 0 foreach @children;

my @faults;
foreach (0 .. $#workers)
{
	my ($counts, $faults) = split /\n\n/, slurp_file("$dir/$_"), 2;
	note $workers[$_][0]->name . ": $counts";
	push @faults, $faults if $faults =~ /\S/;
}
is(join("\n", @faults), '', 'whatever is written, the standby shows what goes together');

#
# At rest
#

my $rows = q{SELECT md5(string_agg(r, ' ' ORDER BY r)) FROM (SELECT ROW(ledger, refreshed_at, time_zone)::text AS r FROM kept.store) AS s};
$primary->wait_for_catchup($standby);
my $state = $primary->safe_psql('postgres', $rows);
is($standby->safe_psql('postgres', $rows), $state, 'the standby has the rows of the store');
foreach (qw(as_text as_binary))
{
	$subscriber->wait_for_subscription_sync($primary, $_, $_);
	$primary->wait_for_catchup($_);
	is($subscriber->safe_psql($_, $rows), $state, "a subscriber has them, $_");
}
kill_server($primary);
$standby->promote;
is($standby->safe_psql('postgres', $differences), '', 'the store is exact on the standby that takes over');
like($standby->safe_psql('postgres', "SET ROLE keeper; SELECT refresh_revenue_ledgers('kept.store', $source, open_periods => 0)"), qr/^(empty|\(,\))$/, 'where it is refreshed');
is($standby->safe_psql('postgres', "INSERT INTO kept.billing (customer, at, amount) VALUES (1, '2024-01-01', 1); $differences"), '', 'and kept');
foreach ($primary, $standby, $subscriber)
{
	is(join("\n", slurp_file($_->logfile) =~ /^(.*(?:PANIC|TRAP:|terminated by signal|runtime error:|AddressSanitizer| XX\d\d\d .*ERROR|still referenced|file leak).*)/mg), '', $_->name . ' had no reason to complain');
}
$standby->stop('fast');
$subscriber->stop('immediate');
done_testing();
