/*-------------------------------------------------------------------------
 *
 * billing/mrr.c
 *	  mrr(): the monthly share of an amount that is billed for a period.
 *
 * A billing period is a rational number of months, so that an amount is
 * divided exactly and rounded once, to four decimals more than it has.
 *
 * Months count as they are.  A year has 12 months and 365 days: a number of
 * days is that many 12/365 of a month, but seven of them are a week, and how
 * many weeks a month has is an argument; a year has 52, if it is not given.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/compat.h"

#include "base/excerpt.h"
#include "base/money.h"
#include "billing/frequency.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/date.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#define MONTHS_IN_YEAR	12
#define DAYS_IN_YEAR	365
#define DAYS_IN_WEEK	7

/* A number of weeks for a number of months */
typedef struct WeeksInMonths
{
	int64		weeks;
	int64		months;
} WeeksInMonths;

#define DEFAULT_WEEKS	"52/12"

/* Longer numbers than these are none of weeks in a month */
#define WEEKS_LENGTH	15
#define WEEKS_LARGEST_DIVISOR	1000000

/*
 * The amount for one month of an amount for whole/part months.
 */
static Datum
monthly_share(Decimal *amount, int64 part, int64 whole)
{
	int			scale,
				decimals;
	int128		share;

	part *= powers_of_ten[SHARE_DECIMALS];
	decimal_pad(amount, Min(amount->dscale, MONEY_DIGITS),
				power_of_ten(MONEY_DIGITS) / Max(1, part / whole + (part % whole != 0)) - 1);
	share = money_share(money_check(amount->value), part, whole);
	scale = amount->scale + SHARE_DECIMALS;
	decimals = Max(scale, Min(amount->dscale + SHARE_DECIMALS, MONEY_MAX_DSCALE));
	return money_to_numeric(share, scale, decimals);
}

/*
 * Billing periods
 */

pg_noreturn static void
period_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("billing period out of range"),
			 errdetail("The period is the frequency, count times.")));
}

static int64
read_digits(const char **text)
{
	int64		number = 0;

	for (; isdigit((unsigned char) **text); (*text)++)
		number = number * 10 + (**text - '0');
	return number;
}

/* A whole number, a decimal, or a fraction of two whole numbers */
static WeeksInMonths
weeks_in_months(const char *text)
{
	WeeksInMonths result = {0, 1};
	const char *p = text;

	if (strlen(text) <= WEEKS_LENGTH)
	{
		result.weeks = read_digits(&p);
		if (*p == '/')
		{
			p++;
			result.months = read_digits(&p);
		}
		else if (*p == '.')
		{
			for (p++; isdigit((unsigned char) *p); p++)
			{
				result.weeks = result.weeks * 10 + (*p - '0');
				result.months *= 10;
			}
		}
	}
	if (*p != '\0' || result.months < 1 || result.months > WEEKS_LARGEST_DIVISOR ||
		result.weeks < 4 * result.months || result.weeks > 5 * result.months)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a number of weeks in a month", excerpt(text)),
				 errhint("It is from 4 to 5: a number or a fraction of whole numbers, such as '52/12', '365/84' or '4'.")));
	return result;
}

