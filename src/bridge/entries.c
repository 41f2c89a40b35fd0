/*-------------------------------------------------------------------------
 *
 * bridge/entries.c
 *	  ledger_entries(ledger, through): a ledger as rows of customer, period and
 *	  amount.
 *
 * A metric: reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/metric.h"

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

static void
put_entries(Datum ledger, void *options)
{
	const MetricCall *call = options;
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const RevenueSeries *series;
	ResultRows	rows;

	while ((series = ledger_scan_next(scan)) != NULL)
	{
		result_rows_begin(&rows, call->result);
		for (int i = 0; i < series->length; i++)
			put_run(&rows, scan, &series->runs[i]);
		result_rows_end(&rows);
	}
	ledger_scan_end(scan);
}

/* Options: through */
static void
read_options(FunctionCallInfo fcinfo, int first, void *options)
{
	MetricCall *call = options;

	call->view.through = date_argument(fcinfo, first, "through", &call->through);
}

static const Metric metric = {
	.options_size = sizeof(MetricCall),
	.read_options = read_options,
	.put = put_entries,
};

METRIC_FUNCTION(ledger_entries, metric);
