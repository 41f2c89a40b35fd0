/*-------------------------------------------------------------------------
 *
 * ledger/pool.h
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
 * A pool is found by the memory context that it was made for, and lives as long
 * as that is not reset.  Nobody has to end it, and nothing else needs to live as
 * long: its memory tells when it goes, and so does the owner of its file.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_POOL_H
#define NRR_LEDGER_POOL_H

#include "ledger/rows.h"
#include "lib/ilist.h"
#include "storage/buffile.h"
#include "utils/resowner.h"

/* Memory that spans are cut from */
typedef struct RowBlock
{
	struct RowBlock *next;
	char	   *begin;
	char	   *end;
} RowBlock;

typedef struct RowPool
{
	MemoryContext parent;		/* what it is found by; NULL if it is not to be found */
	MemoryContext context;		/* its own */
	RowBlock   *blocks;			/* those after the current one are empty */
	RowBlock   *block;			/* the current one, */
	char	   *free;			/* and where its free memory begins */
	Size		used;			/* bytes of all spans */
	Size		limit;
	Size		kept;			/* bytes of flat ledgers that are kept beside the rows */
	dlist_head	members;		/* PartitionedRows */
	int64		npartitions;	/* of them all */
	BufFile    *file;			/* NULL before anything is in it, and when it is gone */
	ResourceOwner owner;		/* of the file */
	bool		writing;		/* some of what was written may not be in the file */
	int			end_fileno;		/* where it ends */
	off_t		end_offset;
	dlist_node	node;			/* of all pools */
	MemoryContextCallback callback;
} RowPool;

/* A stretch of rows; in a list, those that follow it too */
typedef struct RowSpan
{
	struct RowSpan *next;
	Size		size;
	char	   *rows;
	char	   *end;			/* of the rows; in the last span, when they are read */
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
	RowPacking	packing;
	RowSpan    *spans;			/* in order of arrival */
	RowSpan    *last_span;
	RowChunk   *chunks;			/* rows that came before */
	int			nchunks;
	int			chunks_capacity;
	bool		more;			/* as read: the next one has rows of its customers, too */
} RowPartition;

/* Where the next row of a partition goes: all that it takes to put it */
typedef struct RowTail
{
	char	   *free;
	char	   *limit;
} RowTail;

/* The partition is chosen by so many bits of the hash, from the highest on */
#define PARTITION_BITS	8
#define MANY_PARTITIONS	(1 << PARTITION_BITS)

typedef struct PartitionedRows
{
	RowTail    *tails;			/* of each partition */
	RowPacking	packing;		/* as each partition's, but for the top of the hash */
	int16		npartitions;	/* 1 or MANY_PARTITIONS */
	int16		shift;			/* of the hash: by the bits that no split has used */
	RowPartition *partitions;
	RowPartition first;			/* the one partition */
	RowTail		first_tail;
	RowPool    *pool;
	Size		bytes;			/* of the spans of all partitions */
	dlist_node	member;			/* of the pool */
} PartitionedRows;

/* Gives one partition after the other, or some of one, in memory */
typedef struct RowCursor
{
	const PartitionedRows *rows;
	int			next;
	Size		indivisible;	/* partitions of so many bytes are not split, */
	const RowPartition *parted; /* but given in parts: this one, */
	int			next_chunk;		/* from this chunk on */
	RowPartition loaded;		/* what was read from the file */
	RowSpan		span;			/* its rows, */
	Size		capacity;		/* in so much memory */
	PartitionedRows *split;		/* a partition too big for memory, split again, */
	struct RowCursor *nested;	/* and read by this */
} RowCursor;

extern RowPool *row_pool_of(MemoryContext parent, Size limit);
extern bool row_pool_is_spilled(const RowPool *pool);
extern Size row_partition_bytes(const RowPartition *partition);

extern void partitioned_rows_init(PartitionedRows *rows, RowPool *pool, CustomerKind kind);
extern void partitioned_rows_grow(PartitionedRows *rows, LedgerRow row, const CustomerKey *key);
extern void partitioned_rows_append_partition(PartitionedRows *rows,
											  const RowPartition *partition);

extern void row_cursor_begin(RowCursor *cursor, const PartitionedRows *rows);
extern const RowPartition *row_cursor_next(RowCursor *cursor);
extern void row_cursor_end(RowCursor *cursor);

static inline bool
partitioned_rows_are_none(const PartitionedRows *rows)
{
	return rows->npartitions == 1 && rows->first.spans == NULL && rows->first.nchunks == 0;
}

/* The partition of a customer, and the hash that chose it among many */
static inline int
partition_number(const PartitionedRows *rows, const CustomerKey *key, uint64 *hash)
{
	*hash = 0;
	if (rows->npartitions == 1)
		return 0;
	*hash = customer_hash(rows->packing.kind, key);
	return *hash << rows->shift >> (64 - PARTITION_BITS);
}

static pg_attribute_always_inline void
partitioned_rows_append(PartitionedRows *rows, LedgerRow row, const CustomerKey *key)
{
	uint64		hash;
	RowTail    *tail = &rows->tails[partition_number(rows, key, &hash)];

	if (unlikely(tail->limit - tail->free < LEDGER_ROW_SIZE(key->length)))
		partitioned_rows_grow(rows, row, key);
	else
		tail->free = ledger_row_put(tail->free, &rows->packing, row, key, hash);
}

#endif							/* NRR_LEDGER_POOL_H */
