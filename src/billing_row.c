/*-------------------------------------------------------------------------
 *
 * billing_row.c
 *	  The three SQL values of a billing row, read: customer, period, amount.
 *
 * The one place that knows which SQL types a billing table may have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "billing_row.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

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
check_known(Oid type, const char *what)
{
	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_DATATYPE),
				 errmsg("could not determine the type of a billing row's %s", what),
				 errhint("Where only concrete types are known, use rollup(revenue_entry(customer, at, amount)).")));
}

void
billing_reader_init(BillingReader *reader, Grain grain,
					Oid customer_type, Oid at_type, Oid amount_type,
					MemoryContext context)
{
	check_known(customer_type, "customer");
	check_known(at_type, "date");
	check_known(amount_type, "amount");

	customer_reader_init(&reader->customer, customer_type, context);
	reader->at_type = getBaseType(at_type);
	check_at_type(reader->at_type, at_type);
	reader->read_amount = decimal_reader(getBaseType(amount_type));
	if (reader->read_amount == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the amount of a billing row cannot be of type %s",
						format_type_be(amount_type)),
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
 * Take the grain that came with a row, which is mostly that of the row before.
 */
void
billing_reader_set_grain(BillingReader *reader, text *name)
{
	Grain		grain;

	if (likely(is_grain(name, reader->calendar.grain)))
		return;
	grain = grain_from_text(name);
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
 * Read a row, none of whose values is NULL.  The customer's bytes may be those
 * of the value itself.
 */
void
billing_row_read(BillingReader *reader, Datum customer, Datum at, Datum amount, BillingRow *row)
{
	row->customer = customer_read(&reader->customer, customer);
	row->period = period_of(reader, at);
	reader->read_amount(amount, &row->amount);
}
