/*-------------------------------------------------------------------------
 *
 * ledger/open.c
 *	  Open ledgers: rows as they came, as a value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/flatten.h"
#include "ledger/open.h"
#include "ledger/unfold.h"
#include "port/pg_bitutils.h"

/* Fills a chunk of memory without waste */
#define OPEN_LEDGER_FIRST_SIZE	256

OpenLedger *
open_ledger_create(const LedgerTraits *traits)
{
	OpenLedger *open = palloc0(OPEN_LEDGER_FIRST_SIZE);

	SET_VARSIZE(open, OPEN_LEDGER_FIRST_SIZE);
	open->version = LEDGER_VERSION;
	open->flags = LEDGER_OPEN;
	ledger_frame_init(&open->frame, traits);
	return open;
}

/*
 * The open ledger that an aggregate's state is, if it can be changed in place;
 * else NULL.
 */
OpenLedger *
open_ledger_of(Datum ledger)
{
	OpenLedger *open = (OpenLedger *) DatumGetPointer(ledger);

	if (VARATT_IS_EXTENDED(open) || !ledger_is_open(open))
		return NULL;
	return open;
}

/* The rows of an open ledger are all long */
static inline RowPacking
open_ledger_packing(const OpenLedger *open)
{
	RowPacking	packing = {open->frame.kind};

	return packing;
}

/* The rows of an open ledger, as a partition of one span */
void
open_ledger_partition(const OpenLedger *open, RowPartition *partition, RowSpan *span)
{
	memset(partition, 0, sizeof(RowPartition));
	span->next = NULL;
	span->rows = (char *) open->rows;
	span->end = span->rows + open->used;
	partition->packing = open_ledger_packing(open);
	partition->spans = partition->last_span = span;
}

RevenueLedger *
open_ledger_flatten(const OpenLedger *open)
{
	Flattening	flattening;
	RowPartition partition;
	RowSpan		span;

	open_ledger_partition(open, &partition, &span);
	flattening_begin(&flattening, &open->frame);
	ledger_grouper_load_rows(&flattening.grouper, &partition);
	flattening_take_loaded(&flattening);
	return flattening_end(&flattening);
}

/*
 * Adding
 */

/*
 * An open ledger with room for so many more bytes of rows: the same one, or a
 * bigger copy.
 */
static OpenLedger *
open_ledger_reserve(OpenLedger *open, Size bytes)
{
	Size		needed = offsetof(OpenLedger, rows) + open->used + bytes;
	OpenLedger *bigger;

	if (likely(needed <= VARSIZE(open)))
		return open;
	needed = pg_nextpower2_64(needed);
	bigger = palloc0(needed);
	memcpy(bigger, open, offsetof(OpenLedger, rows) + open->used);
	SET_VARSIZE(bigger, needed);
	return bigger;
}

/*
 * Merge a row into the previous one, of the same customer, if both touch the
 * period and differ in nothing but their amounts.
 */
static inline bool
add_to_row(OpenLedger *open, LedgerRow row)
{
	char	   *place = open->rows + open->last_row;
	RowPacking	packing = open_ledger_packing(open);
	LedgerRow	before;

	ledger_row_get(place, &packing, &before);
	if (before.period != row.period || before.scale != row.scale ||
		before.kind != row.kind || row.kind == ROW_TOUCHES ||
		before.touches == 0 || row.touches == 0 ||
		before.touches + row.touches > ROW_MAX_TOUCHES ||
		__builtin_add_overflow(before.value, row.value, &before.value) ||
		before.value == PG_INT64_MIN)
		return false;
	before.touches += row.touches;
	ledger_put_long(place, before, ledger_row_key_length(*(uint64 *) place));
	return true;
}

/* Is the customer that of the last row? */
static inline bool
is_last_customer(const OpenLedger *open, const CustomerKey *customer)
{
	RowPacking	packing = open_ledger_packing(open);
	CustomerKey last = {{0}};

	if (open->nrows == 0)
		return false;
	ledger_row_customer(open->rows + open->last_key, &packing, &last);
	return customer_equal(packing.kind, &last, customer);
}

