/*-------------------------------------------------------------------------
 *
 * ledger/merge.c
 *	  Several flat ledgers read as one, customer by customer.
 *
 * A tournament among the ledgers' next keys finds the next customer.  The
 * series of one customer in several ledgers are decoded one after the other into
 * one array.  Ledgers are taken in order of their first period, so that ledgers
 * of different times need no further work; where the next one begins before the
 * previous one ends, the series are added run by run.
 *
 * Calls ledger; knows nothing of rows, aggregates or metrics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/interrupts.h"
#include "ledger/merge.h"
#include "ledger/touches.h"
#include "ledger/tournament.h"
#include "ledger/write.h"
#include "port/pg_bitutils.h"

typedef struct MergeSource
{
	const RevenueLedger *ledger;
	LedgerReader reader;		/* one key ahead, whose series is still to be read */
	int			sign;			/* -1 to take the ledger away */
	int			decimals;		/* that its amounts lack */
} MergeSource;

struct LedgerMerge
{
	LedgerInfo	info;			/* of all ledgers together; no counts, no total */
	MergeSource *sources;		/* those with a period, in order of the first one */
	int			nsources;
	LedgerReader **readers;		/* theirs */
	Tournament	tournament;		/* among them */
	CustomerKey customer;
	char	   *text;			/* bytes of a key of kind text */
	RevenueSeries series;
	RevenueSeries spare;		/* where series are added, */
	int128	   *sums;			/* or this */
	int32		sums_capacity;
	int		   *parts;			/* the places in the series at which the part of */
	int			nparts;			/* each source begins, until they are added */
	Touches		touches;		/* counted only if the result is to be flat */
};

/*
 * Adding series
 */

/*
 * Add two series, each in order, behind what is in 'sum'.
 */
static void
add_runs(RevenueSeries *sum, const RevenueRun *a, const RevenueRun *a_end,
		 const RevenueRun *b, const RevenueRun *b_end)
{
	int32		next = PG_INT32_MIN;	/* what lies before is done */

	while (a < a_end && b < b_end)
	{
		int32		a_from = Max(a->period, next);
		int32		b_from = Max(b->period, next);
		int32		from = Min(a_from, b_from);
		int128		amount = 0;

		/* up to where one of them begins or ends */
		next = Min(a_from > from ? a_from : run_end(a), b_from > from ? b_from : run_end(b));
		if (a_from == from)
			amount = a->amount;
		if (b_from == from)
			add_money(&amount, b->amount);
		if (amount != 0)
			series_append(sum, from, next - from, amount);
		if (run_end(a) == next)
			a++;
		if (run_end(b) == next)
			b++;
	}
	for (; a < a_end; a++, next = PG_INT32_MIN)
		series_append(sum, Max(a->period, next), run_end(a) - Max(a->period, next), a->amount);
	for (; b < b_end; b++, next = PG_INT32_MIN)
		series_append(sum, Max(b->period, next), run_end(b) - Max(b->period, next), b->amount);
}

/*
 * Add the parts of the series, two by two, until they are one.
 */
static void
add_parts(LedgerMerge *merge)
{
	while (merge->nparts > 1)
	{
		RevenueSeries sum = merge->spare;
		const RevenueRun *runs = merge->series.runs;
		int			nsums = 0;

		sum.length = 0;
		merge->parts[merge->nparts] = merge->series.length;
		for (int i = 0; i < merge->nparts; i += 2)
		{
			int			middle = merge->parts[i + 1];
			int			end = i + 1 < merge->nparts ? merge->parts[i + 2] : middle;
			int			begin = merge->parts[i];

			CHECK_FOR_INTERRUPTS();
			merge->parts[nsums++] = sum.length;
			add_runs(&sum, runs + begin, runs + middle, runs + middle, runs + end);
		}
		merge->spare = merge->series;
		merge->series = sum;
		merge->nparts = nsums;
	}
}

/* Sums of so many periods, all zero */
static int128 *
clear_sums(LedgerMerge *merge, int32 periods)
{
	if (periods > merge->sums_capacity)
	{
		if (merge->sums != NULL)
			pfree(merge->sums);
		merge->sums_capacity = pg_nextpower2_32(periods);
		merge->sums = palloc(merge->sums_capacity * sizeof(int128));
	}
	memset(merge->sums, 0, periods * sizeof(int128));
	return merge->sums;
}

