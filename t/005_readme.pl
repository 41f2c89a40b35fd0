# What README.md shows, works: its ```sql blocks run in order in one session, and where a ```text block follows
# directly, it is what the block prints.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @blocks;
my $after_sql = 0;
my $readme = slurp_file('README.md');
while ($readme =~ /\G(.*?)^```(\w*)\n(.*?)^```$/gms)
{
	my ($between, $language, $text) = ($1, $2, $3);
	if ($language eq 'sql')
	{
		my $line = 1 + (substr($readme, 0, $-[3]) =~ tr/\n//);
		push @blocks, { line => $line, sql => $text };
	}
	elsif ($language eq 'text' && $after_sql && $between =~ /^\s*$/)
	{
		$blocks[-1]{output} = $text;
	}
	$after_sql = $language eq 'sql';
}
cmp_ok(scalar(@blocks), '>', 0, 'README.md has examples');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE readme');

# One session, so that a block sees the settings and temporary tables of those before it; a mark ends each block
my $mark = '--- end of block';
my $script = join '', map { "$_->{sql}\n\\echo '$mark'\n" } @blocks;
my ($out, $err) = ('', '');
IPC::Run::run(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-P', 'pager=off', '-d', $node->connstr('readme'), '-f', '-' ],
	'<', \$script, '>', \$out, '2>', \$err);

# Trailing blanks and blank lines at either end are not what a reader sees
sub visible
{
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

my @outputs = split /^\Q$mark\E\n/m, $out, -1;
my $finished = $#outputs;
for my $i (0 .. $#blocks)
{
	my $block = $blocks[$i];
	my $name = "README.md, line $block->{line}";
	ok($i < $finished, "$name: runs without an error")
		or diag($i == $finished ? $err : 'not reached');
	is(visible($outputs[$i] // ''), visible($block->{output}), "$name: prints what is shown")
		if defined $block->{output};
}

$node->stop;
done_testing();
