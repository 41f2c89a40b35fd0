# What the system catalogs must say about every object of the extension. Each check lists what breaks it.

use strict;
use warnings FATAL => 'all';
use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use FindBin;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('catalog');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;

	CREATE VIEW member AS
		SELECT classid, objid FROM pg_depend
		WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr');
	CREATE VIEW routine AS
		SELECT p.*, p.oid::regprocedure::text AS name FROM member JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass;
	CREATE VIEW aggregate AS
		SELECT a.*, r.name FROM routine r JOIN pg_aggregate a ON aggfnoid = r.oid;
	CREATE VIEW base_type AS
		SELECT t.*, t.oid::regtype::text AS name FROM member JOIN pg_type t ON t.oid = objid AND classid = 'pg_type'::regclass
		WHERE typtype = 'b' AND typcategory <> 'A';
	CREATE VIEW operator AS
		SELECT o.*, o.oid::regoperator::text AS name FROM member JOIN pg_operator o ON o.oid = objid AND classid = 'pg_operator'::regclass;
	CREATE VIEW opclass AS
		SELECT c.*, amname, amname || ' ' || opcname AS name
		FROM member JOIN pg_opclass c ON c.oid = objid AND classid = 'pg_opclass'::regclass JOIN pg_am am ON am.oid = opcmethod;
});

