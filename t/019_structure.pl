# The shape of the C code: which file may include which, and how long files and functions may be. Each check lists what
# breaks it. No server is needed.

use strict;
use warnings FATAL => 'all';
use File::Basename;
use File::Find;
use PostgreSQL::Test::Utils;
use Test::More;

# Data flows one way, from the first folder to the last. A folder includes itself and those of a lower level.
my %level = (base => 0, ledger => 1, billing => 2, store => 3, bridge => 3, rating => 4);

my $most_lines_of_a_file = 600;
my $most_lines_of_a_function = 60;
my $most_parameters = 6;

# These have more parameters since before there was a limit. Nothing is added here.
my %frozen = map { $_ => 1 } qw(
  put_cell
);

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
my (@files, %text);
find({ no_chdir => 1, wanted => sub { push @files, substr($_, length("$root/src/")) if /\.[ch]$/ } }, "$root/src");
@files = sort @files;
$text{$_} = slurp_file("$root/src/$_") foreach @files;
cmp_ok(scalar(@files), '>', 50, 'the source files are found');

sub folder { return $_[0] =~ m|^(\w+)/| ? $1 : '' }

# Files of ours that a file includes
sub includes
{
	my ($file) = @_;
	return grep { exists $text{$_} || exists $level{ folder($_) } } $text{$file} =~ /^#include "([^"]+)"/mg;
}

sub none
{
	my ($name, @found) = @_;
	is(join("\n", @found), '', $name);
	return;
}

none('every file is in a known folder, but for the one that holds the module together',
	grep { $_ ne 'nrr.c' && !exists $level{ folder($_) } } @files);

none('every include of ours names a file from src on', map {
	my $file = $_;
	map { "$file includes $_" } grep { !exists $text{$_} && (exists $level{ folder($_) } || -e "$root/src/" . dirname($file) . "/$_") }
	  $text{$file} =~ /^#include "([^"]+)"/mg
} @files);

none('no folder includes a higher one, or one beside it', map {
	my $file = $_;
	my $from = folder($file);
	map { "$file includes $_" } grep { folder($_) ne $from && $level{ folder($_) } >= $level{$from} } includes($file)
} grep { folder($_) } @files);

# A header and the file that implements it are one unit: neither may need what needs them.
my %needs;
foreach my $file (@files)
{
	my $unit = $file =~ s/\.[ch]$//r;
	$needs{$unit}{$_} = 1 foreach grep { $_ ne $unit } map { s/\.h$//r } includes($file);
}

# Takes away units that need nothing any more, until those in a cycle, and what needs them, are left
sub in_cycles
{
	my %left = map { $_ => { %{ $needs{$_} // {} } } } keys %needs, map { keys %$_ } values %needs;
	while (my @free = grep { !%{ $left{$_} } } keys %left)
	{
		delete @left{@free};
		delete @{$_}{@free} foreach values %left;
	}
	return map { "$_ needs " . join(' ', sort keys %{ $left{$_} }) } sort keys %left;
}

none('no files need each other in a circle', in_cycles());

none('no file includes a header of ours twice', map {
	my $file = $_;
	my @ours = includes($file);
	my %count;
	map { "$file includes $_ twice" } grep { $count{$_}++ } @ours
} @files);

my $makefile = slurp_file("$root/Makefile") =~ s/\\\n//gr;
my ($objs) = $makefile =~ /^OBJS\s*=(.*)$/m;
is(join("\n", sort($objs =~ m|\bsrc/(\S+)\.o\b|g)),
	join("\n", sort map { s/\.c$//r } grep { /\.c$/ } @files),
	'the Makefile lists every source file, once');

none("no file has more than $most_lines_of_a_file lines", map { "$_->[0]: $_->[1] lines" } grep { $_->[1] > $most_lines_of_a_file }
	  map { [ $_, $text{$_} =~ tr/\n// ] } @files);

# Functions begin with their name at the beginning of a line and end with a brace there, as everywhere in PostgreSQL.
my (@long, @wide, %wide, $functions);
foreach my $file (@files)
{
	while ($text{$file} =~ /^(\w+)\(([^{};]*?)\)\n\{\n(.*?)^\}/gms)
	{
		my ($name, $parameters, $body) = ($1, $2, $3);
		my $lines = 1 + ($parameters =~ tr/\n//) + 2 + ($body =~ tr/\n//);
		my $count = 1 + ($parameters =~ s/\([^()]*\)//gr =~ tr/,//);

		$functions++;
		push @long, "$file: $name has $lines lines" if $lines > $most_lines_of_a_function;
		push @wide, "$file: $name has $count parameters" if $count > $most_parameters && !$frozen{$name};
		$wide{$name} = 1 if $count > $most_parameters;
	}
}
cmp_ok($functions, '>', 500, 'the functions are found');
none("no function has more than $most_lines_of_a_function lines", @long);
none("no function has more than $most_parameters parameters", @wide);
none('those that may have more are still there', grep { !$wide{$_} } sort keys %frozen);

done_testing();
