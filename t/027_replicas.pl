# Where ledgers are copied to by PostgreSQL: a hot standby reads all that its primary does and takes over from it, also when
# that has died in a refresh; a subscriber gets stores as they are, as text and binary. What is not kept up to date where it
# was copied to is found. And no space for a temporary file is an error that leaves nothing behind.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Kill;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;

my $conf = qq{
	wal_level = logical
	max_wal_size = 1GB
	restart_after_crash = on
	hot_standby_feedback = on
	work_mem = 64kB
	jit = off
	# a read of a standby waits, rather than being cancelled
	max_standby_streaming_delay = -1
};
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', $conf);
$primary->start;

my $arguments = q{'billing', 'customer', 'at', 'amount'};
my $refresh = "SELECT refresh_revenue_ledgers('store', $arguments)";
my $verify = "SELECT * FROM verify_revenue_ledgers('store', $arguments)";
my $triggers = q{
	CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
	CREATE TRIGGER changed AFTER UPDATE ON billing REFERENCING NEW TABLE AS added OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
	CREATE TRIGGER removed AFTER DELETE ON billing REFERENCING OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
	CREATE TRIGGER emptied AFTER TRUNCATE ON billing
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
};
$primary->safe_psql('postgres', qq{
	CREATE EXTENSION nrr;
	CREATE TABLE billing (id serial PRIMARY KEY, customer text, at date, amount numeric(12,2), plan text);
	INSERT INTO billing (customer, at, amount, plan)
		SELECT 'customer number ' || i % 503, date '2023-01-01' + (i * 37) % 700, i % 331, 'plan ' || i % 3 FROM generate_series(1, 4000) AS i;
	$refresh;
	$triggers;
	CREATE VIEW figures AS SELECT m.* FROM (SELECT rollup(ledger) AS l FROM store) AS s, revenue_movements(l) AS m;
	CREATE MATERIALIZED VIEW plans AS SELECT plan, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY plan;
	CREATE UNIQUE INDEX ON plans (plan);
	-- more rows than fit into memory
	CREATE VIEW many AS SELECT repeat('customer ', 10) || customer || n AS customer, at, amount FROM billing, generate_series(1, 12) AS n;
	CREATE VIEW wide AS SELECT revenue_ledger_from('many', 'customer', 'at', 'amount');
	-- reading it takes minutes
	CREATE VIEW slow AS SELECT * FROM billing WHERE pg_sleep(0.1)::text = '';
});

#
# A standby
#

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my @readers = (
	(map { "SELECT md5(string_agg(r::text, '' ORDER BY r::text)) FROM $_ AS r" } 'figures', 'store', 'plans', 'retention_benchmarks',
		"revenue_movements($arguments)", "customer_movements($arguments)", "cohort_retention($arguments)", "ledger_lint($arguments)",
		"verify_revenue_ledgers('store', $arguments)",
		map { "(SELECT r.* FROM (SELECT rollup(ledger) AS l FROM store) AS s, $_ AS r)" }
			'revenue_movements(l)', 'customer_movements(l)', 'cohort_retention(l)', 'ledger_entries(l)'),
	"SELECT md5(revenue_ledger_from($arguments)::text)",
	'SELECT plan, md5(revenue_ledger(customer, at, amount)::text) FROM billing GROUP BY plan ORDER BY plan',
	q{SELECT s, nrr_interval(s), rating(s, 'nrr', 'nrr') FROM (SELECT retention(rollup(ledger), '2023-06-01', '2024-06-01') AS s FROM store) AS s},
	q{SELECT emoji(rating(1.1)), advice(rating(0.9)), to_next(0.95)},
	'SET force_parallel_mode = on; SELECT total(rollup(ledger)), customers(rollup(ledger)) FROM store',
	"BEGIN; DECLARE c CURSOR FOR SELECT * FROM customer_movements($arguments); FETCH 3 FROM c; COMMIT",
	'PREPARE p AS SELECT total(rollup(ledger)) FROM store; EXECUTE p; EXECUTE p',
	'SELECT length(revenue_ledger_from::text) FROM wide', 'COPY store (ledger) TO STDOUT');

# Queries that give another result, or none, on the standby
sub differing_readers
{
	$primary->wait_for_catchup($standby);
	my ($here, $there) = map { Session->new($_->connstr('postgres'), 'SET client_min_messages = warning') } $primary, $standby;
	my @differing = grep { $here->run($_)->{text} ne $there->run($_)->{text} || $here->{text} =~ /ERROR/ } @readers;
	$_->end foreach $here, $there;
	return @differing;
}
is(join("\n", differing_readers()), '', 'every reader says on the standby what it says on the primary');

$primary->safe_psql('postgres', qq{
	UPDATE billing SET amount = amount + 1 WHERE id % 7 = 1;
	DELETE FROM billing WHERE id % 11 = 2;
	$refresh;
	INSERT INTO billing (customer, at, amount) VALUES ('new', '2022-02-02', 22);
	REFRESH MATERIALIZED VIEW CONCURRENTLY plans});
