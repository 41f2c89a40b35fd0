# Histories put to a database, many in one session of psql, and what came of each.
package Session;

use strict;
use warnings FATAL => 'all';
use File::Temp;
use JSON::PP ();
use Questions;

my $json = JSON::PP->new->utf8;

# What a database needs, given the directory of the project
sub prepare
{
	my ($database, $project) = @_;
	my @files = map { ('-f', "$project/$_") } qw(sql/include/oracle.sql scripts/differential/reference.sql scripts/differential/check.sql);
	system('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-c', 'SET client_min_messages = warning', '-c', 'CREATE EXTENSION IF NOT EXISTS nrr',
		'-c', 'DROP SCHEMA IF EXISTS reference CASCADE', '-c', 'DROP SCHEMA IF EXISTS differential CASCADE', @files) == 0
		or die "$database could not be prepared\n";
	return;
}

# Texts go by a file, since those of a long history are long
sub write_script
{
	my ($file, $histories, $only) = @_;
	my @expected;
	binmode $file, ':encoding(UTF-8)';
	print $file "SET client_min_messages = warning;\nSET jit = off;\nSET datestyle = iso;\n";
	for my $i (0 .. $#$histories)
	{
		my @statements = Questions::statements($histories->[$i], $only);
		print $file "\\echo \@history $i\n\\warn \@history $i\nDROP SCHEMA IF EXISTS history CASCADE;\nDELETE FROM differential.answered;\n",
			map { "$_;\n" } @statements, q{SELECT '@answers ' || count(*) FROM differential.answered}, 'INSERT INTO differential.counted TABLE differential.answered';
		push @expected, scalar grep { /^SELECT differential\.got\(/ } @statements;
	}
	close $file or die $!;
	return @expected;
}

# The lines of a file that belong to each history
sub lines_by_history
{
	my ($name) = @_;
	my ($i, @lines);
	open my $file, '<', $name or die $!;
	while (my $line = <$file>)
	{
		chomp $line;
		if ($line =~ /^\@history (\d+)$/) { $i = $1; $lines[$i] = [] }
		elsif ($line ne '') { push @{ $lines[ $i // 0 ] }, $line }
	}
	return @lines;
}

# Failures of each history: answers that are not what was wanted, and whatever else went wrong. Those that were not
# reached, as the server or the session was gone before, are undefined.
sub run
{
	my ($database, $histories, $only) = @_;
	my $directory = File::Temp->newdir;
	open my $file, '>', "$directory/script" or die $!;
	my @expected = write_script($file, $histories, $only);
	system("psql -XAtq -d $database -f $directory/script >$directory/out 2>$directory/err");
	my @out = lines_by_history("$directory/out");
	my @err = lines_by_history("$directory/err");
	my @results;
	for my $i (0 .. $#$histories)
	{
		last unless $out[$i] || $err[$i];
		my @failures = map { $json->decode($_) } grep { /^\{/ } @{ $out[$i] };
		my ($answers) = map { /^\@answers (\d+)/ } @{ $out[$i] };
		my @errors = @{ $err[$i] // [] };
		push @errors, sprintf '%s answers instead of %d', $answers // 'no', $expected[$i] if ($answers // -1) != $expected[$i];
		push @failures, { question => 'the session', variant => 'its messages', got => \@errors, want => [], query => '', settings => '' } if @errors;
		push @results, \@failures;
	}
	return @results;
}

# By question and variant: number of answers, of their rows, of those that workers had a part in, of refusals
sub answers
{
	my ($database) = @_;
	my $lines = `psql -XAtq -F "\t" -d $database -c "SELECT question, variant, count(*), sum(rows), count(*) FILTER (WHERE parallel), count(*) FILTER (WHERE refused) FROM differential.counted GROUP BY 1, 2"`;
	return [ map { [ split /\t/ ] } split /\n/, $lines ];
}

# How much was written to temporary files
sub temporary_bytes
{
	my ($database) = @_;
	return 0 + `psql -XAtq -d $database -c "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"`;
}

1;
