/*-------------------------------------------------------------------------
 *
 * varint.h
 *	  Whole numbers in as few bytes as they need: 7 bits a byte, lowest first.
 *
 * A number has exactly one form, the shortest; reading refuses any other.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_VARINT_H
#define NRR_VARINT_H

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

#endif							/* NRR_VARINT_H */
