/*-------------------------------------------------------------------------
 *
 * bridge/summary_metrics.c
 *	  SQL calls that take numbers out of a retention summary.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "bridge/summary.h"

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
		return summary_money(summary, summary->bridge.amounts[movement]); \
	} \
	PG_FUNCTION_INFO_V1(retention_summary_##customers_name); \
	Datum retention_summary_##customers_name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_INT64(PG_GETARG_SUMMARY(0)->bridge.customers[movement]); \
	}

PART_ACCESSORS(starting, starting_customers, BRIDGE_STARTING)
PART_ACCESSORS(new, new_customers, MOVEMENT_NEW)
PART_ACCESSORS(reactivation, reactivated_customers, MOVEMENT_REACTIVATION)
PART_ACCESSORS(expansion, expanded_customers, MOVEMENT_EXPANSION)
PART_ACCESSORS(contraction, contracted_customers, MOVEMENT_CONTRACTION)
PART_ACCESSORS(churn, churned_customers, MOVEMENT_CHURN)

Datum
retention_summary_ending(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);

	return summary_money(summary, bridge_ending(&summary->bridge));
}

Datum
retention_summary_ending_customers(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(bridge_ending_customers(&PG_GETARG_SUMMARY(0)->bridge));
}

/*
 * Rates
 *
 * nrr, grr and logo_retention are final functions of aggregates, too.  The scale
 * cancels out of a quotient, so they work on an unfinished state as it is.
 */
static Datum
percent_or_null(FunctionCallInfo fcinfo, Fraction rate)
{
	if (rate.whole == 0)
		PG_RETURN_NULL();
	return percent_numeric(rate.part, rate.whole);
}

#define PG_GETARG_BRIDGE(n)	(&PG_GETARG_SUMMARY_STATE(n)->bridge)

Datum
retention_summary_nrr(PG_FUNCTION_ARGS)
{
	return percent_or_null(fcinfo, bridge_nrr(PG_GETARG_BRIDGE(0)));
}

Datum
retention_summary_grr(PG_FUNCTION_ARGS)
{
	return percent_or_null(fcinfo, bridge_grr(PG_GETARG_BRIDGE(0)));
}

Datum
retention_summary_logo_retention(PG_FUNCTION_ARGS)
{
	return percent_or_null(fcinfo, bridge_logo_retention(PG_GETARG_BRIDGE(0)));
}

/* churn_rate(summary): revenue that churned, in percent of that at the start */
Datum
retention_summary_churn_rate(PG_FUNCTION_ARGS)
{
	return percent_or_null(fcinfo, bridge_churn_rate(&PG_GETARG_SUMMARY(0)->bridge));
}

/* quick_ratio(summary): revenue won by revenue lost */
Datum
retention_summary_quick_ratio(PG_FUNCTION_ARGS)
{
	Fraction	ratio = bridge_quick_ratio(&PG_GETARG_SUMMARY(0)->bridge);

	if (ratio.whole == 0)
		PG_RETURN_NULL();
	return ratio_numeric(ratio.part, ratio.whole);
}
