/*-------------------------------------------------------------------------
 *
 * billing/lint_days.c
 *	  A customer's days, and those on which a table has any row: what they say
 *	  about snapshots.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/lint_days.h"
#include "billing/lint_row.h"
#include "miscadmin.h"
#include "utils/datetime.h"

/* Fewer days say nothing */
#define DAILY_DAYS		7
#define SHARED_DAYS		6

/* Snapshots that are not daily are taken every so many days at most */
#define LONGEST_STEP	16

/* Customers with enough rows that must be alike, and their least share */
#define ALIKE_CUSTOMERS	5

/* How many snapshots in a row may be loaded twice? */
#define SNAPSHOTS_LOADED_TWICE	3

/*
 * Once all rows are seen
 */
void
lint_table_days_counted(LintTableDays *table)
{
	for (int i = 0; i < LINT_TABLE_DAYS; i++)
		table->before[i + 1] = table->before[i] + table->any[i];
}

/* On how many days from one to another has the table rows? */
static int
table_days(const LintTableDays *table, DateADT first, DateADT last)
{
	int			from = Min(Max(first - LINT_FIRST_DAY, 0), LINT_TABLE_DAYS);
	int			to = Min(Max(last - LINT_FIRST_DAY + 1, 0), LINT_TABLE_DAYS);

	return table->before[to] - table->before[from];
}

static int
weekday(DateADT day)
{
	return j2day(day + POSTGRES_EPOCH_JDATE);
}

/* Is a day that of the next daily snapshot?  There may be none of a weekend. */
static bool
is_next_day(const LintDay *before, const LintDay *day)
{
	int			step = day->day - before->day;

	return step == 1 || (step == 3 && weekday(day->day) == 1);
}

static const char *
days_text(LintCustomer *customer, const LintDays *days)
{
	const LintDay *first = &days->days[0];

	return lint_sample_text(customer,
							psprintf("%s to %s", lint_date_text(first->day),
									 lint_date_text(days->days[days->n - 1].day)),
							lint_amount_text(first->sum, days->scale, first->dscale));
}

/*
 * A customer that has a row on the table's days, with the amount of the day
 * before, is one of a table of snapshots if those are daily; else only if most
 * customers are so.  Returns whether it is for sure.
 */
bool
lint_days_are_snapshots(LintTableDays *table, LintReport *report, LintCustomer *customer,
						const LintDays *days)
{
	const LintDay *first = &days->days[0];
	int			steps = days->n - 1;
	int			equal = 0;
	int			next = 0;
	int			span;

	if (days->n < SHARED_DAYS)
		return false;
	for (int i = 1; i < days->n; i++)
	{
		equal += days->days[i].sum == days->days[i - 1].sum;
		next += is_next_day(&days->days[i - 1], &days->days[i]);
	}
	span = days->days[steps].day - first->day;
	if (days->n >= DAILY_DAYS && 10 * next >= 8 * steps && 10 * equal >= 8 * steps)
	{
		if (lint_found(report, FOUND_SNAPSHOT_TABLE, customer, first->day))
			lint_tell(report, FOUND_SNAPSHOT_TABLE, customer, first->day, days_text(customer, days));
		return true;
	}
	table->customers++;
	if (10 * equal >= 9 * steps && span <= LONGEST_STEP * steps &&
		100 * days->n >= 95 * table_days(table, first->day, days->days[steps].day))
	{
		table->alike++;
		if (lint_sample_precedes(&table->sample, customer, first->day))
			lint_sample_give(report, &table->sample, customer, first->day, days_text(customer, days));
	}
	return false;
}

/*
 * Does a customer, a few snapshots after one on which it has twice as many rows
 * as before, pay what it did before?  If there are none, nobody knows.
 */
static bool
is_as_before(const LintDays *days, int n, const LintDay *before)
{
	for (int i = n + 1; i < days->n && i <= n + SNAPSHOTS_LOADED_TWICE; i++)
		if (2 * days->days[i].rows <= days->days[n].rows)
			return before == NULL || days->days[i].sum == before->sum;
	return false;
}

/*
 * Days of a table of snapshots on which a customer has at least twice the rows
 * that it has before and after.
 */
void
lint_days_loaded_twice(LintReport *report, LintCustomer *customer, const LintDays *days)
{
	const LintDay *before = NULL;	/* the last day that was not loaded twice */

	for (int i = 0; i < days->n; i++)
	{
		const LintDay *day = &days->days[i];

		CHECK_FOR_INTERRUPTS();
		if (day->rows < 2 || !day->varied || (before != NULL && day->rows < 2 * before->rows) ||
			!is_as_before(days, i, before))
		{
			before = day;
			continue;
		}
		if (lint_found(report, FOUND_SNAPSHOT_TWICE, customer, day->day))
			lint_tell(report, FOUND_SNAPSHOT_TWICE, customer, day->day,
					  lint_sample_text(customer, lint_date_text(day->day),
									   lint_amount_text(day->sum, days->scale, day->dscale)));
	}
}

/*
 * Steps between the snapshots of a table
 */

/* How long most steps are; 0 if there are too few of them */
static int
usual_step(const LintTableDays *table)
{
	int			counts[32] = {0};
	int			steps = 0;
	int			sum = 0;
	int			before = -1;

	for (int i = 0; i < LINT_TABLE_DAYS; i++)
	{
		if (!table->any[i])
			continue;
		if (before >= 0)
		{
			counts[Min(i - before, lengthof(counts) - 1)]++;
			steps++;
		}
		before = i;
	}
	for (int i = 0; steps > 1 && i < lengthof(counts); i++)
	{
		sum += counts[i];
		if (2 * sum >= steps)
			return i;
	}
	return 0;
}

/* On which days of the week is there ever a snapshot? */
static void
find_weekdays(const LintTableDays *table, bool weekdays[7])
{
	memset(weekdays, 0, 7 * sizeof(bool));
	for (int i = 0; i < LINT_TABLE_DAYS; i++)
		if (table->any[i])
			weekdays[weekday(i + LINT_FIRST_DAY)] = true;
}

/* Is a step so long that a snapshot is missing between its ends? */
static bool
step_is_too_long(int from, int to, int usual, const bool weekdays[7])
{
	if (usual != 1)
		return 2 * (to - from) > 3 * usual;
	for (int day = from + 1; day < to; day++)
		if (weekdays[weekday(day + LINT_FIRST_DAY)])
			return true;
	return false;
}

static void
find_missing(const LintTableDays *table, LintReport *report)
{
	LintCustomer nobody = {false};
	int			usual = usual_step(table);
	int			before = -1;
	bool		weekdays[7];

	find_weekdays(table, weekdays);
	for (int i = 0; i < LINT_TABLE_DAYS && usual > 0; i++)
	{
		if (!table->any[i])
			continue;
		if (before >= 0 && step_is_too_long(before, i, usual, weekdays) &&
			lint_found(report, FOUND_MISSING_SNAPSHOT, &nobody, before))
			lint_tell(report, FOUND_MISSING_SNAPSHOT, &nobody, before,
					  psprintf("none between %s and %s", lint_date_text(before + LINT_FIRST_DAY),
							   lint_date_text(i + LINT_FIRST_DAY)));
		before = i;
	}
}

/*
 * What is found in all customers together
 */
void
lint_table_days_end(const LintTableDays *table, LintReport *report)
{
	find_missing(table, report);
	if (table->alike >= ALIKE_CUSTOMERS && 2 * table->alike >= table->customers)
		lint_report_offer(report, FOUND_SNAPSHOT_TABLE, table->alike, &table->sample);
}
