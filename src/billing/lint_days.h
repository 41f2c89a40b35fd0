/*-------------------------------------------------------------------------
 *
 * billing/lint_days.h
 *	  A customer's days, and those on which a table has any row: what they say
 *	  about snapshots.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_DAYS_H
#define NRR_BILLING_LINT_DAYS_H

#include "billing/lint_report.h"
#include "utils/date.h"

/* Days of a table are known from 1900 to 2199 */
#define LINT_FIRST_DAY	(-36524)
#define LINT_TABLE_DAYS	(300 * 366)

/* A customer's rows of a day */
typedef struct LintDay
{
	DateADT		day;
	int32		rows;			/* that are not zero */
	bool		varied;			/* of different amounts */
	uint16		dscale;			/* the most decimals of any row */
	int128		sum;
} LintDay;

typedef struct LintTableDays
{
	bool		any[LINT_TABLE_DAYS];
	int32		before[LINT_TABLE_DAYS + 1];	/* days with rows before this one */

	/* customers with enough rows to tell, and those that look as in snapshots */
	int64		customers;
	int64		alike;
	LintSample	sample;
} LintTableDays;

static inline void
lint_table_day(LintTableDays *table, DateADT day)
{
	int32		n = day - LINT_FIRST_DAY;

	if (n >= 0 && n < LINT_TABLE_DAYS)
		table->any[n] = true;
}

/* A customer's days as found */
typedef struct LintDays
{
	const LintDay *days;
	int			n;
	int			scale;			/* of sums */
} LintDays;

extern void lint_table_days_counted(LintTableDays *table);
extern bool lint_days_are_snapshots(LintTableDays *table, LintReport *report,
									LintCustomer *customer, const LintDays *days);
extern void lint_days_loaded_twice(LintReport *report, LintCustomer *customer,
								   const LintDays *days);
extern void lint_table_days_end(const LintTableDays *table, LintReport *report);

#endif							/* NRR_BILLING_LINT_DAYS_H */
