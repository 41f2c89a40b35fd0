/*-------------------------------------------------------------------------
 *
 * billing_row.h
 *	  The three SQL values of a billing row, read: customer, period, amount.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_ROW_H
#define NRR_BILLING_ROW_H

#include "calendar.h"
#include "customer.h"
#include "money.h"

typedef struct BillingRow
{
	CustomerKey customer;
	int32		period;
	Decimal		amount;
} BillingRow;

/* What reads the rows of one call site, whose types do not change */
typedef struct BillingReader
{
	CustomerReader customer;
	Oid			at_type;		/* base type */
	DecimalReader read_amount;
	Calendar	calendar;
} BillingReader;

extern void billing_reader_init(BillingReader *reader, Grain grain,
								Oid customer_type, Oid at_type, Oid amount_type,
								MemoryContext context);
extern void billing_reader_set_grain(BillingReader *reader, text *name);
extern void billing_row_read(BillingReader *reader, Datum customer, Datum at, Datum amount,
							 BillingRow *row);

#endif							/* NRR_BILLING_ROW_H */
