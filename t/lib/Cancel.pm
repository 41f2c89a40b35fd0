# How long a statement goes on after it was told to end, in time of a processor.

package Cancel;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use IO::Select;
use IPC::Open2;

our @EXPORT = qw(time_run time_ends CANCEL_LIMIT);

# What each end may take, in seconds; in the servers of scripts/test-hardened, all of which are many times slower, more
use constant CANCEL_LIMIT => 0.2 * ($ENV{NRR_HARDENED} ? 20 : 1);

# A backend that goes on for so much longer is left alone
use constant PATIENCE => 50 * CANCEL_LIMIT;

# Seconds that a process was on a processor, or undef if there is no such process
sub cpu_time
{
	my ($pid) = @_;
	open(my $file, '<', "/proc/$pid/schedstat") or return undef;
	my $line = <$file>;
	return defined $line && $line =~ /^(\d+)/ ? $1 / 1e9 : undef;
}

# A session of its own, at an idle moment; 'psql' is the command with its arguments
sub start_session
{
	my ($psql) = @_;
	my %session;
	$session{psql} = open2($session{out}, $session{in}, 'sh', '-c', 'exec "$@" 2>&1', 'sh', @$psql, '-XAtq', '-v', 'ON_ERROR_STOP=1');
	print { $session{in} } "SELECT pg_backend_pid();\n";
	$session{in}->flush;
	my $line = readline $session{out};
	die "no session: " . ($line // 'psql has ended') unless defined $line && $line =~ /^(\d+)$/;
	$session{backend} = $1;
	return \%session;
}

sub start_statement
{
	my ($session, $sql) = @_;
	$session->{output} = '';
	$session->{before} = $session->{cpu} = cpu_time($session->{backend});
	print { $session->{in} } "$sql;\n\\echo END\n";
	$session->{in}->flush;
	close $session->{in};
}

# Waits for a statement until it ends, or for a moment only; keeps its last known time
sub has_ended
{
	my ($session, $wait) = @_;
	while (IO::Select->new($session->{out})->can_read($wait))
	{
		my $read = sysread $session->{out}, $session->{output}, 65536, length $session->{output};
		$session->{cpu} = cpu_time($session->{backend}) // $session->{cpu};
		return 1 if !$read || $session->{output} =~ /^(END|ERROR|FATAL)\b/m;
	}
	$session->{cpu} = cpu_time($session->{backend}) // $session->{cpu};
	return 0;
}

sub used { $_[0]->{cpu} - $_[0]->{before} }

sub end_session
{
	my ($session) = @_;
	close $session->{out};
	waitpid $session->{psql}, 0;
}

# Runs a statement for so many seconds of a processor, and then has it end by a signal. Returns what it took, from the
# signal on if there was one; whether there was; and what it put out.
sub run_until
{
	my ($psql, $sql, $seconds, $signal) = @_;
	my $session = start_session($psql);
	start_statement($session, $sql);
	my $ended;
	1 until ($ended = has_ended($session, 0.001)) || used($session) >= $seconds;
	if (!$ended)
	{
		$session->{before} = cpu_time($session->{backend}) // $session->{cpu};
		kill $signal, $session->{backend};
		1 until ($ended = has_ended($session, 0.001)) || used($session) >= PATIENCE;
		kill 'TERM', $session->{psql} unless $ended;
		end_session($session);
		return (used($session), 1, $session->{output});
	}
	end_session($session);
	return (used($session), 0, $session->{output});
}

# What a statement takes from its begin to its end, or to its cancel after so many seconds; dies if it fails
sub time_run
{
	my ($psql, $sql, $most) = @_;
	my ($seconds, $signalled, $output) = run_until($psql, $sql, $most, 'INT');
	die "$sql: $output" if !$signalled && $output =~ /^(ERROR|FATAL|PANIC)/m;
	return $signalled ? $most : $seconds;
}

# Ends a statement at so many moments, one at random in each of as many parts of its time. Returns what it took at most
# from the signal on, and how many times it was ended (else it had come to its end before).
sub time_ends
{
	my ($psql, $sql, $seconds, $moments, $signal) = @_;
	my ($longest, $ends) = (0, 0);
	for my $moment (0 .. $moments - 1)
	{
		my ($time, $signalled, $output) = run_until($psql, $sql, $seconds * ($moment + rand) / $moments, $signal // 'INT');
		next unless $signalled && $output !~ /^END$/m;
		$ends++;
		$longest = $time if $time > $longest;
		last if $time >= PATIENCE;
	}
	return ($longest, $ends);
}

1;
