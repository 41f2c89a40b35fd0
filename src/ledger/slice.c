/*-------------------------------------------------------------------------
 *
 * ledger/slice.c
 *	  slice(ledger, from_date, to_date): what is in some periods of a ledger.
 *
 * Slices of periods that follow each other add up to the ledger, touches
 * included.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "ledger/datum.h"
#include "ledger/read.h"
#include "ledger/touches.h"
#include "ledger/write.h"

PG_FUNCTION_INFO_V1(revenue_ledger_slice);

/* Periods from the one that holds a date on, or up to it; half-open */
typedef struct Slice
{
	int64		begin;
	int64		end;
} Slice;

/*
 * A date that falls in no period is before or after all of them.
 */
static void
slice_from_arguments(FunctionCallInfo fcinfo, Grain grain, Slice *slice)
{
	DateADT		from_date,
				to_date;
	const DateADT *from = date_argument(fcinfo, 1, "from_date", &from_date);
	const DateADT *to = date_argument(fcinfo, 2, "to_date", &to_date);

	check_date_order(from, to);
	slice->begin = PG_INT64_MIN;
	slice->end = PG_INT64_MAX;
	if (from != NULL && date_has_period(*from))
		slice->begin = period_of_date(grain, *from);
	else if (from != NULL && *from > 0)
		slice->begin = PG_INT64_MAX;
	if (to != NULL && date_has_period(*to))
		slice->end = (int64) period_of_date(grain, *to) + 1;
	else if (to != NULL && *to < 0)
		slice->end = PG_INT64_MIN;
}

/*
 * The periods that both a slice and a ledger have.  What lasts goes on to the
 * end of the slice, if that has one.
 */
static void
slice_frame(const LedgerInfo *info, const Slice *slice, LedgerInfo *frame)
{
	int64		end = (int64) info->first + info->periods;
	int64		begin = Max(info->first, slice->begin);

	*frame = *info;
	if (info->lasting && slice->end != PG_INT64_MAX)
		end = slice->end;
	else if (info->lasting && begin != PG_INT64_MAX)
		end = Max(end, begin + 1);
	end = Min(end, slice->end);
	if (begin >= end)
	{
		frame->periods = 0;
		frame->lasting = false;
		return;
	}
	check_period_range((int32) begin, (int32) (end - 1));
	frame->first = (int32) begin;
	frame->periods = (int32) (end - begin);
	frame->lasting = info->lasting && slice->end == PG_INT64_MAX;
}

/*
 * Cut a series, in place, to the runs that fall in a frame, whose periods are
 * counted.
 */
static void
cut_series(RevenueSeries *series, const LedgerInfo *info, const LedgerInfo *frame,
		   Touches *touches)
{
	int			length = series->length;
	int32		lasting_end = ledger_end(info);
	int32		frame_end = frame->first + frame->periods;

	series->length = 0;
	for (int i = 0; i < length; i++)
	{
		const RevenueRun *run = &series->runs[i];
		int32		begin = Max(run->period, frame->first);
		int32		end = run_end(run);

		if (info->lasting && end == lasting_end)
			end = ledger_end(frame);
		end = Min(end, ledger_end(frame));
		if (begin >= end)
			continue;
		series_append(series, begin, end - begin, run->amount);
		touches_count(touches, begin, Min(end, frame_end), 1);
	}
}

/*
 * From entries to touches: what differs is the surplus.  Nothing touched the
 * periods after the ledger's last one.
 */
static void
finish_touches(Touches *touches, const LedgerReader *reader)
{
	int64		known = (int64) reader->info.first + reader->info.periods - touches->first;

	touches_sum(touches);
	for (int64 i = Max(known, 0); i <= touches->periods; i++)
		touches->counts[i] = 0;
	touches_add_surplus(touches, &reader->surplus, 1);
}

static RevenueLedger *
slice_ledger(const RevenueLedger *ledger, const Slice *slice)
{
	LedgerReader reader;
	LedgerInfo	frame;
	LedgerWriter *writer;
	Touches		touches;
	RevenueLedger *result;

	ledger_read_begin(&reader, ledger);
	slice_frame(&reader.info, slice, &frame);
	writer = ledger_write_begin(&frame);
	touches_begin(&touches, frame.first, frame.periods);
	while (frame.periods > 0 && ledger_read_next(&reader))
	{
		cut_series(&reader.series, &reader.info, &frame, &touches);
		ledger_write_customer(writer, &reader.customer, &reader.series);
	}
	finish_touches(&touches, &reader);
	result = ledger_write_end(writer, touches.counts);
	ledger_read_end(&reader);
	return result;
}

Datum
revenue_ledger_slice(PG_FUNCTION_ARGS)
{
	RevenueLedger *ledger;
	LedgerInfo	info;
	Slice		slice;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	ledger = PG_GETARG_LEDGER(0);
	ledger_read_info(&info, ledger, VARSIZE(ledger));
	slice_from_arguments(fcinfo, info.grain, &slice);
	if (slice.begin <= info.first && slice.end >= (int64) info.first + info.periods &&
		(!info.lasting || slice.end == PG_INT64_MAX))
		PG_RETURN_LEDGER(ledger);
	PG_RETURN_LEDGER(slice_ledger(ledger, &slice));
}
