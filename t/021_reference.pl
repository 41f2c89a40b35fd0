# docs/reference.md has every object of the catalogue, as it is there, and nothing else.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

#
# What the page says
#

my $page = slurp_file('docs/reference.md');
utf8::decode($page);

# Sections by heading
my %sections;
{
	my $heading;
	foreach my $line (split /^/m, $page)
	{
		$heading = $1 if $line =~ /^##+ +(.*\S)/;
		$sections{$heading} .= $line if defined $heading;
	}
}

# The lines of a section's synopsis; a signature that is broken into several begins with a blank in the others
sub synopsis_of
{
	my ($text) = @_;
	my @signatures;
	while ($text =~ /^```synopsis\n(.*?)^```$/gms)
	{
		foreach my $line (split /\n/, $1)
		{
			if ($line =~ /^\s/) { $signatures[-1] .= " $line" } else { push @signatures, $line }
		}
	}
	foreach (@signatures)
	{
		s/\s+/ /g;
		s/\( /(/g;
	}
	return @signatures;
}

# A signature without the names of its arguments, as the catalogue has it for some aggregates
sub nameless
{
	my ($signature) = @_;
	$signature =~ s/([(,] ?)\w+ (?=["a-z])/$1/g;
	return $signature;
}

# The first cells of a table's rows, each with what its second cell says; a cell may have several names
sub cells_of
{
	my ($text, $head) = @_;
	my ($rows) = $text =~ /^\Q$head\E[^\n]*\n\|[-|]+\n((?:\|.*\n)*)/m;
	my @cells;
	foreach my $row (split /\n/, $rows // '')
	{
		my (undef, $names, $rest) = split /\|/, $row, 4;
		$rest =~ s/^\s+|\s+$//g;
		push @cells, map { "$_ $rest" } $names =~ /`([^`]+)`/g;
	}
	return @cells;
}

#
# What the catalogue says
#

my $node = PostgreSQL::Test::Cluster->new('reference');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE TABLE billing (customer int, at date, amount int);
	SELECT refresh_revenue_ledgers('store', 'billing', 'customer', 'at', 'amount');

	CREATE VIEW member AS
		SELECT classid, objid FROM pg_depend
		WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nrr');
	CREATE VIEW routine AS
		SELECT p.* FROM member JOIN pg_proc p ON p.oid = objid AND classid = 'pg_proc'::regclass;
	-- behind types, operators, indexes, aggregates, the planner and the extension's own tables; what names its arguments is for users, too
	CREATE VIEW internal AS
		SELECT * FROM routine
		WHERE proargnames IS NULL AND prokind = 'f' AND (pronargs > 0
			OR oid IN (SELECT tgfoid FROM pg_trigger JOIN member ON classid = 'pg_class'::regclass AND objid = tgrelid));
	CREATE VIEW signature AS
		SELECT proname, prokind, oid, format('%s%s(%s) → %s', CASE prokind WHEN 'a' THEN 'aggregate ' END, proname,
			(SELECT string_agg(concat_ws(' ', proargnames[i], format_type(proargtypes[i - 1], NULL),
					'DEFAULT ' || regexp_replace(pg_get_function_arg_default(oid, i), '::[a-z ]+$', '')), ', ' ORDER BY i)
				FROM generate_series(1, pronargs) AS i),
			CASE WHEN proretset THEN 'rows' WHEN prorettype = 'record'::regtype THEN 'row' ELSE format_type(prorettype, NULL) END) AS signature
		FROM routine
		WHERE oid NOT IN (SELECT oid FROM internal);
	CREATE VIEW table_column AS
		SELECT attrelid::regclass::text AS name, attnum, concat_ws(' ', attname, format_type(atttypid, NULL)) AS col
		FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped;
});

sub rows
{
	my ($query) = @_;
	my $rows = $node->safe_psql('postgres', $query);
	utf8::decode($rows);
	return split /\n/, $rows;
}

sub same
{
	my ($documented, $there, $name) = @_;
	return is(join("\n", sort @$documented), join("\n", sort @$there), $name);
}

#
# Signatures, operators and casts
#

my %there = map { $_ => 1 } rows('SELECT signature FROM signature');
cmp_ok(scalar(keys %there), '>', 50, 'there are signatures to compare');
my @documented = map { synopsis_of($_) } values %sections;
same(
	[ map { $there{$_} ? $_ : nameless($_) } grep { /^(aggregate )?\w+\(/ } @documented ],
	[ keys %there ],
	'every function and aggregate has its signature');
same(
	[ grep { !/^(aggregate )?\w+\(/ && !/::/ } @documented ],
	[ rows(q{
		SELECT format('%s %s %s → %s', format_type(oprleft, NULL), oprname, format_type(oprright, NULL), format_type(oprresult, NULL))
		FROM member JOIN pg_operator o ON o.oid = objid AND classid = 'pg_operator'::regclass}) ],
	'so has every operator');
same(
	[ grep { /::/ } @documented ],
	[ rows(q{
		SELECT format('%s::%s', format_type(castsource, NULL), format_type(casttarget, NULL))
		FROM member JOIN pg_cast c ON c.oid = objid AND classid = 'pg_cast'::regclass}) ],
	'and every cast');
same(
	[ map { /^Type (.*)/ ? $1 : () } keys %sections ],
	[ rows(q{
		SELECT format_type(t.oid, NULL) FROM member JOIN pg_type t ON t.oid = objid AND classid = 'pg_type'::regclass
		WHERE typtype = 'b' AND typcategory <> 'A'}) ],
	'every type has its section');

# Each tells what a user has to know
foreach my $heading (sort grep { synopsis_of($sections{$_}) } keys %sections)
{
	my $text = $sections{$heading};
	ok(    $text =~ /\*\*NULL\.\*\*/
		&& $text =~ /\berrors?\b/i
		&& $text =~ /\bcost\b/i
		&& $text =~ /^```sql$/m,
		"$heading: NULLs, errors, cost, an example");
}

#
# Columns
#

foreach my $row (rows(q{
	SELECT DISTINCT proname, (SELECT string_agg(concat_ws(' ', proargnames[i], format_type(proallargtypes[i], NULL)), ', ' ORDER BY i)
		FROM generate_series(1, cardinality(proargmodes)) AS i WHERE proargmodes[i] = 'o')
	FROM routine WHERE 'o' = ANY (proargmodes)}))
{
	my ($name, $columns) = split /\|/, $row;
	is(join(', ', cells_of($sections{$name}, '| column | type |')), $columns, "$name: its columns");
}
foreach my $table (rows(q{
	SELECT relname FROM member JOIN pg_class c ON c.oid = objid AND classid = 'pg_class'::regclass WHERE relkind = 'r'}))
{
	is(join("\n", cells_of($sections{$table}, '| column | type |')),
		join("\n", rows("SELECT col FROM table_column WHERE name = '$table' ORDER BY attnum")), "$table: its columns");
}
is(join("\n", cells_of($sections{refresh_revenue_ledgers}, '| column of a store | type |')),
	join("\n", rows("SELECT col FROM table_column WHERE name = 'store' ORDER BY attnum")), 'a store: its columns');

#
# The index, and what is not for users
#

my @index = cells_of($sections{Index}, '| name | kind |');
same(
	[ keys %{ { map { $_ => 1 } @index } } ],
	[   rows(q{
		SELECT DISTINCT concat_ws(' ', proname, CASE WHEN prokind = 'a' THEN 'aggregate' WHEN prorettype = 'trigger'::regtype THEN 'trigger function' ELSE 'function' END)
		FROM routine WHERE oid IN (SELECT oid FROM signature)
		UNION ALL SELECT format_type(t.oid, NULL) || ' type' FROM member JOIN pg_type t ON t.oid = objid AND classid = 'pg_type'::regclass
		WHERE typtype = 'b' AND typcategory <> 'A'
		UNION ALL SELECT relname || ' table' FROM member JOIN pg_class c ON c.oid = objid AND classid = 'pg_class'::regclass WHERE relkind = 'r'
		UNION ALL SELECT DISTINCT oprname || ' operators' FROM member JOIN pg_operator o ON o.oid = objid AND classid = 'pg_operator'::regclass}) ],
	'the index has everything');
my @names = map { /^(\w+)/ ? $1 : () } @index;
is(join(' ', @names), join(' ', sort @names), 'in order of the alphabet');
same(
	[ map { s/ .*//r } cells_of($sections{'Internal functions'}, '| functions |') ],
	[ rows('SELECT DISTINCT proname FROM internal') ],
	'internal functions are told apart');

$node->stop;
done_testing();
