/*-------------------------------------------------------------------------
 *
 * base/result_rows.c
 *	  The rows that a set-returning function gives.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/result_rows.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/*
 * Say that a call gives a set of rows, of which there are none so far.
 */
void
result_rows_prepare(FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
}

void
result_rows_begin(ResultRows *rows, ReturnSetInfo *info)
{
	if (info->setDesc->natts > MAX_COLUMNS)
		elog(ERROR, "a row of %d columns is wider than %d", info->setDesc->natts, MAX_COLUMNS);
	rows->info = info;
	rows->columns = 0;
	rows->context = AllocSetContextCreate(CurrentMemoryContext, "nrr result row",
										  ALLOCSET_DEFAULT_SIZES);
	rows->caller = MemoryContextSwitchTo(rows->context);
}

void
result_rows_put(ResultRows *rows)
{
	CHECK_FOR_INTERRUPTS();
	Assert(rows->columns == rows->info->setDesc->natts);
	tuplestore_putvalues(rows->info->setResult, rows->info->setDesc, rows->values, rows->nulls);
	rows->columns = 0;
	MemoryContextReset(rows->context);
}

void
result_rows_end(ResultRows *rows)
{
	MemoryContextSwitchTo(rows->caller);
	MemoryContextDelete(rows->context);
}

/*
 * A row of a query as a row of the result of a call, whose ReturnSetInfo is
 * given.
 */
void
result_rows_take(TupleTableSlot *slot, void *info)
{
	CHECK_FOR_INTERRUPTS();
	tuplestore_puttupleslot(((ReturnSetInfo *) info)->setResult, slot);
}
