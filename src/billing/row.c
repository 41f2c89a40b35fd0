/*-------------------------------------------------------------------------
 *
 * billing/row.c
 *	  The SQL values of a billing row, read: a customer, when, and how much.
 *
 * The one place that knows which SQL types a billing table may have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "billing/foreign_session.h"
#include "billing/row.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"

static void
check_at_type(Oid type, Oid declared)
{
	if (type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID || type == UNKNOWNOID)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the date of a billing row cannot be of type %s", format_type_be(declared)),
			 errhint("It is a date, timestamp or timestamp with time zone; cast it to one of them.")));
}

static void
init_range(BillingReader *reader, Oid declared)
{
	reader->multirange = type_is_multirange(reader->at_type);
	reader->range = reader->multirange ?
		lookup_type_cache(reader->at_type, TYPECACHE_MULTIRANGE_INFO)->rngtype :
		lookup_type_cache(reader->at_type, TYPECACHE_RANGE_INFO);
	Assert(reader->range->rngelemtype != NULL);
	reader->at_type = getBaseType(reader->range->rngelemtype->type_id);
	if (reader->at_type == DATEOID || reader->at_type == TIMESTAMPOID ||
		reader->at_type == TIMESTAMPTZOID)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the time of a billing row cannot be of type %s", format_type_be(declared)),
			 errhint("It is a range or multirange of date, timestamp or timestamp with time zone, for example daterange(start_date, end_date).")));
}

/*
 * The zone that a time is to be told in must be that of the query.
 */
static void
check_zone(BillingShape shape)
{
	if (!is_session_of_postgres_fdw())
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot tell the local date of a timestamp with time zone on behalf of postgres_fdw"),
			 errdetail("postgres_fdw has the aggregate computed in a session of its own, whose time zone is GMT and not that of the query."),
			 shape == BILLED_OVER ?
			 errhint("Convert it in the query, as in daterange(lower(during)::date, upper(during)::date), so that the rows are fetched, or in a view on the foreign server, so that they need not be.") :
			 errhint("Convert it in the query, as in at::date or at AT TIME ZONE 'America/New_York', so that the rows are fetched, or in a view on the foreign server, so that they need not be.")));
}

static void
check_known(Oid type, const char *what)
{
	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_DATATYPE),
				 errmsg("could not determine the type of a billing row's %s", what),
				 errhint("Where only concrete types are known, use rollup(revenue_entry(customer, at, amount)).")));
}

void
billing_reader_init(BillingReader *reader, BillingShape shape, Grain grain,
					const BillingTypes *types, MemoryContext context)
{
	check_known(types->customer, "customer");
	check_known(types->when, "date");
	check_known(types->amount, "amount");

	customer_reader_init(&reader->customer, types->customer, types->collation, context);
	reader->at_type = getBaseType(types->when);
	if (shape == BILLED_OVER)
		init_range(reader, types->when);
	else
		check_at_type(reader->at_type, types->when);
	if (reader->at_type == TIMESTAMPTZOID)
		check_zone(shape);
	reader->read_amount = decimal_reader(getBaseType(types->amount));
	if (reader->read_amount == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the amount of a billing row cannot be of type %s",
						format_type_be(types->amount)),
				 errhint("It is a number, best numeric or bigint; cast it to numeric.")));
	calendar_init(&reader->calendar, grain);
}

static inline bool
is_grain(text *name, Grain grain)
{
	const char *expected = grain_name(grain);
	const char *bytes = VARDATA_ANY(name);
	int			length = VARSIZE_ANY_EXHDR(name);
	int			i = 0;

	while (i < length && expected[i] != '\0' && expected[i] == bytes[i])
		i++;
	return i == length && expected[i] == '\0';
}

/*
 * Take the grain that came with a row, which is mostly that of the row before;
 * NULL is the default.
 */
void
billing_reader_set_grain(BillingReader *reader, text *name)
{
	Grain		grain;

	if (likely(name != NULL && is_grain(name, reader->calendar.grain)))
		return;
	grain = name == NULL ? GRAIN_MONTH : grain_from_text(name);
	if (grain != reader->calendar.grain)
		calendar_init(&reader->calendar, grain);
}

static int32
period_of(BillingReader *reader, Datum at)
{
	Calendar   *calendar = &reader->calendar;

	switch (reader->at_type)
	{
		case DATEOID:
			return calendar_period_of_date(calendar, DatumGetDateADT(at));
		case TIMESTAMPOID:
			return calendar_period_of_timestamp(calendar, DatumGetTimestamp(at));
		case TIMESTAMPTZOID:
			return calendar_period_of_timestamptz(calendar, DatumGetTimestampTz(at));
		default:
			return calendar_period_of_date(calendar,
										   DatumGetDateADT(DirectFunctionCall1(date_in, at)));
	}
}

/*
 * Read a row at a time, none of whose values is NULL.  The customer's bytes
 * may be those of the value itself.
 */
