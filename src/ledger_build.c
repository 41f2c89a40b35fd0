/*-------------------------------------------------------------------------
 *
 * ledger_build.c
 *	  Ledgers in the making: open ledgers, builders, and flattening them.
 *
 * Takes in billing rows and other ledgers, and gives a flat ledger; the three
 * forms are described in ledger_build.h.  Calls ledger_rows, ledger_group and
 * ledger; knows nothing of SQL calls or metrics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_build.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/memutils.h"

/* Where the digits of a wide amount are cut in two */
#define LOW_DIGITS	18

/*
 * Frames
 */

static void
frame_init(LedgerFrame *frame, Grain grain, CustomerKind kind)
{
	memset(frame, 0, sizeof(LedgerFrame));
	frame->first = PG_INT32_MAX;
	frame->last = PG_INT32_MIN;
	frame->grain = grain;
	frame->kind = kind;
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

/*
 * An amount as one row, or as two if 64 bits do not hold it; returns how many.
 */
static inline int
make_rows(const Decimal *amount, int32 period, int count, LedgerRow rows[2])
{
	rows[0].period = period;
	if (likely(amount->value == (int64) amount->value && amount->value > PG_INT64_MIN))
	{
		rows[0].value = (int64) amount->value;
		rows[0].scale = amount->scale;
		rows[0].count = count;
		return 1;
	}
	rows[1] = rows[0];
	rows[0].value = (int64) (amount->value / power_of_ten(LOW_DIGITS));
	rows[0].scale = amount->scale - LOW_DIGITS;
	rows[0].count = 0;
	rows[1].value = (int64) (amount->value % power_of_ten(LOW_DIGITS));
	rows[1].scale = amount->scale;
	rows[1].count = count;
	return 2;
}

/* What takes rows: a builder's partitions or an open ledger */
typedef void (*RowSink) (void *sink, const LedgerRow *row, const CustomerKey *customer);

/*
 * Give the rows that a flat ledger comes to, or with a sign of -1 those that
 * take it away.
 */
static void
unfold_flat(const RevenueLedger *ledger, int sign, LedgerFrame *frame, RowSink put, void *sink)
{
	LedgerReader reader;
	CustomerKey nobody;
	Decimal		amount;
	LedgerRow	rows[2];

	ledger_read_begin(&reader, ledger);
	amount.scale = reader.info.scale;
	amount.dscale = reader.info.dscale;
	if (reader.info.periods > 0)
	{
		frame_take(frame, reader.info.first, amount.scale, amount.dscale);
		frame_take(frame, reader.info.first + reader.info.periods - 1, 0, 0);
	}
	else
		frame->dscale = Max(frame->dscale, amount.dscale);

	nobody = no_customer(reader.info.kind);
	for (int i = 0; i < reader.surplus.length; i++)
	{
		rows[0].value = sign * (int64) reader.surplus.entries[i].amount;
		rows[0].period = reader.surplus.entries[i].period;
		rows[0].scale = SURPLUS_SCALE;
		rows[0].count = 0;
		put(sink, &rows[0], &nobody);
	}
	while (ledger_read_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < reader.series.length; i++)
		{
			int			nrows;

			amount.value = sign * reader.series.entries[i].amount;
			nrows = make_rows(&amount, reader.series.entries[i].period, sign, rows);
			for (int j = 0; j < nrows; j++)
				put(sink, &rows[j], &reader.customer);
		}
	}
	ledger_read_end(&reader);
}

/*
 * Flattening
 */

/*
 * Write what the rows in some partitions come to.
 */
static RevenueLedger *
flatten_partitions(const LedgerFrame *frame, const RowPartition *partitions, int npartitions)
{
	LedgerInfo	info = {0};
	LedgerWriter *writer;
	LedgerGrouper grouper;
	RevenueLedger *ledger;

	info.grain = frame->grain;
	info.kind = frame->kind;
	info.scale = frame->scale;
	info.dscale = frame->dscale;
	if (frame->first <= frame->last)
	{
		info.first = frame->first;
		info.periods = frame->last - frame->first + 1;
	}

	ledger_grouper_init(&grouper, info.kind, info.scale);
	grouper.first = info.first;
	grouper.rows_touched = palloc0(Max(info.periods, 1) * sizeof(int64));
	writer = ledger_write_begin(&info);
	for (int i = 0; i < npartitions; i++)
	{
		ledger_grouper_load(&grouper, &partitions[i]);
		while (ledger_grouper_next(&grouper))
			ledger_write_customer(writer, &grouper.customer, &grouper.series);
	}
	ledger = ledger_write_end(writer, grouper.rows_touched);
	pfree(grouper.rows_touched);
	ledger_grouper_free(&grouper);
	return ledger;
}

RevenueLedger *
ledger_builder_flatten(const LedgerBuilder *builder)
{
	return flatten_partitions(&builder->frame, builder->rows.partitions,
							  builder->rows.npartitions);
}

