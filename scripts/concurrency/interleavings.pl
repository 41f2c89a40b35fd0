# Sessions that do at random what can be done to stores and their tables, side by side; see scripts/test-concurrency.
#
# Whatever they do, no server goes down, no error is an internal one, and each book keeps what is promised of it: kept.store
# is what kept.billing says at every moment, each month of whatever is read in steady is 1000, and everything comes to rest.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../../t/lib";
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time sleep);

my $seconds = $ENV{CONCURRENCY_SECONDS} // 120;
my $seed = $ENV{CONCURRENCY_SEED} // time % 1000000;
my $workers = $ENV{CONCURRENCY_SESSIONS} // 6;
my ($books, $anywhere) = do "$FindBin::RealBin/statements.pl" or die $@ || $!;
my $dir = PostgreSQL::Test::Utils::tempdir();

# Errors that a statement may end with beside others: what it needs is locked, gone, not there, another one, or busy
my %expected = map { $_ => 1 } qw(40001 40P01 57014 57P01 55P03 42P01 42703 0A000 55000 55006 25001 42704 42701);
# And where names may stand for anything, or things are there twice
my %expected_wild = map { $_ => 1 } keys %expected, qw(22023 42501 42710 42723 42804 42809 42883 42P07 42P16 2BP01 22P02 23505 42846 3F000 39P01 42846 22003);

# PostgreSQL's own, of statements that two sessions do to one object
my $internal = qr/tuple concurrently (updated|deleted)/;

note "seed $seed, $workers sessions, $seconds seconds";

#
# A session
#

my (%counts, @findings, @history, $session, $connstr, $ends);

sub finding
{
	my ($what, $sql, $result) = @_;
	push @findings, join "\n  ", $what, "result: $result->{text}", 'statements before:', @history;
	return;
}

sub connect_session
{
	for my $try (1 .. 100)
	{
		$session = Session->new("$connstr user=worker application_name=worker", 'SET client_min_messages = warning',
			"SET search_path = public", q{SET lock_timeout = '1s'}, q{SET timezone = 'UTC'}, "\\cd $dir");
		return unless $session->{greeting}{lost} || @{ $session->{greeting}{states} };
		finding('no session', 'connect', $session->{greeting}) if $session->{greeting}{text} =~ /57P03|recovery|starting up/ || $try == 100;
		$session->end;
		sleep 0.1;
	}
	die "cannot connect";
}

sub judge_errors
{
	my ($book, $sql, $result) = @_;
	my $allowed = $book eq 'wild' ? \%expected_wild : \%expected;
	foreach my $i (0 .. $#{ $result->{states} })
	{
		my ($state, $error) = ($result->{states}[$i], $result->{errors}[$i]);
		$counts{$state}++;
		next if $allowed->{$state} || ($state eq 'XX000' && $error =~ $internal && $sql !~ /^\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|EXECUTE|FETCH)/);
		finding("unexpected error of $book", $sql, $result);
	}
	return;
}

# Runs a statement, and says whether it went well
sub do_statement
{
	my ($book, $statement) = @_;
	my ($sql, $pattern) = ref $statement ? @$statement : ($statement);
	my $result = $session->run($sql);
	push @history, "$sql -- @{ $result->{states} }";
	shift @history if @history > 12;
	judge_errors($book, $sql, $result);
	my $terminated = grep { $_ eq '57P01' } @{ $result->{states} };
	if ($result->{lost} || $terminated)
	{
		finding('a session is lost', $sql, $result) unless $terminated;
		$session->end;
		connect_session();
		return 0;
	}
	return 0 if @{ $result->{states} };
	$counts{fine}++;
	finding("not what must be in $book", $sql, $result) if defined $pattern && $result->{rows} !~ $pattern;
	return 1;
}

