# What random sessions do, by book; read by scripts/concurrency/interleavings.pl.
#
# Each is [weight, what it is made by]. It is made anew each time and gives statements; one that must print something is
# [statement, pattern]. What is 'whole' is done in one transaction or not at all, what is 'alone' is done in none, and what
# needs the 'latest' rows, since it puts them where others were, in none that keeps a snapshot: PostgreSQL would show rows to
# it that are newer.

use strict;
use warnings FATAL => 'all';

sub pick { return $_[ rand @_ ] }
sub between { my ($low, $high) = @_; return $low + int rand($high - $low + 1) }
sub whole { return { whole => 1, statements => [@_] } }
sub replacing { return { whole => 1, latest => 1, statements => [@_] } }
sub alone { return { alone => 1, statements => [@_] } }

# Files of rows that are copied in
sub write_rows
{
	my ($dir) = @_;
	foreach ([ 'rows.txt', 30 ], [ 'many.txt', 2000 ])
	{
		my ($name, $n) = @$_;
		open(my $file, '>', "$dir/$name") or die $!;
		printf $file "%d\t2023-%02d-%02d\t%d.5\tcopied\n", $_ % 280, 1 + $_ % 12, 1 + $_ % 28, $_ % 77 foreach 1 .. $n;
		close $file;
	}
	return;
}

my $none = qr/\A\z/;
my $kept = q{'kept.billing', 'customer', 'at', 'amount'};
my $wild_billing = q{'wild.billing', 'customer', 'at', 'amount'};
my $wild_subscription = q{'wild.subscription', 'customer', 'during', 'mrr', shape => 'subscriptions'};

sub day { return sprintf q{'%d-%02d-%02d'}, pick(2023, 2024), between(1, 12), between(1, 28) }

sub month { return day() =~ s/..'$/01'/r }

# Another session of the test, or none
sub others { return q{FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'worker' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) AS o} }

# Settings for some time
sub setting
{
	return pick("SET work_mem = '64kB'", 'RESET work_mem', 'SET force_parallel_mode = on', 'RESET force_parallel_mode',
		'SET plan_cache_mode = force_generic_plan', 'RESET plan_cache_mode', 'SET enable_seqscan = off', 'RESET enable_seqscan',
		'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0',
		"SET statement_timeout = '@{[ between(1, 100) ]}ms'",
		"SET lock_timeout = '@{[ between(1, 100) ]}ms'", "SET lock_timeout = '1s'", 'DISCARD PLANS');
}

# Readers of any ledger, with nothing known of what they give
sub reader
{
	my ($ledger, $from) = @_;
	return sprintf pick('SELECT count(*) FROM (SELECT %s AS l %s) AS s, revenue_movements(l)',
		'SELECT count(*) FROM (SELECT %s AS l %s) AS s, customer_movements(l)',
		'SELECT count(*) FROM (SELECT %s AS l %s) AS s, cohort_retention(l)',
		'SELECT count(*) FROM (SELECT %s AS l %s) AS s, ledger_entries(l)',
		q{SELECT nrr(retention(l, '2023-06-01', '2024-06-01')) FROM (SELECT %s AS l %s) AS s},
		q{SELECT customers(l), total(l), grain(l), total(slice(l, '2023-05-01', '2024-02-01')) FROM (SELECT %s AS l %s) AS s},
		'SELECT l::text::revenue_ledger = l, revenue_ledger_hash(l) FROM (SELECT %s AS l %s) AS s'), $ledger, $from;
}

# Readers that name a table
sub named
{
	my ($source) = @_;
	return sprintf pick('SELECT count(*) FROM revenue_movements(%s)', 'SELECT count(*) FROM customer_movements(%s)',
		'SELECT count(*) FROM cohort_retention(%s)', 'SELECT count(*) FROM ledger_lint(%s)', 'SELECT customers(revenue_ledger_from(%s))'), $source;
}

# Reads that last: a cursor over it, some other statements, and the rest
sub cursor
{
	my ($query, @between) = @_;
	my $name = 'c' . between(1, 1e6);
	my $hold = pick('WITH HOLD', '');
	return whole("DECLARE $name CURSOR $hold FOR $query", "FETCH 1 FROM $name", @between, "FETCH ALL FROM $name", "CLOSE $name");
}

