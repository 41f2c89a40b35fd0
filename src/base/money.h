/*-------------------------------------------------------------------------
 *
 * base/money.h
 *	  Exact amounts: decimals held as 128-bit integers at a scale.
 *
 * A value v at scale s is v / 10^s.  No value in a ledger or a result has more
 * than MONEY_DIGITS digits, which leaves room in 128 bits for the six digits
 * that an exactly rounded percentage of two of them needs.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_MONEY_H
#define NRR_BASE_MONEY_H

#include "fmgr.h"
#include "utils/numeric.h"

#define MONEY_DIGITS	32

/* The most decimals that are shown */
#define MONEY_MAX_DSCALE	NUMERIC_MAX_RESULT_SCALE

/* Decimals of percentages and ratios */
#define PERCENT_DECIMALS	4

/* A share of an amount carries so many more decimals than the amount */
#define SHARE_DECIMALS	4

typedef struct Decimal
{
	int128		value;
	int16		scale;			/* 0 .. MONEY_DIGITS */
	uint16		dscale;			/* decimals to show, as numeric has them */
} Decimal;

/* Any reader of an SQL value of one type, numeric or another */
typedef void (*DecimalReader) (Datum amount, Decimal *result);

/* What keeps a number from being an amount */
typedef enum DecimalProblem
{
	DECIMAL_FINE,
	DECIMAL_NOT_FINITE,
	DECIMAL_TOO_LONG
} DecimalProblem;

extern DecimalReader decimal_reader(Oid type);
extern DecimalProblem decimal_problem(Oid type, Datum amount);
extern void decimal_from_numeric(Datum amount, Decimal *result);
extern void decimal_from_float8(Datum amount, Decimal *result);

extern void decimal_shorten(Decimal *amount, int scale);
extern void decimal_pad(Decimal *amount, int scale, int128 limit);

static inline void
decimal_from_integer(int64 value, Decimal *result)
{
	result->value = value;
	result->scale = 0;
	result->dscale = 0;
}

static inline void
decimal_from_int4(Datum amount, Decimal *result)
{
	decimal_from_integer(DatumGetInt32(amount), result);
}

static inline void
decimal_from_int8(Datum amount, Decimal *result)
{
	decimal_from_integer(DatumGetInt64(amount), result);
}

/* The powers of ten that fit 64 bits */
#define POWERS_OF_TEN	19

extern const int64 powers_of_ten[POWERS_OF_TEN];
extern int128 power_of_ten(int exponent);
pg_noreturn extern void money_out_of_range(void);
extern int128 money_rescale(int128 value, int digits);
extern int128 money_share(int128 amount, int64 part, int64 whole);

extern Datum money_to_numeric(int128 value, int scale, int dscale);
extern Datum percent_numeric(int128 part, int128 whole);
extern Datum ratio_numeric(int128 dividend, int128 divisor);

static inline bool
money_in_range(int128 value)
{
	const int128 limit = (int128) INT64CONST(10000000000000000) * INT64CONST(10000000000000000);

	return value < limit && value > -limit;
}

static inline int128
money_check(int128 value)
{
	if (unlikely(!money_in_range(value)))
		money_out_of_range();
	return value;
}

/*
 * Scale a 64-bit value up by that many decimals.
 */
static inline int128
money_rescale_narrow(int64 value, int digits)
{
	if (likely(digits < POWERS_OF_TEN))
		return money_check((int128) value * powers_of_ten[digits]);
	return money_rescale(value, digits);
}

static inline void
add_money(int128 *sum, int128 amount)
{
	if (unlikely(__builtin_add_overflow(*sum, amount, sum)))
		money_out_of_range();
}

#endif							/* NRR_BASE_MONEY_H */
