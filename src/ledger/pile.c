/*-------------------------------------------------------------------------
 *
 * ledger/pile.c
 *	  Customers as they come to the writer of a ledger, and then in order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/interrupts.h"
#include "ledger/pile.h"
#include "utils/memutils.h"

void
pile_init(CustomerPile *pile, CustomerKind kind)
{
	pile->kind = kind;
	pile->n = 0;
	pile->capacity = 1;
	pile->customers = palloc(pile->capacity * sizeof(PiledCustomer));
	initStringInfo(&pile->buffer);
}

/*
 * Room for another customer.
 */
PiledCustomer *
pile_add(CustomerPile *pile)
{
	if (pile->n == pile->capacity)
	{
		pile->capacity *= 2;
		pile->customers = repalloc_huge(pile->customers, pile->capacity * sizeof(PiledCustomer));
	}
	return &pile->customers[pile->n++];
}

void
pile_free(CustomerPile *pile)
{
	pfree(pile->buffer.data);
	pfree(pile->customers);
}

static inline int
compare_piled(const PiledCustomer *a, const PiledCustomer *b, CustomerPile *pile)
{
	int			order;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	order = memcmp(pile->buffer.data + a->offset, pile->buffer.data + b->offset,
				   Min(a->key_length, b->key_length));
	if (order != 0)
		return order;
	return a->key_length < b->key_length ? -1 : a->key_length > b->key_length;
}

#define ST_SORT sort_piled
#define ST_ELEMENT_TYPE PiledCustomer
#define ST_COMPARE_ARG_TYPE CustomerPile
#define ST_COMPARE(a, b, pile) compare_piled(a, b, pile)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* From this many customers on, radix sort is faster than quicksort */
#define MANY_CUSTOMERS	1000

/*
 * Sort customers by one byte of their rank, and otherwise as they are.
 */
static void
sort_by_byte(const PiledCustomer *from, PiledCustomer *to, int64 n, int shift, uint32 *steps)
{
	int64		places[256] = {0};
	int64		place = 0;

	for (int64 i = 0; i < n; i++)
	{
		look_after_steps(steps, 1);
		places[from[i].rank >> shift & 0xFF]++;
	}
	for (int i = 0; i < 256; i++)
	{
		int64		count = places[i];

		places[i] = place;
		place += count;
	}
	for (int64 i = 0; i < n; i++)
	{
		look_after_steps(steps, 1);
		to[places[from[i].rank >> shift & 0xFF]++] = from[i];
	}
}

/*
 * Radix-sort integers by the bytes of their rank, the lowest first; bytes that
 * are equal in all of them are skipped.
 */
static void
sort_integers(CustomerPile *pile)
{
	int64		n = pile->n;
	PiledCustomer *from = pile->customers;
	PiledCustomer *to;
	uint64		varying = 0;
	bool		ordered = true;
	uint32		steps = 0;

	for (int64 i = 1; i < n; i++)
	{
		look_after_steps(&steps, 1);
		varying |= from[i].rank ^ from[0].rank;
		ordered &= from[i - 1].rank < from[i].rank;
	}
	if (ordered)
		return;
	to = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(PiledCustomer));
	for (int shift = 0; shift < 64; shift += 8)
	{
		PiledCustomer *swap = from;

		if ((varying >> shift & 0xFF) == 0)
			continue;
		sort_by_byte(from, to, n, shift, &steps);
		from = to;
		to = swap;
	}
	pile->customers = from;
	pile->capacity = n;
	pfree(to);
}

/*
 * Put the customers in order.
 */
void
pile_sort(CustomerPile *pile)
{
	if (pile->kind == CUSTOMER_INTEGER && pile->n >= MANY_CUSTOMERS)
		sort_integers(pile);
	else
		sort_piled(pile->customers, pile->n, pile);
}
