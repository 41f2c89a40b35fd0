/*-------------------------------------------------------------------------
 *
 * ledger/touches.c
 *	  How many times billing rows touched each of some periods.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/touches.h"

/* No billing rows come to this, but bytes that input takes may say so */
pg_noinline void
touches_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("number of billing rows out of range")));
}

/*
 * Add a ledger's surplus, as far as its periods are among these.
 */
void
touches_add_surplus(Touches *touches, const RevenueSeries *surplus, int sign)
{
	for (int i = 0; i < surplus->length; i++)
	{
		const RevenueRun *run = &surplus->runs[i];
		int32		end = Min(run_end(run), touches->first + touches->periods);
		int128		amount = sign * (int128) (int64) run->amount;

		for (int32 period = Max(run->period, touches->first); period < end; period++)
			add_touches(&touches->counts[period - touches->first], amount);
	}
}
