/*-------------------------------------------------------------------------
 *
 * ledger/pool.c
 *	  Where the rows of ledgers in the making are: memory, and from some size
 *	  on a temporary file.
 *
 * Only that: what a row means is up to those who put and read it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/pool.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* A chunk is as much as is read at once, or a span more */
#define CHUNK_SIZE		(256 * 1024)

/* With less memory than this, a file would consist of tiny chunks */
#define MIN_POOL_LIMIT	(4 * 1024 * 1024)

/*
 * Pools
 */

/* All pools of this backend, first the one that was asked for last */
static dlist_head pools = DLIST_STATIC_INIT(pools);

/*
 * Called when a pool's memory goes.  If something went wrong as it wrote, the
 * owner of the file closes it, which does not try again.
 */
static void
pool_goes(void *arg)
{
	RowPool    *pool = arg;

	dlist_delete(&pool->node);
	if (pool->file != NULL && !pool->writing)
		BufFileClose(pool->file);
}

/*
 * Called before a resource owner closes the files that it has left.  Memory may
 * outlive them where an error ended a query.
 */
static void
owner_goes(ResourceReleasePhase phase, bool is_commit, bool is_top_level, void *arg)
{
	dlist_iter	iter;

	if (phase != RESOURCE_RELEASE_BEFORE_LOCKS)
		return;
	dlist_foreach(iter, &pools)
	{
		RowPool    *pool = dlist_container(RowPool, node, iter.cur);

		if (pool->owner == CurrentResourceOwner)
		{
			pool->file = NULL;
			pool->owner = NULL;
		}
	}
}

/* A pool that is gone with the parent of its memory */
RowPool *
row_pool_create(MemoryContext parent, Size limit)
{
	static bool listening = false;
	MemoryContext context;
	RowPool    *pool;

	if (!listening)
	{
		RegisterResourceReleaseCallback(owner_goes, NULL);
		listening = true;
	}
	context = AllocSetContextCreate(parent, "nrr row pool", ALLOCSET_DEFAULT_SIZES);
	pool = MemoryContextAllocZero(context, sizeof(RowPool));
	pool->context = context;
	pool->limit = Max(limit, MIN_POOL_LIMIT);
	dlist_init(&pool->members);
	dlist_push_head(&pools, &pool->node);
	pool->callback.func = pool_goes;
	pool->callback.arg = pool;
	MemoryContextRegisterResetCallback(context, &pool->callback);
	return pool;
}

/*
 * The pool that was made for a memory context, or a new one.
 */
RowPool *
row_pool_of(MemoryContext parent, Size limit)
{
	dlist_iter	iter;
	RowPool    *pool;

	dlist_foreach(iter, &pools)
	{
		pool = dlist_container(RowPool, node, iter.cur);
		if (pool->parent == parent)
		{
			dlist_move_head(&pools, &pool->node);
			return pool;
		}
	}
	pool = row_pool_create(parent, limit);
	pool->parent = parent;
	return pool;
}

/*
 * Let a pool outlive the memory that it was made for, if it is that of one
 * ledger: another context is its parent, and it is not found any more.
 */
bool
row_pool_keep(RowPool *pool, MemoryContext parent)
{
	if (dlist_is_empty(&pool->members) ||
		dlist_has_next(&pool->members, dlist_head_node(&pool->members)))
		return false;
	pool->parent = NULL;
	MemoryContextSetParent(pool->context, parent);
	return true;
}

bool
row_pool_is_spilled(const RowPool *pool)
{
	return pool->file != NULL;
}

/*
 * Memory
 */

/*
 * Most pools stay small, so the first block is small; each further one has twice
 * the size.
 */
#define FIRST_BLOCK_SIZE	(16 * 1024)
#define LAST_BLOCK_SIZE		(16 * 1024 * 1024)

static RowBlock *
create_block(RowPool *pool, Size needed)
{
	Size		header = MAXALIGN(sizeof(RowBlock));
	Size		size = FIRST_BLOCK_SIZE;
	RowBlock   *block;

	if (pool->block != NULL)
		size = Min(LAST_BLOCK_SIZE, 2 * (pool->block->end - (char *) pool->block));
	size = Max(size, header + needed);
	block = MemoryContextAlloc(pool->context, size);
	block->next = NULL;
	block->begin = (char *) block + header;
	block->end = (char *) block + size;
	return block;
}

