/*-------------------------------------------------------------------------
 *
 * billing/lint_dates.c
 *	  What ledger_lint finds in a customer's rows that have a date each.
 *
 * The rows of a customer come in order of time, and are added up by day.  A
 * customer of more days than memory is kept for is looked at in pieces.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/calendar.h"
#include "billing/lint_dates.h"
#include "billing/lint_row.h"
#include "miscadmin.h"

/* The most days of a customer that are looked at together */
#define MAX_DAYS	16384

/* A month of a customer with a net amount */
typedef struct LintMonth
{
	int32		month;
	uint16		dscale;
	int128		revenue;
} LintMonth;

struct LintDates
{
	LintReport *report;
	LintTableDays *table;
	TableShape	shape;
	int			scale;			/* of sums */

	LintDay    *days;
	int			ndays;
	LintMonth  *months;
	int			nmonths;
	int128	   *revenues;		/* those of months with revenue, in order of size */

	/* of the whole customer */
	LintDay		first;			/* if it has rows */
	int128		level;			/* the sum of all changes so far */
	bool		has_rows;
	bool		has_revenue;
	bool		is_known;		/* to be of snapshots, or to follow a cycle of days */
};

LintDates *
lint_dates_create(LintReport *report, LintTableDays *table, TableShape shape)
{
	LintDates  *dates = palloc0(sizeof(LintDates));

	dates->report = report;
	dates->table = table;
	dates->shape = shape;
	dates->days = palloc(MAX_DAYS * sizeof(LintDay));
	dates->months = palloc(MAX_DAYS * sizeof(LintMonth));
	dates->revenues = palloc(MAX_DAYS * sizeof(int128));
	return dates;
}

void
lint_dates_set_scale(LintDates *dates, int scale)
{
	dates->scale = scale;
}

/*
 * Months
 */

/*
 * Add days up by month, or changes up to the end of it.  Months that come to
 * nothing are none.
 */
static void
make_months(LintDates *dates)
{
	dates->nmonths = 0;
	for (int i = 0; i < dates->ndays;)
	{
		LintMonth	month = {period_of_date(GRAIN_MONTH, dates->days[i].day)};
		DateADT		end = period_start(GRAIN_MONTH, month.month + 1);

		for (; i < dates->ndays && dates->days[i].day < end; i++)
		{
			month.revenue += dates->days[i].sum;
			month.dscale = Max(month.dscale, dates->days[i].dscale);
		}
		if (dates->shape == TABLE_OF_CHANGES)
			month.revenue = dates->level += month.revenue;
		if (month.revenue != 0)
			dates->months[dates->nmonths++] = month;
		dates->has_revenue |= month.revenue > 0;
	}
}

static DateADT
month_day(const LintMonth *month)
{
	return period_start(GRAIN_MONTH, month->month);
}

static void
found_in_month(LintDates *dates, LintFinding finding, LintCustomer *customer,
			   const LintMonth *month)
{
	if (lint_found(dates->report, finding, customer, month_day(month)))
		lint_tell(dates->report, finding, customer, month_day(month),
				  lint_sample_text(customer, lint_date_text(month_day(month)),
								   lint_amount_text(month->revenue, dates->scale, month->dscale)));
}

static void
find_negative_months(LintDates *dates, LintCustomer *customer)
{
	for (int i = 0; i < dates->nmonths; i++)
		if (dates->months[i].revenue < 0)
			found_in_month(dates, FOUND_NEGATIVE_MONTH, customer, &dates->months[i]);
}

/*
 * Rhythms of months
 */

/* How a customer steps from month to month */
typedef struct Rhythm
{
	int			steps;
	int			shortest;
	int			longest;
	bool		monthly;		/* at least half of the steps */
	bool		negative;		/* there is a month below zero */
	int			payments;		/* months above zero, */
	int128		median;			/* and the median of them, the lower of two */
	bool		regular;		/* by the month, and mostly about as much */
	bool		steady;			/* always after so many months */
} Rhythm;

static int
step_to(const LintDates *dates, int n)
{
	return dates->months[n].month - dates->months[n - 1].month;
}

static int
compare_revenues(const void *a, const void *b)
{
	int128		left = *(const int128 *) a;
	int128		right = *(const int128 *) b;

	return left < right ? -1 : left > right;
}

/*
 * Are three quarters of the payments that are no spikes at most twice the median,
 * and at least half of it?
 */
static bool
is_about_as_much(const LintDates *dates, const Rhythm *rhythm)
{
	int			others = 0;
	int			alike = 0;

	for (int i = 0; i < rhythm->payments; i++)
	{
		others += dates->revenues[i] < 10 * rhythm->median;
		alike += 2 * dates->revenues[i] >= rhythm->median && dates->revenues[i] <= 2 * rhythm->median;
	}
	return 4 * alike >= 3 * others;
}

