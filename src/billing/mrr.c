/*-------------------------------------------------------------------------
 *
 * billing/mrr.c
 *	  mrr(): the monthly share of an amount that is billed for a period.
 *
 * A billing period is a rational number of months, so that an amount is
 * divided exactly and rounded once, to four decimals more than it has.
 *
 * Months count as they are.  A year has 12 months, 52 weeks and 365 days: a
 * week is 12/52 of a month, another number of days is that many 12/365.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "base/money.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/rangetypes.h"

PG_FUNCTION_INFO_V1(mrr_service);
PG_FUNCTION_INFO_V1(mrr_interval);
PG_FUNCTION_INFO_V1(mrr_frequency);

#define MONTHS_IN_YEAR	12
#define WEEKS_IN_YEAR	52
#define DAYS_IN_YEAR	365

typedef struct BillingPeriod
{
	int64		months;
	int64		days;
} BillingPeriod;

/* The words for a billing period */
static const struct
{
	const char *word;
	BillingPeriod period;
}			frequencies[] =
{
	{"monthly", {1, 0}},
	{"month", {1, 0}},
	{"quarterly", {3, 0}},
	{"quarter", {3, 0}},
	{"semiannual", {6, 0}},
	{"semiannually", {6, 0}},
	{"half-yearly", {6, 0}},
	{"annual", {12, 0}},
	{"annually", {12, 0}},
	{"yearly", {12, 0}},
	{"year", {12, 0}},
	{"biennial", {24, 0}},
	{"weekly", {0, 7}},
	{"week", {0, 7}},
	{"biweekly", {0, 14}},
	{"fortnightly", {0, 14}},
	{"daily", {0, 1}},
	{"day", {0, 1}}
};

/*
 * The amount for one month of an amount for whole/part months.
 */
static Datum
monthly_share(Datum amount, int64 part, int64 whole)
{
	Decimal		decimal;
	int			scale,
				decimals;
	int128		share;

	decimal_from_numeric(amount, &decimal);
	part *= powers_of_ten[SHARE_DECIMALS];
	decimal_pad(&decimal, Min(decimal.dscale, MONEY_DIGITS),
				power_of_ten(MONEY_DIGITS) / Max(1, (part + whole - 1) / whole) - 1);
	share = money_share(money_check(decimal.value), part, whole);
	scale = decimal.scale + SHARE_DECIMALS;
	decimals = Max(scale, Min(decimal.dscale + SHARE_DECIMALS, MONEY_MAX_DSCALE));
	return money_to_numeric(share, scale, decimals);
}

pg_noreturn static void
period_out_of_range(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("billing period out of range"),
			 errdetail("The period is the frequency, count times.")));
}

static Datum
share_of_period(Datum amount, const BillingPeriod *period)
{
	bool		weeks = period->days % 7 == 0;
	int64		part = weeks ? WEEKS_IN_YEAR : DAYS_IN_YEAR;
	int64		days = weeks ? period->days / 7 : period->days;
	int64		whole;

	if (__builtin_mul_overflow(period->months, part, &whole) ||
		__builtin_mul_overflow(days, MONTHS_IN_YEAR, &days) ||
		__builtin_add_overflow(whole, days, &whole))
		period_out_of_range();
	return monthly_share(amount, part, whole);
}

/*
 * Intervals and words
 */

static BillingPeriod
period_of_interval(Interval *interval)
{
	BillingPeriod period = {interval->month, interval->day};

	if (interval->time != 0 || period.months < 0 || period.days < 0 ||
		(period.months == 0 && period.days == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a billing period",
						DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)))),
				 errhint("A billing period is a positive number of whole days, weeks, months or years.")));
	return period;
}

/* mrr(amount, every) */
Datum
mrr_interval(PG_FUNCTION_ARGS)
{
	BillingPeriod period = period_of_interval(PG_GETARG_INTERVAL_P(1));

	return share_of_period(PG_GETARG_DATUM(0), &period);
}