/* The arguments from the given one on: count, and weeks */
static Datum
share_of_period(Decimal *amount, BillingPeriod period, FunctionCallInfo fcinfo, int n)
{
	int64		count = PG_ARGISNULL(n) ? 1 : PG_GETARG_INT64(n);
	WeeksInMonths week = weeks_in_months(PG_ARGISNULL(n + 1) ? DEFAULT_WEEKS :
										 text_to_cstring(PG_GETARG_TEXT_PP(n + 1)));
	bool		whole_weeks;
	int64		part,
				whole;

	if (count < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", "count", 1)));
	if (__builtin_mul_overflow(period.months, count, &period.months) ||
		__builtin_mul_overflow(period.days, count, &period.days))
		period_out_of_range();

	whole_weeks = period.days % DAYS_IN_WEEK == 0;
	part = whole_weeks ? week.weeks : DAYS_IN_YEAR;
	if (__builtin_mul_overflow(period.months, part, &whole) ||
		__builtin_mul_overflow(whole_weeks ? period.days / DAYS_IN_WEEK : period.days,
							   whole_weeks ? week.months : MONTHS_IN_YEAR, &period.days) ||
		__builtin_add_overflow(whole, period.days, &whole))
		period_out_of_range();
	return monthly_share(amount, part, whole);
}

/* mrr(amount, every [, count [, weeks]]) */
static Datum
interval_share(FunctionCallInfo fcinfo, Decimal *amount)
{
	return share_of_period(amount, period_of_interval(PG_GETARG_INTERVAL_P(1)), fcinfo, 2);
}

/* mrr(amount, frequency [, count [, weeks]]) */
static Datum
frequency_share(FunctionCallInfo fcinfo, Decimal *amount)
{
	return share_of_period(amount, period_of_frequency(text_to_cstring(PG_GETARG_TEXT_PP(1))),
						   fcinfo, 2);
}

/*
 * Service periods
 */

static Timestamp
plus_months(Timestamp time, int months)
{
	Interval	interval = {0};

	interval.month = months;
	return DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval, TimestampGetDatum(time),
												 IntervalPGetDatum(&interval)));
}

static int
calendar_month(Timestamp time)
{
	struct pg_tm tm;
	fsec_t		fsec;

	if (timestamp2tm(time, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return tm.tm_year * MONTHS_IN_YEAR + tm.tm_mon;
}

/* What a clock shows at the bound of a range, that of the session for a timestamptz */
static Timestamp
clock_time(const RangeBound *bound, TypeCacheEntry *typcache)
{
	if (bound->infinite)
		return bound->lower ? DT_NOBEGIN : DT_NOEND;
	switch (typcache->rngelemtype->type_id)
	{
		case DATEOID:
			return DatumGetTimestamp(DirectFunctionCall1(date_timestamp, bound->val));
		case TIMESTAMPOID:
			return DatumGetTimestamp(bound->val);
		case TIMESTAMPTZOID:
			return DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, bound->val));
		default:
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("%s is not a range of dates or timestamps",
							format_type_be(typcache->type_id)),
					 errhint("A service period is a daterange, a tsrange or a tstzrange.")));
	}
}

pg_noreturn static void
empty_service(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a service period must not be empty"),
			 errhint("Leave such rows out, for example with FILTER (WHERE NOT isempty(service)).")));
}

static void
service_times(TypeCacheEntry *typcache, const RangeBound *lower, const RangeBound *upper,
			  Timestamp *start, Timestamp *end)
{
	*start = clock_time(lower, typcache);
	*end = clock_time(upper, typcache);
	if (TIMESTAMP_NOT_FINITE(*start) || TIMESTAMP_NOT_FINITE(*end))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a service period must have a start and an end"),
				 errhint("What has no end is billed again and again: give its billing frequency, as in mrr(amount, 'annual').")));
	/* within the hour that a clock shows twice, count the time that passes */
	if (*end <= *start && typcache->rngelemtype->type_id == TIMESTAMPTZOID)
		*end = *start + (DatumGetTimestampTz(upper->val) - DatumGetTimestampTz(lower->val));
	if (*end <= *start)
		empty_service();
}

static int64
greatest_common_divisor(int64 a, int64 b)
{
	while (b != 0)
	{
		int64		rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

pg_noreturn static void
service_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("service period out of range")));
}

/* A number of months, as a fraction in its lowest terms */
typedef struct Months
{
	int64		count;
	int64		parts;
} Months;

/*
 * Whole months from the start, to the same time of day, and of the month that
 * the end lies in, the fraction of it.
 */