/*
 * The same, period by period.
 */
static void
add_periods(LedgerMerge *merge, int32 first, int32 periods)
{
	RevenueSeries *series = &merge->series;
	int128	   *sums = clear_sums(merge, periods);
	uint32		steps = 0;
	RevenueRun *sum;

	for (const RevenueRun *run = series->runs; run < series->runs + series->length; run++)
	{
		look_after_steps(&steps, run->length);
		for (int32 period = run->period; period < run_end(run); period++)
			add_money(&sums[period - first], run->amount);
	}
	series->length = 0;
	series_reserve(series, periods);
	sum = series->runs;
	for (int32 i = 0; i < periods; i++)
	{
		sum->amount = sums[i];
		sum->period = first + i;
		sum->length = 1;
		sum += sums[i] != 0;
	}
	series->length = sum - series->runs;
}

/*
 * Make the parts of the series one.  Their sum is found fastest by period where
 * they fill most of the periods anyway.
 */
static void
join_parts(LedgerMerge *merge)
{
	RevenueSeries *series = &merge->series;
	int32		first = series->runs[0].period;
	int32		end = first;

	/* sources are in order of their first period, but customers may be late */
	merge->parts[merge->nparts] = series->length;
	for (int i = 0; i < merge->nparts; i++)
	{
		first = Min(first, series->runs[merge->parts[i]].period);
		end = Max(end, run_end(&series->runs[merge->parts[i + 1] - 1]));
	}
	if (end - first <= 2 * series->length)
		add_periods(merge, first, end - first);
	else
		add_parts(merge);
	for (int i = 0; i < series->length; i++)
		money_check(series->runs[i].amount);
}

/*
 * Each period of a run is touched once, but not what comes after the source's
 * last one.
 */
static void
touch_runs(LedgerMerge *merge, const MergeSource *source, const RevenueRun *runs,
		   const RevenueRun *end)
{
	int32		last_end = source->reader.info.first + source->reader.info.periods;

	for (const RevenueRun *run = runs; run < end; run++)
		touches_count(&merge->touches, run->period, Min(run_end(run), last_end), source->sign);
}

/*
 * Put the current customer's series in a source behind those of others.
 */
static inline void
take_series(LedgerMerge *merge, MergeSource *source)
{
	RevenueSeries *series = &merge->series;
	const LedgerInfo *info = &source->reader.info;
	int			begin = series->length;
	RevenueRun *runs,
			   *end;

	ledger_read_series(&source->reader, series);
	runs = series->runs + begin;
	end = series->runs + series->length;
	if (runs == end)
		return;
	if (merge->touches.counts != NULL)
		touch_runs(merge, source, runs, end);
	if (info->lasting && run_end(end - 1) == ledger_end(info))
		end[-1].length = ledger_end(&merge->info) - end[-1].period;
	if (source->decimals > 0 || source->sign < 0)
	{
		for (RevenueRun *run = runs; run < end; run++)
			run->amount = source->sign * money_rescale(run->amount, source->decimals);
	}
	if (begin > 0 && runs->period >= run_end(runs - 1))
		return;
	if (unlikely(merge->nparts == merge->nsources))
		damaged_ledger();		/* which has a customer twice */
	merge->parts[merge->nparts++] = begin;
}

/*
 * Beginning
 */

/*
 * Extend what is known of the ledgers so far by another one.
 */
static void
take_info(LedgerInfo *whole, const LedgerInfo *info)
{
	ledger_check_mergeable(whole, info);
	if (info->snapshot != SNAPSHOT_NONE)
		whole->snapshot = info->snapshot;
	whole->lasting |= info->lasting;
	whole->scale = Max(whole->scale, info->scale);
	whole->dscale = Max(whole->dscale, info->dscale);
	if (whole->periods == 0)
	{
		whole->first = info->first;
		whole->periods = info->periods;
	}
	else if (info->periods > 0)
	{
		int32		first = Min(whole->first, info->first);
		int32		last = Max(whole->first + whole->periods, info->first + info->periods) - 1;

		check_period_range(first, last);
		whole->first = first;
		whole->periods = last - first + 1;
	}
}

