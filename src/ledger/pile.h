/*-------------------------------------------------------------------------
 *
 * ledger/pile.h
 *	  Customers as they come to the writer of a ledger, and then in order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_PILE_H
#define NRR_LEDGER_PILE_H

#include "base/customer.h"
#include "lib/stringinfo.h"

/* Its bytes lie in the pile's buffer */
typedef struct PiledCustomer
{
	uint64		rank;			/* orders keys, except for equal ranks */
	uint32		offset;			/* of the key's bytes, then the series */
	uint32		key_length;		/* 0 for an integer, whose rank is all */
	uint32		series_length;
} PiledCustomer;

typedef struct CustomerPile
{
	CustomerKind kind;
	StringInfoData buffer;		/* keys and series as they came */
	PiledCustomer *customers;
	int64		n;
	int64		capacity;
} CustomerPile;

extern void pile_init(CustomerPile *pile, CustomerKind kind);
extern PiledCustomer *pile_add(CustomerPile *pile);
extern void pile_sort(CustomerPile *pile);
extern void pile_free(CustomerPile *pile);

static inline CustomerKey
piled_key(const CustomerPile *pile, const PiledCustomer *customer)
{
	CustomerKey key;

	key.length = customer->key_length;
	if (pile->kind == CUSTOMER_INTEGER)
		key.number = (int64) (customer->rank ^ (UINT64CONST(1) << 63));
	else
		key.bytes = pile->buffer.data + customer->offset;
	return key;
}

static inline const char *
piled_series(const CustomerPile *pile, const PiledCustomer *customer)
{
	return pile->buffer.data + customer->offset + customer->key_length;
}

/* Bytes that a pile takes, and that putting it in order takes */
static inline Size
pile_size(const CustomerPile *pile)
{
	return 2 * pile->n * sizeof(PiledCustomer) + pile->buffer.len;
}

/* Take all customers off */
static inline void
pile_clear(CustomerPile *pile)
{
	pile->n = 0;
	pile->buffer.len = 0;
}

#endif							/* NRR_LEDGER_PILE_H */
