/*-------------------------------------------------------------------------
 *
 * cohorts.c
 *	  cohort_retention: what is kept, age by age, of customers that began
 *	  together.
 *
 * A metric: reads a ledger by ledger_scan, or a table by source, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_scan.h"
#include "metric.h"
#include "port/pg_bitutils.h"
#include "source.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cohort_retention);
PG_FUNCTION_INFO_V1(cohort_retention_from);

/* The customers of a cohort at one age */
typedef struct CohortCell
{
	int128		revenue;
	int128		retained;		/* no more of each customer than at the baseline */
	int64		customers;
} CohortCell;

typedef struct Cohort
{
	int32		number;			/* its period, in the cohort grain */
	int32		earliest;		/* first periods of its customers */
	int32		latest;
	int64		customers;
	int128		baseline;		/* their revenue at the baseline age */
	CohortCell *cells;			/* by age, up to the last one that was active */
	int32		ncells;
} Cohort;

/* All cohorts of a ledger */
typedef struct Cohorts
{
	int32		first;			/* periods that are looked at */
	int32		last;
	int32		baseline;
	int			ncohorts;
	Cohort	   *cohorts;
	int32	   *cohort_of;		/* of customers that begin in a period */
} Cohorts;

typedef struct CohortsCall
{
	ReturnSetInfo *result;
	bool		has_grain;
	Grain		grain;			/* of cohorts */
	int32		baseline;
	LedgerView	view;
	DateADT		through;
} CohortsCall;

/*
 * Set up the cohorts that the periods of a ledger make.
 */
static void
init_cohorts(Cohorts *all, const LedgerInfo *info, Grain grain)
{
	int32		nperiods = all->last - all->first + 1;

	all->ncohorts = 0;
	all->cohort_of = palloc(Max(nperiods, 1) * sizeof(int32));
	all->cohorts = MemoryContextAllocHuge(CurrentMemoryContext,
										  Max(nperiods, 1) * sizeof(Cohort));
	for (int32 i = 0; i < nperiods; i++)
	{
		int32		period = all->first + i;
		int32		number = period;

		if (grain != info->grain)
			number = period_of_date(grain, period_start(info->grain, period));
		if (i == 0 || all->cohorts[all->ncohorts - 1].number != number)
		{
			Cohort	   *cohort = &all->cohorts[all->ncohorts++];

			memset(cohort, 0, sizeof(Cohort));
			cohort->number = number;
		}
		all->cohort_of[i] = all->ncohorts - 1;
	}
}

static Cohort *
cohort_of_customer(Cohorts *all, int32 begin)
{
	Cohort	   *cohort = &all->cohorts[all->cohort_of[begin - all->first]];

	if (cohort->customers == 0)
		cohort->earliest = cohort->latest = begin;
	cohort->earliest = Min(cohort->earliest, begin);
	cohort->latest = Max(cohort->latest, begin);
	cohort->customers++;
	return cohort;
}

/*
 * The cell of an age that somebody was active at.  Memory follows such ages,
 * not the range of periods, which a single mistyped date can make long.
 */
