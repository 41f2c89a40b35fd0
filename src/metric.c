/*-------------------------------------------------------------------------
 *
 * metric.c
 *	  What metrics have in common: arguments, the last period they look at,
 *	  and columns of money and percent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "metric.h"

/*
 * The place of a customer's first active period; the series' length if there
 * is none.
 */
int
first_active(const RevenueSeries *series)
{
	int			i = 0;

	while (i < series->length && series->entries[i].amount <= 0)
		i++;
	return i;
}

/*
 * The last period to look at: the one that holds 'through', which may cut the
 * ledger's range short or extend it, or else the ledger's last one.  It comes
 * before the first one if there is nothing to look at.
 */
int32
last_period(const LedgerInfo *info, const DateADT *through)
{
	int32		last;

	if (info->periods == 0)
		return info->first - 1;
	if (through == NULL)
		return info->first + info->periods - 1;
	if (DATE_NOT_FINITE(*through))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("through must be a finite date")));
	last = period_of_date(info->grain, *through);
	if (last < info->first)
		return info->first - 1;
	check_period_range(info->first, last);
	return last;
}

/*
 * An integer argument that must be there and no less than a minimum.
 */
int32
integer_argument(FunctionCallInfo fcinfo, int n, const char *name, int32 minimum)
{
	int32		value;

	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
	value = PG_GETARG_INT32(n);
	if (value < minimum)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be at least %d", name, minimum)));
	return value;
}

/*
 * A date argument, or NULL.
 */
const DateADT *
date_argument(FunctionCallInfo fcinfo, int n, DateADT *date)
{
	if (PG_ARGISNULL(n))
		return NULL;
	*date = PG_GETARG_DATEADT(n);
	return date;
}

void
result_money(ResultRows *rows, const LedgerInfo *info, int128 amount)
{
	result_column(rows, money_to_numeric(money_check(amount), info->scale, info->dscale));
}

/*
 * A percentage, or NULL of a whole of zero.
 */
void
result_percent(ResultRows *rows, int128 part, int128 whole)
{
	if (whole == 0)
		result_column_null(rows);
	else
		result_column(rows, percent_numeric(part, whole));
}
