/*-------------------------------------------------------------------------
 *
 * ledger_group.c
 *	  From rows in no order to customers, each with its series of periods.
 *
 * A set of rows is grouped in three passes that never leave a processor's
 * cache for a partition of the usual size: number the customers by a hash
 * table, count their rows, and scatter what remains of each row to its
 * customer's place.  A customer's few rows are then put in order of period,
 * which they mostly are in already, and summed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_group.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#define MIN_SLOTS	16

#define ST_SORT sort_by_period
#define ST_ELEMENT_TYPE GroupedRow
#define ST_COMPARE(a, b) ((a)->period < (b)->period ? -1 : (a)->period > (b)->period)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

void
ledger_grouper_init(LedgerGrouper *grouper, CustomerKind kind, int scale, int32 last)
{
	memset(grouper, 0, sizeof(LedgerGrouper));
	grouper->kind = kind;
	grouper->scale = scale;
	grouper->last = last;
}

/* A bigger array for the next load; what was in it is of no use any more */
static void *
renew(void *array, Size size)
{
	if (array != NULL)
		pfree(array);
	return MemoryContextAllocHuge(CurrentMemoryContext, size);
}

/*
 * Make room for up to so many rows.
 */
static void
prepare(LedgerGrouper *grouper, int64 nrows)
{
	int64		nslots = Max(MIN_SLOTS, pg_nextpower2_64(nrows / 4 + 1));

	if (nrows >= PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many billing rows for one ledger")));
	if (nrows > grouper->rows_capacity)
	{
		grouper->rows_capacity = nrows + nrows / 4;
		grouper->rows = renew(grouper->rows, grouper->rows_capacity * sizeof(GroupedRow));
		grouper->group_of_row = renew(grouper->group_of_row,
									  grouper->rows_capacity * sizeof(uint32));
	}
	if (nslots > grouper->nslots)
	{
		grouper->nslots = nslots;
		grouper->slots = renew(grouper->slots, nslots * sizeof(uint32));
	}
	memset(grouper->slots, 0, grouper->nslots * sizeof(uint32));
	grouper->ngroups = 0;
	grouper->next_group = 0;
}

static void
grow_slots(LedgerGrouper *grouper)
{
	uint64		mask;

	grouper->nslots *= 4;
	mask = grouper->nslots - 1;
	grouper->slots = renew(grouper->slots, grouper->nslots * sizeof(uint32));
	memset(grouper->slots, 0, grouper->nslots * sizeof(uint32));
	for (uint32 group = 0; group < grouper->ngroups; group++)
	{
		uint64		slot = grouper->groups[group].hash & mask;

		while (grouper->slots[slot] != 0)
			slot = (slot + 1) & mask;
		grouper->slots[slot] = group + 1;
	}
}

static uint32
add_group(LedgerGrouper *grouper, const CustomerKey *customer, uint32 hash)
{
	CustomerGroup *group;

	if (grouper->ngroups == grouper->groups_capacity)
	{
		grouper->groups_capacity = Max(MIN_SLOTS, grouper->groups_capacity * 2);
		if (grouper->groups == NULL)
			grouper->groups = palloc(grouper->groups_capacity * sizeof(CustomerGroup));
		else
			grouper->groups = repalloc_huge(grouper->groups,
											grouper->groups_capacity * sizeof(CustomerGroup));
	}
	group = &grouper->groups[grouper->ngroups];
	group->customer = *customer;
	group->hash = hash;
	group->end = 0;
	return grouper->ngroups++;
}

/*
 * The number of a row's customer among those of this load.
 */
static inline uint32
find_group(LedgerGrouper *grouper, const LedgerRow *row)
{
	CustomerKey customer;
	uint32		hash;
	uint64		slot;

	ledger_row_key(row, grouper->kind, &customer);
	hash = (uint32) customer_hash(grouper->kind, &customer);
	slot = hash & (grouper->nslots - 1);
	while (grouper->slots[slot] != 0)
	{
		uint32		number = grouper->slots[slot] - 1;
		CustomerGroup *group = &grouper->groups[number];

		if (group->hash == hash && customer_equal(grouper->kind, &group->customer, &customer))
			return number;
		slot = (slot + 1) & (grouper->nslots - 1);
	}

	grouper->slots[slot] = grouper->ngroups + 1;
	if (grouper->ngroups >= grouper->nslots / 2)
	{
		uint32		number = add_group(grouper, &customer, hash);

		grow_slots(grouper);
		return number;
	}
	return add_group(grouper, &customer, hash);
}

void
ledger_grouper_load(LedgerGrouper *grouper, const RowPartition *partition)
{
	uint32		number = 0;
	uint32		begin = 0;
	uint32		group = 0;

	CHECK_FOR_INTERRUPTS();
	prepare(grouper, row_partition_bytes(partition) / sizeof(LedgerRow));
	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		const LedgerRow *end = row_span_end(partition, span);

		for (const LedgerRow *row = row_span_begin(span); row < end; row = ledger_row_next(row))
		{
			if (row->key_length != SAME_CUSTOMER)
				group = find_group(grouper, row);
			grouper->group_of_row[number++] = group;
			grouper->groups[group].end++;
		}
	}

	/* from counts to where each customer's rows begin */
	for (int64 i = 0; i < grouper->ngroups; i++)
	{
		uint32		count = grouper->groups[i].end;

		grouper->groups[i].end = begin;
		begin += count;
	}

	number = 0;
	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		const LedgerRow *end = row_span_end(partition, span);

		for (const LedgerRow *row = row_span_begin(span); row < end; row = ledger_row_next(row))
		{
			CustomerGroup *customer = &grouper->groups[grouper->group_of_row[number++]];
			GroupedRow *grouped = &grouper->rows[customer->end++];

			grouped->value = ledger_row_value(row);
			grouped->period = row->period;
			grouped->scale = row->scale;
			grouped->touches = row->touches;
			grouped->kind = row->kind;
		}
	}
}