/*
 * Put a row where room was reserved for it.  In states of a GROUP BY of
 * customers there is one customer only, whose key is put once; and rows that
 * arrive in order of time make one row of a period.
 */
static inline void
open_ledger_put(OpenLedger *open, LedgerRow row, const CustomerKey *customer)
{
	char	   *place = open->rows + open->used;
	char	   *end;

	if (is_last_customer(open, customer))
	{
		if (add_to_row(open, row))
			return;
		end = ledger_put_long(place, row, SAME_CUSTOMER);
	}
	else
	{
		end = ledger_put_key(ledger_put_long(place, row, customer->length), customer);
		open->last_key = open->used;
	}
	open->last_row = open->used;
	open->used = end - open->rows;
	open->nrows++;
}

/*
 * Add a billing row, however big the ledger becomes.
 */
static inline OpenLedger *
open_ledger_put_row(OpenLedger *open, const BillingRow *row)
{
	Decimal		shorter;
	const Decimal *amount = ledger_frame_take_row(&open->frame, row, &shorter);
	LedgerRow	rows[2];
	int			nrows = ledger_rows_of_amount(amount, row->period, row->kind, 1, rows);

	open = open_ledger_reserve(open, nrows * LEDGER_ROW_SIZE(row->customer.length));
	for (int i = 0; i < nrows; i++)
		open_ledger_put(open, rows[i], &row->customer);
	return open;
}

/*
 * Add a billing row; returns the ledger, which may have moved; NULL, with
 * nothing changed, if a builder should take over.
 */
OpenLedger *
open_ledger_add_row(OpenLedger *open, const BillingRow *row)
{
	if (unlikely(open->used + LEDGER_ROW_SIZE(row->customer.length) > OPEN_LEDGER_LIMIT))
		return NULL;
	return open_ledger_put_row(open, row);
}

/*
 * A ledger of one row.
 */
RevenueLedger *
ledger_of_row(const LedgerTraits *traits, const BillingRow *row)
{
	return open_ledger_flatten(open_ledger_put_row(open_ledger_create(traits), row));
}

/* Sink of unfold_flat: points to a pointer to the open ledger, which may move */
static void
open_put_row(void *sink, LedgerRow row, const CustomerKey *customer)
{
	OpenLedger **open = sink;

	*open = open_ledger_reserve(*open, LEDGER_ROW_SIZE(customer->length));
	open_ledger_put(*open, row, customer);
}

/*
 * The traits of a ledger in memory, flat or open, of which a head is enough.
 */
void
ledger_head_traits(const RevenueLedger *head, LedgerTraits *traits)
{
	LedgerInfo	info;

	if (ledger_is_open(head))
		ledger_frame_info(&((const OpenLedger *) head)->frame, &info);
	else
		ledger_read_info(&info, head, VARSIZE(head));
	traits->grain = info.grain;
	traits->kind = info.kind;
	traits->snapshot = info.snapshot;
}

/* Put the rows of another open ledger behind those of this one */
static OpenLedger *
add_open(OpenLedger *open, const OpenLedger *source)
{
	open = open_ledger_reserve(open, source->used);
	memcpy(open->rows + open->used, source->rows, source->used);
	if (source->nrows > 0)
	{
		open->last_row = open->used + source->last_row;
		open->last_key = open->used + source->last_key;
	}
	open->used += source->used;
	open->nrows += source->nrows;
	return open;
}

/*
 * Add a ledger in memory, flat or open; returns the open one, which may have
 * moved.
 */
OpenLedger *
open_ledger_add_ledger(OpenLedger *open, const RevenueLedger *other)
{
	LedgerFrame frame = open->frame;
	LedgerTraits traits;

	if (ledger_is_open(other))
		open_ledger_check_head((const OpenLedger *) other, VARSIZE(other));
	ledger_head_traits(other, &traits);
	ledger_frame_take_traits(&frame, &traits);
	if (ledger_is_open(other))
	{
		open_ledger_check((const OpenLedger *) other);
		ledger_frame_take_frame(&frame, &((const OpenLedger *) other)->frame);
		open = add_open(open, (const OpenLedger *) other);
	}
	else
		unfold_flat(other, &frame, open_put_row, &open);
	open->frame = frame;
	return open;
}
