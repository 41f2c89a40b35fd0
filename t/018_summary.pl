# Stored summaries survive pg_dump, pg_restore and COPY in both formats, byte by byte; workers make the bytes that a
# serial plan makes.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('summary');
$node->init;
$node->start;

$node->safe_psql('postgres', q{
	CREATE DATABASE origin;
	\c origin
	CREATE EXTENSION nrr;
	CREATE TABLE customers AS
		SELECT i AS customer, i % 50 AS segment, round((i * 7919 % 5003 - 200) / 7.0, i % 5) AS starting, round((i * 613 % 20011 - 4000) / 31.0, i % 4) AS ending
		FROM generate_series(1, 200000) AS i;
	CREATE TABLE summaries (kind text PRIMARY KEY, s retention_summary UNIQUE, CHECK (starting_customers(s) >= 0));
	INSERT INTO summaries
		SELECT 'segment ' || segment, retention(starting, ending) FROM customers GROUP BY segment
		UNION ALL SELECT 'wide amounts', retention(starting * 1e20, ending * 1e20) FROM customers
		UNION ALL SELECT 'nobody', retention(0.00, 0)
		UNION ALL SELECT 'from a ledger', retention(revenue_ledger(customer % 700, date '2024-01-01' + customer % 500, ending), '2024-03-01', '2025-03-01') FROM customers;
	INSERT INTO summaries SELECT 'rollup', rollup(s) FROM summaries WHERE kind LIKE 'segment%';
	INSERT INTO summaries VALUES ('none', NULL);
	CREATE INDEX ON summaries USING hash (s);
	CREATE VIEW rates AS SELECT kind, nrr(s), grr_interval(s, 0.9), new(s), s::jsonb AS detail FROM summaries;
	CREATE MATERIALIZED VIEW by_segment AS SELECT segment, retention(starting, ending) AS s FROM customers GROUP BY segment;
	CREATE AGGREGATE churned(numeric, numeric) (SFUNC = retention_accum, STYPE = retention_summary, FINALFUNC = churn);
});

my $fingerprint = q{
	SELECT kind, s, encode(retention_summary_send(s), 'hex'), rates.*, (SELECT rollup(s) FROM by_segment), (SELECT churned(starting, ending) FROM customers WHERE segment = 7)
	FROM summaries JOIN rates USING (kind) ORDER BY summaries.kind
};
my $expected = $node->safe_psql('origin', $fingerprint);
like($expected, qr/^rollup\|\{"starting": /m, 'there is something to lose');

sub is_restored
{
	my ($name, $database) = @_;
	is($node->safe_psql($database, $fingerprint), $expected, "$name: the same summaries, byte by byte");
	is($node->safe_psql($database, q{SET enable_seqscan = off; SELECT kind FROM summaries WHERE s = (SELECT rollup(s) FROM by_segment)}),
		'rollup', "$name: found by index");
}

my $directory = $node->basedir;
foreach my $format ('plain', 'custom')
{
	my $file = "$directory/dump.$format";
	$node->command_ok([ 'pg_dump', '-d', $node->connstr('origin'), '--format', $format, '--file', $file ], "pg_dump in $format format");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$format");
	$node->command_ok(
		$format eq 'plain'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("restored_$format"), '-f', $file ]
		: [ 'pg_restore', '--exit-on-error', '-d', $node->connstr("restored_$format"), $file ],
		"restore of $format format");
	is_restored("$format format", "restored_$format");
}

foreach my $format ('text', 'csv', 'binary')
{
	my $file = "$directory/copy.$format";
	is( $node->safe_psql('origin', qq{
			COPY summaries TO '$file' (FORMAT $format);
			CREATE TEMP TABLE copies (LIKE summaries);
			COPY copies FROM '$file' (FORMAT $format);
			SELECT count(*), count(*) FILTER (WHERE c.s::text IS DISTINCT FROM o.s::text OR retention_summary_send(c.s) IS DISTINCT FROM retention_summary_send(o.s))
			FROM copies AS c JOIN summaries AS o USING (kind)}),
		'55|0', "COPY in $format format");
}

my $parallel = q{
	SET max_parallel_workers_per_gather = 3;
	SET min_parallel_table_scan_size = 0;
	SET parallel_setup_cost = 0;
	SET parallel_tuple_cost = 0;
};
foreach my $aggregate ('retention(starting, ending)', 'nrr(starting, ending)', 'retention(starting::float8, ending::float8)', 'retention(customer, customer + segment)')
{
	my $query = "SELECT segment % 3, $aggregate FROM customers GROUP BY 1 ORDER BY 1";
	like($node->safe_psql('origin', "$parallel EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $query"), qr/Workers Launched: [1-9]/, "$aggregate: workers are launched");
	is( $node->safe_psql('origin', "$parallel $query"),
		$node->safe_psql('origin', "SET max_parallel_workers_per_gather = 0; $query"),
		"$aggregate: workers make the same");
}

$node->stop;
done_testing();
