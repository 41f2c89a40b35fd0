/*-------------------------------------------------------------------------
 *
 * bridge/movements.c
 *	  revenue_movements, the bridge from one period's revenue to another's, and
 *	  customer_movements, the customers behind its figures.
 *
 * A metric: reads a ledger by ledger_scan, or a table by source, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "base/interrupts.h"
#include "billing/source.h"
#include "bridge/metric.h"
#include "ledger/scan.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(revenue_movements);
PG_FUNCTION_INFO_V1(revenue_movements_from);
PG_FUNCTION_INFO_V1(customer_movements);
PG_FUNCTION_INFO_V1(customer_movements_from);

/* What the options of both functions say */
typedef struct MovementRules
{
	int32		lookback;
	int32		reactivation_within;	/* periods; later returns are new */
} MovementRules;

#define ANY_TIME	PG_INT32_MAX

/*
 * Takes the revenue of a customer at the start and at the end of each of the
 * periods from 'period' up to, not including, 'end'.
 */
typedef void (*MovementSink) (void *sink, int32 period, int32 end, Movement movement,
							  int128 starting, int128 ending);

/*
 * Goes through the periods in which a customer had revenue, which are seen some
 * periods later than they were.
 */
typedef struct ActiveRuns
{
	const RevenueRun *left;		/* the run before, or NULL */
	const RevenueRun *run;
	const RevenueRun *runs_end;
	int32		later;
	int64		begin;			/* of the run, as it is seen; past all periods if there is */
	int64		end;			/* none left */
} ActiveRuns;

static pg_attribute_always_inline void
find_active(ActiveRuns *active, const RevenueRun *run)
{
	while (run < active->runs_end && run->amount <= 0)
		run++;
	active->run = run;
	active->begin = active->end = PG_INT64_MAX;
	if (run < active->runs_end)
	{
		active->begin = (int64) run->period + active->later;
		active->end = (int64) run_end(run) + active->later;
	}
}

static pg_attribute_always_inline void
begin_active(ActiveRuns *active, const RevenueSeries *series, int32 later)
{
	active->left = NULL;
	active->runs_end = series->runs + series->length;
	active->later = later;
	find_active(active, series->runs);
}

/* Revenue in a period that the run does not end before */
static inline int128
active_revenue(const ActiveRuns *active, int64 period)
{
	return active->begin <= period ? active->run->amount : 0;
}

/* The period after that where the revenue may be another one */
static inline int64
active_change(const ActiveRuns *active, int64 period)
{
	return active->begin > period ? active->begin : active->end;
}

static pg_attribute_always_inline void
pass_period(ActiveRuns *active, int64 end)
{
	if (active->end > end)
		return;
	active->left = active->run;
	find_active(active, active->run + 1);
}

/*
 * What a customer did that had no revenue before, and has some now: was there
 * any before that, and the gap that it ends no longer than is allowed?
 */
static inline Movement
arrival(const ActiveRuns *before, const MovementRules *rules)
{
	if (before->left != NULL &&
		(int64) before->run->period - (run_end(before->left) - 1) <= rules->reactivation_within)
		return MOVEMENT_REACTIVATION;
	return MOVEMENT_NEW;
}

/*
 * Tell all that a customer did up to the last period: all periods in which it
 * starts or ends with revenue, in order, those in which it did the same at once.
 */
static pg_attribute_always_inline void
move_customer(const RevenueSeries *series, int32 last, const MovementRules *rules,
			  MovementSink put, void *sink)
{
	ActiveRuns	before;
	ActiveRuns	now;
	int64		next;

	begin_active(&now, series, 0);
	begin_active(&before, series, rules->lookback);
	for (int64 period = now.begin; period <= last; period = next)
	{
		int128		starting = active_revenue(&before, period);
		int128		ending = active_revenue(&now, period);

		next = Min(active_change(&before, period), active_change(&now, period));
		next = Min(next, (int64) last + 1);
		if (starting != 0 || ending != 0)
			put(sink, (int32) period, (int32) next,
				movement_between(starting, ending,
								 starting == 0 ? arrival(&before, rules) : MOVEMENT_UNCHANGED),
				starting, ending);
		pass_period(&before, next);
		pass_period(&now, next);
	}
}

/*
 * revenue_movements
 */

