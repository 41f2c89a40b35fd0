/*-------------------------------------------------------------------------
 *
 * base/money.c
 *	  Exact amounts: decimals held as 128-bit integers at a scale.
 *
 * Reads SQL numbers without rounding, and gives back numeric.  Knows nothing
 * of customers, periods or ledgers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "base/compat.h"

#include "base/money.h"
#include "base/numerics.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"

/*
 * The stored form of numeric.  The server keeps its struct to itself, but the
 * bytes cannot change without breaking every stored numeric; the tests compare
 * what is read here with what numeric's own functions say.
 */
#define NUMERIC_KIND_MASK	0xC000
#define NUMERIC_KIND_SHORT	0x8000
#define NUMERIC_KIND_NEG	0x4000
#define NUMERIC_KIND_SPECIAL 0xC000
#define NUMERIC_LONG_DSCALE	0x3FFF
#define NUMERIC_SHORT_NEG	0x2000
#define NUMERIC_SHORT_DSCALE(header) (((header) & 0x1F80) >> 7)
#define NUMERIC_SHORT_WEIGHT(header) \
	((int) ((header) & 0x003F) - (int) ((header) & 0x0040))
#define NUMERIC_BASE		10000
#define NUMERIC_BASE_DIGITS	4

/* Groups of digits that surely fit 64 bits, and at most 128 bits */
#define GROUPS_IN_64_BITS	4
#define GROUPS_IN_128_BITS	9

const int64 powers_of_ten[POWERS_OF_TEN] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
	INT64CONST(10000000000), INT64CONST(100000000000), INT64CONST(1000000000000),
	INT64CONST(10000000000000), INT64CONST(100000000000000),
	INT64CONST(1000000000000000), INT64CONST(10000000000000000),
	INT64CONST(100000000000000000), INT64CONST(1000000000000000000)
};

/* 10^exponent, for exponents up to 36 */
int128
power_of_ten(int exponent)
{
	if (exponent < POWERS_OF_TEN)
		return powers_of_ten[exponent];
	return (int128) powers_of_ten[18] * powers_of_ten[exponent - 18];
}

pg_noinline void
money_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount out of range"),
			 errdetail("Amounts and their sums hold at most %d digits, decimals included.",
					   MONEY_DIGITS),
			 errhint("Round the amounts to the decimals that matter, for example with round(amount, 2).")));
}

/*
 * The value with that many more decimals.
 */
int128
money_rescale(int128 value, int digits)
{
	int128		result;

	if (value == 0)
		return 0;
	if (digits > 2 * MONEY_DIGITS ||
		__builtin_mul_overflow(value, power_of_ten(Min(digits, 36)), &result) ||
		(digits > 36 && __builtin_mul_overflow(result, power_of_ten(digits - 36), &result)))
		money_out_of_range();
	return money_check(result);
}

/*
 * amount * part / whole, rounded half away from zero.  The part is not
 * negative and may be more than the whole, which is positive.  Remainders are
 * of 64 bits, so that what is out of range here is so in the result.
 */
int128
money_share(int128 amount, int64 part, int64 whole)
{
	int128		rest = amount % whole * part;
	int128		fraction = rest % whole;
	int128		share;

	if (__builtin_mul_overflow(amount / whole, (int128) part, &share))
		money_out_of_range();
	add_money(&share, rest / whole);
	if (fraction < 0)
		fraction = -fraction;
	if (fraction >= whole - fraction)
		add_money(&share, amount < 0 ? -1 : 1);
	return money_check(share);
}

/*
 * Take zeros away that an amount ends with, down to a scale.
 */
void
decimal_shorten(Decimal *amount, int scale)
{
	while (amount->scale > scale &&
		   (amount->value == (int64) amount->value ?
			(int64) amount->value % 10 == 0 : amount->value % 10 == 0))
	{
		if (amount->value == (int64) amount->value)
			amount->value = (int64) amount->value / 10;
		else
			amount->value /= 10;
		amount->scale--;
	}
}

/*
 * Give an amount that is to be divided a scale, as far as zeros at its end do not
 * make it larger than the limit: they are no digits that must fit.
 */
