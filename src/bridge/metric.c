/*-------------------------------------------------------------------------
 *
 * bridge/metric.c
 *	  What set-returning metrics have in common: their two functions, the memory
 *	  for their sums, and columns of money and rates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/source_query.h"
#include "bridge/metric.h"
#include "miscadmin.h"

/* Less than this is not worth another reading of the ledger */
#define MIN_METRIC_MEMORY	(4 * 1024 * 1024)

static MetricCall *
begin_call(FunctionCallInfo fcinfo, const Metric *metric, int first)
{
	MetricCall *call = palloc0(metric->options_size);

	call->result = (ReturnSetInfo *) fcinfo->resultinfo;
	metric->read_options(fcinfo, first, call);
	return call;
}

/*
 * A call (ledger, options...); there are no rows without a ledger.
 */
Datum
metric_of_ledger(FunctionCallInfo fcinfo, const Metric *metric)
{
	MetricCall *call;

	result_rows_prepare(fcinfo);
	call = begin_call(fcinfo, metric, 1);
	if (!PG_ARGISNULL(0))
		metric->put(PG_GETARG_DATUM(0), call);
	return (Datum) 0;
}

/*
 * A call (source, customer, at, amount, grain, options..., shape, ...)
 */
Datum
metric_of_source(FunctionCallInfo fcinfo, const Metric *metric)
{
	BillingSource source;
	MetricCall *call;

	result_rows_prepare(fcinfo);
	source_from_arguments(fcinfo, 0, &source);
	source_check_shape(&source);
	call = begin_call(fcinfo, metric, SOURCE_ARGUMENTS);
	if (metric->check_grain != NULL)
		metric->check_grain(call, source.grain);
	source_consume(fcinfo, &source, metric->put, call);
	return (Datum) 0;
}

/*
 * Bytes that a metric's sums may take.
 */
Size
metric_memory(void)
{
	return Max(get_hash_memory_limit(), MIN_METRIC_MEMORY);
}

/*
 * What a ledger says of itself; an error if its range is too wide for arrays over
 * its periods.
 */
const LedgerInfo *
metric_info(const LedgerScan *scan)
{
	const LedgerInfo *info = ledger_scan_info(scan);

	if (info->periods > 0)
		check_period_range(info->first, info->first + info->periods - 1);
	return info;
}

void
result_money(ResultRows *rows, const LedgerInfo *info, int128 amount)
{
	result_column(rows, money_to_numeric(money_check(amount), info->scale, info->dscale));
}

/*
 * A rate in percent; NULL if it is undefined.
 */
void
result_percent(ResultRows *rows, Fraction rate)
{
	if (rate.whole == 0)
		result_column_null(rows);
	else
		result_column(rows, percent_numeric(rate.part, rate.whole));
}

/*
 * A ratio; NULL if it is undefined.
 */
void
result_ratio(ResultRows *rows, Fraction ratio)
{
	if (ratio.whole == 0)
		result_column_null(rows);
	else
		result_column(rows, ratio_numeric(ratio.part, ratio.whole));
}
