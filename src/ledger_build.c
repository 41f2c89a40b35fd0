/*-------------------------------------------------------------------------
 *
 * ledger_build.c
 *	  Ledgers in the making: open ledgers, builders, and flattening them.
 *
 * Takes in billing rows and other ledgers, and gives a flat ledger; the three
 * forms are described in ledger_build.h.  Calls row_pool, ledger_group,
 * ledger_merge and ledger; knows nothing of SQL calls or metrics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "access/detoast.h"
#include "ledger_build.h"
#include "ledger_merge.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "touches.h"
#include "utils/memutils.h"

/* Where the digits of a wide amount are cut in two */
#define LOW_DIGITS	18

/*
 * Frames
 */

static void
frame_init(LedgerFrame *frame, const LedgerTraits *traits)
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

static pg_noinline void
frame_widen(LedgerFrame *frame, int32 period)
{
	int32		first = Min(frame->first, period);
	int32		last = Max(frame->last, period);

	check_period_range(first, last);
	frame->first = first;
	frame->last = last;
}

static inline void
frame_take(LedgerFrame *frame, int32 period, int scale, int dscale)
{
	if (unlikely(period < frame->first || period > frame->last))
		frame_widen(frame, period);
	if (unlikely(scale > frame->scale))
		frame->scale = scale;
	if (unlikely(dscale > frame->dscale))
		frame->dscale = dscale;
}

static void
frame_take_info(LedgerFrame *frame, const LedgerInfo *info)
{
	if (info->periods > 0)
	{
		frame_take(frame, info->first, info->scale, info->dscale);
		frame_take(frame, info->first + info->periods - 1, 0, 0);
	}
	else
		frame->dscale = Max(frame->dscale, info->dscale);
	frame->lasting |= info->lasting;
}

static void
frame_take_frame(LedgerFrame *frame, const LedgerFrame *other)
{
	LedgerInfo	info;

	ledger_frame_info(other, &info);
	frame_take_info(frame, &info);
	frame->may_cancel |= other->may_cancel;
}

/* Does an amount fit one row? */
static inline bool
is_narrow(int128 amount)
{
	return amount == (int64) amount && amount > PG_INT64_MIN;
}

static inline LedgerRow
make_row(int128 amount, int scale, int32 period, LedgerRowKind kind, int touches)
{
	LedgerRow	row = {(int64) amount, period, scale, touches, kind};

	return row;
}

/*
 * An amount as one row, or as two if 64 bits do not hold it; returns how many.
 */
static inline int
make_rows(const Decimal *amount, int32 period, LedgerRowKind kind, int touches,
		  LedgerRow rows[2])
{
	int128		cut;

	if (likely(is_narrow(amount->value)))
	{
		rows[0] = make_row(amount->value, amount->scale, period, kind, touches);
		return 1;
	}
	cut = power_of_ten(LOW_DIGITS);
	rows[0] = make_row(amount->value / cut, amount->scale - LOW_DIGITS, period, kind, 0);
	rows[1] = make_row(amount->value % cut, amount->scale, period, kind, touches);
	return 2;
}

/* What takes rows: a builder's partitions or an open ledger */
typedef void (*RowSink) (void *sink, LedgerRow row, const CustomerKey *customer);

/* A flat ledger on its way into something that takes rows */
typedef struct Unfolding
{
	LedgerReader reader;
	RowSink		put;
	void	   *sink;
	Touches		touches;		/* that are in no row; none yet if there are no counts */
	int64		first_touches;	/* in the ledger's first and last period */
	int64		last_touches;
} Unfolding;

static void
unfold_amount(Unfolding *unfolding, LedgerRowKind kind, int32 period, int128 amount, int touches)
{
	const LedgerInfo *info = &unfolding->reader.info;
	Decimal		decimal = {amount, info->scale, info->dscale};
	LedgerRow	rows[2];
	int			nrows = make_rows(&decimal, period, kind, touches, rows);

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
						   make_row(touches->counts[i], 0, touches->first + i, ROW_TOUCHES, 0),
						   &nobody);
	pfree(touches->counts);
}

