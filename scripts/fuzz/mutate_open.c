/*-------------------------------------------------------------------------
 *
 * mutate_open.c
 *	  Mutations of open ledgers, as they are stored.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"

/*
 * Open ledgers as they are stored: a head, and rows that begin with a word which
 * says how long they are.  Counts of rows and bytes, and the places of the last
 * row and the last key, are in the head.
 */
#define OPEN_FRAME		4
#define OPEN_NROWS		20
#define OPEN_USED		24
#define OPEN_LAST_ROW	28
#define OPEN_LAST_KEY	32
#define OPEN_KIND		15		/* in the frame */
#define SAME_CUSTOMER	0xFFFF

static void
put_word(uint8_t *data, uint32_t word)
{
	memcpy(data, &word, sizeof(word));
}

/* The bytes of the row at a place, or 0 if they are not all there */
static size_t
open_row_size(const uint8_t *data, size_t place, size_t size)
{
	uint64_t	word;
	size_t		length,
				row_size = 16;

	if (size - place < row_size)
		return 0;
	memcpy(&word, data + place, sizeof(word));
	length = word >> 48;
	if (length != SAME_CUSTOMER)
		row_size += length == 0 ? 8 : (length + 7) & ~(size_t) 7;
	return row_size <= size - place ? row_size : 0;
}

static void
settle_open(uint8_t *data, size_t size)
{
	uint32_t	rows = 0,
				last_row = 0,
				last_key = 0;
	size_t		at = OPEN_HEAD,
				row_size;

	while (at < size && (row_size = open_row_size(data, at, size)) > 0)
	{
		last_row = (uint32_t) (at - OPEN_HEAD);
		if ((data[at + 6] | data[at + 7] << 8) != SAME_CUSTOMER)
			last_key = last_row;
		rows++;
		at += row_size;
	}
	put_word(data + OPEN_NROWS, rows);
	put_word(data + OPEN_USED, (uint32_t) (at - OPEN_HEAD));
	put_word(data + OPEN_LAST_ROW, last_row);
	put_word(data + OPEN_LAST_KEY, last_key);
}

/* The places where rows begin; gives how many */
static int
find_rows(const uint8_t *data, size_t size, size_t *places, int most)
{
	int			n = 0;
	size_t		row_size;

	for (size_t at = OPEN_HEAD; n < most && at < size && (row_size = open_row_size(data, at, size)) > 0; at += row_size)
		places[n++] = at;
	return n;
}

/* Change a number in a row: the length of its key, period, scale, touches, kind, form, or value */
static void
change_row(uint8_t *row)
{
	static const struct
	{
		int			shift;
		int			bits;
	}			fields[] = {{0, 2}, {2, 2}, {4, 4}, {8, 8}, {16, 32}, {48, 16}};
	int			field = (int) chance(7);
	uint64_t	word,
				mask,
				value;

	if (field == 6)
	{
		memcpy(&word, row + 8, sizeof(word));
		word = (uint64_t) change_number(word);
		memcpy(row + 8, &word, sizeof(word));
		return;
	}
	memcpy(&word, row, sizeof(word));
	mask = ((UINT64_C(1) << fields[field].bits) - 1) << fields[field].shift;
	value = (uint64_t) change_number((word & mask) >> fields[field].shift);
	if (field == 5)
		value = chance(2) ? SAME_CUSTOMER : value;
	word = (word & ~mask) | (value << fields[field].shift & mask);
	memcpy(row, &word, sizeof(word));
}

size_t
mutate_open(uint8_t *data, size_t size, size_t max_size)
{
	size_t		places[64];
	int			n = find_rows(data, size, places, 64);
	size_t		place = n > 0 ? places[chance(n)] : size;
	size_t		row_size = n > 0 ? open_row_size(data, place, size) : 0;

	switch (chance(6))
	{
		case 0:
			put_word(data + OPEN_FRAME + 4 * chance(2), (uint32_t) change_number(chance(300)));
			break;
		case 1:
			data[OPEN_FRAME + 8 + chance(8)] = (uint8_t) change_number(1);
			break;
		case 2:
			if (row_size > 0 && row_size <= max_size - size)
			{
				memmove(data + place + row_size, data + place, size - place);
				size += row_size;
			}
			break;
		case 3:
			memmove(data + place, data + place + row_size, size - place - row_size);
			size -= row_size;
			break;
		default:
			if (row_size > 0)
				change_row(data + place);
	}
	if (chance(4) > 0)
		settle_open(data, size);
	else if (chance(2))
		put_word(data + OPEN_NROWS + 4 * chance(4), (uint32_t) change_number(chance(64)));
	if (chance(20) == 0)
		size -= chance(size < 24 ? (uint32_t) size : 24);
	return size;
}

