/*-------------------------------------------------------------------------
 *
 * ledger/datum.h
 *	  A ledger in any of its forms, for those who need not know which.
 *
 * A revenue_ledger value has three forms.  Flat is the one that is stored, and
 * described in ledger/ledger.h.  The other two live within a query only: an open
 * ledger (ledger/open.h) and a builder (ledger/builder.h).
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_DATUM_H
#define NRR_LEDGER_DATUM_H

#include "ledger/ledger.h"

extern RevenueLedger *ledger_datum_flat(Datum ledger);
extern RevenueLedger *ledger_datum_copy(Datum ledger);
extern Datum ledger_datum_keep(Datum ledger, MemoryContext context);
extern Size ledger_datum_row_bytes(Datum ledger);
extern bool ledger_datum_is_big(Datum ledger);
extern void ledger_datum_info(Datum ledger, LedgerInfo *info);
extern void ledger_datum_traits(Datum ledger, LedgerTraits *traits);

#define PG_GETARG_LEDGER(n)	ledger_datum_flat(PG_GETARG_DATUM(n))
#define PG_RETURN_LEDGER(ledger) PG_RETURN_POINTER(ledger)

#endif							/* NRR_LEDGER_DATUM_H */
