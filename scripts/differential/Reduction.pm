# A failing history made smaller, as long as it fails in the same way: fewer rows, fewer options, plainer values.
package Reduction;

use strict;
use warnings FATAL => 'all';
use Calendar;
use History;
use Questions;
use Session;
use Storable qw(dclone);

# When to be content with what there is
my $deadline;

# What a failure is known by: its question, and who says that there is an error; or if there was none, the first message
sub mark
{
	my ($failure) = @_;
	return join ' ', $failure->{question}, map { ($_->[0] // '') =~ /^(ERROR .*|REFUSED)/ ? $1 : '' } @$failure{qw(got want)} unless $failure->{question} eq 'the session';
	return $failure->{got}[0] =~ s/^psql:\S+ //r;
}

# Which of some histories still fail so
sub fails
{
	my ($database, $failure, @histories) = @_;
	return () if time > $deadline;
	my $only = $failure->{question} eq 'the session' ? undef : $failure->{question};
	my @results = Session::run($database, \@histories, $only);
	return grep { grep { mark($_) eq mark($failure) } @{ $results[$_] } } 0 .. $#results;
}

# The first that does, or none
sub first_failing
{
	my ($database, $failure, @candidates) = @_;
	while (my @batch = splice @candidates, 0, 16)
	{
		my ($first) = fails($database, $failure, @batch);
		return $batch[$first] if defined $first;
	}
	return;
}

sub with
{
	my ($h, $change) = @_;
	my $changed = dclone($h);
	$change->($changed);
	return $changed;
}

# Delta debugging: leave out ever smaller parts of the rows
sub fewer_rows
{
	my ($database, $failure, $h) = @_;
	my $parts = 2;
	while (@{ $h->{rows} } > 0)
	{
		my @rows = @{ $h->{rows} };
		my $size = int((@rows + $parts - 1) / $parts);
		my @candidates = map { my $from = $_ * $size; with($h, sub { splice @{ $_[0]{rows} }, $from, $size }) } grep { $_ * $size < @rows } 0 .. $parts - 1;
		if (my $found = first_failing($database, $failure, @candidates))
		{
			$h = $found;
			$parts = $parts > 2 ? $parts - 1 : 2;
		}
		elsif ($size <= 1) { last }
		else { $parts = 2 * $parts > @rows ? scalar @rows : 2 * $parts }
	}
	return $h;
}

# Each customer another number, in a type that is as plain as can be
sub plain_customers
{
	my ($h, $kind) = @_;
	my (%number, $n);
	$h->{key} = $kind;
	$_->{customer} = $History::keys{$kind}{text}->($number{ $_->{customer} } //= ++$n) foreach grep { defined $_->{customer} } @{ $h->{rows} };
	return;
}

sub plain_amounts
{
	my ($h, $kind) = @_;
	$h->{amount} = $kind;
	$_->{amount} = $History::amounts{$kind}{text}->($_->{m}) foreach grep { defined $_->{amount} } @{ $h->{rows} };
	return;
}

# Changes of the whole
sub simpler_wholes
{
	my ($h) = @_;
	my %plain = (lookback => 1, grace => 0, reactivation_within => undef, cohort_grain => undef, baseline => 0, through => undef, from_date => undef);
	my @changes = map { my $name = $_; sub { $_[0]{options}{$name} = $plain{$name} } } sort keys %plain;
	push @changes, sub { $_[0]{item} = undef }, sub { @{ $_[0] }{qw(item close)} = () }, sub { $_[0]{rule} = undef };
	push @changes, sub { $_[0]{zone} = 'UTC' }, sub { plain_customers($_[0], 'integer') }, sub { plain_amounts($_[0], 'integer') }, sub { plain_amounts($_[0], 'cents') },
		sub { $_->{segment} = undef foreach @{ $_[0]{rows} } }, sub { $_->{item} = undef foreach @{ $_[0]{rows} } },
		sub { $_->{customer} = $_[0]{rows}[0]{customer} foreach @{ $_[0]{rows} } }, sub { $_[0]{grain} = 'month' };
	push @changes, sub { $_[0]{times} = 'daterange'; $_[0]{bounds} = undef }, sub { $_[0]{times} = 'date, date'; $_[0]{bounds} //= '[)' } if History::over($h);
	push @changes, sub { $_[0]{times} = 'date' } unless History::over($h);
	return @changes;
}

# Changes of a row: one unit of money, the first moment of a month or a day, an ordinary range
sub simpler_rows
{
	my ($h) = @_;
	my @changes;
	for my $i (0 .. $#{ $h->{rows} })
	{
		my $row = $h->{rows}[$i];
		push @changes, sub { $_[0]{rows}[$i]{amount} = '1' }, sub { $_[0]{rows}[$i]{amount} = $row->{m} } if defined $row->{amount};
		push @changes, sub { $_[0]{rows}[$i]{segment} = undef }, sub { $_[0]{rows}[$i]{item} = undef };
		foreach my $j (0 .. $#{ $row->{ranges} // [] })
		{
			# made together with others, a change may find the range gone
			my $in_range = sub { my ($change) = @_; return sub { $change->($_[0]{rows}[$i]{ranges}[$j]) if $j < @{ $_[0]{rows}[$i]{ranges} } } };
			push @changes, sub { splice @{ $_[0]{rows}[$i]{ranges} }, $j, 1 if $j < @{ $_[0]{rows}[$i]{ranges} } } if @{ $row->{ranges} } > 1;
			push @changes, $in_range->(sub { $_[0]{e} = undef }), $in_range->(sub { $_[0]{bounds} = '[)' });
			foreach my $end ('s', 'e')
			{
				my $moment = $row->{ranges}[$j]{$end};
				next unless ref $moment;
				push @changes, map { my $day = $_; $in_range->(sub { $_[0]{$end} = { day => $day, us => 0 } }) } Calendar::period($moment->{day}, 'month'), $moment->{day};
			}
		}
	}
	return @changes;
}

sub text { return join ';', Questions::table($_[0]), Questions::load($_[0]), join ',', map { "$_=" . ($_[0]{options}{$_} // '') } sort keys %{ $_[0]{options} } }

# Every change that leaves it failing is made: all of those tried together that may be, else the first one
sub simpler
{
	my ($database, $failure, $h, $changes_of) = @_;
	my @changes = $changes_of->($h);
	while (my @tried = splice @changes, 0, 16)
	{
		my $now = text($h);
		my @candidates = map { with($h, $_) } @tried;
		my @good = map { $tried[$_] } grep { text($candidates[$_]) ne $now } fails($database, $failure, @candidates);
		while (@good > 1)
		{
			my $together = with($h, sub { my ($changed) = @_; $_->($changed) foreach @good });
			last if fails($database, $failure, $together);
			pop @good;
		}
		$h = with($h, sub { my ($changed) = @_; $_->($changed) foreach @good });
	}
	return $h;
}

# As small as it gets in a few rounds, or so many seconds
sub reduce
{
	my ($database, $failure, $h, $seconds) = @_;
	$deadline = time + $seconds;
	for (1 .. 3)
	{
		my $before = text($h);
		$h = fewer_rows($database, $failure, $h);
		$h = simpler($database, $failure, $h, \&simpler_wholes);
		$h = simpler($database, $failure, $h, \&simpler_rows) if @{ $h->{rows} } <= 20;
		last if text($h) eq $before;
	}
	return $h;
}

1;
