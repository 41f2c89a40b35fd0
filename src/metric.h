/*-------------------------------------------------------------------------
 *
 * metric.h
 *	  What metrics have in common: revenue out of net amounts, sums, and the
 *	  last period they look at.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_METRIC_H
#define NRR_METRIC_H

#include "ledger.h"
#include "result_rows.h"

/*
 * The revenue of an entry: a negative net amount is none.
 */
static inline int128
entry_revenue(const RevenueEntry *entry)
{
	return entry->amount > 0 ? entry->amount : 0;
}

/*
 * The revenue in a period, given a cursor into the series that only moves on,
 * so that periods must be asked for in ascending order.
 */
static inline int128
revenue_in_period(const RevenueSeries *series, int64 period, int *cursor)
{
	while (*cursor < series->length && series->entries[*cursor].period < period)
		(*cursor)++;
	if (*cursor < series->length && series->entries[*cursor].period == period)
		return entry_revenue(&series->entries[*cursor]);
	return 0;
}

extern int	first_active(const RevenueSeries *series);
extern int32 last_period(const LedgerInfo *info, const DateADT *through);
extern int32 integer_argument(FunctionCallInfo fcinfo, int n, const char *name, int32 minimum);
extern const DateADT *date_argument(FunctionCallInfo fcinfo, int n, DateADT *date);

extern void result_money(ResultRows *rows, const LedgerInfo *info, int128 amount);
extern void result_percent(ResultRows *rows, int128 part, int128 whole);

#endif							/* NRR_METRIC_H */
