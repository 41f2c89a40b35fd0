/*-------------------------------------------------------------------------
 *
 * bridge/retention.c
 *	  retention(ledger, from_date, to_date): the bridge from one period of a
 *	  ledger to any later one, as a retention summary.
 *
 * A metric: reads a ledger by ledger_scan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/activity.h"
#include "bridge/summary.h"
#include "ledger/scan.h"

PG_FUNCTION_INFO_V1(retention_of_ledger);

/*
 * Count a customer from the period 'from' to the period 'to'.
 */
static void
count_customer(RetentionSummary *summary, const RevenueSeries *series, int32 from, int32 to)
{
	int			first = first_active(series);
	int			cursor = first;
	int128		starting,
				ending;

	if (first == series->length)
		return;
	starting = revenue_in_period(series, from, &cursor);
	ending = revenue_in_period(series, to, &cursor);
	summary_count(summary, starting, ending,
				  series->runs[first].period > from ? MOVEMENT_NEW : MOVEMENT_REACTIVATION, true);
}

Datum
retention_of_ledger(PG_FUNCTION_ARGS)
{
	DateADT		from_date,
				to_date;
	RetentionSummary *summary;
	LedgerView	view;
	LedgerScan *scan;
	const LedgerInfo *info;
	const RevenueSeries *series;
	int32		from,
				to;

	view.grace = integer_option(fcinfo, 3, "grace", 0, 0);
	view.through = date_argument(fcinfo, 2, "to_date", &to_date);
	check_date_order(date_argument(fcinfo, 1, "from_date", &from_date), view.through);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();

	summary = summary_create();
	scan = ledger_scan_begin(PG_GETARG_DATUM(0), &view);
	info = ledger_scan_info(scan);
	from = period_of_date(info->grain, from_date);
	to = period_of_date(info->grain, to_date);
	summary_fit_scale(summary, info->scale);
	summary_add_dscale(summary, info->dscale);
	while ((series = ledger_scan_next(scan)) != NULL)
		count_customer(summary, series, from, to);
	ledger_scan_end(scan);
	PG_RETURN_POINTER(summary_finished(summary));
}
