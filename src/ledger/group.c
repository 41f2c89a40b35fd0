/*-------------------------------------------------------------------------
 *
 * ledger/group.c
 *	  From rows in no order to customers, each with its series of periods.
 *
 * A set of rows is scattered to its customers.  A customer's few rows are then
 * put in order of period, which they mostly are in already, and summed.
 *
 * A set too big for that comes in slices, each of which is grouped and summed
 * into what is known of the customers so far.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/group.h"
#include "ledger/touches.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Bytes of packed rows that are grouped at a time, or a span more */
#define SLICE_SIZE	(8 * 1024 * 1024)

#define ST_SORT sort_by_period
#define ST_ELEMENT_TYPE LedgerRow
#define ST_COMPARE(a, b) ((a)->period < (b)->period ? -1 : (a)->period > (b)->period)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

void
ledger_grouper_init(LedgerGrouper *grouper, CustomerKind kind, int scale, int32 last)
{
	memset(grouper, 0, sizeof(LedgerGrouper));
	grouper->scatter.kind = kind;
	grouper->scale = scale;
	grouper->last = last;
}

/*
 * A row's amount at the grouper's scale.
 */
static inline int128
row_amount(const LedgerGrouper *grouper, const LedgerRow *row)
{
	if (likely(row->scale == grouper->scale))
		return row->value;
	return money_rescale_narrow(row->value, grouper->scale - row->scale);
}

/*
 * Take in the rows of one period; returns the first row of another one.
 */
static inline LedgerRow *
sum_period(LedgerGrouper *grouper, LedgerRow *row, LedgerRow *end,
		   int128 *amount, int128 *level)
{
	int32		period = row->period;
	int64		touches = 0;

	for (; row < end && row->period == period; row++)
	{
		touches += row->touches;
		if (likely(row->kind == ROW_AMOUNT))
			add_money(amount, row_amount(grouper, row));
		else if (row->kind == ROW_LEVEL)
			add_money(level, row_amount(grouper, row));
		else
			add_touches(&touches, row->value);
	}
	if (grouper->touches != NULL && touches != 0)
		add_touches(&grouper->touches[period - grouper->first], touches);
	return row;
}

/*
 * Put a level that holds from one period up to, not including, another one.
 */
static inline void
put_level(LedgerGrouper *grouper, int128 level, int64 from, int64 until)
{
	RevenueSeries *series = &grouper->series;
	RevenueRun *before = series->length > 0 ? &series->runs[series->length - 1] : NULL;

	if (level == 0 || from >= until)
		return;
	if (before != NULL && before->amount == level && run_end(before) == from)
		before->length += until - from;
	else
		series_append(series, (int32) from, (int32) (until - from), money_check(level));
}

/*
 * Slices
 */

/* The rows of a group in the current slice, in order of period */
static inline void
rows_of_group(LedgerGrouper *grouper, int64 group, LedgerRow **begin, LedgerRow **end)
{
	*begin = scatter_rows_begin(&grouper->scatter, group);
	*end = scatter_rows_end(&grouper->scatter, group);
	sort_by_period(*begin, *end - *begin);
}

/* Where the sums of a group begin; it may be the one after the last */
static inline int64
begin_of_sums(const LedgerGrouper *grouper, int64 group)
{
	return group == 0 ? 0 : grouper->ends_of_sums[group - 1];
}

/* The sums of one group and of its new rows, to be read from the end */
typedef struct GroupSums
{
	LedgerRow  *rows;
	LedgerRow  *rows_end;
	PeriodSum  *sums;
	PeriodSum  *sums_end;
} GroupSums;

/*
 * Take the last period out of a group's sums and rows; what it comes to is
 * written before a place, which is returned.
 */
static PeriodSum *
sum_last_period(LedgerGrouper *grouper, GroupSums *group, PeriodSum *place)
{
	int128		amounts[] = {[ROW_AMOUNT] = 0, [ROW_LEVEL] = 0};
	int32		period = PG_INT32_MIN;

	if (group->rows < group->rows_end)
		period = group->rows_end[-1].period;
	if (group->sums < group->sums_end)
		period = Max(period, group->sums_end[-1].period);
	while (group->sums < group->sums_end && group->sums_end[-1].period == period)
	{
		group->sums_end--;
		amounts[group->sums_end->kind] = group->sums_end->amount;
	}
	if (group->rows < group->rows_end && group->rows_end[-1].period == period)
	{
		LedgerRow  *end = group->rows_end;

		while (group->rows < group->rows_end && group->rows_end[-1].period == period)
			group->rows_end--;
		(void) sum_period(grouper, group->rows_end, end, &amounts[ROW_AMOUNT],
						  &amounts[ROW_LEVEL]);
	}
	for (int kind = ROW_LEVEL; kind >= ROW_AMOUNT; kind--)
	{
		if (amounts[kind] != 0)
		{
			place--;
			place->amount = amounts[kind];
			place->period = period;
			place->kind = kind;
		}
	}
	return place;
}

