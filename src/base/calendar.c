/*-------------------------------------------------------------------------
 *
 * base/calendar.c
 *	  Grains, and the numbering of their periods.
 *
 * Knows dates, timestamps and the session's time zone; knows nothing of
 * ledgers or amounts, and allocates nothing.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/calendar.h"
#include "base/excerpt.h"
#include "common/int.h"
#include "utils/datetime.h"

static const char *const grain_names[] = {"day", "week", "month", "quarter", "year"};

/* Monday, 2000-01-03 */
#define WEEK_ZERO_DAY	2

/*
 * The days that have a period: from 4713-01-01 BC, so that even the year of
 * the first one begins at a date that PostgreSQL can print, and up to
 * 5874896-12-31, so that the period after the last one does.
 */
#define FIRST_DAY	(38 - POSTGRES_EPOCH_JDATE)
#define LAST_DAY	(DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 365 - 1)

bool
grain_lookup(text *name, Grain *grain)
{
	const char *bytes = VARDATA_ANY(name);
	int			length = VARSIZE_ANY_EXHDR(name);

	for (int i = 0; i <= GRAIN_LAST; i++)
	{
		if (strlen(grain_names[i]) == length && pg_strncasecmp(bytes, grain_names[i], length) == 0)
		{
			*grain = (Grain) i;
			return true;
		}
	}
	return false;
}

Grain
grain_from_text(text *name)
{
	Grain		grain;

	if (!grain_lookup(name, &grain))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown grain \"%s\"", excerpt_of_text(name)),
				 errhint("A grain is day, week, month, quarter or year.")));
	return grain;
}

const char *
grain_name(Grain grain)
{
	return grain_names[grain];
}

pg_noreturn static pg_noinline void
no_period(bool finite)
{
	if (!finite)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("an infinite date falls in no period"),
				 errhint("Leave infinite dates out, for example with FILTER (WHERE isfinite(at)).")));
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("date out of range"),
			 errdetail("Periods are known from 4713-01-01 BC to 5874896-12-31.")));
}

bool
date_has_period(DateADT date)
{
	return date >= FIRST_DAY && date <= LAST_DAY;
}

/*
 * The day before a date, -infinity before the first one; infinite ones stay.
 */
DateADT
day_before(DateADT day)
{
	if (DATE_NOT_FINITE(day))
		return day;
	return date_has_period(day - 1) ? day - 1 : DATEVAL_NOBEGIN;
}

static inline void
check_day(DateADT date)
{
	if (unlikely(!date_has_period(date)))
		no_period(!DATE_NOT_FINITE(date));
}

static inline int32
floor_divide(int32 dividend, int32 divisor)
{
	int32		quotient = dividend / divisor;

	return dividend % divisor < 0 ? quotient - 1 : quotient;
}

/*
 * The number of the period that holds a day.
 */
int32
period_of_date(Grain grain, DateADT date)
{
	int			year,
				month,
				day;

	check_day(date);
	if (grain == GRAIN_DAY)
		return date;
	if (grain == GRAIN_WEEK)
		return floor_divide(date - WEEK_ZERO_DAY, 7);

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (grain == GRAIN_MONTH)
		return (year - 2000) * 12 + month - 1;
	if (grain == GRAIN_QUARTER)
		return (year - 2000) * 4 + (month - 1) / 3;
	return year - 2000;
}

/*
 * Does a number stand for a period that holds a day?
 */
bool
period_exists(Grain grain, int64 period)
{
	return period >= period_of_date(grain, FIRST_DAY) &&
		period <= period_of_date(grain, LAST_DAY);
}

/*
 * The first day of a period that holds a day, or of the one after it.
 */
DateADT
period_start(Grain grain, int32 period)
{
	int			months;
	int			year;
	DateADT		date;

	if (grain == GRAIN_DAY)
		date = period;
	else if (grain == GRAIN_WEEK)
		date = period * 7 + WEEK_ZERO_DAY;
	else
	{
		months = grain == GRAIN_MONTH ? period : grain == GRAIN_QUARTER ? period * 3 : period * 12;
		year = floor_divide(months, 12);
		date = date2j(2000 + year, months - year * 12 + 1, 1) - POSTGRES_EPOCH_JDATE;
	}
	Assert(IS_VALID_DATE(date));
	return date;
}

/*
 * The range of a ledger's periods is bounded, so that arrays over periods are.
 */
