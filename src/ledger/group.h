/*-------------------------------------------------------------------------
 *
 * ledger/group.h
 *	  From rows in no order to customers, each with its series of periods.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_GROUP_H
#define NRR_LEDGER_GROUP_H

#include "ledger/cursor.h"
#include "ledger/scatter.h"
#include "ledger/series.h"

/* The sum of a customer's rows of one kind in a period */
typedef struct PeriodSum
{
	int128		amount;
	int32		period;
	int32		kind;			/* ROW_AMOUNT or ROW_LEVEL */
} PeriodSum;

/*
 * Load it with a set of rows that holds all of a customer or nothing of it,
 * then take customer after customer.  Scratch memory is kept from load to load.
 *
 * A big set is taken in slice by slice, and each of them summed by customer and
 * period, so that memory follows those and not the rows.
 */
typedef struct LedgerGrouper
{
	int			scale;			/* of the amounts in series */
	int32		last;			/* what comes after it is left out of series */
	int64	   *touches;		/* if not NULL, they are counted here, */
	int32		first;			/* from this period on */

	CustomerKey customer;		/* the current one */
	RevenueSeries series;

	RowScatter	scatter;
	int64		next_group;

	bool		is_summed;		/* the set has more than one slice: all is in sums */
	PeriodSum  *sums;			/* in order of customer, period and kind */
	int64		nsums;
	int64		sums_capacity;
	int64	   *ends_of_sums;	/* of each group */
	int64		nends;			/* groups that have one, and their key copied, */
	int64		ends_capacity;
	MemoryContext keys;			/* into this */
} LedgerGrouper;

extern void ledger_grouper_init(LedgerGrouper *grouper, CustomerKind kind, int scale, int32 last);
extern void ledger_grouper_load_rows(LedgerGrouper *grouper, const RowPartition *partition);
extern bool ledger_grouper_load(LedgerGrouper *grouper, RowCursor *cursor);
extern bool ledger_grouper_next(LedgerGrouper *grouper);
extern void ledger_grouper_free(LedgerGrouper *grouper);

#endif							/* NRR_LEDGER_GROUP_H */