/* The rows of an open ledger, as a partition of one span */
static void
open_ledger_partition(const OpenLedger *open, RowPartition *partition, RowSpan *span)
{
	span->next = NULL;
	span->rows = (char *) open->rows;
	span->end = span->rows + open->used;
	partition->spans = partition->last_span = span;
	partition->free = partition->limit = span->end;
	partition->nrows = open->nrows;
}

static RevenueLedger *
open_ledger_flatten(const OpenLedger *open)
{
	RowPartition partition;
	RowSpan		span;

	open_ledger_partition(open, &partition, &span);
	return flatten_partitions(&open->frame, &partition, 1);
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
 * A builder for use within one call, in a memory context of the caller's.
 */
LedgerBuilder *
ledger_builder_create(MemoryContext context, Grain grain, CustomerKind kind, int npartitions)
{
	LedgerBuilder *builder = MemoryContextAllocZero(context, sizeof(LedgerBuilder));

	EOH_init_header(&builder->header, &builder_methods, context);
	frame_init(&builder->frame, grain, kind);
	partitioned_rows_init(&builder->rows, context, npartitions);
	return builder;
}

/*
 * A builder that can be a Datum, in a memory context of its own.
 */
LedgerBuilder *
ledger_builder_create_expanded(MemoryContext parent, Grain grain, CustomerKind kind)
{
	MemoryContext context = AllocSetContextCreate(parent, "revenue_ledger builder",
												  ALLOCSET_DEFAULT_SIZES);

	return ledger_builder_create(context, grain, kind, MANY_PARTITIONS);
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
builder_put_row(void *sink, const LedgerRow *row, const CustomerKey *customer)
{
	LedgerBuilder *builder = sink;

	if (row->count < 0 || (row->scale == SURPLUS_SCALE && row->value < 0))
		builder->may_cancel = true;
	partitioned_rows_append(&builder->rows, builder->frame.kind, row, customer);
}

void
ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row)
{
	LedgerRow	rows[2];
	int			nrows = make_rows(&row->amount, row->period, 1, rows);

	builder_changes(builder);
	frame_take(&builder->frame, row->period, row->amount.scale, row->amount.dscale);
	for (int i = 0; i < nrows; i++)
		partitioned_rows_append(&builder->rows, builder->frame.kind, &rows[i], &row->customer);
}

static void
builder_add_partition(LedgerBuilder *builder, const RowPartition *partition, int sign)
{
	CustomerKey customer = {{0}};

	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		const LedgerRow *end = row_span_end(partition, span);

		CHECK_FOR_INTERRUPTS();
		for (const LedgerRow *row = row_span_begin(span); row < end; row = ledger_row_next(row))
		{
			LedgerRow	copy = *row;

			copy.value = sign * ledger_row_value(row);
			copy.count *= sign;
			ledger_row_key(row, builder->frame.kind, &customer);
			builder_put_row(builder, &copy, &customer);
		}
	}
}

static void
frame_take_frame(LedgerFrame *frame, const LedgerFrame *other)
{
	if (other->first <= other->last)
	{
		frame_take(frame, other->first, other->scale, other->dscale);
		frame_take(frame, other->last, 0, 0);
	}
	else
		frame->dscale = Max(frame->dscale, other->dscale);
}

static void
builder_add_builder(LedgerBuilder *builder, const LedgerBuilder *other, int sign)
{
	frame_take_frame(&builder->frame, &other->frame);
	for (int i = 0; i < other->rows.npartitions; i++)
		builder_add_partition(builder, &other->rows.partitions[i], sign);
}

static void
builder_add_open(LedgerBuilder *builder, const OpenLedger *open, int sign)
{
	RowPartition partition;
	RowSpan		span;

	frame_take_frame(&builder->frame, &open->frame);
	open_ledger_partition(open, &partition, &span);
	builder_add_partition(builder, &partition, sign);
}

static void
check_mergeable(const LedgerFrame *frame, Grain grain, CustomerKind kind)
{
	if (frame->grain != grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge ledgers of grain %s and %s",
						grain_name(frame->grain), grain_name(grain)),
				 errhint("Build both with the same grain.")));
	if (frame->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot merge ledgers of %s and %s customers",
						customer_kind_name(frame->kind), customer_kind_name(kind)),
				 errhint("Cast the customers of both to the same type.")));
}

/* A varlena that is known not to be a builder, detoasted */
static RevenueLedger *
detoast_ledger(Datum ledger)
{
	return (RevenueLedger *) PG_DETOAST_DATUM(ledger);
}

/*
 * Add a ledger of any form, or with a sign of -1 take it away.
 */
void
ledger_builder_add_ledger(LedgerBuilder *builder, Datum ledger, int sign)
{
	LedgerBuilder *other = ledger_datum_builder(ledger);
	RevenueLedger *flat;
	Grain		grain;
	CustomerKind kind;

	ledger_datum_kind(ledger, &grain, &kind);
	check_mergeable(&builder->frame, grain, kind);
	builder_changes(builder);
	if (other != NULL)
	{
		builder_add_builder(builder, other, sign);
		return;
	}
	flat = detoast_ledger(ledger);
	if (flat->flags == LEDGER_OPEN)
		builder_add_open(builder, (OpenLedger *) flat, sign);
	else
		unfold_flat(flat, sign, &builder->frame, builder_put_row, builder);
	if ((Pointer) flat != DatumGetPointer(ledger))
		pfree(flat);
}

