# Stored ledgers survive a crash, and so does building one.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init;
$node->append_conf('postgresql.conf', qq{
	fsync = on
	restart_after_crash = on
	max_wal_size = 1GB
});
$node->start;

$node->safe_psql('postgres', q{
	CREATE EXTENSION nrr;
	CREATE TABLE billing AS
		SELECT i % 3000 AS customer, date '2023-01-01' + i % 700 AS at, (i % 331)::numeric(8,2) AS amount
		FROM generate_series(1, 30000) AS i;
	CREATE TABLE ledgers (month date PRIMARY KEY, l revenue_ledger);
	CREATE INDEX ON ledgers (l);
	CHECKPOINT;
});

# All of this is in the write-ahead log only when the server goes down
$node->safe_psql('postgres', q{
	INSERT INTO ledgers
		SELECT date_trunc('month', at), revenue_ledger(customer, at, amount) FROM billing GROUP BY 1;
	UPDATE ledgers SET l = l + revenue_entry(1, month, 5) WHERE month < '2024-01-01';
	DELETE FROM ledgers WHERE month >= '2024-11-01';
});

my $state = q{
	SELECT count(*), md5(string_agg(revenue_ledger_send(l), '' ORDER BY month)), total(rollup(l)), customers(rollup(l))
	FROM ledgers
};
my $index = q{
	SET enable_seqscan = off;
	SELECT count(*) FROM ledgers a WHERE EXISTS (SELECT FROM ledgers b WHERE b.l = a.l)
};
my $expected = $node->safe_psql('postgres', $state);
like($expected, qr/^22\|/, 'ledgers are stored');

$node->stop('immediate');
$node->start;
like(slurp_file($node->logfile), qr/redo done/, 'the server recovered from its log');
is($node->safe_psql('postgres', $state), $expected, 'an immediate shutdown loses and changes nothing');
is($node->safe_psql('postgres', $index), '22', 'the index finds every ledger');

# A backend is killed while it builds a ledger: the server restarts itself
my $log_start = -s $node->logfile;
my ($out, $err) = ('', '');
my $busy = IPC::Run::start(
	[ 'psql', '-X', '-d', $node->connstr('postgres'), '-c',
		q{SELECT total(revenue_ledger(i, date '2024-01-01', i)) FROM generate_series(1, 2000000000) AS i} ],
	'<', \'', '>', \$out, '2>', \$err);
$node->poll_query_until('postgres',
	q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT total(revenue%' AND state = 'active'});
my $pid = $node->safe_psql('postgres',
	q{SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT total(revenue%' AND state = 'active'});
kill 'KILL', $pid;
$busy->finish;
like($err, qr/server closed the connection|terminating connection|connection to server was lost/,
	'a backend dies while it builds a ledger');
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
like(slurp_file($node->logfile, $log_start), qr/all server processes terminated; reinitializing/,
	'the server went through crash recovery');
is($node->safe_psql('postgres', $state), $expected, 'and no ledger was lost or changed');

$node->stop;
done_testing();
