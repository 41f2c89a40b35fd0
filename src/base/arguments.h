/*-------------------------------------------------------------------------
 *
 * base/arguments.h
 *	  The arguments of an SQL call, checked one by one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_ARGUMENTS_H
#define NRR_BASE_ARGUMENTS_H

#include "fmgr.h"
#include "utils/date.h"

extern void check_argument_given(FunctionCallInfo fcinfo, int n, const char *name);
extern int32 integer_option(FunctionCallInfo fcinfo, int n, const char *name, int32 minimum,
							int32 value);
extern const DateADT *date_argument(FunctionCallInfo fcinfo, int n, const char *name,
									DateADT *date);
extern void check_date_order(const DateADT *from_date, const DateADT *to_date);

#endif							/* NRR_BASE_ARGUMENTS_H */
