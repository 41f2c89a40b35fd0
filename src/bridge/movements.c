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

/* What the rows of a period are made of */
typedef struct PeriodSums
{
	Bridge		bridge;
	int128		negative;		/* net amounts below zero, which are no revenue */
} PeriodSums;

/*
 * Adds up a window of periods, and the one after the last; at first, by how much
 * each differs from the one before.  A ledger may have a million periods; then
 * it is read for one window after the other.
 */
typedef struct MovementSums
{
	int32		first;
	int32		end;
	PeriodSums *periods;
} MovementSums;

/*
 * The part of a window that some periods are in: from those sums on, until
 * others.  It is empty if the first are not before the others.
 */
typedef struct WindowPart
{
	PeriodSums *from;
	PeriodSums *until;
} WindowPart;

static inline WindowPart
window_part(const MovementSums *sums, int32 period, int32 end)
{
	WindowPart	part = {
		&sums->periods[Max(period, sums->first) - sums->first],
		&sums->periods[Min(end, sums->end) - sums->first]
	};

	return part;
}

/*
 * Count an amount of a customer from one period of the window to another one.
 */
static inline void
count_amount(const WindowPart *part, int of, int128 amount)
{
	Bridge	   *from = &part->from->bridge;
	Bridge	   *until = &part->until->bridge;

	add_money(&from->amounts[of], amount);
	from->customers[of]++;
	add_money(&until->amounts[of], -amount);
	until->customers[of]--;
}

static inline void
count_movement(void *sink, int32 period, int32 end, Movement movement,
			   int128 starting, int128 ending)
{
	WindowPart	part = window_part(sink, period, end);

	if (part.from >= part.until)
		return;
	if (starting != 0)
		count_amount(&part, BRIDGE_STARTING, starting);
	if (movement != MOVEMENT_UNCHANGED)
		count_amount(&part, movement,
					 ending > starting ? ending - starting : starting - ending);
}

/*
 * Is a customer's net amount below zero in some period?  That is rare, and to
 * find out costs less than a branch for each run.
 */
static inline bool
has_negative(const RevenueSeries *series)
{
	int64		signs = 0;

	for (int i = 0; i < series->length; i++)
		signs |= (int64) (series->runs[i].amount >> 64);
	return signs < 0;
}

static pg_noinline void
count_negative(const MovementSums *sums, const RevenueSeries *series)
{
	for (int i = 0; i < series->length; i++)
	{
		const RevenueRun *run = &series->runs[i];

		WindowPart	part = window_part(sums, run->period, run_end(run));

		if (run->amount >= 0 || part.from >= part.until)
			continue;
		add_money(&part.from->negative, run->amount);
		add_money(&part.until->negative, -run->amount);
	}
}

/*
 * From the sums of a period and what the next one differs by to the next one.
 */
static inline void
sum_period(PeriodSums *next, const PeriodSums *period)
{
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		add_money(&next->bridge.amounts[i], period->bridge.amounts[i]);
		next->bridge.customers[i] += period->bridge.customers[i];
	}
	add_money(&next->negative, period->negative);
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period, const PeriodSums *sums)
{
	const Bridge *bridge = &sums->bridge;

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
	result_percent(rows, bridge_churn_rate(bridge));
	result_ratio(rows, bridge_quick_ratio(bridge));
	result_money(rows, info, sums->negative);
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
		PeriodSums *now = &sums->periods[period - sums->first];

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
	int64		limit = metric_memory() / sizeof(PeriodSums);
	const RevenueSeries *series;
	MovementSums sums;

	sums.first = from != NULL ? *from : info->first;
	sums.end = (int32) Min(sums.first + limit, end);
	sums.periods = palloc0_in_pieces((sums.end - sums.first + 1) * sizeof(PeriodSums));
	while ((series = ledger_scan_next(scan)) != NULL)
	{
		walk_customer(series, sums.end - 1, &movements->rules, count_movement, &sums);
		if (unlikely(has_negative(series)))
			count_negative(&sums, series);
	}
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
