/*-------------------------------------------------------------------------
 *
 * ledger/scatter.h
 *	  A slice of rows in no order, put together by customer.
 *
 * Begin a set of rows, then take in one slice of it after the other.  Customers
 * keep their numbers throughout a set; rows are those of the latest slice.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_SCATTER_H
#define NRR_LEDGER_SCATTER_H

#include "ledger/pool.h"

typedef struct CustomerGroup
{
	CustomerKey customer;
	uint32		hash;
	uint32		end;			/* its rows end here, in scatter->rows */
} CustomerGroup;

typedef struct RowScatter
{
	CustomerKind kind;
	LedgerRow  *rows;			/* in order of customer */
	uint32	   *group_of_row;
	int64		nrows;			/* of the current slice */
	int64		rows_capacity;
	CustomerGroup *groups;
	int64		ngroups;
	int64		groups_capacity;
	uint32	   *slots;			/* hash table: places in groups, plus one */
	int64		nslots;
} RowScatter;

extern void scatter_begin_set(RowScatter *scatter, int64 nrows);
extern void scatter_begin_slice(RowScatter *scatter, int64 nrows);
extern void scatter_slice(RowScatter *scatter, const RowPacking *packing,
						  const RowSpan *first, const RowSpan *after);
extern void scatter_free(RowScatter *scatter);

/* The rows of a group in the current slice */
static inline LedgerRow *
scatter_rows_begin(const RowScatter *scatter, int64 group)
{
	return scatter->rows + (group == 0 ? 0 : scatter->groups[group - 1].end);
}

static inline LedgerRow *
scatter_rows_end(const RowScatter *scatter, int64 group)
{
	return scatter->rows + scatter->groups[group].end;
}

#endif							/* NRR_LEDGER_SCATTER_H */
