/*-------------------------------------------------------------------------
 *
 * store/fresh.c
 *	  The ledgers of a source, read anew, as a table that queries can name.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/datum.h"
#include "miscadmin.h"
#include "store/fresh.h"

static void
begin_rows(TupleDesc desc, void *arg)
{
	FreshLedgers *fresh = arg;
	MemoryContext caller = MemoryContextSwitchTo(fresh->context);

	fresh->desc = CreateTupleDescCopy(desc);
	fresh->rows = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(caller);
}

static void
take_row(TupleTableSlot *slot, void *arg)
{
	FreshLedgers *fresh = arg;
	bool		isnull;
	Datum		ledger = slot_getattr(slot, 1, &isnull);
	LedgerInfo	info;

	if (isnull)
		return;
	ledger_datum_info(ledger, &info);
	if (info.periods > 0)
		fresh->last = Max(fresh->last, period_start(info.grain, info.first + info.periods - 1));
	tuplestore_puttupleslot(fresh->rows, slot);
}

/*
 * Read a source, or its periods from a day on.
 */
void
fresh_ledgers_read(FreshLedgers *fresh, const BillingSource *source,
				   const Extension *extension, const DateADT *from, Snapshot snapshot)
{
	RowConsumer consumer = {begin_rows, take_row, fresh};
	OwnQuery	query;

	fresh->context = CurrentMemoryContext;
	fresh->last = DATEVAL_NOBEGIN;
	source_query(source, extension, from, &query);
	source_query_run(source, &query, snapshot, &consumer);
}

/*
 * Let a query name them.
 */
void
fresh_ledgers_name(const FreshLedgers *fresh, OwnQuery *query)
{
	query_rows(query, "fresh", InvalidOid, fresh->desc, fresh->rows);
}
