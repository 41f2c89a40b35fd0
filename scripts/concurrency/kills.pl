# Backends and servers that are killed at random moments of what they do; see scripts/test-concurrency.
#
# What was going on is done as a whole or not at all: stores and materialized views are what they were before or what they
# should be after, the store that triggers keep is what its table says, indexes are sound, and no temporary file is left.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../../t/lib";
use Kill;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(time sleep);

my $seconds = $ENV{CONCURRENCY_SECONDS} // 120;
my $seed = $ENV{CONCURRENCY_SEED} // time % 1000000;
my $started = time;
srand($seed);
note "seed $seed, $seconds seconds";

my $node = PostgreSQL::Test::Cluster->new('kills');
$node->init;
$node->append_conf('postgresql.conf', qq{
	fsync = off
	restart_after_crash = on
	remove_temp_files_after_crash = on
	max_wal_size = 2GB
	work_mem = 64kB
	log_line_prefix = '%m [%p] %e '
	jit = off
});
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE EXTENSION amcheck;
	CREATE DATABASE empty;
	CREATE TABLE billing (id bigserial PRIMARY KEY, customer int, at date, amount numeric(12,2), plan text);
	INSERT INTO billing (customer, at, amount, plan)
		SELECT i % 5000, date '2022-01-01' + i % 1000, i % 331, 'plan ' || i % 30 FROM generate_series(1, 40000) AS i;
	SET client_min_messages = warning;
	SELECT refresh_revenue_ledgers('kept', 'billing', 'customer', 'at', 'amount');
	CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('kept', 'customer', 'at', 'amount');
	CREATE TRIGGER changed AFTER UPDATE ON billing REFERENCING NEW TABLE AS added OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('kept', 'customer', 'at', 'amount');
	CREATE TRIGGER removed AFTER DELETE ON billing REFERENCING OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('kept', 'customer', 'at', 'amount');
	CREATE TRIGGER emptied AFTER TRUNCATE ON billing
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('kept', 'customer', 'at', 'amount');
	SELECT refresh_revenue_ledgers('refreshed', 'billing', 'customer', 'at', 'amount', segment => 'plan');
	CREATE MATERIALIZED VIEW plans AS SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan;
	CREATE UNIQUE INDEX ON plans (plan);
	CREATE MATERIALIZED VIEW customers AS
		SELECT customer, revenue_ledger(customer, at, amount) AS l,
			retention(revenue_ledger(customer, at, amount), '2022-06-01', '2023-06-01') AS summary
		FROM billing GROUP BY customer;
	CREATE UNIQUE INDEX ON customers (customer);
	CREATE INDEX ON customers (l);
	CREATE INDEX ON customers (summary);
	CREATE TABLE copied (LIKE refreshed);
	CREATE INDEX ON copied USING hash (ledger);
});
my $dir = PostgreSQL::Test::Utils::tempdir();
$node->safe_psql('postgres', "COPY refreshed TO '$dir/store' (FORMAT binary); COPY refreshed TO '$dir/store.txt'");

# What is to be as before or as after: 'before' is asked before, 'after' is what it must be when all is done
my %states = (
	refreshed => [ q{SELECT md5(string_agg(segment || l::text, '' ORDER BY segment)) FROM (SELECT segment, rollup(ledger) AS l FROM refreshed GROUP BY segment) AS s},
		q{SELECT md5(string_agg(plan || l::text, '' ORDER BY plan)) FROM (SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan) AS s} ],
	plans => [ q{SELECT md5(string_agg(plan || l::text, '' ORDER BY plan)) FROM plans},
		q{SELECT md5(string_agg(plan || l::text, '' ORDER BY plan)) FROM (SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan) AS s} ],
	customers => [ q{SELECT md5(string_agg(l::text || summary::text, '' ORDER BY customer)) FROM customers},
		q{SELECT md5(string_agg(l::text || s::text, '' ORDER BY customer)) FROM (SELECT customer, revenue_ledger(customer, at, amount) AS l, retention(revenue_ledger(customer, at, amount), '2022-06-01', '2023-06-01') AS s FROM billing GROUP BY customer) AS s} ],
	copied => [ q{SELECT md5(coalesce(string_agg(segment || l::text, '' ORDER BY segment), '')) FROM (SELECT segment, rollup(ledger) AS l FROM copied GROUP BY segment) AS s} ],
	extension => [ q{SELECT count(*) FROM pg_extension WHERE extname = 'nrr'} ],
);

