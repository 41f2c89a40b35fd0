/*-------------------------------------------------------------------------
 *
 * ledger_group.h
 *	  From rows in no order to customers, each with its series of periods.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_GROUP_H
#define NRR_LEDGER_GROUP_H

#include "ledger.h"
#include "row_pool.h"

typedef struct CustomerGroup
{
	CustomerKey customer;
	uint32		hash;
	uint32		end;			/* its rows end here, in grouper->rows */
} CustomerGroup;

/*
 * Load it with a set of rows that holds all of a customer or nothing of it,
 * then take customer after customer.  Scratch memory is kept from load to load.
 */
typedef struct LedgerGrouper
{
	CustomerKind kind;
	int			scale;			/* of the amounts in series */
	int32		last;			/* what comes after it is left out of series */
	int64	   *touches;		/* if not NULL, they are counted here, */
	int32		first;			/* from this period on */

	CustomerKey customer;		/* the current one */
	RevenueSeries series;

	LedgerRow  *rows;			/* in order of customer */
	uint32	   *group_of_row;
	int64		rows_capacity;
	CustomerGroup *groups;
	int64		ngroups;
	int64		groups_capacity;
	uint32	   *slots;			/* hash table: places in groups, plus one */
	int64		nslots;
	int64		next_group;
} LedgerGrouper;

extern void ledger_grouper_init(LedgerGrouper *grouper, CustomerKind kind, int scale, int32 last);
extern void ledger_grouper_load(LedgerGrouper *grouper, const RowPartition *partition);
extern bool ledger_grouper_next(LedgerGrouper *grouper);
extern void ledger_grouper_free(LedgerGrouper *grouper);

#endif							/* NRR_LEDGER_GROUP_H */
