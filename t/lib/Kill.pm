# The end of a server by kill -9, and what comes after it.

package Kill;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use Time::HiRes qw(sleep);

our @EXPORT = qw(kill_server wait_for_server);

# Returns when the server is gone, though its other processes may not yet be.
sub kill_server
{
	my ($node) = @_;
	my $server = $node->{_pid};
	$node->kill9;
	1 while kill(0, $server) && sleep 0.01;
	return;
}

# Starts the server if it is down, which is not possible until all processes of the old one have ended, and waits until it
# takes connections.
sub wait_for_server
{
	my ($node) = @_;
	foreach (1 .. 1200)
	{
		if (!defined $node->{_pid}) { $node->start(fail_ok => 1) or $node->{_pid} = undef }
		else { return if $node->psql('postgres', 'SELECT 1', stderr => \my $err, stdout => \my $out) == 0 }
		sleep 0.1;
	}
	die 'the server did not come back';
}

1;