/*
 * May adding to the ledger take its first or last period away?
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
static void
unfold_flat(const RevenueLedger *ledger, LedgerFrame *frame, RowSink put, void *sink)
{
	Unfolding	unfolding = {0};
	const LedgerInfo *info = &unfolding.reader.info;

	unfolding.put = put;
	unfolding.sink = sink;
	ledger_read_begin(&unfolding.reader, ledger);
	frame_take_info(frame, info);
	while (ledger_read_next(&unfolding.reader))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < unfolding.reader.series.length; i++)
			unfold_run(&unfolding, &unfolding.reader.series.runs[i]);
	}
	unfold_touches(&unfolding);
	frame->may_cancel |= unfolded_may_cancel(&unfolding);
	ledger_read_end(&unfolding.reader);
}

/*
 * Flattening
 */

/* A flat ledger in the making, from partitions of rows */
typedef struct Flattening
{
	LedgerGrouper grouper;
	LedgerWriter *writer;
} Flattening;

static void
flatten_begin(Flattening *flattening, const LedgerFrame *frame)
{
	LedgerGrouper *grouper = &flattening->grouper;
	LedgerInfo	info;

	ledger_frame_info(frame, &info);
	ledger_grouper_init(grouper, info.kind, info.scale, ledger_end(&info) - 1);
	grouper->first = info.first;
	grouper->touches = palloc0((info.periods + 1) * sizeof(int64));
	flattening->writer = ledger_write_begin(&info);
}

static void
flatten_partition(Flattening *flattening, const RowPartition *partition)
{
	LedgerGrouper *grouper = &flattening->grouper;

	ledger_grouper_load(grouper, partition);
	while (ledger_grouper_next(grouper))
		ledger_write_customer(flattening->writer, &grouper->customer, &grouper->series);
}

static RevenueLedger *
flatten_end(Flattening *flattening)
{
	RevenueLedger *ledger = ledger_write_end(flattening->writer, flattening->grouper.touches);

	pfree(flattening->grouper.touches);
	ledger_grouper_free(&flattening->grouper);
	return ledger;
}

/* What the rows of a builder come to, or NULL if it has none */
static RevenueLedger *
flatten_builder_rows(const LedgerBuilder *builder)
{
	Flattening	flattening;
	RowCursor	cursor;
	const RowPartition *partition;

	if (builder->nledgers > 0 && partitioned_rows_are_none(&builder->rows))
		return NULL;
	flatten_begin(&flattening, &builder->frame);
	row_cursor_begin(&cursor, &builder->rows);
	while ((partition = row_cursor_next(&cursor)) != NULL)
		flatten_partition(&flattening, partition);
	row_cursor_end(&cursor);
	return flatten_end(&flattening);
}

/*
 * Make what a builder has flat ledgers, which its rows are put among.  Returns
 * how many there are, in an array that is palloc'd.
 */
int
ledger_builder_ledgers(const LedgerBuilder *builder, const RevenueLedger ***ledgers)
{
	RevenueLedger *rows = flatten_builder_rows(builder);
	int			n = builder->nledgers;

	*ledgers = palloc((n + 1) * sizeof(RevenueLedger *));
	for (int i = 0; i < n; i++)
		(*ledgers)[i] = builder->ledgers[i];
	if (rows != NULL)
		(*ledgers)[n++] = rows;
	return n;
}

RevenueLedger *
ledger_builder_flatten(const LedgerBuilder *builder)
{
	const RevenueLedger **ledgers;
	RevenueLedger *flat;
	int			n;

	if (builder->nledgers == 0)
		return flatten_builder_rows(builder);
	n = ledger_builder_ledgers(builder, &ledgers);
	if (n > 1)
		flat = ledger_merge_flatten(ledgers, NULL, n);
	else
	{
		flat = palloc(VARSIZE(ledgers[0]));
		memcpy(flat, ledgers[0], VARSIZE(ledgers[0]));
	}
	flat->dscale = builder->frame.dscale;	/* ledgers without a row have one, too */
	return flat;
}

/* The rows of an open ledger are all long */
static inline RowPacking
open_ledger_packing(const OpenLedger *open)
{
	RowPacking	packing = {open->frame.kind};

	return packing;
}

/* The rows of an open ledger, as a partition of one span */
static void
open_ledger_partition(const OpenLedger *open, RowPartition *partition, RowSpan *span)
{
	memset(partition, 0, sizeof(RowPartition));
	span->next = NULL;
	span->rows = (char *) open->rows;
	span->end = span->rows + open->used;
	partition->packing = open_ledger_packing(open);
	partition->spans = partition->last_span = span;
}

