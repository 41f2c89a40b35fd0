/*-------------------------------------------------------------------------
 *
 * ledger/partitions.c
 *	  Rows of a ledger in the making, in one partition or split into many.
 *
 * Knows of rows their customer, and what decides how short they can be packed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/partitions.h"
#include "miscadmin.h"

/*
 * The first span of a partition is small, because most partitions stay small;
 * each further one has twice the size.
 */
#define FIRST_SPAN_SIZE	1024
#define LAST_SPAN_SIZE	(64 * 1024)

/* Bytes of rows from which on many partitions are better than one */
#define ONE_PARTITION_LIMIT	(1024 * 1024)

/* Everything stays in memory for now */
#define NO_LIMIT	SIZE_MAX

/*
 * No rows yet, in one partition.
 */
void
partitioned_rows_init(PartitionedRows *rows, RowPool *pool, CustomerKind kind)
{
	memset(rows, 0, sizeof(PartitionedRows));
	rows->pool = pool;
	rows->npartitions = 1;
	rows->tails = &rows->first_tail;
	rows->partitions = &rows->first;
	rows->packing.kind = kind;
	pool->npartitions++;
	dlist_push_tail(&pool->members, &rows->member);
}

/*
 * Make it many partitions, all empty.
 */
void
partitioned_rows_set_many(PartitionedRows *rows, const RowPacking *packing)
{
	RowPool    *pool = rows->pool;

	rows->npartitions = MANY_PARTITIONS;
	rows->tails = MemoryContextAllocZero(pool->context, MANY_PARTITIONS * sizeof(RowTail));
	rows->partitions = MemoryContextAllocZero(pool->context,
											  MANY_PARTITIONS * sizeof(RowPartition));
	pool->npartitions += MANY_PARTITIONS;
	rows->packing = *packing;
	rows->packing.partitioned = true;
	for (int i = 0; i < MANY_PARTITIONS; i++)
	{
		rows->partitions[i].packing = rows->packing;
		if (!packing->partitioned)
			rows->partitions[i].packing.hash_top = i;
	}
}

/*
 * Add all rows of a partition.
 */
void
partitioned_rows_append_partition(PartitionedRows *rows, const RowPartition *partition)
{
	CustomerKey customer = {{0}};
	LedgerRow	row;

	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		CHECK_FOR_INTERRUPTS();
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			ledger_row_get(place, &partition->packing, &row);
			ledger_row_customer(place, &partition->packing, &customer);
			partitioned_rows_append(rows, row, &customer);
		}
	}
}

/*
 * The first period that a packing can hold, given the lowest period known or the
 * first one seen.
 */
static inline int32
packing_first(int32 period)
{
	return period - PACKED_PERIODS / 4;
}

/*
 * Choose how to pack so that most rows like those of a partition are short.
 */
static RowPacking
choose_packing(const RowPartition *partition)
{
	RowPacking	packing = partition->packing;
	int32		first = PG_INT32_MAX;
	LedgerRow	row;

	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		for (const char *place = span->rows; place < span->end; place = ledger_row_next(place))
		{
			ledger_row_get(place, &partition->packing, &row);
			first = Min(first, row.period);
			packing.scale = Max(packing.scale, row.scale);
		}
	}
	packing.first = packing_first(first);
	return packing;
}

/*
 * Split one partition, none of whose rows is in the file, into many.  Until all
 * are copied, memory stays as it is, even over the limit.
 */
static void
split_rows(PartitionedRows *rows)
{
	RowPartition one = rows->first;
	RowPacking	packing;
	Size		limit = rows->pool->limit;

	partitioned_rows_settle(rows);
	packing = choose_packing(&one);
	partitioned_rows_set_many(rows, &packing);
	rows->bytes = 0;
	rows->pool->limit = NO_LIMIT;
	partitioned_rows_append_partition(rows, &one);
	rows->pool->limit = limit;
}

static void
add_span(PartitionedRows *rows, int number, Size row_size)
{
	RowPool    *pool = rows->pool;
	RowPartition *partition = &rows->partitions[number];
	RowTail    *tail = &rows->tails[number];
	RowSpan    *last = partition->last_span;
	Size		header = MAXALIGN(sizeof(RowSpan));
	Size		size = last == NULL ? FIRST_SPAN_SIZE : Min(LAST_SPAN_SIZE, 2 * last->size);
	RowSpan    *span;

	size = Max(size, header + row_size);
	span = row_pool_take(pool, size);
	span->next = NULL;
	span->size = size;
	span->rows = (char *) span + header;
	if (last == NULL)
		partition->spans = span;
	else
	{
		last->end = tail->free;
		last->next = span;
	}
	partition->last_span = span;
	tail->free = span->rows;
	tail->limit = (char *) span + size;
	rows->bytes += size;
}

/*
 * Is there memory for many more partitions?  If not, a partition is split when
 * it is read.
 */
static bool
may_split(const RowPool *pool)
{
	return (pool->npartitions + MANY_PARTITIONS) * FIRST_SPAN_SIZE < pool->limit / 4;
}

/*
 * Make room for a row, and append it.
 */
void
partitioned_rows_grow(PartitionedRows *rows, LedgerRow row, const CustomerKey *key)
{
	uint64		hash;
	int			number;

	if (partitioned_rows_are_none(rows))
	{
		rows->packing.first = packing_first(row.period);
		rows->first.packing = rows->packing;
	}
	if (rows->npartitions == 1 && rows->bytes >= ONE_PARTITION_LIMIT &&
		rows->first.nchunks == 0 && may_split(rows->pool))
		split_rows(rows);
	if (rows->pool->used >= rows->pool->limit)
		row_pool_spill(rows->pool);
	number = partition_number(rows, key, &hash);
	if (rows->tails[number].limit - rows->tails[number].free < LEDGER_ROW_SIZE(key->length))
		add_span(rows, number, LEDGER_ROW_SIZE(key->length));
	partitioned_rows_append(rows, row, key);
}
