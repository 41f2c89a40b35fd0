/*-------------------------------------------------------------------------
 *
 * bridge/summary.h
 *	  The type retention_summary: the bridge from a starting to an ending
 *	  revenue for a set of customers.
 *
 * Sums of revenue, the customers that each is of, and the second moments that
 * the variance of a retention rate needs; all exact, so that a summary can be
 * added, and subtracted again exactly.
 *
 * The same struct is the state of an aggregate, changed in place, and the
 * finished value, which is canonical: of the same customers it has the same
 * bytes, except for dscale, which like numeric's is no part of the value.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_SUMMARY_H
#define NRR_BRIDGE_SUMMARY_H

#include "base/wide.h"
#include "bridge/bridge.h"

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
	int16		form;			/* SUMMARY_FORM */
	int32		scale;			/* of the amounts of the bridge; moments have twice as many decimals */
	Bridge		bridge;
	Wide		moments[SUMMARY_MOMENTS];
} RetentionSummary;

#define SUMMARY_FINISHED	(-1)

/*
 * The form of the struct, which is what is stored; another form that fits the
 * same bytes would have the next number.
 */
#define SUMMARY_FORM		0

/* The SQL script says so, too */
StaticAssertDecl(sizeof(RetentionSummary) == 320, "the type retention_summary has 320 bytes");

/* A finished summary, whatever the argument is */
#define PG_GETARG_SUMMARY(n)	summary_finished(PG_GETARG_SUMMARY_STATE(n))

/* A summary as it is, finished or not */
#define PG_GETARG_SUMMARY_STATE(n) \
	summary_of_known_form((RetentionSummary *) PG_GETARG_POINTER(n))

pg_noreturn extern void unsupported_summary(int form);

static inline RetentionSummary *
summary_of_known_form(RetentionSummary *summary)
{
	if (unlikely(summary->form != SUMMARY_FORM))
		unsupported_summary(summary->form);
	return summary;
}

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
extern bool summary_has_room(const RetentionSummary *state, int scale);
extern void summary_raise_scale(RetentionSummary *state, int scale);
extern void summary_raise_dscale(RetentionSummary *state, int dscale);
extern void summary_count_wide(RetentionSummary *state, int128 s, int128 e,
							   Movement arrival, bool add);
extern bool summary_remove_dscale(RetentionSummary *state, int dscale);
extern void summary_add(RetentionSummary *state, const RetentionSummary *other);
extern void summary_subtract(RetentionSummary *state, const RetentionSummary *other);
extern void summary_reduce(RetentionSummary *summary);
extern const RetentionSummary *summary_finished(const RetentionSummary *state);
extern const char *summary_problem(const RetentionSummary *summary);

/* Give a state the scale, unless it has a larger one */
static inline void
summary_fit_scale(RetentionSummary *state, int scale)
{
	if (unlikely(scale > state->scale))
		summary_raise_scale(state, scale);
}

/*
 * An input of that many decimals enters a state.  The state shows as many as
 * the most that any input has, as core's sum does.
 */
static inline void
summary_add_dscale(RetentionSummary *state, int dscale)
{
	if (unlikely(dscale > state->dscale || state->inputs_of_dscale == 0))
		summary_raise_dscale(state, dscale);
	else if (dscale == state->dscale)
		state->inputs_of_dscale++;
}

/*
 * Count a customer, or take it out again: its revenue at the start and at the
 * end, at the state's scale and neither negative; arrival is what it is if it
 * had none at the start.
 *
 * A branch here would be mispredicted about half of the time, so everything is
 * written as a selection, without branches, movement_between() included.  A
 * customer that stays the same, and one that is not there at either end, adds 0.
 *
 * With 64-bit amounts no number of rows makes a sum overflow.
 */
static pg_attribute_always_inline void
summary_count_narrow(RetentionSummary *state, uint64 s, uint64 e, Movement arrival, bool add)
{
	Movement gain = s == 0 ? arrival : MOVEMENT_EXPANSION;
	Movement loss = e == 0 ? MOVEMENT_CHURN : MOVEMENT_CONTRACTION;
	Movement movement = e > s ? gain : loss;
	uint64		moved = e > s ? e - s : s - e;
	uint64		m = Min(s, e);
	uint64		kept = s == 0 ? 0 : e;	/* moments are of those there at the start */

	if (add)
	{
		state->bridge.amounts[BRIDGE_STARTING] += s;
		state->bridge.customers[BRIDGE_STARTING] += s != 0;
		state->bridge.amounts[movement] += moved;
		state->bridge.customers[movement] += moved != 0;
		wide_add_narrow(&state->moments[MOMENT_SS], (uint128) s * s);
		wide_add_narrow(&state->moments[MOMENT_EE], (uint128) kept * kept);
		wide_add_narrow(&state->moments[MOMENT_SE], (uint128) s * kept);
		wide_add_narrow(&state->moments[MOMENT_MM], (uint128) m * m);
		wide_add_narrow(&state->moments[MOMENT_SM], (uint128) s * m);
	}
	else
	{
		state->bridge.amounts[BRIDGE_STARTING] -= s;
		state->bridge.customers[BRIDGE_STARTING] -= s != 0;
		state->bridge.amounts[movement] -= moved;
		state->bridge.customers[movement] -= moved != 0;
		wide_subtract_narrow(&state->moments[MOMENT_SS], (uint128) s * s);
		wide_subtract_narrow(&state->moments[MOMENT_EE], (uint128) kept * kept);
		wide_subtract_narrow(&state->moments[MOMENT_SE], (uint128) s * kept);
		wide_subtract_narrow(&state->moments[MOMENT_MM], (uint128) m * m);
		wide_subtract_narrow(&state->moments[MOMENT_SM], (uint128) s * m);
	}
}

/* The same for any amounts */
static inline void
summary_count(RetentionSummary *state, int128 s, int128 e, Movement arrival, bool add)
{
	if (likely(((s | e) >> 64) == 0))
		summary_count_narrow(state, s, e, arrival, add);
	else
		summary_count_wide(state, s, e, arrival, add);
}

#endif							/* NRR_BRIDGE_SUMMARY_H */