static int
compare_sources(const void *a, const void *b)
{
	int32		a_first = ((const MergeSource *) a)->reader.info.first;
	int32		b_first = ((const MergeSource *) b)->reader.info.first;

	return a_first < b_first ? -1 : a_first > b_first;
}

/*
 * Begin to read ledgers, each with a sign of 1, or of -1 to take it away; no
 * signs at all are signs of 1.  Ledgers are flat, not toasted, and stay where
 * they are for as long as they are read; the arrays need not.
 */
LedgerMerge *
ledger_merge_begin(const RevenueLedger **ledgers, const int *signs, int n)
{
	LedgerMerge *merge = palloc0(sizeof(LedgerMerge));

	ledger_read_info(&merge->info, ledgers[0], VARSIZE(ledgers[0]));
	merge->info.customers = merge->info.entries = 0;
	merge->info.total = 0;
	merge->sources = palloc(n * sizeof(MergeSource));
	for (int i = 0; i < n; i++)
	{
		MergeSource *source = &merge->sources[merge->nsources];

		CHECK_FOR_INTERRUPTS();
		source->ledger = ledgers[i];
		source->sign = signs != NULL ? signs[i] : 1;
		ledger_read_begin(&source->reader, ledgers[i]);
		take_info(&merge->info, &source->reader.info);
		if (source->reader.info.periods > 0)
			merge->nsources++;
		else
			ledger_read_end(&source->reader);
	}
	for (int i = 0; i < merge->nsources; i++)
		merge->sources[i].decimals = merge->info.scale - merge->sources[i].reader.info.scale;
	qsort(merge->sources, merge->nsources, sizeof(MergeSource), compare_sources);

	if (merge->info.kind == CUSTOMER_TEXT)
		merge->text = palloc(CUSTOMER_MAX_LENGTH);
	merge->parts = palloc((merge->nsources + 1) * sizeof(int));
	merge->readers = palloc((merge->nsources + 1) * sizeof(LedgerReader *));
	for (int i = 0; i < merge->nsources; i++)
		merge->readers[i] = &merge->sources[i].reader;
	tournament_begin(&merge->tournament, merge->info.kind, merge->readers, merge->nsources);
	return merge;
}

const LedgerInfo *
ledger_merge_info(const LedgerMerge *merge)
{
	return &merge->info;
}

/* How many customers have an amount in a period of a ledger */
static int64
count_entries(const RevenueLedger *ledger, int32 period)
{
	LedgerReader reader;
	int64		entries = 0;

	ledger_read_begin(&reader, ledger);
	while (ledger_read_next(&reader))
	{
		int			cursor = 0;

		entries += series_amount(&reader.series, period, &cursor) != 0;
	}
	ledger_read_end(&reader);
	return entries;
}

static bool
has_period(const LedgerInfo *info, int32 period)
{
	return period >= info->first && period < info->first + info->periods;
}

/*
 * Can the first (or last) period of the inputs be missing from the range of
 * their sum?
 *
 * It is in there for sure while it is touched.  A ledger has an entry or a touch
 * where it begins, and mostly where it ends, so that without a negative surplus,
 * and with nothing taken away, there is a touch.  Else entries are counted: the
 * surplus is also negative where a ledger ends and subscriptions go on.
 */
static bool
end_may_cancel(const LedgerMerge *merge, int32 period)
{
	int128		touches = 0;
	bool		touched = false,
				certain = true;

	for (int i = 0; i < merge->nsources; i++)
	{
		const MergeSource *source = &merge->sources[i];
		const LedgerInfo *info = &source->reader.info;
		int			cursor = 0;

		if (has_period(info, period))
		{
			int128		surplus = series_amount(&source->reader.surplus, period, &cursor);

			certain &= source->sign > 0 && surplus >= 0;
			/* the last period of a lasting ledger may hold nothing but a change */
			touched |= surplus > 0 || !info->lasting || period == info->first;
			touches += source->sign * surplus;
		}
	}
	if (certain && touched)
		return false;
	for (int i = 0; i < merge->nsources; i++)
	{
		const MergeSource *source = &merge->sources[i];

		if (has_period(&source->reader.info, period))
			touches += source->sign * count_entries(source->ledger, period);
	}
	return touches == 0;
}