void
decimal_pad(Decimal *amount, int scale, int128 limit)
{
	limit /= 10;
	decimal_shorten(amount, 0);
	while (amount->scale < scale && amount->value <= limit && amount->value >= -limit)
	{
		amount->value *= 10;
		amount->scale++;
	}
}

static void
decimal_from_int2(Datum amount, Decimal *result)
{
	decimal_from_integer(DatumGetInt16(amount), result);
}

pg_noreturn static pg_noinline void
not_a_finite_amount(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount is not a finite number"),
			 errhint("NaN and infinity have no place in a sum of money; leave such rows out or mend them.")));
}

/* Division by a power of ten that the compiler knows is a multiplication. */
static inline int64
divide_by_power_of_ten(int64 value, int exponent)
{
	switch (exponent)
	{
		case 1:
			return value / 10;
		case 2:
			return value / 100;
		case 3:
			return value / 1000;
		default:
			return value / powers_of_ten[exponent];
	}
}

/*
 * Put the digits of a numeric at a scale, given how many groups of them follow
 * the point.  The last group may have zeros beyond the last decimal, which are
 * dropped.
 */
static inline void
set_decimal(Decimal *result, int128 value, int groups, int dscale)
{
	int			scale = groups * NUMERIC_BASE_DIGITS;
	int			surplus = scale - dscale;

	if (surplus > 0)
	{
		int128		shortened;

		if (value == (int64) value && surplus < POWERS_OF_TEN)
			shortened = divide_by_power_of_ten((int64) value, surplus);
		else
			shortened = value / power_of_ten(surplus);
		if (shortened * power_of_ten(surplus) == value)
		{
			value = shortened;
			scale = dscale;
		}
	}
	result->value = value;
	result->scale = scale;
	result->dscale = Max(scale, Min(dscale, MONEY_MAX_DSCALE));
}

static pg_noinline void
decimal_from_long_numeric(const char *digits, int ndigits, int groups, int dscale,
						  bool negative, Decimal *result)
{
	int128		value = 0;

	if (ndigits > GROUPS_IN_128_BITS || groups * NUMERIC_BASE_DIGITS > 36)
		money_out_of_range();
	for (int i = 0; i < ndigits; i++)
	{
		int16		group;

		memcpy(&group, digits + i * sizeof(int16), sizeof(int16));
		value = value * NUMERIC_BASE + group;
	}
	if (groups < 0)
	{
		value = money_rescale(value, -groups * NUMERIC_BASE_DIGITS);
		groups = 0;
	}
	set_decimal(result, negative ? -value : value, groups, dscale);
	if (!money_in_range(result->value))
		decimal_shorten(result, 0);
	if (result->scale > MONEY_DIGITS)
		money_out_of_range();
	money_check(result->value);
}

/* A numeric, taken apart */
typedef struct NumericParts
{
	const char *digits;			/* groups of them, not aligned */
	int			ndigits;
	int			groups;			/* of them that follow the point, if positive */
	int			weight;			/* of the first one */
	int			dscale;
	bool		negative;
	bool		special;		/* NaN or infinity, and nothing else is set */
} NumericParts;

static inline NumericParts
take_numeric_apart(Datum amount)
{
	struct varlena *number = PG_DETOAST_DATUM_PACKED(amount);
	const char *digits = VARDATA_ANY(number);
	int			length = VARSIZE_ANY_EXHDR(number);
	NumericParts parts = {0};
	uint16		header;

	memcpy(&header, digits, sizeof(header));
	digits += sizeof(header);
	length -= sizeof(header);
	if ((header & NUMERIC_KIND_MASK) == NUMERIC_KIND_SHORT)
	{
		parts.negative = (header & NUMERIC_SHORT_NEG) != 0;
		parts.dscale = NUMERIC_SHORT_DSCALE(header);
		parts.weight = NUMERIC_SHORT_WEIGHT(header);
	}
	else
	{
		int16		long_weight;

		parts.special = (header & NUMERIC_KIND_MASK) == NUMERIC_KIND_SPECIAL;
		if (parts.special)
			return parts;
		parts.negative = (header & NUMERIC_KIND_MASK) == NUMERIC_KIND_NEG;
		parts.dscale = header & NUMERIC_LONG_DSCALE;
		memcpy(&long_weight, digits, sizeof(long_weight));
		digits += sizeof(long_weight);
		length -= sizeof(long_weight);
		parts.weight = long_weight;
	}
	parts.digits = digits;
	parts.ndigits = length / sizeof(int16);
	parts.groups = parts.ndigits == 0 ? 0 : parts.ndigits - 1 - parts.weight;
	return parts;
}

