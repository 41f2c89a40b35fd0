/*-------------------------------------------------------------------------
 *
 * ledger/flatten.h
 *	  From rows to a flat ledger.
 *
 * Begin, then load the grouper and take what it has loaded, as often as it takes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_FLATTEN_H
#define NRR_LEDGER_FLATTEN_H

#include "ledger/frame.h"
#include "ledger/group.h"
#include "ledger/write.h"

typedef struct Flattening
{
	LedgerGrouper grouper;
	LedgerWriter *writer;
} Flattening;

extern void flattening_begin(Flattening *flattening, const LedgerFrame *frame);
extern void flattening_take_loaded(Flattening *flattening);
extern RevenueLedger *flattening_end(Flattening *flattening);

#endif							/* NRR_LEDGER_FLATTEN_H */
