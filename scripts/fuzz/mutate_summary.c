/*-------------------------------------------------------------------------
 *
 * mutate_summary.c
 *	  Mutations of the binary form and the text of a retention_summary.
 *
 * The binary form is a version, the scale, the decimals shown (two bytes), six
 * amounts of 16 bytes, each with a count of 8 bytes, and five sums of products of
 * 32 bytes, all in network order.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"

#include <ctype.h>
#include <stdio.h>

#define FLAG_TEXT		1

#define PARTS			6
#define MOMENTS			5
#define AMOUNT_SIZE		16
#define PART_SIZE		(AMOUNT_SIZE + 8)
#define MOMENT_SIZE		32
#define PARTS_AT		4
#define MOMENTS_AT		(PARTS_AT + PARTS * PART_SIZE)
#define FORM_SIZE		(MOMENTS_AT + MOMENTS * MOMENT_SIZE)

static void
put_integer(uint8_t *place, int size, uint128 number)
{
	for (int i = size - 1; i >= 0; i--, number >>= 8)
		place[i] = (uint8_t) number;
}

static uint128
get_integer(const uint8_t *place, int size)
{
	uint128		number = 0;

	for (int i = 0; i < size; i++)
		number = number << 8 | place[i];
	return number;
}

static void
add_to(uint8_t *place, int size, uint128 number)
{
	put_integer(place, size, get_integer(place, size) + number);
}

static void
add_part(uint8_t *form, int part, uint64_t amount)
{
	add_to(form + PARTS_AT + part * PART_SIZE, AMOUNT_SIZE, amount);
	add_to(form + PARTS_AT + part * PART_SIZE + AMOUNT_SIZE, PART_SIZE - AMOUNT_SIZE, amount != 0);
}

static void
add_product(uint8_t *form, int moment, uint64_t a, uint64_t b)
{
	add_to(form + MOMENTS_AT + moment * MOMENT_SIZE + MOMENT_SIZE / 2, MOMENT_SIZE / 2, (uint128) a * b);
}

/* Count a customer as the extension would: starting, new, reactivation, expansion, contraction, churn */
static void
add_customer(uint8_t *form, uint64_t starting, uint64_t ending)
{
	uint64_t	least = starting < ending ? starting : ending;

	add_part(form, 0, starting);
	if (starting == 0)
		add_part(form, 1 + chance(2), ending);
	else if (ending == 0)
		add_part(form, 5, starting);
	else if (ending > starting)
		add_part(form, 3, ending - starting);
	else if (ending < starting)
		add_part(form, 4, starting - ending);
	if (starting == 0)
		return;
	add_product(form, 0, starting, starting);
	add_product(form, 1, ending, ending);
	add_product(form, 2, starting, ending);
	add_product(form, 3, least, least);
	add_product(form, 4, starting, least);
}

static void
make_summary(uint8_t *form)
{
	uint64_t	limit = chance(2) ? 1000 : UINT64_C(1) << chance(62);

	memset(form + PARTS_AT, 0, FORM_SIZE - PARTS_AT);
	form[1] = (uint8_t) (chance(2) ? chance(34) : 2);
	put_integer(form + 2, 2, form[1] + chance(3));
	for (uint32_t i = chance(8); i-- > 0;)
		add_customer(form, chance(4) == 0 ? 0 : limit / (1 + chance(9)), chance(4) == 0 ? 0 : limit / (1 + chance(9)));
}

static void
change_form(uint8_t *form)
{
	uint32_t	place = chance(2 + 2 * PARTS + 2 * MOMENTS);
	uint8_t    *field;
	int			size = AMOUNT_SIZE;

	if (place < 2)
	{
		size = place == 0 ? 1 : 2;
		field = form + 1 + place;
	}
	else if (place < 2 + 2 * PARTS)
	{
		field = form + PARTS_AT + (place - 2) / 2 * PART_SIZE;
		if (place % 2 != 0)
		{
			field += AMOUNT_SIZE;
			size = PART_SIZE - AMOUNT_SIZE;
		}
	}
	else
		field = form + MOMENTS_AT + (place - 2 - 2 * PARTS) * (MOMENT_SIZE / 2);
	put_integer(field, size, change_number(get_integer(field, size)));
}

