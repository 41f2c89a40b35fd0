/*-------------------------------------------------------------------------
 *
 * base/arguments.c
 *	  The arguments of an SQL call, checked one by one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"

/*
 * An argument must not be NULL.
 */
void
check_argument_given(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/*
 * An integer argument no less than a minimum; what its default is if it is NULL.
 */
int32
integer_option(FunctionCallInfo fcinfo, int n, const char *name, int32 minimum, int32 value)
{
	if (!PG_ARGISNULL(n))
		value = PG_GETARG_INT32(n);
	if (value < minimum)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", name, minimum)));
	return value;
}

/*
 * A date argument, stored in 'date' and returned by its address; NULL if the
 * argument is.
 */
const DateADT *
date_argument(FunctionCallInfo fcinfo, int n, const char *name, DateADT *date)
{
	if (PG_ARGISNULL(n))
		return NULL;
	*date = PG_GETARG_DATEADT(n);
	if (DATE_NOT_FINITE(*date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite date", name)));
	return date;
}

/*
 * Dates that are given must be in order.
 */
void
check_date_order(const DateADT *from_date, const DateADT *to_date)
{
	if (from_date != NULL && to_date != NULL && *from_date > *to_date)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("from_date must not be after to_date")));
}
