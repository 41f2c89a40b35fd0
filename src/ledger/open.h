/*-------------------------------------------------------------------------
 *
 * ledger/open.h
 *	  Open ledgers: rows as they came, as a value.
 *
 * An open ledger is the state of an aggregate over few rows, changed in place: a
 * GROUP BY of many customers has very many of them.  A user-defined aggregate
 * without a final function may store one; wherever it is read it stands for its
 * flat form, after a check that is as strict as that of input.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_OPEN_H
#define NRR_LEDGER_OPEN_H

#include "ledger/frame.h"
#include "ledger/pool.h"

typedef struct OpenLedger
{
	int32		vl_len_;		/* varlena header, do not touch directly */
	uint8		version;		/* as in a flat ledger */
	uint8		flags;			/* LEDGER_OPEN */
	uint16		unused;
	LedgerFrame frame;
	uint32		nrows;
	uint32		used;			/* bytes of rows */
	uint32		last_row;		/* where in them the last row is, */
	uint32		last_key;		/* and the last one that has a key */
	char		rows[FLEXIBLE_ARRAY_MEMBER] pg_attribute_aligned(MAXIMUM_ALIGNOF);
} OpenLedger;

/*
 * From this many bytes on, an open ledger becomes a builder, because a pool
 * limits the memory of builders only.  It is what fills a chunk of memory.
 */
#define OPEN_LEDGER_LIMIT	(1024 - offsetof(OpenLedger, rows))

/*
 * Is a ledger in memory, or a head of one, open?  Of damaged bytes there may be
 * too few to have flags.
 */
static inline bool
ledger_is_open(const void *ledger)
{
	return VARSIZE(ledger) > offsetof(OpenLedger, flags) &&
		((const OpenLedger *) ledger)->flags == LEDGER_OPEN;
}

extern OpenLedger *open_ledger_create(const LedgerTraits *traits);
extern OpenLedger *open_ledger_of(Datum ledger);
extern OpenLedger *open_ledger_add_row(OpenLedger *open, const BillingRow *row);
extern OpenLedger *open_ledger_add_ledger(OpenLedger *open, const RevenueLedger *other);
extern void open_ledger_partition(const OpenLedger *open, RowPartition *partition, RowSpan *span);
extern RevenueLedger *open_ledger_flatten(const OpenLedger *open);
extern RevenueLedger *ledger_of_row(const LedgerTraits *traits, const BillingRow *row);

extern void open_ledger_check_head(const OpenLedger *open, Size size);
extern void open_ledger_check(const OpenLedger *open);

extern void ledger_head_traits(const RevenueLedger *head, LedgerTraits *traits);

#endif							/* NRR_LEDGER_OPEN_H */