/* Decimal digits of a number, now and then with a point in them */
static size_t
print_number(char *text, uint128 number)
{
	char		digits[48];
	int			n = 0;
	size_t		size = 0;

	do
		digits[n++] = '0' + (int) (number % 10);
	while ((number /= 10) > 0);
	for (int repeat = chance(8) == 0 ? 2 : 1; repeat > 0; repeat--)
		for (int i = n; i-- > 0;)
			text[size++] = digits[i];
	if (chance(3) == 0)
	{
		text[size++] = '.';
		for (uint32_t i = 1 + chance(40); i-- > 0;)
			text[size++] = '0' + (int) chance(10);
	}
	return size;
}

/* Put another number in place of one of those in a text */
static size_t
change_text(uint8_t *text, size_t size, size_t max_size)
{
	char		number[192];
	size_t		begin = size > 0 ? chance((uint32_t) size) : 0;
	size_t		end,
				length;

	while (begin < size && !isdigit(text[begin]))
		begin++;
	for (end = begin; end < size && (isdigit(text[end]) || text[end] == '.'); end++)
		;
	length = print_number(number, change_number(chance(1000)));
	if (size < max_size && chance(24) == 0)
	{
		text[size] = chance(2) ? 'x' : '0';
		return size + 1;
	}
	if (begin == size || size - (end - begin) + length > max_size)
		return LLVMFuzzerMutate(text, size, max_size);
	memmove(text + begin + length, text + end, size - end);
	memcpy(text + begin, number, length);
	return size - (end - begin) + length;
}

/* Where a name in quotes begins, after a place in a text, and its size; 0 if there is none */
static size_t
find_name(const uint8_t *text, size_t size, size_t place, size_t *length)
{
	size_t		end;

	while (place < size && text[place] != '"')
		place++;
	for (end = place + 1; end < size && text[end] != '"'; end++)
		;
	*length = end < size ? end + 1 - place : 0;
	return place;
}

/* Put one of the names in a text in place of another one */
static size_t
change_name(uint8_t *text, size_t size, size_t max_size)
{
	uint8_t		name[64];
	size_t		length,
				old_length,
				place = find_name(text, size, chance((uint32_t) size), &length);

	if (length == 0 || length > sizeof(name))
		return change_text(text, size, max_size);
	memcpy(name, text + place, length);
	place = find_name(text, size, chance((uint32_t) size), &old_length);
	if (old_length == 0 || size - old_length + length > max_size)
		return change_text(text, size, max_size);
	memmove(text + place + length, text + place + old_length, size - place - old_length);
	memcpy(text + place, name, length);
	return size - old_length + length;
}

size_t
mutate_summary(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	chance_begin(seed);
	if (size <= OPTIONS_SIZE || chance(12) == 0)
		return mutate_options(data, size, max_size);
	if (data[0] & FLAG_TEXT)
	{
		Mutation	change = chance(6) == 0 ? change_name : change_text;

		return OPTIONS_SIZE + change(data + OPTIONS_SIZE, size - OPTIONS_SIZE, max_size - OPTIONS_SIZE);
	}
	if (size < OPTIONS_SIZE + FORM_SIZE)
		return LLVMFuzzerMutate(data, size, max_size);
	if (size < OPTIONS_SIZE + 2 * FORM_SIZE && max_size >= OPTIONS_SIZE + 2 * FORM_SIZE && chance(8) == 0)
	{
		memmove(data + OPTIONS_SIZE + FORM_SIZE, data + OPTIONS_SIZE, FORM_SIZE);
		size = OPTIONS_SIZE + 2 * FORM_SIZE;
	}
	data += OPTIONS_SIZE + (size >= OPTIONS_SIZE + 2 * FORM_SIZE && chance(3) == 0 ? FORM_SIZE : 0);
	if (chance(3) == 0)
		make_summary(data);
	for (uint32_t i = chance(3); i-- > 0;)
		change_form(data);
	return size;
}
