/*-------------------------------------------------------------------------
 *
 * ledger/unfold.c
 *	  From a flat ledger back to rows, to which others can be added.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/read.h"
#include "ledger/touches.h"
#include "ledger/unfold.h"

/* A flat ledger on its way into something that takes rows */
typedef struct Unfolding
{
	LedgerReader reader;
	RowSink		put;
	void	   *sink;
	Touches		touches;		/* that are in no row; no counts if there are none yet */
	int64		first_touches;	/* in the ledger's first and last period */
	int64		last_touches;
} Unfolding;

static void
unfold_amount(Unfolding *unfolding, LedgerRowKind kind, int32 period, int128 amount, int touches)
{
	const LedgerInfo *info = &unfolding->reader.info;
	Decimal		decimal = {amount, info->scale, info->dscale};
	LedgerRow	rows[2];
	int			nrows = ledger_rows_of_amount(&decimal, period, kind, touches, rows);

	for (int i = 0; i < nrows; i++)
		unfolding->put(unfolding->sink, rows[i], &unfolding->reader.customer);
}

/* Runs of so many periods are shorter as changes of level */
#define LEVEL_MIN_LENGTH	3

/*
 * Give a run as changes of level, whose touches are left for later.
 */
static void
unfold_level(Unfolding *unfolding, const RevenueRun *run)
{
	const LedgerInfo *info = &unfolding->reader.info;
	int32		last_end = info->first + info->periods;

	unfold_amount(unfolding, ROW_LEVEL, run->period, run->amount, 0);
	if (run_end(run) <= last_end)
		unfold_amount(unfolding, ROW_LEVEL, run_end(run), -run->amount, 0);
	if (unfolding->touches.counts == NULL)
		touches_begin(&unfolding->touches, info->first, info->periods);
	touches_count(&unfolding->touches, run->period, Min(run_end(run), last_end), 1);
}

/*
 * Give a run's rows.  Each period of it is touched once.
 */
static void
unfold_run(Unfolding *unfolding, const RevenueRun *run)
{
	const LedgerInfo *info = &unfolding->reader.info;
	int32		last_end = info->first + info->periods;

	unfolding->first_touches += run->period == info->first;
	unfolding->last_touches += run->period < last_end && run_end(run) >= last_end;
	if (run->length >= LEVEL_MIN_LENGTH || run_end(run) > last_end)
		unfold_level(unfolding, run);
	else
	{
		for (int32 period = run->period; period < run_end(run); period++)
			unfold_amount(unfolding, ROW_AMOUNT, period, run->amount, 1);
	}
}

/*
 * Give the touches that are in none of the rows.
 */
static void
unfold_touches(Unfolding *unfolding)
{
	const LedgerInfo *info = &unfolding->reader.info;
	const RevenueSeries *surplus = &unfolding->reader.surplus;
	Touches    *touches = &unfolding->touches;
	CustomerKey nobody = no_customer(info->kind);

	if (touches->counts == NULL && surplus->length == 0)
		return;
	if (touches->counts == NULL)
		touches_begin(touches, info->first, info->periods);
	touches_sum(touches);
	touches_add_surplus(touches, surplus, 1);
	for (int32 i = 0; i < touches->periods; i++)
		if (touches->counts[i] != 0)
			unfolding->put(unfolding->sink,
						   ledger_row_make(touches->counts[i], 0, touches->first + i, ROW_TOUCHES, 0),
						   &nobody);
	pfree(touches->counts);
}

/*
 * Can adding to the ledger remove its first or last period?
 */
static bool
unfolded_may_cancel(const Unfolding *unfolding)
{
	const LedgerInfo *info = &unfolding->reader.info;
	const RevenueSeries *surplus = &unfolding->reader.surplus;
	int32		last = info->first + info->periods - 1;
	int			cursor = 0;

	return info->periods > 0 &&
		(unfolding->first_touches + series_amount(surplus, info->first, &cursor) <= 0 ||
		 unfolding->last_touches + series_amount(surplus, last, &cursor) <= 0);
}

/*
 * Give the rows that a flat ledger comes to.
 */
void
unfold_flat(const RevenueLedger *ledger, LedgerFrame *frame, RowSink put, void *sink)
{
	Unfolding	unfolding = {0};
	const LedgerInfo *info = &unfolding.reader.info;

	unfolding.put = put;
	unfolding.sink = sink;
	ledger_read_begin(&unfolding.reader, ledger);
	ledger_frame_take_info(frame, info);
	while (ledger_read_next(&unfolding.reader))
	{
		for (int i = 0; i < unfolding.reader.series.length; i++)
			unfold_run(&unfolding, &unfolding.reader.series.runs[i]);
	}
	unfold_touches(&unfolding);
	frame->may_cancel |= unfolded_may_cancel(&unfolding);
	ledger_read_end(&unfolding.reader);
}