is(join("\n", differing_readers()), '', 'and after a refresh');
is($standby->safe_psql('postgres', $verify), '', 'the store on the standby is exact');

sub state_of_error
{
	my ($node, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql");
	return join ' ', $err =~ /(?:ERROR|FATAL|PANIC):  (\w{5})/g;
}
my @writers = ($refresh, "$refresh = 'empty'", "SELECT refresh_revenue_ledgers('another', $arguments)", "SELECT refresh_revenue_ledgers('store', $arguments, from_date => '-infinity')",
	q{INSERT INTO billing (customer, at, amount) VALUES ('x', '2024-01-01', 1)}, 'TRUNCATE billing',
	'REFRESH MATERIALIZED VIEW plans', 'DELETE FROM retention_benchmarks', 'DROP EXTENSION nrr CASCADE');
is(join("\n", map { state_of_error($standby, $_) . ": $_" } grep { state_of_error($standby, $_) ne '25006' } @writers), '',
	'what would write fails on the standby as a read-only transaction');
$writers[$_] = "BEGIN READ ONLY; $writers[$_]" foreach 0 .. 3;
is(join("\n", map { state_of_error($primary, $_) . ": $_" } grep { state_of_error($primary, $_) ne '25006' } @writers[0 .. 3]), '',
	'and in one on the primary');

#
# The primary dies in a refresh
#

$primary->safe_psql('postgres', q{INSERT INTO billing (customer, at, amount) SELECT 'customer number ' || i, '2024-11-11', 11 FROM generate_series(1, 500) AS i});
my $rows = 'SELECT md5(string_agg(s::text, $$ $$ ORDER BY s::text)) FROM store AS s';
my $before = $primary->safe_psql('postgres', $rows);
my $session = Session->new($primary->connstr('postgres'))->start($refresh =~ s/'billing'/'slow'/r);
$primary->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_locks WHERE relation = 'store'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted})
	or die 'no refresh has begun';
