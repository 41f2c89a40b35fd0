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

pg_noreturn extern void not_called_by_aggregate(FunctionCallInfo fcinfo);

#endif							/* NRR_BASE_AGGREGATE_CALL_H */
