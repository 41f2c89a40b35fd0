/*-------------------------------------------------------------------------
 *
 * billing/source_query.h
 *	  The ledger of a table of billing rows, given by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_SOURCE_QUERY_H
#define NRR_BILLING_SOURCE_QUERY_H

#include "base/query.h"
#include "billing/source.h"

/* What uses the ledger of a source, while it lives */
typedef void (*LedgerConsumer) (Datum ledger, void *arg);

extern void source_consume(FunctionCallInfo fcinfo, const BillingSource *source,
						   LedgerConsumer consume, void *arg);

/*
 * The query for the ledger of a source, or for the periods from a day on; with a
 * segment there are more of them, and the segment is the second column.
 */
extern void source_query(const BillingSource *source, const Extension *extension,
						 const DateADT *from, OwnQuery *query);
extern void source_lock(const BillingSource *source, const Extension *extension);
extern void source_query_run(const BillingSource *source, OwnQuery *query, Snapshot snapshot,
							 const RowConsumer *consumer);

#endif							/* NRR_BILLING_SOURCE_QUERY_H */
