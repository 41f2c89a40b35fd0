/*-------------------------------------------------------------------------
 *
 * billing/lint_dates.h
 *	  What ledger_lint finds in a customer's rows that have a date each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_DATES_H
#define NRR_BILLING_LINT_DATES_H

#include "billing/lint_days.h"

typedef struct LintDates LintDates;

extern LintDates *lint_dates_create(LintReport *report, LintTableDays *table, TableShape shape);
extern void lint_dates_set_scale(LintDates *dates, int scale);
extern void lint_dates_add(LintDates *dates, LintCustomer *customer, const LintDay *row);
extern void lint_dates_end_customer(LintDates *dates, LintCustomer *customer);

#endif							/* NRR_BILLING_LINT_DATES_H */
