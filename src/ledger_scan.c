/*-------------------------------------------------------------------------
 *
 * ledger_scan.c
 *	  The only way a metric reads a ledger: customer by customer, each a
 *	  series of periods, whatever form the ledger has.
 *
 * A flat ledger is decoded as it is read; a builder is grouped partition by
 * partition, and never flattened.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_build.h"
#include "ledger_scan.h"
#include "miscadmin.h"

struct LedgerScan
{
	LedgerInfo	info;			/* of what the reader sees; no counts, no total */
	int32		end;			/* the period after the last one to see */
	int32		grace;
	const LedgerBuilder *builder;	/* NULL if the ledger is flat */
	int			next_partition;
	LedgerGrouper grouper;
	LedgerReader reader;
};

/*
 * Narrow the range down to the periods up to the one that holds 'through', or
 * extend it.  It is empty if there is nothing to see.
 */
static void
set_view(LedgerScan *scan, const LedgerView *view)
{
	LedgerInfo *info = &scan->info;

	scan->grace = view->grace;
	scan->end = info->first + info->periods;
	if (view->through == NULL || info->periods == 0)
		return;
	scan->end = Max(info->first, period_of_date(info->grain, *view->through) + 1);
	info->periods = scan->end - info->first;
}

/*
 * Begin to read a ledger, which must stay where it is.
 *
 * Where something was subtracted, rows may have taken each other away at the
 * ends of a builder's range; what is left of it is known when it is flat.
 */
LedgerScan *
ledger_scan_begin(Datum ledger, const LedgerView *view)
{
	LedgerScan *scan = palloc0(sizeof(LedgerScan));
	LedgerBuilder *builder = ledger_datum_builder(ledger);

	if (builder != NULL && !builder->frame.may_cancel)
	{
		scan->builder = builder;
		ledger_frame_info(&builder->frame, &scan->info);
		set_view(scan, view);
		ledger_grouper_init(&scan->grouper, scan->info.kind, scan->info.scale, scan->end - 1);
	}
	else
	{
		ledger_read_begin(&scan->reader, ledger_datum_flat(ledger));
		scan->info = scan->reader.info;
		set_view(scan, view);
	}
	return scan;
}

const LedgerInfo *
ledger_scan_info(const LedgerScan *scan)
{
	return &scan->info;
}

/*
 * Cut a flat ledger's series where the view ends, or carry on what lasts.
 */
static inline void
fit_series(const LedgerScan *scan, RevenueSeries *series)
{
	const LedgerInfo *whole = &scan->reader.info;
	RevenueRun *last = series->runs + series->length - 1;

	if (series->length == 0)
		return;
	if (whole->lasting && run_end(last) == ledger_end(whole))
		last->length = scan->end - last->period;
	while (series->length > 0 && last->period >= scan->end)
	{
		series->length--;
		last--;
	}
	if (series->length > 0 && run_end(last) > scan->end)
		last->length = scan->end - last->period;
}

/*
 * Bridge silent gaps: where nothing at all was paid for a few periods, and
 * then again, the amount before the gap goes on until its end.
 */
static void
bridge_gaps(RevenueSeries *series, int32 grace)
{
	for (int i = 1; i < series->length; i++)
	{
		RevenueRun *before = &series->runs[i - 1];
		RevenueRun *after = &series->runs[i];

		if (before->amount > 0 && after->amount > 0 && after->period - run_end(before) <= grace)
			before->length = after->period - before->period;
	}
}

static RevenueSeries *
next_of_ledger(LedgerScan *scan)
{
	if (!ledger_read_next(&scan->reader))
		return NULL;
	if ((scan->reader.customers_left & 1023) == 0)
		CHECK_FOR_INTERRUPTS();
	fit_series(scan, &scan->reader.series);
	return &scan->reader.series;
}

static RevenueSeries *
next_of_builder(LedgerScan *scan)
{
	while (!ledger_grouper_next(&scan->grouper))
	{
		const PartitionedRows *rows = &scan->builder->rows;

		if (scan->next_partition == rows->npartitions)
			return NULL;
		ledger_grouper_load(&scan->grouper, &rows->partitions[scan->next_partition++]);
	}
	return &scan->grouper.series;
}

/*
 * The series of the next customer, which holds until the call after it; NULL
 * when there is none left.  A series may be empty.
 */
const RevenueSeries *
ledger_scan_next(LedgerScan *scan)
{
	RevenueSeries *series;

	series = scan->builder == NULL ? next_of_ledger(scan) : next_of_builder(scan);
	if (scan->grace > 0 && series != NULL)
		bridge_gaps(series, scan->grace);
	return series;
}

/* The customer whose series was given last */
const CustomerKey *
ledger_scan_customer(const LedgerScan *scan)
{
	return scan->builder != NULL ? &scan->grouper.customer : &scan->reader.customer;
}

void
ledger_scan_end(LedgerScan *scan)
{
	if (scan->builder != NULL)
		ledger_grouper_free(&scan->grouper);
	else
		ledger_read_end(&scan->reader);
	pfree(scan);
}
