/*-------------------------------------------------------------------------
 *
 * ledger/build.h
 *	  Ledgers in the making.
 *
 * A revenue_ledger value has three forms.  Flat is the one that is stored and
 * described in ledger.h.  The other two live within a query only:
 *
 * An open ledger is a varlena of rows as they came.  It is the state of an
 * aggregate over few rows, changed in place: a GROUP BY of many customers
 * has very many of them.  Nothing keeps one from being stored by somebody's own
 * aggregate without a final function; wherever it is read it stands for its flat
 * form, after a check that is as strict as that of input.
 *
 * A builder is an expanded object whose rows are in a pool.  Flat ledgers that
 * are added to it, if they are not small, are kept as they are, to be merged
 * when they are read.  It is the state of an aggregate over more rows, and its
 * result, read by ledger_scan.h without ever being flattened.  All builders of
 * an aggregate share the pool, and are gone with its memory context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_BUILD_H
#define NRR_LEDGER_BUILD_H

#include "ledger/billing_row.h"
#include "ledger/group.h"
#include "ledger/ledger.h"
#include "ledger/pool.h"
#include "utils/expandeddatum.h"

/* What is known of rows as a whole while they arrive */
typedef struct LedgerFrame
{
	int32		first;			/* no row's period lies outside, but for levels */
	int32		last;			/* that end with it; first > last: no row yet */
	uint16		dscale;
	uint8		grain;
	uint8		kind;
	uint8		scale;			/* the largest so far */
	uint8		snapshot;
	bool		lasting;		/* some level may last beyond the last period */
	bool		may_cancel;		/* the range may be narrower than the frame */
} LedgerFrame;

/* What ledgers, or rows, must have in common to become one ledger */
typedef struct LedgerTraits
{
	Grain		grain;
	CustomerKind kind;
	SnapshotRule snapshot;
} LedgerTraits;

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
 * Bytes of rows from which on a builder is better than an open ledger, whose
 * memory no pool controls: as many as fill a chunk of memory
 */
#define OPEN_LEDGER_LIMIT	(1024 - offsetof(OpenLedger, rows))

typedef struct LedgerBuilder
{
	ExpandedObjectHeader header;
	LedgerFrame frame;
	PartitionedRows rows;
	RevenueLedger **ledgers;	/* flat ones that belong to it, too */
	int			nledgers;
	RevenueLedger *flat;		/* all of it as a flat ledger, if ever asked for */
} LedgerBuilder;

extern void ledger_frame_info(const LedgerFrame *frame, LedgerInfo *info);

extern LedgerBuilder *ledger_builder_create(RowPool *pool, const LedgerTraits *traits);
extern void ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row);
extern void ledger_builder_add_ledger(LedgerBuilder *builder, Datum ledger);
extern int	ledger_builder_ledgers(const LedgerBuilder *builder, const RevenueLedger ***ledgers);
extern void ledger_builder_settle(LedgerBuilder *builder);
extern RevenueLedger *ledger_builder_flatten(LedgerBuilder *builder);

extern OpenLedger *open_ledger_create(const LedgerTraits *traits);
extern OpenLedger *open_ledger_add_row(OpenLedger *open, const BillingRow *row);
extern RevenueLedger *ledger_of_row(const LedgerTraits *traits, const BillingRow *row);
extern OpenLedger *open_ledger_add_ledger(OpenLedger *open, Datum ledger);
extern void open_ledger_check_head(const OpenLedger *open, Size size);
extern void open_ledger_check(const OpenLedger *open);

extern LedgerBuilder *ledger_datum_builder(Datum ledger);
extern OpenLedger *ledger_datum_open(Datum ledger);
extern RevenueLedger *ledger_datum_flat(Datum ledger);
extern RevenueLedger *ledger_datum_copy(Datum ledger);
extern Size ledger_datum_row_bytes(Datum ledger);
extern bool ledger_datum_is_big(Datum ledger);
extern void ledger_datum_info(Datum ledger, LedgerInfo *info);
extern void ledger_datum_traits(Datum ledger, LedgerTraits *traits);

#define PG_GETARG_LEDGER(n)	ledger_datum_flat(PG_GETARG_DATUM(n))
#define PG_RETURN_LEDGER(ledger) PG_RETURN_POINTER(ledger)

#endif							/* NRR_LEDGER_BUILD_H */
