# What README.md and the pages of docs/ show, works. Recipes have a test of their own, which computes their figures again.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Examples;
use PostgreSQL::Test::Utils;
use Test::More;

foreach my $page ('README.md', sort glob 'docs/*.md')
{
	next if $page eq 'docs/recipes.md' || slurp_file($page) !~ /^```sql$/m;
	test_examples($page);
}
done_testing();