void
billing_row_read(BillingReader *reader, Datum customer, Datum at, Datum amount, BillingRow *row)
{
	row->customer = customer_read(&reader->customer, customer);
	row->period = period_of(reader, at);
	row->kind = ROW_AMOUNT;
	reader->read_amount(amount, &row->amount);
}

SnapshotRule
snapshot_rule_from_text(const char *word)
{
	if (pg_strcasecmp(word, "end") == 0)
		return SNAPSHOT_END;
	if (pg_strcasecmp(word, "start") == 0)
		return SNAPSHOT_START;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown snapshot rule \"%s\"", excerpt(word)),
			 errhint("A period counts the subscriptions in force at its end or at its start.")));
}

void
billing_reader_set_snapshot(BillingReader *reader, text *name)
{
	char	   *word = text_to_cstring(name);

	reader->snapshot = snapshot_rule_from_text(word);
	pfree(word);
}

/*
 * A bound of a range as a number of days or microseconds.  One that excludes
 * the lower value, or includes the upper one, is the next number.
 */
static int64
bound_number(const BillingReader *reader, const RangeBound *bound)
{
	int64		number = reader->at_type == DATEOID ?
		DatumGetDateADT(bound->val) : DatumGetTimestamp(bound->val);

	return bound->inclusive == bound->lower ? number : number + 1;
}

static bool
is_infinity(const BillingReader *reader, const RangeBound *bound)
{
	if (bound->infinite)
		return true;
	if (reader->at_type == DATEOID)
		return DATE_NOT_FINITE(DatumGetDateADT(bound->val));
	return TIMESTAMP_NOT_FINITE(DatumGetTimestamp(bound->val));
}

static void
range_from_bounds(const BillingReader *reader, const RangeBound *lower, const RangeBound *upper,
				  BillingRange *range)
{
	if (is_infinity(reader, lower))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("a subscription or service period must have a beginning"),
				 errhint("Leave rows without one out, in a view or with FILTER (WHERE isfinite(lower(during))).")));
	range->begin = bound_number(reader, lower);
	range->endless = is_infinity(reader, upper);
	range->empty = false;
	if (!range->endless)
	{
		range->end = bound_number(reader, upper);
		range->empty = range->begin >= range->end;
	}
}

/*
 * Read a row over time, none of whose values is NULL.  It is not in any period
 * yet.
 */
void
billing_row_read_over(BillingReader *reader, Datum customer, Datum amount, BillingRow *row)
{
	row->customer = customer_read(&reader->customer, customer);
	reader->read_amount(amount, &row->amount);
}

static int
multirange_read(BillingReader *reader, MultirangeType *multirange, BillingRange **ranges)
{
	int			n = (int) multirange->rangeCount;

	*ranges = palloc_extended(n * sizeof(BillingRange), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		RangeBound	lower,
					upper;

		CHECK_FOR_INTERRUPTS();
		multirange_get_bounds(reader->range, multirange, i, &lower, &upper);
		range_from_bounds(reader, &lower, &upper, &(*ranges)[i]);
	}
	return n;
}

/*
 * The ranges of time that a row is over, in order; returns how many.  There is
 * room for one.
 */
int
billing_ranges_read(BillingReader *reader, Datum over, BillingRange *first, BillingRange **ranges)
{
	RangeBound	lower,
				upper;

	if (unlikely(reader->multirange))
		return multirange_read(reader, DatumGetMultirangeTypeP(over), ranges);
	*ranges = first;
	range_deserialize(reader->range, DatumGetRangeTypeP(over), &lower, &upper, &first->empty);
	if (!first->empty)
		range_from_bounds(reader, &lower, &upper, first);
	return 1;
}

/*
 * The local date of a moment
 */
DateADT
billing_day(BillingReader *reader, int64 moment)
{
	switch (reader->at_type)
	{
		case DATEOID:
			return (DateADT) moment;
		case TIMESTAMPOID:
			return calendar_day_of_timestamp(moment);
		default:
			return calendar_day_of_timestamptz(&reader->calendar, moment);
	}
}

/*
 * The first period that counts a subscription that begins at a moment, and the
 * first that no longer counts one that ends there.  With snapshot 'end' that is
 * the period of the moment; with 'start' it is the same period if the moment is
 * its first instant, else the next.
 */
int32
billing_range_level(BillingReader *reader, int64 moment)
{
	if (reader->snapshot == SNAPSHOT_START)
		return calendar_period_from(&reader->calendar, billing_day(reader, moment - 1) + 1);
	return calendar_period_of_date(&reader->calendar, billing_day(reader, moment));
}

/*
 * The days of a service period: from that of its first moment up to, not
 * including, that of its end, but at least one.
 */
void
billing_range_days(BillingReader *reader, const BillingRange *range, DateADT *first, DateADT *end)
{
	if (range->endless)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("the service period of an invoice must have an end"),
				 errhint("An amount per period without an end is a subscription: see subscription_ledger.")));
	*first = billing_day(reader, range->begin);
	*end = Max(billing_day(reader, range->end), *first + 1);
}