my $change = q{UPDATE billing SET amount = amount + 1 WHERE id % 1000 = (random() * 999)::int; };
# Name, database, what happens before, the statement, and the state that it changes as a whole
my @deeds = (
	[ 'refresh of a kept store', 'postgres', '', q{SELECT refresh_revenue_ledgers('kept', 'billing', 'customer', 'at', 'amount', open_periods => 0)} ],
	[ 'refresh of all of a kept store', 'postgres', '', q{SELECT refresh_revenue_ledgers('kept', 'billing', 'customer', 'at', 'amount', from_date => '-infinity')} ],
	[ 'write with triggers', 'postgres', '', q{UPDATE billing SET amount = amount + 1, at = at + 1 WHERE id % 10 = 3} ],
	[ 'truncate with triggers', 'postgres', '', q{BEGIN; CREATE TEMP TABLE rows ON COMMIT DROP AS TABLE billing; TRUNCATE billing; INSERT INTO billing TABLE rows; COMMIT} ],
	[ 'refresh', 'postgres', $change, q{SELECT refresh_revenue_ledgers('refreshed', 'billing', 'customer', 'at', 'amount', segment => 'plan', from_date => '-infinity')}, 'refreshed' ],
	[ 'spill', 'postgres', '', q{SELECT customers(revenue_ledger(md5(i::text), date '2022-01-01' + i % 1000, i)) FROM generate_series(1, 200000) AS i} ],
	[ 'cohorts of a spilled ledger', 'postgres', '', q{SELECT count(c) FROM (SELECT revenue_ledger(md5((i % 50000)::text), date '2022-01-01' + i % 1000, i) AS l FROM generate_series(1, 150000) AS i) AS s, cohort_retention(l) AS c} ],
	[ 'refresh of a materialized view', 'postgres', $change, q{REFRESH MATERIALIZED VIEW CONCURRENTLY plans}, 'plans' ],
	[ 'refresh of an indexed materialized view', 'postgres', $change, q{REFRESH MATERIALIZED VIEW CONCURRENTLY customers}, 'customers' ],
	[ 'rewriting', 'postgres', '', q{VACUUM FULL kept; VACUUM FULL refreshed} ],
	[ 'copy, binary', 'postgres', 'TRUNCATE copied; ', qq{COPY copied FROM '$dir/store' (FORMAT binary)}, 'copied' ],
	[ 'copy, text', 'postgres', 'TRUNCATE copied; ', qq{COPY copied FROM '$dir/store.txt'}, 'copied' ],
	[ 'copy out', 'postgres', '', qq{COPY refreshed TO '$dir/out' (FORMAT binary)} ],
	[ 'create extension', 'empty', 'DROP EXTENSION IF EXISTS nrr; ', 'CREATE EXTENSION nrr', 'extension' ],
	[ 'drop extension', 'empty', 'CREATE EXTENSION IF NOT EXISTS nrr; ', 'DROP EXTENSION nrr', 'extension' ],
);

#
# Killing
#

my %kills = (
	'kill -9 of the backend' => sub { kill 'KILL', $_[0] },
	'kill -9 of the server' => sub { kill_server($node) },
	'immediate shutdown' => sub { $node->stop('immediate') },
	'SIGTERM to the backend' => sub { kill 'TERM', $_[0] },
);

sub state_of { return $node->safe_psql($_[0]->[1], $_[1]) }

# How long a deed takes, left alone
sub duration
{
	my ($deed) = @_;
	my ($name, $database, $before, $sql) = @$deed;
	my $session = Session->new($node->connstr($database), 'SET client_min_messages = warning');
	$session->run("$before SELECT");
	my $begin = time;
	my $result = $session->run($sql);
	die "$name: $result->{text}" if @{ $result->{states} } || $result->{lost};
	$session->end;
	return time - $begin;
}

my $unsound = q{SELECT c.oid::regclass, bt_index_check(c.oid, true) FROM pg_class AS c JOIN pg_am AS a ON a.oid = relam AND amname = 'btree'
	WHERE relnamespace = 'public'::regnamespace AND relkind = 'i'};
my $differs = q{SELECT * FROM verify_revenue_ledgers('kept', 'billing', 'customer', 'at', 'amount')};