static void
frequency_context(void *arg)
{
	errcontext("billing frequency \"%s\"", excerpt(arg));
}

/*
 * A text that is not one of the words must be an interval.  If it has no digit,
 * or is longer than any date, report it as a mistyped word instead.
 */
static BillingPeriod
period_of_interval_text(char *text)
{
	ErrorContextCallback context = {error_context_stack, frequency_context, text};
	Datum		interval;

	if (strpbrk(text, "0123456789") == NULL || strlen(text) > MAXDATELEN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown billing frequency \"%s\"", excerpt(text)),
				 errhint("It is daily, weekly, biweekly, fortnightly, monthly, quarterly, semiannual, half-yearly, annual, yearly or biennial; day, week, month, quarter or year; or an interval such as \"3 months\".")));

	error_context_stack = &context;
	interval = DirectFunctionCall3(interval_in, CStringGetDatum(text),
								   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	error_context_stack = context.previous;
	return period_of_interval(DatumGetIntervalP(interval));
}

static BillingPeriod
period_of_frequency(char *frequency)
{
	for (int i = 0; i < lengthof(frequencies); i++)
	{
		if (pg_strcasecmp(frequency, frequencies[i].word) == 0)
			return frequencies[i].period;
	}
	return period_of_interval_text(frequency);
}

/* mrr(amount, frequency, count) */
Datum
mrr_frequency(PG_FUNCTION_ARGS)
{
	BillingPeriod period = period_of_frequency(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	int64		count = PG_GETARG_INT64(2);

	if (count < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", "count", 1)));
	if (__builtin_mul_overflow(period.months, count, &period.months) ||
		__builtin_mul_overflow(period.days, count, &period.days))
		period_out_of_range();
	return share_of_period(PG_GETARG_DATUM(0), &period);
}

/*
 * Service periods
 */

static DateADT
plus_months(DateADT date, int months)
{
	Interval	interval = {0};
	Datum		timestamp;

	interval.month = months;
	timestamp = DirectFunctionCall2(date_pl_interval, DateADTGetDatum(date),
									IntervalPGetDatum(&interval));
	return DatumGetDateADT(DirectFunctionCall1(timestamp_date, timestamp));
}

static int
calendar_month(DateADT date)
{
	int			year,
				month,
				day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year * 12 + month;
}

static void
service_bounds(RangeType *service, TypeCacheEntry *typcache, DateADT *start, DateADT *end)
{
	RangeBound	lower,
				upper;
	bool		empty;

	range_deserialize(typcache, service, &lower, &upper, &empty);
	if (empty)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a service period must not be empty"),
				 errhint("Leave such rows out, for example with FILTER (WHERE NOT isempty(service)).")));
	if (!lower.infinite)
		*start = DatumGetDateADT(lower.val);
	if (!upper.infinite)
		*end = DatumGetDateADT(upper.val);
	if (lower.infinite || upper.infinite || DATE_NOT_FINITE(*start) || DATE_NOT_FINITE(*end))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a service period must have a start and an end"),
				 errhint("What has no end is billed again and again: give its billing frequency, as in mrr(amount, 'annual').")));
}

/*
 * mrr(amount, service): whole months from the start, and of the month that
 * the end lies in, the fraction of its days.
 */
Datum
mrr_service(PG_FUNCTION_ARGS)
{
	RangeType  *service = PG_GETARG_RANGE_P(1);
	DateADT		start = 0,
				end = 0,
				month_start,
				month_end;
	int			months;
	int64		days_in_month;

	service_bounds(service, range_get_typcache(fcinfo, RangeTypeGetOid(service)), &start, &end);
	months = calendar_month(end) - calendar_month(start);
	month_start = plus_months(start, months);
	if (month_start > end)
		month_start = plus_months(start, --months);
	month_end = plus_months(start, months + 1);
	days_in_month = month_end - month_start;
	return monthly_share(PG_GETARG_DATUM(0), days_in_month,
						 months * days_in_month + (end - month_start));
}
