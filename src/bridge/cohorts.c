/*-------------------------------------------------------------------------
 *
 * bridge/cohorts.c
 *	  cohort_retention: what is kept, age by age, of customers that began
 *	  together.
 *
 * A metric: reads a ledger by ledger_scan, and puts rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/activity.h"
#include "bridge/cohort_calendar.h"
#include "bridge/metric.h"
#include "utils/memutils.h"

/* The customers of a cohort at one age */
typedef struct CohortCell
{
	int128		revenue;
	int128		retained;		/* no more of each customer than at the baseline */
	int64		customers;
} CohortCell;

typedef struct Cohort
{
	int32		earliest;		/* first periods of its customers */
	int32		latest;
	int64		customers;
	int128		baseline;		/* their revenue at the baseline age */
	CohortCell *cells;			/* by age, from the first that is looked at */
	int32		ncells;			/* up to the last one that was active */
} Cohort;

/* A cell among those of all cohorts, which are in order of cohort and age */
typedef struct CellPlace
{
	int32		cohort;
	int32		age;
} CellPlace;

/*
 * The cohorts of a ledger.  Only as many cells are looked at as memory allows
 * for; if there are more, the ledger is read again for those that follow.
 */
typedef struct Cohorts
{
	CohortCalendar calendar;
	int32		last;			/* period of the ledger */
	int32		baseline;
	Cohort	  **cohorts;		/* by number; NULL where nobody begins */
	CellPlace	from;			/* the cells that are looked at */
	CellPlace	until;
	Size		bytes;			/* that they take, */
	Size		limit;			/* and may take */
} Cohorts;

typedef struct CohortsCall
{
	MetricCall	call;
	bool		has_grain;
	Grain		grain;			/* of cohorts */
	int32		baseline;
} CohortsCall;

/*
 * Set up the cohorts of a ledger, for a look at the cells from a place on.
 */
static void
init_cohorts(Cohorts *all, const CohortsCall *options, const LedgerInfo *info, CellPlace from)
{
	cohort_calendar_init(&all->calendar, options->has_grain ? options->grain : info->grain, info);
	all->last = info->first + info->periods - 1;
	all->baseline = options->baseline;
	all->cohorts = palloc0(Max(all->calendar.ncohorts, 1) * sizeof(Cohort *));
	all->from = from;
	all->until.cohort = all->calendar.ncohorts;
	all->until.age = 0;
	all->bytes = 0;
	all->limit = metric_memory();
}

/* The first age that is looked at in a cohort */
static inline int32
first_age(const Cohorts *all, int32 cohort)
{
	return cohort == all->from.cohort ? all->from.age : 0;
}

/* The age after those that are looked at */
static inline int32
end_of_ages(const Cohorts *all, int32 cohort)
{
	if (cohort > all->until.cohort)
		return 0;
	return cohort == all->until.cohort ? all->until.age : PG_INT32_MAX;
}

/* Cells that may be looked at in one cohort */
static inline int32
cells_limit(const Cohorts *all)
{
	return Min(all->limit / 2 / sizeof(CohortCell), MAX_PERIODS);
}

/*
 * Look only at cells before a place, and forget those after it.
 */
static void
look_until(Cohorts *all, int32 number, int32 age)
{
	int32		last = Min(all->until.cohort, all->calendar.ncohorts - 1);

	for (int32 i = age > 0 ? number + 1 : number; i <= last; i++)
	{
		Cohort	   *cohort = all->cohorts[i];

		if (cohort == NULL)
			continue;
		all->bytes -= sizeof(Cohort) + cohort->ncells * sizeof(CohortCell);
		if (cohort->cells != NULL)
			pfree(cohort->cells);
		pfree(cohort);
		all->cohorts[i] = NULL;
	}
	all->until.cohort = number;
	all->until.age = age;
}

/*
 * Leave cohorts for another reading, from the last one on, until a quarter
 * of the memory is free.
 */
