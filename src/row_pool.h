/*-------------------------------------------------------------------------
 *
 * row_pool.h
 *	  Where the rows of ledgers in the making are: memory, and from some size
 *	  on a temporary file.
 *
 * The rows of a ledger are in one partition or, if they are many, split by a
 * hash of the customer into many, so that the rows of a customer are found
 * together, a cache's worth at a time.  In memory a partition is a list of
 * spans.
 *
 * All ledgers of one aggregate, of which a GROUP BY has as many as groups,
 * share a pool.  When its memory has grown to the limit, all rows in it go to
 * its file, a chunk for each partition, and memory is empty again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_ROW_POOL_H
#define NRR_ROW_POOL_H

#include "ledger_rows.h"
#include "lib/ilist.h"
#include "storage/buffile.h"

/* Memory that spans are cut from */
typedef struct RowBlock
{
	struct RowBlock *next;
	char	   *begin;
	char	   *end;
} RowBlock;

typedef struct RowPool
{
	MemoryContext context;
	RowBlock   *blocks;			/* those after the current one are empty */
	RowBlock   *block;			/* the current one, */
	char	   *free;			/* and where its free memory begins */
	Size		used;			/* bytes of all spans */
	Size		limit;
	Size		kept;			/* bytes of flat ledgers that are kept beside the rows */
	dlist_head	members;		/* PartitionedRows */
	int64		npartitions;	/* of them all */
	BufFile    *file;			/* NULL before anything is in it */
	int			end_fileno;		/* where it ends */
	off_t		end_offset;
} RowPool;

/* A stretch of rows; in a list, those that follow it too */
typedef struct RowSpan
{
	struct RowSpan *next;
	Size		size;
	char	   *rows;
	char	   *end;			/* of the rows; not kept up in the last span */
} RowSpan;

/* Rows in the file */
typedef struct RowChunk
{
	int			fileno;
	off_t		offset;
	Size		bytes;
} RowChunk;

typedef struct RowPartition
{
	char	   *free;			/* end of the rows in the last span */
	char	   *limit;			/* of that span */
	RowSpan    *spans;			/* in order of arrival */
	RowSpan    *last_span;
	RowChunk   *chunks;			/* rows that came before */
	int			nchunks;
	int			chunks_capacity;
} RowPartition;

/* The partition is chosen by so many bits of the hash, from the highest on */
#define PARTITION_BITS	8
#define MANY_PARTITIONS	(1 << PARTITION_BITS)

/* What each new row needs comes first, so that it is in one line of a cache */
typedef struct PartitionedRows
{
	RowPartition *partitions;
	int16		npartitions;	/* 1 or MANY_PARTITIONS */
	int16		shift;			/* of the hash: by the bits that no split has used */
	CustomerKind kind;
	RowPartition first;			/* the one partition */
	RowPool    *pool;
	Size		bytes;			/* of the spans of all partitions */
	dlist_node	member;			/* of the pool */
} PartitionedRows;

/* Gives one partition after the other, in memory */
typedef struct RowCursor
{
	const PartitionedRows *rows;
	int			next;
	RowPartition loaded;		/* what was read from the file */
	RowSpan		span;			/* its rows, */
	Size		capacity;		/* in so much memory */
	PartitionedRows *split;		/* a partition too big for memory, split again, */
	struct RowCursor *nested;	/* and read by this */
} RowCursor;

/* No limit: everything stays in memory */
#define ROW_POOL_NO_LIMIT	SIZE_MAX

extern RowPool *row_pool_create(MemoryContext context, Size limit);
extern void row_pool_close_file(RowPool *pool);
extern Size row_partition_bytes(const RowPartition *partition);

extern void partitioned_rows_init(PartitionedRows *rows, RowPool *pool, CustomerKind kind);
extern void partitioned_rows_grow(PartitionedRows *rows, RowPartition **partition,
								  const CustomerKey *key);

extern void partitioned_rows_append_partition(PartitionedRows *rows,
											  const RowPartition *partition);

extern void row_cursor_begin(RowCursor *cursor, const PartitionedRows *rows);
extern const RowPartition *row_cursor_next(RowCursor *cursor);
extern void row_cursor_end(RowCursor *cursor);

/* The first row of a span of a partition, and the end of its last one */
static inline const LedgerRow *
row_span_begin(const RowSpan *span)
{
	return (const LedgerRow *) span->rows;
}

static inline const LedgerRow *
row_span_end(const RowPartition *partition, const RowSpan *span)
{
	return (const LedgerRow *) (span == partition->last_span ? partition->free : span->end);
}

static inline bool
partitioned_rows_are_none(const PartitionedRows *rows)
{
	return rows->npartitions == 1 && rows->first.spans == NULL && rows->first.nchunks == 0;
}

static inline RowPartition *
partition_of_customer(const PartitionedRows *rows, const CustomerKey *key)
{
	if (rows->npartitions == 1)
		return rows->partitions;
	return &rows->partitions[customer_hash(rows->kind, key) << rows->shift >> (64 - PARTITION_BITS)];
}

/*
 * Partitions are too many streams of writes for a processor to see them coming;
 * this many bytes ahead of a row, it is told.
 */
#define ROW_PREFETCH	128

static pg_attribute_always_inline void
partitioned_rows_append(PartitionedRows *rows, const LedgerRow *row, const CustomerKey *key)
{
	RowPartition *partition = partition_of_customer(rows, key);

	if (unlikely(partition->limit - partition->free < LEDGER_ROW_SIZE(key->length)))
		partitioned_rows_grow(rows, &partition, key);
	__builtin_prefetch(partition->free + ROW_PREFETCH, 1);
	partition->free += ledger_row_put_short(partition->free, rows->kind, row, key);
}

#endif							/* NRR_ROW_POOL_H */
