# What came of histories, as text: how many of which kinds, the answers, and each failure as a script for psql.
package Report;

use strict;
use warnings FATAL => 'all';
use History;
use Questions;

# Of so many histories, none of the kinds can be missing by chance
my $all_kinds = 300;

sub kinds_there_are
{
	return (shape => [@History::shapes], grain => [@History::grains], customer => [ sort keys %History::keys ], amount => [ sort keys %History::amounts ],
		times => [ sort keys %History::one_time, keys %History::ranges, keys %History::two_times ], zone => [@History::zones]);
}

sub counts
{
	my ($counts) = @_;
	return join ', ', map { "$_ $counts->{$_}" } sort keys %$counts;
}

# Prints how many there were of each kind; returns those that were missing
sub tell_kinds
{
	my ($run) = @_;
	my %kinds = kinds_there_are();
	my @missing;
	foreach my $what (sort keys %kinds)
	{
		my %count = map { $_ => 0 } @{ $kinds{$what} };
		$count{ $_->{$what} }++ foreach @$run;
		print "$what: ", counts(\%count), "\n";
		push @missing, map { "$what $_" } grep { $count{$_} == 0 } sort keys %count;
	}
	my %size;
	$size{ $_->{rows} == 0 ? 'none' : $_->{rows} == 1 ? 'one' : $_->{rows} < 10 ? '2 to 9' : $_->{rows} < 1000 ? '10 to 999' : 'thousands' }++ foreach @$run;
	print 'rows: ', counts(\%size), "\n";
	my %fault;
	$fault{ $_->{fault} }++ foreach grep { defined $_->{fault} } @$run;
	print 'with a fault: ', counts(\%fault), "\n" if %fault;
	return @missing;
}

# By question and variant: how many answers, rows, plans with workers
sub tell_answers
{
	my ($answers) = @_;
	my %answers;
	foreach my $answer (@$answers)
	{
		my ($question, $variant, $n, $rows, $parallel, $refused) = @$answer;
		my $sum = $answers{"$question, $variant"} //= { n => 0, rows => 0, parallel => 0, refused => 0 };
		$sum->{n} += $n; $sum->{rows} += $rows; $sum->{parallel} += $parallel; $sum->{refused} += $refused;
	}
	foreach my $name (sort keys %answers)
	{
		my $sum = $answers{$name};
		printf "%-55s %7d answers, %8d rows%s%s\n", $name, $sum->{n}, $sum->{rows}, $sum->{refused} ? ", $sum->{refused} refused" : '', $sum->{parallel} ? ", $sum->{parallel} by workers" : '';
	}
	return;
}

# A text that may be long
sub cut { return length($_[0]) > 400 ? substr($_[0], 0, 400) . '...' : $_[0] }

sub tell_failure
{
	my ($failed) = @_;
	my $failure = $failed->{reduced_failure} // $failed->{failures}[0];
	my $h = $failed->{reduced} // $failed->{history};
	printf "\n-- seed %d fails: %s\n", $failed->{history}{seed}, join '; ', map { "$_->{question}, $_->{variant}" } @{ $failed->{failures} };
	return unless $failed->{reduced};
	printf "-- reduced to %d of %d rows:\n", scalar @{ $h->{rows} }, scalar @{ $failed->{history}{rows} };
	if (@{ $h->{rows} } > 50)
	{
		print "-- (too many to be printed)\n";
	}
	else
	{
		print map { "$_;\n" } Questions::table($h);
		print map { 'SET ' . join(' = ', split /=/) . ";\n" } split / /, $failure->{settings};
		print "$failure->{query};\n";
	}
	print "-- $failure->{question}, $failure->{variant}\n";
	print "-- nrr says, and the reference does not: ", cut($_), "\n" foreach @{ $failure->{got} };
	print "-- the reference says, and nrr does not: ", cut($_), "\n" foreach @{ $failure->{want} };
	return;
}

# Prints all of it; whether all is well
sub tell
{
	my ($found) = @_;
	my @missing = tell_kinds($found->{run});
	my ($spilled) = sort { $b <=> $a } @{ $found->{spilled} };
	printf "temporary files: up to %d MB of a process\n", $spilled / 2**20;
	push @missing, 'rows in files' if $spilled < 2**22;
	tell_answers($found->{answers});
	tell_failure($_) foreach @{ $found->{failed} };
	@missing = () if @{ $found->{run} } < $all_kinds;
	print "\nnever generated: ", join(', ', @missing), "\n" if @missing;
	my $failed = @{ $found->{failed} };
	printf "\n%d passed, %d failed\n", @{ $found->{run} } - $failed, $failed + (@missing > 0);
	return $failed == 0 && !@missing;
}

1;
