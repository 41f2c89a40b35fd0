/*-------------------------------------------------------------------------
 *
 * ledger/batches.h
 *	  Customers that come in batches, each in order, and are read all in order.
 *
 * What a customer comes with is bytes of any kind.  Keys are kept as in a flat
 * ledger, by what tells them from the one before, and so are batches no bigger
 * than the ledger that they become.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_BATCHES_H
#define NRR_LEDGER_BATCHES_H

#include "base/customer.h"

typedef struct LedgerBatches LedgerBatches;

extern LedgerBatches *ledger_batches_create(CustomerKind kind);
extern void ledger_batches_begin(LedgerBatches *batches, const CustomerKey *first);
extern void ledger_batches_put(LedgerBatches *batches, const CustomerKey *key,
							   const char *bytes, Size size);
extern Size ledger_batches_size(const LedgerBatches *batches);

extern void ledger_batches_read_begin(LedgerBatches *batches);
extern bool ledger_batches_read(LedgerBatches *batches, CustomerKey *key, const char **bytes,
								Size *size);
extern void ledger_batches_free(LedgerBatches *batches);

#endif							/* NRR_LEDGER_BATCHES_H */