/*
 * Copy the keys of new groups, whose rows are about to go, and make room for
 * their sums.
 */
static void
keep_new_groups(LedgerGrouper *grouper)
{
	if (grouper->keys == NULL)
		grouper->keys = AllocSetContextCreate(CurrentMemoryContext, "nrr keys of grouped rows",
											  ALLOCSET_DEFAULT_SIZES);
	if (grouper->scatter.ngroups > grouper->ends_capacity)
	{
		grouper->ends_capacity = grouper->scatter.groups_capacity;
		if (grouper->ends_of_sums == NULL)
			grouper->ends_of_sums = MemoryContextAllocHuge(CurrentMemoryContext,
														   grouper->ends_capacity * sizeof(int64));
		else
			grouper->ends_of_sums = repalloc_huge(grouper->ends_of_sums,
												  grouper->ends_capacity * sizeof(int64));
	}
	for (; grouper->nends < grouper->scatter.ngroups; grouper->nends++)
	{
		CustomerKey *key = &grouper->scatter.groups[grouper->nends].customer;

		grouper->ends_of_sums[grouper->nends] = grouper->nsums;
		if (key->length > 0)
			key->bytes = memcpy(MemoryContextAlloc(grouper->keys, key->length),
								key->bytes, key->length);
	}
}

static void
reserve_sums(LedgerGrouper *grouper, int64 nsums)
{
	if (nsums <= grouper->sums_capacity)
		return;
	grouper->sums_capacity = nsums + nsums / 4;
	if (grouper->sums == NULL)
		grouper->sums = MemoryContextAllocHuge(CurrentMemoryContext,
											   grouper->sums_capacity * sizeof(PeriodSum));
	else
		grouper->sums = repalloc_huge(grouper->sums, grouper->sums_capacity * sizeof(PeriodSum));
}

/*
 * Add the rows of the current slice to the sums, in place: from the last one
 * back, written behind all that is still to be read, of which there is never
 * less than comes of it.
 */
