/*-------------------------------------------------------------------------
 *
 * summary_metrics.c
 *	  Numbers out of a retention summary, and the textbook formulas that take
 *	  such numbers as they are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "summary.h"

PG_FUNCTION_INFO_V1(retention_summary_ending);
PG_FUNCTION_INFO_V1(retention_summary_ending_customers);
PG_FUNCTION_INFO_V1(retention_summary_nrr);
PG_FUNCTION_INFO_V1(retention_summary_grr);
PG_FUNCTION_INFO_V1(retention_summary_logo_retention);
PG_FUNCTION_INFO_V1(retention_summary_churn_rate);
PG_FUNCTION_INFO_V1(retention_summary_quick_ratio);

/*
 * The parts of the bridge
 */
static Datum
summary_money(const RetentionSummary *summary, int128 amount)
{
	return money_to_numeric(money_check(amount), summary->scale, summary->dscale);
}

#define PART_ACCESSORS(amount_name, customers_name, movement) \
	PG_FUNCTION_INFO_V1(retention_summary_##amount_name); \
	Datum retention_summary_##amount_name(PG_FUNCTION_ARGS) \
	{ \
		const RetentionSummary *summary = PG_GETARG_SUMMARY(0); \
		return summary_money(summary, summary->amounts[movement]); \
	} \
	PG_FUNCTION_INFO_V1(retention_summary_##customers_name); \
	Datum retention_summary_##customers_name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_INT64(PG_GETARG_SUMMARY(0)->customers[movement]); \
	}

PART_ACCESSORS(starting, starting_customers, SUMMARY_STARTING)
PART_ACCESSORS(new, new_customers, SUMMARY_NEW)
PART_ACCESSORS(reactivation, reactivated_customers, SUMMARY_REACTIVATION)
PART_ACCESSORS(expansion, expanded_customers, SUMMARY_EXPANSION)
PART_ACCESSORS(contraction, contracted_customers, SUMMARY_CONTRACTION)
PART_ACCESSORS(churn, churned_customers, SUMMARY_CHURN)

Datum
retention_summary_ending(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);

	return summary_money(summary, summary_ending(summary));
}

Datum
retention_summary_ending_customers(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(summary_ending_customers(PG_GETARG_SUMMARY(0)));
}

/*
 * Rates
 *
 * They are final functions of aggregates, too.  A quotient is the same at any
 * scale, so that the state of an aggregate does as it is.
 */
static Datum
metric_percent(FunctionCallInfo fcinfo, RetentionMetric metric)
{
	int128		part;
	int128		whole;

	if (!summary_fraction((RetentionSummary *) PG_GETARG_POINTER(0), metric, &part, &whole))
		PG_RETURN_NULL();
	return percent_numeric(part, whole);
}

Datum
retention_summary_nrr(PG_FUNCTION_ARGS)
{
	return metric_percent(fcinfo, METRIC_NRR);
}

Datum
retention_summary_grr(PG_FUNCTION_ARGS)
{
	return metric_percent(fcinfo, METRIC_GRR);
}

Datum
retention_summary_logo_retention(PG_FUNCTION_ARGS)
{
	return metric_percent(fcinfo, METRIC_LOGO_RETENTION);
}

/* churn_rate(summary): revenue that churned, in percent of that at the start */
Datum
retention_summary_churn_rate(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);

	if (summary->amounts[SUMMARY_STARTING] == 0)
		PG_RETURN_NULL();
	return percent_numeric(summary->amounts[SUMMARY_CHURN], summary->amounts[SUMMARY_STARTING]);
}

/* quick_ratio(summary): revenue won by revenue lost */
Datum
retention_summary_quick_ratio(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);
	int128		won = summary->amounts[SUMMARY_NEW] + summary->amounts[SUMMARY_REACTIVATION] +
		summary->amounts[SUMMARY_EXPANSION];
	int128		lost = summary->amounts[SUMMARY_CONTRACTION] + summary->amounts[SUMMARY_CHURN];

	if (lost == 0)
		PG_RETURN_NULL();
	return ratio_numeric(won, lost);
}

/*
 * The textbook formulas: nrr(starting, expansion, contraction, churn) and
 * grr(starting, contraction, churn)
 *
 * The first argument is a whole, and the sign with which each of the others
 * changes it is known.
 */
#define FORMULA_PARTS	4

typedef struct FormulaPart
{
	const char *name;
	int			sign;
} FormulaPart;

static const FormulaPart nrr_formula[] = {
	{"starting", 1}, {"expansion", 1}, {"contraction", -1}, {"churn", -1}
};
static const FormulaPart grr_formula[] = {
	{"starting", 1}, {"contraction", -1}, {"churn", -1}
};

static Datum
formula_percent(FunctionCallInfo fcinfo, const FormulaPart *parts, DecimalReader read)
{
	Decimal		amounts[FORMULA_PARTS];
	int			nparts = PG_NARGS();
	int			scale = 0;
	int128		part = 0;
	int128		whole = 0;

	for (int i = 0; i < nparts; i++)
	{
		read(PG_GETARG_DATUM(i), &amounts[i]);
		if (amounts[i].value < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must not be negative", parts[i].name),
					 errhint("Components have no sign of their own; contraction and churn are subtracted here.")));
		decimal_shorten(&amounts[i], 0);
		scale = Max(scale, amounts[i].scale);
	}
	for (int i = 0; i < nparts; i++)
	{
		int128		amount = money_rescale(amounts[i].value, scale - amounts[i].scale);

		part += parts[i].sign * amount;
		if (i == 0)
			whole = amount;
	}
	if (whole == 0)
		PG_RETURN_NULL();
	if (part < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("more revenue is lost than there was"),
				 errhint("Contraction and churn are those of customers with revenue at the start.")));
	return percent_numeric(part, whole);
}

#define FORMULAS(type) \
	PG_FUNCTION_INFO_V1(nrr_formula_##type); \
	Datum nrr_formula_##type(PG_FUNCTION_ARGS) \
	{ \
		return formula_percent(fcinfo, nrr_formula, decimal_from_##type); \
	} \
	PG_FUNCTION_INFO_V1(grr_formula_##type); \
	Datum grr_formula_##type(PG_FUNCTION_ARGS) \
	{ \
		return formula_percent(fcinfo, grr_formula, decimal_from_##type); \
	}

FORMULAS(int4)
FORMULAS(int8)
FORMULAS(numeric)
FORMULAS(float8)