static Months
months_of_service(TypeCacheEntry *typcache, const RangeBound *lower, const RangeBound *upper)
{
	Months		result;
	Timestamp	start,
				end,
				last_month;
	int			months;
	int64		rest,
				unit;

	service_times(typcache, lower, upper, &start, &end);
	months = calendar_month(end) - calendar_month(start);
	last_month = plus_months(start, months);
	if (last_month > end)
		last_month = plus_months(start, --months);
	result.parts = plus_months(start, months + 1) - last_month;
	rest = end - last_month;

	/* small numbers, so that those of many years fit */
	unit = greatest_common_divisor(result.parts, rest);
	result.parts /= unit;
	if (__builtin_mul_overflow(months, result.parts, &result.count) ||
		__builtin_add_overflow(result.count, rest / unit, &result.count))
		service_out_of_range();
	return result;
}

static Months
months_plus(Months a, Months b)
{
	int64		unit = greatest_common_divisor(a.parts, b.parts);
	Months		result;

	if (__builtin_mul_overflow(a.count, b.parts / unit, &a.count) ||
		__builtin_mul_overflow(b.count, a.parts / unit, &b.count) ||
		__builtin_add_overflow(a.count, b.count, &result.count) ||
		__builtin_mul_overflow(a.parts, b.parts / unit, &result.parts))
		service_out_of_range();
	unit = greatest_common_divisor(result.count, result.parts);
	result.count /= unit;
	result.parts /= unit;
	return result;
}

/* mrr(amount, service), of a range */
static Datum
service_share(FunctionCallInfo fcinfo, Decimal *amount)
{
	RangeType  *service = PG_GETARG_RANGE_P(1);
	TypeCacheEntry *typcache = range_get_typcache(fcinfo, RangeTypeGetOid(service));
	RangeBound	lower,
				upper;
	bool		empty;
	Months		months;

	range_deserialize(typcache, service, &lower, &upper, &empty);
	if (empty)
		empty_service();
	months = months_of_service(typcache, &lower, &upper);
	return monthly_share(amount, months.parts, months.count);
}

/* mrr(amount, services), of a multirange: the months of all its ranges */
static Datum
services_share(FunctionCallInfo fcinfo, Decimal *amount)
{
	MultirangeType *services = PG_GETARG_MULTIRANGE_P(1);
	TypeCacheEntry *typcache = multirange_get_typcache(fcinfo, MultirangeTypeGetOid(services))->rngtype;
	Months		months = {0, 1};

	if (MultirangeIsEmpty(services))
		empty_service();
	for (uint32 i = 0; i < services->rangeCount; i++)
	{
		RangeBound	lower,
					upper;

		CHECK_FOR_INTERRUPTS();
		multirange_get_bounds(typcache, services, i, &lower, &upper);
		months = months_plus(months, months_of_service(typcache, &lower, &upper));
	}
	return monthly_share(amount, months.parts, months.count);
}

/*
 * The functions of SQL: one for each form and type of amount
 */

#define DEFINE_MRR(form, type, oid) \
	PG_FUNCTION_INFO_V1(mrr_##form##_##type); \
	Datum \
	mrr_##form##_##type(PG_FUNCTION_ARGS) \
	{ \
		Decimal		amount; \
		\
		if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) \
			PG_RETURN_NULL(); \
		decimal_reader(oid) (PG_GETARG_DATUM(0), &amount); \
		return form##_share(fcinfo, &amount); \
	} \
	extern Datum mrr_##form##_##type(PG_FUNCTION_ARGS)

DEFINE_MRR(frequency, numeric, NUMERICOID);
DEFINE_MRR(frequency, float4, FLOAT4OID);
DEFINE_MRR(frequency, float8, FLOAT8OID);
DEFINE_MRR(interval, numeric, NUMERICOID);
DEFINE_MRR(interval, float4, FLOAT4OID);
DEFINE_MRR(interval, float8, FLOAT8OID);
DEFINE_MRR(service, numeric, NUMERICOID);
DEFINE_MRR(service, float4, FLOAT4OID);
DEFINE_MRR(service, float8, FLOAT8OID);
DEFINE_MRR(services, numeric, NUMERICOID);
DEFINE_MRR(services, float4, FLOAT4OID);
DEFINE_MRR(services, float8, FLOAT8OID);
