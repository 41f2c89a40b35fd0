# Histories from one seed to another, shared out among processes with a database each; those that fail are reduced.
package Work;

use strict;
use warnings FATAL => 'all';
use File::Temp;
use History;
use Reduction;
use Session;
use Storable qw(store retrieve);

# So many histories go by one session. Of more failures than that, little more is learned by reducing them.
my $batch = 8;
my $most_reduced = 3;

# A server that has crashed comes back by itself
sub wait_for_server
{
	my ($database) = @_;
	for (1 .. 600)
	{
		return if system("psql -XAtq -d $database -c 'SELECT 1' >/dev/null 2>&1") == 0;
		select undef, undef, undef, 0.1;
	}
	die "the server does not come back\n";
}

# Those of some histories that fail, each with how it does
sub failing
{
	my ($database, @histories) = @_;
	my @failing;
	while (@histories)
	{
		my @results = Session::run($database, \@histories);
		die "nothing could be run\n" unless @results;
		push @failing, map { { history => $histories[$_], failures => $results[$_] } } grep { @{ $results[$_] } } 0 .. $#results;
		splice @histories, 0, scalar @results;
		wait_for_server($database) if @histories;
	}
	return @failing;
}

sub reduce
{
	my ($database, $failed, $seconds) = @_;
	my $failure = $failed->{failures}[0];
	$failed->{reduced} = Reduction::reduce($database, $failure, $failed->{history}, $seconds);
	my $only = $failure->{question} eq 'the session' ? undef : $failure->{question};
	my ($result) = Session::run($database, [ $failed->{reduced} ], $only);
	$failed->{reduced_failure} = $result->[0] // $failure;
	return;
}

# The batches of one process
sub work
{
	my ($job, $process, $processes) = @_;
	my $database = "differential_$process";
	Session::prepare($database, $job->{project});
	my $found = { run => [], failed => [] };
	for (my $from = $process * $batch; $from < $job->{number}; $from += $processes * $batch)
	{
		my @histories = map { History::generate($job->{first} + $_) } grep { $_ < $job->{number} } $from .. $from + $batch - 1;
		push @{ $found->{failed} }, failing($database, @histories);
		push @{ $found->{run} }, map { History::kinds($_) } @histories;
		last if defined $job->{end} && time > $job->{end};
		last if $job->{until_failure} && (@{ $found->{failed} } || -e $job->{failed});
	}
	$found->{answers} = Session::answers($database);
	$found->{spilled} = [ Session::temporary_bytes($database) ];
	my @failed = splice @{ [ @{ $found->{failed} } ] }, 0, $job->{until_failure} ? 1 : $most_reduced;
	if (@failed)
	{
		open my $mark, '>', $job->{failed} or die $!;
	}
	reduce($database, $_, $job->{until_failure} ? 40 : 120) foreach @failed;
	return $found;
}

# Runs the processes, and puts together what they found
sub share_out
{
	my ($job, $processes) = @_;
	my $directory = File::Temp->newdir;
	$job->{failed} = "$directory/failed";
	my @children;
	foreach my $process (0 .. $processes - 1)
	{
		defined(my $child = fork) or die $!;
		if ($child == 0)
		{
			my $done = eval { store(work($job, $process, $processes), "$directory/$process"); 1 };
			print STDERR $@ unless $done;
			require POSIX;
			POSIX::_exit($done ? 0 : 1);
		}
		push @children, $child;
	}
	foreach my $child (@children)
	{
		waitpid $child, 0;
		die "a process failed\n" if $?;
	}
	my @found = map { retrieve("$directory/$_") } 0 .. $processes - 1;
	return { map { my $part = $_; $part => [ map { @{ $_->{$part} } } @found ] } qw(run failed answers spilled) };
}

1;
