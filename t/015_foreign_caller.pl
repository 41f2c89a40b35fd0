# The functions of every aggregate, called as distributed engines do: with an FmgrInfo and memory that are gone after each
# call, and with or without knowing the types of arguments. Which aggregates there are is read from the catalog.

use strict;
use warnings FATAL => 'all';
use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = PostgreSQL::Test::Utils::tempdir();
copy("t/modules/foreign_caller/$_", $dir) or die "copy: $!" foreach qw(Makefile foreign_caller.c);
system_or_bail('make', '-s', '-C', $dir, 'with_llvm=no', 'COPT=-Werror');

my $node = PostgreSQL::Test::Cluster->new('foreign_caller');
$node->init;
$node->append_conf('postgresql.conf', qq{
	work_mem = 64kB
	hash_mem_multiplier = 1
	log_temp_files = 0
	max_parallel_workers_per_gather = 0
});
$node->start;

# Customers so long that few rows fill the least memory that a pool may have, and go to a file; and so few that ledgers
# of them are small
$node->safe_psql('postgres', qq{
	CREATE EXTENSION nrr;
	CREATE FUNCTION foreign_aggregate_accum(internal, regprocedure, text, VARIADIC "any") RETURNS internal
		AS '$dir/foreign_caller' LANGUAGE C;
	CREATE FUNCTION foreign_aggregate_final(internal) RETURNS text AS '$dir/foreign_caller' LANGUAGE C;
	CREATE AGGREGATE foreign_aggregate(regprocedure, text, VARIADIC "any")
		(SFUNC = foreign_aggregate_accum, STYPE = internal, FINALFUNC = foreign_aggregate_final);
	CREATE TABLE billing AS
		SELECT i, i % 97 || repeat(' customer', 130) AS customer, date '2021-01-01' + i * 37 % 1000 AS day, i % 331 - 20 AS amount
		FROM generate_series(1, 5000) AS i;
	CREATE TABLE ledgers AS
		SELECT i / 8 AS i, revenue_ledger(customer, day, amount) AS ledger FROM billing WHERE i < 1200 GROUP BY i / 8
		UNION ALL SELECT i % 3, revenue_ledger(customer, day, amount) FROM billing GROUP BY i % 3;
	CREATE TABLE summaries AS SELECT i / 8 AS i, retention(amount, amount * i % 100) AS summary FROM billing GROUP BY i / 8;
	ANALYZE;
});

# What an argument of each type may be, of which table's rows; of some types there are several, in order of place
my %arguments = (
	'"any"' => [ 'billing', 'customer', 'day', 'amount::numeric / 8' ],
	anyrange => [ 'billing', 'daterange(day, day + amount + 21)' ],
	anymultirange => [ 'billing', 'datemultirange(daterange(day, day + amount + 21), daterange(day + 400, day + 430))' ],
	text => [ 'billing', q{text 'month'}, q{text 'end'} ],
	integer => [ 'billing', 'amount', 'amount * i % 100' ],
	bigint => [ 'billing', 'amount::bigint', 'amount::bigint * i % 100' ],
	numeric => [ 'billing', 'amount / 8.0', 'amount::bigint * i % 100 / 8.00' ],
	'double precision' => [ 'billing', 'amount / float8 \'8\'', 'amount::bigint * i % 100 / float8 \'4\'' ],
	revenue_ledger => [ 'ledgers', 'ledger' ],
	retention_summary => [ 'summaries', 'summary' ],
	benchmark_rating => [ 'billing', q{(ARRAY['critical', 'moderate', 'healthy', 'strong'])[1 + i % 4]::benchmark_rating} ]);

# The arguments of an aggregate, from the table
sub arguments
{
	my ($types) = @_;
	my (%used, @values, $table);
	# amounts come last, wherever ranges stand
	my @any = grep { $_ eq '"any"' } @$types;
	$used{'"any"'} = 0;
	foreach my $type (@$types)
	{
		my $known = $arguments{$type} or die "no argument of type $type: there is a new aggregate, add one to this test";
		my $place = ++$used{$type};
		$place = 3 if $type eq '"any"' && $place == 2 && @any == 2;
		push @values, $known->[$place] // die "no argument number $place of type $type";
		$table //= $known->[0];
	}
	return (join(', ', @values), $table);
}

