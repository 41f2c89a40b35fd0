/*-------------------------------------------------------------------------
 *
 * ledger/datum.c
 *	  A ledger in any of its forms, for those who need not know which.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/detoast.h"
#include "ledger/builder.h"
#include "ledger/datum.h"
#include "ledger/open.h"

/*
 * A ledger of any form as a flat one, in memory as it is or palloc'd.
 */
RevenueLedger *
ledger_datum_flat(Datum ledger)
{
	RevenueLedger *flat = (RevenueLedger *) PG_DETOAST_DATUM(ledger);

	if (VARSIZE(flat) > offsetof(RevenueLedger, version) && flat->version > LEDGER_VERSION)
		unsupported_ledger(flat->version);
	if (!ledger_is_open(flat))
		return flat;
	open_ledger_check((OpenLedger *) flat);
	return open_ledger_flatten((OpenLedger *) flat);
}

/* A copy of a ledger in this memory context that is not toasted, flat or open */
RevenueLedger *
ledger_datum_copy(Datum ledger)
{
	LedgerBuilder *builder = ledger_builder_of(ledger);
	RevenueLedger *copy;

	if (builder != NULL)
		return ledger_builder_flatten(builder);
	copy = (RevenueLedger *) PG_DETOAST_DATUM_COPY(ledger);
	if (ledger_is_open(copy))
		open_ledger_check((OpenLedger *) copy);
	return copy;
}

/*
 * Have a ledger that comes out of an aggregate outlive it.  A builder moves with
 * the memory of its pool, unless others are in that, too.
 */
Datum
ledger_datum_keep(Datum ledger, MemoryContext context)
{
	LedgerBuilder *builder = ledger_builder_of(ledger);
	MemoryContext caller;

	if (builder != NULL && row_pool_keep(builder->rows.pool, context))
		return EOHPGetRODatum(&builder->header);
	caller = MemoryContextSwitchTo(context);
	ledger = PointerGetDatum(ledger_datum_copy(ledger));
	MemoryContextSwitchTo(caller);
	return ledger;
}

/* Enough of a ledger for its facts, which spares detoasting the rest */
#define HEAD_SIZE	128

static RevenueLedger *
detoast_head(Datum ledger)
{
	RevenueLedger *head = (RevenueLedger *) PG_DETOAST_DATUM_SLICE(ledger, 0, HEAD_SIZE - VARHDRSZ);

	if (ledger_is_open(head))
		open_ledger_check_head((OpenLedger *) head, VARSIZE(head));
	return head;
}

/*
 * Would a builder keep the ledger as it is, or a flat one of its rows?
 */
bool
ledger_datum_is_big(Datum ledger)
{
	LedgerBuilder *builder = ledger_builder_of(ledger);

	if (builder != NULL)
		return builder->rows.npartitions > 1 || builder->nledgers > 0;
	return toast_raw_datum_size(ledger) >= KEPT_LEDGER_SIZE;
}

/*
 * What a ledger says of itself as a whole.  A ledger that is not flat has to be
 * flattened first.  That is rare: these facts are mostly asked of stored ledgers.
 */
void
ledger_datum_info(Datum ledger, LedgerInfo *info)
{
	RevenueLedger *head = NULL;

	if (ledger_builder_of(ledger) == NULL)
		head = detoast_head(ledger);
	if (head == NULL || ledger_is_open(head))
		head = ledger_datum_flat(ledger);
	ledger_read_info(info, head, VARSIZE(head));
}

/*
 * About how many bytes a ledger takes as rows.
 */
Size
ledger_datum_row_bytes(Datum ledger)
{
	RevenueLedger *head;
	LedgerInfo	info;

	if (ledger_builder_of(ledger) != NULL)
		return OPEN_LEDGER_LIMIT;
	head = detoast_head(ledger);
	if (ledger_is_open(head))
		return ((OpenLedger *) head)->used;
	ledger_read_info(&info, head, VARSIZE(head));
	/* no run is shorter than two bytes, or makes more than two rows */
	return Min(Min(info.entries, toast_raw_datum_size(ledger)), OPEN_LEDGER_LIMIT) *
		LEDGER_ROW_SIZE(0);
}

/*
 * What a ledger must have in common with others.
 */
void
ledger_datum_traits(Datum ledger, LedgerTraits *traits)
{
	LedgerBuilder *builder = ledger_builder_of(ledger);

	if (builder != NULL)
	{
		traits->grain = builder->frame.grain;
		traits->kind = builder->frame.kind;
		traits->snapshot = builder->frame.snapshot;
	}
	else
		ledger_head_traits(detoast_head(ledger), traits);
}
