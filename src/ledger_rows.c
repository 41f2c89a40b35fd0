/*-------------------------------------------------------------------------
 *
 * ledger_rows.c
 *	  Billing rows on their way into a ledger, compact and in no order.
 *
 * Only their memory: what a row means is for those who put and read it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_rows.h"

/* Spans of a partition begin small, for many partitions stay so, and double */
#define FIRST_SPAN_SIZE	1024
#define LAST_SPAN_SIZE	(64 * 1024)

void
partitioned_rows_init(PartitionedRows *rows, MemoryContext context, int npartitions)
{
	rows->context = context;
	rows->npartitions = npartitions;
	rows->partitions = MemoryContextAllocZero(context, npartitions * sizeof(RowPartition));
}

/*
 * Give a partition a span with room for a row of that size.
 */
void
row_partition_grow(PartitionedRows *rows, RowPartition *partition, Size row_size)
{
	RowSpan    *last = partition->last_span;
	Size		header = MAXALIGN(sizeof(RowSpan));
	Size		size = FIRST_SPAN_SIZE;
	RowSpan    *span;

	if (last != NULL)
		size = Min(LAST_SPAN_SIZE, 2 * (partition->limit - (char *) last));
	size = Max(size, header + row_size);
	span = MemoryContextAlloc(rows->context, size);
	span->next = NULL;
	span->rows = (char *) span + header;
	if (last == NULL)
		partition->spans = span;
	else
	{
		last->end = partition->free;
		last->next = span;
	}
	partition->last_span = span;
	partition->free = span->rows;
	partition->limit = (char *) span + size;
}
