/*-------------------------------------------------------------------------
 *
 * base/result_rows.h
 *	  The rows that a set-returning function gives.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_RESULT_ROWS_H
#define NRR_BASE_RESULT_ROWS_H

#include "fmgr.h"
#include "nodes/execnodes.h"

/* The most columns that any of our functions has */
#define MAX_COLUMNS	24

/*
 * Columns are set from left to right, then the row is put.  What they point to
 * may be palloc'd in 'context', which is current from begin to end.
 */
typedef struct ResultRows
{
	ReturnSetInfo *info;
	MemoryContext context;		/* reset after each row */
	MemoryContext caller;
	int			columns;
	Datum		values[MAX_COLUMNS];
	bool		nulls[MAX_COLUMNS];
} ResultRows;

extern void result_rows_prepare(FunctionCallInfo fcinfo);
extern void result_rows_begin(ResultRows *rows, ReturnSetInfo *info);
extern void result_rows_put(ResultRows *rows);
extern void result_rows_end(ResultRows *rows);
extern void result_rows_take(TupleTableSlot *slot, void *info);

static inline void
result_column(ResultRows *rows, Datum value)
{
	rows->nulls[rows->columns] = false;
	rows->values[rows->columns++] = value;
}

static inline void
result_column_null(ResultRows *rows)
{
	rows->nulls[rows->columns] = true;
	rows->values[rows->columns++] = (Datum) 0;
}

#endif							/* NRR_BASE_RESULT_ROWS_H */
