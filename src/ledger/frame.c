/*-------------------------------------------------------------------------
 *
 * ledger/frame.c
 *	  What is known of a ledger in the making as a whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/frame.h"

void
ledger_frame_init(LedgerFrame *frame, const LedgerTraits *traits)
{
	memset(frame, 0, sizeof(LedgerFrame));
	frame->first = PG_INT32_MAX;
	frame->last = PG_INT32_MIN;
	frame->grain = traits->grain;
	frame->kind = traits->kind;
	frame->snapshot = traits->snapshot;
}

/* What is known of a ledger by its frame, which is all but counts and total */
void
ledger_frame_info(const LedgerFrame *frame, LedgerInfo *info)
{
	memset(info, 0, sizeof(LedgerInfo));
	info->grain = frame->grain;
	info->kind = frame->kind;
	info->snapshot = frame->snapshot;
	info->lasting = frame->lasting;
	info->scale = frame->scale;
	info->dscale = frame->dscale;
	if (frame->first <= frame->last)
	{
		info->first = frame->first;
		info->periods = frame->last - frame->first + 1;
	}
}

/*
 * Make a period one of the frame's.
 */
pg_noinline void
ledger_frame_widen(LedgerFrame *frame, int32 period)
{
	int32		first = Min(frame->first, period);
	int32		last = Max(frame->last, period);

	check_period_range(first, last);
	frame->first = first;
	frame->last = last;
}

/*
 * Take in what is known of a flat ledger.
 */
void
ledger_frame_take_info(LedgerFrame *frame, const LedgerInfo *info)
{
	if (info->periods > 0)
	{
		ledger_frame_take(frame, info->first, info->scale, info->dscale);
		ledger_frame_take(frame, info->first + info->periods - 1, 0, 0);
	}
	else
		frame->dscale = Max(frame->dscale, info->dscale);
	frame->lasting |= info->lasting;
}

void
ledger_frame_take_frame(LedgerFrame *frame, const LedgerFrame *other)
{
	LedgerInfo	info;

	ledger_frame_info(other, &info);
	ledger_frame_take_info(frame, &info);
	frame->may_cancel |= other->may_cancel;
}

/*
 * Check that a ledger of these traits can be added to a frame.  What has no
 * subscriptions goes with either snapshot rule.
 */
void
ledger_frame_take_traits(LedgerFrame *frame, const LedgerTraits *traits)
{
	LedgerInfo	info;
	LedgerInfo	other = {.grain = traits->grain, .kind = traits->kind, .snapshot = traits->snapshot};

	ledger_frame_info(frame, &info);
	ledger_check_mergeable(&info, &other);
	if (traits->snapshot != SNAPSHOT_NONE)
		frame->snapshot = traits->snapshot;
}
