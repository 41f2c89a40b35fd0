# Cancels statements at random moments; see scripts/test-cancel, which gives the directory of this file's data and the rest.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../../t/lib";
use Cancel;

$| = 1;
my ($dir, $moments, $most, @only) = @ARGV;
my $table = do "$FindBin::RealBin/functions.pl" or die $@ || $!;
my $failures = 0;

# A function of the extension that nothing is known of is a failure, and so is a pattern that fits no function
sub check_functions
{
	my @functions = split /\n/, `psql -XAtqc "
		SELECT p.oid::regprocedure FROM pg_proc AS p, pg_depend AS d, pg_extension AS e
		WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refobjid = e.oid AND e.extname = 'nrr'
		ORDER BY 1::text"`;
	my @patterns = ((map { @{ $_->[1] } } @{ $table->{statements} }), (map { $_->[0] } @{ $table->{short} }));
	die "no functions were found" unless @functions;
	for my $function (@functions)
	{
		next if grep { $function =~ $_ } @patterns;
		print "FAILED  $function has no statement in scripts/cancel/functions.pl\n";
		$failures++;
	}
	printf "%d functions: %d in %d statements, the others are short\n", scalar @functions,
		scalar(grep { my $f = $_; grep { $f =~ $_ } map { @{ $_->[1] } } @{ $table->{statements} } } @functions),
		scalar @{ $table->{statements} };
}

check_functions();
printf "%-36s %10s %8s %14s\n", 'statement', 'seconds', 'ended', 'longest, ms';
for my $statement (@{ $table->{statements} })
{
	my ($name, undef, $sql) = @$statement;
	next if @only && !grep { index($name, $_) >= 0 } @only;
	$sql =~ s{/DIR\b}{$dir}g;
	my $seconds = time_run(['psql'], $sql, $most);
	my ($longest, $ended) = time_ends(['psql'], $sql, $seconds, $moments);
	my $failed = $longest > CANCEL_LIMIT || $ended == 0;
	$failures++ if $failed;
	printf "%-36s %9.2f%s %8d %14.1f%s\n", $name, $seconds, $seconds >= $most ? '+' : ' ', $ended, $longest * 1000,
		$failed ? '  FAILED' : '';
}
print $failures ? "$failures failed\n" : "all within " . CANCEL_LIMIT * 1000 . " ms\n";
exit($failures > 0);
