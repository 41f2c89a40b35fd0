/*-------------------------------------------------------------------------
 *
 * ledger_rows.h
 *	  Billing rows on their way into a ledger, compact and in no order.
 *
 * A row is a fixed part and the customer's key, side by side; rows lie one
 * after the other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_ROWS_H
#define NRR_LEDGER_ROWS_H

#include "customer.h"

typedef enum LedgerRowKind
{
	ROW_AMOUNT,					/* an amount in the period */
	ROW_LEVEL,					/* a change of the amount in it and all after it */
	ROW_TOUCHES					/* a number of touches; of no customer */
} LedgerRowKind;

/*
 * An amount is value / 10^scale.  A wide one takes two rows, high digits and
 * low ones, the first of which has a scale that may be negative and touches
 * nothing.
 *
 * ROW_TOUCHES carries no amount, and its key is that of no_customer: its value
 * is how many times the period is touched by what is in no other row.
 */
typedef struct LedgerRow
{
	int64		value;
	int32		period;
	int8		scale;
	int8		touches:6;		/* how many times it touches the period */
	uint8		kind:2;
	uint16		key_length;		/* 0 for an integer or an empty text; or as below */
	/* int64 or bytes of the key follow, and padding */
} LedgerRow;

#define ROW_MAX_TOUCHES	31

/* In place of a key's length: the row has none, its customer is that before; */
#define SAME_CUSTOMER	PG_UINT16_MAX

/* or it has none for the value is two of 32 bits: a customer and, lower, a value */
#define SHORT_ROW		(PG_UINT16_MAX - 1)

#define LEDGER_ROW_HAS_KEY(row)	((row)->key_length < SHORT_ROW)

/* Bytes of a row with its key */
#define LEDGER_ROW_SIZE(key_length) \
	MAXALIGN(sizeof(LedgerRow) + ((key_length) == 0 ? sizeof(int64) : (key_length)))

StaticAssertDecl(sizeof(LedgerRow) == MAXALIGN(sizeof(LedgerRow)),
				 "rows follow each other aligned");
StaticAssertDecl(CUSTOMER_MAX_LENGTH < SHORT_ROW,
				 "a key's length is never taken for what stands in its place");

/*
 * Write a row with its key where there is room for both.
 */
static inline void
ledger_row_put(char *place, const LedgerRow *row, const CustomerKey *key)
{
	memcpy(place, row, sizeof(LedgerRow));
	((LedgerRow *) place)->key_length = key->length;
	place += sizeof(LedgerRow);
	if (key->length == 0)
		memcpy(place, &key->number, sizeof(int64));
	else if (key->length == UUID_LEN)
		memcpy(place, key->bytes, UUID_LEN);	/* in line */
	else
		memcpy(place, key->bytes, key->length);
}

static inline const LedgerRow *
ledger_row_next(const LedgerRow *row)
{
	if (!LEDGER_ROW_HAS_KEY(row))
		return row + 1;
	return (const LedgerRow *) ((const char *) row + LEDGER_ROW_SIZE(row->key_length));
}

/* The key of a row that is of no customer; it must have the length of the kind */
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

static inline int64
ledger_row_value(const LedgerRow *row)
{
	return row->key_length == SHORT_ROW ? (int32) row->value : row->value;
}

/*
 * Set the key to that of a row's customer, given the key of the row before.
 */
static inline void
ledger_row_key(const LedgerRow *row, CustomerKind kind, CustomerKey *key)
{
	if (row->key_length == SAME_CUSTOMER)
		return;
	if (row->key_length == SHORT_ROW)
	{
		key->number = row->value >> 32;
		key->length = 0;
		return;
	}
	key->length = row->key_length;
	if (kind == CUSTOMER_INTEGER)
		memcpy(&key->number, row + 1, sizeof(int64));
	else
		key->bytes = (const char *) (row + 1);
}

/*
 * Write a row where there is room for it with its key, as short as it can be;
 * returns its size.
 */
static inline Size
ledger_row_put_short(char *place, CustomerKind kind, const LedgerRow *row, const CustomerKey *key)
{
	LedgerRow  *copy = (LedgerRow *) place;

	if (kind != CUSTOMER_INTEGER ||
		row->value != (int32) row->value || key->number != (int32) key->number)
	{
		ledger_row_put(place, row, key);
		return LEDGER_ROW_SIZE(key->length);
	}
	*copy = *row;
	copy->value = (int64) ((uint64) key->number << 32 | (uint32) row->value);
	copy->key_length = SHORT_ROW;
	return sizeof(LedgerRow);
}

#endif							/* NRR_LEDGER_ROWS_H */
