/*-------------------------------------------------------------------------
 *
 * aggregate_call.h
 *	  Functions that only an aggregate may call.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_AGGREGATE_CALL_H
#define NRR_AGGREGATE_CALL_H

#include "fmgr.h"

pg_noreturn extern void not_called_by_aggregate(FunctionCallInfo fcinfo);

#endif							/* NRR_AGGREGATE_CALL_H */
