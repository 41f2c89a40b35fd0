/*-------------------------------------------------------------------------
 *
 * ledger/builder.c
 *	  Builders: ledgers in the making whose rows are in a pool.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/builder.h"
#include "ledger/cursor.h"
#include "ledger/flatten.h"
#include "ledger/merge.h"
#include "ledger/open.h"
#include "ledger/unfold.h"
#include "utils/memutils.h"

/*
 * Flat ledgers that are kept beside the rows
 */

/* Memory for a customer when ledgers are merged into a flat one */
#define MERGED_CUSTOMER_SIZE	64

/*
 * What it takes to keep a flat ledger: its bytes, and memory for its customers
 * when it is merged with others.
 */
static Size
kept_size(const RevenueLedger *ledger)
{
	LedgerInfo	info;

	ledger_read_info(&info, ledger, VARSIZE(ledger));
	return VARSIZE(ledger) + Min(info.customers, VARSIZE(ledger)) * MERGED_CUSTOMER_SIZE;
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
									2 * Max(builder->nledgers, 1) * sizeof(RevenueLedger *));
	builder->ledgers[builder->nledgers++] = ledger;
	builder->rows.pool->kept += kept_size(ledger);
	ledger_read_info(&info, ledger, VARSIZE(ledger));
	ledger_frame_take_info(&builder->frame, &info);
}

/* Forget the flat ledgers of a builder */
static void
builder_drop_ledgers(LedgerBuilder *builder)
{
	for (int i = 0; i < builder->nledgers; i++)
	{
		builder->rows.pool->kept -= kept_size(builder->ledgers[i]);
		pfree(builder->ledgers[i]);
	}
	builder->nledgers = 0;
}

/*
 * Make one ledger of those that a builder keeps.
 */
static void
builder_merge_ledgers(LedgerBuilder *builder)
{
	MemoryContext caller = MemoryContextSwitchTo(builder->header.eoh_context);
	RevenueLedger *merged = ledger_merge_flatten((const RevenueLedger **) builder->ledgers, NULL,
												 builder->nledgers);

	MemoryContextSwitchTo(caller);
	builder_drop_ledgers(builder);
	builder_keep_ledger(builder, merged);
}

static void
builder_put_row(void *sink, LedgerRow row, const CustomerKey *customer)
{
	LedgerBuilder *builder = sink;

	partitioned_rows_append(&builder->rows, row, customer);
}

/*
 * Make rows of the ledgers that a builder keeps.
 */
static void
builder_unfold_ledgers(LedgerBuilder *builder)
{
	for (int i = 0; i < builder->nledgers; i++)
		unfold_flat(builder->ledgers[i], &builder->frame, builder_put_row, builder);
	builder_drop_ledgers(builder);
}

/*
 * Flattening
 */

/* What the rows of a builder come to, or NULL if it has none */
static RevenueLedger *
flatten_builder_rows(const LedgerBuilder *builder)
{
	Flattening	flattening;
	RowCursor	cursor;

	if (builder->nledgers > 0 && partitioned_rows_are_none(&builder->rows))
		return NULL;
	flattening_begin(&flattening, &builder->frame);
	row_cursor_begin(&cursor, &builder->rows);
	while (ledger_grouper_load(&flattening.grouper, &cursor))
		flattening_take_loaded(&flattening);
	row_cursor_end(&cursor);
	return flattening_end(&flattening);
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

/*
 * Where rows have gone to a file, have the flat ledgers beside them as rows, too:
 * else all rows would have to be a flat ledger in memory to be merged with those.
 */
static void
settle_ledgers(LedgerBuilder *builder)
{
	if (builder->nledgers > 0 && row_pool_is_spilled(builder->rows.pool))
		builder_unfold_ledgers(builder);
}

/*
 * Do the rows that a builder has tell all of it, its range included?
 *
 * After a subtraction, rows at the ends of the range may have cancelled out;
 * then only flattening the builder tells its range.
 */
bool
ledger_builder_has_only_rows(LedgerBuilder *builder)
{
	settle_ledgers(builder);
	return builder->nledgers == 0 && !builder->frame.may_cancel;
}

RevenueLedger *
ledger_builder_flatten(LedgerBuilder *builder)
{
	const RevenueLedger **ledgers;
	RevenueLedger *flat;
	int			n;

	settle_ledgers(builder);
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

/*
 * The expanded object
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
	ledger_frame_init(&builder->frame, traits);
	partitioned_rows_init(&builder->rows, pool, traits->kind);
	return builder;
}

/*
 * Adding
 */

static inline void
builder_changes(LedgerBuilder *builder)
{
	if (unlikely(builder->flat != NULL))
	{
		pfree(builder->flat);
		builder->flat = NULL;
	}
}

static pg_noinline void
add_wide_row(LedgerBuilder *builder, const BillingRow *row, const Decimal *amount)
{
	LedgerRow	rows[2];
	int			nrows = ledger_rows_of_amount(amount, row->period, row->kind, 1, rows);

	for (int i = 0; i < nrows; i++)
		partitioned_rows_append(&builder->rows, rows[i], &row->customer);
}

void
ledger_builder_add_row(LedgerBuilder *builder, const BillingRow *row)
{
	const Decimal *amount;
	Decimal		shorter;

	builder_changes(builder);
	amount = ledger_frame_take_row(&builder->frame, row, &shorter);
	if (unlikely(!ledger_amount_is_narrow(amount->value)))
		add_wide_row(builder, row, amount);
	else
		partitioned_rows_append(&builder->rows,
								ledger_row_make(amount->value, amount->scale, row->period, row->kind, 1),
								&row->customer);
}

static void
builder_add_open(LedgerBuilder *builder, const OpenLedger *open)
{
	RowPartition partition;
	RowSpan		span;

	ledger_frame_take_frame(&builder->frame, &open->frame);
	open_ledger_partition(open, &partition, &span);
	partitioned_rows_append_partition(&builder->rows, &partition);
}

/*
 * May a builder keep another ledger?  A pool has no more of them than it may
 * have of rows.  When it is full, those of the builder become one; if that is no
 * small one, it is made into rows, which can go to a file.  So each is merged
 * and unfolded once at most.
 */
static bool
may_keep_ledger(LedgerBuilder *builder, const RevenueLedger *ledger)
{
	RowPool    *pool = builder->rows.pool;
	Size		size = VARSIZE(ledger);

	if (size < KEPT_LEDGER_SIZE)
		return false;
	size = kept_size(ledger);
	if (pool->kept + size <= pool->limit)
		return true;
	if (builder->nledgers > 1)
		builder_merge_ledgers(builder);
	if (pool->kept + size > pool->limit / 2)
		builder_unfold_ledgers(builder);
	return pool->kept + size <= pool->limit;
}

/*
 * Add a ledger in the builder's memory, flat or open, which is the builder's from
 * then on.
 */
void
ledger_builder_add_ledger(LedgerBuilder *builder, RevenueLedger *ledger,
						  const LedgerTraits *traits)
{
	ledger_frame_take_traits(&builder->frame, traits);
	builder_changes(builder);
	if (!ledger_is_open(ledger) && may_keep_ledger(builder, ledger))
	{
		builder_keep_ledger(builder, ledger);
		return;
	}
	if (ledger_is_open(ledger))
		builder_add_open(builder, (OpenLedger *) ledger);
	else
		unfold_flat(ledger, &builder->frame, builder_put_row, builder);
	pfree(ledger);
}
