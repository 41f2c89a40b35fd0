# The SQL of a history: its table, what is asked of nrr in every form that must agree, and what the reference says.
package Questions;

use strict;
use warnings FATAL => 'all';
use utf8;
use Calendar;
use History;

sub literal
{
	my ($value) = @_;
	return 'NULL' unless defined $value;
	return ($value =~ /\\/ ? ' E' : '') . "'" . ($value =~ s/\\/\\\\/gr =~ s/'/''/gr) . "'";
}

sub number { return $_[0] // 'NULL' }
sub day_literal { return defined $_[0] ? literal(Calendar::text_of({ day => $_[0], us => 0 })) : 'NULL' }

# A query in a statement, between marks that it cannot hold
sub quoted { return "\$q\$$_[0]\$q\$" }

#
# The table
#

sub moment
{
	my ($moment, $type) = @_;
	return defined $moment ? Calendar::text_of($moment, $type ne 'date') : undef;
}

sub range_text
{
	my ($range, $type) = @_;
	my ($opening, $closing) = split //, $range->{bounds};
	$closing = ')' unless defined $range->{e};
	return $opening . join(',', map { defined $_ ? "\"$_\"" : '' } moment($range->{s}, $type), moment($range->{e}, $type)) . $closing;
}

sub time_values
{
	my ($h, $row) = @_;
	my @columns = History::columns($h);
	return ('NULL') x @columns unless $row->{ranges};
	my $type = History::time_type($h);
	if ($History::two_times{ $h->{times} })
	{
		my ($first, $second) = split /, /, $h->{times};
		my $range = $row->{ranges}[0];
		return (literal(moment($range->{s}, $first)), literal(moment($range->{e}, $second)));
	}
	return (literal(moment($row->{ranges}[0]{s}, $type))) unless History::over($h);
	my @texts = map { range_text($_, $type) } @{ $row->{ranges} };
	return (literal(History::multirange($h) ? '{' . join(',', @texts) . '}' : $texts[0]));
}

sub time_columns
{
	my ($h) = @_;
	my @types = split /, /, $h->{times} =~ s/^plain_daterange$/history.plain_daterange/r;
	return map { [ $_, shift @types ] } History::columns($h);
}

# Statements that make the table, fit to be pasted in psql
sub table
{
	my ($h) = @_;
	my ($key, $amount) = ($History::keys{ $h->{key} }, $History::amounts{ $h->{amount} });
	my @columns = ([ id => 'integer' ], [ customer => $key->{type} ], time_columns($h), [ amount => $amount->{type} ], [ item => 'text' ], [ segment => 'text' ]);
	my @statements = ("SET timezone = '$h->{zone}'", 'CREATE SCHEMA history');
	push @statements, grep { defined } $key->{setup}, $amount->{setup};
	push @statements, 'CREATE TYPE history.plain_daterange AS RANGE (subtype = date)' if $h->{times} eq 'plain_daterange';
	push @statements, 'CREATE TABLE history.billing (' . join(', ', map { join ' ', @$_ } @columns) . ')';
	push @statements, "INSERT INTO history.billing VALUES\n" . join(",\n", map { "\t(" . join(', ', values_of($h, $_)) . ')' } @{ $h->{rows} }) if @{ $h->{rows} };
	return @statements;
}

sub values_of
{
	my ($h, $row) = @_;
	return ($row->{id}, literal($row->{customer}), time_values($h, $row), literal($row->{amount}), literal($row->{item}), literal($row->{segment}));
}

#
# Ledgers
#

# The shape need not be given for one time in a row
sub by_name
{
	my ($h, $function, @more) = @_;
	my @named = (
		$h->{shape} eq 'payments' ? () : "shape => '$h->{shape}'",
		map { defined $h->{$_} ? "$_ => '$h->{$_}'" : () } qw(bounds close item));
	push @named, "snapshot_rule => '$h->{rule}'" if defined $h->{rule};
	my $columns = join ', ', History::columns($h);
	return "$function(" . join(', ', "'history.billing'", "'customer'", "'$columns'", "'amount'", "grain => '$h->{grain}'", @named, @more) . ')';
}

# Of which shapes is there an aggregate for the rows as they are?
sub has_aggregate
{
	my ($h) = @_;
	# types are not looked at before there is a row
	return 0 if ($History::keys{ $h->{key} }{refused} || $History::amounts{ $h->{amount} }{refused}) && !grep { @{ $_->{ranges} // [] } } @{ $h->{rows} };
	return $h->{shape} ne 'snapshots' && !$h->{close} && !($History::two_times{ $h->{times} } && !defined $h->{bounds});
}

# What it takes for the time of a row, and a condition for rows that are none
sub aggregate_time
{
	my ($h) = @_;
	my $range = { date => 'daterange', timestamp => 'tsrange', timestamptz => 'tstzrange' }->{ History::time_type($h) };
	return ("$range(at, NULL)", 'at IS NOT NULL') if $h->{shape} eq 'changes';
	return ((History::columns($h))[0], 'true') unless $History::two_times{ $h->{times} };
	return ("$range(start, finish" . ($h->{bounds} eq '[]' ? '::date + 1' : '') . ')', 'num_nonnulls(start, finish) > 0');
}

# The ledger by its aggregate, of some rows in some order
sub aggregate
{
	my ($h, $where, $order, $group) = @_;
	my ($time, $condition) = aggregate_time($h);
	my $function = { payments => 'revenue_ledger', invoices => 'invoice_ledger' }->{ $h->{shape} } // 'subscription_ledger';
	my $rule = History::has_levels($h) && defined $h->{rule} ? ", '$h->{rule}'" : '';
	return 'SELECT ' . ($group ? "$group, " : '') . "$function(customer, $time, amount, '$h->{grain}'$rule" . ($order ? " ORDER BY $order" : '') . ') AS l FROM history.billing WHERE '
		. join(' AND ', $condition, $where // ()) . ($group ? " GROUP BY $group" : '');
}

#
# Questions
#

# The forms of a ledger, as queries with the column l
sub forms
{
	my ($h) = @_;
	my %forms = ('by name' => 'SELECT ' . by_name($h, 'revenue_ledger_from') . ' AS l');
	$forms{flat} = "SELECT l::text::revenue_ledger AS l FROM ($forms{'by name'}) AS f";
	$forms{aggregate} = aggregate($h) if has_aggregate($h);
	return \%forms;
}

# How readers are asked, of a ledger and of a table
sub readers
{
	my ($o) = @_;
	my ($lookback, $grace, $within, $baseline) = map { number($o->{$_}) } qw(lookback grace reactivation_within baseline);
	my ($through, $from) = map { day_literal($o->{$_}) } qw(through from_date);
	my $cohort_grain = literal($o->{cohort_grain});
	my $parts = join ', ', map { "$_(r)" } qw(starting new reactivation expansion contraction churn ending starting_customers new_customers
		reactivated_customers expanded_customers contracted_customers churned_customers ending_customers nrr grr logo_retention);
	my ($start, $end) = map { day_literal($o->{$_}) } qw(start end);
	return (
		facts => { of => 'SELECT grain(l), customers(l), total(l), periods(l) FROM (%s) AS x WHERE l IS NOT NULL', want => 'reference.facts()' },
		entries => { of => "SELECT e.* FROM (%s) AS x, LATERAL ledger_entries(l, $through) AS e", want => "reference.entries($through)" },
		'entries to the end' => { of => 'SELECT e.* FROM (%s) AS x, LATERAL ledger_entries(l) AS e', want => 'reference.entries(NULL)' },
		movements => { of => "SELECT e.* FROM (%s) AS x, LATERAL revenue_movements(l, $lookback, $through, $grace, $within) AS e", ordered => 1,
			named => [ 'revenue_movements', "lookback => $lookback, through => $through, grace => $grace, reactivation_within => $within" ],
			want => "reference.movements($lookback, $through, $grace, $within)" },
		'customer movements' => { of => "SELECT e.* FROM (%s) AS x, LATERAL customer_movements(l, $lookback, $from, $through, $grace, $within) AS e",
			named => [ 'customer_movements', "lookback => $lookback, from_date => $from, to_date => $through, grace => $grace, reactivation_within => $within" ],
			want => "reference.customer_movements($lookback, $from, $through, $grace, $within)" },
		cohorts => { of => "SELECT e.* FROM (%s) AS x, LATERAL cohort_retention(l, $cohort_grain, $baseline, $through, $grace) AS e", ordered => 1,
			named => [ 'cohort_retention', "cohort_grain => $cohort_grain, baseline => $baseline, through => $through, grace => $grace" ],
			want => "reference.cohorts($cohort_grain, $baseline, $through, $grace)" },
		retention => { of => "SELECT $parts FROM (%s) AS x, LATERAL retention(l, $start, $end, $grace) AS r WHERE l IS NOT NULL", want => "reference.retention($start, $end, $grace)" },
		slice => { of => "SELECT e.* FROM (%s) AS x, LATERAL ledger_entries(slice(l, $start, $end), $end) AS e", want => "reference.slice($start, $end)" });
}

sub want { my ($question, $query, $ordered) = @_; return sprintf 'SELECT differential.want(%s, %s, %s)', literal($question), quoted($query), $ordered ? 'true' : 'false' }

sub got
{
	my ($question, $variant, $query, $ordered, $settings) = @_;
	return sprintf 'SELECT differential.got(%s, %s, %s, %s, %s)', literal($question), literal($variant), quoted($query), $ordered ? 'true' : 'false', literal($settings // '');
}

sub ask_readers
{
	my ($h) = @_;
	my $forms = forms($h);
	# one or two of them, other ones in other histories
	my @forms = grep { exists $forms->{$_} } @{ $h->{forms} };
	my %readers = readers($h->{options});
	my @statements;
	foreach my $question (sort keys %readers)
	{
		my $reader = $readers{$question};
		push @statements, want($question, "SELECT * FROM $reader->{want} AS r", $reader->{ordered});
		push @statements, map { got($question, $_, sprintf($reader->{of}, $forms->{$_}), $reader->{ordered}) } @forms;
		push @statements, got($question, 'by the name of a table', 'SELECT * FROM ' . by_name($h, @{ $reader->{named} }), $reader->{ordered}) if $reader->{named};
	}
	return (@statements, ask_far_away($h), ask_finer($h), ask_spilled($h));
}

my $parallel = 'max_parallel_workers_per_gather=2 parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0 parallel_leader_participation=off';
my $little = 'work_mem=64kB hash_mem_multiplier=1 enable_hashagg=off';

# The same bytes, however the ledger comes about
sub ask_bytes
{
	my ($h) = @_;
	my $name = by_name($h, 'revenue_ledger_from');
	my @statements = (want('bytes', "SELECT ${name}::text FROM reference.fill(NULL)"), got('bytes', 'little memory', "SELECT ${name}::text", 0, $little));
	push @statements, got('bytes', 'parallel', "SELECT ${name}::text", 0, $parallel) if $h->{workers};
	return @statements unless has_aggregate($h);
	my $bytes = 'SELECT l::text FROM (%s) AS x';
	push @statements, got('bytes', 'aggregate', sprintf($bytes, aggregate($h))),
		got('bytes', 'rows in any order', sprintf($bytes, aggregate($h, undef, 'md5(id::text)'))),
		got('bytes', 'rows by customer', sprintf($bytes, aggregate($h, undef, 'customer::text, id DESC'))),
		got('bytes', 'little memory', sprintf($bytes, aggregate($h, undef, 'md5(id::text)')), 0, $little);
	my %groups = ('rollup of parts' => 'id % 3', 'rollup of customers' => 'customer::text', 'rollup of rows' => 'id');
	my $rollup = 'SELECT rollup(l)::text FROM (%s) AS g';
	push @statements, map { got('bytes', $_, sprintf($rollup, aggregate($h, undef, undef, $groups{$_}))) } sort keys %groups;
	push @statements, got('bytes', 'aggregate in parallel', sprintf($bytes, aggregate($h)), 0, $parallel),
		got('bytes', 'rollup of parts in parallel', sprintf($rollup, aggregate($h, undef, undef, 'segment')), 0, $parallel) if $h->{workers};
	return @statements;
}

# Segments are groups; the parts of a table are summands of the whole
sub ask_parts
{
	my ($h) = @_;
	# parts of what is too long may be short enough
	return () if ($h->{fault} // '') eq 'far away';
	return () unless has_aggregate($h);
	my $through = day_literal($h->{options}{through} // $h->{options}{end});
	my ($even, $odd) = map { '(' . aggregate($h, "id % 2 = $_") . ')' } 0, 1;
	my $algebra = "SELECT l IS NULL OR even IS NULL OR odd IS NULL
			OR l = even + odd AND l = odd + even AND l - odd = even AND l - even - odd = l - l AND periods(l - odd) = periods(even) AND even - odd + odd = even
			FROM (SELECT (" . aggregate($h) . "), $even, $odd) AS x(l, even, odd)";
	my $slices = sprintf 'SELECT l IS NULL OR l = slice(l, NULL, %1$s) + slice(l, (upper(periods(slice(l, %1$s, %1$s))))::date, NULL) OR isempty(periods(slice(l, %1$s, %1$s))) FROM (%2$s) AS x',
		day_literal($h->{options}{start}), aggregate($h);
	return (
		want('segments', "SELECT * FROM reference.segment_entries($through)"),
		got('segments', 'groups', 'SELECT segment, e.* FROM (' . aggregate($h, undef, undef, 'segment') . ") AS x, LATERAL ledger_entries(l, $through) AS e"),
		want('sums', "SELECT true FROM reference.fill(NULL)"),
		got('sums', 'of halves', $algebra), got('sums', 'of slices', $slices));
}

# Dates beyond those of timestamps: as many times 400 years later, everything is as it was.
my $shift = 5844 * 146097;

sub ask_far_away
{
	my ($h) = @_;
	return () unless $h->{times} eq 'date' && $h->{shape} eq 'payments' && has_aggregate($h);
	my $far = "SELECT revenue_ledger(customer, at + $shift, amount, '$h->{grain}') AS l FROM history.billing";
	return (
		got('entries to the end', 'far away', "SELECT customer, period - $shift, amount FROM ($far) AS x, LATERAL ledger_entries(l)"));
}

# So many rows that a ledger writes them to a file, which takes some megabytes however little memory it may have: each row many
# times, once more with its sign than without
sub ask_spilled
{
	my ($h) = @_;
	return () unless $h->{spilled} && @{ $h->{rows} } && has_aggregate($h);
	my $times = int(700_000 / @{ $h->{rows} }) | 1;
	my $query = aggregate($h) =~ s/, amount,/, CASE WHEN g % 2 = 0 THEN - amount ELSE amount END,/r =~ s/FROM history\.billing/FROM history.billing, generate_series(1, $times) AS g/r;
	return got('entries to the end', 'spilled', "SELECT e.* FROM ($query) AS x, LATERAL ledger_entries(l) AS e", 0, $little);
}

# A ledger of days that is made one of what its days are part of
sub ask_finer
{
	my ($h) = @_;
	return () unless $h->{shape} eq 'payments' && has_aggregate($h);
	my $days = aggregate({ %$h, grain => 'day' });
	return (
		got('entries to the end', 'from days', "SELECT e.* FROM (SELECT revenue_ledger(e.customer, period, e.amount, '$h->{grain}') AS l FROM ($days) AS d, LATERAL ledger_entries(l) AS e) AS x,
			LATERAL ledger_entries(l) AS e"));
}

# Summaries of rows (starting, ending) are those of a ledger, but for who came back; of parts they add up.
sub ask_summaries
{
	my ($h) = @_;
	my $o = $h->{options};
	my $arguments = join ', ', number($o->{lookback}), 'NULL', day_literal($o->{through}), number($o->{grace}), number($o->{reactivation_within});
	my $rows = "SELECT m.*, md5(customer) < '8' AS half FROM (SELECT " . by_name($h, 'revenue_ledger_from') . " AS l) AS x, LATERAL customer_movements(l, $arguments) AS m";
	my $parts = 'period, starting(r), new(r), expansion(r), contraction(r), churn(r), ending(r), starting_customers(r), new_customers(r), expanded_customers(r),
		contracted_customers(r), churned_customers(r), ending_customers(r), nrr(r), grr(r), logo_retention(r), churn_rate(r), quick_ratio(r)';
	my $halves = "SELECT period, half, retention(previous, current) AS r FROM ($rows) AS m GROUP BY period, half";
	return (
		want('summaries', 'SELECT period, starting, new + reactivation, expansion, contraction, churn, ending, starting_customers, new_customers + reactivated_customers, expanded_customers,
			contracted_customers, churned_customers, ending_customers, nrr, grr, logo_retention, churn_rate, quick_ratio FROM reference.movements('
			. join(', ', number($o->{lookback}), day_literal($o->{through}), number($o->{grace}), number($o->{reactivation_within})) . ') WHERE starting > 0 OR ending > 0'),
		got('summaries', 'of rows', "SELECT $parts FROM (SELECT period, retention(previous, current) AS r FROM ($rows) AS m GROUP BY period) AS s"),
		got('summaries', 'rollup', "SELECT $parts FROM (SELECT period, rollup(r) AS r FROM ($halves) AS h GROUP BY period) AS s"),
		got('summaries', 'moving frames', "SELECT $parts FROM (SELECT period, rollup(r) OVER w AS r, row_number() OVER w AS n, count(*) OVER (PARTITION BY period) AS of
			FROM (SELECT period, retention(previous, current) AS r FROM ($rows) AS m GROUP BY period, customer) AS c WINDOW w AS (PARTITION BY period)) AS s WHERE n = 1"),
		got('summaries', 'minus', "SELECT $parts FROM (SELECT period, a.r + b.r - b.r + b.r AS r FROM ($halves) AS a JOIN ($halves) AS b USING (period) WHERE a.half AND NOT b.half
			UNION ALL SELECT period, rollup(r) FROM ($halves) AS h GROUP BY period HAVING count(*) = 1) AS s"));
}

# The monthly share of an amount, over the ranges of rows and by the names of frequencies
sub ask_monthly_share
{
	my ($h) = @_;
	my @statements;
	if ($History::ranges{ $h->{times} } && $h->{times} ne 'plain_daterange')
	{
		# of less than a day, the share may be too long a number
		my $ranges = History::multirange($h) ? 'unnest(during) AS r' : '(VALUES (during)) AS v(r)';
		my $rows = "FROM history.billing WHERE amount IS NOT NULL AND (SELECT min(upper(r)::timestamp - lower(r)::timestamp) >= interval '1 day' FROM $ranges)"
			. ' AND lower(during) > \'-infinity\' AND upper(during) < \'infinity\'';
		push @statements, want('monthly share', "SELECT id, reference.monthly_share(amount::text::numeric, during) $rows"), got('monthly share', 'of ranges', "SELECT id, mrr(amount, during) $rows")
			unless $History::amounts{ $h->{amount} }{refused} || $h->{fault};
	}
	return @statements;
}

#
# Stores
#

# A table that is made to be the billing table by and by
sub other_table
{
	my ($h) = @_;
	my $columns = join ', ', 'customer', History::columns($h), 'amount', 'item', 'segment';
	return (
		'CREATE TABLE history.kept (LIKE history.billing)',
		'INSERT INTO history.kept SELECT * FROM history.billing WHERE id % 3 <> 0',
		"INSERT INTO history.kept SELECT -id, $columns FROM history.billing WHERE id % 4 = 0",
		'UPDATE history.kept AS k SET (customer, amount, segment) = (b.customer, b.amount, b.segment) FROM history.billing AS b WHERE k.id % 5 = 0 AND b.id = k.id - 1');
}

sub changes
{
	return (
		'INSERT INTO history.kept SELECT * FROM history.billing WHERE id % 3 = 0',
		'DELETE FROM history.kept WHERE id < 0',
		'UPDATE history.kept AS k SET (customer, amount, segment) = (b.customer, b.amount, b.segment) FROM history.billing AS b WHERE k.id % 5 = 0 AND b.id = k.id');
}

# From which day on these are; that of another zone may be one earlier
sub changed_from
{
	my ($h) = @_;
	my ($first) = sort { $a <=> $b } map { $_->{ranges}[0]{s}{day} } grep { @{ $_->{ranges} // [] } && ref $_->{ranges}[0]{s} } grep { $_->{id} % 3 == 0 || $_->{id} % 4 == 0 || $_->{id} % 5 == 0 } @{ $h->{rows} };
	return !defined $first || $h->{seed} % 3 == 0 ? "'-infinity'" : day_literal($first - 1);
}

sub refresh
{
	my ($h, $store, @more) = @_;
	my $call = by_name($h, 'refresh_revenue_ledgers', @more);
	$call =~ s/'history\.billing'/'history.$store', 'history.kept'/;
	return "SELECT $call";
}

sub triggers
{
	my ($h) = @_;
	my $call = "EXECUTE FUNCTION update_revenue_ledgers('history.store', 'customer', 'at', 'amount', '$h->{grain}'" . ($h->{times} eq 'timestamptz' ? ", '$h->{zone}'" : '') . ')';
	my %tables = (INSERT => 'NEW TABLE AS added', UPDATE => 'NEW TABLE AS added OLD TABLE AS removed', DELETE => 'OLD TABLE AS removed');
	return map { "CREATE TRIGGER on_\L$_\E AFTER $_ ON history.kept REFERENCING $tables{$_} FOR EACH STATEMENT $call" } sort keys %tables;
}

sub step { return 'SELECT differential.step(' . quoted($_[0]) . ')' }

# What is to be done before a question about a store is asked
sub steps
{
	my ($h) = @_;
	my $triggers = $h->{shape} eq 'payments' && $h->{seed} % 2;
	my @refreshes = map { my $store = $_; sub { refresh($h, $store, $store eq 'segments' ? "segment => 'segment'" : (), @_) } } 'store', 'segments';
	my $from = 'from_date => ' . changed_from($h);
	return (other_table($h), (map { $_->() } @refreshes), $triggers ? triggers($h) : (), changes(), $triggers ? $refreshes[0]->('open_periods => 0') : $refreshes[0]->($from), $refreshes[1]->($from));
}

sub ask_stores
{
	my ($h) = @_;
	return () if !$h->{stored} || $History::two_times{ $h->{times} } && !defined $h->{bounds};
	my $through = day_literal($h->{options}{through} // $h->{options}{end});
	my $verify = by_name($h, 'verify_revenue_ledgers') =~ s/'history\.billing'/'history.store', 'history.billing'/r;
	my $one = int(@{ $h->{rows} } / 2) + 1;
	return (
		(map { step($_) } steps($h)),
		# so that a refused table has them, too
		(map { "CREATE TABLE IF NOT EXISTS history.$_, ledger revenue_ledger, refreshed_at timestamptz, time_zone text)" } 'store (item text', 'segments (segment text'),
		want('store', 'SELECT true FROM reference.fill(NULL)'),
		(map { got('store', "in the table $_", "SELECT l IS NOT DISTINCT FROM whole OR l IS NULL AND isempty(periods(whole)) FROM (SELECT (SELECT rollup(ledger) FROM history.$_), "
			. by_name($h, 'revenue_ledger_from') . ') AS x(l, whole)') } 'store', 'segments'),
		want('segments of a store', "SELECT segment, customer, period, trim_scale(amount) FROM reference.segment_entries($through)"),
		got('segments of a store', 'by group', "SELECT segment, customer, period, trim_scale(amount) FROM (SELECT segment, rollup(ledger) AS l FROM history.segments GROUP BY segment) AS x, LATERAL ledger_entries(l, $through),
			(SELECT " . by_name($h, 'revenue_ledger_from') . ' AS l) AS whole WHERE num_nulls(whole.l) >= 0'),
		want('verified', 'SELECT * FROM reference.nothing()'),
		got('verified', 'after changes', "SELECT * FROM $verify"),
		'CALL reference.keep()', step("DELETE FROM history.billing WHERE id = $one"), load($h),
		want('found by verifying', 'SELECT * FROM reference.differences()'),
		got('found by verifying', 'a row is gone', "SELECT period, trim_scale(stored), trim_scale(computed) FROM $verify"));
}

# SQLSTATEs that the types of the columns ask for
sub refusals
{
	my ($h) = @_;
	my %states = map { $_ => 1 } grep { defined } $History::keys{ $h->{key} }{refused}, $History::amounts{ $h->{amount} }{refused},
		# such ranges cannot be intersected with others
		$h->{close} && $h->{times} eq 'plain_daterange' ? '0A000' : undef;
	# rows are looked at before their types are
	@states{ '22000', '22023' } = () if %states && $History::two_times{ $h->{times} };
	return '{' . join(',', sort keys %states) . '}';
}

sub load
{
	my ($h) = @_;
	my $type = $History::two_times{ $h->{times} } // $h->{times};
	return sprintf 'CALL reference.load(%s)', join ', ', map { literal($_) } $h->{shape}, $h->{grain}, $type, '{' . join(',', History::columns($h)) . '}',
		$h->{bounds}, $h->{close}, $h->{item}, $h->{rule}, refusals($h);
}

# Of statements that belong together, those that one question needs
sub needed_for
{
	my ($question, @statements) = @_;
	my $asks = 'SELECT differential.got(' . literal($question) . ',';
	return () unless grep { index($_, $asks) == 0 } @statements;
	return grep { !/^SELECT differential\.(?:want|got)\('(.*?)',/ || $1 eq $question } @statements;
}

# All statements of a history, or those that one question needs
sub statements
{
	my ($h, $only) = @_;
	my @groups = map { [ $_->($h) ] } \&ask_readers, \&ask_bytes, \&ask_parts, \&ask_summaries, \&ask_monthly_share, \&ask_stores;
	@groups = map { [ needed_for($only, @$_) ] } @groups if defined $only;
	return (table($h), load($h), 'DELETE FROM differential.wanted', map { @$_ } @groups);
}

1;
