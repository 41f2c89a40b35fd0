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
make_rows(const Decimal *amount, int32 period, int count, uint32 key_length, LedgerRow rows[2])
{
	rows[0].period = period;
	rows[0].key_length = key_length;
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

/*
 * Flattening
 */

/*
 * Write what the rows in some partitions, and a surplus of rows (which may be
 * NULL), come to.
 */
static RevenueLedger *
flatten_partitions(const LedgerFrame *frame, const RowPartition *partitions, int npartitions,
				   const int64 *surplus, int32 surplus_first, int32 surplus_periods)
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
	for (int32 i = 0; i < surplus_periods; i++)
	{
		if (surplus[i] != 0)
			grouper.rows_touched[surplus_first + i - info.first] = surplus[i];
	}

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
	return flatten_partitions(&builder->frame,
							  builder->rows.partitions, builder->rows.npartitions,
							  builder->surplus, builder->surplus_first, builder->surplus_periods);
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
	return flatten_partitions(&open->frame, &partition, 1, NULL, 0, 0);
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

static inline void
builder_add_amount(LedgerBuilder *builder, const CustomerKey *customer, int32 period,
				   const Decimal *amount, int count)
{
	LedgerRow	rows[2];
	int			nrows = make_rows(amount, period, count, customer->length, rows);

	frame_take(&builder->frame, period, amount->scale, amount->dscale);
	for (int i = 0; i < nrows; i++)
		partitioned_rows_append(&builder->rows, builder->frame.kind, &rows[i], customer);
}

void
ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row)
{
	builder_changes(builder);
	builder_add_amount(builder, &row->customer, row->period, &row->amount, 1);
}

/*
 * Make room for the surplus of every period in the frame.
 */
static void
builder_grow_surplus(LedgerBuilder *builder)
{
	int32		first = builder->frame.first;
	int32		periods = builder->frame.last - first + 1;
	int64	   *surplus = MemoryContextAllocZero(builder->rows.context, periods * sizeof(int64));

	if (builder->surplus != NULL)
	{
		memcpy(surplus + (builder->surplus_first - first), builder->surplus,
			   builder->surplus_periods * sizeof(int64));
		pfree(builder->surplus);
	}
	builder->surplus = surplus;
	builder->surplus_first = first;
	builder->surplus_periods = periods;
}

static void
builder_add_surplus(LedgerBuilder *builder, int32 period, int64 count)
{
	int64		place = (int64) period - builder->surplus_first;

	if (count < 0)
		builder->may_cancel = true;
	if (builder->surplus == NULL || place < 0 || place >= builder->surplus_periods)
	{
		builder_grow_surplus(builder);
		place = period - builder->surplus_first;
	}
	builder->surplus[place] += count;
}

static void
builder_add_flat(LedgerBuilder *builder, const RevenueLedger *ledger, int sign)
{
	LedgerReader reader;
	Decimal		amount;

	ledger_read_begin(&reader, ledger);
	amount.scale = reader.info.scale;
	amount.dscale = reader.info.dscale;
	if (reader.info.periods > 0)
	{
		frame_take(&builder->frame, reader.info.first, amount.scale, amount.dscale);
		frame_take(&builder->frame, reader.info.first + reader.info.periods - 1, 0, 0);
	}
	else
		builder->frame.dscale = Max(builder->frame.dscale, amount.dscale);
	for (int i = 0; i < reader.surplus.length; i++)
		builder_add_surplus(builder, reader.surplus.entries[i].period,
							sign * (int64) reader.surplus.entries[i].amount);
	while (ledger_read_next(&reader))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < reader.series.length; i++)
		{
			amount.value = sign * reader.series.entries[i].amount;
			builder_add_amount(builder, &reader.customer, reader.series.entries[i].period,
							   &amount, sign);
		}
	}
	ledger_read_end(&reader);
}

static void
builder_add_partition(LedgerBuilder *builder, const RowPartition *partition, int sign)
{
	for (const RowSpan *span = partition->spans; span != NULL; span = span->next)
	{
		const LedgerRow *end = row_span_end(partition, span);

		CHECK_FOR_INTERRUPTS();
		for (const LedgerRow *row = row_span_begin(span); row < end; row = LEDGER_ROW_NEXT(row))
		{
			LedgerRow	copy = *row;
			CustomerKey customer;

			copy.value *= sign;
			copy.count *= sign;
			ledger_row_key(row, builder->frame.kind, &customer);
			partitioned_rows_append(&builder->rows, builder->frame.kind, &copy, &customer);
		}
	}
}

