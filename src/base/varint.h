/*-------------------------------------------------------------------------
 *
 * base/varint.h
 *	  Whole numbers in as few bytes as they need: 7 bits a byte, lowest first.
 *
 * A number has exactly one form, the shortest; reading refuses any other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_VARINT_H
#define NRR_BASE_VARINT_H

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

/* The most bytes that a number can take */
#define VARINT_MAX_BYTES	19

static inline uint128
zigzag(int128 value)
{
	return ((uint128) value << 1) ^ (uint128) (value >> 127);
}

static inline int128
unzigzag(uint128 value)
{
	return (int128) (value >> 1) ^ -(int128) (value & 1);
}

static inline char *
varint_put(char *p, uint128 value)
{
	uint64		low;

	for (; value > PG_UINT64_MAX; value >>= 7)
		*p++ = (char) ((uint8) value | 0x80);
	for (low = (uint64) value; low > 0x7F; low >>= 7)
		*p++ = (char) ((uint8) low | 0x80);
	*p++ = (char) low;
	return p;
}

/*
 * Read a number of up to 63 bits, the common case; returns where it ends, or
 * NULL if it does not end before 'end', is longer or not in its shortest form.
 */
static inline const char *
varint_get(const char *p, const char *end, uint64 *value)
{
	uint64		result = 0;

	if (likely(p < end && (uint8) *p <= 0x7F))
	{
		*value = (uint8) *p;
		return p + 1;
	}
	for (int shift = 0; p < end && shift < 63; shift += 7)
	{
		uint8		byte = (uint8) *p++;

		result |= (uint64) (byte & 0x7F) << shift;
		if ((byte & 0x80) == 0)
		{
			*value = result;
			return byte == 0 && shift > 0 ? NULL : p;
		}
	}
	return NULL;
}

/*
 * The same for numbers that may well take some bytes, in constant time: the
 * branch at a loop's end would be mispredicted.
 */
static inline const char *
varint_get_amount(const char *p, const char *end, uint64 *value)
{
	uint64		word,
				stops;
	int			bits;

	if (unlikely(end - p < sizeof(word)))
		return varint_get(p, end, value);
	memcpy(&word, p, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	stops = ~word & UINT64CONST(0x8080808080808080);
	if (unlikely(stops == 0))
		return varint_get(p, end, value);
	bits = pg_rightmost_one_pos64(stops);
	if (unlikely(bits > 7 && (word >> (bits - 7) & 0x7F) == 0))
		return NULL;
	/* clear the bytes after the number, then the top bit of each byte */
	word &= stops ^ (stops - 1);
	word = (word & UINT64CONST(0x007F007F007F007F)) | (word & UINT64CONST(0x7F007F007F007F00)) >> 1;
	word = (word & UINT64CONST(0x00003FFF00003FFF)) | (word & UINT64CONST(0x3FFF00003FFF0000)) >> 2;
	*value = (word & UINT64CONST(0x0FFFFFFF)) | (word & UINT64CONST(0x0FFFFFFF00000000)) >> 4;
	return p + bits / 8 + 1;
}

/*
 * The same for numbers of up to 128 bits.
 */
static inline const char *
varint_get_wide(const char *p, const char *end, uint128 *value)
{
	uint128		result = 0;
	uint64		narrow;
	const char *next = varint_get(p, end, &narrow);

	if (likely(next != NULL))
	{
		*value = narrow;
		return next;
	}
	for (int shift = 0; p < end && shift < 128; shift += 7)
	{
		uint8		byte = (uint8) *p++;

		result |= (uint128) (byte & 0x7F) << shift;
		if ((byte & 0x80) == 0)
		{
			*value = result;
			return (byte == 0 && shift > 0) || (shift == 126 && byte > 3) ? NULL : p;
		}
	}
	return NULL;
}

#endif							/* NRR_BASE_VARINT_H */
