/*-------------------------------------------------------------------------
 *
 * ledger/flatten.c
 *	  From rows to a flat ledger.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/flatten.h"

void
flattening_begin(Flattening *flattening, const LedgerFrame *frame)
{
	LedgerGrouper *grouper = &flattening->grouper;
	LedgerInfo	info;

	ledger_frame_info(frame, &info);
	ledger_grouper_init(grouper, info.kind, info.scale, ledger_end(&info) - 1);
	grouper->first = info.first;
	grouper->touches = palloc0((info.periods + 1) * sizeof(int64));
	flattening->writer = ledger_write_begin(&info);
}

/* Write the customers that the grouper was loaded with */
void
flattening_take_loaded(Flattening *flattening)
{
	LedgerGrouper *grouper = &flattening->grouper;

	while (ledger_grouper_next(grouper))
		ledger_write_customer(flattening->writer, &grouper->customer, &grouper->series);
}

RevenueLedger *
flattening_end(Flattening *flattening)
{
	RevenueLedger *ledger = ledger_write_end(flattening->writer, flattening->grouper.touches);

	pfree(flattening->grouper.touches);
	ledger_grouper_free(&flattening->grouper);
	return ledger;
}
