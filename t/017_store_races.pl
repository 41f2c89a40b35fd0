# What a store and its source are can change at any moment: a store is emptied while it is refreshed, tables are dropped
# while they are looked up. No server goes down over it, and every error says what has happened.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('store_races');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\njit = off\nlog_statement = none\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION nrr');

# Starts psql with SQL as input, without waiting for it
sub start
{
	my ($name, $sql) = @_;
	my $run = { in => "\\set VERBOSITY sqlstate\nSET application_name = '$name';\n$sql\n", out => '', err => '' };
	$run->{harness} = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ],
		'<', \$run->{in}, '>', \$run->{out}, '2>', \$run->{err});
	$run->{harness}->pump_nb while length $run->{in} && $run->{harness}->pumpable;
	return $run;
}

# Waits for it, and gives the SQLSTATEs of its errors, 'down' if the server was
sub states_of
{
	my ($run) = @_;
	$run->{harness}->finish;
	return 'down' if $run->{err} =~ /server closed the connection|connection to server was lost|57P02|could not connect|in recovery/;
	return join ' ', $run->{err} =~ /(?:ERROR|FATAL):  (\w{5})/g;
}

sub wait_for_server
{
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
	return;
}

#
# A store that is emptied between any two looks that a refresh takes at it
#

# The policy is asked for the one row of the store. Asked by a refresh as often as the name of its session says, it waits
# until a lock is free.
$node->safe_psql('postgres', q{
	CREATE ROLE keeper LOGIN IN ROLE pg_read_all_stats;
	CREATE SCHEMA keeping AUTHORIZATION keeper;
	SET ROLE keeper;
	SET search_path = keeping, public;
	SET client_min_messages = warning;
	CREATE TABLE billing (customer int, at date, amount int);
	SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');
	CREATE FUNCTION fill() RETURNS void LANGUAGE sql AS $$
		DELETE FROM keeping.billing;
		DELETE FROM keeping.store;
		INSERT INTO keeping.billing SELECT i % 50, date '2024-01-01' + i % 31, i FROM generate_series(1, 2000) AS i;
		SELECT public.refresh_revenue_ledgers('keeping.store', 'keeping.billing', 'customer', 'at', 'amount', from_date => '-infinity');
	$$;
	CREATE FUNCTION look() RETURNS boolean LANGUAGE plpgsql AS $$
	DECLARE
		looks int := coalesce(NULLIF(current_setting('test.looks', true), '')::int, 0) + 1;
	BEGIN
		IF current_setting('application_name') LIKE 'pause at %' THEN
			PERFORM set_config('test.looks', looks::text, false);
			IF current_setting('application_name') = 'pause at ' || looks THEN
				PERFORM pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1);
			END IF;
		END IF;
		RETURN true;
	END $$;
	ALTER TABLE store ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
	CREATE POLICY look ON store USING (keeping.look());
	CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('keeping.store', 'customer', 'at', 'amount');
	CREATE TRIGGER removed AFTER DELETE ON billing REFERENCING OLD TABLE AS removed
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('keeping.store', 'customer', 'at', 'amount');
	CREATE TRIGGER emptied AFTER TRUNCATE ON billing
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('keeping.store', 'customer', 'at', 'amount');
});

# Refreshes, with a statement run when the refresh has looked so many times, or has ended. Gives how often it has looked
# in all, and what is wrong. The statement may fail as it would wait for the refresh to end.
sub refresh_beside
{
	my ($looks, $statement) = @_;
	my $other = start('other', qq{
		SET ROLE keeper;
		SELECT keeping.fill();
		SET statement_timeout = '60s';
		SELECT pg_advisory_lock(1);
		\\echo locked
		DO 'BEGIN
			WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = ''pause at $looks'' AND wait_event = ''advisory'') LOOP
				PERFORM pg_sleep(0.002), pg_stat_clear_snapshot();
			END LOOP;
		END';
		SET lock_timeout = '50ms';
		$statement;
		SELECT pg_advisory_unlock(1);});
	$other->{harness}->pump until $other->{out} =~ /locked/ || !$other->{harness}->pumpable;
	my $refresh = start("pause at $looks", q{
		SET ROLE keeper;
		SELECT refresh_revenue_ledgers('keeping.store', 'keeping.billing', 'customer', 'at', 'amount');
		SELECT 'looks ' || current_setting('test.looks');
		SELECT pg_advisory_lock_shared(1);});
	my ($state, $other_state) = map { states_of($_) } $refresh, $other;
	my @faults;
	push @faults, "other: $other_state $other->{err}" unless $other_state =~ /^(55P03)?$/;
	push @faults, "refresh: $state" unless $state =~ /^(55000|40001)?$/;
	wait_for_server() if "$state $other_state" =~ /down/;
	my ($all) = $refresh->{out} =~ /^looks (\d+)/m;
	return ($all // 0, map { "$statement at look $looks: $_" } @faults);
}

