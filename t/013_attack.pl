# Nobody gets code of his own run by another one through the extension: not who installed it, nor who owns a schema on the
# path, nor a session's temporary objects, nor who owns a table that is written to. What the extension's own SQL could name
# is found from the catalog and from its sources, and shadowed; what runs SQL is found from the catalog, and called. Each
# attack is made and met in a transaction that is rolled back.

use strict;
use warnings FATAL => 'all';
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('attack');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\nmax_parallel_workers_per_gather = 0\njit = off\nlog_statement = none\n");
$node->start;

#
# Who is there, and what they have
#

$node->safe_psql('postgres', q{
	CREATE ROLE installer LOGIN;
	CREATE ROLE mallory LOGIN;
	CREATE ROLE victim LOGIN;
	GRANT CREATE ON DATABASE postgres TO installer;
	CREATE SCHEMA evil AUTHORIZATION mallory;
	GRANT USAGE ON SCHEMA evil TO PUBLIC;
	SET SESSION AUTHORIZATION installer;
	CREATE SCHEMA own;
	CREATE EXTENSION nrr SCHEMA own;
	GRANT USAGE ON SCHEMA own TO PUBLIC;
	GRANT SELECT, INSERT, DELETE ON own.retention_benchmarks TO PUBLIC;
});
$node->safe_psql('postgres', slurp_file('t/lib/shadows.sql'));

# Billing tables of two kinds for each victim, a store of each, and the same again with triggers
my @victims = ('victim', 'postgres');
my @kinds = ([ 'int', 'date', 'daterange' ], [ 'text', 'timestamptz', 'tstzrange' ]);
foreach my $victim (@victims)
{
	my $sql = "CREATE SCHEMA ${victim}_data AUTHORIZATION $victim; SET ROLE $victim; SET search_path = ${victim}_data, own, public;";
	foreach (@kinds)
	{
		my ($customer, $at, $range) = @$_;
		$sql .= qq{
			CREATE TABLE by_$at (customer $customer, at $at, amount numeric(12,2), until $at, during $range);
			INSERT INTO by_$at SELECT i % 7, day, i + 0.5, day + 40, $range(day, day + 40) FROM generate_series(1, 200) AS i, LATERAL (SELECT date '2024-01-01' + i AS day) AS d;
			SELECT refresh_revenue_ledgers('${victim}_data.store_by_$at', 'by_$at', 'customer', 'at', 'amount');
			CREATE TABLE watched_$at (LIKE by_$at);
			SELECT refresh_revenue_ledgers('${victim}_data.watch_$at', 'watched_$at', 'customer', 'at', 'amount');
		};
		foreach ([ 'INSERT', 'REFERENCING NEW TABLE AS added' ], [ 'DELETE', 'REFERENCING OLD TABLE AS removed' ],
			[ 'UPDATE', 'REFERENCING NEW TABLE AS added OLD TABLE AS removed' ], [ 'TRUNCATE', '' ])
		{
			my ($event, $rows) = @$_;
			$sql .= qq{CREATE TRIGGER after_$event AFTER $event ON watched_$at $rows FOR EACH STATEMENT
				EXECUTE FUNCTION update_revenue_ledgers('${victim}_data.watch_$at', 'customer', 'at', 'amount', 'month', 'Europe/Berlin');};
		}
	}
	$node->safe_psql('postgres', "SET client_min_messages = warning; SET timezone = 'Europe/Berlin'; $sql");
}

