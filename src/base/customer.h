/*-------------------------------------------------------------------------
 *
 * base/customer.h
 *	  A customer's key: what makes two billing rows those of one customer.
 *
 * Integers of any width are one kind, uuid is another; everything else is its
 * text, byte for byte.  Values that are equal by the '=' of their type have the
 * same text: numbers one of their value; a type that cannot tell is refused.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_CUSTOMER_H
#define NRR_BASE_CUSTOMER_H

#include "common/hashfn.h"
#include "fmgr.h"
#include "utils/uuid.h"

typedef enum CustomerKind
{
	CUSTOMER_INTEGER,
	CUSTOMER_UUID,
	CUSTOMER_TEXT
} CustomerKind;

#define CUSTOMER_KIND_LAST	CUSTOMER_TEXT

/* The longest text of a customer, in bytes */
#define CUSTOMER_MAX_LENGTH	65000

typedef struct CustomerKey
{
	union
	{
		int64		number;		/* CUSTOMER_INTEGER */
		const char *bytes;		/* the others; points into somebody's memory */
	};
	uint32		length;			/* of bytes; 0 for an integer */
} CustomerKey;

/* What turns SQL values of one type into keys */
typedef struct CustomerReader
{
	CustomerKind kind;
	Oid			type;			/* base type */
	FmgrInfo	output;			/* of a type that is read by its text form */
} CustomerReader;

extern void customer_reader_init(CustomerReader *reader, Oid type, Oid collation,
								 MemoryContext context);
extern CustomerKey customer_read(CustomerReader *reader, Datum value);

extern const char *customer_kind_name(CustomerKind kind);
extern int	customer_compare(CustomerKind kind, const CustomerKey *a, const CustomerKey *b);
extern Datum customer_to_text(CustomerKind kind, const CustomerKey *key);

static inline bool
customer_equal(CustomerKind kind, const CustomerKey *a, const CustomerKey *b)
{
	if (kind == CUSTOMER_INTEGER)
		return a->number == b->number;
	if (kind == CUSTOMER_UUID)
		return memcmp(a->bytes, b->bytes, UUID_LEN) == 0;
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/*
 * The first bytes of a key as a number.  Different numbers are in the order of
 * their keys; equal numbers say nothing.
 */
static inline uint64
customer_rank(CustomerKind kind, const CustomerKey *key)
{
	uint64		rank = 0;

	if (kind == CUSTOMER_INTEGER)
		return (uint64) key->number ^ (UINT64CONST(1) << 63);
	for (int i = 0; i < sizeof(rank); i++)
		rank = rank << 8 | (i < key->length ? (uint8) key->bytes[i] : 0);
	return rank;
}

/* Is the customer an integer of 32 bits? */
static inline bool
customer_is_small(const CustomerKey *key)
{
	return key->number == (int32) key->number;
}

/*
 * A hash that is never stored.  The highest bits choose the partition, the lowest
 * the place in its hash table: both must be well mixed.
 *
 * The hash of a small integer is a permutation of 32 bits, repeated: no two small
 * integers share it, see customer_of_hash().
 */
static inline uint64
customer_hash(CustomerKind kind, const CustomerKey *key)
{
	uint64		hash;

	if (kind == CUSTOMER_TEXT)
		return hash_bytes_extended((const unsigned char *) key->bytes, key->length, 0);
	if (kind == CUSTOMER_UUID)
	{
		uint64		halves[2];

		memcpy(halves, key->bytes, sizeof(halves));
		hash = halves[0] ^ (halves[1] * UINT64CONST(0x9E3779B97F4A7C15));
	}
	else if (customer_is_small(key))
	{
		hash = murmurhash32((uint32) key->number);
		return hash << 32 | hash;
	}
	else
		hash = (uint64) key->number;

	/* the finalizer of MurmurHash3 */
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xFF51AFD7ED558CCD);
	hash ^= hash >> 33;
	hash *= UINT64CONST(0xC4CEB9FE1A85EC53);
	hash ^= hash >> 33;
	return hash;
}

/*
 * The small integer of a hash: murmurhash32() backwards.  Its factors are the
 * inverses, modulo 2^32, of those there.
 */
static inline CustomerKey
customer_of_hash(uint32 hash)
{
	CustomerKey key;

	hash ^= hash >> 16;
	hash *= 0x7ED1B41D;
	hash ^= hash >> 13 ^ hash >> 26;
	hash *= 0xA5CB9243;
	hash ^= hash >> 16;
	key.number = (int32) hash;
	key.length = 0;
	return key;
}

#endif							/* NRR_BASE_CUSTOMER_H */
