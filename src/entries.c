/*-------------------------------------------------------------------------
 *
 * entries.c
 *	  ledger_entries: a ledger as rows.
 *
 * Reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_scan.h"
#include "metric.h"

PG_FUNCTION_INFO_V1(ledger_entries);

/*
 * ledger_entries(ledger): customer, period, amount
 */
Datum
ledger_entries(PG_FUNCTION_ARGS)
{
	LedgerScan *scan;
	const LedgerInfo *info;
	const RevenueSeries *series;
	ResultRows	rows;

	result_rows_prepare(fcinfo);
	scan = ledger_scan_begin(PG_GETARG_DATUM(0));
	info = ledger_scan_info(scan);
	while ((series = ledger_scan_next(scan)) != NULL)
	{
		result_rows_begin(&rows, (ReturnSetInfo *) fcinfo->resultinfo);
		for (int i = 0; i < series->length; i++)
		{
			const RevenueEntry *entry = &series->entries[i];

			result_column(&rows, customer_to_text(info->kind, ledger_scan_customer(scan)));
			result_column(&rows, DateADTGetDatum(period_start(info->grain, entry->period)));
			result_money(&rows, info, entry->amount);
			result_rows_put(&rows);
		}
		result_rows_end(&rows);
	}
	ledger_scan_end(scan);
	return (Datum) 0;
}
