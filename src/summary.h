/*-------------------------------------------------------------------------
 *
 * summary.h
 *	  The type retention_summary: the bridge from a starting to an ending
 *	  revenue for a set of customers.
 *
 * Sums of revenue, the customers that each is of, and the second moments that
 * the variance of a retention rate needs; all exact, and therefore added and
 * taken away without a trace.
 *
 * The same struct is the state of an aggregate, changed in place, and the
 * finished value, which is canonical: of the same customers it has the same
 * bytes, but for dscale, which like numeric's is no part of the value.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_SUMMARY_H
#define NRR_SUMMARY_H

#include "money.h"
#include "wide.h"

/* What a customer's revenue did; SUMMARY_STARTING is all of it at the start */
typedef enum SummaryMovement
{
	SUMMARY_STARTING,
	SUMMARY_NEW,
	SUMMARY_REACTIVATION,
	SUMMARY_EXPANSION,
	SUMMARY_CONTRACTION,
	SUMMARY_CHURN
} SummaryMovement;

#define SUMMARY_MOVEMENTS	(SUMMARY_CHURN + 1)

/*
 * Sums over the customers with revenue at the start: s at the start, e at the
 * end, m the lesser of both.
 */
typedef enum SummaryMoment
{
	MOMENT_SS,
	MOMENT_EE,
	MOMENT_SE,
	MOMENT_MM,
	MOMENT_SM
} SummaryMoment;

#define SUMMARY_MOMENTS		(MOMENT_SM + 1)

typedef struct RetentionSummary
{
	/*
	 * How many inputs of the aggregate, rows or summaries, had as many
	 * decimals as dscale: 0 if it had none yet, SUMMARY_FINISHED in a value.
	 */
	int64		inputs_of_dscale;
	int16		dscale;
	int16		unused;
	int32		scale;			/* of the amounts; moments have twice as many decimals */
	int128		amounts[SUMMARY_MOVEMENTS];
	int64		customers[SUMMARY_MOVEMENTS];
	Wide		moments[SUMMARY_MOMENTS];
} RetentionSummary;

#define SUMMARY_FINISHED	(-1)

/* The SQL script says so, too */
StaticAssertDecl(sizeof(RetentionSummary) == 320, "the type retention_summary has 320 bytes");

/* A finished summary, whatever the argument is */
#define PG_GETARG_SUMMARY(n)	summary_finished((RetentionSummary *) PG_GETARG_POINTER(n))

typedef enum RetentionMetric
{
	METRIC_NRR,
	METRIC_GRR,
	METRIC_LOGO_RETENTION
} RetentionMetric;

extern RetentionMetric metric_from_text(text *name);
extern bool summary_fraction(const RetentionSummary *summary, RetentionMetric metric,
							 int128 *part, int128 *whole);

static inline int
summary_scale(const RetentionSummary *summary)
{
	return summary->scale;
}

static inline int
summary_dscale(const RetentionSummary *summary)
{
	return summary->dscale;
}

extern RetentionSummary *summary_create(void);
extern void summary_fit_scale(RetentionSummary *state, int scale);
extern void summary_add_dscale(RetentionSummary *state, int dscale);
extern bool summary_remove_dscale(RetentionSummary *state, int dscale);
extern void summary_add(RetentionSummary *state, const RetentionSummary *other);
extern void summary_subtract(RetentionSummary *state, const RetentionSummary *other);
extern void summary_reduce(RetentionSummary *summary);
extern const RetentionSummary *summary_finished(const RetentionSummary *state);
extern const char *summary_problem(const RetentionSummary *summary);
extern int128 summary_ending(const RetentionSummary *summary);
extern int64 summary_ending_customers(const RetentionSummary *summary);

static inline void
summary_move(RetentionSummary *state, SummaryMovement movement, int128 amount, bool add)
{
	add_money(&state->amounts[movement], add ? amount : -amount);
	state->customers[movement] += add ? 1 : -1;
}

static inline void
summary_moment(RetentionSummary *state, SummaryMoment moment, uint128 product, bool add)
{
	if (add)
		wide_add_narrow(&state->moments[moment], product);
	else
		wide_subtract_narrow(&state->moments[moment], product);
}

static inline void
summary_wide_moment(RetentionSummary *state, SummaryMoment moment, uint128 a, uint128 b, bool add)
{
	Wide		product = wide_product(a, b);

	if (add)
		wide_add(&state->moments[moment], &product);
	else
		wide_subtract(&state->moments[moment], &product);
}

/*
 * Count a customer, or take it out again: its revenue at the start and at the
 * end, at the state's scale and neither negative; arrival is what it is if it
 * had none at the start.
 */
static inline void
summary_count(RetentionSummary *state, int128 s, int128 e, SummaryMovement arrival, bool add)
{
	int128		m = Min(s, e);

	if (s == 0)
	{
		if (e > 0)
			summary_move(state, arrival, e, add);
		return;
	}

	summary_move(state, SUMMARY_STARTING, s, add);
	if (e > s)
		summary_move(state, SUMMARY_EXPANSION, e - s, add);
	else if (e == 0)
		summary_move(state, SUMMARY_CHURN, s, add);
	else if (e < s)
		summary_move(state, SUMMARY_CONTRACTION, s - e, add);

	if (likely(((s | e) >> 64) == 0))
	{
		summary_moment(state, MOMENT_SS, (uint128) (uint64) s * (uint64) s, add);
		summary_moment(state, MOMENT_EE, (uint128) (uint64) e * (uint64) e, add);
		summary_moment(state, MOMENT_SE, (uint128) (uint64) s * (uint64) e, add);
		summary_moment(state, MOMENT_MM, (uint128) (uint64) m * (uint64) m, add);
		summary_moment(state, MOMENT_SM, (uint128) (uint64) s * (uint64) m, add);
	}
	else
	{
		summary_wide_moment(state, MOMENT_SS, s, s, add);
		summary_wide_moment(state, MOMENT_EE, e, e, add);
		summary_wide_moment(state, MOMENT_SE, s, e, add);
		summary_wide_moment(state, MOMENT_MM, m, m, add);
		summary_wide_moment(state, MOMENT_SM, s, m, add);
	}
}

#endif							/* NRR_SUMMARY_H */