$primary->wait_for_catchup($standby);
kill_server($primary);
$session->result;
$session->end;
$standby->promote;
is($standby->safe_psql('postgres', $rows), $before, 'the store is as it was on the standby that takes over');
is($standby->safe_psql('postgres', $verify), '', 'and exact');
like($standby->safe_psql('postgres', $refresh), qr/^\[/, 'refreshes go on there');
$standby->safe_psql('postgres', q{INSERT INTO billing (customer, at, amount) VALUES ('new', '2024-12-12', 12)});
is($standby->safe_psql('postgres', $verify), '', 'and so do triggers');

wait_for_server($primary);
is($primary->safe_psql('postgres', $rows), $before, 'the store is as it was where the server was killed');
is($primary->safe_psql('postgres', $verify), '', 'and exact');

#
# Logical replication
#

# A table of every type that can be stored
$primary->safe_psql('postgres', q{
	CREATE TABLE types (id int PRIMARY KEY, l revenue_ledger, s retention_summary, b retention_benchmark, r benchmark_rating);
	INSERT INTO types VALUES (0);
	INSERT INTO types
		SELECT i, revenue_ledger_from('billing', 'customer', 'at', 'amount') - revenue_ledger('one', date '2023-01-01' + i, i::numeric),
			retention(100 * i, 90 + i), (SELECT min(thresholds::text)::retention_benchmark FROM retention_benchmarks), rating(0.7 + i / 10.0)
		FROM generate_series(1, 3) AS i GROUP BY i;
});
is(state_of_error($primary, "CREATE PUBLICATION early FOR TABLE store; $refresh; DROP PUBLICATION early"), '55000',
	'a store without a replica identity is refused by PostgreSQL as it is refreshed');
is($primary->safe_psql('postgres', "$rows") , $before, 'and stays what it was');
$primary->safe_psql('postgres', q{
	DROP PUBLICATION early;
	ALTER TABLE store REPLICA IDENTITY FULL;
	CREATE PUBLICATION stores FOR TABLE store, types;
	CREATE PUBLICATION sources FOR TABLE billing});
my $subscriber = $standby;
my $columns = '(ledger revenue_ledger NOT NULL, refreshed_at timestamptz, time_zone text)';
my $connection = $primary->connstr . ' dbname=postgres';
foreach (qw(as_text as_binary))
{
	my $options = $_ eq 'as_binary' ? 'WITH (binary = true)' : '';
	$subscriber->safe_psql('postgres', "CREATE DATABASE $_ TEMPLATE template0");
	$subscriber->safe_psql($_, qq{
		CREATE EXTENSION nrr;
		CREATE TABLE store $columns;
		CREATE TABLE types (id int PRIMARY KEY, l revenue_ledger, s retention_summary, b retention_benchmark, r benchmark_rating)});
	$subscriber->safe_psql($_, "CREATE SUBSCRIPTION stores_$_ CONNECTION '$connection' PUBLICATION stores $options");
}
my $types = 'SELECT md5(string_agg(t::text, $$ $$ ORDER BY id)) FROM types AS t';

sub is_copied
{
	my ($name) = @_;
	foreach (qw(as_text as_binary))
	{
		$subscriber->wait_for_subscription_sync($primary, "stores_$_", $_);
		$primary->wait_for_catchup("stores_$_");
		is($subscriber->safe_psql($_, "$rows; $types"), $primary->safe_psql('postgres', "$rows; $types"), "$name, $_");
	}
}
is_copied('a store is copied as it is');
$primary->safe_psql('postgres', qq{
	INSERT INTO billing (customer, at, amount) VALUES ('late', '2023-03-03', 33);
	DELETE FROM billing WHERE id % 13 = 3;
	$refresh;
	UPDATE types SET l = l + l, s = s + s, r = 'critical' WHERE id < 3;
	INSERT INTO types SELECT 7, l - l, s, b, r FROM types WHERE id = 3});
is_copied('and so is what a refresh makes of it');

# A source is copied, and a store of it is kept where it was copied to, or not
$subscriber->safe_psql('postgres', 'CREATE DATABASE sources TEMPLATE template0');
$subscriber->safe_psql('sources', qq{
	CREATE EXTENSION nrr;
	CREATE TABLE billing (id serial PRIMARY KEY, customer text, at date, amount numeric(12,2), plan text);
	CREATE TABLE store $columns;
	$triggers;
	ALTER TABLE billing ENABLE ALWAYS TRIGGER added, ENABLE ALWAYS TRIGGER changed, ENABLE ALWAYS TRIGGER removed, ENABLE ALWAYS TRIGGER emptied});
$subscriber->safe_psql('sources', "CREATE SUBSCRIPTION sources CONNECTION '$connection' PUBLICATION sources");
$subscriber->wait_for_subscription_sync($primary, 'sources', 'sources');
is($subscriber->safe_psql('sources', $verify), '', 'a trigger that fires always sees what is copied at first');
$subscriber->safe_psql('sources', $refresh);
$primary->safe_psql('postgres', q{
	INSERT INTO billing (customer, at, amount) VALUES ('late', '2023-05-05', 55);
	INSERT INTO billing (customer, at, amount) VALUES ('now', '2024-11-05', 55)});
$primary->wait_for_catchup('sources');
my $periods = $verify =~ s/\*/period/r;
is($subscriber->safe_psql('sources', $periods), "2023-05-01\n2024-11-01", 'but nothing of what changes afterwards, which is found');
$subscriber->safe_psql('sources', $refresh);
is($subscriber->safe_psql('sources', $periods), '2023-05-01', 'a refresh reads the open periods');
$subscriber->safe_psql('sources', $refresh =~ s/\)$/, from_date => '2023-05-01')/r);
is($subscriber->safe_psql('sources', $verify), '', 'or all from a date on');
$primary->safe_psql('postgres', 'TRUNCATE billing');
$primary->wait_for_catchup('sources');
is($subscriber->safe_psql('sources', 'SELECT count(*) FROM store'), '0', 'the trigger on TRUNCATE fires');
$subscriber->safe_psql('sources', q{
	SET session_replication_role = replica;
	ALTER TABLE billing ENABLE TRIGGER added;
	INSERT INTO billing VALUES (1000000, 'here', '2024-01-01', 1)});
is($subscriber->safe_psql('sources', $periods), '2024-01-01', 'what a replicating session writes past the triggers is found');

#
# No space for temporary files
#

$primary->safe_psql('postgres', q{
	INSERT INTO billing (customer, at, amount) SELECT repeat('customer ', 10) || i, date '2023-01-01' + i % 700, 5 FROM generate_series(1, 50000) AS i});
$before = $primary->safe_psql('postgres', $rows);
my $limited = "SET temp_file_limit = '1MB'; ";
is(state_of_error($primary, $limited . ($refresh =~ s/\)$/, from_date => '-infinity')/r)), '53400', 'a refresh that may not write so much is refused');
is(state_of_error($primary, "$limited SELECT count(*) FROM customer_movements($arguments)"), '53400', 'and so is a reader');
is($primary->safe_psql('postgres', $rows), $before, 'the store is as it was');
my $tmp = $primary->data_dir . '/base/pgsql_tmp';
is(join(' ', grep { !/^\.\.?$/ } -d $tmp ? slurp_dir($tmp) : ()), '', 'no temporary file is left');
$primary->safe_psql('postgres', $refresh);
is($primary->safe_psql('postgres', $verify), '', 'it goes on with more');

foreach ($primary, $standby)
{
	is(join("\n", slurp_file($_->logfile) =~ /^(.*(?:PANIC|TRAP:|terminated by signal|XX000|still referenced|file leak).*)/mg), '', $_->name . ' had no reason to complain');
}
$subscriber->stop('fast');
$primary->stop('fast');
done_testing();
