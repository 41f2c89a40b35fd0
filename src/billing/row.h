/*-------------------------------------------------------------------------
 *
 * billing/row.h
 *	  The SQL values of a billing row, read: a customer, when, and how much.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_ROW_H
#define NRR_BILLING_ROW_H

#include "base/calendar.h"
#include "ledger/billing_row.h"
#include "ledger/ledger.h"
#include "utils/typcache.h"

/* When a billing row is: at a time, or over a range of time */
typedef enum BillingShape
{
	BILLED_AT,
	BILLED_OVER
} BillingShape;

/* The types of a row's values, as they are declared */
typedef struct BillingTypes
{
	Oid			customer;
	Oid			when;
	Oid			amount;
	Oid			collation;		/* of the customer; 0 if it is not known */
} BillingTypes;

/* What reads the rows of one call site, whose types do not change */
typedef struct BillingReader
{
	CustomerReader customer;
	TypeCacheEntry *range;		/* NULL if rows are at a time */
	bool		multirange;		/* rows are over any number of ranges */
	Oid			at_type;		/* base type of a time */
	DecimalReader read_amount;
	Calendar	calendar;
	SnapshotRule snapshot;
} BillingReader;

/* The time that a row is billed over, in days or microseconds; half-open */
typedef struct BillingRange
{
	int64		begin;
	int64		end;			/* if it has one */
	bool		empty;
	bool		endless;
} BillingRange;

extern void billing_reader_init(BillingReader *reader, BillingShape shape, Grain grain,
								const BillingTypes *types, MemoryContext context);
extern void billing_reader_set_grain(BillingReader *reader, text *name);
extern SnapshotRule snapshot_rule_from_text(const char *word);
extern void billing_reader_set_snapshot(BillingReader *reader, text *name);

extern void billing_row_read(BillingReader *reader, Datum customer, Datum at, Datum amount,
							 BillingRow *row);
extern void billing_row_read_over(BillingReader *reader, Datum customer, Datum amount,
								  BillingRow *row);
extern int	billing_ranges_read(BillingReader *reader, Datum over, BillingRange *first,
								BillingRange **ranges);
extern DateADT billing_day(BillingReader *reader, int64 moment);
extern int32 billing_range_level(BillingReader *reader, int64 moment);
extern void billing_range_days(BillingReader *reader, const BillingRange *range,
							   DateADT *first, DateADT *end);

#endif							/* NRR_BILLING_ROW_H */
