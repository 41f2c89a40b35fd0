# Mutations of the binary forms of a revenue_ledger and a retention_summary, by one who knows them: a form is taken apart,
# some of it is changed, most of what depends on that is made to fit, and it is put together again.

package Mutation;

use strict;
use warnings FATAL => 'all';
use Math::BigInt;

my ($INTEGER, $UUID, $TEXT) = 0 .. 2;

sub chance { return int rand $_[0] }
sub pick { return $_[ chance(scalar @_) ] }
sub big { return Math::BigInt->new($_[0]) }

#
# Numbers
#

# A number at which something changes, or near one
sub edge
{
	return pick(big(2)->bpow(pick(0, 1, 7, 8, 14, 15, 16, 18, 31, 32, 62, 63, 64, 107, 127)), big(10)->bpow(chance(34)), big(262144))
	  + pick(-1, 0, 0, 1);
}

sub other_number
{
	my ($number) = @_;
	my $other = pick(edge(), $number + chance(8), $number - chance(8), big(chance(12)), big(chance(12)));
	return $other->is_neg ? -$other : $other;
}

sub zigzag { return $_[0]->is_neg ? -$_[0] * 2 - 1 : $_[0] * 2 }
sub unzigzag { return $_[0]->is_odd ? -(($_[0] + 1) / 2) : $_[0] / 2 }

# Now and then a number is longer than it need be
sub put_number
{
	my ($number) = @_;
	my $bytes = '';
	for ($number = big($number); $number > 127; $number = $number / 128) { $bytes .= chr(128 | $number % 128) }
	$bytes .= chr($number->numify);
	$bytes = substr($bytes, 0, -1) . chr(128 | ord substr $bytes, -1) . chr(0) if !chance(500);
	return $bytes;
}

# Takes a number off the front of some bytes
sub take_number
{
	my ($bytes) = @_;
	$$bytes =~ s/^([\x80-\xFF]{0,18}[\x00-\x7F])//s or die "no number\n";
	my $number = big(0);
	$number = $number * 128 + (ord($_) & 127) foreach reverse split //, $1;
	return $number;
}

#
# Ledgers
#

sub take_series
{
	my ($bytes) = @_;
	return [
		map {
			my $token = take_number($bytes);
			my $amount = unzigzag(take_number($bytes));
			{ skipped => $token / 2, amount => $amount, length => $token->is_odd ? take_number($bytes) + 2 : big(1) }
		} 1 .. take_number($bytes)
	];
}

sub put_series
{
	my ($series) = @_;
	return join '', put_number(scalar @$series), map {
		my $long = $_->{length} != 1 && $_->{length} >= 2;
		(put_number($_->{skipped} * 2 + ($long ? 1 : 0)), put_number(zigzag($_->{amount})), $long ? put_number($_->{length} - 2) : ())
	} @$series;
}

