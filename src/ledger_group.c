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
		grouper->rows = renew(grouper->rows, grouper->rows_capacity * sizeof(LedgerRow));
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
 * Is the group that of a customer, or if that is NULL, of the small integer with
 * the hash?
 */
static inline bool
is_group_of(const LedgerGrouper *grouper, const CustomerGroup *group, uint32 hash,
			const CustomerKey *customer)
{
	if (group->hash != hash)
		return false;
	if (customer == NULL)
		return customer_is_small(&group->customer);
	return customer_equal(grouper->kind, &group->customer, customer);
}

/*
 * The number of a customer, as above, among those of this load.
 */
static pg_attribute_always_inline uint32
find_group(LedgerGrouper *grouper, uint32 hash, const CustomerKey *customer)
{
	uint64		slot = hash & (grouper->nslots - 1);
	CustomerKey key;
	uint32		number;

	while (grouper->slots[slot] != 0)
	{
		number = grouper->slots[slot] - 1;
		if (is_group_of(grouper, &grouper->groups[number], hash, customer))
			return number;
		slot = (slot + 1) & (grouper->nslots - 1);
	}

	key = customer == NULL ? customer_of_hash(hash) : *customer;
	number = add_group(grouper, &key, hash);
	grouper->slots[slot] = number + 1;
	if (grouper->ngroups > grouper->nslots / 2)
		grow_slots(grouper);
	return number;
}

/*
 * The same for a packed row, given the number of the row before.
 */
static inline uint32
find_group_of_row(LedgerGrouper *grouper, const RowPacking *packing, const char *place,
				  uint32 before)
{
	uint64		word = *(const uint64 *) place;
	CustomerKey customer;

	if (ledger_row_form(word) == ROW_SHORT)
		return find_group(grouper, ledger_row_hash(packing, word), NULL);
	if (ledger_row_key_length(word) == SAME_CUSTOMER)
		return before;
	ledger_row_customer(place, packing, &customer);
	return find_group(grouper, (uint32) customer_hash(grouper->kind, &customer), &customer);
}

void
ledger_grouper_load(LedgerGrouper *grouper, const RowPartition *partition)
{
	const RowPacking *packing = &partition->packing;
	uint32		number = 0;
	uint32		begin = 0;
	uint32		group = 0;

	CHECK_FOR_INTERRUPTS();
	prepare(grouper, row_partition_bytes(partition) / ledger_row_min_size(packing));
	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			group = find_group_of_row(grouper, packing, place, group);
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
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			CustomerGroup *customer = &grouper->groups[grouper->group_of_row[number++]];

			ledger_row_get(place, packing, &grouper->rows[customer->end++]);
		}
	}
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
	RevenueRun *before = series->length > 0 ? &series->runs[series->length - 1] : NULL;

	if (level == 0 || from >= until)
		return;
	if (before != NULL && before->amount == level && run_end(before) == from)
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
	LedgerRow *row,
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
