# However a query that wrote rows to a temporary file ends, the file is gone, and memory stays within bounds.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('spill');
$node->init;
$node->append_conf('postgresql.conf', qq{
	work_mem = 2MB
	hash_mem_multiplier = 2
	log_temp_files = 0
	max_parallel_workers_per_gather = 0
	restart_after_crash = on
	remove_temp_files_after_crash = on
});
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE TABLE billing AS
		SELECT i AS id, 'customer number ' || i % 20011 AS customer, date '2021-01-01' + (i * 37 % 1400)::int AS at,
			(i % 331)::numeric(8,2) AS amount, i % 10 AS segment
		FROM generate_series(1::bigint, 200000) AS i;
	ANALYZE billing;
	CREATE TABLE ledgers AS SELECT revenue_ledger(customer, at, amount) AS l FROM billing;
});

# Temporary files are looked for where they are, and not through a server that may not know of one it has lost
my $tmp = $node->data_dir . '/base/pgsql_tmp';

sub files
{
	return grep { !/^\.\.?$/ } -d $tmp ? slurp_dir($tmp) : ();
}

sub no_file
{
	my ($name) = @_;
	is(join(' ', files()), '', "$name: no file is left");
}

# Do messages of the server since then tell of a temporary file?
sub wrote_since
{
	my ($position) = @_;
	return slurp_file($node->logfile, $position) =~ /temporary file: path "base\/pgsql_tmp\//;
}

my $ledger = 'revenue_ledger(customer, at, amount)';
my $movements = "SELECT count(*), sum(ending) FROM (SELECT $ledger AS l FROM billing) AS b, revenue_movements(l) AS m";

#
# A query that ends well
#

my $position = -s $node->logfile;
my $stored = $node->safe_psql('postgres', 'SELECT count(*), sum(ending) FROM ledgers, revenue_movements(l)');
my $digest = $node->safe_psql('postgres', 'SELECT md5(l::text) FROM ledgers');
ok(!wrote_since($position), 'a stored ledger is read without a file');
is($node->safe_psql('postgres', $movements), $stored, 'a ledger whose rows are in a file has the movements of a stored one');
ok(wrote_since($position), 'it did write');
no_file('a query');
$node->safe_psql('postgres', "BEGIN; DECLARE c CURSOR FOR SELECT segment, $ledger FROM billing GROUP BY segment; FETCH 1 FROM c; COMMIT");
no_file('a cursor that its transaction closes');

#
# Errors
#

# What a query fails with; in the same session something is computed afterwards
sub failure
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql;\n$movements;\n", stdout => \$out, stderr => \$err,
		on_error_stop => 0);
	$out =~ s/.*\n//s;
	is($out, $stored, 'the session goes on');
	return $err;
}

my @errors = (
	[ 'infinite date', '22008', "SELECT revenue_ledger(customer, CASE WHEN id = 199999 THEN 'infinity' ELSE at END, amount) FROM billing" ],
	[ 'division by zero', '22012', 'SELECT revenue_ledger(customer, at, amount / (199999 - id)) FROM billing' ],
	[ 'division by zero in groups', '22012', 'SELECT segment, revenue_ledger(customer, at, amount / (199999 - id)) FROM billing GROUP BY segment' ],
	[ 'no such grain', '22023', "SELECT c.* FROM (SELECT $ledger AS l FROM billing) AS b, cohort_retention(l, 'century') AS c" ],
	[ 'error above the ledger', '22012', "SELECT 1 / (customers(l) - customers(l)) FROM (SELECT $ledger AS l FROM billing) AS b" ],
	[ 'timeout while rows are written', '57014', "SET statement_timeout = '300ms'; SELECT customers(revenue_ledger(customer, at, amount)) FROM billing, generate_series(1, 1000)" ],
);
foreach (@errors)
{
	my ($name, $state, $sql) = @$_;
	like(failure("$sql; RESET statement_timeout"), qr/^(psql:<stdin>:\d+: )?ERROR:  $state/, "$name fails with $state");
	no_file($name);
}

# a role that may write no more than this
$node->safe_psql('postgres', q{CREATE ROLE guest LOGIN; GRANT SELECT ON billing TO guest; ALTER ROLE guest SET temp_file_limit = '1MB'});
my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$movements;\nSELECT 1",
	extra_params => [ '-U', 'guest' ], on_error_stop => 0);
like($err, qr/ERROR:  53400/, 'temp_file_limit is an error');
is($out, '1', 'the session goes on');
no_file('temp_file_limit');

#
# Interrupts
#

# Runs a query in the background until there is a file, and then some time; returns what runs it, and its process
sub start_until_file
{
	my ($sql) = @_;
	my ($out, $err) = ('', '');
	$sql .= "\n";
	my $run = { out => \$out, err => \$err };
	$run->{harness} = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ],
		'<', \$sql, '>', \$out, '2>', \$err);
	for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if files();
		$run->{harness}->pump_nb;
		select(undef, undef, undef, 0.1);
	}
	my @files = files();
	($run->{pid}) = $files[0] =~ /^pgsql_tmp(\d+)/ or die 'there is no file';
	return $run;
}

