/*-------------------------------------------------------------------------
 *
 * bridge/summary.c
 *	  The type retention_summary: sums, differences, the canonical form and
 *	  the one validator.
 *
 * Knows the numbers, but neither SQL calls nor text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "base/version.h"
#include "bridge/summary.h"

pg_noinline void
unsupported_summary(int form)
{
	ereport(ERROR,
			(errunsupported_version("retention_summary", (uint16) form + 1, SUMMARY_FORM + 1)));
}

/* The state of an aggregate that has met nothing yet */
RetentionSummary *
summary_create(void)
{
	return palloc0(sizeof(RetentionSummary));
}

/*
 * Do the amounts fit a scale, if it is larger than theirs?
 */
bool
summary_has_room(const RetentionSummary *summary, int scale)
{
	int128		limit;

	if (scale <= summary->scale)
		return true;
	limit = power_of_ten(MONEY_DIGITS - (scale - summary->scale));
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		if (summary->bridge.amounts[i] >= limit || summary->bridge.amounts[i] <= -limit)
			return false;
	}
	return true;
}

void
summary_raise_scale(RetentionSummary *summary, int scale)
{
	int			digits = scale - summary->scale;

	for (int i = 0; i < BRIDGE_PARTS; i++)
		summary->bridge.amounts[i] = money_rescale(summary->bridge.amounts[i], digits);

	/* In range like the amounts: a sum of products is at most the product of sums */
	for (int i = 0; i < SUMMARY_MOMENTS; i++)
	{
		for (int left = 2 * digits; left > 0; left -= POWERS_OF_TEN - 1)
			wide_multiply(&summary->moments[i], powers_of_ten[Min(left, POWERS_OF_TEN - 1)]);
	}
	summary->scale = scale;
}

void
summary_raise_dscale(RetentionSummary *state, int dscale)
{
	state->dscale = dscale;
	state->inputs_of_dscale = 1;
}

/*
 * Take out an input with that many decimals.  False if no other input had as
 * many: the state does not know how many the others have.
 */
bool
summary_remove_dscale(RetentionSummary *state, int dscale)
{
	if (dscale != state->dscale)
		return true;
	return --state->inputs_of_dscale > 0;
}

static void
move(Bridge *bridge, int part, int128 amount, bool add)
{
	int			customers = amount != 0;

	add_money(&bridge->amounts[part], add ? amount : -amount);
	bridge->customers[part] += add ? customers : -customers;
}

static void
add_product(RetentionSummary *state, SummaryMoment moment, int128 a, int128 b, bool add)
{
	Wide		product = wide_product(a, b);

	if (add)
		wide_add(&state->moments[moment], &product);
	else
		wide_subtract(&state->moments[moment], &product);
}

/*
 * What summary_count does, for amounts beyond 64 bits.
 */
void
summary_count_wide(RetentionSummary *state, int128 s, int128 e, Movement arrival, bool add)
{
	Movement	movement = movement_between(s, e, arrival);
	int128		m = Min(s, e);

	move(&state->bridge, BRIDGE_STARTING, s, add);
	if (movement != MOVEMENT_UNCHANGED)
		move(&state->bridge, movement, e > s ? e - s : s - e, add);
	if (s > 0)
	{
		add_product(state, MOMENT_SS, s, s, add);
		add_product(state, MOMENT_EE, e, e, add);
		add_product(state, MOMENT_SE, s, e, add);
		add_product(state, MOMENT_MM, m, m, add);
		add_product(state, MOMENT_SM, s, m, add);
	}
}

pg_noreturn static void
customers_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("number of customers out of range"),
			 errdetail("A summary counts at most %lld customers, new and reactivated ones included.",
					   (long long) PG_INT64_MAX)));
}

/*
 * Add or subtract the sums, which both have the same scale.
 */
static void
combine_sums(RetentionSummary *state, const RetentionSummary *other, bool add)
{
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		int64		customers = add ? other->bridge.customers[i] : -other->bridge.customers[i];

		add_money(&state->bridge.amounts[i], add ? other->bridge.amounts[i] : -other->bridge.amounts[i]);
		if (__builtin_add_overflow(state->bridge.customers[i], customers, &state->bridge.customers[i]))
			customers_out_of_range();
	}
	for (int i = 0; i < SUMMARY_MOMENTS; i++)
	{
		if (add)
			wide_add(&state->moments[i], &other->moments[i]);
		else
			wide_subtract(&state->moments[i], &other->moments[i]);
	}
}

static void
combine(RetentionSummary *state, const RetentionSummary *other, bool add)
{
	RetentionSummary rescaled;

	summary_fit_scale(state, other->scale);
	if (other->scale < state->scale)
	{
		rescaled = *other;
		summary_raise_scale(&rescaled, state->scale);
		other = &rescaled;
	}
	combine_sums(state, other, add);
}

/*
 * Add another state, or a value as one input.
 */
void
summary_add(RetentionSummary *state, const RetentionSummary *other)
{
	int64		inputs = other->inputs_of_dscale;

	if (inputs == 0)
		return;
	combine(state, other, true);
	summary_add_dscale(state, other->dscale);
	if (inputs != SUMMARY_FINISHED && other->dscale == state->dscale)
		state->inputs_of_dscale += inputs - 1;
}

/*
 * Subtract a value; the decimals shown stay as they are.
 */
void
summary_subtract(RetentionSummary *state, const RetentionSummary *other)
{
	combine(state, other, false);
}

