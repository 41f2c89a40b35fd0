/*-------------------------------------------------------------------------
 *
 * ledger/merge.h
 *	  Several flat ledgers read as one, customer by customer.
 *
 * Flat ledgers are in order of customer, so their sum, or difference, can be
 * read without ever being put together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_MERGE_H
#define NRR_LEDGER_MERGE_H

#include "ledger/ledger.h"
#include "ledger/series.h"

typedef struct LedgerMerge LedgerMerge;

extern LedgerMerge *ledger_merge_begin(const RevenueLedger **ledgers, const int *signs,
									   int n);
extern const LedgerInfo *ledger_merge_info(const LedgerMerge *merge);
extern bool ledger_merge_may_cancel(const LedgerMerge *merge);
extern bool ledger_merge_next(LedgerMerge *merge);
extern const CustomerKey *ledger_merge_customer(const LedgerMerge *merge);
extern RevenueSeries *ledger_merge_series(LedgerMerge *merge);
extern void ledger_merge_end(LedgerMerge *merge);

extern RevenueLedger *ledger_merge_flatten(const RevenueLedger **ledgers, const int *signs,
										   int n);

#endif							/* NRR_LEDGER_MERGE_H */
