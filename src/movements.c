/*-------------------------------------------------------------------------
 *
 * movements.c
 *	  revenue_movements, the bridge from one period's revenue to another's, and
 *	  customer_movements, the customers behind its figures.
 *
 * A metric: reads a ledger by ledger_scan, or a table by source, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_scan.h"
#include "metric.h"
#include "source.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(revenue_movements);
PG_FUNCTION_INFO_V1(revenue_movements_from);
PG_FUNCTION_INFO_V1(customer_movements);
PG_FUNCTION_INFO_V1(customer_movements_from);

/* What a customer did between the period 'lookback' before and this one */
typedef enum MovementCategory
{
	MOVEMENT_NEW,
	MOVEMENT_REACTIVATION,
	MOVEMENT_CONTRACTION,		/* this and the next two: in order of the change */
	MOVEMENT_UNCHANGED,
	MOVEMENT_EXPANSION,
	MOVEMENT_CHURN
} MovementCategory;

#define MOVEMENT_CATEGORIES	(MOVEMENT_CHURN + 1)

static const char *const category_names[] = {
	"new", "reactivation", "contraction", "unchanged", "expansion", "churn"
};

/* What the options of both functions say */
typedef struct MovementRules
{
	int32		lookback;
	int32		reactivation_within;	/* periods; later returns are new */
} MovementRules;

#define ANY_TIME	PG_INT32_MAX

/*
 * Takes the revenue of a customer at the start and at the end of the periods
 * from 'period' up to, not including, 'end'.
 */
typedef void (*MovementSink) (void *sink, int32 period, int32 end, MovementCategory category,
							  int128 starting, int128 ending);

/*
 * Does a customer that had no revenue in a period, and had some before, come
 * back soon enough after it?  The cursor is at the first run that ends later.
 */
static bool
returns_soon(const RevenueSeries *series, int cursor, int64 period, const MovementRules *rules)
{
	int			before = cursor - 1;
	int			after = cursor;

	while (series->runs[before].amount <= 0)
		before--;
	while (series->runs[after].amount <= 0 || series->runs[after].period <= period)
		after++;
	return (int64) series->runs[after].period - (run_end(&series->runs[before]) - 1) <=
		rules->reactivation_within;
}

/*
 * Tell how a run of revenue compares with what was 'lookback' before: a period
 * further on than that, it compares with itself.
 */
static pg_attribute_always_inline void
compare_backward(const RevenueSeries *series, const RevenueRun *run, int32 begin, int *cursor,
				 const MovementRules *rules, MovementSink put, void *sink)
{
	int32		period = run->period;
	int32		end = run_end(run);
	int32		compared = Min(end, (int64) period + rules->lookback);

	for (; period < compared; period++)
	{
		int64		back = (int64) period - rules->lookback;
		int128		starting = revenue_in_period(series, back, cursor);
		MovementCategory category;

		if (starting == 0)
			category = begin > back || !returns_soon(series, *cursor, back, rules) ?
				MOVEMENT_NEW : MOVEMENT_REACTIVATION;
		else
			category = MOVEMENT_UNCHANGED + (run->amount > starting) - (run->amount < starting);
		put(sink, period, period + 1, category, starting, run->amount);
	}
	if (period < end)
		put(sink, period, end, MOVEMENT_UNCHANGED, run->amount, run->amount);
}

/*
 * Tell where the revenue of a run is gone 'lookback' later.
 */
static pg_attribute_always_inline void
compare_forward(const RevenueSeries *series, const RevenueRun *run, int32 last, int *cursor,
				const MovementRules *rules, MovementSink put, void *sink)
{
	int64		ahead = Max((int64) run->period + rules->lookback, run_end(run));
	int64		end = Min((int64) run_end(run) + rules->lookback, (int64) last + 1);

	for (; ahead < end; ahead++)
		if (revenue_in_period(series, ahead, cursor) == 0)
			put(sink, ahead, ahead + 1, MOVEMENT_CHURN, run->amount, 0);
}

/*
 * Tell all that a customer did up to the last period: all periods in which it
 * starts or ends with revenue, in no particular order.
 */