/*
 * Can the range of the sum be narrower than that of the inputs?
 */
bool
ledger_merge_may_cancel(const LedgerMerge *merge)
{
	const LedgerInfo *info = &merge->info;

	return info->periods > 0 &&
		(end_may_cancel(merge, info->first) ||
		 end_may_cancel(merge, info->first + info->periods - 1));
}

/*
 * Reading
 */

/* Keep the key of a source, which goes on to its next one */
static inline void
take_key(LedgerMerge *merge, const MergeSource *source)
{
	merge->customer = source->reader.customer;
	if (merge->text != NULL)
	{
		memcpy(merge->text, merge->customer.bytes, merge->customer.length);
		merge->customer.bytes = merge->text;
	}
}

/* Is the winner's key that of the current customer, which has this rank? */
static inline bool
same_customer(const LedgerMerge *merge, uint64 rank)
{
	const Contender *winner = &merge->tournament.tree[0];

	return winner->rank == rank && winner->number != NO_CONTENDER &&
		customer_equal(merge->info.kind, &merge->customer,
					   &merge->sources[winner->number].reader.customer);
}

/*
 * Go to the next customer in order, whose key and series hold until the one
 * after it; false when there is none left.  A customer whose amounts cancel out
 * has an empty series.
 */
bool
ledger_merge_next(LedgerMerge *merge)
{
	const Contender *winner = &merge->tournament.tree[0];
	uint64		rank = winner->rank;

	if (winner->number == NO_CONTENDER)
		return false;
	take_key(merge, &merge->sources[winner->number]);
	merge->series.length = 0;
	merge->nparts = 0;
	do
	{
		take_series(merge, &merge->sources[winner->number]);
		tournament_replay(&merge->tournament);
	} while (same_customer(merge, rank));
	if (merge->nparts > 1)
		join_parts(merge);
	return true;
}

const CustomerKey *
ledger_merge_customer(const LedgerMerge *merge)
{
	return &merge->customer;
}

/*
 * The current customer's series, which the caller may change.  Runs that follow
 * each other may have the same amount.
 */
RevenueSeries *
ledger_merge_series(LedgerMerge *merge)
{
	return &merge->series;
}

void
ledger_merge_end(LedgerMerge *merge)
{
	for (int i = 0; i < merge->nsources; i++)
		ledger_read_end(&merge->sources[i].reader);
	if (merge->series.runs != NULL)
		pfree(merge->series.runs);
	if (merge->spare.runs != NULL)
		pfree(merge->spare.runs);
	if (merge->sums != NULL)
		pfree(merge->sums);
	if (merge->text != NULL)
		pfree(merge->text);
	if (merge->touches.counts != NULL)
		pfree(merge->touches.counts);
	pfree(merge->sources);
	pfree(merge->readers);
	tournament_end(&merge->tournament);
	pfree(merge->parts);
	pfree(merge);
}

/*
 * Flattening
 */

/*
 * All of it as a flat ledger.
 */
RevenueLedger *
ledger_merge_flatten(const RevenueLedger **ledgers, const int *signs, int n)
{
	LedgerMerge *merge = ledger_merge_begin(ledgers, signs, n);
	LedgerWriter *writer = ledger_write_begin(&merge->info);
	RevenueLedger *ledger;

	touches_begin(&merge->touches, merge->info.first, merge->info.periods);
	while (ledger_merge_next(merge))
		ledger_write_customer(writer, &merge->customer, &merge->series);
	touches_sum(&merge->touches);
	for (int i = 0; i < merge->nsources; i++)
	{
		CHECK_FOR_INTERRUPTS();
		touches_add_surplus(&merge->touches, &merge->sources[i].reader.surplus,
							merge->sources[i].sign);
	}
	ledger = ledger_write_end(writer, merge->touches.counts);
	ledger_merge_end(merge);
	return ledger;
}
