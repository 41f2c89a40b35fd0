/*-------------------------------------------------------------------------
 *
 * billing/lint_report.h
 *	  The findings of ledger_lint: what there may be, how often each was met,
 *	  and the least place at which it was.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_REPORT_H
#define NRR_BILLING_LINT_REPORT_H

#include "base/customer.h"
#include "billing/source.h"
#include "nodes/execnodes.h"

/* In the order in which they are reported */
typedef enum LintFinding
{
	FOUND_NULL_CUSTOMER,
	FOUND_NULL_DATE,
	FOUND_NULL_AMOUNT,
	FOUND_INFINITE_DATE,
	FOUND_DATE_OUT_OF_RANGE,
	FOUND_UNBOUNDED_START,
	FOUND_REVERSED_ENDS,
	FOUND_EMPTY_RANGE,
	FOUND_NOT_A_NUMBER,
	FOUND_TOO_MANY_DIGITS,
	FOUND_FUTURE_DATE,
	FOUND_FUTURE_START,
	FOUND_SNAPSHOT_TABLE,
	FOUND_SNAPSHOT_TWICE,
	FOUND_MISSING_SNAPSHOT,
	FOUND_DUPLICATE_ROW,
	FOUND_OVERLAPPING_DUPLICATE,
	FOUND_OPEN_UPGRADE,
	FOUND_INCLUSIVE_END,
	FOUND_RENEWAL_GAP,
	FOUND_UNSEEN_SUBSCRIPTION,
	FOUND_ZERO_AMOUNT,
	FOUND_NO_REVENUE,
	FOUND_NEGATIVE_MONTH,
	FOUND_LATE_INVOICE,
	FOUND_ANNUAL_SPIKE,
	FOUND_LONG_BILLING_PERIOD,
	FOUND_DAY_CYCLE,
	FOUND_MIXED_SCALE,
	FOUND_STRAY_DECIMALS
} LintFinding;

#define LINT_FINDINGS	(FOUND_STRAY_DECIMALS + 1)

/* Where something is found: at a customer, or at rows that have none */
typedef struct LintCustomer
{
	bool		known;
	CustomerKind kind;
	CustomerKey key;
	const char *text;			/* made when it is asked for, */
	MemoryContext context;		/* in this */
} LintCustomer;

/* One of the places: that of the least customer, then of the earliest moment */
typedef struct LintSample
{
	bool		given;
	const char *customer;		/* NULL: of no customer, which comes last */
	int64		moment;
	const char *text;
} LintSample;

/* A moment that comes after all others */
#define LINT_NO_MOMENT	PG_INT64_MAX

typedef struct LintReport
{
	MemoryContext context;
	bool		wanted[LINT_FINDINGS];
	int64		counts[LINT_FINDINGS];
	LintSample	samples[LINT_FINDINGS];
} LintReport;

extern void lint_report_init(LintReport *report, const BillingSource *source);
extern const char *lint_customer_text(LintCustomer *customer);

/* Samples: asked first, then given a text that the report copies */
extern bool lint_sample_precedes(const LintSample *sample, LintCustomer *customer, int64 moment);
extern void lint_sample_give(LintReport *report, LintSample *sample, LintCustomer *customer,
							 int64 moment, const char *text);
extern const char *lint_sample_text(LintCustomer *customer, const char *at, const char *amount);

extern void lint_report_offer(LintReport *report, LintFinding finding, int64 count,
							  const LintSample *sample);
extern void lint_report_put(const LintReport *report, ReturnSetInfo *result);

/*
 * Count a finding; must its place be told?
 */
static inline bool
lint_found(LintReport *report, LintFinding finding, LintCustomer *customer, int64 moment)
{
	if (!report->wanted[finding])
		return false;
	report->counts[finding]++;
	return lint_sample_precedes(&report->samples[finding], customer, moment);
}

/* Tell it */
static inline void
lint_tell(LintReport *report, LintFinding finding, LintCustomer *customer, int64 moment,
		  const char *text)
{
	lint_sample_give(report, &report->samples[finding], customer, moment, text);
}

#endif							/* NRR_BILLING_LINT_REPORT_H */
