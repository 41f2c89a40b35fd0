/*-------------------------------------------------------------------------
 *
 * ledger/series.h
 *	  A customer's series of periods.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_SERIES_H
#define NRR_LEDGER_SERIES_H

/* A customer's net amount in some periods in a row; never zero */
typedef struct RevenueRun
{
	int128		amount;
	int32		period;			/* the first one */
	int32		length;
} RevenueRun;

/* Runs in order of period; the array grows and is used again */
typedef struct RevenueSeries
{
	int			length;
	int			capacity;
	RevenueRun *runs;
} RevenueSeries;

extern void series_grow(RevenueSeries *series);
extern void series_reserve(RevenueSeries *series, int more);

/* The period after those of a run */
static inline int32
run_end(const RevenueRun *run)
{
	return run->period + run->length;
}

/*
 * The amount in a period, given a cursor into the series that only moves on,
 * so that periods must be asked for in ascending order.
 */
static inline int128
series_amount(const RevenueSeries *series, int64 period, int *cursor)
{
	while (*cursor < series->length && run_end(&series->runs[*cursor]) <= period)
		(*cursor)++;
	if (*cursor < series->length && series->runs[*cursor].period <= period)
		return series->runs[*cursor].amount;
	return 0;
}

static inline void
series_append(RevenueSeries *series, int32 period, int32 length, int128 amount)
{
	RevenueRun *run;

	if (unlikely(series->length == series->capacity))
		series_grow(series);
	run = &series->runs[series->length++];
	run->period = period;
	run->length = length;
	run->amount = amount;
}

#endif							/* NRR_LEDGER_SERIES_H */
