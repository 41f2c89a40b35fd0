/*-------------------------------------------------------------------------
 *
 * interval.c
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

#include "compat.h"

#include "catalog/pg_type.h"
#include "summary.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(logo_retention_interval);
PG_FUNCTION_INFO_V1(nrr_interval);
PG_FUNCTION_INFO_V1(grr_interval);

/*
 * Quotient of two polynomials of the seventh degree, the constants first.
 */
static double
rational(double x, const double *numerator, const double *denominator)
{
	double		above = 0;
	double		below = 0;

	for (int i = 7; i >= 0; i--)
	{
		above = above * x + numerator[i];
		below = below * x + denominator[i];
	}
	return above / below;
}

/*
 * The z that a standard normal variable exceeds with the given probability, at
 * most 1/2, to about 16 digits: M. J. Wichura, Algorithm AS 241, Applied
 * Statistics 37 (1988).
 */
static double
normal_upper_quantile(double probability)
{
	static const double center[][8] = {
		{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
			1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
		3.3430575583588128105e4, 2.5090809287301226727e3},
		{1.0, 4.2313330701600911252e1, 6.8718700749205790830e2,
			5.3941960214247511077e3, 2.1213794301586595867e4, 3.9307895800092710610e4,
		2.8729085735721942674e4, 5.2264952788528545610e3}
	};
	static const double tail[][8] = {
		{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
			3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
		2.27238449892691845833e-2, 7.74545014278341407640e-4},
		{1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
			6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
		5.47593808499534494600e-4, 1.05075007164441684324e-9}
	};
	static const double far_tail[][8] = {
		{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
			2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
		2.71155556874348757815e-5, 2.01033439929228813265e-7},
		{1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
			1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
		1.42151175831644588870e-7, 2.04426310338993978564e-15}
	};
	double		q = 0.5 - probability;
	double		r;

	if (q <= 0.425)
		return q * rational(0.180625 - q * q, center[0], center[1]);
	r = sqrt(-log(probability));
	if (r <= 5)
		return rational(r - 1.6, tail[0], tail[1]);
	return rational(r - 5, far_tail[0], far_tail[1]);
}

static Datum
numeric_operation(PGFunction operation, Datum a, Datum b)
{
	return DirectFunctionCall2(operation, a, b);
}

static double
numeric_to_double(Datum number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, number));
}

/* The least that a level may leave, for which floats still have all their digits */
#define LEAST_REST_DECIMALS	300

static Datum
least_rest(void)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum("1e-" CppAsString2(LEAST_REST_DECIMALS)),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/*
 * The normal quantile for a two-sided level of confidence.
 *
 * What the level leaves is found before it becomes a float, where levels close
 * to 1 would be 1.
 */
static double
quantile_of_level(Datum level)
{
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
	if (DatumGetBool(numeric_operation(numeric_lt, rest, least_rest())))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("level is too close to 1"),
				 errdetail("What a level leaves to 1 is at least 1e-%d.", LEAST_REST_DECIMALS),
				 errhint("A confidence of 95 percent is 0.95.")));
	return normal_upper_quantile(numeric_to_double(rest) / 2);
}

/*
 * A percentage as numeric with four decimals.
 */
static Datum
percent_from_double(double percent)
{
	char		buffer[512];

	snprintf(buffer, sizeof(buffer), "%.4f", percent);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(buffer),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/*
 * A range of percent out of two ratios, both ends included.
 */
static Datum
percent_range(double lower, double upper)
{
	RangeBound	bounds[2] = {{0}, {0}};

	bounds[0].val = percent_from_double(100 * lower);
	bounds[0].inclusive = bounds[0].lower = true;
	bounds[1].val = percent_from_double(100 * upper);
	bounds[1].inclusive = true;
	return RangeTypePGetDatum(nrr_make_range(lookup_type_cache(NUMRANGEOID, TYPECACHE_RANGE_INFO),
											 &bounds[0], &bounds[1], false));
}

/* logo_retention_interval(summary, level) */
Datum
logo_retention_interval(PG_FUNCTION_ARGS)
{
	double		z = quantile_of_level(PG_GETARG_DATUM(1));
	int128		retained;
	int128		customers;
	double		n,
				p,
				center,
				margin;

	if (!summary_fraction(PG_GETARG_SUMMARY(0), METRIC_LOGO_RETENTION, &retained, &customers))
		PG_RETURN_NULL();
	n = (double) customers;
	p = (double) retained / n;
	center = p + z * z / (2 * n);
	margin = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	/* At the ends, exactly; there the formula is off by rounding */
	PG_RETURN_DATUM(percent_range(retained == 0 ? 0 : (center - margin) / (1 + z * z / n),
								  retained == customers ? 1 : (center + margin) / (1 + z * z / n)));
}

/* (sum of s)^2 times the sum of (y - R s)^2, given R = part / whole */
static Datum
scaled_residual_squares(const RetentionSummary *summary, int128 part, int128 whole,
						SummaryMoment squares, SummaryMoment products)
{
	Datum		y = money_to_numeric(part, 0, 0);
	Datum		s = money_to_numeric(whole, 0, 0);
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
ratio_interval(FunctionCallInfo fcinfo, RetentionMetric metric,
			   SummaryMoment squares, SummaryMoment products, double most)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);
	double		z = quantile_of_level(PG_GETARG_DATUM(1));
	double		n = (double) summary->customers[SUMMARY_STARTING];
	int128		part;
	int128		whole;
	double		ratio,
				total,
				residuals,
				margin;

	if (!summary_fraction(summary, metric, &part, &whole) || n < 2)
		PG_RETURN_NULL();
	ratio = (double) part / (double) whole;
	total = (double) whole;
	residuals = numeric_to_double(scaled_residual_squares(summary, part, whole, squares, products));

	/* A summary that was typed in may have moments of no customers at all */
	margin = z * sqrt(n / (n - 1) * Max(residuals, 0)) / total / total;
	PG_RETURN_DATUM(percent_range(Max(ratio - margin, 0), Min(ratio + margin, most)));
}

/* nrr_interval(summary, level) */
Datum
nrr_interval(PG_FUNCTION_ARGS)
{
	return ratio_interval(fcinfo, METRIC_NRR, MOMENT_EE, MOMENT_SE, HUGE_VAL);
}

/* grr_interval(summary, level) */
Datum
grr_interval(PG_FUNCTION_ARGS)
{
	return ratio_interval(fcinfo, METRIC_GRR, MOMENT_MM, MOMENT_SM, 1);
}