# In a transaction of some level, or without one
sub do_all
{
	my ($book, $made, $level) = @_;
	my $inside = $level ne '';
	$made = { statements => [$made] } unless ref $made eq 'HASH';
	return 1 if $made->{alone} && $inside || $made->{latest} && $level =~ /REPEATABLE|SERIALIZABLE/;
	my $session_before = $session;
	do_statement($book, $inside ? 'SAVEPOINT whole' : 'BEGIN') or return 0 if $made->{whole};
	my $fine = 1;
	foreach (@{ $made->{statements} })
	{
		$fine = do_statement($book, $_);
		last unless $fine;
	}
	return $fine unless $made->{whole} && $session == $session_before;
	my $ended = do_statement($book, $inside ? ($fine ? 'RELEASE whole' : 'ROLLBACK TO whole') : ($fine ? 'COMMIT' : 'ROLLBACK'));
	return $inside ? $ended : $fine;
}

sub choose
{
	my (@statements) = @_;
	my $total = 0;
	$total += $_->[0] foreach @statements;
	my $point = rand $total;
	foreach (@statements)
	{
		$point -= $_->[0];
		return $_->[1]->() if $point < 0;
	}
	return $statements[0][1]->();
}

sub choose_in { return choose(@{ $books->{ $_[0] }{statements} }, @$anywhere) }

sub transaction
{
	my ($book) = @_;
	my $level = pick('READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE');
	my $before = $session;
	do_statement($book, "BEGIN ISOLATION LEVEL $level") or return;
	# what is truncated after a snapshot was taken is empty in it, so that is taken when nobody can
	my $fine = $level eq 'READ COMMITTED' || do_statement($book, $books->{$book}{locks});
	my $depth = 0;
	foreach (1 .. between(1, 6))
	{
		last if $session != $before;
		if (!$fine)
		{
			last if $depth == 0;
			do_statement($book, 'ROLLBACK TO s') or last;
		}
		$depth++ if rand() < 0.3 && do_statement($book, 'SAVEPOINT s');
		$fine = do_all($book, choose_in($book), $level);
		do_statement($book, 'ROLLBACK TO s') if $fine && $depth > 0 && rand() < 0.2;
	}
	do_statement($book, rand() < 0.8 ? 'COMMIT' : 'ROLLBACK') if $session == $before;
	return;
}

sub work
{
	my ($number) = @_;
	srand($seed * 100 + $number);
	connect_session();
	while (time < $ends)
	{
		my $book = pick('kept', 'kept', 'steady', 'steady', 'wild');
		if (rand() < 0.5) { do_all($book, choose_in($book), '') }
		else { transaction($book) }
	}
	$session->end;
	open(my $file, '>', "$dir/$number") or die $!;
	print $file map({ "$_ $counts{$_}\n" } sort keys %counts), "\n", join("\n\n", @findings);
	close $file;
	return;
}

#
# All of them
#

my $node = PostgreSQL::Test::Cluster->new('interleavings');
$node->init;
$node->append_conf('postgresql.conf', qq{
	fsync = off
	restart_after_crash = on
	deadlock_timeout = 50ms
	max_connections = 50
	autovacuum_naptime = 1s
	log_line_prefix = '%m [%p] %e %a '
	log_statement = none
	log_min_error_statement = error
	log_error_verbosity = verbose
	jit = off
});
$node->start;
$connstr = $node->connstr('postgres');
$node->psql('postgres', slurp_file("$FindBin::RealBin/setup.sql"), on_error_die => 1);

write_rows($dir);

$ends = time + $seconds;
my @children = map {
	my $child = fork // die $!;
	if ($child == 0)
	{
		eval { work($_); 1 } or do { open(my $file, '>', "$dir/$_"); print $file "\nthe session has ended: $@"; close $file };
		POSIX::_exit(0);
	}
	$child;
} 1 .. $workers;
waitpid $_, 0 foreach @children;

