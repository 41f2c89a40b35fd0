/*-------------------------------------------------------------------------
 *
 * base/numerics.c
 *	  Numerical functions, each with its source and accuracy, and floats to
 *	  and from numeric.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"

#include "base/numerics.h"
#include "common/shortest_dec.h"

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
 * The z that a standard normal variable exceeds with the given probability,
 * which is at least 1e-300 and at most 1/2.
 *
 * Source: M. J. Wichura, Algorithm AS 241: The percentage points of the normal
 * distribution, Applied Statistics 37 (1988), the function PPND16.
 * Accuracy: a relative error of about 1e-16, says Wichura.
 */
double
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

/*
 * The nearest double to a numeric.
 */
double
numeric_to_double(Datum number)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, number));
}

Datum
numeric_from_string(const char *string)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(string),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/*
 * A double as the shortest decimal that PostgreSQL prints for it, and that reads
 * as the same double; the server's own cast would keep 15 digits only.
 */
Datum
numeric_from_double(double value)
{
	char		string[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(value, string);
	return numeric_from_string(string);
}

/*
 * A double rounded to that many decimals, at most 100.
 */
Datum
numeric_from_double_rounded(double value, int decimals)
{
	char		string[512];

	Assert(decimals <= 100);
	snprintf(string, sizeof(string), "%.*f", decimals, value);
	return numeric_from_string(string);
}
