/*-------------------------------------------------------------------------
 *
 * billing/lint_read.h
 *	  The rows of a table as ledger_lint reads them: what keeps a ledger from
 *	  taking one is found, not an error.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_READ_H
#define NRR_BILLING_LINT_READ_H

#include "base/query.h"
#include "billing/lint_report.h"
#include "billing/lint_row.h"
#include "billing/row.h"

/* What gets the rows that a ledger takes */
typedef void (*LintRowTaker) (const CustomerKey *customer, const LintRow *row, void *arg);

typedef struct LintReader
{
	const BillingSource *source;
	LintReport *report;
	LintRowFormat format;
	BillingReader reader;
	LintRowTaker take;
	void	   *arg;

	/* types of columns */
	Oid			amount_type;
	TypeCacheEntry *range;		/* NULL if there are no ranges */
	bool		multirange;		/* several of them in a row */
	CustomerReader item;
	MemoryContext row_context;	/* reset after each row */
} LintReader;

extern void lint_reader_init(LintReader *reader, const BillingSource *source, LintReport *report);
extern void lint_read(LintReader *reader, const Extension *extension);

#endif							/* NRR_BILLING_LINT_READ_H */