static void
builder_add_frame(LedgerBuilder *builder, const LedgerFrame *frame)
{
	if (frame->first <= frame->last)
	{
		frame_take(&builder->frame, frame->first, frame->scale, frame->dscale);
		frame_take(&builder->frame, frame->last, 0, 0);
	}
	else
		builder->frame.dscale = Max(builder->frame.dscale, frame->dscale);
}

static void
builder_add_builder(LedgerBuilder *builder, const LedgerBuilder *other, int sign)
{
	builder_add_frame(builder, &other->frame);
	builder->may_cancel |= other->may_cancel;
	for (int32 i = 0; i < other->surplus_periods; i++)
	{
		if (other->surplus[i] != 0)
			builder_add_surplus(builder, other->surplus_first + i, sign * other->surplus[i]);
	}
	for (int i = 0; i < other->rows.npartitions; i++)
		builder_add_partition(builder, &other->rows.partitions[i], sign);
}

static void
builder_add_open(LedgerBuilder *builder, const OpenLedger *open, int sign)
{
	RowPartition partition;
	RowSpan		span;

	builder_add_frame(builder, &open->frame);
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
	if (sign < 0)
		builder->may_cancel = true;

	if (other != NULL)
	{
		builder_add_builder(builder, other, sign);
		return;
	}
	flat = detoast_ledger(ledger);
	if (flat->flags == LEDGER_OPEN)
		builder_add_open(builder, (OpenLedger *) flat, sign);
	else
		builder_add_flat(builder, flat, sign);
	if ((Pointer) flat != DatumGetPointer(ledger))
		pfree(flat);
}

/*
 * Open ledgers
 */

/* Fills a chunk of memory without waste */
#define OPEN_LEDGER_FIRST_SIZE	256

StaticAssertDecl(offsetof(OpenLedger, rows) == MAXALIGN(offsetof(OpenLedger, rows)),
				 "rows of an open ledger must be aligned");

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
 * Add a row; returns the ledger, which is another one if it had to grow, and
 * NULL, with nothing changed, if it would become too big to stay open.
 */
OpenLedger *
open_ledger_add_row(OpenLedger *open, const BillingRow *row)
{
	LedgerRow	rows[2];
	int			nrows = make_rows(&row->amount, row->period, 1, row->customer.length, rows);
	Size		row_size = LEDGER_ROW_SIZE(row->customer.length);
	Size		needed = offsetof(OpenLedger, rows) + open->used + nrows * row_size;

	if (unlikely(needed > VARSIZE(open)))
	{
		OpenLedger *bigger;
		Size		size = pg_nextpower2_64(needed);

		if (size > OPEN_LEDGER_LIMIT)
			return NULL;
		bigger = palloc0(size);
		memcpy(bigger, open, offsetof(OpenLedger, rows) + open->used);
		SET_VARSIZE(bigger, size);
		open = bigger;
	}
	frame_take(&open->frame, row->period, row->amount.scale, row->amount.dscale);
	for (int i = 0; i < nrows; i++)
	{
		ledger_row_put(open->rows + open->used, &rows[i], &row->customer);
		open->used += row_size;
		open->nrows++;
	}
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

/* Enough of a flat ledger for its facts, which spares detoasting the rest */
#define HEAD_SIZE	128

/*
 * What a ledger says of itself as a whole.  Of a builder it is known when it
 * is flat; but readers of its facts mostly come to a stored ledger.
 */
void
ledger_datum_info(Datum ledger, LedgerInfo *info)
{
	RevenueLedger *head;

	if (ledger_datum_builder(ledger) != NULL)
		head = ledger_datum_flat(ledger);
	else
		head = (RevenueLedger *) PG_DETOAST_DATUM_SLICE(ledger, 0, HEAD_SIZE - VARHDRSZ);
	ledger_read_info(info, head, VARSIZE(head));
	pfree(head);
}

/*
 * The grain and kind of customer of a ledger of any form, open ones included.
 */
void
ledger_datum_kind(Datum ledger, Grain *grain, CustomerKind *kind)
{
	LedgerBuilder *builder = ledger_datum_builder(ledger);
	RevenueLedger *head;

	if (builder != NULL)
	{
		*grain = builder->frame.grain;
		*kind = builder->frame.kind;
		return;
	}
	head = (RevenueLedger *) PG_DETOAST_DATUM_SLICE(ledger, 0, sizeof(OpenLedger) - VARHDRSZ);
	if (head->flags == LEDGER_OPEN)
	{
		*grain = ((OpenLedger *) head)->frame.grain;
		*kind = ((OpenLedger *) head)->frame.kind;
	}
	else
	{
		*grain = head->grain;
		*kind = head->kind;
	}
	if ((Pointer) head != DatumGetPointer(ledger))
		pfree(head);
}
