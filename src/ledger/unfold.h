/*-------------------------------------------------------------------------
 *
 * ledger/unfold.h
 *	  From a flat ledger back to rows, to which others can be added.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_UNFOLD_H
#define NRR_LEDGER_UNFOLD_H

#include "ledger/frame.h"
#include "ledger/rows.h"

/* What takes rows: a builder's partitions or an open ledger */
typedef void (*RowSink) (void *sink, LedgerRow row, const CustomerKey *customer);

extern void unfold_flat(const RevenueLedger *ledger, LedgerFrame *frame, RowSink put, void *sink);

#endif							/* NRR_LEDGER_UNFOLD_H */