static RevenueLedger *
open_ledger_flatten(const OpenLedger *open)
{
	Flattening	flattening;
	RowPartition partition;
	RowSpan		span;

	open_ledger_partition(open, &partition, &span);
	flatten_begin(&flattening, &open->frame);
	flatten_partition(&flattening, &partition);
	return flatten_end(&flattening);
}

/*
 * Builders
 */

static Size
builder_flat_size(ExpandedObjectHeader *header)
{
	LedgerBuilder *builder = (LedgerBuilder *) header;

	if (builder->flat == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(header->eoh_context);

		builder->flat = ledger_builder_flatten(builder);
		MemoryContextSwitchTo(caller);
	}
	return VARSIZE(builder->flat);
}

static void
builder_flatten_into(ExpandedObjectHeader *header, void *result, Size allocated_size)
{
	LedgerBuilder *builder = (LedgerBuilder *) header;

	Assert(allocated_size == VARSIZE(builder->flat));
	memcpy(result, builder->flat, allocated_size);
}

static const ExpandedObjectMethods builder_methods = {
	builder_flat_size,
	builder_flatten_into
};

/*
 * A builder without rows, in the memory of a pool.
 */
LedgerBuilder *
ledger_builder_create(RowPool *pool, const LedgerTraits *traits)
{
	LedgerBuilder *builder = MemoryContextAllocZero(pool->context, sizeof(LedgerBuilder));

	EOH_init_header(&builder->header, &builder_methods, pool->context);
	frame_init(&builder->frame, traits);
	partitioned_rows_init(&builder->rows, pool, traits->kind);
	return builder;
}

static inline void
builder_changes(LedgerBuilder *builder)
{
	if (unlikely(builder->flat != NULL))
	{
		pfree(builder->flat);
		builder->flat = NULL;
	}
}

static void
builder_put_row(void *sink, LedgerRow row, const CustomerKey *customer)
{
	LedgerBuilder *builder = sink;

	partitioned_rows_append(&builder->rows, row, customer);
}

/*
 * Take a row in; returns its amount, without zeros at the end that no row before
 * needed room for.
 */
static inline Decimal
frame_take_row(LedgerFrame *frame, const BillingRow *row)
{
	Decimal		amount = row->amount;

	if (unlikely(amount.scale > frame->scale))
		decimal_shorten(&amount, frame->scale);
	frame_take(frame, row->period, amount.scale, amount.dscale);
	if (row->kind == ROW_LEVEL)
		frame->lasting = true;
	return amount;
}

static pg_noinline void
add_wide_row(LedgerBuilder *builder, const BillingRow *row, const Decimal *amount)
{
	LedgerRow	rows[2];
	int			nrows = make_rows(amount, row->period, row->kind, 1, rows);

	for (int i = 0; i < nrows; i++)
		partitioned_rows_append(&builder->rows, rows[i], &row->customer);
}

void
ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row)
{
	Decimal		amount;

	builder_changes(builder);
	amount = frame_take_row(&builder->frame, row);
	if (unlikely(!is_narrow(amount.value)))
		add_wide_row(builder, row, &amount);
	else
		partitioned_rows_append(&builder->rows,
								make_row(amount.value, amount.scale, row->period, row->kind, 1),
								&row->customer);
}

static void
builder_add_open(LedgerBuilder *builder, const OpenLedger *open)
{
	RowPartition partition;
	RowSpan		span;

	frame_take_frame(&builder->frame, &open->frame);
	open_ledger_partition(open, &partition, &span);
	partitioned_rows_append_partition(&builder->rows, &partition);
}

/*
 * Check that a ledger of these traits can be added to a frame.  What has no
 * subscriptions goes with either snapshot rule.
 */
static void
frame_take_traits(LedgerFrame *frame, const LedgerTraits *traits)
{
	LedgerInfo	info;
	LedgerInfo	other = {.grain = traits->grain, .kind = traits->kind, .snapshot = traits->snapshot};

	ledger_frame_info(frame, &info);
	ledger_check_mergeable(&info, &other);
	if (traits->snapshot != SNAPSHOT_NONE)
		frame->snapshot = traits->snapshot;
}

/* A varlena that is known not to be a builder, detoasted */
static RevenueLedger *
detoast_ledger(Datum ledger)
{
	return (RevenueLedger *) PG_DETOAST_DATUM(ledger);
}

/*
 * Keep a flat ledger, in the builder's memory context, as it is.
 */
