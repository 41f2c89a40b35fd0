/*-------------------------------------------------------------------------
 *
 * mutate.c
 *	  Chance, and mutations of inputs that are one ledger or two.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"

/*
 * Chance
 */

static uint64_t chance_state;

void
chance_begin(unsigned int seed)
{
	chance_state = ((uint64_t) seed << 20) ^ UINT64_C(0x9E3779B97F4A7C15);
}

uint32_t
chance(uint32_t n)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (uint32_t) ((chance_state >> 16) % n);
}

/* A number at which things change, or near one */
uint128
edge_number(void)
{
	static const int bits[] = {0, 1, 2, 6, 7, 8, 13, 14, 15, 16, 18, 31, 32, 62, 63, 64, 106, 107, 126, 127};
	uint128		number = (uint128) 1 << bits[chance(lengthof(bits))];

	switch (chance(5))
	{
		case 0:
			return number - 1;
		case 1:
			return number + 1;
		case 2:
			return chance(4) == 0 ? 262143 + chance(3) : number;	/* the most periods of a ledger */
		case 3:
			number = 1;
			for (uint32_t i = chance(34); i > 0; i--)
				number *= 10;
			return number - chance(2);
		default:
			return number;
	}
}

/* Another number in place of one, mostly close to it */
uint128
change_number(uint128 number)
{
	switch (chance(6))
	{
		case 0:
			return edge_number();
		case 1:
			return number + chance(8);
		case 2:
			return number - chance(8);
		case 3:
			return number ^ (uint128) 1 << chance(70);
		default:
			return chance(12);
	}
}

/*
 * Options alone.  There is no input without them.
 */
size_t
mutate_options(uint8_t *data, size_t size, size_t max_size)
{
	if (size <= OPTIONS_SIZE)
		return LLVMFuzzerMutate(data, size, max_size);
	(void) LLVMFuzzerMutate(data, OPTIONS_SIZE, OPTIONS_SIZE);
	return size;
}

/*
 * One of the ledgers of an input, or its options.
 */
static size_t
mutate_one(uint8_t *data, size_t size, size_t max_size,
		   Mutation mutate)
{
	static uint8_t second[1 << 18];
	size_t		first_size,
				second_size;

	if (size <= OPTIONS_SIZE + HEADER_SIZE || chance(12) == 0)
		return mutate_options(data, size, max_size);
	first_size = (size_t) data[OPTIONS_SIZE - 2] << 8 | data[OPTIONS_SIZE - 1];
	if (first_size == 0 || first_size > size - OPTIONS_SIZE)
		first_size = size - OPTIONS_SIZE;
	second_size = size - OPTIONS_SIZE - first_size;
	if (second_size > sizeof(second))
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(second, data + OPTIONS_SIZE + first_size, second_size);
	if (second_size == 0 && chance(6) == 0 && first_size < sizeof(second))
	{
		/* a second ledger, at first like the first one */
		second_size = first_size;
		memcpy(second, data + OPTIONS_SIZE, second_size);
	}
	if (second_size > 0 && chance(3) == 0)
		second_size = mutate(second, second_size, sizeof(second));
	else
		first_size = mutate(data + OPTIONS_SIZE, first_size, max_size - OPTIONS_SIZE);
	if (second_size > max_size - OPTIONS_SIZE - first_size)
		second_size = 0;
	memcpy(data + OPTIONS_SIZE + first_size, second, second_size);
	if (second_size > 0 && first_size > 0xFFFF)
		second_size = 0;
	data[OPTIONS_SIZE - 2] = second_size > 0 ? first_size >> 8 : 0;
	data[OPTIONS_SIZE - 1] = second_size > 0 ? first_size : 0;
	return OPTIONS_SIZE + first_size + second_size;
}

size_t
mutate_ledger(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	chance_begin(seed);
	return mutate_one(data, size, max_size, mutate_flat);
}

static void
swap_dscale(uint8_t *data)
{
	uint8_t		byte = data[HEADER_DSCALE];

	data[HEADER_DSCALE] = data[HEADER_DSCALE + 1];
	data[HEADER_DSCALE + 1] = byte;
}

/* As stored, flat or open; in memory the order of a flat one's dscale is the other one */
static size_t
mutate_either(uint8_t *data, size_t size, size_t max_size)
{
	if (size >= OPEN_HEAD && data[HEADER_FLAGS] == FLAG_OPEN && chance(8) > 0)
		return mutate_open(data, size, max_size);
	if (size < HEADER_SIZE)
		return LLVMFuzzerMutate(data, size, max_size);
	swap_dscale(data);
	size = mutate_flat(data, size, max_size);
	if (size >= HEADER_SIZE)
		swap_dscale(data);
	return size;
}

size_t
mutate_stored(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	chance_begin(seed);
	return mutate_one(data, size, max_size, mutate_either);
}