my (%total, @faults);
foreach (1 .. $workers)
{
	my ($counts, $findings) = split /\n\n/, slurp_file("$dir/$_"), 2;
	$total{ $_->[0] } += $_->[1] foreach map { [ split / / ] } split /\n/, $counts;
	push @faults, $findings if ($findings // '') =~ /\S/;
}
note join ', ', map { "$_: $total{$_}" } sort keys %total;
is(join("\n\n", @faults), '', 'every statement ends as it may');
cmp_ok($total{fine} // 0, '>', $seconds, 'many of them well');

#
# At rest
#

sub psql_rows
{
	my ($sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "SET timezone = 'UTC'; SET client_min_messages = warning; SET ROLE worker; $sql");
	return $out . $err;
}
my $verify_kept = q{SELECT * FROM verify_revenue_ledgers('kept.store', 'kept.billing', 'customer', 'at', 'amount')};
is(psql_rows($verify_kept), '', 'the kept store is exact at rest');
is(psql_rows(q{SELECT kept.differences(rollup(ledger), (SELECT revenue_ledger(customer, at, amount) FROM kept.billing)) FROM kept.store}), '', 'by its entries, too');
like(psql_rows(q{SELECT refresh_revenue_ledgers('kept.store', 'kept.billing', 'customer', 'at', 'amount', open_periods => 0)}), qr/^(empty|\(,\))$/, 'it is refreshed');
is(psql_rows($verify_kept), '', 'and stays exact');
is(psql_rows(q{SELECT name, steady.not_steady('steady.' || name) FROM steady.names}), '', 'each month is 1000 in each table');
is(psql_rows(q{SELECT DISTINCT name FROM steady.names, verify_revenue_ledgers('steady.store_' || name, 'steady.' || name, 'customer', 'at', 'amount') WHERE stored <> computed}), '', 'and in each store');
is(psql_rows(q{DO $$ BEGIN PERFORM refresh_revenue_ledgers('steady.store_' || name, 'steady.' || name, 'customer', 'at', 'amount', from_date => '-infinity') FROM steady.names; END $$;
	SELECT DISTINCT name FROM steady.names, verify_revenue_ledgers('steady.store_' || name, 'steady.' || name, 'customer', 'at', 'amount')}), '', 'which are exact once they are refreshed');
is(psql_rows(q{RESET ROLE; DROP SCHEMA wild, attic CASCADE}), '', 'what is wild can be dropped');
is(psql_rows(q{REFRESH MATERIALIZED VIEW CONCURRENTLY kept.plans; REFRESH MATERIALIZED VIEW CONCURRENTLY kept.customers;
	SELECT count(*) FROM kept.customers AS c WHERE l IS DISTINCT FROM (SELECT revenue_ledger(customer, at, amount) FROM kept.billing AS b WHERE b.customer = c.customer)}), '0', 'materialized views are refreshed');
is(psql_rows(q{RESET ROLE; SELECT bt_index_check(c.oid, true) FROM pg_class AS c JOIN pg_index ON indexrelid = c.oid AND indisvalid JOIN pg_am AS a ON a.oid = relam AND amname = 'btree' WHERE relnamespace IN ('kept'::regnamespace, 'steady'::regnamespace)}) =~ s/\n//gr, '', 'indexes are sound');
is(psql_rows('RESET ROLE; SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND relation > 16384'), '0', 'no lock is left');
is(join(' ', grep { !/^\.\.?$/ } -d $node->data_dir . '/base/pgsql_tmp' ? slurp_dir($node->data_dir . '/base/pgsql_tmp') : ()), '', 'no temporary file is left');
is(join("\n", slurp_file($node->logfile) =~ /^(.*(?:terminated by signal|PANIC|TRAP:|runtime error:|AddressSanitizer|Valgrind|still referenced|leak:|temporary file leak).*)/mg), '', 'the server had no reason to complain');
is(join("\n", grep { !/$internal/ } slurp_file($node->logfile) =~ /^(.* XX\d\d\d .*ERROR:.*)/mg), '', 'no error was internal');

$node->stop;
done_testing();
