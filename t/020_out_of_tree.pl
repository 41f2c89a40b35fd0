# A build in a directory other than the sources': it makes the same library and finds the same tests.

use strict;
use warnings FATAL => 'all';
use File::Basename;
use File::Spec;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
my $dir = PostgreSQL::Test::Utils::tempdir();
my $clean = PostgreSQL::Test::Utils::tempdir();
chomp(my $pkglibdir = `pg_config --pkglibdir`);

# nothing of the make that runs this test leads into the one that it runs
delete @ENV{qw(MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL)};

# sources that nothing was built among
system_or_bail('sh', '-c', "tar -C '$root' --exclude='*.o' --exclude='*.bc' --exclude='*.so' -cf - "
	. "Makefile nrr.control nrr--1.0.sql README.md src sql expected specs t | tar -C '$clean' -xf -");

sub make_in_dir
{
	my ($out, $err);
	IPC::Run::run([ 'make', '-s', '-C', $dir, '-f', "$clean/Makefile", 'with_llvm=no', @_ ], '<', \'', '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

sub symbols
{
	my ($library) = @_;
	my ($out) = run_command([ 'nm', '--dynamic', '--defined-only', '--format=posix', $library ]);
	return join("\n", sort map { /^(\S+)/ } split /\n/, $out);
}

# without optimization, which takes long and changes no symbol
my ($status, $out, $err) = make_in_dir('-j2', 'COPT=-O0 -Wp,-U_FORTIFY_SOURCE', 'all');
is($status, 0, 'an out-of-tree build succeeds') or diag($err);
ok(-f "$dir/nrr.so", 'it makes the library where it runs');
my $installed = symbols("$pkglibdir/nrr.so");
cmp_ok($installed =~ tr/\n//, '>', 100, 'the library in the tree has symbols');
is(symbols("$dir/nrr.so"), $installed, 'and the one out of the tree has the same');

IPC::Run::run([ 'make', '-C', $dir, '-f', "$root/Makefile" ], '<', \'', '>', \$out, '2>', \$err);
like($err, qr/run "make clean" there first/, 'beside a build in the tree of the sources, where nothing would be made, it says so');

my %names = (REGRESS => [ 'sql', 'sql' ], ISOLATION => [ 'specs', 'spec' ]);
foreach my $list (sort keys %names)
{
	my ($folder, $extension) = @{ $names{$list} };
	my @expected = sort map { basename($_, ".$extension") } glob("$root/$folder/*.$extension");

	($status, $out) = make_in_dir("--eval=list: ; \@echo \$($list)", 'list');
	is(join(' ', sort split ' ', $out), join(' ', @expected), "$list is complete");
}

my $node = PostgreSQL::Test::Cluster->new('out_of_tree');
$node->init;
$node->start;
$node->safe_psql('postgres', "LOAD '$dir/nrr.so'");
pass('the library can be loaded');

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
($status, $out, $err) = make_in_dir('TAP_TESTS=', 'ISOLATION=', 'REGRESS=types calendar mrr', 'installcheck');
is($status, 0, 'installcheck passes') or diag($out, $err);
like($out, qr/\btypes\b.*\bcalendar\b.*\bmrr\b/s, 'having run its tests');

done_testing();
