/*-------------------------------------------------------------------------
 *
 * ledger/touches.h
 *	  How often each period is touched by ledgers, or by parts of them, that
 *	  are made into another one.
 *
 * Each period of a run is touched once.  First all runs are counted, then the
 * counts are summed, and then the surplus of each ledger is added.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_TOUCHES_H
#define NRR_LEDGER_TOUCHES_H

#include "ledger/series.h"

typedef struct Touches
{
	int64	   *counts;			/* until they are summed: differences from the period before */
	int32		first;
	int32		periods;
} Touches;

static inline void
touches_begin(Touches *touches, int32 first, int32 periods)
{
	touches->counts = palloc0((periods + 1) * sizeof(int64));
	touches->first = first;
	touches->periods = periods;
}

/*
 * Count the periods from one up to, not including, another one, which may be the
 * one after the last.  The sign is -1 for what is taken away.
 */
static inline void
touches_count(Touches *touches, int32 from, int32 until, int sign)
{
	touches->counts[from - touches->first] += sign;
	touches->counts[until - touches->first] -= sign;
}

static inline void
touches_sum(Touches *touches)
{
	for (int32 i = 1; i < touches->periods; i++)
		touches->counts[i] += touches->counts[i - 1];
}

pg_noreturn extern void touches_out_of_range(void);

static inline void
add_touches(int64 *count, int128 touches)
{
	if (unlikely(__builtin_add_overflow(*count, touches, count)))
		touches_out_of_range();
}

extern void touches_add_surplus(Touches *touches, const RevenueSeries *surplus, int sign);

#endif							/* NRR_LEDGER_TOUCHES_H */
