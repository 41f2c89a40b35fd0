/*-------------------------------------------------------------------------
 *
 * base/aggregate_call.h
 *	  Functions that only an aggregate may call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_AGGREGATE_CALL_H
#define NRR_BASE_AGGREGATE_CALL_H

#include "fmgr.h"
#include "nodes/nodes.h"

pg_noreturn extern void not_called_by_aggregate(FunctionCallInfo fcinfo);

/*
 * AggCheckCallContext() in as few steps as a call for each row should take.
 */
static inline void
check_aggregate_call(FunctionCallInfo fcinfo)
{
	if (unlikely(fcinfo->context == NULL ||
				 !(IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState))))
		not_called_by_aggregate(fcinfo);
}

#endif							/* NRR_BASE_AGGREGATE_CALL_H */
