/*-------------------------------------------------------------------------
 *
 * ledger_rows.h
 *	  Billing rows on their way into a ledger, compact and in no order.
 *
 * A row is a fixed part and the customer's key, side by side.  Rows lie one
 * after the other in spans of memory: a small state is one span, a big one is
 * split by a hash of the customer into partitions of many spans each, so that
 * the rows of a customer are found together, a cache's worth at a time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_ROWS_H
#define NRR_LEDGER_ROWS_H

#include "customer.h"

/*
 * An amount is value / 10^scale.  A wide one takes two rows, high digits and
 * low ones, the first of which has a scale that may be negative and counts for
 * no row.
 */
typedef struct LedgerRow
{
	int64		value;
	int32		period;
	int8		scale;
	int8		count;			/* billing rows that this one stands for */
	uint16		key_length;
	/* int64 or bytes of the key follow, and padding */
} LedgerRow;

#define LEDGER_ROW_KEY(row)		((const char *) (row) + sizeof(LedgerRow))
#define LEDGER_ROW_SIZE(key_length) \
	MAXALIGN(sizeof(LedgerRow) + ((key_length) == 0 ? sizeof(int64) : (key_length)))
#define LEDGER_ROW_NEXT(row) \
	((const LedgerRow *) ((const char *) (row) + LEDGER_ROW_SIZE((row)->key_length)))

/* A stretch of rows; in a list, those that follow it too */
typedef struct RowSpan
{
	struct RowSpan *next;
	char	   *rows;
	Size		used;
	Size		size;
} RowSpan;

/* The first row of a span, and the end of its last one */
#define ROW_SPAN_BEGIN(span)	((const LedgerRow *) (span)->rows)
#define ROW_SPAN_END(span)		((const LedgerRow *) ((span)->rows + (span)->used))

typedef struct RowPartition
{
	RowSpan    *spans;			/* in order of arrival */
	RowSpan    *last_span;
	int64		nrows;
} RowPartition;

/* All rows in one partition, or the highest bits of the hash choose it */
#define MANY_PARTITIONS	256

typedef struct PartitionedRows
{
	MemoryContext context;
	int64		nrows;
	int			npartitions;	/* 1 or MANY_PARTITIONS */
	RowPartition *partitions;
} PartitionedRows;

extern void partitioned_rows_init(PartitionedRows *rows, MemoryContext context, int npartitions);
extern void row_partition_grow(PartitionedRows *rows, RowPartition *partition, Size row_size);

/*
 * Write a row where there is room for one.
 */
static inline void
ledger_row_put(char *place, const LedgerRow *row, const CustomerKey *key)
{
	memcpy(place, row, sizeof(LedgerRow));
	if (key->length == 0)
		memcpy(place + sizeof(LedgerRow), &key->number, sizeof(int64));
	else
		memcpy(place + sizeof(LedgerRow), key->bytes, key->length);
}

static inline void
ledger_row_key(const LedgerRow *row, CustomerKind kind, CustomerKey *key)
{
	key->length = row->key_length;
	if (kind == CUSTOMER_INTEGER)
		memcpy(&key->number, LEDGER_ROW_KEY(row), sizeof(int64));
	else
		key->bytes = LEDGER_ROW_KEY(row);
}

static inline void
partitioned_rows_append(PartitionedRows *rows, CustomerKind kind,
						const LedgerRow *row, const CustomerKey *key)
{
	RowPartition *partition = rows->partitions;
	Size		size = LEDGER_ROW_SIZE(key->length);
	RowSpan    *span;

	if (rows->npartitions > 1)
		partition += customer_hash(kind, key) >> 56;
	span = partition->last_span;
	if (unlikely(span == NULL || span->size - span->used < size))
	{
		row_partition_grow(rows, partition, size);
		span = partition->last_span;
	}
	ledger_row_put(span->rows + span->used, row, key);
	span->used += size;
	partition->nrows++;
	rows->nrows++;
}

#endif							/* NRR_LEDGER_ROWS_H */
