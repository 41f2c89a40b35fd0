/*-------------------------------------------------------------------------
 *
 * base/wide.h
 *	  Exact sums of products: unsigned integers of 256 bits.
 *
 * A product of two amounts has twice their digits.  Sums of them are what a
 * variance is made of, and stay exact, so that they can be taken apart again.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_WIDE_H
#define NRR_BASE_WIDE_H

#include "fmgr.h"

typedef struct Wide
{
	uint128		low;
	uint128		high;
} Wide;

/* The most digits of a Wide in this program: those of a product of two amounts */
#define WIDE_DIGITS		64

static inline void
wide_add_narrow(Wide *sum, uint128 term)
{
	if (unlikely(__builtin_add_overflow(sum->low, term, &sum->low)))
		sum->high++;
}

static inline void
wide_subtract_narrow(Wide *sum, uint128 term)
{
	if (unlikely(__builtin_sub_overflow(sum->low, term, &sum->low)))
		sum->high--;
}

static inline void
wide_add(Wide *sum, const Wide *term)
{
	wide_add_narrow(sum, term->low);
	sum->high += term->high;
}

static inline void
wide_subtract(Wide *sum, const Wide *term)
{
	wide_subtract_narrow(sum, term->low);
	sum->high -= term->high;
}

static inline bool
wide_is_zero(const Wide *value)
{
	return value->low == 0 && value->high == 0;
}

static inline bool
wide_less(const Wide *a, const Wide *b)
{
	return a->high < b->high || (a->high == b->high && a->low < b->low);
}

extern Wide wide_product(uint128 a, uint128 b);
extern void wide_multiply(Wide *value, uint64 factor);
extern uint64 wide_divide(Wide *value, uint64 divisor);
extern void wide_to_string(const Wide *value, int scale, char *buffer);
extern Datum wide_to_numeric(const Wide *value);

/* Bytes of a string of a Wide: digits, a point, a zero before it and the end */
#define WIDE_STRING_SIZE	(80 + 3)

#endif							/* NRR_BASE_WIDE_H */
