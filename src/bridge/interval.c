/*-------------------------------------------------------------------------
 *
 * bridge/interval.c
 *	  Confidence intervals of the rates of a retention summary.
 *
 * The customers are taken for a sample of those that a business like this one
 * might have had; n is how many there were at the start.
 *
 * Logo retention is a proportion, and its interval that of Wilson: E. B.
 * Wilson, Probable inference, the law of succession, and statistical inference,
 * Journal of the American Statistical Association 22 (1927).  With p retained
 * of n and the normal quantile z it is
 *
 *		(p + z^2/2n  +-  z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
 *
 * NRR and GRR are ratios R = sum of y / sum of s, with y = e for NRR and
 * y = min(s, e) for GRR.  The variance of such a ratio is, by the delta method,
 *
 *		n/(n-1) * sum of (y - R s)^2 / (sum of s)^2
 *
 * (W. G. Cochran, Sampling Techniques, 3rd edition (1977), section 2.11, for a
 * sample out of infinitely many), and the interval R +- z sqrt(variance), cut
 * off where the rate cannot be.  The sum of squares is found from the summary's
 * second moments, exactly: in floating point it might be nothing but rounding.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"

#include "base/numerics.h"
#include "bridge/summary.h"
#include "catalog/pg_type.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(logo_retention_interval);
PG_FUNCTION_INFO_V1(nrr_interval);
PG_FUNCTION_INFO_V1(grr_interval);

static Datum
numeric_operation(PGFunction operation, Datum a, Datum b)
{
	return DirectFunctionCall2(operation, a, b);
}

/* The least that a level may leave, for which floats still have all their digits */
#define LEAST_REST_DECIMALS	300

#define DEFAULT_LEVEL	"0.95"

/*
 * The normal quantile for a two-sided level of confidence, the argument n.
 *
 * 1 - level is computed as numeric: as a float, a level close to 1 would be
 * rounded to 1.
 */
static double
quantile_of_level(FunctionCallInfo fcinfo, int n)
{
	Datum		level = PG_ARGISNULL(n) ? numeric_from_string(DEFAULT_LEVEL) : PG_GETARG_DATUM(n);
	Datum		zero = NumericGetDatum(int64_to_numeric(0));
	Datum		one = NumericGetDatum(int64_to_numeric(1));
	Datum		rest;

	/* NaN is greater than any number */
	if (!DatumGetBool(numeric_operation(numeric_gt, level, zero)) ||
		!DatumGetBool(numeric_operation(numeric_lt, level, one)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level must be between 0 and 1"),
				 errhint("A confidence of 95 percent is 0.95.")));
	rest = numeric_operation(numeric_sub, one, level);
	if (DatumGetBool(numeric_operation(numeric_lt, rest,
									   numeric_from_string("1e-" CppAsString2(LEAST_REST_DECIMALS)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level is too close to 1"),
				 errdetail("What a level leaves to 1 is at least 1e-%d.", LEAST_REST_DECIMALS),
				 errhint("A confidence of 95 percent is 0.95.")));
	return normal_upper_quantile(numeric_to_double(rest) / 2);
}

/*
 * A range of percent out of two ratios, both ends included.
 */
static Datum
percent_range(double lower, double upper)
{
	RangeBound	bounds[2] = {{0}, {0}};

	bounds[0].val = numeric_from_double_rounded(100 * lower, PERCENT_DECIMALS);
	bounds[0].inclusive = bounds[0].lower = true;
	bounds[1].val = numeric_from_double_rounded(100 * upper, PERCENT_DECIMALS);
	bounds[1].inclusive = true;
	return RangeTypePGetDatum(nrr_make_range(lookup_type_cache(NUMRANGEOID, TYPECACHE_RANGE_INFO),
											 &bounds[0], &bounds[1], false));
}

/* logo_retention_interval(summary, level) */
Datum
logo_retention_interval(PG_FUNCTION_ARGS)
{
	double		z = quantile_of_level(fcinfo, 1);
	Fraction	rate;
	double		n,
				p,
				center,
				margin;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rate = bridge_logo_retention(&PG_GETARG_SUMMARY(0)->bridge);
	if (rate.whole == 0)
		PG_RETURN_NULL();
	n = (double) rate.whole;
	p = (double) rate.part / n;
	center = p + z * z / (2 * n);
	margin = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	/* At 0 and 1 the bound is known; the formula would be off by rounding */
	PG_RETURN_DATUM(percent_range(rate.part == 0 ? 0 : (center - margin) / (1 + z * z / n),
								  rate.part == rate.whole ? 1 : (center + margin) / (1 + z * z / n)));
}

/* (sum of s)^2 times the sum of (y - R s)^2, given R */
static Datum
scaled_residual_squares(const RetentionSummary *summary, Fraction rate,
						SummaryMoment squares, SummaryMoment products)
{
	Datum		y = money_to_numeric(rate.part, 0, 0);
	Datum		s = money_to_numeric(rate.whole, 0, 0);
	Datum		yy = numeric_operation(numeric_mul, y, y);
	Datum		ys = numeric_operation(numeric_mul, y, s);
	Datum		ss = numeric_operation(numeric_mul, s, s);
	Datum		plus;
	Datum		minus;

	plus = numeric_operation(numeric_add,
							 numeric_operation(numeric_mul, ss, wide_to_numeric(&summary->moments[squares])),
							 numeric_operation(numeric_mul, yy, wide_to_numeric(&summary->moments[MOMENT_SS])));
	minus = numeric_operation(numeric_mul, ys, wide_to_numeric(&summary->moments[products]));
	return numeric_operation(numeric_sub, plus, numeric_operation(numeric_add, minus, minus));
}

/*
 * The interval of a ratio of sums; there is no variance of one customer.
 */
static Datum
ratio_interval(FunctionCallInfo fcinfo, BridgeRate rate,
			   SummaryMoment squares, SummaryMoment products, double most)
{
	const RetentionSummary *summary;
	double		z = quantile_of_level(fcinfo, 1);
	Fraction	fraction;
	double		n,
				ratio,
				total,
				residuals,
				margin;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	summary = PG_GETARG_SUMMARY(0);
	n = (double) summary->bridge.customers[BRIDGE_STARTING];
	fraction = rate(&summary->bridge);
	if (fraction.whole == 0 || n < 2)
		PG_RETURN_NULL();
	ratio = (double) fraction.part / (double) fraction.whole;
	total = (double) fraction.whole;
	residuals = numeric_to_double(scaled_residual_squares(summary, fraction, squares, products));

	/* A summary that was read from text may have moments that no customers could have */
	margin = z * sqrt(n / (n - 1) * Max(residuals, 0)) / total / total;
	PG_RETURN_DATUM(percent_range(Max(ratio - margin, 0), Min(ratio + margin, most)));
}

/* nrr_interval(summary, level) */
Datum
nrr_interval(PG_FUNCTION_ARGS)
{
	return ratio_interval(fcinfo, bridge_nrr, MOMENT_EE, MOMENT_SE, HUGE_VAL);
}

/* grr_interval(summary, level) */
Datum
grr_interval(PG_FUNCTION_ARGS)
{
	return ratio_interval(fcinfo, bridge_grr, MOMENT_MM, MOMENT_SM, 1);
}
