/*-------------------------------------------------------------------------
 *
 * ledger/builder.h
 *	  Builders: ledgers in the making whose rows are in a pool.
 *
 * A builder is an expanded object.  Flat ledgers that are added to it, if they are
 * not small, are kept as they are, to be merged when they are read.  It is the
 * state of an aggregate over more rows than an open ledger takes, and its result,
 * read by ledger/scan.h without ever being flattened.  All builders of an aggregate
 * share the pool, and are gone with its memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_BUILDER_H
#define NRR_LEDGER_BUILDER_H

#include "ledger/frame.h"
#include "ledger/partitions.h"
#include "utils/expandeddatum.h"

typedef struct LedgerBuilder
{
	ExpandedObjectHeader header;
	LedgerFrame frame;
	PartitionedRows rows;
	RevenueLedger **ledgers;	/* flat ones that belong to it, too */
	int			nledgers;
	RevenueLedger *flat;		/* all of it as a flat ledger, if ever asked for */
} LedgerBuilder;

/* Flat ledgers of this size are kept as they are */
#define KEPT_LEDGER_SIZE	(32 * 1024)

extern LedgerBuilder *ledger_builder_create(RowPool *pool, const LedgerTraits *traits);
extern void ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row);
extern void ledger_builder_add_ledger(LedgerBuilder *builder, RevenueLedger *ledger,
									  const LedgerTraits *traits);
extern bool ledger_builder_has_only_rows(LedgerBuilder *builder);
extern int	ledger_builder_ledgers(const LedgerBuilder *builder, const RevenueLedger ***ledgers);
extern RevenueLedger *ledger_builder_flatten(LedgerBuilder *builder);

/*
 * The builder that a ledger is, or NULL.
 */
static inline LedgerBuilder *
ledger_builder_of(Datum ledger)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(ledger)))
		return NULL;
	return (LedgerBuilder *) DatumGetEOHP(ledger);
}

#endif							/* NRR_LEDGER_BUILDER_H */
