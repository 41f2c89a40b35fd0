/*-------------------------------------------------------------------------
 *
 * billing/lint_ranges.h
 *	  What ledger_lint finds in a customer's rows that have a range each.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_RANGES_H
#define NRR_BILLING_LINT_RANGES_H

#include "billing/lint_report.h"
#include "billing/lint_row.h"
#include "billing/row.h"

typedef struct LintRanges LintRanges;

extern LintRanges *lint_ranges_create(LintReport *report, LintRowFormat *format,
									  BillingReader *reader, const BillingSource *source);
extern void lint_ranges_set_scale(LintRanges *ranges, int scale);
extern void lint_ranges_count_end(LintRanges *ranges, int64 end);
extern void lint_ranges_add(LintRanges *ranges, LintCustomer *customer, const LintRow *row,
							int128 amount);
extern void lint_ranges_end_customer(LintRanges *ranges, LintCustomer *customer);

#endif							/* NRR_BILLING_LINT_RANGES_H */