static void
builder_keep_ledger(LedgerBuilder *builder, RevenueLedger *ledger)
{
	LedgerInfo	info;

	if (builder->ledgers == NULL)
		builder->ledgers = MemoryContextAlloc(builder->header.eoh_context,
											  sizeof(RevenueLedger *));
	else if ((builder->nledgers & (builder->nledgers - 1)) == 0)
		builder->ledgers = repalloc(builder->ledgers,
									2 * builder->nledgers * sizeof(RevenueLedger *));
	builder->ledgers[builder->nledgers++] = ledger;
	builder->rows.pool->kept += VARSIZE(ledger);
	ledger_read_info(&info, ledger, VARSIZE(ledger));
	frame_take_info(&builder->frame, &info);
}

/* Flat ledgers of this size are kept as they are, */
#define KEPT_LEDGER_SIZE	(32 * 1024)

/* unless a pool has more than this of them, and more than rows may have */
#define KEPT_LEDGERS_LIMIT	(128 * 1024 * 1024)

static bool
may_keep_ledger(const LedgerBuilder *builder, const RevenueLedger *ledger)
{
	return VARSIZE(ledger) >= KEPT_LEDGER_SIZE &&
		builder->rows.pool->kept + VARSIZE(ledger) <=
		Max(builder->rows.pool->limit, KEPT_LEDGERS_LIMIT);
}

/* A copy of a ledger in this memory context that is not toasted, flat or open */
RevenueLedger *
ledger_datum_copy(Datum ledger)
{
	LedgerBuilder *builder = ledger_datum_builder(ledger);
	RevenueLedger *copy;

	if (builder != NULL)
		return ledger_builder_flatten(builder);
	copy = (RevenueLedger *) PG_DETOAST_DATUM_COPY(ledger);
	if (copy->flags == LEDGER_OPEN)
		open_ledger_check((OpenLedger *) copy);
	return copy;
}

/*
 * Add a ledger of any form.
 */
void
ledger_builder_add_ledger(LedgerBuilder *builder, Datum ledger)
{
	MemoryContext caller = MemoryContextSwitchTo(builder->header.eoh_context);
	RevenueLedger *copy = ledger_datum_copy(ledger);
	LedgerTraits traits;

	MemoryContextSwitchTo(caller);
	ledger_datum_traits(ledger, &traits);
	frame_take_traits(&builder->frame, &traits);
	builder_changes(builder);
	if (copy->flags != LEDGER_OPEN && may_keep_ledger(builder, copy))
	{
		builder_keep_ledger(builder, copy);
		return;
	}
	if (copy->flags == LEDGER_OPEN)
		builder_add_open(builder, (OpenLedger *) copy);
	else
		unfold_flat(copy, &builder->frame, builder_put_row, builder);
	pfree(copy);
}

/*
 * Open ledgers
 */

/* Fills a chunk of memory without waste */
#define OPEN_LEDGER_FIRST_SIZE	256

OpenLedger *
open_ledger_create(const LedgerTraits *traits)
{
	OpenLedger *open = palloc0(OPEN_LEDGER_FIRST_SIZE);

	SET_VARSIZE(open, OPEN_LEDGER_FIRST_SIZE);
	open->version = LEDGER_VERSION;
	open->flags = LEDGER_OPEN;
	frame_init(&open->frame, traits);
	return open;
}

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
 * Add a row to the one before, of the same customer, if both touch the period
 * and are alike in all but their amounts.
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
	Decimal		amount = frame_take_row(&open->frame, row);
	LedgerRow	rows[2];
	int			nrows = make_rows(&amount, row->period, row->kind, 1, rows);

	open = open_ledger_reserve(open, nrows * LEDGER_ROW_SIZE(row->customer.length));
	for (int i = 0; i < nrows; i++)
		open_ledger_put(open, rows[i], &row->customer);
	return open;
}

/*
 * Add a billing row; returns the ledger, which is another one if it had to
 * grow, and NULL, with nothing changed, if it has grown enough.
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
 * Add a ledger, flat or open; returns the open one, which is another one if it
 * had to grow.
 */
