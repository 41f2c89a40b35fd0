/*-------------------------------------------------------------------------
 *
 * movements.c
 *	  revenue_movements: the bridge from one period's revenue to another's.
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

PG_FUNCTION_INFO_V1(revenue_movements);
PG_FUNCTION_INFO_V1(revenue_movements_from);

/* A sum of revenue and the number of customers that it is of */
typedef struct Movement
{
	int128		amount;
	int64		customers;
} Movement;

/* What happened between the period 'lookback' before and this one */
typedef struct PeriodMovements
{
	Movement	new;
	Movement	reactivation;
	Movement	expansion;
	Movement	contraction;
	Movement	churn;
	Movement	ending;
} PeriodMovements;

typedef struct MovementsCall
{
	ReturnSetInfo *result;
	int32		lookback;
	const DateADT *through;
} MovementsCall;

static inline void
move(Movement *movement, int128 amount)
{
	add_money(&movement->amount, amount);
	movement->customers++;
}

/*
 * Count a customer in all periods where it starts or ends with revenue.
 */
static void
count_customer(PeriodMovements *periods, int32 first, int32 last, int32 lookback,
			   const RevenueSeries *series)
{
	int			begin = first_active(series);
	int			before = begin;
	int			after = begin;

	for (int i = begin; i < series->length && series->entries[i].period <= last; i++)
	{
		int32		period = series->entries[i].period;
		int64		back = (int64) period - lookback;
		int64		ahead = (int64) period + lookback;
		int128		ending = series->entries[i].amount;
		int128		starting;
		PeriodMovements *now = &periods[period - first];

		if (ending <= 0)
			continue;
		move(&now->ending, ending);
		starting = revenue_in_period(series, back, &before);
		if (starting == 0)
			move(series->entries[begin].period > back ? &now->new : &now->reactivation, ending);
		else if (ending > starting)
			move(&now->expansion, ending - starting);
		else if (ending < starting)
			move(&now->contraction, starting - ending);

		if (ahead <= last && revenue_in_period(series, ahead, &after) == 0)
			move(&periods[ahead - first].churn, ending);
	}
}

static void
put_period(ResultRows *rows, const LedgerInfo *info, int32 period,
		   const Movement *starting, const PeriodMovements *now)
{
	int128		gained = now->new.amount + now->reactivation.amount + now->expansion.amount;
	int128		lost = now->contraction.amount + now->churn.amount;

	result_column(rows, DateADTGetDatum(period_start(info->grain, period)));
	result_money(rows, info, starting->amount);
	result_money(rows, info, now->new.amount);
	result_money(rows, info, now->reactivation.amount);
	result_money(rows, info, now->expansion.amount);
	result_money(rows, info, now->contraction.amount);
	result_money(rows, info, now->churn.amount);
	result_money(rows, info, now->ending.amount);
	result_column(rows, Int64GetDatum(starting->customers));
	result_column(rows, Int64GetDatum(now->new.customers));
	result_column(rows, Int64GetDatum(now->reactivation.customers));
	result_column(rows, Int64GetDatum(now->expansion.customers));
	result_column(rows, Int64GetDatum(now->contraction.customers));
	result_column(rows, Int64GetDatum(now->churn.customers));
	result_column(rows, Int64GetDatum(now->ending.customers));
	result_percent(rows, starting->amount + now->expansion.amount - lost, starting->amount);
	result_percent(rows, starting->amount - lost, starting->amount);
	result_percent(rows, starting->customers - now->churn.customers, starting->customers);
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
	LedgerScan *scan = ledger_scan_begin(ledger);
	const LedgerInfo *info = ledger_scan_info(scan);
	int32		last = last_period(info, call->through);
	int32		nperiods = last - info->first + 1;
	const RevenueSeries *series;
	PeriodMovements *periods;
	ResultRows	rows;

	periods = palloc0(Max(nperiods, 1) * sizeof(PeriodMovements));
	while ((series = ledger_scan_next(scan)) != NULL)
		count_customer(periods, info->first, last, call->lookback, series);

	result_rows_begin(&rows, call->result);
	for (int32 i = 0; i < nperiods; i++)
		put_period(&rows, info, info->first + i,
				   i < call->lookback ? &nothing : &periods[i - call->lookback].ending,
				   &periods[i]);
	result_rows_end(&rows);
	pfree(periods);
	ledger_scan_end(scan);
}

/*
 * revenue_movements(ledger, lookback, through)
 */
Datum
revenue_movements(PG_FUNCTION_ARGS)
{
	DateADT		through;
	MovementsCall call;

	result_rows_prepare(fcinfo);
	call.result = (ReturnSetInfo *) fcinfo->resultinfo;
	call.lookback = integer_argument(fcinfo, 1, "lookback", 1);
	call.through = date_argument(fcinfo, 2, &through);
	if (!PG_ARGISNULL(0))
		put_movements(PG_GETARG_DATUM(0), &call);
	return (Datum) 0;
}

/*
 * revenue_movements(source, customer, at, amount, grain, lookback, through)
 */
Datum
revenue_movements_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	DateADT		through;
	MovementsCall call;

	result_rows_prepare(fcinfo);
	call.result = (ReturnSetInfo *) fcinfo->resultinfo;
	source_from_arguments(fcinfo, &source);
	call.lookback = integer_argument(fcinfo, SOURCE_ARGUMENTS, "lookback", 1);
	call.through = date_argument(fcinfo, SOURCE_ARGUMENTS + 1, &through);
	source_consume(fcinfo, &source, put_movements, &call);
	return (Datum) 0;
}