static void
sum_slice(LedgerGrouper *grouper)
{
	int64		end = grouper->nsums + grouper->scatter.nrows;
	PeriodSum  *place;
	int64		moved;

	keep_new_groups(grouper);
	reserve_sums(grouper, end);
	place = grouper->sums + end;
	for (int64 i = grouper->scatter.ngroups - 1; i >= 0; i--)
	{
		GroupSums	group;

		if ((i & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		rows_of_group(grouper, i, &group.rows, &group.rows_end);
		group.sums = grouper->sums + begin_of_sums(grouper, i);
		group.sums_end = grouper->sums + grouper->ends_of_sums[i];
		grouper->ends_of_sums[i] = place - grouper->sums;
		while (group.rows < group.rows_end || group.sums < group.sums_end)
			place = sum_last_period(grouper, &group, place);
	}
	moved = place - grouper->sums;
	grouper->nsums = end - moved;
	memmove(grouper->sums, place, grouper->nsums * sizeof(PeriodSum));
	for (int64 i = 0; i < grouper->scatter.ngroups; i++)
		grouper->ends_of_sums[i] -= moved;
	grouper->scatter.nrows = 0;
	grouper->is_summed = true;
}

/*
 * Loading
 */

/* Rows that a stretch of a partition has at most, given its bytes */
static inline int64
most_rows(const RowPartition *partition, Size bytes)
{
	return bytes / ledger_row_min_size(&partition->packing);
}

/*
 * Begin a set whose first slice has up to so many rows.
 */
static void
begin_set(LedgerGrouper *grouper, int64 nrows)
{
	scatter_begin_set(&grouper->scatter, nrows);
	grouper->next_group = 0;
	grouper->is_summed = false;
	grouper->nsums = 0;
	grouper->nends = 0;
	if (grouper->keys != NULL)
		MemoryContextReset(grouper->keys);
}

/* Add a partition's rows to the set */
static void
load_partition(LedgerGrouper *grouper, const RowPartition *partition)
{
	const RowSpan *span = partition->spans;

	while (span != NULL)
	{
		const RowSpan *first = span;
		Size		bytes = 0;

		for (; span != NULL && bytes < SLICE_SIZE; span = span->next)
			bytes += span->end - span->rows;
		if (grouper->scatter.nrows > 0)
			sum_slice(grouper);
		scatter_begin_slice(&grouper->scatter, most_rows(partition, bytes));
		scatter_slice(&grouper->scatter, &partition->packing, first, span);
	}
	if (partition->more || (grouper->is_summed && grouper->scatter.nrows > 0))
		sum_slice(grouper);
}

/*
 * Load all rows of some customers.
 */
void
ledger_grouper_load_rows(LedgerGrouper *grouper, const RowPartition *partition)
{
	CHECK_FOR_INTERRUPTS();
	begin_set(grouper, most_rows(partition, Min(row_partition_bytes(partition), SLICE_SIZE)));
	load_partition(grouper, partition);
}

/*
 * Load the rows of the next customers; false if there are none left.
 */
bool
ledger_grouper_load(LedgerGrouper *grouper, RowCursor *cursor)
{
	const RowPartition *partition = row_cursor_next(cursor);

	if (partition == NULL)
		return false;
	ledger_grouper_load_rows(grouper, partition);
	while (partition->more)
	{
		partition = row_cursor_next(cursor);
		load_partition(grouper, partition);
	}
	return true;
}

/*
 * Reading
 */

/* Where in a customer's time its series is */
typedef struct SeriesTime
{
	int128		level;
	int64		next;			/* the period after those that are done */
} SeriesTime;

/*
 * Put the next period in which anything is, with its amount and what the level
 * changes by.
 */
static inline void
put_period(LedgerGrouper *grouper, SeriesTime *time, int32 period, int128 amount, int128 change)
{
	int64		end = (int64) grouper->last + 1;

	put_level(grouper, time->level, time->next, Min(period, end));
	add_money(&time->level, change);
	add_money(&amount, time->level);
	if (amount != 0 && period < end)
		series_append(&grouper->series, period, 1, money_check(amount));
	time->next = (int64) period + 1;
}

static inline void
put_rows(LedgerGrouper *grouper, SeriesTime *time, int64 group)
{
	LedgerRow  *row,
			   *end;

	rows_of_group(grouper, group, &row, &end);
	while (row < end)
	{
		int32		period = row->period;
		int128		amount = 0,
					change = 0;

		row = sum_period(grouper, row, end, &amount, &change);
		put_period(grouper, time, period, amount, change);
	}
}

static void
put_sums(LedgerGrouper *grouper, SeriesTime *time, int64 group)
{
	const PeriodSum *sum = grouper->sums + begin_of_sums(grouper, group);
	const PeriodSum *end = grouper->sums + grouper->ends_of_sums[group];

	while (sum < end)
	{
		int32		period = sum->period;
		int128		amounts[] = {[ROW_AMOUNT] = 0, [ROW_LEVEL] = 0};

		for (; sum < end && sum->period == period; sum++)
			amounts[sum->kind] = sum->amount;
		put_period(grouper, time, period, amounts[ROW_AMOUNT], amounts[ROW_LEVEL]);
	}
}

/*
 * Go to the next customer, whose key and series are then in the grouper until
 * the one after it; false when there is none left.  A customer whose amounts
 * all cancel out has an empty series.
 */
bool
ledger_grouper_next(LedgerGrouper *grouper)
{
	SeriesTime	time = {0};
	int64		group = grouper->next_group;

	if (group == grouper->scatter.ngroups)
		return false;
	CHECK_FOR_INTERRUPTS();
	grouper->next_group++;
	grouper->customer = grouper->scatter.groups[group].customer;
	grouper->series.length = 0;
	if (grouper->is_summed)
		put_sums(grouper, &time, group);
	else
		put_rows(grouper, &time, group);
	put_level(grouper, time.level, time.next, (int64) grouper->last + 1);
	return true;
}

void
ledger_grouper_free(LedgerGrouper *grouper)
{
	scatter_free(&grouper->scatter);
	if (grouper->series.runs != NULL)
		pfree(grouper->series.runs);
	if (grouper->sums != NULL)
		pfree(grouper->sums);
	if (grouper->ends_of_sums != NULL)
		pfree(grouper->ends_of_sums);
	if (grouper->keys != NULL)
		MemoryContextDelete(grouper->keys);
}