/*
 * Are steps of the same length no chance?  One or two of them may be, unless the
 * amounts are about the same, too.
 */
static bool
is_steady(const LintDates *dates, const Rhythm *rhythm)
{
	if (rhythm->steps == 0 || rhythm->shortest != rhythm->longest || rhythm->negative)
		return false;
	return rhythm->steps > 2 || 10 * dates->revenues[rhythm->payments - 1] <= 11 * dates->revenues[0];
}

static void
find_rhythm(LintDates *dates, Rhythm *rhythm)
{
	int			ones = 0;

	memset(rhythm, 0, sizeof(Rhythm));
	rhythm->steps = dates->nmonths - 1;
	rhythm->shortest = PG_INT32_MAX;
	for (int i = 0; i < dates->nmonths; i++)
	{
		int			step = i > 0 ? step_to(dates, i) : 0;

		if (dates->months[i].revenue > 0)
			dates->revenues[rhythm->payments++] = dates->months[i].revenue;
		else
			rhythm->negative = true;
		if (i == 0)
			continue;
		rhythm->shortest = Min(rhythm->shortest, step);
		rhythm->longest = Max(rhythm->longest, step);
		ones += step == 1;
	}
	rhythm->monthly = rhythm->steps > 0 && 2 * ones >= rhythm->steps;
	qsort(dates->revenues, rhythm->payments, sizeof(int128), compare_revenues);
	if (rhythm->payments > 0)
		rhythm->median = dates->revenues[(rhythm->payments - 1) / 2];
	rhythm->steady = is_steady(dates, rhythm);
	rhythm->regular = rhythm->monthly && is_about_as_much(dates, rhythm);
}

static void
find_late_invoices(LintDates *dates, LintCustomer *customer, const Rhythm *rhythm)
{
	for (int i = 1; i < dates->nmonths; i++)
	{
		const LintMonth *before = &dates->months[i - 1];
		const LintMonth *month = &dates->months[i];
		int			step = step_to(dates, i);

		if ((step != 2 && step != 3) || month->revenue != before->revenue || month->revenue <= 0 ||
			!(rhythm->monthly || (rhythm->steps == 1 && step == 2)))
			continue;
		if (lint_found(dates->report, FOUND_LATE_INVOICE, customer, month_day(before)))
			lint_tell(dates->report, FOUND_LATE_INVOICE, customer, month_day(before),
					  lint_sample_text(customer,
									   psprintf("%s to %s", lint_date_text(month_day(before)),
												lint_date_text(month_day(month))),
									   lint_amount_text(month->revenue, dates->scale, month->dscale)));
	}
}

/* Is the revenue of a month less than half of another's, which is beside it? */
static bool
stands_out(const LintDates *dates, int n, int beside)
{
	const LintMonth *month = &dates->months[n];

	if (beside < 0 || beside == dates->nmonths ||
		abs(dates->months[beside].month - month->month) > 1)
		return true;
	return 2 * dates->months[beside].revenue < month->revenue;
}

/* Is it 10 to 14 times what is usual, and far more than in the months beside it? */
static bool
is_spike(const LintDates *dates, int n, const Rhythm *rhythm)
{
	int128		revenue = dates->months[n].revenue;

	return rhythm->payments >= 3 && rhythm->regular &&
		revenue >= 10 * rhythm->median && revenue <= 14 * rhythm->median &&
		stands_out(dates, n, n - 1) && stands_out(dates, n, n + 1);
}

static bool
is_long_period(int months)
{
	return months == 2 || months == 3 || months == 4 || months == 6;
}

static void
find_long_periods(LintDates *dates, LintCustomer *customer, const Rhythm *rhythm)
{
	for (int i = 0; i < dates->nmonths; i++)
	{
		if ((rhythm->steady && rhythm->shortest == 12) || is_spike(dates, i, rhythm))
			found_in_month(dates, FOUND_ANNUAL_SPIKE, customer, &dates->months[i]);
		if (rhythm->steady && rhythm->steps >= 2 && is_long_period(rhythm->shortest))
			found_in_month(dates, FOUND_LONG_BILLING_PERIOD, customer, &dates->months[i]);
	}
}

/*
 * Cycles of days
 */

/* Some cycles that are sold, and how many steps it takes to tell one from chance */
typedef struct DayCycle
{
	int			days;
	int			least_steps;
} DayCycle;

