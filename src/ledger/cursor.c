/*-------------------------------------------------------------------------
 *
 * ledger/cursor.c
 *	  Reads the rows of a ledger in the making, partition by partition.
 *
 * A partition in the file is loaded if memory allows it.  One that is too big is
 * split by further bits of the hash, and what cannot be split is read in parts.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/cursor.h"
#include "utils/memutils.h"

/*
 * Load a partition into memory only if it takes at most this fraction of the
 * limit; the rest is needed for grouping it
 */
#define LOAD_FRACTION	8

/*
 * Do not split more often than this.  Rows that are still together then belong
 * to so few customers that another split would hardly help.
 */
#define MAX_SHIFT	(3 * PARTITION_BITS)

void
row_cursor_begin(RowCursor *cursor, const PartitionedRows *rows)
{
	partitioned_rows_settle(rows);
	memset(cursor, 0, sizeof(RowCursor));
	cursor->rows = rows;
	cursor->indivisible = SIZE_MAX;
}

/* Bytes of a partition's rows in the file */
static Size
chunk_bytes(const RowPartition *partition)
{
	Size		bytes = 0;

	for (int i = 0; i < partition->nchunks; i++)
		bytes += partition->chunks[i].bytes;
	return bytes;
}

static void
reserve_span(RowCursor *cursor, Size bytes)
{
	if (bytes > cursor->capacity)
	{
		if (cursor->span.rows != NULL)
			pfree(cursor->span.rows);
		cursor->span.rows = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
		cursor->capacity = bytes;
	}
	cursor->loaded.spans = cursor->loaded.last_span = &cursor->span;
	cursor->span.end = cursor->span.rows;
}

/*
 * Put a chunk behind what is loaded.
 */
static void
load_chunk(RowCursor *cursor, const RowChunk *chunk)
{
	RowPool    *pool = cursor->rows->pool;

	row_pool_seek(pool, chunk->fileno, chunk->offset);
	BufFileReadExact(pool->file, cursor->span.end, chunk->bytes);
	cursor->span.end += chunk->bytes;
}

static void
load_partition(RowCursor *cursor, const RowPartition *partition)
{
	reserve_span(cursor, chunk_bytes(partition) + row_partition_bytes(partition));
	for (int i = 0; i < partition->nchunks; i++)
		load_chunk(cursor, &partition->chunks[i]);
	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		Size		bytes = span->end - span->rows;

		memcpy(cursor->span.end, span->rows, bytes);
		cursor->span.end += bytes;
	}
}

/* Bytes that may be loaded at a time */
static Size
load_limit(const RowCursor *cursor)
{
	return cursor->rows->pool->limit / LOAD_FRACTION;
}

/*
 * The next part of a partition that is given in parts: some chunks, and at last
 * what is in memory.
 */
static const RowPartition *
next_part(RowCursor *cursor)
{
	const RowPartition *partition = cursor->parted;
	int			end = cursor->next_chunk;
	Size		bytes = 0;

	if (end == partition->nchunks)
	{
		cursor->parted = NULL;
		return partition;
	}
	do
		bytes += partition->chunks[end++].bytes;
	while (end < partition->nchunks && bytes + partition->chunks[end].bytes <= load_limit(cursor));
	reserve_span(cursor, bytes);
	for (; cursor->next_chunk < end; cursor->next_chunk++)
		load_chunk(cursor, &partition->chunks[cursor->next_chunk]);
	cursor->loaded.more = true;
	return &cursor->loaded;
}

/*
 * Split a partition that is too big to be loaded, chunk by chunk, by further
 * bits of the hash, and go on to read those partitions.  What then has nearly
 * all of it is mostly of one customer.
 */
static void
split_partition(RowCursor *cursor, const RowPartition *partition, Size bytes)
{
	const PartitionedRows *rows = cursor->rows;
	RowPool    *pool = row_pool_create(CurrentMemoryContext, rows->pool->limit);
	PartitionedRows *split = MemoryContextAlloc(pool->context, sizeof(PartitionedRows));

	partitioned_rows_init(split, pool, partition->packing.kind);
	split->shift = rows->npartitions == 1 ? rows->shift : rows->shift + PARTITION_BITS;
	partitioned_rows_set_many(split, &partition->packing);
	partitioned_rows_append_partition(split, partition);
	for (int i = 0; i < partition->nchunks; i++)
	{
		reserve_span(cursor, partition->chunks[i].bytes);
		load_chunk(cursor, &partition->chunks[i]);
		partitioned_rows_append_partition(split, &cursor->loaded);
	}
	cursor->split = split;
	cursor->nested = MemoryContextAlloc(pool->context, sizeof(RowCursor));
	row_cursor_begin(cursor->nested, split);
	cursor->nested->indivisible = bytes - bytes / 8;
}

static void
end_split(RowCursor *cursor)
{
	row_cursor_end(cursor->nested);
	MemoryContextDelete(cursor->split->pool->context);
	cursor->nested = NULL;
	cursor->split = NULL;
}

/*
 * Give a partition some of whose rows are in the file: as a whole, in parts, or
 * as NULL if it is split and others are to be read in its place.
 */
static const RowPartition *
read_partition(RowCursor *cursor, const RowPartition *partition)
{
	Size		bytes = chunk_bytes(partition) + row_partition_bytes(partition);

	cursor->loaded.packing = partition->packing;
	cursor->loaded.more = false;
	if (bytes <= load_limit(cursor))
	{
		load_partition(cursor, partition);
		return &cursor->loaded;
	}
	if (cursor->rows->shift < MAX_SHIFT && bytes < cursor->indivisible)
	{
		split_partition(cursor, partition, bytes);
		return NULL;
	}
	cursor->parted = partition;
	cursor->next_chunk = 0;
	return next_part(cursor);
}

/*
 * The next partition, or the next part of one, whose rows are in memory until
 * the call after it; NULL when there is none left.
 */
const RowPartition *
row_cursor_next(RowCursor *cursor)
{
	const PartitionedRows *rows = cursor->rows;
	const RowPartition *partition;

	for (;;)
	{
		if (cursor->nested != NULL)
		{
			partition = row_cursor_next(cursor->nested);
			if (partition != NULL)
				return partition;
			end_split(cursor);
		}
		if (cursor->parted != NULL)
			return next_part(cursor);
		if (cursor->next == rows->npartitions)
			return NULL;
		partition = &rows->partitions[cursor->next++];
		if (partition->nchunks > 0)
			partition = read_partition(cursor, partition);
		if (partition != NULL)
			return partition;
	}
}

void
row_cursor_end(RowCursor *cursor)
{
	if (cursor->nested != NULL)
		end_split(cursor);
	if (cursor->span.rows != NULL)
		pfree(cursor->span.rows);
}
