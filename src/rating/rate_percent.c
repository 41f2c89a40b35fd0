/*-------------------------------------------------------------------------
 *
 * rating/rate_percent.c
 *	  rating and to_next of a percentage: against a benchmark, in full precision.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/money.h"
#include "base/numerics.h"
#include "catalog/pg_type.h"
#include "rating/benchmark.h"
#include "rating/catalog.h"

PG_FUNCTION_INFO_V1(rating_numeric);
PG_FUNCTION_INFO_V1(rating_numeric_named);
PG_FUNCTION_INFO_V1(rating_float8);
PG_FUNCTION_INFO_V1(rating_float8_named);
PG_FUNCTION_INFO_V1(to_next_numeric);
PG_FUNCTION_INFO_V1(to_next_numeric_named);
PG_FUNCTION_INFO_V1(to_next_float8);
PG_FUNCTION_INFO_V1(to_next_float8_named);

/* A percentage of type float8 */
#define PG_GETARG_FLOAT8_PERCENT(n)	DatumGetNumeric(numeric_from_double(PG_GETARG_FLOAT8(n)))

static int
compare_numerics(Datum a, Datum b)
{
	return DatumGetInt32(DirectFunctionCall2(numeric_cmp, a, b));
}

/*
 * The place of a percentage among cuts.
 */
static int64
percent_place(Numeric percent)
{
	Datum		value = NumericGetDatum(percent);
	Datum		whole_units;
	Decimal		units;

	if (numeric_is_nan(percent) || numeric_is_inf(percent))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a rating needs a finite percentage")));
	if (compare_numerics(value, NumericGetDatum(int64_to_numeric(0))) < 0)
		return PLACE_NEGATIVE;
	if (compare_numerics(value, NumericGetDatum(int64_to_numeric(THRESHOLD_LIMIT))) >= 0)
		return PLACE_BEYOND;
	whole_units = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(THRESHOLD_DECIMALS));
	decimal_reader(NUMERICOID) (whole_units, &units);
	return place_of_units(units.value * powers_of_ten[THRESHOLD_DECIMALS - units.scale],
						  compare_numerics(whole_units, value) != 0);
}

static Datum
rate(Numeric percent, const RetentionBenchmark *benchmark)
{
	PG_RETURN_RATING(benchmark_rate(benchmark, percent_place(percent)));
}

/*
 * The points from a percentage to where the next band begins, exactly; NULL if
 * there is no next band.
 */
static Datum
points_to_next(FunctionCallInfo fcinfo, Numeric percent, const RetentionBenchmark *benchmark)
{
	BenchmarkRating next;
	int64		threshold;

	if (!benchmark_next(benchmark, benchmark_rate(benchmark, percent_place(percent)),
						&next, &threshold))
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_sub, threshold_numeric(threshold), NumericGetDatum(percent));
}

/* rating(value, benchmark) */

Datum
rating_numeric(PG_FUNCTION_ARGS)
{
	return rate(PG_GETARG_NUMERIC(0), PG_GETARG_BENCHMARK(1));
}

Datum
rating_numeric_named(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return rate(PG_GETARG_NUMERIC(0), named_benchmark(fcinfo, 1));
}

Datum
rating_float8(PG_FUNCTION_ARGS)
{
	return rate(PG_GETARG_FLOAT8_PERCENT(0), PG_GETARG_BENCHMARK(1));
}

Datum
rating_float8_named(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return rate(PG_GETARG_FLOAT8_PERCENT(0), named_benchmark(fcinfo, 1));
}

/* to_next(value, benchmark) */

Datum
to_next_numeric(PG_FUNCTION_ARGS)
{
	return points_to_next(fcinfo, PG_GETARG_NUMERIC(0), PG_GETARG_BENCHMARK(1));
}

Datum
to_next_numeric_named(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return points_to_next(fcinfo, PG_GETARG_NUMERIC(0), named_benchmark(fcinfo, 1));
}

Datum
to_next_float8(PG_FUNCTION_ARGS)
{
	return points_to_next(fcinfo, PG_GETARG_FLOAT8_PERCENT(0), PG_GETARG_BENCHMARK(1));
}

Datum
to_next_float8_named(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return points_to_next(fcinfo, PG_GETARG_FLOAT8_PERCENT(0), named_benchmark(fcinfo, 1));
}