void
decimal_from_numeric(Datum amount, Decimal *result)
{
	NumericParts parts = take_numeric_apart(amount);
	int64		value = 0;

	if (parts.special)
		not_a_finite_amount();
	if (unlikely(parts.ndigits > GROUPS_IN_64_BITS || parts.groups < 0 ||
				 parts.groups > GROUPS_IN_64_BITS))
	{
		decimal_from_long_numeric(parts.digits, parts.ndigits, parts.groups, parts.dscale,
								  parts.negative, result);
		return;
	}
	for (int i = 0; i < parts.ndigits; i++)
	{
		int16		group;

		memcpy(&group, parts.digits + i * sizeof(int16), sizeof(int16));
		value = value * NUMERIC_BASE + group;
	}
	set_decimal(result, parts.negative ? -value : value, parts.groups, parts.dscale);
}

/*
 * Has a numeric more digits than an amount may have?  Those before the point
 * count from the first one that is not zero, those behind it up to the last one.
 */
static DecimalProblem
numeric_problem(Datum amount)
{
	NumericParts parts = take_numeric_apart(amount);
	int			before,
				behind;
	int16		first,
				last;

	if (parts.special)
		return DECIMAL_NOT_FINITE;
	if (parts.ndigits == 0)
		return DECIMAL_FINE;
	before = (parts.weight + 1) * NUMERIC_BASE_DIGITS;
	behind = parts.groups * NUMERIC_BASE_DIGITS;
	if (likely(before <= GROUPS_IN_64_BITS * NUMERIC_BASE_DIGITS &&
			   behind <= GROUPS_IN_64_BITS * NUMERIC_BASE_DIGITS))
		return DECIMAL_FINE;
	memcpy(&first, parts.digits, sizeof(int16));
	memcpy(&last, parts.digits + (parts.ndigits - 1) * sizeof(int16), sizeof(int16));
	for (int limit = NUMERIC_BASE / 10; limit > first; limit /= 10)
		before--;
	for (; last % 10 == 0 && last != 0; last /= 10)
		behind--;
	return Max(before, 0) + Max(behind, 0) > MONEY_DIGITS ? DECIMAL_TOO_LONG : DECIMAL_FINE;
}

/*
 * Read a number as PostgreSQL prints a float: [-]digits[.digits][e[+-]digits].
 * It has at most 17 significant digits.
 */
static void
decimal_from_shortest(const char *number, Decimal *result)
{
	int64		value = 0;
	int			decimals = 0;
	bool		fraction = false;
	bool		negative = *number == '-';
	const char *p = number + (negative ? 1 : 0);

	if (!isdigit((unsigned char) *p))
		not_a_finite_amount();
	for (; *p != '\0' && *p != 'e'; p++)
	{
		if (*p == '.')
			fraction = true;
		else
		{
			value = value * 10 + (*p - '0');
			if (fraction)
				decimals++;
		}
	}
	if (*p == 'e')
		decimals -= atoi(p + 1);
	if (value == 0)
		decimals = 0;
	if (decimals > MONEY_DIGITS)
		money_out_of_range();

	result->value = decimals < 0 ? money_rescale(value, -decimals) : value;
	if (negative)
		result->value = -result->value;
	result->scale = result->dscale = Max(decimals, 0);
}

static void
decimal_from_float4(Datum amount, Decimal *result)
{
	char		number[FLOAT_SHORTEST_DECIMAL_LEN];

	float_to_shortest_decimal_buf(DatumGetFloat4(amount), number);
	decimal_from_shortest(number, result);
}

void
decimal_from_float8(Datum amount, Decimal *result)
{
	char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(DatumGetFloat8(amount), number);
	decimal_from_shortest(number, result);
}

