/*-------------------------------------------------------------------------
 *
 * ledger/rows.h
 *	  Billing rows on their way into a ledger, packed and in no order.
 *
 * Packed rows lie one after the other.  Each begins with a word of 64 bits,
 * from its highest bits on:
 *
 *	short	24 hash, 12 period, 27 value, 1 set
 *	keyed	12 length of the key, 12 period, 32 value, 4 scale, 1 touches, 1 kind,
 *			2 form; and the key
 *	long	16 length of the key, 32 period, 8 scale, 4 touches, 2 kind, 2 form;
 *			a word with the value, and the key
 *
 * What a row leaves out is in its RowPacking, the same for very many rows.  A
 * short row is an amount of an integer customer in a partition; the customer
 * follows from the hash.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_ROWS_H
#define NRR_LEDGER_ROWS_H

#include "ledger/billing_row.h"

/*
 * A row without its customer.  An amount is value / 10^scale.  A wide one
 * takes two rows, high digits and low ones, the first of which has a scale that
 * may be negative and touches nothing.
 *
 * ROW_TOUCHES carries no amount, and its key is that of no_customer: its value
 * is how many times the period is touched by what is in no other row.
 */
typedef struct LedgerRow
{
	int64		value;
	int32		period;
	int8		scale;
	uint8		touches;		/* how many times it touches the period */
	uint8		kind;
} LedgerRow;

#define ROW_MAX_TOUCHES	15

/* How rows are packed */
typedef struct RowPacking
{
	CustomerKind kind;
	int32		first;			/* periods that are not 32 bits are counted from it */
	int8		scale;			/* of short rows */
	bool		partitioned;	/* by the hash of the customer */
	uint8		hash_top;		/* the highest bits of the hash in this partition */
} RowPacking;

typedef enum RowForm
{
	ROW_LONG = 0,
	ROW_SHORT = 1,				/* the lowest bit, alone */
	ROW_KEYED = 2
} RowForm;

#define PACKED_PERIODS		4096
#define SHORT_HASH_BITS		24
#define SHORT_VALUE_LIMIT	(1 << 26)
#define KEYED_LENGTH_LIMIT	(1 << 12)
#define KEYED_SCALE_LIMIT	(1 << 4)

/* In place of a long row's key length: its customer is that of the row before */
#define SAME_CUSTOMER		PG_UINT16_MAX

#define LEDGER_KEY_SIZE(length)	MAXALIGN((length) == 0 ? sizeof(int64) : (length))

/* Bytes that a row takes at most */
#define LEDGER_ROW_SIZE(key_length)	(2 * sizeof(uint64) + LEDGER_KEY_SIZE(key_length))

StaticAssertDecl(CUSTOMER_MAX_LENGTH < SAME_CUSTOMER,
				 "a key's length is never taken for what stands in its place");

/* Bytes that a row takes at least */
static inline Size
ledger_row_min_size(const RowPacking *packing)
{
	return (packing->kind == CUSTOMER_INTEGER && packing->partitioned ? 1 : 2) * sizeof(uint64);
}

/* The key of a row that belongs to no customer; as long as keys of its kind */
static inline CustomerKey
no_customer(CustomerKind kind)
{
	static const char zeros[UUID_LEN] = {0};
	CustomerKey key;

	if (kind == CUSTOMER_INTEGER)
		key.number = 0;
	else
		key.bytes = zeros;
	key.length = kind == CUSTOMER_UUID ? UUID_LEN : 0;
	return key;
}

/*
 * Making
 */

/* Where the digits of a wide amount are cut in two */
#define LOW_DIGITS	18

/* Does an amount fit one row? */
static inline bool
ledger_amount_is_narrow(int128 amount)
{
	return amount == (int64) amount && amount > PG_INT64_MIN;
}

static inline LedgerRow
ledger_row_make(int128 amount, int scale, int32 period, LedgerRowKind kind, int touches)
{
	LedgerRow	row = {(int64) amount, period, scale, touches, kind};

	return row;
}

/*
 * An amount as one row, or as two if 64 bits do not hold it; returns how many.
 */
static inline int
ledger_rows_of_amount(const Decimal *amount, int32 period, LedgerRowKind kind, int touches,
		  LedgerRow rows[2])
{
	int128		cut;

	if (likely(ledger_amount_is_narrow(amount->value)))
	{
		rows[0] = ledger_row_make(amount->value, amount->scale, period, kind, touches);
		return 1;
	}
	cut = power_of_ten(LOW_DIGITS);
	rows[0] = ledger_row_make(amount->value / cut, amount->scale - LOW_DIGITS, period, kind, 0);
	rows[1] = ledger_row_make(amount->value % cut, amount->scale, period, kind, touches);
	return 2;
}

/*
 * Writing.  Each function returns where the row ends.
 */

static inline char *
ledger_put_key(char *place, const CustomerKey *key)
{
	if (key->length == 0)
		memcpy(place, &key->number, sizeof(int64));
	else if (key->length == UUID_LEN)
		memcpy(place, key->bytes, UUID_LEN);	/* in line */
	else
		memcpy(place, key->bytes, key->length);
	return place + LEDGER_KEY_SIZE(key->length);
}

/* A long row without its key */
static inline char *
ledger_put_long(char *place, LedgerRow row, uint16 key_length)
{
	uint64	   *words = (uint64 *) place;

	words[0] = (uint64) key_length << 48 | (uint64) (uint32) row.period << 16 |
		(uint64) (uint8) row.scale << 8 | row.touches << 4 | row.kind << 2 | ROW_LONG;
	words[1] = row.value;
	return (char *) &words[2];
}

