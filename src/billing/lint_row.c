/*-------------------------------------------------------------------------
 *
 * billing/lint_row.c
 *	  Rows that a ledger takes, packed into strings of bytes whose order is that
 *	  of customers, items, moments and amounts.
 *
 * Numbers are written from their highest byte on, with the sign turned round, so
 * that memcmp() orders them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/lint_row.h"
#include "port/pg_bswap.h"

#define SIGN	(UINT64CONST(1) << 63)

/* In the byte of a scale: the value has 128 bits */
#define WIDE_AMOUNT		0x40

static inline void
put_number(StringInfo bytes, uint64 number)
{
	number = pg_hton64(number);
	appendBinaryStringInfo(bytes, (const char *) &number, sizeof(number));
}

static inline uint64
get_number(const char *bytes)
{
	uint64		number;

	memcpy(&number, bytes, sizeof(number));
	return pg_ntoh64(number);
}

/*
 * A customer comes first.  A text has its hash before it, since keys often begin
 * alike, and its length, so that what follows is not taken for a part of it.
 */
static void
pack_customer(CustomerKind kind, const CustomerKey *customer, StringInfo bytes)
{
	switch (kind)
	{
		case CUSTOMER_INTEGER:
			put_number(bytes, (uint64) customer->number ^ SIGN);
			break;
		case CUSTOMER_UUID:
			appendBinaryStringInfo(bytes, customer->bytes, UUID_LEN);
			break;
		case CUSTOMER_TEXT:
			put_number(bytes, customer_hash(kind, customer));
			appendBinaryStringInfo(bytes, (const char *) &customer->length, sizeof(customer->length));
			appendBinaryStringInfo(bytes, customer->bytes, customer->length);
			break;
	}
}

/*
 * Unpack the customer; returns how many bytes it takes.
 */
int
lint_row_customer(const LintRowFormat *format, const char *bytes, CustomerKey *customer)
{
	switch (format->kind)
	{
		case CUSTOMER_INTEGER:
			customer->number = (int64) (get_number(bytes) ^ SIGN);
			customer->length = 0;
			return sizeof(uint64);
		case CUSTOMER_UUID:
			customer->bytes = bytes;
			customer->length = UUID_LEN;
			return UUID_LEN;
		default:
			memcpy(&customer->length, bytes + sizeof(uint64), sizeof(customer->length));
			customer->bytes = bytes + sizeof(uint64) + sizeof(customer->length);
			return sizeof(uint64) + sizeof(customer->length) + customer->length;
	}
}

static void
pack_amount(const Decimal *amount, StringInfo bytes)
{
	bool		wide = amount->value != (int64) amount->value;
	uint16		dscale = pg_hton16(amount->dscale);

	appendStringInfoCharMacro(bytes, (char) (amount->scale | (wide ? WIDE_AMOUNT : 0)));
	if (wide)
		put_number(bytes, (uint64) (amount->value >> 64) ^ SIGN);
	put_number(bytes, (uint64) amount->value ^ (wide ? 0 : SIGN));
	appendBinaryStringInfo(bytes, (const char *) &dscale, sizeof(dscale));
}

static void
unpack_amount(const char *bytes, Decimal *amount)
{
	bool		wide = (*bytes & WIDE_AMOUNT) != 0;
	uint16		dscale;

	amount->scale = *bytes++ & ~WIDE_AMOUNT;
	amount->value = (int64) (get_number(bytes) ^ SIGN);
	bytes += sizeof(uint64);
	if (wide)
	{
		amount->value = (int128) ((uint128) amount->value << 64 | get_number(bytes));
		bytes += sizeof(uint64);
	}
	memcpy(&dscale, bytes, sizeof(dscale));
	amount->dscale = pg_ntoh16(dscale);
}

/*
 * Put a row behind what bytes there are.
 */
void
lint_row_pack(const LintRowFormat *format, const CustomerKey *customer, const LintRow *row,
			  StringInfo bytes)
{
	pack_customer(format->kind, customer, bytes);
	if (format->items)
		put_number(bytes, row->item);
	put_number(bytes, (uint64) row->begin ^ SIGN);
	if (format->ranges)
		put_number(bytes, (uint64) row->end ^ SIGN);
	pack_amount(&row->amount, bytes);
}

/*
 * Unpack what comes behind the customer.
 */
void
lint_row_unpack(const LintRowFormat *format, const char *bytes, LintRow *row)
{
	row->item = 0;
	if (format->items)
	{
		row->item = get_number(bytes);
		bytes += sizeof(uint64);
	}
	row->begin = row->end = (int64) (get_number(bytes) ^ SIGN);
	bytes += sizeof(uint64);
	if (format->ranges)
	{
		row->end = (int64) (get_number(bytes) ^ SIGN);
		bytes += sizeof(uint64);
	}
	unpack_amount(bytes, &row->amount);
}

/*
 * Texts
 */

const char *
lint_moment_text(LintRowFormat *format, int64 moment)
{
	if (format->time_type == DATEOID)
		return OutputFunctionCall(&format->time_output, DateADTGetDatum((DateADT) moment));
	return OutputFunctionCall(&format->time_output, TimestampGetDatum(moment));
}

const char *
lint_when_text(LintRowFormat *format, const LintRow *row)
{
	if (!format->ranges)
		return lint_moment_text(format, row->begin);
	if (row->end == LINT_NO_END)
		return psprintf("[%s,)", lint_moment_text(format, row->begin));
	return psprintf("[%s,%s)", lint_moment_text(format, row->begin),
					lint_moment_text(format, row->end));
}

const char *
lint_amount_text(int128 value, int scale, int dscale)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out,
											   money_to_numeric(value, scale, Max(scale, dscale))));
}

const char *
lint_date_text(DateADT day)
{
	return DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(day)));
}
