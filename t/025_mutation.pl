# Bytes that are almost a ledger or a summary: sound values, changed by one who knows their form, come in as text, in binary
# and as if they had been stored. Whatever is accepted is read by everything that reads such values, and goes out as it came
# in. No server ends, and no error is one that a user must not see.
#
# NRR_MUTATION_SECONDS is how long (default 40), NRR_MUTATION_SEED repeats a run.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Mutation;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes 'time';

my $seconds = $ENV{NRR_MUTATION_SECONDS} // 40;
my $seed = $ENV{NRR_MUTATION_SEED} // int(time) % 1000000;
srand $seed;
diag("NRR_MUTATION_SEED=$seed");

my $batch = 60;
my $node = PostgreSQL::Test::Cluster->new('mutation');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_messages = panic\njit = off\nfsync = off\n");
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;

	-- a value's bytes as they are in memory
	CREATE TYPE raw;
	CREATE FUNCTION raw_in(cstring) RETURNS raw AS 'byteain' LANGUAGE internal IMMUTABLE STRICT;
	CREATE FUNCTION raw_out(raw) RETURNS cstring AS 'byteaout' LANGUAGE internal IMMUTABLE STRICT;
	CREATE TYPE raw (INPUT = raw_in, OUTPUT = raw_out, ALIGNMENT = double);
	CREATE CAST (raw AS revenue_ledger) WITHOUT FUNCTION;
	CREATE CAST (revenue_ledger AS raw) WITHOUT FUNCTION;
	CREATE AGGREGATE open_payments("any", "any", "any") (SFUNC = revenue_ledger_accum, STYPE = revenue_ledger);

	CREATE TABLE ledger (v revenue_ledger);
	CREATE TABLE summary (v retention_summary);
	CREATE TABLE readers (type text, query text);
	INSERT INTO readers
		SELECT 'ledger', query FROM unnest(ARRAY['SELECT $1::text', 'SELECT revenue_ledger_send($1)', 'SELECT (total($1), customers($1), periods($1), grain($1), snapshot_rule($1))',
			'SELECT count(amount) FROM ledger_entries($1)', 'SELECT sum(ending) FROM revenue_movements($1)', 'SELECT sum(ending) FROM revenue_movements($1, 3, grace => 2, reactivation_within => 2)',
			'SELECT count(change) FROM customer_movements($1, 2, ''2024-02-01'')', 'SELECT sum(revenue) FROM cohort_retention($1)', 'SELECT sum(nrr) FROM cohort_retention($1, ''year'', 1)',
			'SELECT retention($1, ''2024-02-01'', ''2024-05-01'', 1)', 'SELECT slice($1, ''2024-02-01'', ''2024-05-01'')', 'SELECT rollup(l) FROM unnest(ARRAY[$1, $1]) AS l',
			'SELECT ($1 + $1, $1 - $1)', 'SELECT ($1 = $1, $1 < $1, revenue_ledger_hash($1))']) AS query
		UNION ALL SELECT 'summary', query FROM unnest(ARRAY['SELECT $1::text', 'SELECT retention_summary_send($1)', 'SELECT ($1::json, $1::jsonb)',
			'SELECT (starting($1), new($1), reactivation($1), expansion($1), contraction($1), churn($1), ending($1))', 'SELECT (starting_customers($1), ending_customers($1), churned_customers($1))',
			'SELECT (nrr($1), grr($1), logo_retention($1), churn_rate($1), quick_ratio($1))', 'SELECT (nrr_interval($1), grr_interval($1, 0.5), logo_retention_interval($1, 0.999))',
			'SELECT ($1 + $1, $1 - $1)', 'SELECT rollup(s) FROM unnest(ARRAY[$1, $1]) AS s', 'SELECT ($1 = $1, retention_summary_hash($1))',
			'SELECT (rating($1, ''nrr'', ''nrr''), to_next($1, ''grr'', ''<70 <90 <=100''))']) AS query;

	-- The state of the error of a query about a value, or 'fine'
	CREATE FUNCTION state(query text, v anyelement) RETURNS text
	LANGUAGE plpgsql AS $$
	BEGIN
		EXECUTE query USING v;
		RETURN 'fine';
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE;
	END $$;

	-- The errors that readers give, but for those that a user may get
	CREATE FUNCTION strange(kind text, v anyelement, damaged boolean) RETURNS SETOF text
	LANGUAGE sql AS $$
		SELECT query || ' ' || s FROM readers, state(query, v) AS s
		WHERE type = kind AND s NOT IN ('fine', '22003', '22008', '22023', '54000') AND NOT (damaged AND s = ANY (ARRAY['XX001', '0A000', '42804']))
	$$;

	-- What happens to a form that comes in as text and in binary, from a file; and what is wrong with that
	CREATE FUNCTION try_input(kind text, form bytea, text_form text, file text, OUT accepted boolean, OUT wrong text)
	LANGUAGE plpgsql AS $$
	DECLARE
		type text := CASE kind WHEN 'ledger' THEN 'revenue_ledger' ELSE 'retention_summary' END;
		by_text text := CASE WHEN text_form IS NULL THEN 'fine' ELSE state(format('SELECT %L::%s', text_form, type), 0) END;
		in_binary text := state(format('COPY %I FROM %L (FORMAT binary)', kind, file), 0);
	BEGIN
		accepted := in_binary = 'fine';
		IF in_binary NOT IN ('fine', '22P03', '0A000', '08P01', '54000') THEN
			wrong := 'binary input ' || in_binary;
		ELSIF by_text NOT IN ('fine', '22P02', '0A000') THEN
			wrong := 'text input ' || by_text;
		ELSIF text_form IS NOT NULL AND (by_text = 'fine') <> accepted THEN
			wrong := format('text input %s, binary input %s', by_text, in_binary);
		ELSIF accepted THEN
			EXECUTE format('SELECT coalesce((SELECT string_agg(s, %L) FROM strange(%2$L, v, false) AS s),
				CASE WHEN v::text::%3$s::text IS DISTINCT FROM v::text THEN %4$L WHEN %2$L = %5$L AND %3$s_send(v) <> $1 THEN %6$L END) FROM %2$I AS t(v)',
				' ', kind, type, 'another text', 'ledger', 'another binary form') INTO wrong USING form;
		END IF;
		EXECUTE 'TRUNCATE ' || quote_ident(kind);
	EXCEPTION WHEN OTHERS THEN
		wrong := SQLSTATE || ' ' || SQLERRM;
	END $$;
});

