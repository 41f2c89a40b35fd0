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
 * A pool is found by the memory context that it was made for, and lives until
 * that is reset.  There is no call that ends it: a callback of its memory closes
 * the file, and a callback of resource owners tells when the file is gone first.
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

/* The rows of a ledger; see ledger/partitions.h */
typedef struct PartitionedRows
{
	RowTail    *tails;			/* of each partition */
	RowPacking	packing;		/* as each partition's, except for the top of the hash */
	int16		npartitions;	/* 1 or MANY_PARTITIONS */
	int16		shift;			/* of the hash: bits that earlier splits have used are shifted out */
	RowPartition *partitions;
	RowPartition first;			/* the one partition */
	RowTail		first_tail;
	RowPool    *pool;
	Size		bytes;			/* of the spans of all partitions */
	dlist_node	member;			/* of the pool */
} PartitionedRows;

extern RowPool *row_pool_of(MemoryContext parent, Size limit);
extern RowPool *row_pool_create(MemoryContext parent, Size limit);
extern bool row_pool_keep(RowPool *pool, MemoryContext parent);
extern bool row_pool_is_spilled(const RowPool *pool);
extern void *row_pool_take(RowPool *pool, Size size);
extern void row_pool_spill(RowPool *pool);
extern void row_pool_seek(RowPool *pool, int fileno, off_t offset);

extern Size row_partition_bytes(const RowPartition *partition);
extern void partitioned_rows_settle(const PartitionedRows *rows);

#endif							/* NRR_LEDGER_POOL_H */