sub prepared
{
	my ($name, $query) = @_;
	return ("DO \$\$BEGIN IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = '$name') THEN EXECUTE 'PREPARE $name AS ' || \$q\$$query\$q\$; END IF; END\$\$",
		"EXECUTE $name");
}

my %books = (
	# The store is exact at every moment, so both are asked in one statement, which locks them before it takes a snapshot
	kept => {
		locks => 'LOCK TABLE kept.billing, kept.store IN ACCESS SHARE MODE',
		statements => [
			[ 6, sub { my $n = between(1, 50); "INSERT INTO kept.billing (customer, at, amount, plan) SELECT random() * 300, date @{[ day() ]} + i % 40, random() * 100, 'plan ' || i % 4 FROM generate_series(1, $n) AS i" } ],
			[ 6, sub { "UPDATE kept.billing SET amount = amount + @{[ between(-5, 5) ]}, at = at + (random() * 20)::int, customer = customer + (random() < 0.1)::int WHERE id % 97 = @{[ between(0, 96) ]}" } ],
			[ 4, sub { 'DELETE FROM kept.billing WHERE id % 101 = ' . between(0, 100) } ],
			[ 2, sub { "MERGE INTO kept.billing AS b USING (SELECT @{[ between(0, 300) ]} AS c) AS s ON customer = c AND at > @{[ day() ]} WHEN MATCHED THEN UPDATE SET amount = amount + 1 WHEN NOT MATCHED THEN INSERT (customer, at, amount) VALUES (c, @{[ day() ]}, 7)" } ],
			[ 2, sub { "WITH gone AS (DELETE FROM kept.billing WHERE id % 103 = @{[ between(0, 102) ]} RETURNING *) INSERT INTO kept.billing (customer, at, amount, plan) SELECT customer, at + 1, amount, plan FROM gone" } ],
			[ 2, sub { "\\copy kept.billing (customer, at, amount, plan) FROM 'rows.txt'" } ],
			[ 1, sub { 'TRUNCATE kept.billing' } ],
			[ 1, sub { whole('TRUNCATE kept.billing', "\\copy kept.billing (customer, at, amount, plan) FROM 'many.txt'") } ],
			[ 5, sub { "SELECT refresh_revenue_ledgers('kept.store', $kept, open_periods => @{[ pick(0, 0, 1, 2, 5, 1000) ]})" } ],
			[ 3, sub { "SELECT refresh_revenue_ledgers('kept.store', $kept, from_date => @{[ pick(q{'-infinity'}, day()) ]})" } ],
			[ 6, sub { [ "SELECT kept.differences(rollup(ledger), (SELECT revenue_ledger(customer, at, amount) FROM kept.billing)) FROM kept.store", $none ] } ],
			[ 3, sub { [ "SELECT * FROM verify_revenue_ledgers('kept.store', $kept) WHERE EXISTS (SELECT FROM kept.store) OR EXISTS (SELECT FROM kept.billing)", $none ] } ],
			[ 4, sub { named($kept) } ],
			[ 4, sub { reader('rollup(ledger)', 'FROM kept.store') } ],
			[ 2, sub { reader('l', 'FROM kept.customers WHERE customer < 20') } ],
			[ 2, sub { pick('TABLE kept.figures', 'SELECT count(*) FROM kept.plans, revenue_movements(l)', 'SELECT count(l) FROM kept.customers') } ],
			[ 2, sub { replacing('REFRESH MATERIALIZED VIEW ' . pick('', 'CONCURRENTLY ') . pick('kept.plans', 'kept.customers')) } ],
			[ 2, sub { cursor(reader('rollup(ledger)', 'FROM kept.store'), "INSERT INTO kept.billing (customer, at, amount) VALUES (5, @{[ day() ]}, 5)") } ],
			[ 2, sub { cursor("SELECT l FROM (SELECT revenue_ledger_from($kept) AS l OFFSET 0) AS s, generate_series(1, 3)", "SELECT refresh_revenue_ledgers('kept.store', $kept)") } ],
			[ 3, sub { prepared('kept_total', 'SELECT total(rollup(ledger)), count(*) FROM kept.store') } ],
			[ 3, sub { prepared('kept_named', "SELECT count(*) FROM revenue_movements($kept)") } ],
			[ 1, sub { whole("CREATE TEMP TABLE copied (LIKE kept.store) ON COMMIT DROP", "\\copy kept.store TO '$$.bin' BINARY", "\\copy copied FROM '$$.bin' BINARY", 'SELECT rollup(ledger) FROM copied', 'DROP TABLE copied') } ],
			[ 1, sub { whole('ALTER TABLE kept.store RENAME TO store_away', 'SELECT pg_sleep(0.01)', 'ALTER TABLE kept.store_away RENAME TO store') } ],
			[ 1, sub { whole('ALTER TABLE kept.billing RENAME TO billing_away', 'SELECT pg_sleep(0.01)', 'ALTER TABLE kept.billing_away RENAME TO billing') } ],
			[ 1, sub { whole('ALTER TABLE kept.store SET SCHEMA closet', 'ALTER TABLE closet.store SET SCHEMA kept') } ],
			[ 1, sub { replacing('ALTER TABLE kept.store ADD note text DEFAULT ' . pick(q{'note'}, 'random()::text')) } ],
			[ 1, sub { 'ALTER TABLE kept.store DROP note' } ],
			[ 1, sub { replacing('ALTER TABLE kept.billing ADD note text DEFAULT ' . pick(q{'note'}, 'random()::text')) } ],
			[ 1, sub { 'ALTER TABLE kept.billing DROP note' } ],
			[ 1, sub { whole('ALTER TABLE kept.billing RENAME customer TO client', 'SELECT pg_sleep(0.01)', 'ALTER TABLE kept.billing RENAME client TO customer') } ],
			[ 1, sub { whole('ALTER TABLE kept.store RENAME ledger TO book', 'SELECT pg_sleep(0.01)', 'ALTER TABLE kept.store RENAME book TO ledger') } ],
			[ 1, sub { 'ALTER TABLE kept.store ALTER ledger SET STORAGE ' . pick('EXTERNAL', 'MAIN', 'EXTENDED') } ],
			[ 1, sub { replacing('ALTER TABLE kept.store SET ' . pick('LOGGED', 'UNLOGGED')) } ],
			[ 1, sub { 'ALTER TABLE kept.store OWNER TO ' . pick('keeper', 'second') } ],
			[ 1, sub { 'ALTER TRIGGER added ON kept.billing RENAME TO added' . between(1, 9) } ],
			[ 1, sub { pick('CLUSTER kept.store USING by_time', 'CLUSTER kept.billing USING by_customer') } ],
			[ 1, sub { alone(pick('VACUUM FULL kept.store', 'VACUUM FULL kept.billing', 'VACUUM kept.store', 'VACUUM ANALYZE kept.billing', 'VACUUM FULL pg_class', 'REINDEX TABLE kept.store', 'REINDEX TABLE CONCURRENTLY kept.customers')) } ],
			[ 1, sub { replacing('ALTER TABLE kept.billing ALTER amount TYPE ' . pick('numeric(12,2)', 'numeric(14,2)', 'numeric') . ', ALTER customer TYPE ' . pick('int', 'bigint')) } ],
		],
	},

	# Every month adds up to 1000, in the tables and in what is read of them
	steady => {
		locks => 'LOCK TABLE ' . join(', ', map { "steady.$_" } qw(billing parts heirs seen base store_billing store_parts store_heirs store_seen)) . ' IN ACCESS SHARE MODE',
		statements => [
			(map {
				my $store = "'steady.store_$_', 'steady.$_', 'customer', 'at', 'amount'";
				my $name = $_;
				my $base = $_ eq 'seen' ? 'base' : $_;
				my @columns = ('customer, at, amount, plan') x 2;
				(
					[ 3, sub { my ($a, $b) = (between(0, 19), between(20, 39)); "UPDATE steady.$base SET amount = amount + CASE WHEN customer = 'customer $a' THEN 0.01 ELSE -0.01 END WHERE customer IN ('customer $a', 'customer $b') AND at >= @{[ month() ]}" } ],
					[ 1, sub { replacing("LOCK TABLE steady.$base IN SHARE ROW EXCLUSIVE MODE", "CREATE TEMP TABLE moved AS SELECT * FROM steady.$base LIMIT 0", "WITH gone AS (DELETE FROM steady.$base RETURNING *) INSERT INTO moved SELECT * FROM gone", "INSERT INTO steady.$base (customer, at, amount, plan) SELECT customer, at, amount, plan FROM moved", 'DROP TABLE moved') } ],
					[ 1, sub { replacing("LOCK TABLE steady.$base", "CREATE TEMP TABLE moved AS SELECT * FROM steady.$base", "TRUNCATE steady.$base", "INSERT INTO steady.$base (customer, at, amount, plan) SELECT customer, at, amount, plan FROM moved", 'DROP TABLE moved') } ],
					[ 2, sub { "SELECT refresh_revenue_ledgers($store, open_periods => @{[ pick(1, 2, 5, 1000) ]})" } ],
					[ 1, sub { "SELECT refresh_revenue_ledgers($store, from_date => @{[ pick(q{'-infinity'}, day()) ]})" } ],
					[ 3, sub { [ "SELECT steady.not_steady('steady.$name')", $none ] } ],
					[ 3, sub { [ "SELECT steady.not_steady(revenue_ledger_from('steady.$name', 'customer', 'at', 'amount'))", $none ] } ],
					[ 2, sub { [ "SELECT steady.not_steady(revenue_ledger(customer, at, amount)) FROM steady.$name", $none ] } ],
					[ 4, sub { [ "SELECT steady.not_steady(rollup(ledger)) FROM steady.store_$name", $none ] } ],
					[ 2, sub { [ "SELECT * FROM verify_revenue_ledgers($store) WHERE stored <> computed", $none ] } ],
					[ 2, sub { named("'steady.$name', 'customer', 'at', 'amount'") } ],
					[ 2, sub { reader('rollup(ledger)', "FROM steady.store_$name") } ],
					[ 2, sub { prepared("steady_$name", "SELECT steady.not_steady('steady.$name')") } ],
					[ 1, sub { whole("ALTER TABLE steady.store_$name RENAME TO away", "ALTER TABLE steady.away RENAME TO store_$name") } ],
					[ 1, sub { whole("ALTER TABLE steady.$base RENAME TO away", "ALTER TABLE steady.away RENAME TO $base") } ],
					[ 1, sub { whole("TRUNCATE steady.store_$name", "SELECT refresh_revenue_ledgers($store)") } ],
					[ 1, sub { whole("DROP TABLE steady.store_$name", "SELECT refresh_revenue_ledgers($store)") } ],
					[ 1, sub { replacing("ALTER TABLE steady.$base ADD note text DEFAULT " . pick(q{'note'}, 'random()::text')) } ],
					[ 2, sub { "ALTER TABLE steady.$base DROP note" } ],
				);
			} qw(billing parts heirs seen)),
			[ 2, sub { replacing('LOCK TABLE steady.parts', 'CREATE TABLE steady.part_new (LIKE steady.parts INCLUDING DEFAULTS)', 'INSERT INTO steady.part_new (customer, at, amount, plan) SELECT customer, at, amount, plan FROM steady.part_2024', 'DROP TABLE steady.part_2024', 'ALTER TABLE steady.part_new RENAME TO part_2024', q{ALTER TABLE steady.parts ATTACH PARTITION steady.part_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')}) } ],
			[ 2, sub { my $part = pick(qw(part_2023 part_2024 heir_2024)); replacing("LOCK TABLE steady.$part", "CREATE TEMP TABLE moved AS SELECT * FROM steady.$part", "TRUNCATE steady.$part", "INSERT INTO steady.$part (customer, at, amount, plan) SELECT customer, at, amount, plan FROM moved", 'DROP TABLE moved') } ],
			[ 2, sub { replacing('CREATE TABLE steady.billing_new (LIKE steady.billing INCLUDING INDEXES INCLUDING DEFAULTS)', 'LOCK TABLE steady.billing', 'INSERT INTO steady.billing_new SELECT * FROM steady.billing', 'ALTER SEQUENCE steady.billing_id_seq OWNED BY NONE', 'DROP TABLE steady.billing', 'ALTER TABLE steady.billing_new RENAME TO billing') } ],
			[ 2, sub { whole('CREATE OR REPLACE VIEW steady.seen AS SELECT customer, at, amount, plan FROM steady.base' . pick('', ' WHERE true', ' OFFSET 0')) } ],
			[ 1, sub { alone('VACUUM FULL steady.' . pick('billing', 'base', 'part_2024', 'store_billing', 'store_seen')) } ],
			[ 1, sub { 'CLUSTER steady.billing USING by_time' } ],
		],
	},

	# Nothing is known of it until it is refreshed at the end
	wild => {
		locks => 'SELECT',
		statements => [
			(map {
				my ($table, $store, $source, @segments) = @$_;
				(
					[ 2, sub { "DROP TABLE wild.$table" . pick('', ' CASCADE') } ],
					[ 2, sub { "DROP TABLE wild.$store" } ],
					[ 1, sub { "ALTER TABLE wild.$table RENAME TO ${table}_away" } ],
					[ 3, sub { "ALTER TABLE IF EXISTS wild.${table}_away RENAME TO $table" } ],
					[ 1, sub { "ALTER TABLE wild.$store RENAME TO ${store}_away" } ],
					[ 3, sub { "ALTER TABLE IF EXISTS wild.${store}_away RENAME TO $store" } ],
					[ 1, sub { "ALTER TABLE wild.$store SET SCHEMA attic" } ],
					[ 3, sub { "ALTER TABLE IF EXISTS attic.$store SET SCHEMA wild" } ],
					[ 2, sub { 'TRUNCATE wild.' . pick($table, $store, "$table, wild.$store") } ],
					[ 2, sub { "DELETE FROM wild.$store WHERE random() < 0.5" } ],
					[ 1, sub { "ALTER TABLE wild.$store DROP " . pick('ledger', 'refreshed_at', 'time_zone', 'segment') } ],
					[ 1, sub { "ALTER TABLE wild.$store ADD " . pick('ledger revenue_ledger', 'refreshed_at timestamptz', 'time_zone text', 'note text', 'segment text') } ],
					[ 1, sub { "ALTER TABLE wild.$store ALTER ledger TYPE text USING ledger::text" } ],
					[ 1, sub { "ALTER TABLE wild.$store ALTER ledger TYPE revenue_ledger USING ledger::text::revenue_ledger" } ],
					[ 1, sub { pick("CREATE VIEW wild.$store AS SELECT 1", "DROP VIEW wild.$store", "CREATE VIEW wild.$table AS TABLE wild.${table}_away", "DROP VIEW wild.$table", "CREATE TABLE wild.$store (ledger revenue_ledger, refreshed_at timestamptz, time_zone text)") } ],
					[ 1, sub { 'ALTER TABLE wild.' . pick($table, $store) . ' OWNER TO ' . pick('keeper', 'second', 'worker') } ],
					[ 1, sub { pick("ALTER TABLE wild.$store ENABLE ROW LEVEL SECURITY", "ALTER TABLE wild.$store DISABLE ROW LEVEL SECURITY", "ALTER TABLE wild.$store FORCE ROW LEVEL SECURITY", "ALTER TABLE wild.$store NO FORCE ROW LEVEL SECURITY", "CREATE POLICY all_rows ON wild.$store USING (true)", "DROP POLICY all_rows ON wild.$store", "CREATE RULE nothing AS ON DELETE TO wild.$store DO INSTEAD NOTHING", "DROP RULE nothing ON wild.$store") } ],
					[ 8, sub { "SELECT refresh_revenue_ledgers('wild.$store', $source, open_periods => @{[ pick(0, 1, 2, 1000) ]}, segment => @{[ pick(@segments) ]})" } ],
					[ 4, sub { "SELECT refresh_revenue_ledgers('wild.$store', $source, from_date => '-infinity', segment => @{[ pick(@segments) ]})" } ],
					[ 4, sub { "SELECT count(*) FROM verify_revenue_ledgers('wild.$store', $source, segment => @{[ pick(@segments) ]})" } ],
					[ 4, sub { named($source) } ],
					[ 3, sub { reader('rollup(ledger)', "FROM wild.$store") } ],
					[ 2, sub { prepared("wild_$store", "SELECT total(rollup(ledger)) FROM wild.$store") } ],
					[ 2, sub { prepared("wild_named_$table", "SELECT count(*) FROM revenue_movements($source)") } ],
					[ 2, sub { cursor("SELECT * FROM cohort_retention($source)", "INSERT INTO wild.$table SELECT * FROM wild.$table LIMIT 10") } ],
					[ 1, sub { alone("VACUUM FULL wild.$table") } ],
					[ 1, sub { alone("VACUUM FULL wild.$store") } ],
				)
			} [ 'billing', 'store', $wild_billing, 'NULL', "'plan'" ], [ 'subscription', 'subscribed', $wild_subscription, "'plan'" ]),
			[ 8, sub { 'SELECT wild.create_billing()' } ],
			[ 8, sub { q{CREATE TABLE wild.subscription AS SELECT 'customer ' || i % 100 AS customer, daterange('2023-01-01'::date + i, '2023-01-01'::date + i + i % 500) AS during, (i % 331)::float8 AS mrr, i % 4 AS plan FROM generate_series(1, 1000) AS i} } ],
			[ 5, sub { 'INSERT INTO wild.billing SELECT * FROM wild.billing LIMIT 10' } ],
			[ 5, sub { q{UPDATE wild.billing SET amount = amount + 1, at = at + interval '1 day' WHERE amount % 37 = } . between(0, 36) } ],
			[ 5, sub { 'DELETE FROM wild.billing WHERE amount % 41 = ' . between(0, 40) } ],
			[ 3, sub { 'UPDATE wild.subscription SET mrr = mrr + 1 WHERE plan = ' . between(0, 3) } ],
			[ 3, sub { my $name = 'wild_' . between(1, 3); "CREATE TRIGGER $name AFTER " . pick('INSERT ON wild.billing REFERENCING NEW TABLE AS added', 'UPDATE ON wild.billing REFERENCING NEW TABLE AS added OLD TABLE AS removed', 'DELETE ON wild.billing REFERENCING OLD TABLE AS removed', 'TRUNCATE ON wild.billing') . " FOR EACH STATEMENT EXECUTE FUNCTION update_revenue_ledgers('wild.store', 'customer', 'at', 'amount', 'month', 'UTC')" } ],
			[ 3, sub { 'DROP TRIGGER wild_' . between(1, 3) . ' ON wild.billing' } ],
			[ 1, sub { 'ALTER TABLE wild.billing ' . pick('DISABLE', 'ENABLE', 'DISABLE') . ' TRIGGER USER' } ],
			[ 1, sub { 'ALTER TABLE wild.billing ALTER amount TYPE ' . pick('numeric', 'bigint', 'double precision') } ],
			[ 1, sub { 'ALTER TABLE wild.billing ALTER customer TYPE ' . pick('text', 'uuid USING customer::text::uuid') } ],
			[ 1, sub { 'ALTER TABLE wild.billing ALTER at TYPE ' . pick('date', 'timestamptz') } ],
			[ 1, sub { 'ALTER TABLE wild.billing DROP ' . pick('customer', 'at', 'amount', 'plan') } ],
			[ 1, sub { 'ALTER TABLE wild.billing RENAME amount TO money' } ],
			[ 2, sub { 'ALTER TABLE wild.billing RENAME money TO amount' } ],
		],
	},
);

# For all of them
my @anywhere = (
	[ 4, sub { setting() } ],
	[ 4, sub { 'RESET statement_timeout' } ],
	[ 2, sub { 'SELECT pg_cancel_backend(pid) ' . others() } ],
	[ 1, sub { 'SELECT pg_terminate_backend(pid) ' . others() } ],
);

return (\%books, \@anywhere);