static void
look_at_less(Cohorts *all)
{
	int32		number = Min(all->until.cohort, all->calendar.ncohorts - 1);

	for (; number > all->from.cohort && all->bytes > all->limit / 4 * 3; number--)
		look_until(all, number, 0);
}

/* A customer that begins in a period joins a cohort */
static Cohort *
join_cohort(Cohorts *all, int32 number, int32 begin)
{
	Cohort	   *cohort = all->cohorts[number];

	if (cohort == NULL)
	{
		cohort = all->cohorts[number] = palloc0(sizeof(Cohort));
		cohort->earliest = cohort->latest = begin;
		all->bytes += sizeof(Cohort);
	}
	cohort->earliest = Min(cohort->earliest, begin);
	cohort->latest = Max(cohort->latest, begin);
	cohort->customers++;
	return cohort;
}

/*
 * The cell of an age that somebody was active at, counted from the first age
 * that is looked at.  Memory is proportional to the ages at which somebody was
 * active, not to the range of periods: one mistyped date can make that huge.
 */
static inline CohortCell *
cohort_cell(Cohorts *all, Cohort *cohort, int32 age)
{
	if (unlikely(age >= cohort->ncells))
	{
		Size		ncells = Min(Max(TYPEALIGN(64, age + 1), cohort->ncells + cohort->ncells / 2),
								 cells_limit(all));
		CohortCell *cells = palloc_extended(ncells * sizeof(CohortCell),
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

		if (cohort->cells != NULL)
		{
			memcpy(cells, cohort->cells, cohort->ncells * sizeof(CohortCell));
			pfree(cohort->cells);
		}
		all->bytes += (ncells - cohort->ncells) * sizeof(CohortCell);
		cohort->cells = cells;
		cohort->ncells = ncells;
	}
	return &cohort->cells[age];
}

/*
 * Count a customer's revenue in the cells of its cohort, from the run on with
 * which it begins.
 */
static void
count_cells(Cohorts *all, int32 number, const RevenueSeries *series, int first, int128 baseline)
{
	Cohort	   *cohort = all->cohorts[number];
	int32		begin = series->runs[first].period;
	int32		first_cell = first_age(all, number);
	int32		end = end_of_ages(all, number);
	int32		limit = cells_limit(all);

	for (int i = first; i < series->length; i++)
	{
		const RevenueRun *run = &series->runs[i];
		int32		from = Max(run->period - begin, first_cell);
		int32		until = Min(run_end(run) - begin, end);
		CohortCell *cell;

		if (unlikely(until - first_cell > limit))
		{
			until = end = first_cell + limit;
			look_until(all, number, end);
		}
		if (run->amount <= 0 || from >= until)
			continue;
		cell = cohort_cell(all, cohort, until - 1 - first_cell);
		for (int32 j = from; j < until; j++, cell--)
		{
			cell->customers++;
			add_money(&cell->revenue, run->amount);
			add_money(&cell->retained, Min(run->amount, baseline));
		}
	}
}

static void
count_customer(Cohorts *all, const RevenueSeries *series)
{
	int			first = first_active(series);
	int			cursor = first;
	int32		number;
	int64		baseline_period;
	int128		baseline = 0;
	Cohort	   *cohort;

	if (first == series->length)
		return;
	number = cohort_of_period(&all->calendar, series->runs[first].period);
	if (unlikely(all->bytes > all->limit))
		look_at_less(all);
	if (number < all->from.cohort || first_age(all, number) >= end_of_ages(all, number))
		return;
	cohort = join_cohort(all, number, series->runs[first].period);
	baseline_period = (int64) series->runs[first].period + all->baseline;
	if (baseline_period <= all->last)
		baseline = revenue_in_period(series, baseline_period, &cursor);
	add_money(&cohort->baseline, baseline);
	count_cells(all, number, series, first, baseline);
}

static void
put_cell(ResultRows *rows, const LedgerInfo *info, DateADT date, const Cohort *cohort,
		 int32 age, const CohortCell *cell, bool complete)
{
	result_column(rows, DateADTGetDatum(date));
	result_column(rows, DateADTGetDatum(period_start(info->grain, cohort->earliest + age)));
	result_column(rows, Int32GetDatum(age));
	result_column(rows, Int64GetDatum(cohort->customers));
	result_column(rows, Int64GetDatum(cell->customers));
	result_money(rows, info, cohort->baseline);
	result_money(rows, info, cell->revenue);
	result_money(rows, info, cell->retained);
	result_percent(rows, (Fraction) {cell->revenue, cohort->baseline});
	result_percent(rows, (Fraction) {cell->retained, cohort->baseline});
	result_percent(rows, (Fraction) {cell->customers, cohort->customers});
	result_column(rows, BoolGetDatum(complete));
	result_rows_put(rows);
}

/*
 * Put a row for each age that the first customers of a cohort have reached.
 * The cell is complete if the last ones have, too, and the baseline as well.
 */
static void
put_cohort(ResultRows *rows, const LedgerInfo *info, const Cohorts *all, int32 number)
{
	static const CohortCell nobody = {0};
	const Cohort *cohort = all->cohorts[number];
	DateADT		date = cohort_start(&all->calendar, number);
	int32		first = first_age(all, number);
	int32		end = Min(all->last - cohort->earliest + 1, end_of_ages(all, number));

	for (int32 age = first; age < end; age++)
		put_cell(rows, info, date, cohort, age,
				 age - first < cohort->ncells ? &cohort->cells[age - first] : &nobody,
				 (int64) cohort->latest + Max(age, all->baseline) <= all->last);
}

/*
 * Read a ledger and put the cells from a place on that there is memory for;
 * moves the place to the next one, and returns whether there is any.  All memory
 * is left to the caller.
 */
static bool
put_cohorts_from(Datum ledger, const CohortsCall *options, CellPlace *place)
{
	LedgerScan *scan = ledger_scan_begin(ledger, &options->call.view);
	const LedgerInfo *info = metric_info(scan);
	const RevenueSeries *series;
	Cohorts		all;
	ResultRows	rows;

	init_cohorts(&all, options, info, *place);
	while ((series = ledger_scan_next(scan)) != NULL)
		count_customer(&all, series);

	result_rows_begin(&rows, options->call.result);
	for (int32 i = all.from.cohort; i < all.calendar.ncohorts && i <= all.until.cohort; i++)
		if (all.cohorts[i] != NULL)
			put_cohort(&rows, info, &all, i);
	result_rows_end(&rows);
	ledger_scan_end(scan);
	*place = all.until;
	return all.until.cohort < all.calendar.ncohorts;
}

static void
put_cohorts(Datum ledger, void *options)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "nrr cohorts",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	CellPlace	place = {0};

	while (put_cohorts_from(ledger, options, &place))
		MemoryContextReset(memory);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(memory);
}

/* Options: cohort_grain, baseline, through, grace */
static void
read_options(FunctionCallInfo fcinfo, int first, void *options)
{
	CohortsCall *cohorts = options;
	MetricCall *call = &cohorts->call;

	cohorts->has_grain = !PG_ARGISNULL(first);
	if (cohorts->has_grain)
		cohorts->grain = grain_from_text(PG_GETARG_TEXT_PP(first));
	cohorts->baseline = integer_option(fcinfo, first + 1, "baseline", 0, 0);
	call->view.through = date_argument(fcinfo, first + 2, "through", &call->through);
	call->view.grace = integer_option(fcinfo, first + 3, "grace", 0, 0);
}

static void
check_grain(const void *options, Grain grain)
{
	const CohortsCall *cohorts = options;

	if (cohorts->has_grain)
		check_cohort_grain(cohorts->grain, grain);
}

static const Metric metric = {
	.options_size = sizeof(CohortsCall),
	.read_options = read_options,
	.check_grain = check_grain,
	.put = put_cohorts,
};

METRIC_FUNCTIONS(cohort_retention, metric);