$node->safe_psql('postgres', q{
	INSERT INTO lab.value VALUES ('customer', 'text', 'customer'), ('at', 'text', 'at'), ('amount', 'text', 'amount'),
		('item', 'text', 'customer'), ('segment', 'text', 'customer'), ('quantity', 'text', 'amount'), ('target', 'text', 'no table');
	INSERT INTO lab.reading VALUES ('by_date', NULL, '{}'), ('by_timestamptz', NULL, '{}'),
		('by_date', 0, '{"shape": "subscriptions", "at": "during", "close": "next", "item": "customer", "snapshot_rule": "start"}'),
		('by_date', 1, '{"shape": "snapshots", "grain": "week"}'),
		('by_timestamptz', 2, '{"shape": "invoices", "at": "at, until"}'),
		('by_timestamptz', NULL, '{"shape": "changes", "segment": "customer"}');
	INSERT INTO lab.value VALUES
		('from_date', 'date', '2024-02-01'), ('to_date', 'date', '2024-05-01'), ('as_of', 'date', '2024-05-01'),
		('horizon', 'int', '3'), ('lookback', 'int', '1'),
		('value', NULL, '94'), ('metric', 'text', 'nrr'), ('amount', 'numeric', '120'), ('amount', 'real', '120'), ('amount', 'own.mrr_float8', '120'),
		('frequency', 'text', 'annual'), ('frequency', 'own.mrr_text', 'annual'),
		('during', 'tstzrange', '[2024-01-01,2025-01-01)'), ('services', 'datemultirange', '{[2024-01-01,2025-01-01)}'),
		('services', 'tsmultirange', '{[2024-01-01,2025-01-01)}'), ('services', 'tstzmultirange', '{[2024-01-01,2025-01-01)}');
	INSERT INTO lab.value SELECT v.name, v.type, v.value::text
		FROM (SELECT own.retention(100, 90)) AS r(summary), LATERAL (VALUES ('summary', 'own.retention_summary'::regtype, summary)) AS v(name, type, value);
	-- a name of a benchmark, where it is one
	INSERT INTO lab.value VALUES ('benchmark', 'text', 'nrr');
});

#
# What the victims call
#

# Statements of triggers; %s is the victim's schema
my %trigger_calls = (
	update_revenue_ledgers => [
		map {
			my (undef, $at) = @$_;
			my $ledgers = "SELECT ledger, time_zone FROM %s.watch_$at ORDER BY ledger";
			[   "INSERT INTO %s.watched_$at VALUES (1, '2024-03-05', 20), (2, '2024-03-06', 30), (2, '2024-04-06', 40)",
				"UPDATE %s.watched_$at SET amount = 70 WHERE amount OPERATOR(pg_catalog.=) 30",
				"DELETE FROM %s.watched_$at WHERE amount OPERATOR(pg_catalog.=) 20",
				$ledgers, "TRUNCATE %s.watched_$at", $ledgers ]
		} @kinds ],
	retention_benchmarks_trigger => [
		[   "INSERT INTO own.retention_benchmarks (name, metric, thresholds) VALUES ('nrr', 'nrr', '<71 <91 <=101')",
			"SELECT name, thresholds, builtin FROM own.retention_benchmarks WHERE name OPERATOR(pg_catalog.=) 'nrr'" ] ]);

# Pairs of a call's name and its statements, for a victim; 'tables' says whether statements on tables are wanted, too
sub calls_of
{
	my ($victim, $tables) = @_;
	my $schema = "${victim}_data";
	my @calls;
	my $readings = $node->safe_psql('postgres', q{SELECT source, turn, given FROM lab.reading});
	foreach my $reading (split /\n/, $readings)
	{
		my ($source, $turn, $given) = split /\|/, $reading;
		foreach my $store ($given eq '{}' ? "$schema.store_$source" : (), "$schema.new_store")
		{
			my $rows = $node->safe_psql('postgres', qq{
				SELECT signature, coalesce(lab.call(oid, '$schema.$source', '$store', '$given'), ''), provolatile = 'v',
					'source' = ANY (proargnames)
				FROM lab.callable WHERE prorettype <> 'trigger'::regtype
					AND ('$given' = '{}' OR lab.is_read_so(oid, NULLIF('$turn', '')::int, '$given')) ORDER BY 1});
			foreach (split /\n/, $rows)
			{
				my ($name, $call, $writes, $reads) = split /\|/;
				die "nothing is known to give for an argument of $name; see lab.value" if $call eq '';
				# what reads a store has one only in the plain reading
				next if $writes ne 't' && ($store =~ /new_store/ ? $given eq '{}' || $call =~ /new_store/ : 0) or $reads ne 't' && $source ne 'by_date';
				my @statements = $call;
				push @statements, "SELECT ledger, time_zone FROM $store ORDER BY ledger" if $writes eq 't';
				push @calls, [ join(' ', $name, $reads eq 't' ? ($source, $given eq '{}' ? () : $given) : (), $writes eq 't' ? $store : ()), @statements ];
			}
		}
	}
	return @calls unless $tables;
	foreach my $name (split /\n/, $node->safe_psql('postgres', "SELECT proname FROM lab.callable WHERE prorettype = 'trigger'::regtype ORDER BY 1"))
	{
		die "nothing is known to make trigger function $name run" unless $trigger_calls{$name};
		my $n = 0;
		push @calls, [ "$name " . ++$n, map { s/%s/$schema/gr } @$_ ] foreach @{ $trigger_calls{$name} };
	}
	return @calls;
}
my %calls = map { ($_ => { functions => [ calls_of($_, 0) ], all => [ calls_of($_, 1) ] }) } @victims;

