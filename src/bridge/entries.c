/*-------------------------------------------------------------------------
 *
 * bridge/entries.c
 *	  ledger_entries: a ledger as rows.
 *
 * Reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/metric.h"
#include "ledger/scan.h"

PG_FUNCTION_INFO_V1(ledger_entries);

/*
 * Put a row for each period of a run.
 */
static void
put_run(ResultRows *rows, const LedgerScan *scan, const RevenueRun *run)
{
	const LedgerInfo *info = ledger_scan_info(scan);

	for (int32 period = run->period; period < run_end(run); period++)
	{
		result_column(rows, customer_to_text(info->kind, ledger_scan_customer(scan)));
		result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
		result_money(rows, info, run->amount);
		result_rows_put(rows);
	}
}

/*
 * ledger_entries(ledger, through): customer, period, amount
 */
Datum
ledger_entries(PG_FUNCTION_ARGS)
{
	LedgerView	view = {0};
	DateADT		through;
	LedgerScan *scan;
	const RevenueSeries *series;
	ResultRows	rows;

	result_rows_prepare(fcinfo);
	view.through = date_argument(fcinfo, 1, "through", &through);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	scan = ledger_scan_begin(PG_GETARG_DATUM(0), &view);
	while ((series = ledger_scan_next(scan)) != NULL)
	{
		result_rows_begin(&rows, (ReturnSetInfo *) fcinfo->resultinfo);
		for (int i = 0; i < series->length; i++)
			put_run(&rows, scan, &series->runs[i]);
		result_rows_end(&rows);
	}
	ledger_scan_end(scan);
	return (Datum) 0;
}
