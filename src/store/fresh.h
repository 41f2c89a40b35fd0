/*-------------------------------------------------------------------------
 *
 * store/fresh.h
 *	  The ledgers of a source, read anew, as a table that queries can name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_STORE_FRESH_H
#define NRR_STORE_FRESH_H

#include "access/tupdesc.h"
#include "billing/source_query.h"
#include "utils/tuplestore.h"

/* Rows (ledger, and segment if the source has one), under the name 'fresh' */
typedef struct FreshLedgers
{
	MemoryContext context;
	Tuplestorestate *rows;
	TupleDesc	desc;
	DateADT		last;			/* first day of the last period of any, or -infinity */
} FreshLedgers;

extern void fresh_ledgers_read(FreshLedgers *fresh, const BillingSource *source,
							   const Extension *extension, const DateADT *from,
							   Snapshot snapshot);
extern void fresh_ledgers_name(const FreshLedgers *fresh, OwnQuery *query);

#endif							/* NRR_STORE_FRESH_H */
