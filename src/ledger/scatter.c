/*-------------------------------------------------------------------------
 *
 * ledger/scatter.c
 *	  A slice of rows in no order, put together by customer.
 *
 * This takes three passes that never leave a processor's cache for a partition
 * of the usual size: number the customers by a hash table, count their rows, and
 * scatter what remains of each row to its customer's place.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/scatter.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

#define MIN_SLOTS	16

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
void
scatter_begin_set(RowScatter *scatter, int64 nrows)
{
	int64		nslots = Max(MIN_SLOTS, pg_nextpower2_64(nrows / 4 + 1));

	if (nslots > scatter->nslots)
	{
		scatter->nslots = nslots;
		scatter->slots = renew(scatter->slots, nslots * sizeof(uint32));
	}
	memset(scatter->slots, 0, scatter->nslots * sizeof(uint32));
	scatter->ngroups = 0;
	scatter->nrows = 0;
}

/*
 * Make room for a slice of up to so many rows.
 */
void
scatter_begin_slice(RowScatter *scatter, int64 nrows)
{
	if (nrows >= PG_UINT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many billing rows for one ledger")));
	if (nrows > scatter->rows_capacity)
	{
		scatter->rows_capacity = nrows + nrows / 4;
		scatter->rows = renew(scatter->rows, scatter->rows_capacity * sizeof(LedgerRow));
		scatter->group_of_row = renew(scatter->group_of_row,
									  scatter->rows_capacity * sizeof(uint32));
	}
	for (int64 i = 0; i < scatter->ngroups; i++)
		scatter->groups[i].end = 0;
}

static void
grow_slots(RowScatter *scatter)
{
	uint64		mask;

	scatter->nslots *= 4;
	mask = scatter->nslots - 1;
	scatter->slots = renew(scatter->slots, scatter->nslots * sizeof(uint32));
	memset(scatter->slots, 0, scatter->nslots * sizeof(uint32));
	for (uint32 group = 0; group < scatter->ngroups; group++)
	{
		uint64		slot = scatter->groups[group].hash & mask;

		while (scatter->slots[slot] != 0)
			slot = (slot + 1) & mask;
		scatter->slots[slot] = group + 1;
	}
}

static uint32
add_group(RowScatter *scatter, const CustomerKey *customer, uint32 hash)
{
	CustomerGroup *group;

	if (scatter->ngroups == scatter->groups_capacity)
	{
		scatter->groups_capacity = Max(MIN_SLOTS, scatter->groups_capacity * 2);
		if (scatter->groups == NULL)
			scatter->groups = palloc(scatter->groups_capacity * sizeof(CustomerGroup));
		else
			scatter->groups = repalloc_huge(scatter->groups,
											scatter->groups_capacity * sizeof(CustomerGroup));
	}
	group = &scatter->groups[scatter->ngroups];
	group->customer = *customer;
	group->hash = hash;
	group->end = 0;
	return scatter->ngroups++;
}

/*
 * Is the group that of a customer, or if that is NULL, of the small integer with
 * the hash?
 */
static inline bool
is_group_of(const RowScatter *scatter, const CustomerGroup *group, uint32 hash,
			const CustomerKey *customer)
{
	if (group->hash != hash)
		return false;
	if (customer == NULL)
		return customer_is_small(&group->customer);
	return customer_equal(scatter->kind, &group->customer, customer);
}

/*
 * The number of a customer, as above, among those of this load.
 */
static pg_attribute_always_inline uint32
find_group(RowScatter *scatter, uint32 hash, const CustomerKey *customer)
{
	uint64		slot = hash & (scatter->nslots - 1);
	CustomerKey key;
	uint32		number;

	while (scatter->slots[slot] != 0)
	{
		number = scatter->slots[slot] - 1;
		if (is_group_of(scatter, &scatter->groups[number], hash, customer))
			return number;
		slot = (slot + 1) & (scatter->nslots - 1);
	}

	key = customer == NULL ? customer_of_hash(hash) : *customer;
	number = add_group(scatter, &key, hash);
	scatter->slots[slot] = number + 1;
	if (scatter->ngroups > scatter->nslots / 2)
		grow_slots(scatter);
	return number;
}

/*
 * The same for a packed row, given the number of the row before.
 */
static inline uint32
find_group_of_row(RowScatter *scatter, const RowPacking *packing, const char *place,
				  uint32 before)
{
	uint64		word = *(const uint64 *) place;
	CustomerKey customer;

	if (ledger_row_form(word) == ROW_SHORT)
		return find_group(scatter, ledger_row_hash(packing, word), NULL);
	if (ledger_row_key_length(word) == SAME_CUSTOMER)
		return before;
	ledger_row_customer(place, packing, &customer);
	return find_group(scatter, (uint32) customer_hash(scatter->kind, &customer), &customer);
}

/*
 * Number the customers of the rows from a span up to, not including, another
 * one, and count their rows.
 */
static void
count_rows(RowScatter *scatter, const RowPacking *packing,
		   const RowSpan *first, const RowSpan *after)
{
	uint32		number = 0;
	uint32		group = 0;

	for (const RowSpan *span = first; span != after; span = span->next)
	{
		CHECK_FOR_INTERRUPTS();
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			group = find_group_of_row(scatter, packing, place, group);
			scatter->group_of_row[number++] = group;
			scatter->groups[group].end++;
		}
	}
	scatter->nrows = number;
}

/*
 * Turn the counts into the places at which each customer's rows begin.
 */
static void
place_groups(RowScatter *scatter)
{
	uint32		begin = 0;

	for (int64 i = 0; i < scatter->ngroups; i++)
	{
		uint32		count = scatter->groups[i].end;

		scatter->groups[i].end = begin;
		begin += count;
	}
}

/*
 * Put the rows from a span up to, not including, another one together by
 * customer.
 */
void
scatter_slice(RowScatter *scatter, const RowPacking *packing,
			  const RowSpan *first, const RowSpan *after)
{
	uint32		number = 0;

	count_rows(scatter, packing, first, after);
	place_groups(scatter);
	for (const RowSpan *span = first; span != after; span = span->next)
	{
		CHECK_FOR_INTERRUPTS();
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			CustomerGroup *customer = &scatter->groups[scatter->group_of_row[number++]];

			ledger_row_get(place, packing, &scatter->rows[customer->end++]);
		}
	}
}

void
scatter_free(RowScatter *scatter)
{
	if (scatter->rows != NULL)
	{
		pfree(scatter->rows);
		pfree(scatter->group_of_row);
	}
	if (scatter->groups != NULL)
		pfree(scatter->groups);
	if (scatter->slots != NULL)
		pfree(scatter->slots);
}