my $members = q{
	FROM pg_aggregate AS a JOIN pg_proc AS p ON p.oid = a.aggfnoid
	JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
	JOIN pg_extension AS e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'nrr'};
my @aggregates = map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', qq{
	SELECT p.oid::regprocedure, p.proname,
		(SELECT string_agg(format_type(t, NULL), ';' ORDER BY n) FROM unnest(p.proargtypes) WITH ORDINALITY AS u(t, n)),
		a.aggcombinefn <> 0, a.aggminvtransfn <> 0, a.aggtransfn::regproc = 'revenue_ledger_merge'::regproc $members ORDER BY 1::text});
cmp_ok(scalar(@aggregates), '>=', 25, 'the catalog has the aggregates');

my $spilled = -s $node->logfile;
foreach (@aggregates)
{
	my ($signature, $name, $types, $combines, $inverts) = @$_;
	my @types = split /;/, $types;
	my ($values, $table) = arguments(\@types);
	my $polymorphic = grep { /^"?any/ } @types;
	my @modes = ('expr', 'expr faked', 'expr window');
	push @modes, 'bare' unless $polymorphic;
	push @modes, 'expr combine', 'expr combine text faked' if $combines eq 't';
	push @modes, 'bare combine text' if $combines eq 't' && !$polymorphic;
	push @modes, 'bare window inverse' if $inverts eq 't';

	# one session for all: if it goes down, what follows has no result
	my $calls = "SELECT md5($name($values)::text) FROM $table;\n";
	$calls .= join('', map { "SELECT md5(foreign_aggregate('$signature', '$_', $values)) FROM $table;\n" } @modes);
	$calls .= "\\set VERBOSITY sqlstate\nSELECT foreign_aggregate('$signature', 'bare', $values) FROM $table;\n" if $polymorphic;
	my ($status, $out, $err) = $node->psql('postgres', $calls, on_error_stop => 0);
	my ($plain, @results) = split /\n/, $out;
	like($plain // $err, qr/^\w{32}$/, "$signature");
	is($results[$_] // $err, $plain, "$signature: $modes[$_]") foreach 0 .. $#modes;
	like($err, qr/ERROR:  42P18/, "$signature: says that it does not know the types") if $polymorphic;
}
like(slurp_file($node->logfile, $spilled), qr/temporary file: path "base\/pgsql_tmp\//, 'states went to files');

# By groups, and by hashing with more groups than fit, which has their states come and go
my $groups = $node->safe_psql('postgres', q{
	SELECT md5(string_agg(md5(l), '' ORDER BY g)) FROM (SELECT i % 700 AS g, revenue_ledger(customer, day, amount)::text AS l FROM billing GROUP BY g) AS q});
foreach my $plan (qw(hashagg sort))
{
	my ($status, $out, $err) = $node->psql('postgres', qq{
		SET enable_$plan = off;
		SELECT md5(string_agg(md5(l), '' ORDER BY g)) FROM (
			SELECT i % 700 AS g, foreign_aggregate('revenue_ledger("any","any","any")', 'expr', customer, day, amount) AS l
			FROM billing GROUP BY GROUPING SETS (g)) AS q}, on_error_stop => 0);
	is("$out$err", $groups, "700 groups without $plan");
}

# An error in the middle, where an exception block goes on
is($node->safe_psql('postgres', q{
	CREATE FUNCTION survives() RETURNS bigint LANGUAGE plpgsql AS $$
	BEGIN
		FOR n IN 1..3 LOOP
			BEGIN
				PERFORM foreign_aggregate('revenue_ledger("any","any","any")', 'expr', customer, day, 1 / (5000 - i)) FROM billing;
			EXCEPTION WHEN division_by_zero THEN NULL;
			END;
		END LOOP;
		RETURN (SELECT customers(revenue_ledger(customer, day, amount)) FROM billing);
	END $$;
	SELECT survives()}), '97', 'errors are survived');

my $log = slurp_file($node->logfile);
unlike($log, qr/WARNING:  .*(leak|still referenced)/, 'no file had to be closed by force');
unlike($log, qr/terminated by signal|TRAP/, 'the server stood');
$node->stop;
done_testing();