/*
 * Memory of that size, until all rows go to the file.
 */
void *
row_pool_take(RowPool *pool, Size size)
{
	char	   *result;

	size = MAXALIGN(size);
	while (pool->block == NULL || pool->block->end - pool->free < size)
	{
		RowBlock  **next = pool->block == NULL ? &pool->blocks : &pool->block->next;

		if (*next == NULL)
			*next = create_block(pool, size);
		pool->block = *next;
		pool->free = pool->block->begin;
	}
	result = pool->free;
	pool->free += size;
	pool->used += size;
	return result;
}

/*
 * The file
 */

/*
 * Go to a place in the file.
 */
void
row_pool_seek(RowPool *pool, int fileno, off_t offset)
{
	if (pool->file == NULL)
		elog(ERROR, "temporary file of a revenue_ledger is gone");
	if (BufFileSeek(pool->file, fileno, offset, SEEK_SET) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek in a temporary file: %m")));
}

static RowChunk *
add_chunk(RowPool *pool, RowPartition *partition)
{
	if (partition->nchunks == partition->chunks_capacity)
	{
		int			capacity = Max(2, 2 * partition->chunks_capacity);
		Size		size = capacity * sizeof(RowChunk);

		if (partition->chunks == NULL)
			partition->chunks = MemoryContextAlloc(pool->context, size);
		else
			partition->chunks = repalloc(partition->chunks, size);
		partition->chunks_capacity = capacity;
	}
	return &partition->chunks[partition->nchunks++];
}

/*
 * Write what a partition has in memory to the file.
 */
static void
spill_partition(RowPool *pool, RowPartition *partition)
{
	RowChunk   *chunk = NULL;

	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		Size		bytes = span->end - span->rows;

		if (chunk == NULL || chunk->bytes >= CHUNK_SIZE)
		{
			chunk = add_chunk(pool, partition);
			BufFileTell(pool->file, &chunk->fileno, &chunk->offset);
			chunk->bytes = 0;
		}
		BufFileWrite(pool->file, span->rows, bytes);
		chunk->bytes += bytes;
	}
	partition->spans = partition->last_span = NULL;
}

/*
 * Make the rows that were put ready to be read.
 */
void
partitioned_rows_settle(const PartitionedRows *rows)
{
	for (int i = 0; i < rows->npartitions; i++)
		if (rows->partitions[i].last_span != NULL)
			rows->partitions[i].last_span->end = rows->tails[i].free;
}

/*
 * Write all that is in memory to the file.
 */
void
row_pool_spill(RowPool *pool)
{
	dlist_iter	iter;

	CHECK_FOR_INTERRUPTS();
	if (pool->file == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(pool->context);

		pool->file = BufFileCreateTemp(false);
		pool->owner = CurrentResourceOwner;
		MemoryContextSwitchTo(caller);
	}
	else
		row_pool_seek(pool, pool->end_fileno, pool->end_offset);
	pool->writing = true;
	dlist_foreach(iter, &pool->members)
	{
		PartitionedRows *rows = dlist_container(PartitionedRows, member, iter.cur);

		CHECK_FOR_INTERRUPTS();
		partitioned_rows_settle(rows);
		for (int i = 0; i < rows->npartitions; i++)
			spill_partition(pool, &rows->partitions[i]);
		memset(rows->tails, 0, rows->npartitions * sizeof(RowTail));
		rows->bytes = 0;
	}
	pool->block = NULL;
	pool->used = 0;
	BufFileTell(pool->file, &pool->end_fileno, &pool->end_offset);
	/* seeking flushes the file's buffer */
	row_pool_seek(pool, 0, 0);
	pool->writing = false;
}

/*
 * Bytes of the rows that a partition has in memory.
 */
Size
row_partition_bytes(const RowPartition *partition)
{
	Size		bytes = 0;

	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
		bytes += span->end - span->rows;
	return bytes;
}
