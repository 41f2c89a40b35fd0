/*-------------------------------------------------------------------------
 *
 * ledger/open_check.c
 *	  Whether the bytes of an open ledger are sound.
 *
 * An open ledger is the state of an aggregate, and read by the aggregate's final
 * function.  But a user-defined aggregate over our functions may have none, and
 * then an open ledger is stored; so what is read is not believed, unless it is
 * the state of the aggregate that calls.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/open.h"
#include "mb/pg_wchar.h"

static bool
frame_is_sound(const LedgerFrame *frame)
{
	const char *flags[] = {(const char *) &frame->lasting, (const char *) &frame->may_cancel};

	if (frame->grain > GRAIN_LAST || frame->kind > CUSTOMER_KIND_LAST ||
		frame->snapshot > SNAPSHOT_LAST || frame->scale > MONEY_DIGITS ||
		frame->dscale < frame->scale || frame->dscale > MONEY_MAX_DSCALE ||
		(*flags[0] & ~1) != 0 || (*flags[1] & ~1) != 0)
		return false;
	return frame->first > frame->last ||
		((int64) frame->last - frame->first < MAX_PERIODS &&
		 period_exists(frame->grain, frame->first) && period_exists(frame->grain, frame->last));
}

static bool
key_is_sound(CustomerKind kind, const char *key, uint16 length)
{
	switch (kind)
	{
		case CUSTOMER_INTEGER:
			return length == 0;
		case CUSTOMER_UUID:
			return length == UUID_LEN;
		default:
			return length <= CUSTOMER_MAX_LENGTH &&
				pg_verify_mbstr(GetDatabaseEncoding(), key, length, true);
	}
}

/*
 * A change of level may come in the period after the last one.
 */
static bool
row_is_sound(const LedgerFrame *frame, const LedgerRow *row)
{
	return row->kind <= ROW_TOUCHES && row->period >= frame->first &&
		row->period <= (int64) frame->last + (row->kind == ROW_LEVEL) &&
		row->scale <= frame->scale && row->scale > frame->scale - 2 * MONEY_DIGITS;
}

/*
 * The bytes of a row, or 0 if it is not sound, or not within the bytes there are.
 */
static Size
sound_row_size(const OpenLedger *open, const char *place, Size bytes)
{
	RowPacking	packing = {open->frame.kind};
	Size		head = 2 * sizeof(uint64);
	uint64		word;
	uint16		length;
	LedgerRow	row;

	if (bytes < head)
		return 0;
	memcpy(&word, place, sizeof(word));
	if (ledger_row_form(word) != ROW_LONG)
		return 0;
	ledger_row_get(place, &packing, &row);
	if (!row_is_sound(&open->frame, &row))
		return 0;
	length = ledger_row_key_length(word);
	if (length == SAME_CUSTOMER)
		return place == open->rows ? 0 : head;
	if (bytes - head < LEDGER_KEY_SIZE(length) ||
		!key_is_sound(packing.kind, place + head, length))
		return 0;
	return head + LEDGER_KEY_SIZE(length);
}

static bool
rows_are_sound(const OpenLedger *open)
{
	uint32		nrows = 0,
				last_row = 0,
				last_key = 0;
	Size		size;

	for (Size at = 0; at < open->used; at += size, nrows++)
	{
		uint64		word;

		size = sound_row_size(open, open->rows + at, open->used - at);
		if (size == 0)
			return false;
		memcpy(&word, open->rows + at, sizeof(word));
		last_row = at;
		if (ledger_row_key_length(word) != SAME_CUSTOMER)
			last_key = at;
	}
	return nrows == open->nrows &&
		(nrows == 0 || (last_row == open->last_row && last_key == open->last_key));
}

/*
 * Check what an open ledger says of itself, of which no more than a head may be
 * there.
 */
void
open_ledger_check_head(const OpenLedger *open, Size size)
{
	if (size < offsetof(OpenLedger, rows))
		damaged_ledger();
	if (open->version > LEDGER_VERSION)
		unsupported_ledger(open->version);
	if (open->version != LEDGER_VERSION || !frame_is_sound(&open->frame))
		damaged_ledger();
}

void
open_ledger_check(const OpenLedger *open)
{
	open_ledger_check_head(open, VARSIZE(open));
	if (open->used > VARSIZE(open) - offsetof(OpenLedger, rows) || !rows_are_sound(open))
		damaged_ledger();
}