my $is_exact = q{SELECT (SELECT rollup(ledger) FROM keeping.store)::text IS NOT DISTINCT FROM
	revenue_ledger_from('keeping.billing', 'customer', 'at', 'amount')::text};
my ($looks, $last, $moments, @faults) = (0, 1, 0);
while ($looks++ < $last && $looks < 60)
{
	my ($seen, @wrong) = refresh_beside($looks, 'TRUNCATE keeping.billing');
	push @faults, @wrong;
	push @faults, "the store is not exact after look $looks" if $node->safe_psql('postgres', $is_exact) ne 't';
	# what is emptied by hand is emptied
	my ($seen_too, @wrong_too) = refresh_beside($looks, 'DELETE FROM keeping.store');
	push @faults, @wrong_too;
	my $more = $seen >= $looks || $seen_too >= $looks || @wrong || @wrong_too;
	$moments++ if $more;
	$last = $looks + 1 if $more;
}
is(join("\n", @faults), '', 'a store may be emptied at any moment of a refresh');
cmp_ok($moments, '>', 0, 'there are such moments');

#
# Tables that are dropped while they are looked up
#

my $columns = q{(ledger revenue_ledger NOT NULL, refreshed_at timestamptz, time_zone text)};
my $create_store = "CREATE TABLE store $columns";
my $create_passing = q{CREATE TABLE passing AS SELECT 1 AS customer, date '2024-01-01' AS at, 2 AS amount};
$node->safe_psql('postgres', q{
	CREATE TABLE billing (customer int, at date, amount int);
	CREATE TRIGGER added AFTER INSERT ON billing REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
	-- one that sees no rows looks its store up and fails, so it can do that often
	CREATE TABLE unseen (LIKE billing);
	CREATE TRIGGER added AFTER INSERT ON unseen
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.store', 'customer', 'at', 'amount');
	-- and one of another store, which makes a session know all but the tables
	CREATE TABLE primed (ledger revenue_ledger, refreshed_at timestamptz, time_zone text);
	CREATE TABLE primer (LIKE billing);
	CREATE TRIGGER added AFTER INSERT ON primer REFERENCING NEW TABLE AS added
		FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('public.primed', 'customer', 'at', 'amount');
});
my @readers = map { sprintf $_, q{'public.passing', 'customer', 'at', 'amount'} } 'revenue_ledger_from(%s)', 'revenue_movements(%s)',
	'customer_movements(%s)', 'cohort_retention(%s)', 'ledger_lint(%s)', q{refresh_revenue_ledgers('public.lasting', %s)};

