# The table of benchmarks survives dump and restore with exactly the rows of its users, moves with the extension, and
# needs neither a superuser nor UTF-8.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('benchmarks');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->start;

my $dump = PostgreSQL::Test::Utils::tempdir();

# Not a superuser, and so not the owner of what a trusted extension makes
$node->safe_psql('postgres', q{
	CREATE ROLE analyst LOGIN;
	CREATE ROLE guest LOGIN;
	CREATE DATABASE origin OWNER analyst;
	CREATE DATABASE fresh OWNER analyst;
});

sub as
{
	my ($role, $database, $sql) = @_;
	my ($status, $out, $err) = $node->psql($database, $sql, extra_params => [ '-U', $role ], on_error_stop => 1);
	return $status == 0 ? $out : $err;
}

foreach my $database ('origin', 'fresh')
{
	is(as('analyst', $database, 'CREATE SCHEMA metrics; CREATE EXTENSION nrr SCHEMA metrics'), '',
		"a plain user installs the extension into $database");
}

my $builtin = 'SELECT * FROM metrics.retention_benchmarks WHERE builtin ORDER BY name';
my $own = 'SELECT * FROM metrics.retention_benchmarks WHERE NOT builtin ORDER BY name';
my $seeded = $node->safe_psql('fresh', $builtin);
is(scalar(split /\n/, $seeded), 44, 'there are benchmarks from the start');
is($node->safe_psql('fresh', $own), '', 'none of them is a user\'s');

is(as('analyst', 'origin', 'GRANT USAGE ON SCHEMA metrics TO guest'), '', 'others may use it');
is(as('guest', 'origin', 'SELECT metrics.rating(95)'), 'healthy', 'who may use the schema may read benchmarks');
foreach my $statement (q{INSERT INTO %s (name, metric, thresholds) VALUES ('guests', 'nrr', '- <1 -')}, 'UPDATE %s SET note = NULL', 'DELETE FROM %s')
{
	like(as('guest', 'origin', sprintf($statement, 'metrics.retention_benchmarks')), qr/permission denied for table/,
		'but not write: ' . substr($statement, 0, 6));
}

# One row of each fate
is(as('analyst', 'origin', q{
		SET search_path = metrics;
		INSERT INTO retention_benchmarks (name, metric, segment, thresholds, unit, instrument, sample_size, note)
			VALUES ('ours', 'nrr', E'it''s "ü",\n\\\\', '<80.5 - <=110.000000001', 'month', 'billing', 7, '');
		INSERT INTO retention_benchmarks (name, metric, thresholds, builtin) VALUES ('pretender', 'grr', '- <85 -', true);
		UPDATE retention_benchmarks SET thresholds = '<75 <92 <=100' WHERE name = 'nrr';
		UPDATE retention_benchmarks SET note = 'the name only' WHERE name = 'ecommerce-nrr';
		UPDATE retention_benchmarks SET name = 'renamed' WHERE name = 'recurly-2019-logo-all';
		INSERT INTO retention_benchmarks (name, metric, thresholds) VALUES ('saas-nrr', 'nrr', '- <115 -');
		DELETE FROM retention_benchmarks WHERE name = 'nrr-growth'}),
	'', 'the installing user owns the table');
my $rows = $node->safe_psql('origin', $own);
is($node->safe_psql('origin', q{SELECT name FROM metrics.retention_benchmarks WHERE NOT builtin ORDER BY name}),
	"ecommerce-nrr\nnrr\nours\npretender\nrenamed\nsaas-nrr", 'rows that a user made or changed are the user\'s');
is($node->safe_psql('origin', 'SELECT count(*) FROM metrics.retention_benchmarks WHERE builtin'), 44 - 5,
	'the others came with the extension');

# What is there after a restore: the user's rows, and of those of the extension the ones that the user's do not replace
sub check_restored
{
	my ($database, $name) = @_;
	is($node->safe_psql($database, $own), $rows, "$name: exactly the user's rows");
	is( $node->safe_psql($database, $builtin),
		$node->safe_psql('fresh', $builtin =~ s/WHERE builtin/WHERE name NOT IN ('ecommerce-nrr', 'nrr', 'saas-nrr')/r),
		"$name: and those that come with the extension");
	is( $node->safe_psql($database, q{
			SELECT metrics.rating(74, 'nrr'), metrics.rating(117), metrics.rating(117, 'saas-nrr'), metrics.rating(111, 'ours'), metrics.rating(99, 'nrr-growth')}),
		'critical|strong|healthy|strong|moderate', "$name: which rate");
}

foreach my $format ('plain', 'custom', 'inserts')
{
	my @format = $format eq 'inserts' ? ('-F', 'p', '--column-inserts') : ('-F', $format);
	$node->safe_psql('postgres', "CREATE DATABASE $format OWNER analyst");
	$node->command_ok([ 'pg_dump', '-U', 'analyst', @format, '-f', "$dump/$format", $node->connstr('origin') ],
		"pg_dump, $format");
	my @restore = $format eq 'custom'
		? ('pg_restore', '-e', '-U', 'analyst', '-d', $node->connstr('custom'), "$dump/custom")
		: ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'analyst', '-f', "$dump/$format", '-d', $node->connstr($format));
	$node->command_ok(\@restore, "a plain user restores, $format");
	check_restored($format, $format);
}

