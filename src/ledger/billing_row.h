/*-------------------------------------------------------------------------
 *
 * ledger/billing_row.h
 *	  What a billing row gives to a ledger.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_BILLING_ROW_H
#define NRR_LEDGER_BILLING_ROW_H

#include "base/customer.h"
#include "base/money.h"

typedef enum LedgerRowKind
{
	ROW_AMOUNT,					/* an amount in the period */
	ROW_LEVEL,					/* a change of the amount in it and all after it */
	ROW_TOUCHES					/* a number of touches; of no customer, and no billing row */
} LedgerRowKind;

/* What a billing row as a whole comes to, or a part of it */
typedef struct BillingRow
{
	CustomerKey customer;
	int32		period;
	LedgerRowKind kind;			/* an amount, or a change of level */
	Decimal		amount;
} BillingRow;

#endif							/* NRR_LEDGER_BILLING_ROW_H */