sub take_key
{
	my ($bytes, $kind, $previous) = @_;
	if ($kind == $INTEGER)
	{
		my $number = take_number($bytes);
		return defined $previous ? $previous + $number : unzigzag($number);
	}
	return substr($$bytes, 0, 16, '') if $kind == $UUID;
	my ($shared, $size) = (take_number($bytes)->numify, take_number($bytes)->numify);
	return substr($previous // '', 0, $shared) . substr($$bytes, 0, $size, '');
}

sub put_key
{
	my ($kind, $previous, $key) = @_;
	return put_number(defined $previous ? ($key - $previous) % big(2)->bpow(64) : zigzag($key)) if $kind == $INTEGER;
	return $key if $kind == $UUID;
	my $shared = length((($previous // '') ^ $key) =~ /^(\0*)/ ? $1 : '');
	$shared = length $key if $shared > length $key;
	$shared = length($previous // '') if $shared > length($previous // '');
	$shared = chance($shared + 1) if !chance(100);
	return put_number($shared) . put_number(length($key) - $shared) . substr $key, $shared;
}

# The parts of a ledger's binary form
sub take_ledger
{
	my ($bytes) = @_;
	my %ledger = (header => [ unpack 'C8', substr($bytes, 0, 8, '') ]);
	$ledger{kind} = $ledger{header}[5];    # of the customers, whatever the header will say
	($ledger{said}, $ledger{entries}, $ledger{periods}) = map { take_number(\$bytes) } 1 .. 3;
	$ledger{first} = $ledger{periods} > 0 ? unzigzag(take_number(\$bytes)) : big(0);
	$ledger{total} = unzigzag(take_number(\$bytes));
	$ledger{surplus} = take_series(\$bytes);
	my $key;
	foreach (1 .. $ledger{said})
	{
		$key = take_key(\$bytes, $ledger{kind}, $key);
		push @{ $ledger{customers} }, { key => $key, series => take_series(\$bytes) };
	}
	return \%ledger;
}

sub put_ledger
{
	my ($ledger) = @_;
	my $bytes = pack('C8', @{ $ledger->{header} }) . join '', map { put_number($ledger->{$_}) } qw(said entries periods);
	$bytes .= put_number(zigzag($ledger->{first})) if $ledger->{periods} > 0;
	$bytes .= put_number(zigzag($ledger->{total})) . put_series($ledger->{surplus});
	my $key;
	foreach my $customer (@{ $ledger->{customers} })
	{
		$bytes .= put_key($ledger->{kind}, $key, $customer->{key}) . put_series($customer->{series});
		$key = $customer->{key};
	}
	substr($bytes, -1 - chance(8)) = '' if !chance(40);
	$bytes .= chr chance(256) if !chance(60);
	return $bytes;
}

sub copy_series { return [ map { +{%$_} } @{ $_[0] } ] }

sub change_series
{
	my ($series) = @_;
	my $place = chance(@$series + 1);
	my $run = $series->[$place];
	if (!$run || !chance(4))
	{
		splice @$series, $place, 0, { skipped => big(chance(4)), length => big(1 + chance(3)), amount => big(1 + chance(1000)) };
	}
	elsif (!chance(5)) { splice @$series, $place, 1 }
	elsif (!chance(4)) { $run->{amount} = -$run->{amount} }
	else
	{
		my $of = pick(qw(skipped length amount));
		$run->{$of} = other_number($run->{$of});
	}
	return;
}

sub change_key
{
	my ($customer, $kind) = @_;
	if ($kind == $INTEGER) { $customer->{key} = pick(1, 1, -1) * other_number($customer->{key}) }
	elsif ($kind == $UUID) { substr($customer->{key}, chance(16), 1) = chr chance(256) }
	elsif (!chance(20)) { $customer->{key} = 'k' x (64995 + chance(10)) }
	else { $customer->{key} .= pick("\xC3\xA9", "\xF0\x9F\x9A\x80", "\xC3", "\xE2\x82", "\xC0\x80", "\xED\xA0\x80", "\xFF", 'a', 'zz', "\0") }
	return;
}

sub change_ledger
{
	my ($ledger) = @_;
	my $customers = $ledger->{customers} //= [];
	my $customer = @$customers ? pick(@$customers) : undef;
	my $what = chance(9);
	if ($what == 0)
	{
		my $place = chance(8);
		$ledger->{header}[$place] = pick($ledger->{header}[$place] ^ 1 << chance(8), chance(4));
	}
	elsif ($what == 1) { $ledger->{first} = pick(1, -1) * other_number($ledger->{first}) }
	elsif ($what == 2) { change_series($ledger->{surplus}) }
	elsif ($what == 3 && $customer)
	{
		push @$customers, { key => $customer->{key}, series => copy_series($customer->{series}) };
		change_key($customers->[-1], $ledger->{kind});
	}
	elsif ($what == 4 && $customer) { splice @$customers, chance(scalar @$customers), 1 }
	elsif ($what == 5 && $customer) { change_key($customer, $ledger->{kind}) }
	elsif ($customer) { change_series($customer->{series}) }
	return;
}

# The order of customers
sub settle_order
{
	my ($ledger) = @_;
	my $integers = $ledger->{kind} == $INTEGER;
	my @sorted = sort { $integers ? $a->{key} <=> $b->{key} : $a->{key} cmp $b->{key} } @{ $ledger->{customers} // [] };
	$ledger->{customers} = [ map { $sorted[$_] } grep { !$_ || $sorted[$_]{key} ne $sorted[ $_ - 1 ]{key} } 0 .. $#sorted ];
	return;
}

# The range of periods, and what is counted in it
sub settle_counts
{
	my ($ledger) = @_;
	my $lasting = $ledger->{header}[1] & 2;
	my $end = big(0);
	my @ends;
	foreach my $series ($ledger->{surplus}, map { $_->{series} } @{ $ledger->{customers} })
	{
		my $next = big(0);
		$next = $next + $_->{skipped} + $_->{length} foreach @$series;
		$end = $next if $next > $end;
	}
	$ledger->{periods} = $end - ($lasting && $end > 0 ? 1 : 0);
	$ledger->{said} = big(scalar @{ $ledger->{customers} });
	$ledger->{entries} = $ledger->{total} = big(0);
	foreach my $customer (@{ $ledger->{customers} })
	{
		my $next = big(0);
		foreach my $run (@{ $customer->{series} })
		{
			my $begin = $next + $run->{skipped};
			$next = $begin + $run->{length};
			my $until = $next > $ledger->{periods} ? $ledger->{periods} : $next;
			next if $until <= $begin;
			$ledger->{entries} = $ledger->{entries} + $until - $begin;
			$ledger->{total} = $ledger->{total} + $run->{amount} * ($until - $begin);
		}
	}
	return;
}

# Another ledger's form, much like the one given
sub mutate_ledger
{
	my ($bytes) = @_;
	my $ledger = take_ledger($bytes);
	change_ledger($ledger) foreach 1 .. 1 + chance(3);
	settle_order($ledger) if chance(8);
	settle_counts($ledger) if chance(6);
	return put_ledger($ledger);
}

#
# Open ledgers, whose bytes are as they are in memory: eight to a word
#

sub mutate_open
{
	my ($bytes) = @_;
	foreach (1 .. 1 + chance(2))
	{
		my $place = chance(length($bytes) - 8) & ~3;
		substr($bytes, $place, 4) = pick(pack('V', chance(300)), pack('V', 0xFFFFFFFF >> chance(32)), substr($bytes, $place, 4) ^ pack('V', 1 << chance(32)));
	}
	substr($bytes, -1 - chance(24)) = '' if !chance(10);
	return $bytes;
}

#
# Summaries: version, scale, decimals shown, six amounts with a number of customers each, five sums of products
#

sub put_integer
{
	my ($number, $size) = @_;
	my $hex = ($number % big(2)->bpow(8 * $size))->as_hex =~ s/^0x//r;
	return pack 'H*', '0' x (2 * $size - length $hex) . $hex;
}

sub mutate_summary
{
	my ($bytes) = @_;
	my @sizes = (1, 1, 2, (16, 8) x 6, (32) x 5);
	my @fields = map { substr($bytes, 0, $_, '') } @sizes;
	foreach (1 .. 1 + chance(3))
	{
		my $place = chance(scalar @fields);
		$fields[$place] = put_integer(other_number(big('0x' . unpack 'H*', $fields[$place])), $sizes[$place]);
	}
	$bytes = join '', @fields;
	substr($bytes, -1 - chance(8)) = '' if !chance(40);
	$bytes .= chr chance(256) if !chance(60);
	return $bytes;
}

1;
