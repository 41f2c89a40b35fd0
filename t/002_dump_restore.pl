# Stored ledgers survive pg_dump, pg_restore and COPY in both formats, byte by byte.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init;
$node->start;

$node->safe_psql('postgres', q{
	CREATE DATABASE origin;
	\c origin
	CREATE EXTENSION nrr;
	CREATE TABLE billing AS
		SELECT i % 700 AS customer, date '2022-01-01' + i % 900 AS at, round((i % 997 - 50) / 7.0, i % 5) AS amount
		FROM generate_series(1, 20000) AS i;
	CREATE TABLE ledgers (kind text PRIMARY KEY, l revenue_ledger);
	INSERT INTO ledgers
		SELECT 'grain ' || g, revenue_ledger(customer, at, amount, g) FROM billing,
			unnest(ARRAY['day', 'week', 'month', 'quarter', 'year']) AS g GROUP BY g
		UNION ALL SELECT 'integer', revenue_ledger(customer, at, 100) FROM billing
		UNION ALL SELECT 'negative integer', revenue_ledger(-customer - 5000000000, at, amount) FROM billing
		UNION ALL SELECT 'uuid', revenue_ledger(md5(customer::text)::uuid, at, amount) FROM billing
		UNION ALL SELECT 'text', revenue_ledger('it''s "ü",\ ' || customer || E'\n\t', at, amount) FROM billing
		UNION ALL SELECT 'other type', revenue_ledger(customer::numeric / 8, at, amount) FROM billing
		UNION ALL SELECT 'refunds only', revenue_ledger(customer, at, -abs(amount)) FROM billing
		UNION ALL SELECT 'wide amounts', revenue_ledger(customer, at, amount * 1e20) FROM billing
		UNION ALL SELECT 'one row', revenue_entry(1, date '2024-02-29', 0.10)
		UNION ALL SELECT 'difference', l - l FROM (SELECT revenue_ledger(customer, at, amount) AS l FROM billing) AS a
		UNION ALL SELECT 'far apart', revenue_entry(1, date '0044-03-15 BC', 1) + revenue_entry(1, date '9999-12-31', 1)
		UNION ALL SELECT 'toasted', revenue_ledger(md5(i::text), date '2024-01-01' + i % 60, i) FROM generate_series(1, 20000) AS i
		UNION ALL SELECT 'subscriptions', subscription_ledger(customer, daterange(at, CASE WHEN amount > 50 THEN at + 200 END), amount) FROM billing
		UNION ALL SELECT 'in force at the start', subscription_ledger(customer, daterange(at, at + 200), amount, 'week', 'start') FROM billing
		UNION ALL SELECT 'invoices', invoice_ledger(customer, daterange(at, at + 200), amount) FROM billing
		UNION ALL SELECT 'null', NULL;
	INSERT INTO ledgers SELECT 'of every shape', rollup(l) FROM ledgers WHERE kind IN ('grain month', 'subscriptions', 'invoices');
	CREATE INDEX ON ledgers USING hash (l);
	CREATE MATERIALIZED VIEW monthly AS
		SELECT date_trunc('month', at)::date AS month, revenue_ledger(customer, at, amount) AS l FROM billing GROUP BY 1;
});

# Every ledger's bytes, under its name
my $fingerprint = q{
	SELECT kind, octet_length(revenue_ledger_send(l)), md5(revenue_ledger_send(l)), md5(l::text) FROM %s ORDER BY kind
};
my $tables = sprintf($fingerprint, q{(
	SELECT kind, l FROM ledgers UNION ALL SELECT month::text, l FROM monthly) AS all_ledgers});
my $expected = $node->safe_psql('origin', $tables);
is(scalar(split /\n/, $expected), 21 + 30, 'ledgers of every kind are stored');

my $dump = PostgreSQL::Test::Utils::tempdir();

foreach my $format ('plain', 'custom')
{
	$node->safe_psql('postgres', "CREATE DATABASE $format");
	$node->command_ok([ 'pg_dump', '-F', $format, '-f', "$dump/$format", $node->connstr('origin') ],
		"pg_dump in $format format");
	my @restore = $format eq 'plain'
		? ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump/plain", '-d', $node->connstr('plain'))
		: ('pg_restore', '-e', '-d', $node->connstr('custom'), "$dump/custom");
	$node->command_ok(\@restore, "restore from $format format");
	is($node->safe_psql($format, $tables), $expected, "ledgers from $format format have the same bytes");
	is( $node->safe_psql($format, 'REFRESH MATERIALIZED VIEW monthly; ' . sprintf($fingerprint, '(SELECT month::text AS kind, l FROM monthly) AS m')),
		$node->safe_psql('origin', sprintf($fingerprint, '(SELECT month::text AS kind, l FROM monthly) AS m')),
		"and so has the refreshed view in $format format");
}

foreach my $format ('text', 'csv', 'binary')
{
	$node->safe_psql('origin', qq{
		CREATE TABLE copy_$format (LIKE ledgers);
		COPY ledgers TO '$dump/copy' (FORMAT $format);
		COPY copy_$format FROM '$dump/copy' (FORMAT $format);
	});
	is( $node->safe_psql('origin', sprintf($fingerprint, "copy_$format")),
		$node->safe_psql('origin', sprintf($fingerprint, 'ledgers')),
		"COPY in $format format keeps the bytes");
	is( $node->safe_psql('origin', "SELECT count(*) FROM ledgers JOIN copy_$format USING (kind, l)"), '20',
		"and equality in $format format");
}

$node->stop;
done_testing();
