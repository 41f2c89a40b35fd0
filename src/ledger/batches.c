/*-------------------------------------------------------------------------
 *
 * ledger/batches.c
 *	  Customers that come in batches, each in order, and are read all in order.
 *
 * A batch is a list of chunks, each of which is gone as soon as it was read.
 * One that begins after the end of the last one continues that, so that
 * customers who come in order anyway are one batch.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/batches.h"
#include "ledger/bytes.h"
#include "ledger/tournament.h"

/* So many bytes, or a customer more, are a chunk */
#define CHUNK_SIZE	(256 * 1024)

typedef struct Chunk
{
	struct Chunk *next;
	Size		size;
	char		bytes[FLEXIBLE_ARRAY_MEMBER];
} Chunk;

typedef struct Batch
{
	Chunk	   *chunks;			/* as read: the current one and those after it */
	Chunk	   *last_chunk;
	int64		customers;
	KeyWriter	keys;
	LedgerReader reader;		/* of its keys */
} Batch;

struct LedgerBatches
{
	CustomerKind kind;
	Batch	  **batches;
	int			n;
	int			capacity;
	StringInfoData chunk;		/* the one that the last batch is about to get */
	Size		size;			/* of all bytes, except for how many there are of each */
	uint32		longest_key;
	LedgerReader **readers;		/* theirs */
	Tournament	tournament;		/* among them */
	int			current;		/* the batch that was read last; -1 if there is none */
};

LedgerBatches *
ledger_batches_create(CustomerKind kind)
{
	LedgerBatches *batches = palloc0(sizeof(LedgerBatches));

	batches->kind = kind;
	batches->capacity = 8;
	batches->batches = palloc(batches->capacity * sizeof(Batch *));
	batches->current = -1;
	initStringInfo(&batches->chunk);
	return batches;
}

/*
 * Putting
 */

/* Give the last batch the bytes that were put since it last got any */
static void
end_chunk(LedgerBatches *batches)
{
	Batch	   *batch;
	Chunk	   *chunk;

	if (batches->chunk.len == 0)
		return;
	batch = batches->batches[batches->n - 1];
	chunk = palloc(offsetof(Chunk, bytes) + batches->chunk.len);
	chunk->next = NULL;
	chunk->size = batches->chunk.len;
	memcpy(chunk->bytes, batches->chunk.data, chunk->size);
	if (batch->chunks == NULL)
		batch->chunks = chunk;
	else
		batch->last_chunk->next = chunk;
	batch->last_chunk = chunk;
	batches->chunk.len = 0;
}

/*
 * Begin a batch, whose first customer is given; it is to be put, too.
 */
void
ledger_batches_begin(LedgerBatches *batches, const CustomerKey *first)
{
	Batch	   *batch;

	if (batches->n > 0 && key_writer_precedes(&batches->batches[batches->n - 1]->keys, first))
		return;
	end_chunk(batches);
	if (batches->n == batches->capacity)
	{
		batches->capacity *= 2;
		batches->batches = repalloc(batches->batches, batches->capacity * sizeof(Batch *));
	}
	batch = batches->batches[batches->n++] = palloc0(sizeof(Batch));
	batch->keys.kind = batches->kind;
}

/*
 * Put the next customer of the batch that was begun last.
 */
void
ledger_batches_put(LedgerBatches *batches, const CustomerKey *key, const char *bytes, Size size)
{
	StringInfo	chunk = &batches->chunk;
	Batch	   *batch = batches->batches[batches->n - 1];
	int			begin = chunk->len;

	key_writer_put(&batch->keys, chunk, key);
	batches->size += chunk->len - begin + size;
	put_varint(chunk, size);
	put_bytes(chunk, bytes, size);
	batch->customers++;
	batches->longest_key = Max(batches->longest_key, key->length);
	if (chunk->len >= CHUNK_SIZE)
		end_chunk(batches);
}

/* About as many bytes as a ledger of all customers has */
Size
ledger_batches_size(const LedgerBatches *batches)
{
	return batches->size;
}

/*
 * Reading
 */

static void
read_chunk(Batch *batch)
{
	batch->reader.position = batch->chunks->bytes;
	batch->reader.end = batch->chunks->bytes + batch->chunks->size;
}

/*
 * Begin to read what was put; nothing can be put any more.
 */
void
ledger_batches_read_begin(LedgerBatches *batches)
{
	end_chunk(batches);
	batches->readers = palloc(batches->n * sizeof(LedgerReader *));
	for (int i = 0; i < batches->n; i++)
	{
		Batch	   *batch = batches->batches[i];
		LedgerReader *reader = &batch->reader;

		reader->info.kind = batches->kind;
		reader->info.customers = reader->customers_left = batch->customers;
		if (batches->kind == CUSTOMER_TEXT)
			reader->text = palloc(batches->longest_key + 1);
		read_chunk(batch);
		batches->readers[i] = reader;
	}
	tournament_begin(&batches->tournament, batches->kind, batches->readers, batches->n);
}

/*
 * Leave the customer that was read last.
 */
static void
pass_customer(LedgerBatches *batches)
{
	Batch	   *batch = batches->batches[batches->current];

	if (batch->reader.position == batch->reader.end && batch->chunks->next != NULL)
	{
		Chunk	   *done = batch->chunks;

		/* the key of a uuid lies in there, but it is not read any more */
		batch->chunks = done->next;
		pfree(done);
		read_chunk(batch);
	}
	tournament_replay(&batches->tournament);
}

/*
 * The next customer in order, whose key and bytes hold until the call after it;
 * false when there is none left.
 */
bool
ledger_batches_read(LedgerBatches *batches, CustomerKey *key, const char **bytes, Size *size)
{
	LedgerReader *reader;
	uint64		length;

	if (batches->current >= 0)
		pass_customer(batches);
	batches->current = batches->tournament.tree[0].number;
	if (batches->current == NO_CONTENDER)
		return false;
	reader = batches->readers[batches->current];
	reader->position = varint_get(reader->position, reader->end, &length);
	if (reader->position == NULL || length > reader->end - reader->position)
		damaged_ledger();
	*key = reader->customer;
	*bytes = reader->position;
	*size = length;
	reader->position += length;
	return true;
}

void
ledger_batches_free(LedgerBatches *batches)
{
	for (int i = 0; i < batches->n; i++)
	{
		Batch	   *batch = batches->batches[i];

		for (Chunk *chunk = batch->chunks, *next; chunk != NULL; chunk = next)
		{
			next = chunk->next;
			pfree(chunk);
		}
		key_writer_free(&batch->keys);
		if (batch->reader.text != NULL)
			pfree(batch->reader.text);
		pfree(batch);
	}
	tournament_end(&batches->tournament);
	pfree(batches->readers);
	pfree(batches->batches);
	pfree(batches->chunk.data);
	pfree(batches);
}
