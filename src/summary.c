/*-------------------------------------------------------------------------
 *
 * summary.c
 *	  The type retention_summary: sums, differences, the canonical form and
 *	  the one validator.
 *
 * Knows the numbers, but neither SQL calls nor text.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "excerpt.h"
#include "summary.h"

static const char *const metric_names[] = {
	[METRIC_NRR] = "nrr",
	[METRIC_GRR] = "grr",
	[METRIC_LOGO_RETENTION] = "logo_retention",
};

RetentionMetric
metric_from_text(text *name)
{
	char	   *string = text_to_cstring(name);

	for (int i = 0; i < lengthof(metric_names); i++)
	{
		if (pg_strcasecmp(string, metric_names[i]) == 0)
			return (RetentionMetric) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown metric \"%s\"", excerpt(string)),
			 errhint("A metric is nrr, grr or logo_retention.")));
}

/* What customers with revenue at the start pay at the end */
static int128
retained_ending(const RetentionSummary *summary)
{
	return summary->amounts[SUMMARY_STARTING] + summary->amounts[SUMMARY_EXPANSION] -
		summary->amounts[SUMMARY_CONTRACTION] - summary->amounts[SUMMARY_CHURN];
}

/* The same, each counted with no more than at the start */
static int128
retained_revenue(const RetentionSummary *summary)
{
	return summary->amounts[SUMMARY_STARTING] -
		summary->amounts[SUMMARY_CONTRACTION] - summary->amounts[SUMMARY_CHURN];
}

static int64
retained_customers(const RetentionSummary *summary)
{
	return summary->customers[SUMMARY_STARTING] - summary->customers[SUMMARY_CHURN];
}

int128
summary_ending(const RetentionSummary *summary)
{
	return retained_ending(summary) +
		summary->amounts[SUMMARY_NEW] + summary->amounts[SUMMARY_REACTIVATION];
}

int64
summary_ending_customers(const RetentionSummary *summary)
{
	return retained_customers(summary) +
		summary->customers[SUMMARY_NEW] + summary->customers[SUMMARY_REACTIVATION];
}

/*
 * A metric as a fraction: it is 100 * part / whole percent.  For nrr and grr
 * both are amounts at the summary's scale.  False if it is undefined, which it
 * is of nobody.
 */
bool
summary_fraction(const RetentionSummary *summary, RetentionMetric metric,
				 int128 *part, int128 *whole)
{
	*whole = summary->amounts[SUMMARY_STARTING];
	switch (metric)
	{
		case METRIC_NRR:
			*part = retained_ending(summary);
			break;
		case METRIC_GRR:
			*part = retained_revenue(summary);
			break;
		case METRIC_LOGO_RETENTION:
			*part = retained_customers(summary);
			*whole = summary->customers[SUMMARY_STARTING];
			break;
	}
	return *whole != 0;
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
	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
	{
		if (summary->amounts[i] >= limit || summary->amounts[i] <= -limit)
			return false;
	}
	return true;
}

void
summary_raise_scale(RetentionSummary *summary, int scale)
{
	int			digits = scale - summary->scale;

	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
		summary->amounts[i] = money_rescale(summary->amounts[i], digits);

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
 * An input of that many decimals leaves again.  False if it was the last one with the most decimals, since
 * the state does not know how many the others have, or whether there are any.
 */
bool
summary_remove_dscale(RetentionSummary *state, int dscale)
{
	if (dscale != state->dscale)
		return true;
	return --state->inputs_of_dscale > 0;
}

static void
move(RetentionSummary *state, SummaryMovement movement, int128 amount, bool add)
{
	int			customers = amount != 0;

	add_money(&state->amounts[movement], add ? amount : -amount);
	state->customers[movement] += add ? customers : -customers;
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
summary_count_wide(RetentionSummary *state, int128 s, int128 e, SummaryMovement arrival, bool add)
{
	int128		m = Min(s, e);

	move(state, SUMMARY_STARTING, s, add);
	if (e > s)
		move(state, s == 0 ? arrival : SUMMARY_EXPANSION, e - s, add);
	else
		move(state, e == 0 ? SUMMARY_CHURN : SUMMARY_CONTRACTION, s - e, add);
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
	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
	{
		int64		customers = add ? other->customers[i] : -other->customers[i];

		add_money(&state->amounts[i], add ? other->amounts[i] : -other->amounts[i]);
		if (__builtin_add_overflow(state->customers[i], customers, &state->customers[i]))
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
	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
	{
		int128		amount = summary->amounts[i];

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
		for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
			summary->amounts[i] /= 10;
		for (int i = 0; i < SUMMARY_MOMENTS; i++)
			wide_divide(&summary->moments[i], 100);
	}
}

/* Can all the customers be counted together? */
static bool
customers_in_range(const RetentionSummary *summary)
{
	int64		sum;

	return !__builtin_add_overflow(summary->customers[SUMMARY_STARTING],
								   summary->customers[SUMMARY_NEW], &sum) &&
		!__builtin_add_overflow(sum, summary->customers[SUMMARY_REACTIVATION], &sum);
}

static bool
amounts_in_range(const RetentionSummary *summary)
{
	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
	{
		if (!money_in_range(summary->amounts[i]))
			return false;
	}
	return money_in_range(summary_ending(summary));
}

static const char *
problem_of_customers(const RetentionSummary *summary)
{
	const int64 *customers = summary->customers;
	int64		sum;

	for (int i = 0; i < SUMMARY_MOVEMENTS; i++)
	{
		if (customers[i] < 0 || summary->amounts[i] < 0)
			return "An amount or a number of customers is negative.";
		if ((customers[i] == 0) != (summary->amounts[i] == 0))
			return "There is an amount without customers, or there are customers without an amount.";
	}
	if (!customers_in_range(summary))
		return "There are too many customers.";
	if (__builtin_add_overflow(customers[SUMMARY_EXPANSION], customers[SUMMARY_CONTRACTION], &sum) ||
		__builtin_add_overflow(sum, customers[SUMMARY_CHURN], &sum) ||
		sum > customers[SUMMARY_STARTING])
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
	int128		starting = summary->amounts[SUMMARY_STARTING];
	int128		ending = retained_ending(summary);
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
 * What is wrong with a would-be summary, as a sentence; NULL if nothing is.
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
	if (retained_revenue(summary) < 0 ||
		(retained_revenue(summary) == 0) != (retained_customers(summary) == 0))
		return "The revenue lost is not that of the customers lost.";
	return problem_of_moments(summary);
}

/*
 * A state as a value.  No state of our own aggregates is inconsistent; one that
 * an aggregate of somebody's own made of our functions may be.
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
