# Days and moments of the proleptic Gregorian calendar: a day is counted from 2000-01-01, a moment is a day and its microseconds.
package Calendar;

use strict;
use warnings FATAL => 'all';
use integer;

# Quotient rounded down, as / only does for numbers of one sign
sub quotient
{
	my ($a, $b) = @_;
	return $a >= 0 ? $a / $b : -((-$a + $b - 1) / $b);
}

sub day_of
{
	my ($year, $month, $day) = @_;
	my $y = $month <= 2 ? $year - 1 : $year;
	my $era = quotient($y, 400);
	my $of_era = $y - $era * 400;
	my $of_year = (153 * ($month + ($month > 2 ? -3 : 9)) + 2) / 5 + $day - 1;
	return $era * 146097 + $of_era * 365 + $of_era / 4 - $of_era / 100 + $of_year - 730425;
}

sub date_of
{
	my ($days) = @_;
	my $z = $days + 730425;
	my $era = quotient($z, 146097);
	my $of_era = $z - $era * 146097;
	my $y = ($of_era - $of_era / 1460 + $of_era / 36524 - $of_era / 146096) / 365;
	my $of_year = $of_era - (365 * $y + $y / 4 - $y / 100);
	my $m = (5 * $of_year + 2) / 153;
	my $month = $m < 10 ? $m + 3 : $m - 9;
	return ($y + $era * 400 + ($month <= 2 ? 1 : 0), $month, $of_year - (153 * $m + 2) / 5 + 1);
}

sub parse_date
{
	my ($text) = @_;
	my ($y, $m, $d, $bc) = $text =~ /^(\d+)-(\d+)-(\d+)( BC)?$/ or die "no date: $text";
	return day_of($bc ? 1 - $y : $y, $m, $d);
}

my %days = (day => 1, week => 7, month => 30, quarter => 91, year => 365);

sub days_in { return $days{ $_[0] } }

# The first day of the period that holds a day
sub period
{
	my ($day, $grain) = @_;
	return $day if $grain eq 'day';
	return $day - (($day + 5) % 7 + 7) % 7 if $grain eq 'week';
	my ($y, $m) = date_of($day);
	return day_of($y, $grain eq 'month' ? $m : $grain eq 'quarter' ? ($m - 1) / 3 * 3 + 1 : 1, 1);
}

# As PostgreSQL reads it, as a date or with the time of day
sub text_of
{
	my ($moment, $with_time) = @_;
	return $moment unless ref $moment;
	my ($y, $m, $d) = date_of($moment->{day});
	my $text = sprintf('%04d-%02d-%02d', $y > 0 ? $y : 1 - $y, $m, $d);
	my $seconds = $moment->{us} / 1000000;
	$text .= sprintf(' %02d:%02d:%02d.%06d', $seconds / 3600, $seconds / 60 % 60, $seconds % 60, $moment->{us} % 1000000) if $with_time;
	return $text . ($y > 0 ? '' : ' BC');
}

# A moment some microseconds later
sub later
{
	my ($moment, $us) = @_;
	my $sum = $moment->{us} + $us;
	my $days = quotient($sum, 86400000000);
	return { day => $moment->{day} + $days, us => $sum - $days * 86400000000 };
}

sub compare
{
	my ($a, $b) = @_;
	return $a->{day} <=> $b->{day} || $a->{us} <=> $b->{us};
}

1;
