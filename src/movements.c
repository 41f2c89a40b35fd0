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

typedef struct PeriodMovements
{
	Movement	movements[MOVEMENT_CATEGORIES]; /* what the amounts changed by */
	Movement	ending;
} PeriodMovements;

typedef struct MovementsCall
{
	ReturnSetInfo *result;
	LedgerView	view;
	MovementRules rules;
	DateADT		through;
} MovementsCall;

/* Adds up movements by period */
typedef struct MovementSums
{
	PeriodMovements *periods;
	int32		first;
} MovementSums;

static inline void
move(Movement *movement, int128 amount)
{
	add_money(&movement->amount, amount);
	movement->customers++;
}

static inline void
count_movement(void *sink, int32 period, int32 end, MovementCategory category,
			   int128 starting, int128 ending)
{
	const MovementSums *sums = sink;
	PeriodMovements *now = &sums->periods[period - sums->first];

	move(&now->movements[category], ending - starting);
	if (category != MOVEMENT_CHURN)
		for (; period < end; period++, now++)
			move(&now->ending, ending);
}

/* Losses are shown without their sign */
static inline int128
magnitude(int128 amount)
{
	return amount < 0 ? -amount : amount;
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period,
		   const Movement *starting, const PeriodMovements *now)
{
	static const MovementCategory columns[] = {
		MOVEMENT_NEW, MOVEMENT_REACTIVATION, MOVEMENT_EXPANSION, MOVEMENT_CONTRACTION, MOVEMENT_CHURN
	};
	const Movement *by = now->movements;
	int128		gained = by[MOVEMENT_NEW].amount + by[MOVEMENT_REACTIVATION].amount +
		by[MOVEMENT_EXPANSION].amount;
	int128		lost = -(by[MOVEMENT_CONTRACTION].amount + by[MOVEMENT_CHURN].amount);

	result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
	result_money(rows, info, starting->amount);
	for (int i = 0; i < lengthof(columns); i++)
		result_money(rows, info, magnitude(by[columns[i]].amount));
	result_money(rows, info, now->ending.amount);
	result_column(rows, Int64GetDatum(starting->customers));
	for (int i = 0; i < lengthof(columns); i++)
		result_column(rows, Int64GetDatum(by[columns[i]].customers));
	result_column(rows, Int64GetDatum(now->ending.customers));
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
 * Put a row for each period of a ledger.
 */
static void
put_movements(Datum ledger, void *arg)
{
	static const Movement nothing = {0};
	const MovementsCall *call = arg;
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const LedgerInfo *info = metric_info(scan);
	int32		lookback = call->rules.lookback;
	const RevenueSeries *series;
	MovementSums sums;
	ResultRows	rows;

	sums.first = info->first;
	sums.periods = palloc0(Max(info->periods, 1) * sizeof(PeriodMovements));
	while ((series = ledger_scan_next(scan)) != NULL)
		move_customer(series, info->first + info->periods - 1, &call->rules,
					  count_movement, &sums);

	result_rows_begin(&rows, call->result);
	for (int32 i = 0; i < info->periods; i++)
		put_period(&rows, info, info->first + i,
				   i < lookback ? &nothing : &sums.periods[i - lookback].ending,
				   &sums.periods[i]);
	result_rows_end(&rows);
	pfree(sums.periods);
	ledger_scan_end(scan);
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