# Sessions know the tables' names from before, and hear of nothing new while they wait: what they find under the names when
# they go on are tables that are not there any more.
sub resume_after
{
	my ($change) = @_;
	$node->safe_psql('postgres', "$create_store; $create_passing");
	my @statements = (
		"INSERT INTO billing SELECT 1, '2024-01-01', 1 FROM pg_advisory_lock_shared(2)",
		map({ "SELECT $_ FROM pg_advisory_lock_shared(2)" } @readers, "refresh_revenue_ledgers('public.store', 'public.billing', 'customer', 'at', 'amount')"));
	my $changer = start('changer', qq{
		SET statement_timeout = '60s';
		SELECT pg_advisory_lock(2);
		\\echo locked
		DO 'BEGIN
			WHILE (SELECT count(*) FROM pg_stat_activity WHERE application_name = ''waiting'' AND wait_event = ''advisory'') < @{[ scalar @statements ]} LOOP
				PERFORM pg_sleep(0.002), pg_stat_clear_snapshot();
			END LOOP;
		END';
		$change;});
	$changer->{harness}->pump until $changer->{out} =~ /locked/ || !$changer->{harness}->pumpable;
	my @waiting = map {
		start('waiting', "INSERT INTO primer VALUES (1, '2024-01-01', 1);
			SELECT to_regclass('public.store') IS NULL, to_regclass('public.passing') IS NULL;
			$_;")
	} @statements;
	my ($changed, @states) = map { states_of($_) } $changer, @waiting;
	wait_for_server();
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS store, passing');
	return join "\n", $changed eq '' ? () : "change: $changed",
	  map { "$statements[$_]: $states[$_]" } grep { $states[$_] !~ /^(42P01|55000)?$/ } 0 .. $#states;
}

is(resume_after('DROP TABLE store, passing'), '', 'tables that have been dropped');
is(resume_after("DROP TABLE store, passing; $create_store; $create_passing"), '', 'tables that have been dropped and created again');

# And the same by chance
# Runs a statement again and again, each time in a transaction of its own, and then tells with what SQLSTATEs it ended
sub repeat
{
	my ($seconds, @statements) = @_;
	my $statements = join ', ', map { "\$x\$$_\$x\$" } @statements;
	return start('repeat', qq{DO \$do\$
		DECLARE
			states text[] := '{}';
			statement text;
			ends timestamptz := clock_timestamp() + interval '$seconds s';
		BEGIN
			SET LOCAL client_min_messages = warning;
			WHILE clock_timestamp() < ends LOOP
				FOREACH statement IN ARRAY ARRAY[$statements] LOOP
					BEGIN
						EXECUTE statement;
						IF '00000' <> ALL (states) THEN states := states || text '00000'; END IF;
					EXCEPTION WHEN OTHERS THEN
						IF SQLSTATE <> ALL (states) THEN
							states := states || SQLSTATE;
							RAISE WARNING '% by %: %', SQLSTATE, statement, SQLERRM;
						END IF;
					END;
					COMMIT;
				END LOOP;
			END LOOP;
			RAISE WARNING 'states: %', states;
		END \$do\$;} =~ s/^/\\set VERBOSITY default\n/r);
}

my $write = q{INSERT INTO public.billing VALUES (1, '2024-01-01', 1)};
my @runs = (
	# most of the time there is one, but not for long
	repeat(3, $create_store, ("DROP TABLE store; $create_store") x 20, 'DROP TABLE store'),
	repeat(3, $write, (q{INSERT INTO public.unseen SELECT}) x 20), repeat(3, $write, (q{INSERT INTO public.unseen SELECT}) x 20),
	repeat(3, $create_passing, 'DROP TABLE passing'),
	repeat(3, map { "SELECT $_" } @readers));
my (%states, @wrong);
foreach my $run (@runs)
{
	$run->{harness}->finish;
	my ($states) = $run->{err} =~ /states: \{(.*)\}/;
	push @wrong, $run->{err} =~ /(server closed the connection|57P02.*|.*terminating connection.*)/ ? "down" : "failed: $run->{err}" unless defined $states;
	# names that are not there, or not there any more; and who waits for whom
	push @wrong, $run->{err} =~ /WARNING:  ((?!00000|42P01|42P07|42704|55000|39P01|40P01|40001)\w{5} by .*)/g;
	$states{$_}++ foreach split /,/, $states // '';
}
is(join("\n", @wrong), '', 'tables may be dropped at any moment');
ok($states{'00000'} && $states{'42P01'}, 'of which there were many: ' . join ' ', sort keys %states);
wait_for_server();

is(join("\n", slurp_file($node->logfile) =~ /(.*(?:terminated by signal|TRAP:|cache lookup failed|could not open relation).*)/g), '', 'the server has not gone down');
$node->stop;
done_testing();
