/*-------------------------------------------------------------------------
 *
 * billing/lint_row.h
 *	  Rows that a ledger takes, packed into strings of bytes whose order is that
 *	  of customers, items, moments and amounts.
 *
 * The order of customers is not that of their texts; all that counts is that the
 * rows of one are together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_LINT_ROW_H
#define NRR_BILLING_LINT_ROW_H

#include "base/calendar.h"
#include "base/customer.h"
#include "base/money.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"

typedef struct LintRow
{
	uint64		item;			/* rows of other items do not end this one */
	int64		begin;			/* days or microseconds */
	int64		end;			/* of a range, else the begin */
	Decimal		amount;			/* no zeros at the end of its digits, but it knows them */
} LintRow;

/* The end of what has none */
#define LINT_NO_END		PG_INT64_MAX

/* How the rows of a source are packed */
typedef struct LintRowFormat
{
	CustomerKind kind;
	bool		ranges;
	bool		items;
	Oid			time_type;
	FmgrInfo	time_output;
} LintRowFormat;

extern void lint_row_pack(const LintRowFormat *format, const CustomerKey *customer,
						  const LintRow *row, StringInfo bytes);
extern int	lint_row_customer(const LintRowFormat *format, const char *bytes, CustomerKey *customer);
extern void lint_row_unpack(const LintRowFormat *format, const char *bytes, LintRow *row);

extern const char *lint_moment_text(LintRowFormat *format, int64 moment);
extern const char *lint_when_text(LintRowFormat *format, const LintRow *row);
extern const char *lint_amount_text(int128 value, int scale, int dscale);
extern const char *lint_date_text(DateADT day);

/* A day in the unit of moments */
static inline int64
lint_days(const LintRowFormat *format, int days)
{
	return format->time_type == DATEOID ? days : days * USECS_PER_DAY;
}

#endif							/* NRR_BILLING_LINT_ROW_H */