/* Does a summary hold without its last decimal? */
static bool
is_reducible(const RetentionSummary *summary)
{
	if (summary->scale == 0)
		return false;
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		int128		amount = summary->bridge.amounts[i];

		if (amount == (int64) amount ? (int64) amount % 10 != 0 : amount % 10 != 0)
			return false;
	}
	for (int i = 0; i < SUMMARY_MOMENTS; i++)
	{
		Wide		moment = summary->moments[i];

		if (wide_divide(&moment, 100) != 0)
			return false;
	}
	return true;
}

/*
 * Give a summary the smallest scale that holds it, which is the canonical one.
 */
void
summary_reduce(RetentionSummary *summary)
{
	while (is_reducible(summary))
	{
		summary->scale--;
		for (int i = 0; i < BRIDGE_PARTS; i++)
			summary->bridge.amounts[i] /= 10;
		for (int i = 0; i < SUMMARY_MOMENTS; i++)
			wide_divide(&summary->moments[i], 100);
	}
}

/* Can all the customers be counted together? */
static bool
customers_in_range(const RetentionSummary *summary)
{
	int64		sum;

	return !__builtin_add_overflow(summary->bridge.customers[BRIDGE_STARTING],
								   summary->bridge.customers[MOVEMENT_NEW], &sum) &&
		!__builtin_add_overflow(sum, summary->bridge.customers[MOVEMENT_REACTIVATION], &sum);
}

static bool
amounts_in_range(const RetentionSummary *summary)
{
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		if (!money_in_range(summary->bridge.amounts[i]))
			return false;
	}
	return money_in_range(bridge_ending(&summary->bridge));
}

static const char *
problem_of_customers(const RetentionSummary *summary)
{
	const int64 *customers = summary->bridge.customers;
	int64		sum;

	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		if (customers[i] < 0 || summary->bridge.amounts[i] < 0)
			return "An amount or a number of customers is negative.";
		if ((customers[i] == 0) != (summary->bridge.amounts[i] == 0))
			return "There is an amount without customers, or there are customers without an amount.";
	}
	if (!customers_in_range(summary))
		return "There are too many customers.";
	if (__builtin_add_overflow(customers[MOVEMENT_EXPANSION], customers[MOVEMENT_CONTRACTION], &sum) ||
		__builtin_add_overflow(sum, customers[MOVEMENT_CHURN], &sum) ||
		sum > customers[BRIDGE_STARTING])
		return "More customers moved than there were at the start.";
	return NULL;
}

static const char *
problem_of_moments(const RetentionSummary *summary)
{
	/* The lesser moment of each pair comes first */
	static const SummaryMoment order[][2] = {
		{MOMENT_MM, MOMENT_SM}, {MOMENT_SM, MOMENT_SS},
		{MOMENT_MM, MOMENT_EE}, {MOMENT_SM, MOMENT_SE}
	};
	const Wide *moments = summary->moments;
	int128		starting = summary->bridge.amounts[BRIDGE_STARTING];
	int128		ending = bridge_retained_ending(&summary->bridge);
	const Wide	most[] = {
		[MOMENT_SS] = wide_product(starting, starting),
		[MOMENT_EE] = wide_product(ending, ending),
		[MOMENT_SE] = wide_product(starting, ending),
	};
	bool		ordered = true;

	for (int i = 0; i < lengthof(order); i++)
		ordered &= !wide_less(&moments[order[i][1]], &moments[order[i][0]]);
	for (int i = 0; i < lengthof(most); i++)
		ordered &= !wide_less(&most[i], &moments[i]);
	if (!ordered ||
		wide_is_zero(&moments[MOMENT_SS]) != (starting == 0) ||
		wide_is_zero(&moments[MOMENT_MM]) != (ending == 0))
		return "The sums of products cannot be of these amounts.";
	return NULL;
}

/*
 * What is wrong with a summary before it is taken for one, as a sentence; NULL if
 * nothing is.
 */
const char *
summary_problem(const RetentionSummary *summary)
{
	const char *problem;

	if (summary->scale < 0 || summary->scale > MONEY_DIGITS ||
		summary->dscale < summary->scale || summary->dscale > MONEY_MAX_DSCALE)
		return "The number of decimals is out of range.";
	if (!amounts_in_range(summary))
		return "An amount has too many digits.";
	problem = problem_of_customers(summary);
	if (problem != NULL)
		return problem;
	if (bridge_retained(&summary->bridge) < 0 ||
		(bridge_retained(&summary->bridge) == 0) != (bridge_retained_customers(&summary->bridge) == 0))
		return "The revenue lost is not that of the customers lost.";
	return problem_of_moments(summary);
}

/*
 * A state as a value.  No state of our own aggregates is inconsistent; a
 * user-defined aggregate over these functions may pass one that is.
 */
const RetentionSummary *
summary_finished(const RetentionSummary *state)
{
	RetentionSummary *summary;
	const char *problem;

	if (state->inputs_of_dscale == SUMMARY_FINISHED)
		return state;
	if (!amounts_in_range(state))
		money_out_of_range();
	if (!customers_in_range(state))
		customers_out_of_range();
	problem = summary_problem(state);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("not a summary of any customers"),
				 errdetail("%s", problem),
				 errhint("Take away only what was added before.")));

	summary = palloc(sizeof(RetentionSummary));
	*summary = *state;
	summary->inputs_of_dscale = SUMMARY_FINISHED;
	summary_reduce(summary);
	return summary;
}
