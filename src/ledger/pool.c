/*-------------------------------------------------------------------------
 *
 * ledger/pool.c
 *	  Where the rows of ledgers in the making are: memory, and from some size
 *	  on a temporary file.
 *
 * Only that: what a row means is for those who put and read it.  Knows of rows
 * their customer, and what decides how short they can be packed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/pool.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Spans of a partition begin small, for many partitions stay so, and double */
#define FIRST_SPAN_SIZE	1024
#define LAST_SPAN_SIZE	(64 * 1024)

/* Bytes of rows from which on many partitions are better than one */
#define ONE_PARTITION_LIMIT	(1024 * 1024)

/* A chunk is as much as is read at once, or a span more */
#define CHUNK_SIZE		(256 * 1024)

/*
 * A partition is loaded, with what it takes to group it, if it has no more than
 * this part of the limit
 */
#define LOAD_FRACTION	8

/* Memory for less than this is not worth a file of tiny chunks */
#define MIN_POOL_LIMIT	(4 * 1024 * 1024)

/* Splitting goes so far; then a partition is what can hardly be split */
#define MAX_SHIFT	(3 * PARTITION_BITS)

/* Everything stays in memory for now */
#define NO_LIMIT	SIZE_MAX

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
static RowPool *
create_pool(MemoryContext parent, Size limit)
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
	pool = create_pool(parent, limit);
	pool->parent = parent;
	return pool;
}

bool
row_pool_is_spilled(const RowPool *pool)
{
	return pool->file != NULL;
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

static void
seek_file(RowPool *pool, int fileno, off_t offset)
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
static void
settle_rows(const PartitionedRows *rows)
{
	for (int i = 0; i < rows->npartitions; i++)
		if (rows->partitions[i].last_span != NULL)
			rows->partitions[i].last_span->end = rows->tails[i].free;
}

/*
 * Write all that is in memory to the file.
 */
static void
spill_pool(RowPool *pool)
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
		seek_file(pool, pool->end_fileno, pool->end_offset);
	pool->writing = true;
	dlist_foreach(iter, &pool->members)
	{
		PartitionedRows *rows = dlist_container(PartitionedRows, member, iter.cur);

		CHECK_FOR_INTERRUPTS();
		settle_rows(rows);
		for (int i = 0; i < rows->npartitions; i++)
			spill_partition(pool, &rows->partitions[i]);
		memset(rows->tails, 0, rows->npartitions * sizeof(RowTail));
		rows->bytes = 0;
	}
	pool->block = NULL;
	pool->used = 0;
	BufFileTell(pool->file, &pool->end_fileno, &pool->end_offset);
	/* to go elsewhere writes what is still in the file's buffer */
	seek_file(pool, 0, 0);
	pool->writing = false;
}

/*
 * Memory
 */

/* Blocks begin small, for some pools stay so, and double */
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
static void *
take_memory(RowPool *pool, Size size)
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
 * Partitioned rows
 */

/*
 * Rows of which there are none yet, in one partition.
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

static void
set_many_partitions(PartitionedRows *rows, const RowPacking *packing)
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

/* Where the periods of a packing begin, given one that is low or the first seen */
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

	settle_rows(rows);
	packing = choose_packing(&one);
	set_many_partitions(rows, &packing);
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
	span = take_memory(pool, size);
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
		spill_pool(rows->pool);
	number = partition_number(rows, key, &hash);
	if (rows->tails[number].limit - rows->tails[number].free < LEDGER_ROW_SIZE(key->length))
		add_span(rows, number, LEDGER_ROW_SIZE(key->length));
	partitioned_rows_append(rows, row, key);
}

/*
 * Reading
 */

void
row_cursor_begin(RowCursor *cursor, const PartitionedRows *rows)
{
	settle_rows(rows);
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

	seek_file(pool, chunk->fileno, chunk->offset);
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
	RowPool    *pool = create_pool(CurrentMemoryContext, rows->pool->limit);
	PartitionedRows *split = MemoryContextAlloc(pool->context, sizeof(PartitionedRows));

	partitioned_rows_init(split, pool, partition->packing.kind);
	split->shift = rows->npartitions == 1 ? rows->shift : rows->shift + PARTITION_BITS;
	set_many_partitions(split, &partition->packing);
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
