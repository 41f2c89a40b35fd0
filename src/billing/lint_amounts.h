/*-------------------------------------------------------------------------
 *
 * billing/lint_amounts.h
 *	  What ledger_lint finds in amounts as such: other scales, stray decimals.
 *
 * All rows are counted in a first pass, and then seen again, customer by
 * customer and in order of time.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_AMOUNTS_H
#define NRR_BILLING_LINT_AMOUNTS_H

#include "billing/lint_report.h"
#include "billing/lint_row.h"
#include "utils/hsearch.h"

/* Sizes of amounts are told apart as powers of two and 32 steps between them */
#define LINT_SIZE_STEPS	32
#define LINT_SIZES	(256 * LINT_SIZE_STEPS)

/* Amounts of those that were counted are told apart by so many bits of a hash */
#define LINT_SEEN_BITS	19

/* Rows of the same amount, one after the other, of one customer */
typedef struct LintRun
{
	LintRow		row;			/* the first one */
	double		size;
	int64		rows;			/* 0: there is none */
	bool		odd;			/* a hundred times the one before it */
} LintRun;

typedef struct LintAmounts
{
	/* the first pass */
	int64		decimals[MONEY_DIGITS + 1]; /* rows by decimals needed */
	int64		sizes[2][LINT_SIZES];	/* rows without and with decimals, by size */
	int64		rows[2];
	double		largest;

	/* what comes of it */
	int			common_scale;	/* at which amounts are added up */
	int			usual_decimals;
	bool		mixed;			/* rows without decimals are of another size: */
	int			odd;			/* which of the two are fewer, */
	double		border;			/* and what lies between them */

	/* the second one */
	LintRun		run;
	int64		seen_rows;
	uint32	   *seen;			/* rows of amounts that are not odd, by hash */
	HTAB	   *odd_amounts;
} LintAmounts;

extern LintAmounts *lint_amounts_create(void);
extern void lint_amounts_count(LintAmounts *amounts, const Decimal *amount);
extern void lint_amounts_counted(LintAmounts *amounts);
extern int128 lint_common(const LintAmounts *amounts, const Decimal *amount);

extern void lint_amounts_look(LintAmounts *amounts, LintReport *report, LintRowFormat *format,
							  LintCustomer *customer, const LintRow *row);
extern void lint_amounts_end_customer(LintAmounts *amounts, LintReport *report,
									  LintRowFormat *format, LintCustomer *customer);
extern void lint_amounts_end(LintAmounts *amounts, LintReport *report);

#endif							/* NRR_BILLING_LINT_AMOUNTS_H */
