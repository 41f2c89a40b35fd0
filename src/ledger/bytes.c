/*-------------------------------------------------------------------------
 *
 * ledger/bytes.c
 *	  Pieces of a flat ledger as bytes: runs, and keys one after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/bytes.h"
#include "utils/memutils.h"

/*
 * Check that a ledger of that size can be one value.
 */
void
ledger_check_size(Size size)
{
	if (size >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("revenue_ledger too large"),
				 errdetail("A ledger takes at most 1 GB as a value that is stored or passed on."),
				 errhint("Build one ledger per segment of customers, or read it in the query that builds it, with LATERAL.")));
}

pg_noinline void
ledger_grow_buffer(StringInfo buffer, Size bytes)
{
	ledger_check_size(buffer->len + bytes);
	enlargeStringInfo(buffer, bytes);
}

/*
 * Put a key that has bytes: all of them, or those that it does not share with
 * the one before.
 */
void
key_writer_put_bytes(KeyWriter *keys, StringInfo out, const CustomerKey *key)
{
	uint32		shared = 0;

	if (keys->kind == CUSTOMER_TEXT)
	{
		uint32		most = Min(keys->previous.length, key->length);

		while (shared < most && keys->bytes[shared] == key->bytes[shared])
			shared++;
		put_varint(out, shared);
		put_varint(out, key->length - shared);
	}
	put_bytes(out, key->bytes + shared, key->length - shared);
	if (keys->bytes == NULL)
		keys->bytes = palloc(keys->capacity = Max(64, key->length));
	else if (key->length > keys->capacity)
		keys->bytes = repalloc(keys->bytes, keys->capacity = 2 * key->length);
	memcpy(keys->bytes + shared, key->bytes + shared, key->length - shared);
	keys->previous.bytes = keys->bytes;
	keys->previous.length = key->length;
}