sub signal
{
	my ($run, $function) = @_;
	$node->safe_psql('postgres', "SELECT $function($run->{pid})");
	$run->{harness}->finish;
	return ${ $run->{err} };
}

my $endless = "SELECT customers($ledger) FROM billing, generate_series(1, 1000);";
my $run = start_until_file("$endless\n$movements;");
like(signal($run, 'pg_cancel_backend'), qr/canceling statement due to user request/, 'cancelled while it builds');
is(${ $run->{out} }, "$stored\n", 'the session goes on');
no_file('cancelled while it builds');

# One ledger, read again and again
my $reading = "WITH b AS NOT MATERIALIZED (SELECT $ledger AS l FROM billing OFFSET 0)
	SELECT count(*) FROM b, generate_series(1, 1000) AS g, LATERAL revenue_movements(l, g) AS m;";
$run = start_until_file("SET enable_material = off; $reading\n$movements;");
select(undef, undef, undef, 1);
like(signal($run, 'pg_cancel_backend'), qr/canceling statement due to user request/, 'cancelled while it reads');
is(${ $run->{out} }, "$stored\n", 'the session goes on');
no_file('cancelled while it reads');

$run = start_until_file($endless);
like(signal($run, 'pg_terminate_backend'), qr/terminating connection due to administrator command/, 'terminated');
no_file('terminated');

# A backend that is killed closes nothing; the server does as it recovers
my $killed = start_until_file($endless);
kill 'KILL', $killed->{pid};
$killed->{harness}->finish;
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
no_file('killed');
is($node->safe_psql('postgres', 'SELECT md5(l::text) FROM ledgers'), $digest, 'the data is there');
is($node->safe_psql('postgres', $movements), $stored, 'and more is built');

unlike(slurp_file($node->logfile), qr/WARNING:  .*(leak|still referenced)/, 'no file had to be closed by force');

#
# Memory
#

# Megabytes that a process has for itself, or 0
sub anonymous_memory
{
	my ($pid) = @_;
	open(my $status, '<', "/proc/$pid/status") or return 0;
	my ($kilobytes) = map { /^RssAnon:\s+(\d+) kB/ } <$status>;
	return ($kilobytes // 0) / 1024;
}

# How much more memory a backend has at any time of a query than it has idle, having run one alike
sub peak_memory
{
	my ($query) = @_;
	my $sql = sprintf("SET work_mem = '16MB'; SELECT pg_backend_pid(); $query; SELECT 'idle', pg_sleep(1); $query; SELECT 'done'", 1000, 3000000);
	$sql =~ s/(; |$)/;\n/g;
	my ($out, $err, $idle, $peak) = ('', '', 0, 0);
	my $harness = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ],
		'<', \$sql, '>', \$out, '2>', \$err);
	until ($out =~ /^done/m || !$harness->pumpable)
	{
		$harness->pump_nb;
		select(undef, undef, undef, 0.005);
		my ($pid) = $out =~ /^(\d+)\n/ or next;
		my $now = anonymous_memory($pid);
		if ($out =~ /^idle/m) { $peak = $now if $now > $peak }
		elsif ($now > 0) { $idle = $now }
	}
	$harness->finish;
	die "the query failed: $out$err" unless $out =~ /^done/m && $idle > 0 && $peak > 0;
	return $peak - $idle;
}

my $rows = "FROM (SELECT generate_series(1, %d) AS i) AS generated";
my %readers = (
	'cohorts of integers' => "SELECT count(c) FROM (SELECT revenue_ledger(i %% 400009, date '2021-01-01' + i %% 1461, i %% 331) AS l $rows) AS b, cohort_retention(l) AS c",
	'movements of text' => "SELECT count(m) FROM (SELECT revenue_ledger('customer ' || i %% 400009, date '2021-01-01' + i %% 1461, i %% 331) AS l $rows) AS b, revenue_movements(l) AS m",
	'1,000 groups' => "SELECT count(m) FROM (SELECT revenue_ledger(i %% 400009, date '2021-01-01' + i %% 1461, i %% 331) AS l $rows GROUP BY i %% 1000) AS b, revenue_movements(l) AS m");

SKIP:
{
	skip 'memory is measured by RssAnon in /proc, which this system has not', scalar(keys %readers)
		unless anonymous_memory($$) > 0;
	skip 'memory is not that of a server in use (NRR_HARDENED)', scalar(keys %readers) if $ENV{NRR_HARDENED};

	foreach my $name (sort keys %readers)
	{
		my $peak = peak_memory($readers{$name});
		cmp_ok($peak, '<', 64, sprintf('%s: 3 million rows with work_mem = 16MB take less than 64 MB', $name));
		note sprintf('%.1f MB', $peak);
	}
}

$node->stop;
done_testing();