void
check_period_range(int32 first, int32 last)
{
	if ((int64) last - first >= MAX_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("dates too far apart for one ledger"),
				 errdetail("A ledger holds at most %d periods from the first to the last.",
						   MAX_PERIODS),
				 errhint("Look for mistyped or placeholder dates with min(at) and max(at), or take a coarser grain.")));
}

void
calendar_init(Calendar *calendar, Grain grain)
{
	memset(calendar, 0, sizeof(Calendar));
	calendar->grain = grain;
}

int32
calendar_period_of_date(Calendar *calendar, DateADT date)
{
	if (calendar->grain == GRAIN_DAY)
	{
		check_day(date);
		return date;
	}
	if (date < calendar->first_day || date >= calendar->next_day)
	{
		calendar->period = period_of_date(calendar->grain, date);
		/* a week may reach over the ends of what is known */
		calendar->first_day = Max(period_start(calendar->grain, calendar->period), FIRST_DAY);
		calendar->next_day = Min(period_start(calendar->grain, calendar->period + 1), LAST_DAY + 1);
	}
	return calendar->period;
}

/*
 * The first period that begins on a day or after it.
 */
int32
calendar_period_from(Calendar *calendar, DateADT day)
{
	int32		period = calendar_period_of_date(calendar, day);

	if (period_start(calendar->grain, period) == day)
		return period;
	if (unlikely(!date_has_period(calendar->next_day)))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range"),
				 errdetail("No period of the grain %s begins on this date or after it: periods are known up to 5874896-12-31.",
						   grain_name(calendar->grain))));
	return period + 1;
}

DateADT
calendar_day_of_timestamp(Timestamp at)
{
	int64		day = at / USECS_PER_DAY;

	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		no_period(false);
	return (DateADT) (at % USECS_PER_DAY < 0 ? day - 1 : day);
}

int32
calendar_period_of_timestamp(Calendar *calendar, Timestamp at)
{
	return calendar_period_of_date(calendar, calendar_day_of_timestamp(at));
}

/*
 * Ask the time zone library for the offset at a moment, and until when it
 * holds; insert the span into the sorted list.  'place' is that of the first
 * span that ends after the moment.
 */
static OffsetSpan *
find_offset_span(Calendar *calendar, TimestampTz at, int place)
{
	pg_time_t	moment = (at >= 0 ? at : at - (USECS_PER_SEC - 1)) / USECS_PER_SEC +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY;
	pg_time_t	boundary;
	long int	before,
				after;
	int			before_isdst,
				after_isdst;
	int			found;
	OffsetSpan	span;

	found = pg_next_dst_boundary(&moment, &before, &before_isdst,
								 &boundary, &after, &after_isdst, calendar->zone);
	if (found < 0)
		no_period(true);
	span.from = at;
	span.offset = before * USECS_PER_SEC;
	/* the library looks further ahead than timestamps go */
	if (found == 0 ||
		pg_mul_s64_overflow(boundary - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY,
							USECS_PER_SEC, &span.until))
		span.until = PG_INT64_MAX;

	if (place < calendar->nspans && calendar->spans[place].until == span.until)
		calendar->spans[place].from = at;	/* the same span reaches back to here */
	else
	{
		if (calendar->nspans == OFFSET_SPANS)
			place = calendar->nspans = 0;
		memmove(&calendar->spans[place + 1], &calendar->spans[place],
				(calendar->nspans - place) * sizeof(OffsetSpan));
		calendar->spans[place] = span;
		calendar->nspans++;
	}
	return &calendar->spans[place];
}

static OffsetSpan *
offset_span(Calendar *calendar, TimestampTz at)
{
	int			low = 0,
				high = calendar->nspans;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (calendar->spans[middle].until <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < calendar->nspans && calendar->spans[low].from <= at)
		return &calendar->spans[low];
	return find_offset_span(calendar, at, low);
}

/*
 * The local date of a moment in the session's time zone.
 */
DateADT
calendar_day_of_timestamptz(Calendar *calendar, TimestampTz at)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(at)))
		no_period(false);
	if (calendar->zone != session_timezone)
	{
		calendar->zone = session_timezone;
		calendar->nspans = 0;
	}
	return calendar_day_of_timestamp(at + offset_span(calendar, at)->offset);
}

/*
 * A moment falls in the period of its local date.
 */
int32
calendar_period_of_timestamptz(Calendar *calendar, TimestampTz at)
{
	return calendar_period_of_date(calendar, calendar_day_of_timestamptz(calendar, at));
}