static const DayCycle day_cycles[] = {
	{28, 4}, {30, 4}, {90, 3}, {91, 3}, {180, 3}, {182, 3}, {360, 2}, {364, 2}, {365, 2}
};

/* Is a day a year, but not a calendar year, after another? */
static bool
is_over_leap_day(DateADT from, DateADT to)
{
	int			month = period_of_date(GRAIN_MONTH, from);

	return period_of_date(GRAIN_MONTH, to) != month + 12 ||
		to - period_start(GRAIN_MONTH, month + 12) != from - period_start(GRAIN_MONTH, month);
}

static bool
follows_cycle(const LintDates *dates, const DayCycle *cycle)
{
	DateADT		before = 0;
	int			payments = 0;
	int			matches = 0;
	bool		drifts = cycle->days != 365;

	for (int i = 0; i < dates->ndays; i++)
	{
		DateADT		day = dates->days[i].day;

		if (dates->days[i].sum <= 0)
			continue;
		if (payments++ > 0 && day - before == cycle->days)
		{
			matches++;
			drifts |= is_over_leap_day(before, day);
		}
		before = day;
	}
	return drifts && matches >= cycle->least_steps && 10 * matches >= 8 * (payments - 1);
}

static bool
find_day_cycle(LintDates *dates, LintCustomer *customer)
{
	const LintDay *first = &dates->days[0];

	for (int i = 0; i < lengthof(day_cycles); i++)
	{
		if (dates->ndays <= day_cycles[i].least_steps || !follows_cycle(dates, &day_cycles[i]))
			continue;
		if (lint_found(dates->report, FOUND_DAY_CYCLE, customer, first->day))
			lint_tell(dates->report, FOUND_DAY_CYCLE, customer, first->day,
					  lint_sample_text(customer,
									   psprintf("every %d days, from %s on", day_cycles[i].days,
												lint_date_text(first->day)),
									   lint_amount_text(first->sum, dates->scale, first->dscale)));
		return true;
	}
	return false;
}

/*
 * A customer
 */

static void
look_at_payments(LintDates *dates, LintCustomer *customer)
{
	LintDays	days = {dates->days, dates->ndays, dates->scale};
	Rhythm		rhythm;

	if (dates->report->wanted[FOUND_SNAPSHOT_TABLE] && !dates->is_known)
		dates->is_known = lint_days_are_snapshots(dates->table, dates->report, customer, &days);
	if (dates->is_known)
		return;
	find_negative_months(dates, customer);
	dates->is_known = find_day_cycle(dates, customer);
	if (dates->is_known)
		return;
	find_rhythm(dates, &rhythm);
	find_late_invoices(dates, customer, &rhythm);
	find_long_periods(dates, customer, &rhythm);
}

static void
look_at_days(LintDates *dates, LintCustomer *customer)
{
	LintDays	days = {dates->days, dates->ndays, dates->scale};

	if (dates->ndays == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	make_months(dates);
	if (dates->shape == TABLE_OF_PAYMENTS)
		look_at_payments(dates, customer);
	else if (dates->shape == TABLE_OF_SNAPSHOTS)
		lint_days_loaded_twice(dates->report, customer, &days);
	else
		find_negative_months(dates, customer);
	dates->ndays = 0;
}

/*
 * Add a row, as a day of its own, to the days of its customer.
 */
void
lint_dates_add(LintDates *dates, LintCustomer *customer, const LintDay *row)
{
	if (!dates->has_rows)
		dates->first = *row;
	dates->has_rows = true;
	if (dates->ndays > 0 && dates->days[dates->ndays - 1].day == row->day)
	{
		LintDay    *last = &dates->days[dates->ndays - 1];

		last->varied |= last->rows > 0 && last->sum != (int128) last->rows * row->sum;
		last->rows += row->rows;
		last->dscale = Max(last->dscale, row->dscale);
		last->sum += row->sum;
		return;
	}
	if (dates->ndays == MAX_DAYS)
		look_at_days(dates, customer);
	dates->days[dates->ndays++] = *row;
}

void
lint_dates_end_customer(LintDates *dates, LintCustomer *customer)
{
	const LintDay *first = &dates->first;

	look_at_days(dates, customer);
	if (dates->has_rows && !dates->has_revenue &&
		lint_found(dates->report, FOUND_NO_REVENUE, customer, first->day))
		lint_tell(dates->report, FOUND_NO_REVENUE, customer, first->day,
				  lint_sample_text(customer, lint_date_text(first->day),
								   lint_amount_text(first->sum, dates->scale, first->dscale)));
	dates->has_rows = dates->has_revenue = dates->is_known = false;
	dates->level = 0;
}