# Sound values as their binary forms
sub forms
{
	my ($query) = @_;
	return map { pack 'H*', $_ } split /\n/, $node->safe_psql('postgres', $query);
}

my @ledgers = forms(q{
	SELECT encode(revenue_ledger_send(l), 'hex') FROM (
		SELECT revenue_entry(1, date '2024-01-15', 9.90)
		UNION ALL SELECT revenue_ledger(c * c * 7919 - 50, date '2023-11-11' + i * 45, round(c * 1.25 - i % 3 * 4, 2)) FROM generate_series(1, 4) AS c, generate_series(1, 6) AS i
		UNION ALL SELECT revenue_ledger(md5(c::text)::uuid, date '2024-01-01' + i * 9, c, 'week') FROM generate_series(1, 3) AS c, generate_series(1, 4) AS i
		UNION ALL SELECT revenue_ledger((ARRAY['', 'ann', 'anna', 'bób', 'zoë'])[c], date '2024-01-01' + i * 93, 10 - i, 'quarter') FROM generate_series(1, 5) AS c, generate_series(1, 3) AS i
		UNION ALL SELECT revenue_ledger(repeat('x', c), date '2015-01-01', c) FROM unnest(ARRAY[1, 127, 128, 300]) AS c
		UNION ALL SELECT subscription_ledger(c, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5) FROM generate_series(1, 6) AS c
		UNION ALL SELECT subscription_ledger(c::text, daterange(date '2024-01-15' + c * 40, CASE WHEN c % 2 = 0 THEN date '2024-11-01' + c END), c * 10.5, 'month', 'start') FROM generate_series(1, 6) AS c
		UNION ALL SELECT revenue_entry(1, date '2024-01-01', 1) - (SELECT revenue_ledger(i, date '2024-01-01', 1) FROM generate_series(1, 3) AS i)
		UNION ALL SELECT revenue_ledger(c, date '1990-01-01' + i * c * 20, 10 ^ 30 * c) FROM generate_series(1, 5) AS c, generate_series(1, 8) AS i WHERE (c + i) % 3 > 0) AS v(l)});
