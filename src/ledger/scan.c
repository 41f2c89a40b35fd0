/*-------------------------------------------------------------------------
 *
 * ledger/scan.c
 *	  The only way a metric reads a ledger: customer by customer, each a
 *	  series of periods, whatever form the ledger has.
 *
 * A flat ledger is decoded as it is read, and several are merged as they are
 * read.  The rows of a builder are grouped partition by partition, and never
 * flattened, except for those beside flat ledgers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/builder.h"
#include "ledger/cursor.h"
#include "ledger/datum.h"
#include "ledger/group.h"
#include "ledger/merge.h"
#include "ledger/read.h"
#include "ledger/scan.h"

/* Where series come from */
typedef enum ScanSource
{
	SCAN_LEDGER,
	SCAN_MERGE,
	SCAN_ROWS
} ScanSource;

struct LedgerScan
{
	ScanSource	source;
	LedgerInfo	whole;			/* of the ledger; no counts, no total */
	LedgerInfo	info;			/* of what the reader sees */
	int32		end;			/* the period after the last one to see */
	int32		grace;
	LedgerReader reader;		/* SCAN_LEDGER */
	LedgerMerge *merge;			/* SCAN_MERGE */
	LedgerGrouper grouper;		/* SCAN_ROWS */
	RowCursor	cursor;
};

/*
 * Narrow the range down to the periods up to the one that holds 'through', or
 * extend it.  It is empty if there is nothing to see.
 */
static void
set_view(LedgerScan *scan, const LedgerView *view)
{
	LedgerInfo *info = &scan->info;

	*info = scan->whole;
	scan->grace = view->grace;
	scan->end = info->first + info->periods;
	if (view->through == NULL || info->periods == 0)
		return;
	scan->end = Max(info->first, period_of_date(info->grain, *view->through) + 1);
	info->periods = scan->end - info->first;
}

/*
 * Begin to read a builder's rows, if its range can be told without flattening.
 */
static bool
begin_rows(LedgerScan *scan, LedgerBuilder *builder)
{
	if (!ledger_builder_has_only_rows(builder))
		return false;
	scan->source = SCAN_ROWS;
	ledger_frame_info(&builder->frame, &scan->whole);
	row_cursor_begin(&scan->cursor, &builder->rows);
	return true;
}

static void
begin_ledger(LedgerScan *scan, const RevenueLedger *ledger)
{
	scan->source = SCAN_LEDGER;
	ledger_read_begin(&scan->reader, ledger);
	scan->whole = scan->reader.info;
}

/*
 * Likewise, a builder that has flat ledgers.
 */
static bool
begin_merge(LedgerScan *scan, const LedgerBuilder *builder)
{
	const RevenueLedger **ledgers;
	int			n;

	if (builder->nledgers == 0)
		return false;
	n = ledger_builder_ledgers(builder, &ledgers);
	if (n == 1)
	{
		begin_ledger(scan, ledgers[0]);
		scan->whole.dscale = builder->frame.dscale;
		return true;
	}
	scan->merge = ledger_merge_begin(ledgers, NULL, n);
	if (ledger_merge_may_cancel(scan->merge))
	{
		ledger_merge_end(scan->merge);
		return false;
	}
	scan->source = SCAN_MERGE;
	scan->whole = *ledger_merge_info(scan->merge);
	scan->whole.dscale = builder->frame.dscale;
	return true;
}

/*
 * Begin to read a ledger, which must stay where it is.
 */
LedgerScan *
ledger_scan_begin(Datum ledger, const LedgerView *view)
{
	LedgerScan *scan = palloc0(sizeof(LedgerScan));
	LedgerBuilder *builder = ledger_builder_of(ledger);

	if (builder == NULL || !(begin_rows(scan, builder) || begin_merge(scan, builder)))
		begin_ledger(scan, ledger_datum_flat(ledger));
	set_view(scan, view);
	if (scan->source == SCAN_ROWS)
		ledger_grouper_init(&scan->grouper, scan->whole.kind, scan->whole.scale, scan->end - 1);
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
	RevenueRun *last;

	if (series->length == 0)
		return;
	last = &series->runs[series->length - 1];
	if (scan->whole.lasting && run_end(last) == ledger_end(&scan->whole))
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
	fit_series(scan, &scan->reader.series);
	return &scan->reader.series;
}

static RevenueSeries *
next_of_merge(LedgerScan *scan)
{
	if (!ledger_merge_next(scan->merge))
		return NULL;
	fit_series(scan, ledger_merge_series(scan->merge));
	return ledger_merge_series(scan->merge);
}

static RevenueSeries *
next_of_rows(LedgerScan *scan)
{
	while (!ledger_grouper_next(&scan->grouper))
		if (!ledger_grouper_load(&scan->grouper, &scan->cursor))
			return NULL;
	return &scan->grouper.series;
}

static RevenueSeries *
next_series(LedgerScan *scan)
{
	switch (scan->source)
	{
		case SCAN_LEDGER:
			return next_of_ledger(scan);
		case SCAN_MERGE:
			return next_of_merge(scan);
		default:
			return next_of_rows(scan);
	}
}

/*
 * The series of the next customer, which holds until the call after it; NULL
 * when there is none left.  A series may be empty.
 */
const RevenueSeries *
ledger_scan_next(LedgerScan *scan)
{
	RevenueSeries *series = next_series(scan);

	if (scan->grace > 0 && series != NULL)
		bridge_gaps(series, scan->grace);
	return series;
}

/* The customer whose series was given last */
const CustomerKey *
ledger_scan_customer(const LedgerScan *scan)
{
	switch (scan->source)
	{
		case SCAN_LEDGER:
			return &scan->reader.customer;
		case SCAN_MERGE:
			return ledger_merge_customer(scan->merge);
		default:
			return &scan->grouper.customer;
	}
}

void
ledger_scan_end(LedgerScan *scan)
{
	switch (scan->source)
	{
		case SCAN_LEDGER:
			ledger_read_end(&scan->reader);
			break;
		case SCAN_MERGE:
			ledger_merge_end(scan->merge);
			break;
		case SCAN_ROWS:
			ledger_grouper_free(&scan->grouper);
			row_cursor_end(&scan->cursor);
	}
	pfree(scan);
}