/*
 * A row's amount at the grouper's scale.
 */
static inline int128
row_amount(const LedgerGrouper *grouper, const GroupedRow *row)
{
	if (likely(row->scale == grouper->scale))
		return row->value;
	return money_rescale_narrow(row->value, grouper->scale - row->scale);
}

/*
 * Take in the rows of one period; returns the first row of another one.
 */
static inline GroupedRow *
sum_period(LedgerGrouper *grouper, GroupedRow *row, GroupedRow *end,
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
			touches += row->value;
	}
	if (grouper->touches != NULL && touches != 0)
		grouper->touches[period - grouper->first] += touches;
	return row;
}

/*
 * Put a level that holds from one period up to, not including, another one.
 */
static inline void
put_level(LedgerGrouper *grouper, int128 level, int64 from, int64 until)
{
	RevenueSeries *series = &grouper->series;
	RevenueRun *before = series->runs + series->length - 1;

	if (level == 0 || from >= until)
		return;
	if (series->length > 0 && before->amount == level && run_end(before) == from)
		before->length += until - from;
	else
		series_append(series, (int32) from, (int32) (until - from), money_check(level));
}

/*
 * Go to the next customer, whose key and series are then in the grouper until
 * the one after it; false when there is none left.  A customer whose amounts
 * all cancel out has an empty series.
 */
bool
ledger_grouper_next(LedgerGrouper *grouper)
{
	CustomerGroup *group;
	GroupedRow *row,
			   *end;
	int128		level = 0;
	int64		next = 0;		/* the period after those that are done */
	int64		last_end = (int64) grouper->last + 1;

	if (grouper->next_group == grouper->ngroups)
		return false;
	group = &grouper->groups[grouper->next_group];
	row = grouper->rows + (grouper->next_group == 0 ? 0 : group[-1].end);
	end = grouper->rows + group->end;
	grouper->next_group++;

	sort_by_period(row, end - row);
	grouper->customer = group->customer;
	grouper->series.length = 0;
	while (row < end)
	{
		int32		period = row->period;
		int128		amount = 0;

		put_level(grouper, level, next, Min(period, last_end));
		row = sum_period(grouper, row, end, &amount, &level);
		add_money(&amount, level);
		if (amount != 0 && period < last_end)
			series_append(&grouper->series, period, 1, money_check(amount));
		next = (int64) period + 1;
	}
	put_level(grouper, level, next, last_end);
	return true;
}

void
ledger_grouper_free(LedgerGrouper *grouper)
{
	if (grouper->rows != NULL)
	{
		pfree(grouper->rows);
		pfree(grouper->group_of_row);
		pfree(grouper->groups);
	}
	if (grouper->slots != NULL)
		pfree(grouper->slots);
	if (grouper->series.runs != NULL)
		pfree(grouper->series.runs);
}
