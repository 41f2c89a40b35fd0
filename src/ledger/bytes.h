/*-------------------------------------------------------------------------
 *
 * ledger/bytes.h
 *	  Pieces of a flat ledger as bytes: runs, and keys one after the other.
 *
 * For those who read and write them; the form itself is described in ledger.h.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_BYTES_H
#define NRR_LEDGER_BYTES_H

#include "base/customer.h"
#include "base/varint.h"
#include "lib/stringinfo.h"

/*
 * Read one run; returns where it ends, or NULL if it is malformed.
 */
static pg_attribute_always_inline const char *
get_run(const char *p, const char *end, uint64 *skipped, int128 *amount, uint64 *length)
{
	const char *after;
	uint64		token,
				narrow;
	uint128		coded;

	p = varint_get(p, end, &token);
	if (p == NULL)
		return NULL;
	after = varint_get_amount(p, end, &narrow);
	if (likely(after != NULL))
		*amount = (int64) (narrow >> 1) ^ -(int64) (narrow & 1);
	else
	{
		after = varint_get_wide(p, end, &coded);
		if (after == NULL)
			return NULL;
		*amount = unzigzag(coded);
	}
	p = after;
	*skipped = token >> 1;
	*length = 1;
	if ((token & 1) != 0)
	{
		p = varint_get(p, end, length);
		*length += 2;
	}
	return p;
}

/* The most bytes of a run: two numbers of periods, and an amount */
#define RUN_MAX_BYTES	(4 + 4 + VARINT_MAX_BYTES)

static inline char *
write_run(char *p, int32 skipped, int128 amount, int32 length)
{
	p = varint_put(p, (uint64) skipped << 1 | (length > 1));
	p = varint_put(p, zigzag(amount));
	if (length > 1)
		p = varint_put(p, length - 2);
	return p;
}

extern void ledger_check_size(Size size);
extern void ledger_grow_buffer(StringInfo buffer, Size bytes);

static inline void
reserve_bytes(StringInfo buffer, Size bytes)
{
	if (unlikely(buffer->len + bytes >= buffer->maxlen))
		ledger_grow_buffer(buffer, bytes);
}

static inline void
put_bytes(StringInfo buffer, const char *bytes, Size size)
{
	reserve_bytes(buffer, size);
	appendBinaryStringInfo(buffer, bytes, size);
}

static inline void
put_varint(StringInfo buffer, uint128 value)
{
	reserve_bytes(buffer, VARINT_MAX_BYTES);
	buffer->len = varint_put(buffer->data + buffer->len, value) - buffer->data;
}

/* Puts keys in ascending order, each by what tells it from the one before */
typedef struct KeyWriter
{
	CustomerKind kind;
	bool		begun;
	CustomerKey previous;		/* its bytes, if it has any, are the writer's own */
	char	   *bytes;
	uint32		capacity;
} KeyWriter;

extern void key_writer_put_bytes(KeyWriter *keys, StringInfo out, const CustomerKey *key);

static inline void
key_writer_put(KeyWriter *keys, StringInfo out, const CustomerKey *key)
{
	if (keys->kind == CUSTOMER_INTEGER)
	{
		if (keys->begun)
			put_varint(out, (uint64) key->number - (uint64) keys->previous.number);
		else
			put_varint(out, zigzag(key->number));
		keys->previous = *key;
	}
	else
		key_writer_put_bytes(keys, out, key);
	keys->begun = true;
}

/* Does a key come after all that were put? */
static inline bool
key_writer_precedes(const KeyWriter *keys, const CustomerKey *key)
{
	return !keys->begun || customer_compare(keys->kind, &keys->previous, key) < 0;
}

static inline void
key_writer_free(KeyWriter *keys)
{
	if (keys->bytes != NULL)
		pfree(keys->bytes);
}

#endif							/* NRR_LEDGER_BYTES_H */
