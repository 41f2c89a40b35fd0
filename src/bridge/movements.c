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

/* What a customer did between the period 'lookback' before and this one */
typedef enum MovementCategory
{
	MOVEMENT_NEW,
	MOVEMENT_REACTIVATION,
	MOVEMENT_EXPANSION,
	MOVEMENT_CONTRACTION,
	MOVEMENT_CHURN,
	MOVEMENT_UNCHANGED
} MovementCategory;

/* Those that change anything */
#define MOVEMENT_CHANGES	MOVEMENT_UNCHANGED

static const char *const category_names[] = {
	"new", "reactivation", "expansion", "contraction", "churn", "unchanged"
};

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
typedef void (*MovementSink) (void *sink, int32 period, int32 end, MovementCategory category,
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
static inline MovementCategory
arrival(const ActiveRuns *before, const MovementRules *rules)
{
	if (before->left != NULL &&
		(int64) before->run->period - (run_end(before->left) - 1) <= rules->reactivation_within)
		return MOVEMENT_REACTIVATION;
	return MOVEMENT_NEW;
}

static inline MovementCategory
category_of(const ActiveRuns *before, const MovementRules *rules, int128 starting, int128 ending)
{
	if (starting == 0)
		return arrival(before, rules);
	if (ending == 0)
		return MOVEMENT_CHURN;
	return ending > starting ? MOVEMENT_EXPANSION :
		ending < starting ? MOVEMENT_CONTRACTION : MOVEMENT_UNCHANGED;
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
				category_of(&before, rules, starting, ending), starting, ending);
		pass_period(&before, next);
		pass_period(&now, next);
	}
}

/*
 * revenue_movements
 */

/* A sum of revenue and the number of customers that it is of */
typedef struct Movement
{
	int128		amount;
	int64		customers;
} Movement;

/*
 * What customers had at the start of a period, and what they changed in it; at
 * first, by how much more than in the one before.
 */
typedef struct PeriodMovements
{
	Movement	starting;
	Movement	changes[MOVEMENT_CHANGES];
} PeriodMovements;

typedef struct MovementsCall
{
	ReturnSetInfo *result;
	LedgerView	view;
	MovementRules rules;
	DateADT		through;
} MovementsCall;

/*
 * Adds up movements in a window of periods, and the one after the last.  A
 * ledger may have a million of them; then it is read for one window after the
 * other.
 */
typedef struct MovementSums
{
	int32		first;
	int32		end;
	PeriodMovements *periods;
} MovementSums;

/*
 * Count an amount of a customer from one period of the window to another one.
 */
static inline void
count_amount(Movement *from, Movement *until, int128 amount)
{
	add_money(&from->amount, amount);
	from->customers++;
	add_money(&until->amount, -amount);
	until->customers--;
}

static inline void
count_movement(void *sink, int32 period, int32 end, MovementCategory category,
			   int128 starting, int128 ending)
{
	const MovementSums *sums = sink;
	PeriodMovements *from = &sums->periods[Max(period, sums->first) - sums->first];
	PeriodMovements *until = &sums->periods[Min(end, sums->end) - sums->first];

	if (from >= until)
		return;
	if (starting != 0)
		count_amount(&from->starting, &until->starting, starting);
	if (category != MOVEMENT_UNCHANGED)
		count_amount(&from->changes[category], &until->changes[category], ending - starting);
}

static inline void
add_movement(Movement *sum, const Movement *other)
{
	add_money(&sum->amount, other->amount);
	sum->customers += other->customers;
}

/*
 * From the movements of a period and those by which the next one differs to its
 * own.
 */
static inline void
sum_period(PeriodMovements *next, const PeriodMovements *period)
{
	add_movement(&next->starting, &period->starting);
	for (int i = 0; i < MOVEMENT_CHANGES; i++)
		add_movement(&next->changes[i], &period->changes[i]);
}

/* What a period ends with */
static inline Movement
ending_movement(const PeriodMovements *period)
{
	const Movement *by = period->changes;
	Movement	ending = period->starting;

	for (int i = 0; i < MOVEMENT_CHANGES; i++)
		add_money(&ending.amount, by[i].amount);
	ending.customers += by[MOVEMENT_NEW].customers + by[MOVEMENT_REACTIVATION].customers -
		by[MOVEMENT_CHURN].customers;
	return ending;
}

/* Losses are shown without their sign */
static inline int128
magnitude(int128 amount)
{
	return amount < 0 ? -amount : amount;
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period, const PeriodMovements *now)
{
	const Movement *starting = &now->starting;
	const Movement *by = now->changes;
	Movement	ending = ending_movement(now);
	int128		gained = by[MOVEMENT_NEW].amount + by[MOVEMENT_REACTIVATION].amount +
		by[MOVEMENT_EXPANSION].amount;
	int128		lost = -(by[MOVEMENT_CONTRACTION].amount + by[MOVEMENT_CHURN].amount);

	result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
	result_money(rows, info, starting->amount);
	for (int i = 0; i < MOVEMENT_CHANGES; i++)
		result_money(rows, info, magnitude(by[i].amount));
	result_money(rows, info, ending.amount);
	result_column(rows, Int64GetDatum(starting->customers));
	for (int i = 0; i < MOVEMENT_CHANGES; i++)
		result_column(rows, Int64GetDatum(by[i].customers));
	result_column(rows, Int64GetDatum(ending.customers));
	result_percent(rows, starting->amount + by[MOVEMENT_EXPANSION].amount - lost, starting->amount);
	result_percent(rows, starting->amount - lost, starting->amount);
	result_percent(rows, starting->customers - by[MOVEMENT_CHURN].customers, starting->customers);
	if (lost == 0)
		result_column_null(rows);
	else
		result_column(rows, ratio_numeric(gained, lost));
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
		PeriodMovements *now = &sums->periods[period - sums->first];

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
	int64		limit = metric_memory() / sizeof(PeriodMovements);
	const RevenueSeries *series;
	MovementSums sums;

	sums.first = from != NULL ? *from : info->first;
	sums.end = (int32) Min(sums.first + limit, end);
	sums.periods = palloc0_in_pieces((sums.end - sums.first + 1) * sizeof(PeriodMovements));
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
put_movement(void *sink, int32 period, int32 end, MovementCategory category,
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
		result_column(rows, CStringGetTextDatum(category_names[category]));
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