OpenLedger *
open_ledger_add_ledger(OpenLedger *open, Datum ledger)
{
	RevenueLedger *other = detoast_ledger(ledger);
	LedgerFrame frame = open->frame;
	LedgerTraits traits;

	ledger_datum_traits(ledger, &traits);
	frame_take_traits(&frame, &traits);
	if (other->flags == LEDGER_OPEN)
	{
		OpenLedger *source = (OpenLedger *) other;

		open_ledger_check(source);
		frame_take_frame(&frame, &source->frame);
		open = open_ledger_reserve(open, source->used);
		memcpy(open->rows + open->used, source->rows, source->used);
		if (source->nrows > 0)
		{
			open->last_row = open->used + source->last_row;
			open->last_key = open->used + source->last_key;
		}
		open->used += source->used;
		open->nrows += source->nrows;
	}
	else
		unfold_flat(other, &frame, open_put_row, &open);
	open->frame = frame;
	return open;
}

/*
 * Any form
 */

/* The builder that a ledger is, or NULL */
LedgerBuilder *
ledger_datum_builder(Datum ledger)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(ledger)))
		return NULL;
	return (LedgerBuilder *) DatumGetEOHP(ledger);
}

/*
 * The open ledger that an aggregate's state is, if it can be changed in place;
 * else NULL.
 */
OpenLedger *
ledger_datum_open(Datum ledger)
{
	OpenLedger *open = (OpenLedger *) DatumGetPointer(ledger);

	if (VARATT_IS_EXTENDED(open) || open->flags != LEDGER_OPEN)
		return NULL;
	return open;
}

/*
 * A ledger of any form as a flat one, in memory as it is or palloc'd.
 */
RevenueLedger *
ledger_datum_flat(Datum ledger)
{
	RevenueLedger *flat = detoast_ledger(ledger);

	if (flat->flags != LEDGER_OPEN)
		return flat;
	open_ledger_check((OpenLedger *) flat);
	return open_ledger_flatten((OpenLedger *) flat);
}

/* Enough of a ledger for its facts, which spares detoasting the rest */
#define HEAD_SIZE	128

static RevenueLedger *
detoast_head(Datum ledger)
{
	RevenueLedger *head = (RevenueLedger *) PG_DETOAST_DATUM_SLICE(ledger, 0, HEAD_SIZE - VARHDRSZ);

	if (head->flags == LEDGER_OPEN)
		open_ledger_check_head((OpenLedger *) head, VARSIZE(head));
	return head;
}

/*
 * Would a builder keep the ledger as it is, or a flat one of its rows?
 */
bool
ledger_datum_is_big(Datum ledger)
{
	LedgerBuilder *builder = ledger_datum_builder(ledger);

	if (builder != NULL)
		return builder->rows.npartitions > 1 || builder->nledgers > 0;
	return toast_raw_datum_size(ledger) >= KEPT_LEDGER_SIZE;
}

/*
 * What a ledger says of itself as a whole.  One that is not flat knows when it
 * is; but readers of these facts mostly come to a stored ledger.
 */
void
ledger_datum_info(Datum ledger, LedgerInfo *info)
{
	RevenueLedger *head = NULL;

	if (ledger_datum_builder(ledger) == NULL)
		head = detoast_head(ledger);
	if (head == NULL || head->flags == LEDGER_OPEN)
		head = ledger_datum_flat(ledger);
	ledger_read_info(info, head, VARSIZE(head));
}

void
ledger_datum_traits(Datum ledger, LedgerTraits *traits)
{
	LedgerBuilder *builder = ledger_datum_builder(ledger);
	RevenueLedger *head = NULL;
	LedgerInfo	info;

	if (builder != NULL)
		ledger_frame_info(&builder->frame, &info);
	else
	{
		head = detoast_head(ledger);
		if (head->flags == LEDGER_OPEN)
			ledger_frame_info(&((OpenLedger *) head)->frame, &info);
		else
			ledger_read_info(&info, head, VARSIZE(head));
	}
	traits->grain = info.grain;
	traits->kind = info.kind;
	traits->snapshot = info.snapshot;
}

/*
 * About how many bytes a ledger takes as rows.
 */
Size
ledger_datum_row_bytes(Datum ledger)
{
	RevenueLedger *head;
	LedgerInfo	info;

	if (ledger_datum_builder(ledger) != NULL)
		return OPEN_LEDGER_LIMIT;
	head = detoast_head(ledger);
	if (head->flags == LEDGER_OPEN)
		return ((OpenLedger *) head)->used;
	ledger_read_info(&info, head, VARSIZE(head));
	/* no run is shorter than two bytes, or makes more than two rows */
	return Min(Min(info.entries, toast_raw_datum_size(ledger)), OPEN_LEDGER_LIMIT) *
		LEDGER_ROW_SIZE(0);
}