/*
 * Open ledgers
 */

/* Fills a chunk of memory without waste */
#define OPEN_LEDGER_FIRST_SIZE	256

OpenLedger *
open_ledger_create(Grain grain, CustomerKind kind)
{
	OpenLedger *open = palloc0(OPEN_LEDGER_FIRST_SIZE);

	SET_VARSIZE(open, OPEN_LEDGER_FIRST_SIZE);
	open->version = LEDGER_VERSION;
	open->flags = LEDGER_OPEN;
	frame_init(&open->frame, grain, kind);
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
 * Add a row to the one before, of the same customer, if both stand for billing
 * rows and are alike in all but their amounts.
 */
static inline bool
add_to_row(LedgerRow *before, const LedgerRow *row)
{
	int64		sum;

	if (before->period != row->period || before->scale != row->scale ||
		before->count <= 0 || row->count <= 0 || before->count > PG_INT8_MAX - row->count ||
		__builtin_add_overflow(before->value, row->value, &sum) || sum == PG_INT64_MIN)
		return false;
	before->value = sum;
	before->count += row->count;
	return true;
}

/*
 * Put a row where room was reserved for it.  In states of a GROUP BY of
 * customers there is one customer only, whose key is put once; and rows that
 * arrive in order of time make one row of a period.
 */
static inline void
open_ledger_put(OpenLedger *open, const LedgerRow *row, const CustomerKey *customer)
{
	char	   *place = open->rows + open->used;
	CustomerKey last = {{0}};

	if (open->nrows > 0)
		ledger_row_key((LedgerRow *) (open->rows + open->last_key), open->frame.kind, &last);
	if (open->nrows > 0 && customer_equal(open->frame.kind, &last, customer))
	{
		if (add_to_row((LedgerRow *) (open->rows + open->last_row), row))
			return;
		memcpy(place, row, sizeof(LedgerRow));
		((LedgerRow *) place)->key_length = SAME_CUSTOMER;
		open->last_row = open->used;
		open->used += sizeof(LedgerRow);
	}
	else
	{
		ledger_row_put(place, row, customer);
		open->last_row = open->last_key = open->used;
		open->used += LEDGER_ROW_SIZE(customer->length);
	}
	open->nrows++;
}

/*
 * Add a billing row; returns the ledger, which is another one if it had to
 * grow, and NULL, with nothing changed, if it has grown enough.
 */
OpenLedger *
open_ledger_add_row(OpenLedger *open, const BillingRow *row)
{
	LedgerRow	rows[2];
	int			nrows = make_rows(&row->amount, row->period, 1, rows);
	Size		bytes = nrows * LEDGER_ROW_SIZE(row->customer.length);

	if (unlikely(open->used + bytes > OPEN_LEDGER_LIMIT))
		return NULL;
	open = open_ledger_reserve(open, bytes);
	frame_take(&open->frame, row->period, row->amount.scale, row->amount.dscale);
	for (int i = 0; i < nrows; i++)
		open_ledger_put(open, &rows[i], &row->customer);
	return open;
}

/* Sink of unfold_flat: points to a pointer to the open ledger, which may move */
static void
open_put_row(void *sink, const LedgerRow *row, const CustomerKey *customer)
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
	Grain		grain;
	CustomerKind kind;

	ledger_datum_kind(ledger, &grain, &kind);
	check_mergeable(&open->frame, grain, kind);
	if (other->flags == LEDGER_OPEN)
	{
		OpenLedger *source = (OpenLedger *) other;

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
		unfold_flat(other, 1, &frame, open_put_row, &open);
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

	if (flat->flags == LEDGER_OPEN)
		return open_ledger_flatten((OpenLedger *) flat);
	return flat;
}

/* Enough of a ledger for its facts, which spares detoasting the rest */
#define HEAD_SIZE	128

static RevenueLedger *
detoast_head(Datum ledger)
{
	return (RevenueLedger *) PG_DETOAST_DATUM_SLICE(ledger, 0, HEAD_SIZE - VARHDRSZ);
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
ledger_datum_kind(Datum ledger, Grain *grain, CustomerKind *kind)
{
	LedgerBuilder *builder = ledger_datum_builder(ledger);
	const LedgerFrame *frame;
	RevenueLedger *head = NULL;
	LedgerInfo	info;

	if (builder == NULL)
		head = detoast_head(ledger);
	if (head != NULL && head->flags != LEDGER_OPEN)
	{
		ledger_read_info(&info, head, VARSIZE(head));
		*grain = info.grain;
		*kind = info.kind;
		return;
	}
	frame = builder != NULL ? &builder->frame : &((OpenLedger *) head)->frame;
	*grain = frame->grain;
	*kind = frame->kind;
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
	return Min(info.entries, OPEN_LEDGER_LIMIT) * LEDGER_ROW_SIZE(0);
}
