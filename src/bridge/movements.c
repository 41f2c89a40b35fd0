/*-------------------------------------------------------------------------
 *
 * bridge/movements.c
 *	  revenue_movements: the bridges from one period's revenue to another's.
 *
 * A metric: reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "base/interrupts.h"
#include "bridge/metric.h"
#include "bridge/walk.h"

typedef struct MovementsCall
{
	MetricCall	call;
	MovementRules rules;
} MovementsCall;

/*
 * Adds up the bridges of a window of periods, and of the one after the last; at
 * first, by how much each differs from the one before.  A ledger may have a
 * million periods; then it is read for one window after the other.
 */
typedef struct MovementSums
{
	int32		first;
	int32		end;
	Bridge	   *periods;
} MovementSums;

/*
 * Count an amount of a customer from one period of the window to another one.
 */
static inline void
count_amount(Bridge *from, Bridge *until, int part, int128 amount)
{
	add_money(&from->amounts[part], amount);
	from->customers[part]++;
	add_money(&until->amounts[part], -amount);
	until->customers[part]--;
}

static inline void
count_movement(void *sink, int32 period, int32 end, Movement movement,
			   int128 starting, int128 ending)
{
	const MovementSums *sums = sink;
	Bridge	   *from = &sums->periods[Max(period, sums->first) - sums->first];
	Bridge	   *until = &sums->periods[Min(end, sums->end) - sums->first];

	if (from >= until)
		return;
	if (starting != 0)
		count_amount(from, until, BRIDGE_STARTING, starting);
	if (movement != MOVEMENT_UNCHANGED)
		count_amount(from, until, movement,
					 ending > starting ? ending - starting : starting - ending);
}

/*
 * From the bridge of a period and what the next one differs by to the next one.
 */
static inline void
sum_period(Bridge *next, const Bridge *period)
{
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		add_money(&next->amounts[i], period->amounts[i]);
		next->customers[i] += period->customers[i];
	}
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period, const Bridge *bridge)
{
	result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
	for (int i = 0; i < BRIDGE_PARTS; i++)
		result_money(rows, info, bridge->amounts[i]);
	result_money(rows, info, bridge_ending(bridge));
	for (int i = 0; i < BRIDGE_PARTS; i++)
		result_column(rows, Int64GetDatum(bridge->customers[i]));
	result_column(rows, Int64GetDatum(bridge_ending_customers(bridge)));
	result_percent(rows, bridge_nrr(bridge));
	result_percent(rows, bridge_grr(bridge));
	result_percent(rows, bridge_logo_retention(bridge));
	result_ratio(rows, bridge_quick_ratio(bridge));
	result_rows_put(rows);
}

/*
 * Put a row for each period of the window, given by how much each differs from
 * the one before.
 */
static void
put_window(ReturnSetInfo *result, const LedgerInfo *info, const MovementSums *sums)
{
	ResultRows	rows;

	result_rows_begin(&rows, result);
	for (int32 period = sums->first; period < sums->end; period++)
	{
		Bridge	   *now = &sums->periods[period - sums->first];

		if (period > sums->first)
			sum_period(now, now - 1);
		put_period(&rows, info, period, now);
	}
	result_rows_end(&rows);
}

/*
 * Read a ledger and put the rows of the window that begins with a period, or
 * with the ledger if that is NULL; returns whether there is one after it, and
 * where that begins.
 */
static bool
put_movements_from(Datum ledger, const MovementsCall *movements, const int32 *from, int32 *next)
{
	LedgerScan *scan = ledger_scan_begin(ledger, &movements->call.view);
	const LedgerInfo *info = metric_info(scan);
	int32		end = info->first + info->periods;
	int64		limit = metric_memory() / sizeof(Bridge);
	const RevenueSeries *series;
	MovementSums sums;

	sums.first = from != NULL ? *from : info->first;
	sums.end = (int32) Min(sums.first + limit, end);
	sums.periods = palloc0_in_pieces((sums.end - sums.first + 1) * sizeof(Bridge));
	while ((series = ledger_scan_next(scan)) != NULL)
		walk_customer(series, sums.end - 1, &movements->rules, count_movement, &sums);
	put_window(movements->call.result, info, &sums);
	pfree(sums.periods);
	ledger_scan_end(scan);
	*next = sums.end;
	return sums.end < end;
}

/*
 * Put a row for each period of a ledger.
 */
static void
put_movements(Datum ledger, void *options)
{
	int32		next;
	bool		more = put_movements_from(ledger, options, NULL, &next);

	while (more)
		more = put_movements_from(ledger, options, &next, &next);
}

/* Options: lookback, through, grace, reactivation_within */
static void
read_options(FunctionCallInfo fcinfo, int first, void *options)
{
	MovementsCall *movements = options;
	MetricCall *call = &movements->call;

	movement_rules_from_arguments(fcinfo, first, first + 2, &call->view, &movements->rules);
	call->view.through = date_argument(fcinfo, first + 1, "through", &call->through);
}

static const Metric metric = {
	.options_size = sizeof(MovementsCall),
	.read_options = read_options,
	.put = put_movements,
};

METRIC_FUNCTIONS(revenue_movements, metric);