# The dump of a restored database is the same dump
$node->command_ok([ 'pg_dump', '-f', "$dump/again", $node->connstr('plain') ], 'pg_dump of the restored database');
$node->command_ok([ 'pg_dump', '-f', "$dump/first", $node->connstr('origin') ], 'pg_dump of the first one');
# each run of a newer pg_dump has a random key of its own in \restrict lines
is(slurp_file("$dump/again") =~ s/^\\(un)?restrict .*$//mgr, slurp_file("$dump/first") =~ s/^\\(un)?restrict .*$//mgr, 'are the same');
unlike(slurp_file("$dump/first"), qr/(GRANT|REVOKE) .*retention_benchmarks|benchmarkit/, 'a dump holds neither rows nor privileges that the extension makes');

# Only the data, into a database that has the extension and rows of its user
$node->safe_psql('postgres', 'CREATE DATABASE data OWNER analyst');
is(as('analyst', 'data', 'CREATE SCHEMA metrics; CREATE EXTENSION nrr SCHEMA metrics'), '', 'another database');
$node->command_ok([ 'pg_dump', '-U', 'analyst', '-a', '-f', "$dump/data", $node->connstr('origin') ], 'pg_dump of the data');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'analyst', '-f', "$dump/data", '-d', $node->connstr('data') ],
	'and its restore');
check_restored('data', 'data only');

# The extension moves, and its table with it
is( as('postgres', 'data', q{
		CREATE SCHEMA "else where";
		ALTER EXTENSION nrr SET SCHEMA "else where";
		SELECT "else where".rating(74), "else where".rating(111, 'ours');
		UPDATE "else where".retention_benchmarks SET note = NULL WHERE name = 'b2b-saas-nrr-top' RETURNING builtin;
		INSERT INTO "else where".retention_benchmarks (name, metric, thresholds) VALUES ('nrr-growth', 'nrr', '- <1 -') RETURNING builtin;
		SELECT "else where".rating(2, 'nrr-growth')}),
	"critical|strong\nf\nf\nhealthy", 'the table moves with the extension');
like(as('guest', 'data', q{SELECT "else where".rating(2, 'nrr')}), qr/permission denied for schema/, 'whose schema must be open');
is(as('postgres', 'data', 'GRANT USAGE ON SCHEMA "else where" TO guest'), '', 'opened');
is(as('guest', 'data', q{SELECT "else where".rating(74, 'nrr')}), 'critical', 'then anybody reads it');

# What another session commits is seen by the next statement, or by the next transaction where that is asked for
foreach ([ 'READ COMMITTED', "healthy\nmoderate\nmoderate" ], [ 'REPEATABLE READ', "healthy\nhealthy\nmoderate" ])
{
	my ($level, $expected) = @$_;
	is( $node->safe_psql('fresh', qq{
			BEGIN ISOLATION LEVEL $level;
			PREPARE r AS SELECT metrics.rating(95);
			EXECUTE r;
			\\! psql -X -q -d fresh -c "UPDATE metrics.retention_benchmarks SET thresholds = '<70 <96 <=100' WHERE name = 'nrr'"
			EXECUTE r;
			COMMIT;
			EXECUTE r;
			UPDATE metrics.retention_benchmarks SET thresholds = '<70 <90 <=100' WHERE name = 'nrr';
		}),
		$expected, "changes by others, $level");
}

# So does a statement that runs for long and looks again: the same call in a loop
my ($out, $err) = ('', '');
my $waiting = IPC::Run::start(
	[ 'psql', '-X', '-q', '-d', $node->connstr('fresh'), '-c', q{
		DO $$
		BEGIN
			FOR i IN 1 .. 1800 LOOP
				IF i = 1 THEN
					PERFORM set_config('application_name', metrics.rating(95)::text, false);
				END IF;
				EXIT WHEN metrics.rating(95)::text = 'critical';
				PERFORM pg_sleep(0.1);
			END LOOP;
			RAISE NOTICE 'at last %', metrics.rating(95);
		END $$} ],
	'<', \'', '>', \$out, '2>', \$err);
$node->poll_query_until('fresh', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'healthy'})
	or die "the loop does not run: $err";
$node->safe_psql('fresh', q{UPDATE metrics.retention_benchmarks SET thresholds = '<96 <97 <=100' WHERE name = 'nrr'});
$waiting->finish;
like($err, qr/NOTICE:  at last critical/, 'changes by others, in a loop');

# Other encodings: all but the emoji
foreach ([ 'LATIN1', qr/database encoding LATIN1 has no emoji/ ], [ 'SQL_ASCII', qr/^\xF0\x9F\x9A\x80$/ ])
{
	my ($encoding, $emoji) = @$_;
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	is($node->safe_psql($database, q{CREATE EXTENSION nrr; SELECT rating(112.0), advice(rating(112.0))}),
		'strong|growth from existing customers, extend it', "ratings in $encoding");
	like(as('postgres', $database, 'SELECT emoji(rating(112.0))'), $emoji, "emoji in $encoding");
}

$node->stop;
done_testing();
