/*-------------------------------------------------------------------------
 *
 * ledger/scan.h
 *	  The only way a metric reads a ledger: customer by customer, each a
 *	  series of periods, whatever form the ledger has.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_SCAN_H
#define NRR_LEDGER_SCAN_H

#include "ledger/ledger.h"
#include "ledger/series.h"

/* How a reader wants to see a ledger */
typedef struct LedgerView
{
	const DateADT *through;		/* up to the period that holds it; NULL: the last one */
	int32		grace;			/* longest silent gap to bridge, in periods */
} LedgerView;

typedef struct LedgerScan LedgerScan;

extern LedgerScan *ledger_scan_begin(Datum ledger, const LedgerView *view);
extern const LedgerInfo *ledger_scan_info(const LedgerScan *scan);
extern const RevenueSeries *ledger_scan_next(LedgerScan *scan);
extern const CustomerKey *ledger_scan_customer(const LedgerScan *scan);
extern void ledger_scan_end(LedgerScan *scan);

#endif							/* NRR_LEDGER_SCAN_H */
