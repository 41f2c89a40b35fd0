/*-------------------------------------------------------------------------
 *
 * ledger/group.c
 *	  From rows in no order to customers, each with its series of periods.
 *
 * A set of rows is grouped in three passes that never leave a processor's
 * cache for a partition of the usual size: number the customers by a hash
 * table, count their rows, and scatter what remains of each row to its
 * customer's place.  A customer's few rows are then put in order of period,
 * which they mostly are in already, and summed.
 *
 * A set too big for that comes in slices, each of which is grouped and summed
 * into what is known of the customers so far.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/group.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#define MIN_SLOTS	16

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
 * Begin a set whose first slice has up to so many rows.
 */
static void
begin_set(LedgerGrouper *grouper, int64 nrows)
{
	int64		nslots = Max(MIN_SLOTS, pg_nextpower2_64(nrows / 4 + 1));

	if (nslots > grouper->nslots)
	{
		grouper->nslots = nslots;
		grouper->slots = renew(grouper->slots, nslots * sizeof(uint32));
	}
	memset(grouper->slots, 0, grouper->nslots * sizeof(uint32));
	grouper->ngroups = 0;
	grouper->next_group = 0;
	grouper->nrows = 0;
	grouper->is_summed = false;
	grouper->nsums = 0;
	grouper->nends = 0;
	if (grouper->keys != NULL)
		MemoryContextReset(grouper->keys);
}

/*
 * Make room for a slice of up to so many rows.
 */
static void
begin_slice(LedgerGrouper *grouper, int64 nrows)
{
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
	for (int64 i = 0; i < grouper->ngroups; i++)
		grouper->groups[i].end = 0;
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

/*
 * Group the rows from a span up to, not including, another one.
 */
static void
group_slice(LedgerGrouper *grouper, const RowPacking *packing,
			const RowSpan *first, const RowSpan *after)
{
	uint32		number = 0;
	uint32		begin = 0;
	uint32		group = 0;

	for (const RowSpan *span = first; span != after; span = span->next)
	{
		CHECK_FOR_INTERRUPTS();
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			group = find_group_of_row(grouper, packing, place, group);
			grouper->group_of_row[number++] = group;
			grouper->groups[group].end++;
		}
	}
	grouper->nrows = number;

	/* from counts to where each customer's rows begin */
	for (int64 i = 0; i < grouper->ngroups; i++)
	{
		uint32		count = grouper->groups[i].end;

		grouper->groups[i].end = begin;
		begin += count;
	}

	number = 0;
	for (const RowSpan *span = first; span != after; span = span->next)
	{
		CHECK_FOR_INTERRUPTS();
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
 * Slices
 */

/* The rows of a group in the current slice, in order of period */
static inline void
rows_of_group(LedgerGrouper *grouper, int64 group, LedgerRow **begin, LedgerRow **end)
{
	*begin = grouper->rows + (group == 0 ? 0 : grouper->groups[group - 1].end);
	*end = grouper->rows + grouper->groups[group].end;
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
	if (grouper->ngroups > grouper->ends_capacity)
	{
		grouper->ends_capacity = grouper->groups_capacity;
		if (grouper->ends_of_sums == NULL)
			grouper->ends_of_sums = MemoryContextAllocHuge(CurrentMemoryContext,
														   grouper->ends_capacity * sizeof(int64));
		else
			grouper->ends_of_sums = repalloc_huge(grouper->ends_of_sums,
												  grouper->ends_capacity * sizeof(int64));
	}
	for (; grouper->nends < grouper->ngroups; grouper->nends++)
	{
		CustomerKey *key = &grouper->groups[grouper->nends].customer;

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
	int64		end = grouper->nsums + grouper->nrows;
	PeriodSum  *place;
	int64		moved;

	keep_new_groups(grouper);
	reserve_sums(grouper, end);
	place = grouper->sums + end;
	for (int64 i = grouper->ngroups - 1; i >= 0; i--)
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
	for (int64 i = 0; i < grouper->ngroups; i++)
		grouper->ends_of_sums[i] -= moved;
	grouper->nrows = 0;
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
		if (grouper->nrows > 0)
			sum_slice(grouper);
		begin_slice(grouper, most_rows(partition, bytes));
		group_slice(grouper, &partition->packing, first, span);
	}
	if (partition->more || (grouper->is_summed && grouper->nrows > 0))
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

	if (group == grouper->ngroups)
		return false;
	CHECK_FOR_INTERRUPTS();
	grouper->next_group++;
	grouper->customer = grouper->groups[group].customer;
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
	if (grouper->rows != NULL)
	{
		pfree(grouper->rows);
		pfree(grouper->group_of_row);
	}
	if (grouper->groups != NULL)
		pfree(grouper->groups);
	if (grouper->slots != NULL)
		pfree(grouper->slots);
	if (grouper->series.runs != NULL)
		pfree(grouper->series.runs);
	if (grouper->sums != NULL)
		pfree(grouper->sums);
	if (grouper->ends_of_sums != NULL)
		pfree(grouper->ends_of_sums);
	if (grouper->keys != NULL)
		MemoryContextDelete(grouper->keys);
}
