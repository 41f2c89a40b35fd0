# How many lines of the files in scripts/fuzz/covered have run: coverage.pl SOURCES LINES LEAST
#
# LINES is what llvm-cov exports as lcov: the runs of each line, file by file. A file that is included into several is
# there once. Fails under LEAST percent.
use strict;
use warnings;

my ($sources, $lines, $least) = @ARGV;
my ($file, %runs);

open my $data, '<', $lines or die "$lines: $!\n";
while (<$data>)
{
	if (/^SF:(.*)/) { $file = $1 =~ s{^.*/src/src/}{src/}r }
	elsif (/^DA:(\d+),(\d+)/) { $runs{$file}{$1} += $2 }
}
close $data;

open my $list, '<', "$sources/scripts/fuzz/covered" or die "scripts/fuzz/covered: $!\n";
my ($all, $reached) = (0, 0);
while (<$list>)
{
	next if /^\s*(#|$)/;
	chomp;
	my $of = $runs{$_} or die "no line of $_ is known\n";
	my @missed = sort { $a <=> $b } grep { $of->{$_} == 0 } keys %$of;
	my $count = keys %$of;
	printf "  %5.1f %%  %-32s %s\n", 100 * ($count - @missed) / $count, $_, ranges(@missed);
	$all += $count;
	$reached += $count - @missed;
}
close $list;
printf "  %5.1f %%  of %d lines\n", 100 * $reached / $all, $all;
exit(100 * $reached < $least * $all);

# Lines as ranges, so many that they fit a line
sub ranges
{
	my @ranges;
	for my $line (@_)
	{
		if (@ranges && $ranges[-1][1] == $line - 1) { $ranges[-1][1] = $line }
		else { push @ranges, [ $line, $line ] }
	}
	my $text = join ' ', map { $_->[0] == $_->[1] ? $_->[0] : "$_->[0]-$_->[1]" } @ranges;
	return length $text > 70 ? substr($text, 0, 67) . '...' : $text;
}
