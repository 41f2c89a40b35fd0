/*-------------------------------------------------------------------------
 *
 * base/interrupts.h
 *	  How loops look for an interrupt, such as a cancel or a timeout.
 *
 * Readers look once a customer, writers of rows once a row; those are the only
 * looks that most code needs, since what is done for one customer of one ledger
 * takes time for each of at most MAX_PERIODS periods, some milliseconds.  Here is
 * what loops need whose steps are more, and shorter.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_INTERRUPTS_H
#define NRR_BASE_INTERRUPTS_H

#include "miscadmin.h"

/* Steps of some nanoseconds, that take a millisecond at most */
#define STEPS_BETWEEN_LOOKS	(64 * 1024)

/*
 * Count steps, given those since the last look, and look if it is due.
 */
static inline void
look_after_steps(uint32 *steps, uint32 more)
{
	*steps += more;
	if (unlikely(*steps >= STEPS_BETWEEN_LOOKS))
	{
		*steps = 0;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Bytes that are copied, compared, converted or hashed without a look */
#define PIECE_SIZE	((Size) 4 * 1024 * 1024)

/*
 * The length of the next piece of so many bytes that are left.
 */
static inline Size
next_piece(Size left)
{
	CHECK_FOR_INTERRUPTS();
	return Min(left, PIECE_SIZE);
}

/*
 * palloc0 for arrays over periods, which may be so big that it takes time.
 */
static inline void *
palloc0_in_pieces(Size size)
{
	char	   *result = palloc(size);

	for (Size done = 0, piece; done < size; done += piece)
	{
		piece = next_piece(size - done);
		memset(result + done, 0, piece);
	}
	return result;
}

#endif							/* NRR_BASE_INTERRUPTS_H */
