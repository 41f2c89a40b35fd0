# What README.md shows, works.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/lib";
use Examples;
use Test::More;

test_examples('README.md');
done_testing();
