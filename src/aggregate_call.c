/*-------------------------------------------------------------------------
 *
 * aggregate_call.c
 *	  Functions that only an aggregate may call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "aggregate_call.h"
#include "utils/regproc.h"

/*
 * They change their state in place, which somebody else may still want as it is.
 */
pg_noinline void
not_called_by_aggregate(FunctionCallInfo fcinfo)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("function %s was not called by an aggregate",
					format_procedure(fcinfo->flinfo->fn_oid)),
			 errhint("It is a part of aggregate functions: call one of those.")));
}
