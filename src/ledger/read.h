/*-------------------------------------------------------------------------
 *
 * ledger/read.h
 *	  Reads a flat ledger customer by customer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_READ_H
#define NRR_LEDGER_READ_H

#include "ledger/ledger.h"
#include "ledger/series.h"

typedef struct LedgerReader
{
	LedgerInfo	info;
	const char *position;
	const char *end;
	int64		customers_left;
	CustomerKey customer;
	char	   *text;			/* where keys of kind text are put together */
	RevenueSeries series;		/* what lasts, lasts one period too long */
	RevenueSeries surplus;
} LedgerReader;

extern void ledger_read_begin(LedgerReader *reader, const RevenueLedger *ledger);
extern bool ledger_read_next(LedgerReader *reader);
extern bool ledger_read_key(LedgerReader *reader);
extern void ledger_read_series(LedgerReader *reader, RevenueSeries *series);
extern void ledger_read_end(LedgerReader *reader);

/* Pieces, for what checks them */
extern const char *ledger_get_surplus(const char *p, const char *end, const LedgerInfo *info,
									  RevenueSeries *surplus);
extern const char *ledger_get_key(const char *p, const char *end, LedgerReader *reader,
								  bool is_first);

/* The bytes that are a ledger's value: some stretches of it */
#define LEDGER_VALUE_PARTS	3

typedef struct LedgerValue
{
	const unsigned char *parts[LEDGER_VALUE_PARTS];
	Size		sizes[LEDGER_VALUE_PARTS];
} LedgerValue;

extern void ledger_value(const RevenueLedger *ledger, LedgerValue *value);

#endif							/* NRR_LEDGER_READ_H */
