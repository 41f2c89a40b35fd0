/*-------------------------------------------------------------------------
 *
 * base/wide.c
 *	  Exact sums of products: unsigned integers of 256 bits.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/numerics.h"
#include "base/wide.h"
#include "utils/numeric.h"

Wide
wide_product(uint128 a, uint128 b)
{
	uint64		a_low = (uint64) a;
	uint64		a_high = (uint64) (a >> 64);
	uint64		b_low = (uint64) b;
	uint64		b_high = (uint64) (b >> 64);
	Wide		product;

	product.low = (uint128) a_low * b_low;
	product.high = (uint128) a_high * b_high;
	for (int i = 0; i < 2; i++)
	{
		uint128		middle = i == 0 ? (uint128) a_low * b_high : (uint128) a_high * b_low;

		wide_add_narrow(&product, middle << 64);
		product.high += middle >> 64;
	}
	return product;
}

void
wide_multiply(Wide *value, uint64 factor)
{
	uint128		high = value->high * factor;

	*value = wide_product(value->low, factor);
	value->high += high;
}

/*
 * Divide a value in place; gives the remainder.
 */
uint64
wide_divide(Wide *value, uint64 divisor)
{
	uint64		limbs[4];
	uint64		remainder = 0;

	limbs[0] = (uint64) (value->high >> 64);
	limbs[1] = (uint64) value->high;
	limbs[2] = (uint64) (value->low >> 64);
	limbs[3] = (uint64) value->low;
	for (int i = 0; i < 4; i++)
	{
		uint128		dividend = (uint128) remainder << 64 | limbs[i];

		limbs[i] = (uint64) (dividend / divisor);
		remainder = (uint64) (dividend % divisor);
	}
	value->high = (uint128) limbs[0] << 64 | limbs[1];
	value->low = (uint128) limbs[2] << 64 | limbs[3];
	return remainder;
}

/*
 * Print value / 10^scale, with that many decimals, into a buffer of
 * WIDE_STRING_SIZE.
 */
void
wide_to_string(const Wide *value, int scale, char *buffer)
{
	char		digits[WIDE_STRING_SIZE];
	char	   *p = digits + sizeof(digits);
	Wide		rest = *value;

	*--p = '\0';
	for (int digit = 0; digit <= scale || !wide_is_zero(&rest); digit++)
	{
		if (digit == scale && scale > 0)
			*--p = '.';
		*--p = '0' + (int) wide_divide(&rest, 10);
	}
	strcpy(buffer, p);
}

Datum
wide_to_numeric(const Wide *value)
{
	char		string[WIDE_STRING_SIZE];

	wide_to_string(value, 0, string);
	return numeric_from_string(string);
}