my @open = forms(q{
	SELECT substr(open_payments(i % 3, date '2024-01-01' + 20 * i, i * 1.25)::raw::text, 3) FROM generate_series(1, 6) AS i
	UNION ALL SELECT substr(open_payments(repeat('é', i), date '2024-01-01' + 20 * i, 123456789012345678901.5 * i)::raw::text, 3) FROM generate_series(0, 3) AS i});
my @summaries = forms(q{
	SELECT encode(retention_summary_send(s), 'hex') FROM (
		SELECT retention(s, e) FROM (VALUES (100.00, 120.00), (50.50, 20.25), (10, 0), (0, 7), (30, 30)) AS v(s, e)
		UNION ALL SELECT retention(100, 90)
		UNION ALL SELECT retention(99999999999999999999999999999999, 99999999999999999999999999999998)
		UNION ALL SELECT retention(0.00000000000000000000000000000001, 0.00000000000000000000000000000002)) AS v(s)});

# A file as COPY reads it, with one row of one value
my $directory = $node->basedir;

sub write_copy
{
	my ($file, $form) = @_;
	open my $handle, '>:raw', $file or die "$file: $!";
	print $handle "PGCOPY\n\xFF\r\n\0" . pack('N N n N', 0, 0, 1, length $form) . $form . pack('n', 0xFFFF);
	close $handle;
	return;
}

my %count = map { $_ => 0 } qw(ledger summary stored accepted_ledger accepted_summary);

# Runs queries that give lines "what happened|what is wrong"; false if something is
sub try_all
{
	my ($kind, @queries) = @_;
	my ($status, $out, $err) = $node->psql('postgres', join ";\n", @queries);
	my @lines = split /\n/, $out;
	my @wrong = grep { !/\|$/ } @lines;
	$count{$kind} += @lines;
	$count{"accepted_$kind"} += grep { /^t\|/ } @lines if $kind ne 'stored';
	return 1 if $status == 0 && $err eq '' && @lines == @queries && !@wrong;
	diag("$kind: $queries[$_]: " . ($lines[$_] // $err)) foreach grep { ($lines[$_] // '') !~ /\|$/ } 0 .. (@lines < @queries ? @lines : $#queries);
	return 0;
}

sub input_query
{
	my ($kind, $n, $form) = @_;
	my $file = "$directory/$n.copy";
	write_copy($file, $form);
	my $hex = unpack 'H*', $form;
	my $text = $kind eq 'ledger' ? "'\\x$hex'" : 'NULL';
	return "SELECT accepted, wrong FROM try_input('$kind', '\\x$hex', $text, '$file')";
}

# A ledger as it is stored has its decimals in the order of the machine
sub stored_query
{
	my ($form) = @_;
	return "SELECT 'read', string_agg(s, ' ') FROM strange('ledger', '\\x" . unpack('H*', $form) . "'::raw::revenue_ledger, true) AS s";
}

my $fine = 1;
my $until = time + $seconds;
while ($fine && time < $until)
{
	my $third = $batch / 3;
	$fine &&= try_all('ledger', map { input_query('ledger', $_, Mutation::mutate_ledger(Mutation::pick(@ledgers))) } 1 .. $third);
	$fine &&= try_all('summary', map { input_query('summary', $_, Mutation::mutate_summary(Mutation::pick(@summaries))) } 1 .. $third);
	$fine &&= try_all('stored', map {
		stored_query(Mutation::chance(2) ? Mutation::mutate_open(Mutation::pick(@open)) : Mutation::mutate_ledger(Mutation::pick(@ledgers)))
	} 1 .. $third);
}

diag(join ', ', map { "$count{$_} $_" } sort keys %count);
ok($fine, 'no form does more than give an error, or be read as what it says');
cmp_ok($count{$_}, '>', 0, "there were forms of the kind $_") foreach sort keys %count;

$node->stop;
done_testing();
