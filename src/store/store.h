/*-------------------------------------------------------------------------
 *
 * store/store.h
 *	  A table of ledgers that add up to the ledger of a billing table.
 *
 * Such a store is a plain table.  Its rows are summands: what readers want is
 * rollup(ledger) of it, so how the billing rows are spread over them is a
 * matter of speed alone.  refresh.c keeps it up to date, trigger.c adds to it
 * what changes in the billing table, verify.c tells whether it is still right.
 * One of segments has a column 'segment', too, and rows of each of them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_STORE_STORE_H
#define NRR_STORE_STORE_H

#include "base/calendar.h"
#include "base/customer.h"
#include "base/extension.h"
#include "billing/source.h"
#include "utils/snapshot.h"

/* What all ledgers of a store have in common */
typedef struct StoreTraits
{
	Grain		grain;
	CustomerKind kind;
	SnapshotRule snapshot;
	const char *zone;			/* that periods depend on, or "" */
} StoreTraits;

extern Oid	store_find(const char *name, const char *schema);
extern Oid	store_open(const char *name, const Extension *extension, const BillingSource *source);
extern void store_check_owner(Oid store, Oid holder);
extern void store_check_columns(Oid store, const Extension *extension, const BillingSource *source);
extern void store_check_traits(Oid store, Snapshot snapshot, const StoreTraits *given);

extern void store_traits_of_source(const BillingSource *source, StoreTraits *traits);
extern const char *zone_of_type(Oid type);

#endif							/* NRR_STORE_STORE_H */
