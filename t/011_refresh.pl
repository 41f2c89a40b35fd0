# A table of ledgers that is kept up to date, as an ordinary user keeps it: with no more privileges than needed, through
# crashes, and in a dump.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('refresh');
$node->init;
$node->append_conf('postgresql.conf', qq{
	fsync = on
	restart_after_crash = on
	max_wal_size = 1GB
});
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE ROLE analyst LOGIN;
	CREATE ROLE writer LOGIN;
	CREATE ROLE reader LOGIN;
	CREATE SCHEMA finance AUTHORIZATION analyst;
	GRANT USAGE ON SCHEMA finance TO writer, reader;
	CREATE TABLE billing (customer int, at date, amount numeric(12,2), secret text);
	CREATE INDEX ON billing (at);
	INSERT INTO billing
		SELECT i % 3000, date '2022-01-01' + i % 1000, (i % 331)::numeric(8,2) FROM generate_series(1, 30000) AS i;
	GRANT SELECT (customer, at, amount) ON billing TO analyst;
	GRANT SELECT, INSERT, DELETE ON billing TO writer;
	-- the same rows, but reading them takes minutes
	CREATE VIEW slow_billing AS SELECT customer, at, amount FROM billing WHERE pg_sleep(0.01)::text = '';
	GRANT SELECT ON slow_billing TO analyst;
});

# What a job would run by psql -c
my $refresh = q{SELECT refresh_revenue_ledgers('finance.store', 'billing', 'customer', 'at', 'amount')};

sub as
{
	my ($role, $query) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query, extra_params => [ '-U', $role ]);
	return $out . $err;
}

sub is_exact
{
	my ($name, $database) = @_;
	is( $node->safe_psql(
			$database // 'postgres', q{
			SELECT (SELECT rollup(ledger)::text FROM finance.store)
				= revenue_ledger_from('billing', 'customer', 'at', 'amount')::text}),
		't', $name);
}

#
# Privileges
#
like(as('analyst', $refresh), qr/^\(,\).*NOTICE:  created table finance\.store$/s,
	'a user who may read three columns of a table makes a store');
is($node->safe_psql('postgres', q{SELECT relowner::regrole FROM pg_class WHERE relname = 'store'}), 'analyst', 'and owns it');
is_exact('it adds up to the table');
like(as('writer', $refresh), qr/must be owner of table "store"/, 'nobody else refreshes it');
isnt(scalar $node->psql('postgres', $refresh), 0, 'not even a superuser, by whose rights its triggers would run');
my $customers = q{SELECT customers(rollup(ledger)) FROM finance.store};
like(as('reader', $customers), qr/permission denied for table store/, 'or reads it');
$node->safe_psql('postgres', q{GRANT SELECT ON finance.store TO reader});
is(as('reader', $customers), $node->safe_psql('postgres', $customers), 'but those whom the owner lets read');

$node->safe_psql('postgres', q{
	GRANT INSERT ON finance.store TO writer;
	CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('finance.store', 'customer', 'at', 'amount');
	CREATE TRIGGER removed AFTER DELETE ON billing REFERENCING OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('finance.store', 'customer', 'at', 'amount');
});
like(as('writer', q{INSERT INTO billing VALUES (1, '2022-02-02', 1)}), qr/must be owner of table "store"/,
	'a table whose owner does not hold the role of the store\'s owner has no trigger into it');
$node->safe_psql('postgres', q{REVOKE INSERT ON finance.store FROM writer; GRANT analyst TO postgres});
like(as('writer', q{INSERT INTO billing VALUES (1, '2022-02-02', 1)}), qr/permission denied for table store/,
	'by a trigger, a writer writes to the store');
$node->safe_psql('postgres', q{GRANT INSERT ON finance.store TO writer});
is(as('writer', q{INSERT INTO billing VALUES (1, '2022-02-02', 1); DELETE FROM billing WHERE at = '2022-03-03'}), '',
	'for which INSERT is enough');