#
# An attack, and whether it is met
#

# Makes an attack, and then the victims' calls with a search_path; gives for each call, as far as the server was up, its
# name, its SQLSTATE and what it printed, and whose code ran as a victim.
sub run_calls
{
	my ($attack, $path, %calls_of) = @_;
	my $sql = "\\set SHOW_CONTEXT never\n\\set ON_ERROR_STOP 1\nSET timezone = 'Europe/Berlin';\nBEGIN;\n$attack;\n\\set ON_ERROR_STOP 0\n\\echo ready\n";
	foreach my $victim (sort keys %calls_of)
	{
		$sql .= "SET SESSION AUTHORIZATION $victim;\nSET search_path = $path;\n";
		foreach (@{ $calls_of{$victim} })
		{
			my ($name, @statements) = @$_;
			$sql .= "\\echo begin $victim: $name\nSAVEPOINT call;\n\\set state 00000\n";
			# the first statement that fails is what the call fails with
			$sql .= "$_;\n\\if :ERROR\n\\if :{?failed}\n\\else\n\\set failed yes\n\\set state :SQLSTATE\n\\endif\n\\endif\n" foreach @statements;
			$sql .= "\\unset failed\nROLLBACK TO call;\n\\echo end :state\n";
		}
	}
	$sql .= "ROLLBACK;\n";
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr('postgres') . ' user=postgres', '-f', '-' ], '<', \$sql, '>', \$out, '2>', \$err);
	die "the attack itself failed: $err" unless $out =~ /^ready$/m;
	my $run = { err => $err };
	foreach (split /^(?=begin )/m, $out =~ s/\A.*?^ready\n//msr)
	{
		my ($call, $printed, $state) = /^begin (.*)\n((?:.*\n)*?)(?:end (\w{5})\n)?\z/;
		# a call that does not end is the last
		push @{ $run->{results} }, { name => $call, out => $printed, state => $state // 'down' };
	}
	my $victims = join '|', keys %calls_of;
	$run->{foreign} = [ sort keys %{ { map { $_ => 1 } $err =~ /foreign code: (.* as (?:$victims))$/mg } } ];
	$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back' if states($run) =~ /down/;
	return $run;
}

my %expected;

# What is wrong after an attack. A call gives the same figures as before, or is refused: as it would run what is not the
# extension's own, or would not even be a sentence with it.
my $refusal = qr/^(55000|42725|42883|42804|42846)$/;
sub faults
{
	my ($attack, %options) = @_;
	my $run = run_calls($attack, $options{path}, map { $_ => $calls{$_}{ $options{calls} // 'all' } } @victims);
	my @faults = map { "ran: $_" } @{ $run->{foreign} };
	foreach (@{ $run->{results} })
	{
		my ($name, $out, $state) = @$_{qw(name out state)};
		push @faults, "$name: $state" unless $state eq '00000' || $state =~ ($options{refusal} // $refusal);
		push @faults, "$name: another figure: " . substr($out, 0, 100) if $state eq '00000' && $out ne $expected{$name};
	}
	return join "\n", @faults;
}

sub states
{
	my ($run) = @_;
	return join ' ', map { $_->{state} } @{ $run->{results} // [] };
}

sub is_met
{
	my ($name, $attack, %options) = @_;
	is(faults($attack, path => 'own, public', %options), '', $name);
	return;
}

my $peace = run_calls('SELECT', 'own, public', map { $_ => $calls{$_}{all} } @victims);
$expected{ $_->{name} } = $_->{out} foreach @{ $peace->{results} };
is(join("\n", map { $_->{state} eq '00000' ? () : "$_->{name}: $_->{state}" } @{ $peace->{results} }), '', 'in peace, all calls work') or diag($peace->{err});
is(scalar(keys %expected), 2 * @{ $calls{victim}{all} }, 'and all are made');
is($node->safe_psql('postgres', q{
	SELECT signature FROM lab.routine WHERE proargnames && '{source, store}' AND oid NOT IN (SELECT oid FROM lab.callable)}), '',
	'whatever names a table is called');
foreach (qw(revenue_ledger_from refresh_revenue_ledgers update_revenue_ledgers ledger_lint rating to_next))
{
	my $name = $_;
	isnt(scalar(grep { $_->[0] =~ /\b$name\b/ } @{ $calls{victim}{all} }), 0, "$name is called");
}

#
# What generated SQL could name
#

# Text of all string literals of the sources, and the words in it
my @literals;
find({ no_chdir => 1, wanted => sub { push @literals, slurp_file($_) =~ /"((?:[^"\\\n]|\\.)*)"/g if /\.c$/ } }, 'src');
my $literals = join ' ', @literals;
my %words = map { ($_ => 1) } $literals =~ /\b[a-z_][a-z_0-9]*\b/g;
my %relations = map { ($_ => 1) } $literals =~ /\b(?:FROM|JOIN|INTO|TABLE|UPDATE|WITH)\s+(?:ONLY\s+)?([a-z_]\w*)/g, $literals =~ /\b([a-z_]\w*) AS (?:MATERIALIZED )?\(/g;

my $words = join ', ', map { "'$_'" } sort keys %words;
my $relations = join ', ', map { "'$_'" } 'retention_benchmarks', sort keys %relations;

# Attacks as SQL
my $routines = q{SELECT sum(lab.shadow_routine('%s', oid, %s)) FROM pg_catalog.pg_proc WHERE %s};
my $core = "pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a', 'w') AND proname IN ($words)";
my $members = 'oid IN (SELECT oid FROM lab.routine)';
my $operators = q{SELECT lab.shadow_operators('%s')};
my $types = q{SELECT lab.shadow_types('%s')};
my $views = "SELECT lab.shadow_relations('%s', ARRAY[$relations])";

sub shadows
{
	my ($role, $schema, @shadows) = @_;
	my $sql = "SET SESSION AUTHORIZATION $role;\n\\o /dev/null\n";
	$sql .= sprintf($_, $schema) . ";\n" foreach @shadows;
	return "$sql\\o\nSELECT 1";
}

#
# Owner of nothing but a schema on the path, or of a session's temporary objects
#

# Whatever is in them stays there
my @functions = map { sprintf($routines, '%s', 'false', $_) } $core, $members;
my @hostile_functions = map { sprintf($routines, '%s', 'true', $_) } $core, $members;
$node->safe_psql('postgres', 'CREATE SCHEMA hostile AUTHORIZATION mallory; GRANT USAGE ON SCHEMA hostile TO PUBLIC');
like($node->safe_psql('postgres', shadows('mallory', 'evil', @functions, $operators, $types, $views) =~ s/\\o.*\n?//gr),
	qr/\A\d{3,}\n\d{3,}\n\d{3,}\n\d{2,}\n\d{2,}\n1\z/, 'there are shadows of functions, operators, types and tables');
like($node->safe_psql('postgres', shadows('mallory', 'hostile', @hostile_functions) =~ s/\\o.*\n?//gr), qr/\A\d{3,}\n\d{3,}\n1\z/,
	'and of functions of a wrong type');
is_met('a schema before all others', 'SELECT', path => 'evil, pg_catalog, own, public');
is_met('a schema before all others, with results of a wrong type', 'SELECT', path => 'hostile, evil, pg_catalog, own, public');
is_met('temporary types and views, found without being named', shadows('mallory', 'pg_temp', $types, $views), path => 'evil, own, public');
is_met('temporary types and views, before all others', shadows('mallory', 'pg_temp', $types, $views), path => 'pg_temp, evil, pg_catalog, own, public');

#
# The one who installed the extension
#

is_met("operators, types and views in the extension's schema", shadows('installer', 'own', $operators, $types, $views));
is_met("functions of the server in the extension's schema", shadows('installer', 'own', $functions[0]));
my @overloaded = split /\n/, $node->safe_psql('postgres', q{
	SELECT DISTINCT proname FROM lab.routine
	WHERE prokind IN ('f', 'a') AND 'internal'::regtype <> ALL (proargtypes)
		AND (pronargdefaults > 0 OR EXISTS (SELECT FROM unnest(proargtypes) AS t JOIN pg_type ON pg_type.oid = t WHERE typtype = 'p' AND typname <> 'cstring'))
	ORDER BY 1});
my $overloads = "$members AND proname IN (%s)";
# those that the sources name, as "schema.name(" or alone, one by one, as one could be in another's way
my @named = grep { my $name = $_; $literals =~ /%s\.$name\(/ || grep { $_ eq $name } @literals } @overloaded;
isnt(scalar(grep { $_ eq 'revenue_ledger' } @named), 0, 'the sources name the aggregate');
foreach my $name (@named)
{
	is_met("overloads of $name", shadows('installer', 'own', sprintf($routines, '%s', 'false', sprintf($overloads, "'$name'"))));
	is_met("overloads of $name, of another type", shadows('installer', 'own', sprintf($routines, '%s', 'true', sprintf($overloads, "'$name'"))));
}
is_met('overloads of everything', shadows('installer', 'own', @functions, $types, $views));
my $adopt = q{
	DO 'DECLARE
		f record;
	BEGIN
		FOR f IN SELECT oid::pg_catalog.regprocedure AS f, prokind FROM pg_catalog.pg_proc
			WHERE pronamespace = ''own''::pg_catalog.regnamespace AND oid NOT IN (SELECT oid FROM lab.routine) LOOP
			EXECUTE pg_catalog.format(''ALTER EXTENSION nrr ADD %s %s'', CASE f.prokind WHEN ''a'' THEN ''AGGREGATE'' ELSE ''FUNCTION'' END, f.f);
		END LOOP;
	END'};
is_met('overloads that were made members of the extension',
	shadows('installer', 'own', sprintf($routines, '%s', 'false', sprintf($overloads, join ', ', map { "'$_'" } @overloaded))) . ";\n$adopt");

# The table of benchmarks is the installer's, and he may do to it what an owner may
my $trap = q{
	CREATE FUNCTION own.run(what text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: % as %'', what, current_user; RETURN true; END';
	CREATE TYPE own.thing AS ENUM ('nrr', '<70 <90 <=100');
	CREATE FUNCTION own.as_benchmark(own.thing) RETURNS own.retention_benchmark LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: cast as %'', current_user; RETURN ''<1 <2 <3''; END';
	CREATE FUNCTION own.as_text(own.thing) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: cast as %'', current_user; RETURN ''nrr''; END';
	CREATE CAST (own.thing AS own.retention_benchmark) WITH FUNCTION own.as_benchmark(own.thing) AS IMPLICIT;
	CREATE CAST (own.thing AS text) WITH FUNCTION own.as_text(own.thing) AS IMPLICIT;
};
my $elsewhere = 'CREATE SCHEMA elsewhere; ALTER TABLE own.retention_benchmarks SET SCHEMA elsewhere';
my $readable = 'GRANT SELECT ON own.retention_benchmarks TO PUBLIC';
my $look_alike = q{SELECT 'nrr'::text AS name, '<1 <2 <3'::own.retention_benchmark AS thresholds, 'nrr'::text AS metric, false AS builtin};
my $rename = 'ALTER TABLE own.retention_benchmarks RENAME TO renamed';
my %catalog_attacks = (
	'a view in its place' => "$trap; $rename; CREATE VIEW own.retention_benchmarks AS $look_alike, own.run('view'); $readable",
	'a view that is a member' =>
		"$trap; $rename; CREATE VIEW own.retention_benchmarks AS $look_alike, own.run('view'); ALTER EXTENSION nrr ADD VIEW own.retention_benchmarks; $readable",
	'another table' => "$rename; CREATE TABLE own.retention_benchmarks AS $look_alike; $readable",
	'a materialized view' => "$rename; CREATE MATERIALIZED VIEW own.retention_benchmarks AS $look_alike; $readable",
	'another table, as it has been moved' => "$elsewhere; CREATE TABLE own.retention_benchmarks AS $look_alike; $readable",
	'no table' => $elsewhere,
	'a policy for its rows' =>
		"$trap; CREATE POLICY run ON own.retention_benchmarks USING (own.run('policy')); ALTER TABLE own.retention_benchmarks ENABLE ROW LEVEL SECURITY",
	'thresholds of a type with a cast' => "$trap; ALTER TABLE own.retention_benchmarks ALTER thresholds TYPE own.thing USING '<70 <90 <=100'",
	'names of a type with a cast' =>
		"$trap; DELETE FROM own.retention_benchmarks WHERE name <> 'nrr'; ALTER TABLE own.retention_benchmarks DROP CONSTRAINT retention_benchmarks_name_check, DROP CONSTRAINT retention_benchmarks_pkey, ALTER name TYPE own.thing USING 'nrr'",
);
foreach my $name (sort keys %catalog_attacks)
{
	my $attack = "SET client_min_messages = error; SET SESSION AUTHORIZATION installer; $catalog_attacks{$name}; RESET client_min_messages";
	is_met("the table of benchmarks: $name", $attack, calls => 'functions', refusal => $name eq 'no table' ? qr/^(55000|42P01)$/ : qr/^55000$/);
}

# What the table says is the installer's to say; who reads it is not his to choose
my $run = run_calls("SET SESSION AUTHORIZATION installer; $catalog_attacks{'another table'}", 'own, public',
	victim => [ [ 'rating', 'SELECT own.rating(94.0)' ], [ 'to_next', 'SELECT own.to_next(94.0)' ] ]);
is(states($run), '55000 55000', 'a table that only has the name is refused as such');

# What does not depend on a row is computed by whoever plans a query, once in a session
$node->safe_psql('postgres', "SET SESSION AUTHORIZATION installer; $trap; ALTER FUNCTION own.run IMMUTABLE; CREATE INDEX trap ON own.retention_benchmarks ((own.run('index') OR builtin))");
is_met('the table of benchmarks: an index over an expression', 'SELECT', calls => 'functions', refusal => qr/^55000$/);
$node->safe_psql('postgres', 'DROP INDEX own.trap; DROP FUNCTION own.run; DROP TYPE own.thing CASCADE');

# The case by which a server went down, and its like
$run = run_calls(shadows('installer', 'own', sprintf($routines, '%s', 'true', "$members AND proname = 'revenue_ledger'")), 'own, public',
	victim => [ [ 'one-liner', q{SELECT own.customers(own.revenue_ledger_from('victim_data.by_date', 'customer', 'at', 'amount'))} ] ]);
like($run->{results}[0]{out} . states($run), qr/^(55000|7\n00000)$/, 'an overload of the aggregate is refused, or not called');

#
# Who owns a table that is written to
#

$node->safe_psql('postgres', 'CREATE SCHEMA lair AUTHORIZATION mallory; GRANT USAGE ON SCHEMA lair TO PUBLIC');

my $code = q{CREATE FUNCTION lair.run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: trigger as %'', current_user; RETURN NEW; END'};
my $store = q{CREATE TABLE lair.store (ledger own.revenue_ledger, refreshed_at timestamptz, time_zone text); GRANT ALL ON lair.store TO PUBLIC};
my %store_attacks = (
	'a trigger on a store' => "$code; $store; CREATE TRIGGER run BEFORE INSERT ON lair.store FOR EACH ROW EXECUTE FUNCTION lair.run()",
	'a default of a store' => "$store; CREATE FUNCTION lair.value() RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: default as %'', current_user; RETURN 1; END';
		ALTER TABLE lair.store ADD extra int DEFAULT lair.value()",
	'a check of a store' => "$store; CREATE FUNCTION lair.holds() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: check as %'', current_user; RETURN true; END';
		ALTER TABLE lair.store ADD CHECK (lair.holds())",
	'a rule of a store' => "$store; CREATE FUNCTION lair.done() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: rule as %'', current_user; RETURN true; END';
		CREATE RULE run AS ON INSERT TO lair.store DO ALSO SELECT lair.done()",
	'a policy of a store' => "$store; CREATE FUNCTION lair.holds() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: policy as %'', current_user; RETURN true; END';
		CREATE POLICY run ON lair.store USING (lair.holds()); ALTER TABLE lair.store ENABLE ROW LEVEL SECURITY",
	'an index of a store' => "$store; CREATE FUNCTION lair.key(own.revenue_ledger) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''foreign code: index as %'', current_user; RETURN 1; END';
		CREATE INDEX ON lair.store (lair.key(ledger))",
);
foreach my $name (sort keys %store_attacks)
{
	my @faults;
	foreach my $victim (@victims)
	{
		my $schema = "${victim}_data";
		# an unqualified name finds the attacker's by the one who refreshes; a trigger has to name it
		my $watch = "SET SESSION AUTHORIZATION $victim; CREATE TABLE $schema.watched (LIKE $schema.by_date);
			CREATE TRIGGER added AFTER INSERT ON $schema.watched REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION own.update_revenue_ledgers('lair.store', 'customer', 'at', 'amount')";
		my $run = run_calls("SET SESSION AUTHORIZATION mallory; $store_attacks{$name}; $watch", 'lair, own', $victim => [
			[ 'refresh', "SELECT own.refresh_revenue_ledgers('store', '$schema.by_date', 'customer', 'at', 'amount')" ],
			[ 'again', "SELECT own.refresh_revenue_ledgers('lair.store', '$schema.by_date', 'customer', 'at', 'amount', from_date => '-infinity')" ],
			[ 'write', "INSERT INTO $schema.watched VALUES (1, '2024-01-01', 1)" ] ]);
		push @faults, "$victim: " . states($run) if states($run) ne '42501 42501 42501';
		push @faults, map { "ran: $_" } @{ $run->{foreign} };
	}
	is(join("\n", @faults), '', "$name: runs for nobody else, who is refused it");
}

# His table, somebody else's store: whoever writes to the table would write to the store
foreach my $victim (@victims)
{
	my $schema = "${victim}_data";
	my $run = run_calls("SET SESSION AUTHORIZATION mallory; CREATE TABLE lair.billing (customer int, at date, amount numeric); GRANT ALL ON lair.billing TO PUBLIC;
			CREATE TRIGGER added AFTER INSERT ON lair.billing REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION own.update_revenue_ledgers('$schema.store_by_date', 'customer', 'at', 'amount');
			CREATE TRIGGER emptied AFTER TRUNCATE ON lair.billing FOR EACH STATEMENT EXECUTE FUNCTION own.update_revenue_ledgers('$schema.store_by_date', 'customer', 'at', 'amount')",
		'own', $victim => [ [ 'insert', q{INSERT INTO lair.billing VALUES (1, '2024-01-01', 1000)} ], [ 'truncate', 'TRUNCATE lair.billing' ] ]);
	is(states($run), '42501 42501', "$victim writes nothing to a store by a trigger that somebody else has made");
}

is(join("\n", slurp_file($node->logfile) =~ /(.*(?:terminated by signal|TRAP:|cache lookup failed).*)/g), '', 'the server has not gone down');
$node->stop;
done_testing();
