/*-------------------------------------------------------------------------
 *
 * ledger/series.c
 *	  A customer's series of periods.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/series.h"

void
series_grow(RevenueSeries *series)
{
	series->capacity = Max(64, series->capacity * 2);
	if (series->runs == NULL)
		series->runs = palloc(series->capacity * sizeof(RevenueRun));
	else
		series->runs = repalloc_huge(series->runs, series->capacity * sizeof(RevenueRun));
}

void
series_reserve(RevenueSeries *series, int more)
{
	while (series->capacity - series->length < more)
		series_grow(series);
}