is_exact('and the store stays exact');
# whoever updates a row has each transition table read once
$node->safe_psql('postgres', q{
	CREATE TABLE corrected (customer int, at date, amount numeric(12,2));
	CREATE TRIGGER updated AFTER UPDATE ON corrected REFERENCING NEW TABLE AS added OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('finance.corrected', 'customer', 'at', 'amount');
	SELECT refresh_revenue_ledgers('finance.corrected', 'corrected', 'customer', 'at', 'amount');
	INSERT INTO corrected VALUES (1, '2022-02-02', 1);
});
my ($status, $out, $plans) = $node->psql('postgres', q{
	LOAD 'auto_explain';
	SET auto_explain.log_min_duration = 0;
	SET auto_explain.log_nested_statements = on;
	SET client_min_messages = log;
	UPDATE corrected SET amount = 2;
});
is(scalar(() = $plans =~ /Named Tuplestore Scan/g), 2, 'the trigger reads what was and what is once each');
is(as('analyst', $refresh), '[2024-08-01,)', 'the owner refreshes it');
is_exact('which changes nothing in sum');
$node->safe_psql('postgres', q{REVOKE SELECT ON slow_billing FROM analyst});
like(as('analyst', $refresh =~ s/billing/slow_billing/r), qr/permission denied for view slow_billing/,
	'what the owner may not read is not read for it');
$node->safe_psql('postgres', q{GRANT SELECT ON slow_billing TO analyst});

#
# Crashes
#
my $rows = q{SELECT md5(string_agg(ledger::text, ' ' ORDER BY ledger)), count(refreshed_at), max(refreshed_at) FROM finance.store};

# Starts a slow refresh, and gives what runs it and its backend when that has locked the store
sub start_refresh
{
	my ($err) = @_;
	my $psql = IPC::Run::start(
		[ 'psql', '-X', '-d', $node->connstr('postgres') . ' user=analyst', '-c', $refresh =~ s/billing/slow_billing/r ],
		'<', \'', '>', \my $out, '2>', $err);
	my $holder = q{FROM pg_locks WHERE relation = 'finance.store'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted};
	$node->poll_query_until('postgres', "SELECT count(*) = 1 $holder") or die 'no refresh has begun';
	return ($psql, $node->safe_psql('postgres', "SELECT pid $holder"));
}

$node->safe_psql('postgres', q{INSERT INTO billing SELECT i, '2024-10-10', 5 FROM generate_series(1, 1000) AS i});
is_exact('new rows come by the trigger');
my $before = $node->safe_psql('postgres', $rows);

my $err = '';
my ($psql, $pid) = start_refresh(\$err);
is($node->safe_psql('postgres', "SELECT pg_terminate_backend($pid, 10000)"), 't', 'a refresh is terminated');
$psql->finish;
is($node->safe_psql('postgres', $rows), $before, 'which leaves the store as it was');

my $log_start = -s $node->logfile;
$err = '';
($psql, $pid) = start_refresh(\$err);
kill 'KILL', $pid;
$psql->finish;
like($err, qr/server closed the connection|terminating connection|connection to server was lost/, 'a refresh is killed');
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
like(slurp_file($node->logfile, $log_start), qr/all server processes terminated; reinitializing/,
	'the server goes through crash recovery');
is($node->safe_psql('postgres', $rows), $before, 'the store is as it was');
is(as('analyst', $refresh), '[2024-08-01,)', 'the next refresh makes up for it');
is_exact('the store is exact again');

# All of this is in the write-ahead log only when the server goes down
as('writer', q{DELETE FROM billing WHERE customer = 7; INSERT INTO billing VALUES (7, '2023-07-07', 77)});
as('analyst', $refresh);
as('writer', q{INSERT INTO billing VALUES (8, '2024-11-08', 88)});
$before = $node->safe_psql('postgres', $rows);
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', $rows), $before, 'an immediate shutdown loses and changes nothing');
is_exact('of the store and of the table');
is(as('analyst', $refresh), '[2024-09-01,)', 'a refresh goes on after it');

#
# Dump and restore
#
as('writer', q{INSERT INTO billing VALUES (9, '2022-09-09', 99)});
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_dump', '-F', 'custom', '-f', $dump, $node->connstr('postgres') ], 'pg_dump');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), $dump ], 'pg_restore');
is($node->safe_psql('restored', $rows), $node->safe_psql('postgres', $rows), 'brings the store back');
$node->safe_psql('restored', q{INSERT INTO billing VALUES (10, '2022-10-10', 100), (10, '2024-12-10', 100)});
is_exact('with its triggers', 'restored');
is($node->safe_psql('restored', "SET ROLE analyst; $refresh"), '[2024-10-01,)', 'and a refresh goes on from there');
is_exact('as if nothing had happened', 'restored');

$node->stop;
done_testing();