/*
 * Can a row be short?  If so, *value is its value at the scale of short rows.
 */
static inline bool
ledger_row_is_short(const RowPacking *packing, LedgerRow row, const CustomerKey *key,
					int64 *value)
{
	int			digits = packing->scale - row.scale;

	if (!packing->partitioned || packing->kind != CUSTOMER_INTEGER ||
		!customer_is_small(key) || row.kind != ROW_AMOUNT || row.touches != 1)
		return false;
	if (digits < 0 || digits >= POWERS_OF_TEN ||
		__builtin_mul_overflow(row.value, powers_of_ten[digits], value))
		return false;
	return *value >= -SHORT_VALUE_LIMIT && *value < SHORT_VALUE_LIMIT;
}

/* Can a row be keyed? */
static inline bool
ledger_row_is_keyed(LedgerRow row, const CustomerKey *key)
{
	return row.value == (int32) row.value && row.touches <= 1 && row.kind <= ROW_LEVEL &&
		(uint8) row.scale < KEYED_SCALE_LIMIT && key->length < KEYED_LENGTH_LIMIT;
}

/*
 * A row with its key, as short as it can be, where there is room for a long one.
 */
static pg_attribute_always_inline char *
ledger_row_put(char *place, const RowPacking *packing, LedgerRow row,
			   const CustomerKey *key, uint64 hash)
{
	uint64	   *word = (uint64 *) place;
	uint64		period = (uint32) row.period - (uint32) packing->first;
	int64		value;

	if (likely(period < PACKED_PERIODS))
	{
		if (ledger_row_is_short(packing, row, key, &value))
		{
			*word = hash << (64 - SHORT_HASH_BITS) | period << 28 |
				(uint64) (value & (2 * SHORT_VALUE_LIMIT - 1)) << 1 | ROW_SHORT;
			return (char *) (word + 1);
		}
		if (ledger_row_is_keyed(row, key))
		{
			*word = (uint64) key->length << 52 | period << 40 | (uint64) (uint32) row.value << 8 |
				row.scale << 4 | row.touches << 3 | row.kind << 2 | ROW_KEYED;
			return ledger_put_key((char *) (word + 1), key);
		}
	}
	return ledger_put_key(ledger_put_long(place, row, key->length), key);
}

/*
 * Reading
 */

static inline RowForm
ledger_row_form(uint64 word)
{
	return word & ROW_SHORT ? ROW_SHORT : word & 3;
}

/* Where a row's key is, if it has one */
static inline const char *
ledger_row_key(const char *place, RowForm form)
{
	return place + (form == ROW_LONG ? 2 : 1) * sizeof(uint64);
}

/* The length of the key of a row that is not short, or what is in its place */
static inline uint16
ledger_row_key_length(uint64 word)
{
	return word & ROW_KEYED ? word >> 52 : word >> 48;
}

static inline const char *
ledger_row_next(const char *place)
{
	uint64		word = *(const uint64 *) place;
	RowForm		form = ledger_row_form(word);
	const char *key = ledger_row_key(place, form);

	if (form == ROW_SHORT || ledger_row_key_length(word) == SAME_CUSTOMER)
		return key;
	return key + LEDGER_KEY_SIZE(ledger_row_key_length(word));
}

/* The hash of the customer of a short row */
static inline uint32
ledger_row_hash(const RowPacking *packing, uint64 word)
{
	return (uint32) packing->hash_top << SHORT_HASH_BITS | word >> (64 - SHORT_HASH_BITS);
}

/*
 * Set the key to that of a row's customer, given that of the row before.
 */
static inline void
ledger_row_customer(const char *place, const RowPacking *packing, CustomerKey *key)
{
	uint64		word = *(const uint64 *) place;
	RowForm		form = ledger_row_form(word);

	if (form == ROW_SHORT)
		*key = customer_of_hash(ledger_row_hash(packing, word));
	else if (ledger_row_key_length(word) != SAME_CUSTOMER)
	{
		key->length = ledger_row_key_length(word);
		if (packing->kind == CUSTOMER_INTEGER)
			memcpy(&key->number, ledger_row_key(place, form), sizeof(int64));
		else
			key->bytes = ledger_row_key(place, form);
	}
}

/*
 * Read all of a row but its customer.
 */
static inline void
ledger_row_get(const char *place, const RowPacking *packing, LedgerRow *row)
{
	uint64		word = *(const uint64 *) place;

	switch (ledger_row_form(word))
	{
		case ROW_SHORT:
			row->value = (int32) (word << 4) >> 5;
			row->period = packing->first + (word >> 28 & (PACKED_PERIODS - 1));
			row->scale = packing->scale;
			row->touches = 1;
			row->kind = ROW_AMOUNT;
			break;
		case ROW_KEYED:
			row->value = (int32) (word >> 8);
			row->period = packing->first + (word >> 40 & (PACKED_PERIODS - 1));
			row->scale = word >> 4 & (KEYED_SCALE_LIMIT - 1);
			row->touches = word >> 3 & 1;
			row->kind = word >> 2 & 1;
			break;
		default:
			row->value = ((const int64 *) place)[1];
			row->period = (int32) (word >> 16);
			row->scale = (int8) (word >> 8);
			row->touches = word >> 4 & ROW_MAX_TOUCHES;
			row->kind = word >> 2 & 3;
	}
}

#endif							/* NRR_LEDGER_ROWS_H */