typedef struct MovementsCall
{
	ReturnSetInfo *result;
	LedgerView	view;
	MovementRules rules;
	DateADT		through;
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
put_movements_from(Datum ledger, const MovementsCall *call, const int32 *from, int32 *next)
{
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const LedgerInfo *info = metric_info(scan);
	int32		end = info->first + info->periods;
	int64		limit = metric_memory() / sizeof(Bridge);
	const RevenueSeries *series;
	MovementSums sums;

	sums.first = from != NULL ? *from : info->first;
	sums.end = (int32) Min(sums.first + limit, end);
	sums.periods = palloc0_in_pieces((sums.end - sums.first + 1) * sizeof(Bridge));
	while ((series = ledger_scan_next(scan)) != NULL)
		move_customer(series, sums.end - 1, &call->rules, count_movement, &sums);
	put_window(call->result, info, &sums);
	pfree(sums.periods);
	ledger_scan_end(scan);
	*next = sums.end;
	return sums.end < end;
}

/*
 * Put a row for each period of a ledger.
 */
static void
put_movements(Datum ledger, void *arg)
{
	int32		next;
	bool		more = put_movements_from(ledger, arg, NULL, &next);

	while (more)
		more = put_movements_from(ledger, arg, &next, &next);
}

/* The options of both functions, given where two of the arguments are */
static void
read_rules(FunctionCallInfo fcinfo, int lookback, int grace, LedgerView *view,
		   MovementRules *rules)
{
	rules->lookback = integer_argument(fcinfo, lookback, "lookback", 1);
	view->grace = integer_argument(fcinfo, grace, "grace", 0);
	rules->reactivation_within = PG_ARGISNULL(grace + 1) ? ANY_TIME :
		integer_argument(fcinfo, grace + 1, "reactivation_within", 1);
}

/* Options: lookback, through, grace, reactivation_within */
static void
read_movements_options(FunctionCallInfo fcinfo, int from, MovementsCall *call)
{
	call->result = (ReturnSetInfo *) fcinfo->resultinfo;
	read_rules(fcinfo, from, from + 2, &call->view, &call->rules);
	call->view.through = date_argument(fcinfo, from + 1, "through", &call->through);
}

/*
 * revenue_movements(ledger, lookback, through, grace, reactivation_within)
 */
Datum
revenue_movements(PG_FUNCTION_ARGS)
{
	MovementsCall call;

	result_rows_prepare(fcinfo);
	read_movements_options(fcinfo, 1, &call);
	if (!PG_ARGISNULL(0))
		put_movements(PG_GETARG_DATUM(0), &call);
	return (Datum) 0;
}

/*
 * revenue_movements(source, customer, at, amount, grain, lookback, through,
 * grace, reactivation_within)
 */
Datum
revenue_movements_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	MovementsCall call;

	result_rows_prepare(fcinfo);
	source_from_arguments(fcinfo, 0, &source);
	read_movements_options(fcinfo, SOURCE_ARGUMENTS, &call);
	source_consume(fcinfo, &source, put_movements, &call);
	return (Datum) 0;
}

/*
 * customer_movements
 */

typedef struct CustomerMovementsCall
{
	ReturnSetInfo *result;
	LedgerView	view;
	MovementRules rules;
	const DateADT *from;		/* NULL: the first period */
	DateADT		from_date;
	DateADT		to_date;
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
put_customer_movements(Datum ledger, void *arg)
{
	const CustomerMovementsCall *call = arg;
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const LedgerInfo *info = ledger_scan_info(scan);
	int32		last = info->first + info->periods - 1;
	const RevenueSeries *series;
	ResultRows	rows;
	CustomerRows customer = {&rows, scan, info->first};

	if (call->from != NULL)
		customer.from = Max(info->first, period_of_date(info->grain, *call->from));
	while ((series = ledger_scan_next(scan)) != NULL)
	{
		result_rows_begin(&rows, call->result);
		move_customer(series, last, &call->rules, put_movement, &customer);
		result_rows_end(&rows);
	}
	ledger_scan_end(scan);
}

/* Options: lookback, from_date, to_date, grace, reactivation_within */
static void
read_customer_options(FunctionCallInfo fcinfo, int from, CustomerMovementsCall *call)
{
	call->result = (ReturnSetInfo *) fcinfo->resultinfo;
	read_rules(fcinfo, from, from + 3, &call->view, &call->rules);
	call->from = date_argument(fcinfo, from + 1, "from_date", &call->from_date);
	call->view.through = date_argument(fcinfo, from + 2, "to_date", &call->to_date);
	if (call->from != NULL && call->view.through != NULL)
		check_date_order(*call->from, *call->view.through);
}

/*
 * customer_movements(ledger, lookback, from_date, to_date, grace,
 * reactivation_within)
 */
Datum
customer_movements(PG_FUNCTION_ARGS)
{
	CustomerMovementsCall call;

	result_rows_prepare(fcinfo);
	read_customer_options(fcinfo, 1, &call);
	if (!PG_ARGISNULL(0))
		put_customer_movements(PG_GETARG_DATUM(0), &call);
	return (Datum) 0;
}

/*
 * customer_movements(source, customer, at, amount, grain, lookback, from_date,
 * to_date, grace, reactivation_within)
 */
Datum
customer_movements_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	CustomerMovementsCall call;

	result_rows_prepare(fcinfo);
	source_from_arguments(fcinfo, 0, &source);
	read_customer_options(fcinfo, SOURCE_ARGUMENTS, &call);
	source_consume(fcinfo, &source, put_customer_movements, &call);
	return (Datum) 0;
}
