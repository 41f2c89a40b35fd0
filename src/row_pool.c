/*-------------------------------------------------------------------------
 *
 * row_pool.c
 *	  Where the rows of ledgers in the making are: memory, and from some size
 *	  on a temporary file.
 *
 * Only that: what a row means is for those who put and read it.  Knows of rows
 * their customer, and what decides how short they can be packed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "miscadmin.h"
#include "row_pool.h"
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

/*
 * Pools
 */

/*
 * A pool of the given memory context, which must not outlive the resource
 * owner of the moment if there is a limit.
 */
RowPool *
row_pool_create(MemoryContext context, Size limit)
{
	RowPool    *pool = MemoryContextAllocZero(context, sizeof(RowPool));

	pool->context = context;
	pool->limit = Max(limit, MIN_POOL_LIMIT);
	dlist_init(&pool->members);
	return pool;
}

void
row_pool_close_file(RowPool *pool)
{
	if (pool->file != NULL)
		BufFileClose(pool->file);
	pool->file = NULL;
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
		MemoryContextSwitchTo(caller);
	}
	else
		seek_file(pool, pool->end_fileno, pool->end_offset);
	dlist_foreach(iter, &pool->members)
	{
		PartitionedRows *rows = dlist_container(PartitionedRows, member, iter.cur);

		settle_rows(rows);
		for (int i = 0; i < rows->npartitions; i++)
			spill_partition(pool, &rows->partitions[i]);
		memset(rows->tails, 0, rows->npartitions * sizeof(RowTail));
		rows->bytes = 0;
	}
	pool->block = NULL;
	pool->used = 0;
	BufFileTell(pool->file, &pool->end_fileno, &pool->end_offset);
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
	rows->pool->limit = ROW_POOL_NO_LIMIT;
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

/*
 * Split a partition that is too big to be loaded, chunk by chunk, by further
 * bits of the hash, and go on to read those partitions.
 */
static void
split_partition(RowCursor *cursor, const RowPartition *partition)
{
	const PartitionedRows *rows = cursor->rows;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "nrr rows split again",
												  ALLOCSET_DEFAULT_SIZES);
	PartitionedRows *split = MemoryContextAlloc(context, sizeof(PartitionedRows));

	partitioned_rows_init(split, row_pool_create(context, rows->pool->limit),
						  partition->packing.kind);
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
	cursor->nested = MemoryContextAlloc(context, sizeof(RowCursor));
	row_cursor_begin(cursor->nested, split);
}

static void
end_split(RowCursor *cursor)
{
	RowPool    *pool = cursor->split->pool;

	row_cursor_end(cursor->nested);
	row_pool_close_file(pool);
	MemoryContextDelete(pool->context);
	cursor->nested = NULL;
	cursor->split = NULL;
}

/*
 * The next partition, whose rows are in memory until the call after it; NULL
 * when there is none left.
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
		if (cursor->next == rows->npartitions)
			return NULL;
		partition = &rows->partitions[cursor->next++];
		if (partition->nchunks == 0)
			return partition;
		cursor->loaded.packing = partition->packing;
		if (chunk_bytes(partition) + row_partition_bytes(partition) >
			rows->pool->limit / LOAD_FRACTION && rows->shift < MAX_SHIFT)
			split_partition(cursor, partition);
		else
		{
			load_partition(cursor, partition);
			return &cursor->loaded;
		}
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
