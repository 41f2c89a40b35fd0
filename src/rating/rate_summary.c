/*-------------------------------------------------------------------------
 *
 * rating/rate_summary.c
 *	  rating and to_next of a retention_summary: its metric against a
 *	  benchmark, compared before it is rounded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "base/money.h"
#include "bridge/summary.h"
#include "funcapi.h"
#include "rating/benchmark.h"
#include "rating/catalog.h"

PG_FUNCTION_INFO_V1(rating_summary);
PG_FUNCTION_INFO_V1(rating_summary_named);
PG_FUNCTION_INFO_V1(to_next_summary);
PG_FUNCTION_INFO_V1(to_next_summary_named);

/*
 * The place of a rate among cuts, by long division.
 */
static int64
fraction_place(const Fraction *fraction)
{
	int128		whole = fraction->whole;
	int128		units = fraction->part / money_check(whole);
	int128		remainder = fraction->part % whole;

	if (units >= THRESHOLD_LIMIT / 100)
		return PLACE_BEYOND;
	for (int digit = 0; digit < 2 + THRESHOLD_DECIMALS; digit++)
	{
		remainder *= 10;
		units = units * 10 + remainder / whole;
		remainder %= whole;
	}
	return place_of_units(units, remainder != 0);
}

/*
 * A rate of the summary that is a call's first argument, and its place among
 * cuts; false if it is undefined.
 */
static bool
find_rate(FunctionCallInfo fcinfo, BridgeRate rate, Fraction *fraction, int64 *place)
{
	*fraction = rate(&PG_GETARG_SUMMARY(0)->bridge);
	if (fraction->whole == 0)
		return false;
	*place = fraction_place(fraction);
	return true;
}

static Datum
rate_summary(FunctionCallInfo fcinfo, const RetentionBenchmark *benchmark)
{
	BridgeRate	rate = retention_rate_from_text(PG_GETARG_TEXT_PP(1));
	Fraction	fraction;
	int64		place;

	if (!find_rate(fcinfo, rate, &fraction, &place))
		PG_RETURN_NULL();
	PG_RETURN_RATING(benchmark_rate(benchmark, place));
}

/*
 * The points from a place to a threshold above it, rounded up.
 */
static Datum
points_missing(int64 place, int64 threshold)
{
	int64		unit = powers_of_ten[THRESHOLD_DECIMALS - PERCENT_DECIMALS];
	int64		points = (threshold - place / 2 + unit - 1) / unit;

	return money_to_numeric(points, PERCENT_DECIMALS, PERCENT_DECIMALS);
}

/*
 * The revenue from a rate of revenue to a threshold above it, rounded up to
 * the summary's decimals.
 */
static Datum
revenue_missing(const RetentionSummary *summary, const Fraction *fraction, int64 threshold)
{
	int			scale = summary_scale(summary);
	int			dscale = summary_dscale(summary);
	int			decimals = Min(dscale, MONEY_DIGITS);
	Datum		ratio = money_to_numeric(threshold, THRESHOLD_DECIMALS + 2, THRESHOLD_DECIMALS + 2);
	Datum		needed = DirectFunctionCall2(numeric_mul, ratio, money_to_numeric(fraction->whole, scale, dscale));
	Datum		missing = DirectFunctionCall2(numeric_sub, needed, money_to_numeric(fraction->part, scale, dscale));
	Datum		revenue = DirectFunctionCall2(numeric_trunc, missing, Int32GetDatum(decimals));

	if (DatumGetBool(DirectFunctionCall2(numeric_lt, revenue, missing)))
		revenue = DirectFunctionCall2(numeric_add, revenue, money_to_numeric(1, decimals, decimals));
	return revenue;
}

static Datum
next_band(FunctionCallInfo fcinfo, const RetentionBenchmark *benchmark)
{
	BridgeRate	rate = retention_rate_from_text(PG_GETARG_TEXT_PP(1));
	Fraction	fraction;
	int64		place,
				threshold;
	BenchmarkRating next;
	TupleDesc	descriptor;
	Datum		values[3] = {0};
	bool		nulls[3] = {false};

	if (!find_rate(fcinfo, rate, &fraction, &place) ||
		!benchmark_next(benchmark, benchmark_rate(benchmark, place), &next, &threshold))
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	values[0] = RatingGetDatum(next);
	values[1] = points_missing(place, threshold);
	if (rate == bridge_logo_retention)
		nulls[2] = true;
	else
		values[2] = revenue_missing(PG_GETARG_SUMMARY(0), &fraction, threshold);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls));
}

/* rating(summary, metric, benchmark) */

Datum
rating_summary(PG_FUNCTION_ARGS)
{
	return rate_summary(fcinfo, PG_GETARG_BENCHMARK(2));
}

Datum
rating_summary_named(PG_FUNCTION_ARGS)
{
	return rate_summary(fcinfo, named_benchmark(fcinfo, 2));
}

/* to_next(summary, metric, benchmark): next, points, revenue */

Datum
to_next_summary(PG_FUNCTION_ARGS)
{
	return next_band(fcinfo, PG_GETARG_BENCHMARK(2));
}

Datum
to_next_summary_named(PG_FUNCTION_ARGS)
{
	return next_band(fcinfo, named_benchmark(fcinfo, 2));
}
