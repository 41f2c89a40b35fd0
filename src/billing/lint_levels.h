/*-------------------------------------------------------------------------
 *
 * billing/lint_levels.h
 *	  What ledger_lint finds in what becomes of a customer's ranges, period by
 *	  period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_LEVELS_H
#define NRR_BILLING_LINT_LEVELS_H

#include "billing/lint_report.h"
#include "billing/lint_row.h"
#include "billing/row.h"

/* A row of a customer, over a range of time */
typedef struct LintSpan
{
	int64		begin;
	int64		end;			/* or LINT_NO_END */
	int64		next;			/* where a later row of the item begins, likewise */
	uint64		item;
	int128		amount;
	uint16		dscale;
} LintSpan;

typedef struct LintLevels LintLevels;

extern LintLevels *lint_levels_create(LintReport *report, LintRowFormat *format,
									  BillingReader *reader, int most);
extern void lint_levels_set_scale(LintLevels *levels, int scale);
extern void lint_levels_found(LintLevels *levels, LintFinding finding, LintCustomer *customer,
							  const LintSpan *span);
extern void lint_levels_look(LintLevels *levels, LintCustomer *customer,
							 const LintSpan *spans, int nspans, bool inclusive);
extern void lint_levels_end_customer(LintLevels *levels, LintCustomer *customer);

#endif							/* NRR_BILLING_LINT_LEVELS_H */
