/*-------------------------------------------------------------------------
 *
 * bridge/metric.c
 *	  What metrics have in common: revenue out of net amounts, arguments, and
 *	  columns of money and percent.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "bridge/metric.h"
#include "miscadmin.h"

/* Less than this is not worth another reading of the ledger */
#define MIN_METRIC_MEMORY	(4 * 1024 * 1024)

/*
 * The place of the run with a customer's first active period; the series'
 * length if there is none.
 */
int
first_active(const RevenueSeries *series)
{
	int			i = 0;

	while (i < series->length && series->runs[i].amount <= 0)
		i++;
	return i;
}

/*
 * Bytes that a metric's sums may take.
 */
Size
metric_memory(void)
{
	return Max(get_hash_memory_limit(), MIN_METRIC_MEMORY);
}

/*
 * What there is to see, for a metric that has arrays over its periods.
 */
const LedgerInfo *
metric_info(const LedgerScan *scan)
{
	const LedgerInfo *info = ledger_scan_info(scan);

	if (info->periods > 0)
		check_period_range(info->first, info->first + info->periods - 1);
	return info;
}

void
result_money(ResultRows *rows, const LedgerInfo *info, int128 amount)
{
	result_column(rows, money_to_numeric(money_check(amount), info->scale, info->dscale));
}

/*
 * A rate in percent; NULL if it is undefined.
 */
void
result_percent(ResultRows *rows, Fraction rate)
{
	if (rate.whole == 0)
		result_column_null(rows);
	else
		result_column(rows, percent_numeric(rate.part, rate.whole));
}

/*
 * A ratio; NULL if it is undefined.
 */
void
result_ratio(ResultRows *rows, Fraction ratio)
{
	if (ratio.whole == 0)
		result_column_null(rows);
	else
		result_column(rows, ratio_numeric(ratio.part, ratio.whole));
}