static pg_attribute_always_inline void
move_customer(const RevenueSeries *series, int32 last, const MovementRules *rules,
			  MovementSink put, void *sink)
{
	int			first = first_active(series);
	int			before = first;
	int			after = first;

	for (int i = first; i < series->length; i++)
	{
		const RevenueRun *run = &series->runs[i];

		if (run->amount <= 0)
			continue;
		compare_backward(series, run, series->runs[first].period, &before, rules, put, sink);
		compare_forward(series, run, last, &after, rules, put, sink);
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

/* What the amounts of a period changed by */
typedef struct PeriodMovements
{
	Movement	movements[MOVEMENT_CATEGORIES];
} PeriodMovements;

/* Revenue by period, in parts that are cheap to add */
typedef struct PeriodRevenue
{
	Movement	alone;			/* what is there in the period, */
	Movement	change;			/* beside what lasts, which changes by this */
} PeriodRevenue;

typedef struct MovementsCall
{
	ReturnSetInfo *result;
	LedgerView	view;
	MovementRules rules;
	DateADT		through;
} MovementsCall;

/*
 * Adds up movements in a window of the periods.  A ledger may have a million of
 * them; then it is read for one window after the other.
 */
typedef struct MovementSums
{
	int32		first;
	int32		end;
	int32		lookback;
	PeriodMovements *periods;
	PeriodRevenue *ending;
	PeriodRevenue *starting;	/* NULL if it is found by looking back in the window */
} MovementSums;

/* Bytes of a period in a window */
#define PERIOD_SIZE	(sizeof(PeriodMovements) + 2 * sizeof(PeriodRevenue))

static inline void
move(Movement *movement, int128 amount)
{
	add_money(&movement->amount, amount);
	movement->customers++;
}

static inline void
unmove(Movement *movement, int128 amount)
{
	add_money(&movement->amount, -amount);
	movement->customers--;
}

/*
 * Add an amount that is there from a period up to, not including, another one,
 * as far as they are in the window.
 */
static inline void
add_revenue(const MovementSums *sums, PeriodRevenue *revenue, int64 from, int64 until,
			int128 amount)
{
	from = Max(from, sums->first);
	until = Min(until, sums->end);
	if (from + 1 == until)
		move(&revenue[from - sums->first].alone, amount);
	else if (from < until)
	{
		move(&revenue[from - sums->first].change, amount);
		unmove(&revenue[until - sums->first].change, amount);
	}
}

static inline void
count_movement(void *sink, int32 period, int32 end, MovementCategory category,
			   int128 starting, int128 ending)
{
	const MovementSums *sums = sink;

	if (period >= sums->first && period < sums->end)
		move(&sums->periods[period - sums->first].movements[category], ending - starting);
	if (category == MOVEMENT_CHURN)
		return;
	add_revenue(sums, sums->ending, period, end, ending);
	if (sums->starting != NULL)
		add_revenue(sums, sums->starting, (int64) period + sums->lookback,
					(int64) end + sums->lookback, ending);
}

/* Make the parts of each period's revenue one */
static void
sum_revenue(const MovementSums *sums, PeriodRevenue *revenue)
{
	Movement	lasting = {0};

	for (PeriodRevenue *now = revenue; now < revenue + (sums->end - sums->first); now++)
	{
		add_money(&lasting.amount, now->change.amount);
		lasting.customers += now->change.customers;
		add_money(&now->alone.amount, lasting.amount);
		now->alone.customers += lasting.customers;
	}
}

/* Losses are shown without their sign */
static inline int128
magnitude(int128 amount)
{
	return amount < 0 ? -amount : amount;
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period,
		   const Movement *starting, const Movement *ending, const Movement *by)
{
	static const MovementCategory columns[] = {
		MOVEMENT_NEW, MOVEMENT_REACTIVATION, MOVEMENT_EXPANSION, MOVEMENT_CONTRACTION, MOVEMENT_CHURN
	};
	int128		gained = by[MOVEMENT_NEW].amount + by[MOVEMENT_REACTIVATION].amount +
		by[MOVEMENT_EXPANSION].amount;
	int128		lost = -(by[MOVEMENT_CONTRACTION].amount + by[MOVEMENT_CHURN].amount);

	result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
	result_money(rows, info, starting->amount);
	for (int i = 0; i < lengthof(columns); i++)
		result_money(rows, info, magnitude(by[columns[i]].amount));
	result_money(rows, info, ending->amount);
	result_column(rows, Int64GetDatum(starting->customers));
	for (int i = 0; i < lengthof(columns); i++)
		result_column(rows, Int64GetDatum(by[columns[i]].customers));
	result_column(rows, Int64GetDatum(ending->customers));
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
 * Put a row for each period of the window.
 */
static void
put_window(ReturnSetInfo *result, const LedgerInfo *info, const MovementSums *sums)
{
	static const Movement nothing = {0};
	ResultRows	rows;

	result_rows_begin(&rows, result);
	for (int32 i = 0; i < sums->end - sums->first; i++)
	{
		const Movement *starting = &nothing;

		if (sums->starting != NULL)
			starting = &sums->starting[i].alone;
		else if (i >= sums->lookback)
			starting = &sums->ending[i - sums->lookback].alone;
		put_period(&rows, info, sums->first + i, starting, &sums->ending[i].alone,
				   sums->periods[i].movements);
	}
	result_rows_end(&rows);
}

/*
 * Read a ledger and put the rows of the window that begins with a period;
 * returns where the next one begins.  All memory is left to the caller.
 */
static int32
put_movements_from(Datum ledger, const MovementsCall *call, const int32 *from, int32 *end)
{
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const LedgerInfo *info = metric_info(scan);
	const RevenueSeries *series;
	MovementSums sums = {0};
	int64		periods = metric_memory() / PERIOD_SIZE;

	*end = info->first + info->periods;
	sums.lookback = call->rules.lookback;
	sums.first = from != NULL ? *from : info->first;
	sums.end = (int32) Min(sums.first + periods, *end);
	periods = sums.end - sums.first;
	sums.periods = palloc0((periods + 1) * sizeof(PeriodMovements));
	sums.ending = palloc0((periods + 1) * sizeof(PeriodRevenue));
	if (periods < info->periods)
		sums.starting = palloc0((periods + 1) * sizeof(PeriodRevenue));
	while ((series = ledger_scan_next(scan)) != NULL)
		move_customer(series, *end - 1, &call->rules, count_movement, &sums);
	sum_revenue(&sums, sums.ending);
	if (sums.starting != NULL)
		sum_revenue(&sums, sums.starting);
	put_window(call->result, info, &sums);
	ledger_scan_end(scan);
	return sums.end;
}

/*
 * Put a row for each period of a ledger.
 */
static void
put_movements(Datum ledger, void *arg)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "nrr movements",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	int32		end;
	int32		next = put_movements_from(ledger, arg, NULL, &end);

	while (next < end)
	{
		MemoryContextReset(memory);
		next = put_movements_from(ledger, arg, &next, &end);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(memory);
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
