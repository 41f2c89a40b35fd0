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
	LedgerInfo	info;			/* without counts and total */
	const LedgerBuilder *builder;	/* NULL if the ledger is flat */
	int			next_partition;
	LedgerGrouper grouper;
	LedgerReader reader;
};

static void
scan_builder(LedgerScan *scan, const LedgerBuilder *builder)
{
	const LedgerFrame *frame = &builder->frame;

	scan->builder = builder;
	scan->info.grain = frame->grain;
	scan->info.kind = frame->kind;
	scan->info.scale = frame->scale;
	scan->info.dscale = frame->dscale;
	if (frame->first <= frame->last)
	{
		scan->info.first = frame->first;
		scan->info.periods = frame->last - frame->first + 1;
	}
	ledger_grouper_init(&scan->grouper, frame->kind, frame->scale);
}

/*
 * Begin to read a ledger, which must stay where it is.
 *
 * Where something was subtracted, rows may have taken each other away at the
 * ends of a builder's range; what is left of it is known when it is flat.
 */
LedgerScan *
ledger_scan_begin(Datum ledger)
{
	LedgerScan *scan = palloc0(sizeof(LedgerScan));
	LedgerBuilder *builder = ledger_datum_builder(ledger);

	if (builder != NULL && !builder->may_cancel)
		scan_builder(scan, builder);
	else
	{
		ledger_read_begin(&scan->reader, ledger_datum_flat(ledger));
		scan->info = scan->reader.info;
	}
	return scan;
}

const LedgerInfo *
ledger_scan_info(const LedgerScan *scan)
{
	return &scan->info;
}

/*
 * The series of the next customer, which holds until the call after it; NULL
 * when there is none left.  A series may be empty.
 */
const RevenueSeries *
ledger_scan_next(LedgerScan *scan)
{
	if (scan->builder == NULL)
	{
		if (!ledger_read_next(&scan->reader))
			return NULL;
		if ((scan->reader.customers_left & 1023) == 0)
			CHECK_FOR_INTERRUPTS();
		return &scan->reader.series;
	}

	while (!ledger_grouper_next(&scan->grouper))
	{
		const PartitionedRows *rows = &scan->builder->rows;

		if (scan->next_partition == rows->npartitions)
			return NULL;
		ledger_grouper_load(&scan->grouper, &rows->partitions[scan->next_partition++]);
	}
	return &scan->grouper.series;
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
