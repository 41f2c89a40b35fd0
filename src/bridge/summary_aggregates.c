/*-------------------------------------------------------------------------
 *
 * bridge/summary_aggregates.c
 *	  SQL calls that make retention summaries: the aggregates over one row
 *	  per customer and over summaries, and the operators + and -.
 *
 * nrr(starting, ending), grr and logo_retention share the transition functions
 * of retention, so that a query that asks for several of them counts once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/aggregate_call.h"
#include "bridge/summary.h"

PG_FUNCTION_INFO_V1(retention_accum_int4);
PG_FUNCTION_INFO_V1(retention_accum_int8);
PG_FUNCTION_INFO_V1(retention_accum_numeric);
PG_FUNCTION_INFO_V1(retention_accum_float8);
PG_FUNCTION_INFO_V1(retention_accum_inv_int4);
PG_FUNCTION_INFO_V1(retention_accum_inv_int8);
PG_FUNCTION_INFO_V1(retention_accum_inv_numeric);
PG_FUNCTION_INFO_V1(retention_accum_inv_float8);
PG_FUNCTION_INFO_V1(retention_merge);
PG_FUNCTION_INFO_V1(retention_merge_inv);
PG_FUNCTION_INFO_V1(retention_final);
PG_FUNCTION_INFO_V1(retention_summary_plus);
PG_FUNCTION_INFO_V1(retention_summary_minus);

/*
 * The state of the aggregate that calls us, ours to change; NULL if there is
 * none yet.
 */
static inline RetentionSummary *
aggregate_state(FunctionCallInfo fcinfo, int *kind)
{
	RetentionSummary *state;

	*kind = AggCheckCallContext(fcinfo, NULL);
	if (unlikely(*kind == 0))
		not_called_by_aggregate(fcinfo);
	if (PG_ARGISNULL(0))
		return NULL;

	/* A user-defined aggregate may pass a finished summary as its initial state */
	state = PG_GETARG_SUMMARY_STATE(0);
	if (unlikely(state->inputs_of_dscale == SUMMARY_FINISHED))
		state->inputs_of_dscale = 1;
	return state;
}

/*
 * An input with a NULL leaves the state alone.  There must be a state even if
 * the first row has a NULL, since the executor calls the inverse function only
 * with one.
 */
static Datum
state_unchanged(FunctionCallInfo fcinfo, RetentionSummary *state, int kind)
{
	if (state != NULL)
		PG_RETURN_POINTER(state);
	if (kind == AGG_CONTEXT_WINDOW)
		PG_RETURN_POINTER(summary_create());
	PG_RETURN_NULL();
}

/*
 * Revenue at a scale that is no smaller than the amount's; a negative amount is
 * none.  The narrow form tells whether it fits 64 bits.
 */
static inline bool
narrow_revenue(const Decimal *amount, int scale, uint64 *revenue)
{
	int			digits = scale - amount->scale;

	*revenue = Max((int64) amount->value, 0);
	return amount->value == (int64) amount->value &&
		(digits == 0 ||
		 (digits < POWERS_OF_TEN &&
		  !__builtin_mul_overflow(*revenue, (uint64) powers_of_ten[digits], revenue)));
}

static int128
wide_revenue(const Decimal *amount, int scale)
{
	return amount->value <= 0 ? 0 : money_rescale(amount->value, scale - amount->scale);
}

/*
 * Make the scales of a state and of two amounts agree: zeros at the end of an
 * amount are taken away before the state has to have more decimals.  False if
 * it has no room for them.
 */
static pg_noinline bool
agree_on_scale(RetentionSummary *state, Decimal *starting, Decimal *ending)
{
	int			scale;

	decimal_shorten(starting, state->scale);
	decimal_shorten(ending, state->scale);
	scale = Max(starting->scale, ending->scale);
	if (!summary_has_room(state, scale))
		return false;
	summary_fit_scale(state, scale);
	return true;
}

/*
 * Count a customer, or take it out again.  False, and nothing done, if its
 * decimals are too many for the state.
 */
static pg_attribute_always_inline bool
count_customer(RetentionSummary *state, Decimal *starting, Decimal *ending, bool add)
{
	uint64		s,
				e;

	if (unlikely(Max(starting->scale, ending->scale) > state->scale) &&
		!agree_on_scale(state, starting, ending))
		return false;
	if (likely(narrow_revenue(starting, state->scale, &s) &&
			   narrow_revenue(ending, state->scale, &e)))
		summary_count_narrow(state, s, e, MOVEMENT_NEW, add);
	else
		summary_count_wide(state, wide_revenue(starting, state->scale),
						   wide_revenue(ending, state->scale), MOVEMENT_NEW, add);
	return true;
}

