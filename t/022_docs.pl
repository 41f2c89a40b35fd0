# Documentation is found: links lead somewhere, here and where it is installed, and the README stays an introduction.

use strict;
use warnings FATAL => 'all';
use File::Basename;
use File::Find;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

# What a renderer makes of a page's headings to link to
sub anchors_of
{
	my ($text) = @_;
	my %anchors;
	$text =~ s/^```.*?^```$//gms;
	while ($text =~ /^#+ +(.*\S)/mg)
	{
		my $anchor = lc $1;
		$anchor =~ s/[^\w\- ]//g;
		$anchor =~ tr/ /-/;
		my $same = 0;
		$same++ while exists $anchors{ $same ? "$anchor-$same" : $anchor };
		$anchors{ $same ? "$anchor-$same" : $anchor } = 1;
	}
	return \%anchors;
}

# The targets of a page's links and images
sub links_of
{
	my ($text) = @_;
	$text =~ s/^```.*?^```$//gms;
	$text =~ s/`[^`]*`//g;
	return $text =~ /\]\(([^()\s]+)\)/g;
}

# The links of pages below a directory that lead nowhere
sub dead_links
{
	my ($root, @pages) = @_;
	my @dead;
	foreach my $page (@pages)
	{
		foreach my $link (links_of(slurp_file("$root/$page")))
		{
			next if $link =~ /^https?:/;
			my ($file, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
			my $target = $file eq '' ? "$root/$page" : dirname("$root/$page") . "/$file";
			push @dead, "$page: $link"
				if !-f $target || defined $anchor && !anchors_of(slurp_file($target))->{$anchor};
		}
	}
	return join "\n", @dead;
}

my @pages = (glob('*.md'), glob('docs/*.md'), glob('bench/*.md'));
cmp_ok(scalar(map { links_of(slurp_file($_)) } @pages), '>', 50, 'there are links to follow');
is(dead_links('.', @pages), '', 'every link and anchor resolves');

# Where documentation is installed, no other extension's files are, and links resolve too
my $root = PostgreSQL::Test::Utils::tempdir();
my ($docdir) = run_command([ 'pg_config', '--docdir' ]);
{
	delete local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
	command_ok([ 'make', '-s', 'install-docs', "DESTDIR=$root", 'PG_CONFIG=pg_config' ], 'documentation is installed');
}
my @installed;
find({ no_chdir => 1, wanted => sub { push @installed, substr($_, length $root) if -f } }, $root);
is(join("\n", grep { index($_, "$docdir/nrr/") != 0 } @installed), '', 'into a directory of its own');
my @installed_pages = map { substr $_, length "$docdir/nrr/" } grep { /\.md$/ } @installed;
is(join("\n", sort @installed_pages), join("\n", sort @pages), 'all pages');
is(dead_links("$root$docdir/nrr", @installed_pages), '', 'every link and anchor resolves there');

my $meta = decode_json(slurp_file('META.json'));
ok(-f $meta->{provides}{nrr}{$_}, "META.json names a $_ that is there") foreach 'file', 'docfile';

cmp_ok(scalar(split /\n/, slurp_file('README.md')), '<', 300, 'README.md is an introduction');

# The ratios beside a chart are those of the results
my $results = slurp_file('docs/performance.md');
foreach my $page ('README.md', 'docs/performance.md')
{
	my $text = slurp_file($page);
	foreach my $test ('cohort', 'movements')
	{
		my ($beside) = $text =~ m{performance/$test-8m\.svg\)\n\n(.*?)\n\n}s;
		$beside =~ s/\s+/ /g;
		my ($floor) = $results =~ /^\| $test \| ([\d.]+) x the time of floor/m;
		my ($sql) = $results =~ /^\| $test \| ([\d.]+) x as fast as sql-/m;
		my ($duckdb) = $results =~ /^\| $test \| ([\d.]+) x the time of duckdb/m;
		like($beside, qr/\b\Q$floor\E times the time of .*\b@{[ sprintf '%.1f', $sql ]} times as fast.*\b@{[ sprintf '%.1f', $duckdb ]} times/,
			"$page, $test: ratios are those of the results");
	}
}

done_testing();
