# scripts/demo as its user meets it: the invented business, a CSV file with every nuisance, and mistakes.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = PostgreSQL::Test::Utils::tempdir();

# the same PostgreSQL as the other tests', and temporary files where this test can look for leftovers
my $bindir = `pg_config --bindir`;
chomp $bindir;
$ENV{PG_CONFIG} = "$bindir/pg_config";
$ENV{TMPDIR} = $dir;

sub demo
{
	my ($out, $err);
	IPC::Run::run([ 'bash', 'scripts/demo', @_ ], '<', \'', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub csv
{
	my ($name, $text) = @_;
	open my $file, '>:raw', "$dir/$name" or die;
	print $file $text;
	close $file;
	return "$dir/$name";
}

# The cells of the printed row that begins with this text
sub row
{
	my ($out, $first) = @_;
	my ($line) = $out =~ /^ *(\Q$first\E *\|.*)$/m or return 'no such row';
	return join '|', map { s/^\s+|\s+$//gr } split /\|/, $line, -1;
}

my ($status, $out, $err) = demo();
is($status, 0, 'the demo runs') or diag($err);
like($out, qr/^52,540 billing rows of 4,000 customers, from 1 Jan 2023 to 31 Dec 2025$/m, 'the invented business is the same everywhere');
my @months = $out =~ /^ ((?:\w{3}) 2025 \|.*)$/mg;
is(scalar(@months), 12, 'it shows twelve months');
my $off_balance = 0;
foreach (@months)
{
	my (undef, $starting, $new, $returned, $expansion, $contraction, $churn, $ending) = map { s/[\s,]//gr } split /\|/;
	# each is rounded to whole numbers
	$off_balance++ if abs($starting + $new + $returned + $expansion - $contraction - $churn - $ending) > 4;
}
is($off_balance, 0, 'whose movements lead from the starting to the ending revenue');
like($out, qr/^ 2023 Q1 +327 \| 100(?: \| +\d+){11} *$/m, 'the first cohort is seen at twelve ages');
like($out, qr/^ 2025 Q4 +540 \| 100(?: \| +){11} *$/m, 'the last one at one');
is(row($out, 'Europe'), 'Europe|650|79,115|91,873|116.1|90.7|88.5|🚀 strong', 'a region');
is(row($out, 'all'), 'all|1,816|199,794|209,627|104.9|84.8|83.5|🚀 strong', 'all regions');

my $file = csv('nuisance.csv',
	qq{\xEF\xBB\xBF"Paid At",note,"Region, or ""area""",AMOUNT,Customer ID\r\n}
	. qq{31/01/2024,"two\r\nlines",North,100.00,"M\xC3\xBCller, Ltd"\r\n}
	. qq{05/01/2024,,South,"50",b\r\n}
	. qq{01/02/2024,,North,130,"M\xC3\xBCller, Ltd"\r\n}
	. qq{02/02/2024,,North,-10,"M\xC3\xBCller, Ltd"\r\n}
	. qq{02/02/2024,,South,,c\r\n\r\n\r\n});
($status, $out, $err) = demo($file, 'customer id', 'paid at', 'amount', 'Region, or "area"');
is($status, 0, 'a CSV file with every nuisance is read') or diag($err);
like($out, qr/^4 billing rows of 2 customers, from 5 Jan 2024 to 2 Feb 2024$/m, 'all of its rows count, days come first');
like($out, qr/1 row lacks a customer, a date or an amount/, 'but the one that lacks its amount');
is(row($out, 'Feb 2024'), 'Feb 2024|150.00|0.00|0.00|20.00|0.00|50.00|120.00|80.0|66.7', 'movements, to the cent');
is(row($out, 'North'), 'North|1|100.00|120.00|120.0|100.0|100.0', 'a segment that grows');
is(row($out, 'South'), 'South|1|50.00|0.00|0.0|0.0|0.0', 'a segment that leaves');

($status, $out, $err) = demo(csv('plain.csv', "who;when;what\n1;2024-01-01;5\n2;2024-01-02;6"), 'who', 'when', 'what');
is($status, 0, 'one month, no segment, semicolons') or diag($err);
is(row($out, 'Jan 2024'), 'Jan 2024|0.00|11.00|0.00|0.00|0.00|0.00|11.00||', 'nothing to retain yet');

my $good = "who,when,what\n1,2024-01-01,5\n2,2024-01-02,6\n";
foreach (
	[ 'a missing file', qr/there is no file .*nowhere\.csv/, "$dir/nowhere.csv" ],
	[ 'an empty file', qr/is empty/, csv('empty.csv', '') ],
	[ 'a missing column', qr/has no column "what"; it has: "who" "when" "that"/, csv('column.csv', "who,when,that\n1,2024-01-01,5\n") ],
	[ 'a column that is there twice', qr/has 2 columns "what"/, csv('twice.csv', "who,when,what,what\n1,2024-01-01,5,6\n") ],
	[ 'an amount that is none', qr/row 4 \(the column names are row 1\): the amount "6 EUR" is not a number/, csv('amount.csv', "${good}3,2024-01-03,6 EUR\n") ],
	[ 'an amount without end', qr/row 4 .*the amount "Infinity" is not a number/, csv('infinite.csv', "${good}3,2024-01-03,Infinity\n") ],
	[ 'a date that is none', qr/row 4 \(the column names are row 1\): "2024-02-30" is not a date/, csv('date.csv', "${good}3,2024-02-30,6\n") ],
	[ 'a row with too many fields', qr/extra data.*\n.*line 4/, csv('fields.csv', "${good}3,2024-01-03,6,7\n") ],
	[ 'another encoding', qr/should be UTF-8.*\n.*line 4/, csv('latin1.csv', "${good}M\xFCller,2024-01-03,6\n") ],
	[ 'a file without rows', qr/no row that has a customer, a date and an amount/, csv('rowless.csv', "who,when,what\n") ])
{
	my ($name, $message, $path) = @$_;
	($status, $out, $err) = demo($path, 'who', 'when', 'what');
	is($status, 1, "$name is an error");
	like($err, $message, "$name is named");
}

is(join(' ', glob "$dir/nrr.*"), '', 'nothing is left behind');

done_testing();
