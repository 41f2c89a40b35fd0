# The extension comes, moves to another schema and goes without a trace, and it needs no superuser.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('install');
$node->init;
$node->start;

$node->safe_psql('postgres', q{
	CREATE ROLE owner LOGIN;
	CREATE ROLE guest LOGIN;
	CREATE DATABASE shop;
	GRANT CREATE ON DATABASE shop TO owner;
});

sub as
{
	my ($role, $sql) = @_;
	my ($status, $out, $err) = $node->psql('shop', $sql,
		extra_params => [ '-U', $role ], on_error_stop => 1);
	return $status == 0 ? $out : $err;
}

# Names of what exists outside the system catalogs
my $objects = q{
	SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM (
		SELECT oid::regprocedure::text FROM pg_proc WHERE oid >= 16384
		UNION ALL SELECT oid::regtype::text FROM pg_type WHERE oid >= 16384
		UNION ALL SELECT oid::regoperator::text FROM pg_operator WHERE oid >= 16384
		UNION ALL SELECT opfname::text FROM pg_opfamily WHERE oid >= 16384
		UNION ALL SELECT extname::text FROM pg_extension WHERE oid >= 16384) AS object(name)
};

my $billing = q{
	CREATE TABLE public.billing (customer_id int, paid_at date, amount numeric(8,2));
	INSERT INTO public.billing VALUES
		(1, '2024-01-10', 100), (2, '2024-01-20', 50), (1, '2024-02-10', 120), (3, '2024-02-25', 30);
	GRANT SELECT ON public.billing TO PUBLIC;
};
my $movement = q{FROM %srevenue_movements('public.billing', 'customer_id', 'paid_at', 'amount') WHERE period = '2024-02-01'};
my $bridge = "SELECT starting, new, expansion, churn, ending, nrr $movement";
my $bridge_result = '150.00|30.00|20.00|50.00|150.00|80.0000';

$node->safe_psql('shop', $billing);
my $before = $node->safe_psql('shop', $objects);

is(as('guest', 'CREATE EXTENSION nrr') =~ /permission denied/, 1,
	'a role without CREATE on the database cannot install');
is(as('owner', 'CREATE SCHEMA own; CREATE EXTENSION nrr SCHEMA own'), '',
	'a role with CREATE on the database installs a trusted extension');
is(as('owner', 'SET search_path = public; ' . sprintf($bridge, 'own.')), $bridge_result,
	'a function called by its schema finds the others without search_path');
is(as('owner', 'DROP EXTENSION nrr; DROP SCHEMA own'), '', 'its owner drops it');
is($node->safe_psql('shop', $objects), $before, 'nothing is left behind');

$node->safe_psql('shop', 'CREATE EXTENSION nrr');
is($node->safe_psql('shop', sprintf($bridge, '')), $bridge_result, 'it comes again, into the default schema');
is(as('guest', sprintf($bridge, '')), $bridge_result, 'anybody may use it');

$node->safe_psql('shop', q{
	CREATE TABLE kept AS SELECT revenue_ledger(customer_id, paid_at, amount) AS l FROM billing;
	CREATE INDEX ON kept (l);
	CREATE SCHEMA metrics;
	ALTER EXTENSION nrr SET SCHEMA metrics;
});
is($node->safe_psql('shop', sprintf($bridge, 'metrics.')), $bridge_result, 'it moves to another schema');
is($node->safe_psql('shop', 'SELECT metrics.total(l), metrics.customers(l) FROM kept'), '300.00|3',
	'stored ledgers stay readable');
is( $node->safe_psql('shop', q{
		SELECT cohort, age, customers FROM metrics.cohort_retention('public.billing', 'customer_id', 'paid_at', 'amount')
		ORDER BY 1, 2}),
	"2024-01-01|0|2\n2024-01-01|1|1\n2024-02-01|0|1",
	'cohorts, too, straight from a table');

my ($status, $out, $err) = $node->psql('shop', 'DROP EXTENSION nrr');
like($err, qr/cannot drop extension nrr because other objects depend on it/,
	'a table of ledgers keeps the extension from being dropped by mistake');
$node->safe_psql('shop', 'DROP TABLE kept; DROP EXTENSION nrr; DROP SCHEMA metrics');
is($node->safe_psql('shop', $objects), $before, 'nothing is left behind after the move either');

$node->stop;
done_testing();
