/*-------------------------------------------------------------------------
 *
 * bridge/activity.h
 *	  When a customer is active, and with how much revenue, from the net
 *	  amounts of its series.
 *
 * A negative net amount is no revenue, and its periods are not active.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_ACTIVITY_H
#define NRR_BRIDGE_ACTIVITY_H

#include "ledger/series.h"

/*
 * The place of the run with a customer's first active period; the series'
 * length if there is none.
 */
static inline int
first_active(const RevenueSeries *series)
{
	int			i = 0;

	while (i < series->length && series->runs[i].amount <= 0)
		i++;
	return i;
}

/*
 * The revenue in a period, given a cursor into the series that only moves on,
 * so that periods must be asked for in ascending order.
 */
static inline int128
revenue_in_period(const RevenueSeries *series, int64 period, int *cursor)
{
	int128		amount = series_amount(series, period, cursor);

	return amount > 0 ? amount : 0;
}

#endif							/* NRR_BRIDGE_ACTIVITY_H */