static inline CohortCell *
cohort_cell(Cohort *cohort, int32 age)
{
	if (unlikely(age >= cohort->ncells))
	{
		Size		ncells = Max(64, pg_nextpower2_32(age + 1));
		CohortCell *cells = palloc_extended(ncells * sizeof(CohortCell),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

		if (cohort->cells != NULL)
		{
			memcpy(cells, cohort->cells, cohort->ncells * sizeof(CohortCell));
			pfree(cohort->cells);
		}
		cohort->cells = cells;
		cohort->ncells = ncells;
	}
	return &cohort->cells[age];
}

static void
count_customer(Cohorts *all, const RevenueSeries *series)
{
	int			i = first_active(series);
	int			cursor = i;
	int32		begin;
	int64		baseline_period;
	int128		baseline = 0;
	Cohort	   *cohort;

	if (i == series->length)
		return;
	begin = series->runs[i].period;
	baseline_period = (int64) begin + all->baseline;
	cohort = cohort_of_customer(all, begin);
	if (baseline_period <= all->last)
		baseline = revenue_in_period(series, baseline_period, &cursor);
	add_money(&cohort->baseline, baseline);

	for (; i < series->length; i++)
	{
		const RevenueRun *run = &series->runs[i];
		CohortCell *cell;

		if (run->amount <= 0)
			continue;
		cell = cohort_cell(cohort, run_end(run) - 1 - begin);
		for (int32 j = 0; j < run->length; j++, cell--)
		{
			cell->customers++;
			add_money(&cell->revenue, run->amount);
			add_money(&cell->retained, Min(run->amount, baseline));
		}
	}
}

static void
put_cell(ResultRows *rows, const LedgerInfo *info, DateADT date, const Cohort *cohort,
		 int32 age, bool complete)
{
	static const CohortCell nobody = {0};
	const CohortCell *cell = age < cohort->ncells ? &cohort->cells[age] : &nobody;

	result_column(rows, DateADTGetDatum(date));
	result_column(rows, DateADTGetDatum(period_start(info->grain, cohort->earliest + age)));
	result_column(rows, Int32GetDatum(age));
	result_column(rows, Int64GetDatum(cohort->customers));
	result_column(rows, Int64GetDatum(cell->customers));
	result_money(rows, info, cohort->baseline);
	result_money(rows, info, cell->revenue);
	result_money(rows, info, cell->retained);
	result_percent(rows, cell->revenue, cohort->baseline);
	result_percent(rows, cell->retained, cohort->baseline);
	result_percent(rows, cell->customers, cohort->customers);
	result_column(rows, BoolGetDatum(complete));
	result_rows_put(rows);
}

/*
 * Put a row for each age that the first customers of a cohort have reached.
 * The cell is complete if the last ones have, too, and the baseline as well.
 */
static void
put_cohort(ResultRows *rows, const LedgerInfo *info, const Cohorts *all,
		   const Cohort *cohort, Grain grain)
{
	DateADT		date = period_start(grain, cohort->number);

	for (int32 age = 0; age <= all->last - cohort->earliest; age++)
		put_cell(rows, info, date, cohort, age,
				 (int64) cohort->latest + Max(age, all->baseline) <= all->last);
}

static void
check_cohort_grain(Grain grain, Grain ledger_grain)
{
	if (grain < ledger_grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cohort grain %s is finer than the ledger's, %s",
						grain_name(grain), grain_name(ledger_grain)),
				 errhint("Build the ledger by %s.", grain_name(grain))));
}

static void
put_cohorts(Datum ledger, void *arg)
{
	const CohortsCall *call = arg;
	LedgerScan *scan = ledger_scan_begin(ledger, &call->view);
	const LedgerInfo *info = metric_info(scan);
	Grain		grain = call->has_grain ? call->grain : info->grain;
	const RevenueSeries *series;
	Cohorts		all;
	ResultRows	rows;

	check_cohort_grain(grain, info->grain);
	all.first = info->first;
	all.last = info->first + info->periods - 1;
	all.baseline = call->baseline;
	init_cohorts(&all, info, grain);
	while ((series = ledger_scan_next(scan)) != NULL)
		count_customer(&all, series);

	result_rows_begin(&rows, call->result);
	for (int i = 0; i < all.ncohorts; i++)
	{
		Cohort	   *cohort = &all.cohorts[i];

		if (cohort->customers == 0)
			continue;
		put_cohort(&rows, info, &all, cohort, grain);
		pfree(cohort->cells);
	}
	result_rows_end(&rows);
	pfree(all.cohort_of);
	pfree(all.cohorts);
	ledger_scan_end(scan);
}

/* Options: cohort_grain, baseline, through, grace */
static void
read_options(FunctionCallInfo fcinfo, int from, CohortsCall *call)
{
	call->result = (ReturnSetInfo *) fcinfo->resultinfo;
	call->has_grain = !PG_ARGISNULL(from);
	if (call->has_grain)
		call->grain = grain_from_text(PG_GETARG_TEXT_PP(from));
	call->baseline = integer_argument(fcinfo, from + 1, "baseline", 0);
	call->view.through = date_argument(fcinfo, from + 2, "through", &call->through);
	call->view.grace = integer_argument(fcinfo, from + 3, "grace", 0);
}

/*
 * cohort_retention(ledger, cohort_grain, baseline, through, grace)
 */
Datum
cohort_retention(PG_FUNCTION_ARGS)
{
	CohortsCall call;

	result_rows_prepare(fcinfo);
	read_options(fcinfo, 1, &call);
	if (!PG_ARGISNULL(0))
		put_cohorts(PG_GETARG_DATUM(0), &call);
	return (Datum) 0;
}

/*
 * cohort_retention(source, customer, at, amount, grain, cohort_grain, baseline,
 * through, grace)
 */
Datum
cohort_retention_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	CohortsCall call;

	result_rows_prepare(fcinfo);
	source_from_arguments(fcinfo, 0, &source);
	read_options(fcinfo, SOURCE_ARGUMENTS, &call);
	if (call.has_grain)
		check_cohort_grain(call.grain, source.grain);
	source_consume(fcinfo, &source, put_cohorts, &call);
	return (Datum) 0;
}