my @checks = (
	[ 'every object has a comment', q{
		SELECT pg_describe_object(classid, objid, 0) FROM member
		WHERE classid IN ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_cast'::regclass, 'pg_class'::regclass)
			AND coalesce(obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)), '') = ''
			-- the array type comes by itself
			AND NOT (classid = 'pg_type'::regclass AND objid IN (SELECT typarray FROM pg_type)) } ],
	[ 'so has every column of a table', q{
		SELECT objid::regclass || '.' || attname FROM member JOIN pg_attribute ON attrelid = objid AND attnum > 0 AND NOT attisdropped
		WHERE classid = 'pg_class'::regclass AND col_description(attrelid, attnum) IS NULL } ],
	[ 'and every trigger', q{
		SELECT tgname FROM member JOIN pg_trigger t ON tgrelid = objid AND NOT tgisinternal
		WHERE classid = 'pg_class'::regclass AND obj_description(t.oid, 'pg_trigger') IS NULL } ],
	[ 'and the extension', q{
		SELECT extname FROM pg_extension WHERE extname = 'nrr' AND obj_description(oid, 'pg_extension') IS NULL } ],
	[ 'a comment is a line of at most 80 characters, so that \\df+ can be read', q{
		SELECT name || ': ' || comment FROM (
			SELECT pg_describe_object(classid, objid, 0), obj_description(objid, (SELECT relname FROM pg_class WHERE oid = classid)) FROM member
			UNION ALL
			SELECT objid::regclass || '.' || attname, col_description(attrelid, attnum)
			FROM member JOIN pg_attribute ON attrelid = objid AND attnum > 0 WHERE classid = 'pg_class'::regclass) AS c(name, comment)
		WHERE length(comment) > 80 OR comment LIKE E'%\n%' } ],

	[ 'every function and aggregate is parallel safe, but for those that read a table of the user\'s, or write', q{
		SELECT name FROM routine
		WHERE proparallel <> CASE WHEN provolatile = 'v' THEN 'u'
			WHEN prokind = 'f' AND proargnames[1] IN ('source', 'store') THEN 'r' ELSE 's' END } ],
	[ 'no function runs with its owner\'s rights', q{SELECT name FROM routine WHERE prosecdef} ],
	[ 'no function is volatile, but for those that write', q{
		SELECT name FROM routine
		WHERE (provolatile = 'v') <> (prorettype = 'trigger'::regtype OR proname = 'refresh_revenue_ledgers') AND prokind = 'f' } ],
	[ 'only functions that answer to NULL themselves are not strict', q{
		SELECT name FROM routine
		WHERE prokind = 'f' AND NOT proisstrict AND prorettype <> 'trigger'::regtype
			-- state functions of aggregates, functions with arguments that may be left out, and those that refuse NULL as a table's name
			AND oid NOT IN (SELECT unnest(ARRAY[aggtransfn, aggcombinefn, aggfinalfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) FROM aggregate)
			AND pronargdefaults = 0 AND proargnames[1] IS DISTINCT FROM 'source' } ],
	[ 'a function that reads tables or settings is stable, not immutable', q{
		SELECT name FROM routine
		WHERE prokind = 'f' AND provolatile = 'i' AND (proargtypes[0] = 'text'::regtype OR '"any"'::regtype = ANY (proargtypes)) } ],
	[ 'a benchmark is read from the table if it is given as text, and only then', q{
		SELECT name FROM routine
		WHERE 'benchmark' = ANY (proargnames)
			AND (provolatile = 's') <> (proargtypes[array_position(proargnames, 'benchmark') - 1] = 'text'::regtype) } ],
	[ 'a function that returns rows has a row estimate, and planner support if they may be many', q{
		SELECT name FROM routine WHERE proretset AND (prorows IN (0, 1000) OR (prosupport = 0 AND prorows > 10)) } ],
	[ 'a function that users call names its arguments', q{
		SELECT name FROM routine
		WHERE prokind = 'f' AND pronargs > 0 AND proargnames IS NULL
			AND 'internal'::regtype <> ALL (proargtypes) AND prorettype <> 'internal'::regtype
			-- a user meets these as types, operators, index support and aggregates
			AND oid NOT IN (SELECT unnest(ARRAY[typinput, typoutput, typsend, typmodin, typmodout, typanalyze]) FROM base_type)
			AND oid NOT IN (SELECT oprcode FROM operator)
			AND oid NOT IN (SELECT amproc FROM pg_amproc)
			AND oid NOT IN (SELECT unnest(ARRAY[aggtransfn, aggcombinefn, aggfinalfn, aggmtransfn, aggminvtransfn, aggmfinalfn]) FROM aggregate) } ],

	[ 'every aggregate can be combined', q{SELECT name FROM aggregate WHERE aggcombinefn = 0} ],
	[ 'the state of every aggregate has a type that can travel', q{
		SELECT name FROM aggregate JOIN pg_type t ON t.oid = aggtranstype WHERE typtype = 'p' } ],
	[ 'every aggregate may serve as a window function', q{SELECT name FROM aggregate WHERE aggfinalmodify <> 'r'} ],
	[ 'functions of an aggregate are members too', q{
		SELECT name FROM aggregate, unnest(ARRAY[aggtransfn, aggcombinefn, aggfinalfn]) AS f
		WHERE f <> 0 AND f NOT IN (SELECT oid FROM routine) } ],

	[ 'every type has binary input and output', q{SELECT name FROM base_type WHERE typsend = 0 OR typreceive = 0} ],
	[ 'input and output do not depend on settings', q{
		SELECT name FROM base_type, unnest(ARRAY[typinput, typoutput, typsend, typreceive]) AS f JOIN pg_proc p ON p.oid = f
		WHERE provolatile <> 'i' } ],
	[ 'every type has default btree and hash operator classes', q{
		SELECT name || ' ' || am FROM base_type t, unnest(ARRAY['btree', 'hash']) AS am
		WHERE NOT EXISTS (SELECT FROM opclass WHERE opcintype = t.oid AND opcdefault AND amname = am) } ],
	[ 'operator classes are complete', q{
		SELECT name FROM opclass c
		WHERE (SELECT count(*) FROM pg_amop WHERE amopfamily = opcfamily) <> CASE amname WHEN 'btree' THEN 5 ELSE 1 END
			OR (SELECT count(*) FROM pg_amproc WHERE amprocfamily = opcfamily) < CASE amname WHEN 'btree' THEN 1 ELSE 2 END } ],
	[ 'support functions of indexes are immutable and strict', q{
		SELECT name || ' ' || amproc FROM opclass JOIN pg_amproc ON amprocfamily = opcfamily JOIN pg_proc p ON p.oid = amproc
		WHERE provolatile <> 'i' OR NOT proisstrict } ],

	[ 'every comparison has a commutator and a negator', q{
		SELECT name FROM operator WHERE oprresult = 'boolean'::regtype AND (oprcom = 0 OR oprnegate = 0) } ],
	[ 'commutators and negators are mutual', q{
		SELECT o.name FROM operator o JOIN pg_operator c ON c.oid = o.oprcom WHERE c.oprcom <> o.oid
		UNION ALL SELECT o.name FROM operator o JOIN pg_operator n ON n.oid = o.oprnegate WHERE n.oprnegate <> o.oid } ],
	[ 'a sum commutes, a difference does not', q{
		SELECT name FROM operator WHERE oprname = '+' AND oprleft = oprright AND oprcom <> oid
		UNION ALL SELECT name FROM operator WHERE oprname = '-' AND oprcom <> 0 } ],
	[ 'equality hashes and merges', q{
		SELECT name FROM operator WHERE oprname = '=' AND NOT (oprcanhash AND oprcanmerge) } ],
	[ 'every comparison has the selectivity of its kind', q{
		SELECT name FROM operator
		JOIN (VALUES ('=', 'eqsel', 'eqjoinsel'), ('<>', 'neqsel', 'neqjoinsel'),
			('<', 'scalarltsel', 'scalarltjoinsel'), ('<=', 'scalarlesel', 'scalarlejoinsel'),
			('>', 'scalargtsel', 'scalargtjoinsel'), ('>=', 'scalargesel', 'scalargejoinsel')) AS due (op, rest, joins)
			ON op = oprname
		WHERE oprrest::text <> rest OR oprjoin::text <> joins } ],
	[ 'operators rest on immutable, strict functions', q{
		SELECT name FROM operator JOIN pg_proc p ON p.oid = oprcode WHERE provolatile <> 'i' OR NOT proisstrict } ],

	[ 'a dump holds the rows of a table that are not the extension\'s own', q{
		SELECT objid::regclass FROM member JOIN pg_class c ON c.oid = objid
		WHERE classid = 'pg_class'::regclass AND relkind = 'r' AND NOT EXISTS (
			SELECT FROM pg_extension, unnest(extconfig, extcondition) AS config(relation, condition)
			WHERE extname = 'nrr' AND relation = objid AND condition = 'WHERE NOT builtin') } ],

	[ 'it is trusted and relocatable', q{
		SELECT version FROM pg_available_extension_versions WHERE name = 'nrr' AND NOT (trusted AND relocatable) } ],
	[ 'its library stands behind every function', q{
		SELECT name FROM routine JOIN pg_language l ON l.oid = prolang
		WHERE prokind = 'f' AND (lanname <> 'c' OR probin <> '$libdir/nrr') } ],
);

is($node->safe_psql('postgres', q{SELECT count(*) > 20 FROM member}), 't', 'the extension has members to check');
foreach (@checks)
{
	my ($name, $query) = @$_;
	is($node->safe_psql('postgres', $query), '', $name);
}

# What repeats itself in the script is written by another one
is(system($^X, "$FindBin::Bin/../scripts/repeated-sql", '--check'), 0, 'repeated parts of the script are what their templates make of them');

# A script that replaces or skips what exists would adopt an attacker's object
my ($share) = run_command([ 'pg_config', '--sharedir' ]);
foreach my $script (glob "$share/extension/nrr--*.sql")
{
	unlike(slurp_file($script), qr/\b(OR\s+REPLACE|IF\s+NOT\s+EXISTS)\b/i, basename($script) . ' creates everything itself');
	like(slurp_file($script), qr/^\\echo Use .*\\quit$/m, basename($script) . ' refuses to be run by hand');
}

$node->stop;
done_testing();
