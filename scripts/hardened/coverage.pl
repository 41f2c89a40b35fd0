# Prints how many lines of each file of src/ have run, and each run of lines that has not, with what
# scripts/hardened/uncovered says of it. Fails where fewer than the given percentage have run.
#
# usage: coverage.pl DIRECTORY PERCENTAGE, where DIRECTORY holds the sources as built with --coverage

use strict;
use warnings FATAL => 'all';
use File::Find;
use JSON::PP;

my ($root, $required) = @ARGV;
chdir $root or die "$root: $!\n";

# Of each line of code, how often it has run: a header's in all the files that include it
my %count;
find({ no_chdir => 1, wanted => sub { read_counts($_) if /\.gcno$/ } }, 'src');

sub read_counts
{
	my ($notes) = @_;
	my $json = qx(gcov --json-format --stdout '$notes' 2>/dev/null);

	die "gcov cannot read $notes\n" if $? != 0;
	foreach my $file (map { @{ decode_json($_)->{files} } } split /\n/, $json)
	{
		my ($name) = $file->{file} =~ m{^(?:.*/)?(src/(?:\w+/)?\w+\.[ch])$} or next;
		next if !-e $name;
		$count{$name}{ $_->{line_number} } += $_->{count} foreach @{ $file->{lines} };
	}
	return;
}

sub lines_of
{
	my ($name) = @_;
	open my $fh, '<', $name or die "$name: $!\n";
	my @lines = ('', <$fh>);
	s/^\s+|\s+$//g foreach @lines;
	return @lines;
}

# Why lines are left: file, how the first of them begins, reason
my %reason;
foreach (grep { /^[^#]/ } lines_of('scripts/hardened/uncovered'))
{
	my ($name, $begin, $why) = split /\t+/;
	$reason{$name}{$begin} = $why;
}

my ($all, $run, $explained, @table, @left) = (0, 0, 0);
foreach my $name (sort keys %count)
{
	my @text = lines_of($name);
	my @numbers = sort { $a <=> $b } keys %{ $count{$name} };
	my ($missed, $before) = (0, 1);

	foreach my $number (@numbers)
	{
		my $missing = $count{$name}{$number} == 0;

		if ($missing && !$before)
		{
			$missed++;
			push @{ $left[-1]{numbers} }, $number;
		}
		elsif ($missing)
		{
			$missed++;
			push @left, { name => $name, numbers => [$number], text => \@text };
		}
		$before = !$missing;
	}
	$all += @numbers;
	$run += @numbers - $missed;
	push @table, sprintf("%6.1f %%  %5d of %5d  %s\n", 100 * (@numbers - $missed) / @numbers, @numbers - $missed, scalar(@numbers), $name);
}
die "no line was counted\n" if $all == 0;

print @table;
foreach my $left (@left)
{
	my ($name, @numbers) = ($left->{name}, @{ $left->{numbers} });
	my ($begin) = grep { index($left->{text}[ $numbers[0] ], $_) == 0 } keys %{ $reason{$name} // {} };
	my $why = defined $begin ? $reason{$name}{$begin} : 'no reason known';

	$explained += @numbers if defined $begin;
	print "$name:$numbers[0]: not run: $why\n", map { sprintf("%8d  %s\n", $_, $left->{text}[$_]) } @numbers;
}
my $percentage = 100 * $run / $all;
printf "%d of %d lines have run: %.1f %%; of the other %d, %d are explained\n", $run, $all, $percentage, $all - $run, $explained;
exit($percentage < $required);
