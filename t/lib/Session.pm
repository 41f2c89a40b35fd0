# A psql of its own that is given one statement after the other, without waiting for any if need be.

package Session;

use strict;
use warnings FATAL => 'all';
use IO::Select;
use IPC::Open2;
use Time::HiRes qw(time);

# 'connstr' says to which database; what is set by statements is set before anything else.
sub new
{
	my ($class, $connstr, @statements) = @_;
	my $self = bless { connstr => $connstr, statements => \@statements, number => 0 }, $class;
	$self->{psql} = open2($self->{out}, $self->{in}, 'sh', '-c', 'exec psql -XAtq -f - -d "$1" 2>&1', 'sh', $connstr);
	$self->start("\\set VERBOSITY verbose\n" . join '', map { "$_;\n" } @statements);
	$self->{greeting} = $self->result;
	return $self;
}

# Sends a statement, or several; its result is asked for later.
sub start
{
	my ($self, $sql) = @_;
	$self->{number}++;
	$self->{text} = '';
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{in} } "$sql\n;\\echo END $self->{number}\n";
	$self->{in}->flush;
	return $self;
}

# Reads for so many seconds; is the statement done?
sub is_done
{
	my ($self, $seconds) = @_;
	while (!$self->{lost} && $self->{text} !~ /^END $self->{number}$/m)
	{
		return 0 unless IO::Select->new($self->{out})->can_read($seconds);
		$self->{lost} = 1 unless sysread $self->{out}, $self->{text}, 65536, length $self->{text};
	}
	return 1;
}

# What came of it: the 'text' of it all, its 'rows', the 'states' and 'errors', and whether the session is 'lost'.
sub result
{
	my ($self, $seconds) = @_;
	$self->is_done($seconds // 600) or die "no answer from the session, which has said: $self->{text}";
	my $text = $self->{text} =~ s/^END $self->{number}\n//mr;
	my @errors = $text =~ /((?:ERROR|FATAL|PANIC):  \w{5}: .*)/g;
	my $rows = $text =~ s/^psql:<stdin>.*//smr;
	return { text => $text, rows => $rows =~ s/\n\z//r, errors => \@errors, lost => $self->{lost},
		states => [ map { /:  (\w{5})/ } @errors ] };
}

sub run
{
	my ($self, $sql, $seconds) = @_;
	return $self->start($sql)->result($seconds);
}

# Waits until psql has ended.
sub end
{
	my ($self) = @_;
	close $self->{in};
	close $self->{out};
	waitpid $self->{psql}, 0;
	return;
}

1;