/*
 * Transition function of the aggregates over (starting, ending).
 */
static pg_attribute_always_inline Datum
retention_accum(FunctionCallInfo fcinfo, DecimalReader read)
{
	int			kind;
	RetentionSummary *state = aggregate_state(fcinfo, &kind);
	Decimal		starting,
				ending;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return state_unchanged(fcinfo, state, kind);
	read(PG_GETARG_DATUM(1), &starting);
	read(PG_GETARG_DATUM(2), &ending);
	if (state == NULL)
		state = summary_create();
	if (!count_customer(state, &starting, &ending, true))
		money_out_of_range();
	summary_add_dscale(state, Max(starting.dscale, ending.dscale));
	PG_RETURN_POINTER(state);
}

/*
 * Its inverse.  NULL makes the executor begin anew.
 *
 * What has left must not bind the rest to its decimals, or amounts that come
 * later would be out of range: the state is kept at the smallest scale, which
 * is never larger than that of the rows in the frame.
 */
static pg_attribute_always_inline Datum
retention_accum_inv(FunctionCallInfo fcinfo, DecimalReader read)
{
	int			kind;
	RetentionSummary *state = aggregate_state(fcinfo, &kind);
	Decimal		starting,
				ending;

	if (state == NULL)
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_POINTER(state);
	read(PG_GETARG_DATUM(1), &starting);
	read(PG_GETARG_DATUM(2), &ending);
	if (!summary_remove_dscale(state, Max(starting.dscale, ending.dscale)) ||
		!count_customer(state, &starting, &ending, false))
		PG_RETURN_NULL();
	summary_reduce(state);
	PG_RETURN_POINTER(state);
}

#define TRANSITION_FUNCTIONS(type) \
	Datum retention_accum_##type(PG_FUNCTION_ARGS) \
	{ \
		return retention_accum(fcinfo, decimal_from_##type); \
	} \
	Datum retention_accum_inv_##type(PG_FUNCTION_ARGS) \
	{ \
		return retention_accum_inv(fcinfo, decimal_from_##type); \
	}

TRANSITION_FUNCTIONS(int4)
TRANSITION_FUNCTIONS(int8)
TRANSITION_FUNCTIONS(numeric)
TRANSITION_FUNCTIONS(float8)

/*
 * Transition function of rollup, and combine function of all aggregates here.
 */
Datum
retention_merge(PG_FUNCTION_ARGS)
{
	int			kind;
	RetentionSummary *state = aggregate_state(fcinfo, &kind);

	if (PG_ARGISNULL(1))
		return state_unchanged(fcinfo, state, kind);
	if (state == NULL)
		state = summary_create();
	summary_add(state, PG_GETARG_SUMMARY_STATE(1));
	PG_RETURN_POINTER(state);
}

/*
 * Inverse transition function of rollup.  NULL makes the executor begin anew.
 */
Datum
retention_merge_inv(PG_FUNCTION_ARGS)
{
	int			kind;
	RetentionSummary *state = aggregate_state(fcinfo, &kind);
	const RetentionSummary *summary;

	if (state == NULL)
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	summary = PG_GETARG_SUMMARY(1);
	if (!summary_remove_dscale(state, summary->dscale) ||
		!summary_has_room(state, summary->scale))
		PG_RETURN_NULL();
	summary_subtract(state, summary);
	summary_reduce(state);
	PG_RETURN_POINTER(state);
}

/*
 * Final function of retention and rollup.
 */
Datum
retention_final(PG_FUNCTION_ARGS)
{
	RetentionSummary *state = PG_GETARG_SUMMARY_STATE(0);

	if (state->inputs_of_dscale == 0)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(summary_finished(state));
}

Datum
retention_summary_plus(PG_FUNCTION_ARGS)
{
	RetentionSummary *sum = summary_create();

	summary_add(sum, PG_GETARG_SUMMARY(0));
	summary_add(sum, PG_GETARG_SUMMARY(1));
	PG_RETURN_POINTER(summary_finished(sum));
}

/*
 * What is left of a summary without some of its customers.
 */
Datum
retention_summary_minus(PG_FUNCTION_ARGS)
{
	RetentionSummary *difference = summary_create();
	const RetentionSummary *part = PG_GETARG_SUMMARY(1);

	summary_add(difference, PG_GETARG_SUMMARY(0));
	summary_subtract(difference, part);
	summary_add_dscale(difference, part->dscale);
	PG_RETURN_POINTER(summary_finished(difference));
}
