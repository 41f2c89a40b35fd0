/*-------------------------------------------------------------------------
 *
 * base/calendar.h
 *	  Grains, and the numbering of their periods.
 *
 * A period is a plain number: consecutive periods of a grain have consecutive
 * numbers, so that ages and lookbacks are differences.  Day 0 and month 0 are
 * those of 2000-01-01; week 0 begins on Monday, 2000-01-03.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_CALENDAR_H
#define NRR_BASE_CALENDAR_H

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

typedef enum Grain
{
	GRAIN_DAY,
	GRAIN_WEEK,
	GRAIN_MONTH,
	GRAIN_QUARTER,
	GRAIN_YEAR
} Grain;

#define GRAIN_LAST	GRAIN_YEAR

/* The widest range of periods in one ledger; arrays over periods rely on it. */
#define MAX_PERIODS	262144

/* A span of time in which the session's time zone keeps one offset from UTC */
typedef struct OffsetSpan
{
	TimestampTz from;			/* inclusive */
	TimestampTz until;			/* exclusive */
	int64		offset;			/* microseconds east of UTC */
} OffsetSpan;

#define OFFSET_SPANS	64

/*
 * What remembers the last answers, so that a row costs no calendar arithmetic
 * where it falls in the period, or the stretch of daylight saving time, of an
 * earlier one.  Zeroed memory with a grain is a fresh calendar.
 */
typedef struct Calendar
{
	Grain		grain;
	DateADT		first_day;		/* the last period found: its days that are known */
	DateADT		next_day;
	int32		period;
	const pg_tz *zone;			/* what the spans below hold for */
	int			nspans;
	OffsetSpan	spans[OFFSET_SPANS];	/* in order of time */
} Calendar;

extern bool grain_lookup(text *name, Grain *grain);
extern Grain grain_from_text(text *name);
extern const char *grain_name(Grain grain);

extern bool date_has_period(DateADT date);
extern DateADT day_before(DateADT day);
extern int32 period_of_date(Grain grain, DateADT date);
extern bool period_exists(Grain grain, int64 period);
extern DateADT period_start(Grain grain, int32 period);

extern void calendar_init(Calendar *calendar, Grain grain);
extern int32 calendar_period_of_date(Calendar *calendar, DateADT date);
extern int32 calendar_period_from(Calendar *calendar, DateADT day);
extern int32 calendar_period_of_timestamp(Calendar *calendar, Timestamp at);
extern int32 calendar_period_of_timestamptz(Calendar *calendar, TimestampTz at);
extern DateADT calendar_day_of_timestamp(Timestamp at);
extern DateADT calendar_day_of_timestamptz(Calendar *calendar, TimestampTz at);

extern void check_period_range(int32 first, int32 last);

#endif							/* NRR_BASE_CALENDAR_H */
