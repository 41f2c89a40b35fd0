# A billing history by chance: a table of some shape, what it is made of, and the options of those who read it. The same seed
# gives the same one, and everything in it is plain data, so that it can be made smaller.
package History;

use strict;
use warnings FATAL => 'all';
use utf8;
use Calendar;
use Digest::MD5 qw(md5_hex);

sub pick { return $_[ int rand @_ ] }
sub chance { return rand(100) < $_[0] }

# Kinds of customers: a type, and the text of the number c of one. A type that no customer can be of is refused.
my @texts = ('', ' ', 'é', "e\x{301}", '顧客', '🚀', q{O'Brien, "x"\\}, 'a', 'A', 'a ', 'long' x 700);
our %keys = (
	smallint => { type => 'smallint', text => sub { $_[0] * 1000 - 30000 } },
	integer => { type => 'integer', text => sub { $_[0] * 71582788 - 2147483640 } },
	bigint => { type => 'bigint', text => sub { sprintf '%d', ($_[0] - 30) * 307445734561825860 } },
	uuid => { type => 'uuid', text => sub { $_[0] == 0 ? '0' x 32 : $_[0] == 1 ? 'f' x 32 : md5_hex($_[0]) } },
	text => { type => 'text', text => sub { $texts[ $_[0] ] // "customer $_[0]" } },
	'text with shared prefixes' => { type => 'text COLLATE "C"', text => sub { 'ü' x (30 * ($_[0] % 3)) . "customer $_[0]" } },
	varchar => { type => 'varchar(20)', text => sub { "c$_[0]" } },
	char => { type => 'char(12)', text => sub { ($texts[ $_[0] + 2 ] // "c $_[0]") =~ /^(.{0,8})/ ? $1 . ' ' x int rand 4 : die } },
	numeric => { type => 'numeric', text => sub { sprintf('%d.%d', $_[0] - 5, 5 * ($_[0] % 2)) . '0' x int rand 3 } },
	'double precision' => { type => 'double precision', text => sub { (qw(0 0.1 1e100 -5e-324 NaN Infinity 1e15))[ $_[0] ] // $_[0] / 8 }, variants => { 0 => '-0' } },
	real => { type => 'real', text => sub { (qw(0 0.1 1e30 NaN))[ $_[0] ] // $_[0] * 1.5 } },
	date => { type => 'date', text => sub { Calendar::text_of({ day => 31 * $_[0], us => 0 }) } },
	domain => { type => 'history.key', setup => 'CREATE DOMAIN history.key AS text', text => sub { "k$_[0]" } },
	enum => { type => 'history.key', setup => q{CREATE TYPE history.key AS ENUM (} . join(', ', map { "'e$_'" } 0 .. 60) . ')', text => sub { "e$_[0]" } },
	array => { type => 'integer[]', text => sub { '{' . join(',', ($_[0]) x ($_[0] % 4 + 1)) . '}' } },
	jsonb => { type => 'jsonb', refused => '42804', text => sub { $_[0] } },
	interval => { type => 'interval', refused => '42804', text => sub { "$_[0] days" } },
	'numeric[]' => { type => 'numeric[]', refused => '42804', text => sub { "{$_[0]}" } });

# Kinds of amounts: a type, and the text of a small whole number of either sign
our %amounts = (
	smallint => { type => 'smallint', text => sub { 50 * $_[0] } },
	integer => { type => 'integer', text => sub { 50000 * $_[0] } },
	bigint => { type => 'bigint', text => sub { sprintf '%d', 123456789012345 * $_[0] } },
	cents => { type => 'numeric(12,2)', text => sub { sprintf '%.2f', 19.99 * $_[0] } },
	'mixed scales' => { type => 'numeric', text => sub { my $d = int rand 7; sprintf "%.${d}f", 7.123456 * $_[0] } },
	'zeros at the end' => { type => 'numeric(20,8)', text => sub { 25 * $_[0] } },
	deep => { type => 'numeric', text => sub { $_[0] == 0 ? '0' : ($_[0] < 0 ? '-' : '') . abs($_[0]) . '.' . '012345678901234567890123' } },
	wide => { type => 'numeric', text => sub { $_[0] == 0 ? '0.000' : $_[0] . '000000000000000012' . '.345' } },
	real => { type => 'real', text => sub { pick($_[0] / 8, 0.1 * $_[0], $_[0] . 'e9') } },
	'double precision' => { type => 'double precision', text => sub { pick($_[0] / 8, 0.1 * $_[0], $_[0] . 'e9', $_[0] . 'e-5') } },
	domain => { type => 'history.money', setup => 'CREATE DOMAIN history.money AS numeric(10,4) CHECK (VALUE < 1000000)', text => sub { sprintf '%.4f', 1.2345 * $_[0] } },
	money => { type => 'money', refused => '42804', text => sub { $_[0] } },
	'text amount' => { type => 'text', refused => '42804', text => sub { $_[0] } });

our @grains = qw(day week month quarter year);
our @shapes = qw(payments subscriptions invoices snapshots changes);

# Where the clock is changed at, or near, midnight; where a day is missing; where nothing ever happens
our @zones = ('UTC', 'America/New_York', 'America/Sao_Paulo', 'Europe/London', 'Asia/Kolkata', 'Pacific/Auckland', 'Pacific/Apia',
	'America/Havana', 'Africa/Cairo', 'Asia/Kathmandu', 'America/St_Johns', 'Etc/GMT+12');
my @bases = ('2019-12-30', '2023-12-20', '2024-02-20', '2000-02-20', '1999-12-27', '1900-02-20', '0002-11-20 BC', '9999-11-20', '290000-06-01',
	'2024-03-08', '2024-10-25', '2018-10-30', '2018-02-12', '2011-12-20', '2009-10-25', '1985-12-22', '2020-12-20');

# Types of the times of a row: a range, one time, or two of them. Two are as fine as the finer one.
our %one_time = map { $_ => $_ } qw(date timestamp timestamptz);
our %ranges = (daterange => 'date', tsrange => 'timestamp', tstzrange => 'timestamptz', datemultirange => 'date', tsmultirange => 'timestamp',
	tstzmultirange => 'timestamptz', plain_daterange => 'date');
our %two_times = (
	'date, date' => 'date', 'timestamp, timestamp' => 'timestamp', 'timestamptz, timestamptz' => 'timestamptz', 'date, timestamp' => 'timestamp',
	'timestamp, date' => 'timestamp', 'timestamptz, date' => 'timestamptz', 'date, timestamptz' => 'timestamptz', 'timestamp, timestamptz' => 'timestamptz');

# Refusal is rare, and one reason at a time
sub pick_kind
{
	my ($kinds) = @_;
	my @refused = grep { $kinds->{$_}{refused} } sort keys %$kinds;
	my @taken = grep { !$kinds->{$_}{refused} } sort keys %$kinds;
	return @refused && chance(2) ? pick(@refused) : pick(@taken);
}

sub over { return $_[0]{shape} eq 'subscriptions' || $_[0]{shape} eq 'invoices' }
sub has_levels { return $_[0]{shape} eq 'subscriptions' || $_[0]{shape} eq 'changes' }

# The type of a moment
sub time_type
{
	my ($h) = @_;
	return $one_time{ $h->{times} } // $ranges{ $h->{times} } // $two_times{ $h->{times} };
}

sub multirange { return $_[0]{times} =~ /multirange/ }
sub columns { return $two_times{ $_[0]{times} } ? ('start', 'finish') : $ranges{ $_[0]{times} } ? ('during') : ('at') }

# By chance, from a seed
sub generate
{
	my ($seed) = @_;
	# numbers that follow each other would give chances that do
	srand hex substr md5_hex("history $seed"), 0, 8;
	my $h = { seed => $seed, shape => pick(@shapes, 'subscriptions'), grain => pick(@grains, 'month'), zone => pick(@zones),
		key => pick_kind(\%keys), amount => pick_kind(\%amounts) };
	$h->{times} = !over($h) ? pick(sort keys %one_time) : chance(60) ? pick(sort keys %ranges) : pick(sort keys %two_times);
	$h->{bounds} = pick(undef, '[)', '[)', '[]', '[]') if $two_times{ $h->{times} };
	$h->{close} = 'next' if $h->{shape} eq 'subscriptions' && chance(30);
	$h->{item} = 'item' if $h->{close} && chance(50);
	$h->{rule} = pick('end', 'start', undef) if has_levels($h);
	$h->{lines} = pick(0, 1, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 60, 100);
	$h->{lines} = 4000 + int rand 6000 if chance(1.5);
	generate_rows($h);
	add_fault($h) if @{ $h->{rows} } && chance(5);
	$h->{options} = generate_options($h);
	@$h{qw(workers stored spilled)} = (chance(25), chance(60), chance(4));
	$h->{spilled} = undef if $h->{fault} || $amounts{ $h->{amount} }{refused};
	$h->{forms} = pick([ 'by name', 'aggregate' ], [ 'aggregate', 'flat' ], ['flat'], ['by name']);
	return $h;
}

# Of what the moments of a row are made
sub generate_rows
{
	my ($h) = @_;
	my $days = Calendar::days_in($h->{grain}) * pick(1, 2, 3, 6, 12, 24);
	my $make = {
		h => $h, base => Calendar::parse_date(pick(@bases)), days => $days, customers => pick(1, 2, 3, 6, 15, $h->{lines} > 1000 ? 50 : 30),
		refunds => pick(0, 0, 20, 45), open => pick(0, 10, 40), nulls => pick(0, 0, 0, 10), empty => pick(0, 5, 20), highest => pick(2, 5, 9) };
	$h->{rows} = [ map { generate_row($make, $_) } 1 .. $h->{lines} ];
}

sub generate_row
{
	my ($make, $id) = @_;
	my $h = $make->{h};
	my $m = int(rand($make->{highest})) * (chance($make->{refunds}) ? -1 : 1);
	my $row = { id => $id, m => $m, amount => $amounts{ $h->{amount} }{text}->($m), segment => pick(undef, 'x', 'y', 'z'), item => pick('p', 'q', undef) };
	my $c = int rand $make->{customers};
	my $kind = $keys{ $h->{key} };
	$row->{customer} = $kind->{variants} && exists $kind->{variants}{$c} && chance(50) ? $kind->{variants}{$c} : $kind->{text}->($c);
	$row->{ranges} = generate_ranges($make);
	if (chance($make->{nulls}))
	{
		my $missing = pick(qw(customer ranges amount));
		$row->{$missing} = undef;
	}
	return $row;
}

# Half of the moments are the first one of a period, or one beside it
sub generate_moment
{
	my ($make, $day) = @_;
	$day = Calendar::period($day, pick($make->{h}{grain}, $make->{h}{grain}, 'month')) if chance(50);
	return Calendar::later({ day => $day, us => 0 }, pick(0, 0, 0, -1, 1, 86399999999, 45296700000, 1800000000, 5400000000, 82800000000));
}

sub generate_ranges
{
	my ($make) = @_;
	my $h = $make->{h};
	my $from = generate_moment($make, $make->{base} + int rand $make->{days});
	return [ { s => $from, e => undef, bounds => '[)' } ] unless over($h);
	my @ranges;
	my $n = multirange($h) ? pick(0, 1, 1, 2, 3) : 1;
	for my $i (1 .. $n)
	{
		my $to = generate_moment($make, $from->{day} + pick(0, 1, 5, int $make->{days} / 3, $make->{days}));
		# a clock that is put forward or back must not put the end before the start
		$to = Calendar::later($from, 1) if Calendar::compare($to, Calendar::later($from, 4 * 3600000000)) < 0;
		$to = $from if chance($make->{empty});
		my $open = $i == $n && $h->{shape} eq 'subscriptions' && chance($make->{open});
		push @ranges, { s => $from, e => $open ? pick(undef, 'infinity') : $to, bounds => pick('[)', '[)', '[]', '(]', '()') };
		$from = generate_moment($make, $to->{day} + pick(1, 3, 40));
		$from = Calendar::later($to, 4 * 3600000000) if Calendar::compare($from, Calendar::later($to, 4 * 3600000000)) < 0;
	}
	return \@ranges;
}

# A value that must be refused
sub add_fault
{
	my ($h) = @_;
	return if $keys{ $h->{key} }{refused} || $amounts{ $h->{amount} }{refused};
	my $row = pick(@{ $h->{rows} });
	return unless defined $row->{customer} && defined $row->{amount} && $row->{ranges} && @{ $row->{ranges} };
	my $range = $row->{ranges}[0];
	return if $range->{e} && ref $range->{e} && Calendar::compare($range->{s}, $range->{e}) == 0;
	my @faults = ('no start');
	push @faults, 'backwards' if $two_times{ $h->{times} };
	push @faults, 'no end' if $h->{shape} eq 'invoices' && !multirange($h);
	push @faults, 'not finite', 'not finite', 'too wide' if $h->{amount} =~ /^(mixed scales|deep|wide|real|double precision)$/;
	push @faults, 'far away' if $h->{grain} eq 'day' && time_type($h) ne 'date' && !over($h);
	my $fault = $h->{fault} = pick(@faults);
	if ($fault eq 'no start') { $range->{s} = pick('-infinity', $ranges{ $h->{times} } || $two_times{ $h->{times} } ? undef : 'infinity') }
	elsif ($fault eq 'backwards') { $range->{s} = Calendar::later(ref $range->{e} ? $range->{e} : $range->{s}, 86400000000 * pick(1, 2, 50)); $range->{e} = $range->{s} unless ref $range->{e} }
	elsif ($fault eq 'no end') { $range->{e} = pick(undef, 'infinity') }
	elsif ($fault eq 'not finite') { $row->{amount} = $h->{amount} =~ /real|double/ ? pick('NaN', 'Infinity', '-Infinity') : 'NaN' }
	elsif ($fault eq 'too wide') { $row->{amount} = $h->{amount} =~ /real|double/ ? '1e35' : pick('1' . '0' x 31 . '.1', '9' x 33, '-' . '1' x 40, '0.' . '0' x 10 . '1' x 33) }
	else { $range->{s} = Calendar::later($range->{s}, 86400000000 * 300000) }
}

# What readers are asked for
sub generate_options
{
	my ($h) = @_;
	my @days = sort { $a <=> $b } map { $_->{day} } grep { ref } map { ($_->{s}, $_->{e}) } map { @{ $_->{ranges} // [] } } @{ $h->{rows} };
	my ($first, $last) = @days && $days[-1] - $days[0] < 10000000 ? @days[ 0, -1 ] : (8800, 8800);
	my $step = Calendar::days_in($h->{grain});
	my ($rank) = grep { $grains[$_] eq $h->{grain} } 0 .. $#grains;
	my $o = {
		lookback => pick(1, 1, 2, 3, 12), grace => pick(0, 0, 1, 2, 5), reactivation_within => pick(undef, undef, 1, 2, 3, 6),
		cohort_grain => pick(undef, @grains[ $rank .. $#grains ]), baseline => pick(0, 0, 1, 2, 3),
		through => pick(undef, undef, $first - 400, $first, int(($first + $last) / 2), $last, $last + 5 * $step),
		from_date => pick(undef, $first + int(($last - $first) / 3), $first - 40),
		start => pick($first, int(($first + $last) / 2), $last - $step, $first - 3 * $step) };
	$o->{from_date} = undef if defined $o->{from_date} && defined $o->{through} && $o->{from_date} > $o->{through};
	$o->{end} = $o->{start} + pick(0, $step, $step * 3, $last - $first);
	if (chance(3))
	{
		my %wrong = (lookback => 0, grace => -1, reactivation_within => 0, baseline => -1, cohort_grain => undef);
		# of no ledger at all, the grain cannot be wrong
		$wrong{cohort_grain} = $grains[ $rank - 1 ] if $rank > 0 && grep { defined $_->{customer} && defined $_->{amount} && $_->{ranges} } @{ $h->{rows} };
		my $option = pick(sort keys %wrong);
		$o->{$option} = $wrong{$option};
	}
	return $o;
}

# What it counts as
sub kinds
{
	my ($h) = @_;
	return { shape => $h->{shape}, grain => $h->{grain}, customer => $h->{key}, amount => $h->{amount}, times => $h->{times}, zone => $h->{zone},
		rows => scalar @{ $h->{rows} }, fault => $h->{fault} };
}

1;
