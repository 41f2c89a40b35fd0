# Puts histories to the server that the environment names, by several processes at once, and tells what came of it.
#
# run.pl [--until-failure] [--processes N] PROJECT FIRST_SEED NUMBER
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib $FindBin::Bin;
use Getopt::Long;
use Report;
use Work;

binmode STDOUT, ':encoding(UTF-8)';
$| = 1;
my ($until_failure, $processes) = (0, 2);
GetOptions('until-failure' => \$until_failure, 'processes=i' => \$processes) or exit 2;
my ($project, $first, $number) = @ARGV;

my $found = Work::share_out({ project => $project, first => $first, number => $number, until_failure => $until_failure }, $processes);
exit(Report::tell($found, $number) ? 0 : 1);
