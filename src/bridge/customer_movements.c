/*-------------------------------------------------------------------------
 *
 * bridge/customer_movements.c
 *	  customer_movements: the customers behind the figures of revenue_movements.
 *
 * A metric: reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/metric.h"
#include "bridge/walk.h"

typedef struct CustomerMovementsCall
{
	MetricCall	call;			/* through to_date */
	MovementRules rules;
	const DateADT *from;		/* NULL: the first period */
	DateADT		from_date;
} CustomerMovementsCall;

/* Puts the movements of one customer from a period on as rows */
typedef struct CustomerRows
{
	ResultRows *rows;
	const LedgerScan *scan;
	int32		from;
} CustomerRows;

static void
put_movement(void *sink, int32 period, int32 end, Movement movement,
			 int128 starting, int128 ending)
{
	const CustomerRows *customer = sink;
	const LedgerInfo *info = ledger_scan_info(customer->scan);
	ResultRows *rows = customer->rows;

	for (period = Max(period, customer->from); period < end; period++)
	{
		result_column(rows, customer_to_text(info->kind, ledger_scan_customer(customer->scan)));
		result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
		result_money(rows, info, starting);
		result_money(rows, info, ending);
		result_money(rows, info, ending - starting);
		result_column(rows, CStringGetTextDatum(movement_names[movement]));
		result_rows_put(rows);
	}
}

static void
put_customer_movements(Datum ledger, void *options)
{
	const CustomerMovementsCall *movements = options;
	LedgerScan *scan = ledger_scan_begin(ledger, &movements->call.view);
	const LedgerInfo *info = ledger_scan_info(scan);
	int32		last = info->first + info->periods - 1;
	const RevenueSeries *series;
	ResultRows	rows;
	CustomerRows customer = {&rows, scan, info->first};

	if (movements->from != NULL)
		customer.from = Max(info->first, period_of_date(info->grain, *movements->from));
	while ((series = ledger_scan_next(scan)) != NULL)
	{
		result_rows_begin(&rows, movements->call.result);
		walk_customer(series, last, &movements->rules, put_movement, &customer);
		result_rows_end(&rows);
	}
	ledger_scan_end(scan);
}

/* Options: lookback, from_date, to_date, grace, reactivation_within */
static void
read_options(FunctionCallInfo fcinfo, int first, void *options)
{
	CustomerMovementsCall *movements = options;
	MetricCall *call = &movements->call;

	movement_rules_from_arguments(fcinfo, first, first + 3, &call->view, &movements->rules);
	movements->from = date_argument(fcinfo, first + 1, "from_date", &movements->from_date);
	call->view.through = date_argument(fcinfo, first + 2, "to_date", &call->through);
	check_date_order(movements->from, call->view.through);
}

static const Metric metric = {
	.options_size = sizeof(CustomerMovementsCall),
	.read_options = read_options,
	.put = put_customer_movements,
};

METRIC_FUNCTIONS(customer_movements, metric);
