/*-------------------------------------------------------------------------
 *
 * billing/source.h
 *	  A ledger straight from a table, given by name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_SOURCE_H
#define NRR_BILLING_SOURCE_H

#include "base/calendar.h"
#include "base/query.h"
#include "storage/lockdefs.h"

/* A table or view, and three of its columns */
typedef struct BillingSource
{
	Oid			relation;
	AttrNumber	customer;
	AttrNumber	at;
	AttrNumber	amount;
	Grain		grain;
} BillingSource;

/* What uses the ledger of a source, while it lives */
typedef void (*LedgerConsumer) (Datum ledger, void *arg);

/* Arguments of a call that are (source, customer, at, amount, grain) */
#define SOURCE_ARGUMENTS	5

/* Those of them that are names: (source, customer, at, amount) */
#define SOURCE_NAME_ARGUMENTS	4

extern void source_names_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source);
extern void source_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source);
extern void source_query(const BillingSource *source, const Extension *extension,
						 const DateADT *from, OwnQuery *query);
extern void source_consume(FunctionCallInfo fcinfo, const BillingSource *source,
						   LedgerConsumer consume, void *arg);
extern struct RevenueLedger *source_ledger(FunctionCallInfo fcinfo, const BillingSource *source);

extern Oid	source_relation(const char *name, LOCKMODE lock, bool missing_ok);
extern AttrNumber source_column(Oid relation, const char *name, bool missing_ok);
extern const char *quoted_relation(Oid relation);
extern const char *source_quoted_column(const BillingSource *source, AttrNumber column);

#endif							/* NRR_BILLING_SOURCE_H */
