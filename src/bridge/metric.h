/*-------------------------------------------------------------------------
 *
 * bridge/metric.h
 *	  What metrics have in common: revenue out of net amounts, arguments, and
 *	  columns of money and percent.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_METRIC_H
#define NRR_BRIDGE_METRIC_H

#include "base/result_rows.h"
#include "bridge/bridge.h"
#include "ledger/scan.h"

/*
 * The revenue in a period, given a cursor into the series that only moves on,
 * so that periods must be asked for in ascending order.  A negative net amount
 * is none.
 */
static inline int128
revenue_in_period(const RevenueSeries *series, int64 period, int *cursor)
{
	int128		amount = series_amount(series, period, cursor);

	return amount > 0 ? amount : 0;
}

extern int	first_active(const RevenueSeries *series);
extern Size metric_memory(void);
extern const LedgerInfo *metric_info(const LedgerScan *scan);

extern void result_money(ResultRows *rows, const LedgerInfo *info, int128 amount);
extern void result_percent(ResultRows *rows, Fraction rate);
extern void result_ratio(ResultRows *rows, Fraction ratio);

#endif							/* NRR_BRIDGE_METRIC_H */
