# The worst inputs of every function of the extension, and what is too short to need one. Read by scripts/test-cancel.
#
# PostgreSQL's own copying of big texts is left out: input and output functions are called by their names.
#
# A function is known by its signature, as regprocedure prints it; patterns are matched against all of it.

use strict;
use warnings FATAL => 'all';

my $store = q{('store', 'billing', 'customer', 'at', 'amount', 'day')};
my $source = q{'billing', 'name', 'at', 'amount', 'day'};

return {
	# What takes the same few steps whatever its arguments are, some microseconds
	short => [
		[ qr/^retention_(summary_\w+|merge|merge_inv|final)\(|^\w+\(retention_summary(,numeric)?\)$/, 'reads or adds numbers of a fixed size' ],
		[ qr/^(nrr|grr)\(\w+( precision)?(,\w+( precision)?){2,3}\)$/, 'is a formula of four numbers' ],
		[ qr/^mrr\(/, 'is a formula of an amount' ],
		[ qr/benchmark_rating|^(rating|to_next)\(|^retention_benchmark_|^retention_benchmarks_trigger\(/, 'looks up one of four ratings' ],
		[ qr/^(customers|periods|total|grain|snapshot|snapshot_rule)\(revenue_ledger\)$/, 'reads the head of a ledger' ],
		[ qr/^revenue_entry\(/, 'makes a ledger of one row' ],
		[ qr/_support\(internal\)$/, 'estimates rows' ],
	],

	# Statements, each with the functions that it spends its time in
	statements => [
		[ 'text of a ledger', [qr/^revenue_ledger_out\(/], 'SELECT count(revenue_ledger_out(l)) FROM long_keys, generate_series(1, 3)' ],
		[ 'a ledger from text', [qr/^revenue_ledger_in\(/], 'SELECT customers(revenue_ledger_in(revenue_ledger_out(l))) FROM long_keys, generate_series(1, 2)' ],
		[ 'text of many customers', [qr/^revenue_ledger_in\(/, qr/^revenue_ledger_out\(/], 'SELECT customers(revenue_ledger_in(revenue_ledger_out(t))) FROM many' ],
		[ 'text of long series', [qr/^revenue_ledger_in\(/, qr/^revenue_ledger_out\(/], 'SELECT customers(revenue_ledger_in(revenue_ledger_out(l))) FROM days' ],
		[ 'binary output', [qr/^revenue_ledger_send\(/], 'SELECT sum(length(revenue_ledger_send(l))) FROM long_keys, generate_series(1, 3)' ],
		# COPY itself writes and reads a value without a look, which takes longer than 200 ms if that is very big
		[ 'binary input', [qr/^revenue_ledger_recv\(/],
			q{COPY several TO '/DIR/several.bin' BINARY; COPY several FROM '/DIR/several.bin' BINARY WHERE part = 9} ],
		(map { [ "compare with $_->[1]", [qr/^revenue_ledger_$_->[0]\(/],
			"SELECT count(*) FROM long_keys AS a, long_keys AS b, generate_series(1, 5) WHERE a.l $_->[1] b.l" ] }
			[ 'eq', '=' ], [ 'ne', '<>' ], [ 'lt', '<' ], [ 'le', '<=' ], [ 'gt', '>' ], [ 'ge', '>=' ]),
		[ 'sort', [qr/^revenue_ledger_cmp\(/], 'SELECT count(*) FROM (SELECT l FROM long_keys, generate_series(1, 4) ORDER BY l) AS s' ],
		[ 'hash', [qr/^revenue_ledger_hash(_extended)?\(/],
			'SELECT sum(revenue_ledger_hash(l) + revenue_ledger_hash_extended(l, 1)) FROM long_keys, generate_series(1, 10)' ],

		[ 'aggregate', [qr/^revenue_ledger(_accum|_final)?\((revenue_ledger,)?"any","any","any"\)/, qr/^revenue_ledger_final\(/],
			'SELECT customers(revenue_ledger(customer, at, amount)) FROM billing' ],
		[ 'aggregate by day, text customers', [qr/^revenue_ledger(_accum)?\((revenue_ledger,)?"any","any","any",text\)/],
			q{SELECT customers(revenue_ledger(name, at, amount, 'day')) FROM billing} ],
		[ 'aggregate, to a file', [qr/^revenue_ledger_accum\(/],
			q{SET work_mem = '4MB'; SELECT customers(revenue_ledger(name, at, amount, 'day')) FROM billing} ],
		[ 'many text customers in order', [qr/^revenue_ledger_final\(/],
			q{SET work_mem = '1GB'; SELECT customers(revenue_ledger(md5(i::text), date '2026-01-01', 1)) FROM generate_series(1, 2000000) AS i} ],
		[ 'many numbers in order', [qr/^revenue_ledger_final\(/],
			q{SET work_mem = '1GB'; SELECT customers(revenue_ledger(i * 7919, date '2026-01-01', 1)) FROM generate_series(1::bigint, 8000000) AS i} ],
		[ 'one customer', [qr/^revenue_ledger_final\(/],
			q{SET work_mem = '1GB'; SELECT customers(revenue_ledger(customer, at, amount, 'day')) FROM one_customer} ],
		[ 'one customer, movements', [qr/^revenue_movements\(revenue_ledger/],
			q{SET work_mem = '1GB'; SELECT count(*) FROM (SELECT revenue_ledger(customer, at, amount, 'day') AS l FROM one_customer) AS s, revenue_movements(l)} ],
		[ 'subscriptions', [qr/^subscription_ledger(_accum)?\((?!.*text)/],
			'SELECT customers(subscription_ledger(customer, during, mrr)) FROM subscription, generate_series(1, 60)' ],
		[ 'subscriptions by day', [qr/^subscription_ledger(_accum)?\(.*text\)/],
			q{SELECT customers(subscription_ledger(customer, during, mrr, 'day', 'start')) + customers(subscription_ledger(customer, during, mrr, 'day'))
			FROM subscription, generate_series(1, 30)} ],
		[ 'invoices', [qr/^invoice_ledger(_accum)?\(/],
			q{SELECT customers(invoice_ledger(i, daterange('2020-01-01', '2730-01-01'), 1000000, 'day')) + customers(invoice_ledger(i, daterange('2020-01-01', '2730-01-01'), 1000000))
			FROM generate_series(1, 6) AS i} ],

		[ 'rollup of many customers', [qr/^rollup\(revenue_ledger\)/, qr/^revenue_ledger_merge\(/],
			'SELECT customers(rollup(t)), customers(rollup(n)) FROM many' ],
		[ 'rollup of long series', [qr/^rollup\(revenue_ledger\)/, qr/^revenue_ledger_merge\(/],
			'SELECT customers(rollup(l)) FROM days, generate_series(1, 10)' ],
		[ 'rollup of endless subscriptions', [qr/^rollup\(revenue_ledger\)/, qr/^revenue_ledger_merge\(/],
			q{SELECT customers(rollup(slice(l, NULL, '2730-01-01'))) FROM endless, generate_series(1, 3)} ],
		[ 'sum', [qr/^revenue_ledger_plus\(/], 'SELECT customers(a.t + b.t), customers(a.n + b.n) FROM many AS a, many AS b' ],
		[ 'sum of long series', [qr/^revenue_ledger_plus\(/], 'SELECT sum(customers(a.l + b.l)) FROM days AS a, days AS b' ],
		[ 'difference', [qr/^revenue_ledger_minus\(/], 'SELECT customers(a.t - b.t), customers(a.n - b.n) FROM many AS a, many AS b' ],
		[ 'slice', [qr/^slice\(/], q{SELECT customers(slice(t, '2026-02-01', '2027-01-01')), customers(slice(n, '2026-02-01', '2027-01-01')) FROM many} ],
		[ 'slice far ahead', [qr/^slice\(/], q{SELECT customers(slice(l, '2024-01-01', '2730-01-01')) FROM endless, generate_series(1, 30)} ],
		[ 'slice of long series', [qr/^slice\(/], q{SELECT customers(slice(l, '2028-01-01')) FROM days, generate_series(1, 3)} ],

		[ 'entries', [qr/^ledger_entries\(/], q{SELECT count(*) FROM endless, ledger_entries(l, '2730-01-01')} ],
		[ 'entries of long series', [qr/^ledger_entries\(/], 'SELECT count(*) FROM days, ledger_entries(l)' ],
		[ 'movements far ahead', [qr/^revenue_movements\(revenue_ledger/], q{SELECT count(*) FROM endless, revenue_movements(l, through => '2730-01-01')} ],
		[ 'movements far ahead, far back', [qr/^revenue_movements\(revenue_ledger/],
			q{SELECT count(*) FROM endless, revenue_movements(l, 100000, through => '2730-01-01', reactivation_within => 9)} ],
		[ 'movements of subscriptions', [qr/^revenue_movements\(revenue_ledger/],
			q{SELECT count(*) FROM (SELECT subscription_ledger(customer, during, mrr, 'day') AS l FROM subscription) AS s, revenue_movements(l, through => '2730-01-01')} ],
		[ 'movements of long series', [qr/^revenue_movements\(revenue_ledger/], 'SELECT count(*) FROM days, revenue_movements(l, 365, grace => 3)' ],
		[ 'movements of many customers', [qr/^revenue_movements\(revenue_ledger/],
			'SELECT count(*) FROM many, LATERAL (SELECT * FROM revenue_movements(t) UNION ALL SELECT * FROM revenue_movements(n)) AS m' ],
		[ 'customers far ahead', [qr/^customer_movements\(revenue_ledger/], q{SELECT count(*) FROM endless, customer_movements(l, to_date => '2730-01-01')} ],
		[ 'customers, last day only', [qr/^customer_movements\(revenue_ledger/],
			q{SELECT count(*) FROM endless, customer_movements(l, 3000, '2729-12-31', '2730-01-01')} ],
		[ 'cohorts far ahead', [qr/^cohort_retention\(revenue_ledger/], q{SELECT count(*) FROM endless, cohort_retention(l, 'year', through => '2730-01-01')} ],
		[ 'cohorts of long series', [qr/^cohort_retention\(revenue_ledger/], q{SELECT count(*) FROM days, cohort_retention(l, 'year')} ],
		[ 'cohorts of many customers', [qr/^cohort_retention\(revenue_ledger/],
			'SELECT count(*) FROM many, LATERAL (SELECT * FROM cohort_retention(t) UNION ALL SELECT * FROM cohort_retention(n)) AS m' ],
		[ 'retention of a ledger', [qr/^retention\(revenue_ledger/],
			q{SELECT nrr(retention(t, '2026-03-01', '2027-03-01')), nrr(retention(n, '2026-03-01', '2027-03-01')) FROM many, generate_series(1, 2)} ],
		[ 'retention of long series', [qr/^retention\(revenue_ledger/], q{SELECT nrr(retention(l, '2026-03-01', '2700-03-01', 5)) FROM days, generate_series(1, 5)} ],

		(map { my $type = $_;
			[ "summary of $type", [qr/^(retention|nrr|grr|logo_retention)\(\Q$type\E,\Q$type\E\)/, qr/^retention_accum(_inv)?\(retention_summary,\Q$type\E/],
				"SELECT retention(amount::$type, amount::$type), nrr(amount::$type, amount::$type), grr(amount::$type, amount::$type), logo_retention(amount::$type, amount::$type) FROM billing" ] }
			'integer', 'bigint', 'numeric', 'double precision'),
		[ 'rollup of summaries', [qr/^rollup\(retention_summary\)/], 'SELECT nrr(rollup(s)) FROM summaries, generate_series(1, 1500)' ],

		[ 'ledger of a table', [qr/^revenue_ledger_from\(/], "SELECT customers(revenue_ledger_from($source))" ],
		[ 'movements of a table', [qr/^revenue_movements\(text/], "SELECT count(*) FROM revenue_movements($source, through => '2730-01-01')" ],
		[ 'customers of a table', [qr/^customer_movements\(text/], "SELECT count(*) FROM customer_movements($source)" ],
		[ 'cohorts of a table', [qr/^cohort_retention\(text/], "SELECT count(*) FROM cohort_retention($source)" ],
		[ 'lint', [qr/^ledger_lint\(/], q{SELECT count(*) FROM ledger_lint('billing', 'name', 'at', 'amount')} ],
		[ 'refresh', [qr/^refresh_revenue_ledgers\(/], "BEGIN; SELECT refresh_revenue_ledgers$store; ROLLBACK" ],
		[ 'verify', [qr/^verify_revenue_ledgers\(/], "BEGIN; SELECT refresh_revenue_ledgers$store; DELETE FROM store; SELECT count(*) FROM verify_revenue_ledgers$store; ROLLBACK" ],
		[ 'trigger', [qr/^update_revenue_ledgers\(/],
			q{BEGIN; CREATE TABLE billed (LIKE billing); SELECT refresh_revenue_ledgers('billed_store', 'billed', 'customer', 'at', 'amount');
			CREATE TRIGGER t AFTER INSERT ON billed REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
				EXECUTE FUNCTION update_revenue_ledgers('billed_store', 'customer', 'at', 'amount');
			INSERT INTO billed SELECT * FROM billing LIMIT 1000000; ROLLBACK} ],
	],
};