sub temporary_files
{
	my $tmp = $node->data_dir . '/base/pgsql_tmp';
	return grep { !/^\.\.?$/ } -d $tmp ? slurp_dir($tmp) : ();
}

# What is wrong after a deed was killed
sub faults
{
	my ($deed, $state_before) = @_;
	my @faults;
	push @faults, 'temporary files: ' . join ' ', temporary_files() if temporary_files();
	foreach ([ 'the kept store differs', $differs ], [ 'an index is not sound', $unsound ])
	{
		my ($what, $sql) = @$_;
		my ($status, $out, $err) = $node->psql('postgres', "SET work_mem = '64MB'; $sql");
		push @faults, "$what: $out$err" if $status != 0 || $out =~ /\d{4}-\d\d/;
	}
	my $state = $deed->[4] or return @faults;
	my ($now, $after) = @{ $states{$state} };
	my $found = state_of($deed, $now);
	return @faults if $found eq $state_before || $state eq 'extension';
	if (defined $after) { push @faults, "$state is neither as before nor as after" if $found ne state_of($deed, $after) }
	else { push @faults, "$state is not whole" if $found ne $node->safe_psql('postgres', $states{refreshed}[0] =~ s/FROM refreshed/FROM original/r) }
	return @faults;
}

$node->safe_psql('postgres', 'CREATE TABLE original AS TABLE refreshed');
my %durations = map { $_->[0] => duration($_) } @deeds;
my (@faults, %moments, %done);
my $round = 0;
while (time - $started < $seconds || $round < @deeds)
{
	my $deed = $round < @deeds ? $deeds[$round] : $deeds[ rand @deeds ];
	my $how = (sort keys %kills)[ rand keys %kills ];
	my ($name, $database, $before, $sql, $state) = @$deed;
	$round++;
	my $session = Session->new($node->connstr($database), 'SET client_min_messages = warning');
	my $pid = $session->run('SELECT pg_backend_pid()')->{rows};
	$session->run("$before SELECT");
	my $state_before = $state ? state_of($deed, $states{$state}[0]) : '';
	$session->start($sql);
	sleep $durations{$name} * rand(1.1);
	my $ended = $session->is_done(0);
	$kills{$how}->($pid);
	$session->result;
	$session->end;
	wait_for_server($node);
	$moments{ $ended ? 'after the end' : $how }++;
	$done{$name}++ unless $ended;
	push @faults, map { "$name, $how: $_" } faults($deed, $state_before);
}
note join ', ', map { "$_: $moments{$_}" } sort keys %moments;
note 'while at work: ', join ', ', map { "$_: $done{$_}" } sort keys %done;
is(join("\n", @faults), '', 'whatever is killed is done as a whole or not at all');
cmp_ok(scalar(keys %done), '>', @deeds / 2, 'most of them were killed while they were at work');

#
# Afterwards
#

$node->safe_psql('empty', 'CREATE EXTENSION IF NOT EXISTS nrr');
is($node->safe_psql('empty', q{SELECT total(revenue_ledger(1, date '2024-01-01', 5))}), '5', 'the extension can be created and used');
$node->safe_psql('postgres', q{
	SELECT refresh_revenue_ledgers('kept', 'billing', 'customer', 'at', 'amount', open_periods => 0);
	SELECT refresh_revenue_ledgers('refreshed', 'billing', 'customer', 'at', 'amount', segment => 'plan', from_date => '-infinity');
	REFRESH MATERIALIZED VIEW CONCURRENTLY plans; REFRESH MATERIALIZED VIEW CONCURRENTLY customers});
foreach (qw(refreshed plans customers))
{
	is($node->safe_psql('postgres', $states{$_}[0]), $node->safe_psql('postgres', $states{$_}[1]), "$_ can be brought up to date");
}
is($node->safe_psql('postgres', $differs), '', 'and so can the kept store');
is(join("\n", slurp_file($node->logfile) =~ /^(.*(?:PANIC|TRAP:|runtime error:|AddressSanitizer|terminated by signal (?!9:|6:)|still referenced|file leak).*)/mg), '', 'the server had no reason to complain');
is(join("\n", slurp_file($node->logfile) =~ /^(.* XX\d\d\d .*)/mg), '', 'no error was internal');
$node->stop;
done_testing();
