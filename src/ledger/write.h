/*-------------------------------------------------------------------------
 *
 * ledger/write.h
 *	  Puts a flat ledger together from customers in any order.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_WRITE_H
#define NRR_LEDGER_WRITE_H

#include "ledger/ledger.h"
#include "ledger/series.h"

typedef struct LedgerWriter LedgerWriter;

extern LedgerWriter *ledger_write_begin(const LedgerInfo *frame);
extern void ledger_write_customer(LedgerWriter *writer, const CustomerKey *key,
								  const RevenueSeries *series);
extern RevenueLedger *ledger_write_end(LedgerWriter *writer, const int64 *touches);

#endif							/* NRR_LEDGER_WRITE_H */