/*
 * Likewise of a float, which has 17 digits: only some that are far from 1 have
 * too many before or behind the point.
 */
static DecimalProblem
float_problem(double amount, const char *shortest)
{
	if (isnan(amount) || isinf(amount))
		return DECIMAL_NOT_FINITE;
	if (amount == 0 || (fabs(amount) >= 1e-15 && fabs(amount) < 1e15))
		return DECIMAL_FINE;
	return numeric_problem(numeric_from_string(shortest));
}

/*
 * What keeps a value of a type that has a reader from being an amount?
 */
DecimalProblem
decimal_problem(Oid type, Datum amount)
{
	char		number[DOUBLE_SHORTEST_DECIMAL_LEN];

	switch (type)
	{
		case NUMERICOID:
			return numeric_problem(amount);
		case FLOAT4OID:
			float_to_shortest_decimal_buf(DatumGetFloat4(amount), number);
			return float_problem(DatumGetFloat4(amount), number);
		case FLOAT8OID:
			double_to_shortest_decimal_buf(DatumGetFloat8(amount), number);
			return float_problem(DatumGetFloat8(amount), number);
		default:
			return DECIMAL_FINE;
	}
}

/* A literal of no declared type, as in revenue_entry(1, '2026-01-01', '9.99') */
static void
decimal_from_literal(Datum amount, Decimal *result)
{
	decimal_from_numeric(numeric_from_string(DatumGetCString(amount)), result);
}

/*
 * What reads amounts of a type; NULL if the type is not one of numbers.
 */
DecimalReader
decimal_reader(Oid type)
{
	switch (type)
	{
		case INT2OID:
			return decimal_from_int2;
		case INT4OID:
			return decimal_from_int4;
		case INT8OID:
			return decimal_from_int8;
		case NUMERICOID:
			return decimal_from_numeric;
		case FLOAT4OID:
			return decimal_from_float4;
		case FLOAT8OID:
			return decimal_from_float8;
		case UNKNOWNOID:
			return decimal_from_literal;
		default:
			return NULL;
	}
}

/*
 * A value as numeric, with exactly 'dscale' decimals, of which there are no
 * fewer than 'scale'.
 */
Datum
money_to_numeric(int128 value, int scale, int dscale)
{
	char		buffer[MONEY_DIGITS * 2 + 8];
	char	   *p = buffer + sizeof(buffer);
	uint128		rest = value < 0 ? -(uint128) value : (uint128) value;
	int64		narrow;
	Datum		number;

	if (value == (int64) value && dscale < POWERS_OF_TEN &&
		!__builtin_mul_overflow((int64) value, powers_of_ten[dscale - scale], &narrow))
		return NumericGetDatum(int64_div_fast_to_numeric(narrow, dscale));

	*--p = '\0';
	for (int digit = 0; digit <= scale || rest != 0; digit++)
	{
		if (digit == scale && scale > 0)
			*--p = '.';
		*--p = '0' + (int) (rest % 10);
		rest /= 10;
	}
	if (value < 0)
		*--p = '-';
	number = numeric_from_string(p);
	if (dscale > scale)
		number = DirectFunctionCall2(numeric_round, number, Int32GetDatum(dscale));
	return number;
}

/*
 * dividend * 10^shift / divisor, as numeric, rounded half away from zero.
 * Neither is negative; the shift leaves room in 128 bits if it is at most 2.
 */
static Datum
rounded_quotient(int128 dividend, int128 divisor, int shift)
{
	int128		product = money_check(dividend) * power_of_ten(PERCENT_DECIMALS + shift);
	int128		quotient = product / money_check(divisor);
	int128		remainder = product % divisor;

	if (remainder >= divisor - remainder)
		quotient++;
	return money_to_numeric(quotient, PERCENT_DECIMALS, PERCENT_DECIMALS);
}

Datum
percent_numeric(int128 part, int128 whole)
{
	return rounded_quotient(part, whole, 2);
}

Datum
ratio_numeric(int128 dividend, int128 divisor)
{
	return rounded_quotient(dividend, divisor, 0);
}
