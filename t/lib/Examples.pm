# Documents whose examples are tests: the ```sql blocks of a file run in order in one session of a new database, and
# where a ```text block follows directly, it is what the block prints.

package Examples;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(test_examples);

# The documents of a test share a cluster, which is gone when it ends
my $node;

# Its blocks, in order: line, the heading above them, sql and, where it is shown, the output
sub blocks_of
{
	my ($file) = @_;
	my $text = slurp_file($file);
	my @blocks;
	my ($heading, $after_sql) = ('', 0);
	while ($text =~ /\G(.*?)^```(\w*)\n(.*?)^```$/gms)
	{
		my ($between, $language, $content) = ($1, $2, $3);
		my $line = 1 + (substr($text, 0, $-[3]) =~ tr/\n//);
		$heading = $_ foreach $between =~ /^##+ +(.*\S)/mg;
		if ($language eq 'sql')
		{
			push @blocks, { line => $line, heading => $heading, sql => $content };
		}
		elsif ($language eq 'text' && $after_sql && $between =~ /^\s*$/)
		{
			$blocks[-1]{output} = $content;
		}
		$after_sql = $language eq 'sql';
	}
	return @blocks;
}

# What each piece of SQL prints, as far as they ran without an error, and the error. They share a session, so that one
# sees the settings and temporary tables of those before it; a mark ends each.
sub outputs_of
{
	my ($connection, @pieces) = @_;
	my $mark = '--- end of piece';
	my $script = join '', map { "$_\n\\echo '$mark'\n" } @pieces;
	my ($out, $err) = ('', '');
	IPC::Run::run(
		[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-P', 'pager=off', '-d', $connection, '-f', '-' ],
		'<', \$script, '>', \$out, '2>', \$err);
	my @outputs = split /^\Q$mark\E\n/m, $out, -1;
	pop @outputs;
	return ($err, @outputs);
}

# Trailing blanks and blank lines at either end are not what a reader sees
sub visible
{
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

# Options: setup is SQL that runs before the first block; checks gives, per heading, a query for each output that is shown
# below it. A check runs right after the block it belongs to, and must print the same; undef leaves it out.
sub test_examples
{
	my ($file, %options) = @_;
	my @blocks = blocks_of($file);
	cmp_ok(scalar(@blocks), '>', 0, "$file has examples");

	my %checks = %{ $options{checks} // {} };
	foreach my $heading (sort keys %checks)
	{
		my @shown = grep { $_->{heading} eq $heading && defined $_->{output} } @blocks;
		is(scalar(@{ $checks{$heading} }), scalar(@shown), "$file, $heading: each output has its check");
		$_->{check} = shift @{ $checks{$heading} } foreach @shown;
	}

	my ($name) = lc($file) =~ /(\w+)\.md$/;
	if (!defined $node)
	{
		$node = PostgreSQL::Test::Cluster->new('examples');
		$node->init;
		$node->start;
	}
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	my ($err, undef, @outputs) =
		outputs_of($node->connstr($name), $options{setup} // '', map { ($_->{sql}, defined $_->{check} ? "$_->{check};" : '') } @blocks);

	foreach my $block (@blocks)
	{
		my $where = "$file, line $block->{line}";
		my ($printed, $checked) = splice @outputs, 0, 2;
		ok(defined $printed, "$where: runs without an error") or diag($err);
		is(visible($printed // ''), visible($block->{output}), "$where: prints what is shown")
			if defined $block->{output};
		is(visible($checked // $err), visible($block->{output}), "$where: another computation prints the same")
			if defined $block->{check};
		last unless defined $checked;
	}

	return;
}

1;
