# Puts histories to the server that the environment names, by several processes at once, and tells what came of it.
#
# run.pl [--until-failure] [--processes N] [--seconds N] PROJECT FIRST_SEED NUMBER
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib $FindBin::Bin;
use Getopt::Long;
use Report;
use Work;

binmode STDOUT, ':encoding(UTF-8)';
$| = 1;
my ($until_failure, $processes, $seconds) = (0, 2, 0);
GetOptions('until-failure' => \$until_failure, 'processes=i' => \$processes, 'seconds=i' => \$seconds) or exit 2;
my ($project, $first, $number) = @ARGV;

my %job = (project => $project, first => $first, number => $number, until_failure => $until_failure, end => $seconds ? time + $seconds : undef);
exit(Report::tell(Work::share_out(\%job, $processes)) ? 0 : 1);
