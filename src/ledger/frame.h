/*-------------------------------------------------------------------------
 *
 * ledger/frame.h
 *	  What is known of a ledger in the making as a whole.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_FRAME_H
#define NRR_LEDGER_FRAME_H

#include "ledger/billing_row.h"
#include "ledger/ledger.h"

/* What is known of rows as a whole while they arrive */
typedef struct LedgerFrame
{
	int32		first;			/* no row's period lies outside, except for levels */
	int32		last;			/* that end with it; first > last: no row yet */
	uint16		dscale;
	uint8		grain;
	uint8		kind;
	uint8		scale;			/* the largest so far */
	uint8		snapshot;
	bool		lasting;		/* some level may last beyond the last period */
	bool		may_cancel;		/* the range may be narrower than the frame */
} LedgerFrame;

extern void ledger_frame_init(LedgerFrame *frame, const LedgerTraits *traits);
extern void ledger_frame_info(const LedgerFrame *frame, LedgerInfo *info);
extern void ledger_frame_widen(LedgerFrame *frame, int32 period);
extern void ledger_frame_take_info(LedgerFrame *frame, const LedgerInfo *info);
extern void ledger_frame_take_frame(LedgerFrame *frame, const LedgerFrame *other);
extern void ledger_frame_take_traits(LedgerFrame *frame, const LedgerTraits *traits);

static inline void
ledger_frame_take(LedgerFrame *frame, int32 period, int scale, int dscale)
{
	if (unlikely(period < frame->first || period > frame->last))
		ledger_frame_widen(frame, period);
	if (unlikely(scale > frame->scale))
		frame->scale = scale;
	if (unlikely(dscale > frame->dscale))
		frame->dscale = dscale;
}

/*
 * Take a row in; returns its amount, or a copy in 'shorter' without zeros at the
 * end that no row before needed room for.
 */
static inline const Decimal *
ledger_frame_take_row(LedgerFrame *frame, const BillingRow *row, Decimal *shorter)
{
	const Decimal *amount = &row->amount;

	if (unlikely(amount->scale > frame->scale))
	{
		*shorter = *amount;
		decimal_shorten(shorter, frame->scale);
		amount = shorter;
	}
	ledger_frame_take(frame, row->period, amount->scale, amount->dscale);
	if (row->kind == ROW_LEVEL)
		frame->lasting = true;
	return amount;
}

#endif							/* NRR_LEDGER_FRAME_H */
