/*-------------------------------------------------------------------------
 *
 * ledger/write.c
 *	  The flat form of a revenue_ledger: how it is written.
 *
 * Customers come in any order.  They are piled up, and put in order when all
 * are there.  A pile that takes as much memory as one operation of a query may
 * have is put in order and away, as a batch, in about as many bytes as it has in
 * the ledger.
 *
 * The form itself is described in ledger.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/batches.h"
#include "ledger/bytes.h"
#include "ledger/pile.h"
#include "ledger/touches.h"
#include "ledger/write.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Less memory than this is not worth a batch */
#define MIN_PILE_LIMIT	((Size) 4 * 1024 * 1024)

/* A pile's bytes are in one chunk of memory */
#define MAX_PILE_LIMIT	((Size) MaxAllocSize / 2)

struct LedgerWriter
{
	LedgerInfo	frame;			/* what the writer was told */
	int64		customers;
	CustomerPile pile;
	Size		limit;			/* of a pile's memory */
	LedgerBatches *batches;		/* customers who came before; NULL if there are none */
	int64	   *entries;		/* entries per period of the frame, as differences from the
								 * period before until they are summed */
	int64		nentries;
	int128		total;
	int64		nlasting;		/* customers with an amount that lasts, */
	int128		lasting;		/* and the sum of those amounts */
	int32		needed;			/* up to here some customer's amount does not last */
	int			spare;			/* decimals that no amount so far has used */
};

/* How series have to be changed on their way from a writer into the ledger */
typedef struct SeriesChange
{
	int32		shift;			/* periods that the ledger starts later, */
	int32		cut;			/* and ends earlier */
	int32		end;			/* where a run ends that lasts, as it came */
	int128		divisor;		/* of the amounts */
} SeriesChange;

/*
 * The run at a place in a series together with those that continue it; moves
 * the place behind them.
 */
static inline RevenueRun
whole_run(const RevenueSeries *series, int *place)
{
	RevenueRun	run = series->runs[(*place)++];

	while (*place < series->length && series->runs[*place].amount == run.amount &&
		   series->runs[*place].period == run_end(&run))
		run.length += series->runs[(*place)++].length;
	return run;
}

static void
put_series(StringInfo buffer, const RevenueSeries *series, int32 first)
{
	int32		next = first;
	int			runs = 0;
	char	   *p;

	for (int i = 0; i < series->length; runs++)
		(void) whole_run(series, &i);
	put_varint(buffer, runs);
	reserve_bytes(buffer, runs * RUN_MAX_BYTES);
	p = buffer->data + buffer->len;
	for (int i = 0; i < series->length;)
	{
		RevenueRun	run = whole_run(series, &i);

		p = write_run(p, run.period - next, run.amount, run.length);
		next = run_end(&run);
	}
	buffer->len = p - buffer->data;
}

/*
 * Begin a ledger.  Uses the grain, kind, snapshot, scale and dscale of 'frame',
 * and the periods that anything may lie in; what the amounts and the range
 * really need is found out while writing.  If the frame is 'lasting', amounts
 * may also lie in the period after its last one, which stands for all later
 * periods.
 */
LedgerWriter *
ledger_write_begin(const LedgerInfo *frame)
{
	LedgerWriter *writer = palloc0(sizeof(LedgerWriter));

	writer->frame = *frame;
	writer->spare = frame->scale;
	writer->entries = palloc0((frame->periods + 1) * sizeof(int64));
	writer->needed = frame->first;
	pile_init(&writer->pile, frame->kind);
	writer->limit = Min(Max(get_hash_memory_limit(), MIN_PILE_LIMIT), MAX_PILE_LIMIT);
	return writer;
}

static inline bool
is_multiple(int128 amount, int128 divisor)
{
	if (amount == (int64) amount && divisor == (int64) divisor)
		return (int64) amount % (int64) divisor == 0;
	return amount % divisor == 0;
}

/*
 * Count a run, of which the periods beyond the frame are no entries.
 */
static void
count_run(LedgerWriter *writer, const RevenueRun *run)
{
	int32		end = writer->frame.first + writer->frame.periods;
	int32		length = Min(run_end(run), end) - run->period;
	int128		total;

	if (run_end(run) > end)
	{
		writer->nlasting++;
		add_money(&writer->lasting, run->amount);
		writer->needed = Max(writer->needed, run->period);
	}
	else
		writer->needed = Max(writer->needed, run_end(run));
	writer->entries[run->period - writer->frame.first]++;
	writer->entries[run->period - writer->frame.first + length]--;
	writer->nentries += length;
	if (__builtin_mul_overflow(run->amount, length, &total))
		money_out_of_range();
	add_money(&writer->total, total);
	while (writer->spare > 0 && !is_multiple(run->amount, power_of_ten(writer->spare)))
		writer->spare--;
}

/*
 * Put away what is piled up, as a batch.
 */
static pg_noinline void
end_pile(LedgerWriter *writer)
{
	if (writer->batches == NULL)
		writer->batches = ledger_batches_create(writer->frame.kind);
	pile_sort(&writer->pile);
	for (int64 i = 0; i < writer->pile.n; i++)
	{
		PiledCustomer *customer = &writer->pile.customers[i];
		CustomerKey key = piled_key(&writer->pile, customer);

		CHECK_FOR_INTERRUPTS();
		if (i == 0)
			ledger_batches_begin(writer->batches, &key);
		ledger_batches_put(writer->batches, &key, piled_series(&writer->pile, customer),
						   customer->series_length);
	}
	ledger_check_size(ledger_batches_size(writer->batches));
	pile_clear(&writer->pile);
}

/*
 * Add a customer that was not added before.
 */
void
ledger_write_customer(LedgerWriter *writer, const CustomerKey *key, const RevenueSeries *series)
{
	StringInfo	buffer = &writer->pile.buffer;
	PiledCustomer *customer;

	if (series->length == 0)
		return;
	writer->customers++;
	customer = pile_add(&writer->pile);
	customer->rank = customer_rank(writer->frame.kind, key);
	customer->offset = buffer->len;
	customer->key_length = key->length;
	if (key->length > 0)
		put_bytes(buffer, key->bytes, key->length);
	put_series(buffer, series, writer->frame.first);
	customer->series_length = buffer->len - customer->offset - customer->key_length;
	for (int i = 0; i < series->length;)
	{
		RevenueRun	run = whole_run(series, &i);

		count_run(writer, &run);
	}
	if (unlikely(pile_size(&writer->pile) >= writer->limit))
		end_pile(writer);
}

/*
 * Copy a customer's series, changed as the finished ledger wants it.
 */
static void
copy_series(StringInfo out, const char *p, Size size, const SeriesChange *change)
{
	const char *end = p + size;
	char	   *end_of_run;
	int32		shift = change->shift;
	uint64		next = 0;
	uint64		runs,
				skipped,
				length;
	int128		amount;

	if (shift == 0 && change->cut == 0 && change->divisor == 1)
	{
		put_bytes(out, p, size);
		return;
	}
	p = varint_get(p, end, &runs);
	if (p == NULL)
		damaged_ledger();
	put_varint(out, runs);
	while (p < end)
	{
		p = get_run(p, end, &skipped, &amount, &length);
		if (p == NULL)
			damaged_ledger();
		next += skipped + length;
		if (next == change->end)
			length -= change->cut;
		reserve_bytes(out, RUN_MAX_BYTES);
		end_of_run = write_run(out->data + out->len, (int32) skipped - shift,
							   amount / change->divisor, (int32) length);
		out->len = end_of_run - out->data;
		shift = 0;
	}
}

/*
 * Narrow the frame to the range of the ledger.  If all that is left begins to
 * last after the frame, the range is that one period.
 */
static void
find_range(const LedgerWriter *writer, const int64 *touches, LedgerInfo *info)
{
	int32		low = 0,
				high = info->periods;
	int32		needed = writer->needed - info->first;

	while (low < high && writer->entries[low] == 0 && touches[low] == 0)
		low++;
	needed = Max(needed, writer->nlasting > 0 ? low + 1 : low);
	high = Max(high, needed);
	while (high > needed && touches[high - 1] == 0)
		high--;
	info->periods = high - low;
	info->first = low < high ? info->first + low : 0;
	info->lasting = writer->nlasting > 0;
}

static void
put_surplus(StringInfo out, const LedgerWriter *writer, const int64 *touches,
			const LedgerInfo *info)
{
	RevenueSeries surplus = {0};

	for (int32 i = 0; i < info->periods; i++)
	{
		int32		place = info->first + i - writer->frame.first;
		int64		difference = touches[place];

		add_touches(&difference, -writer->entries[place]);
		if (difference != 0)
			series_append(&surplus, info->first + i, 1, difference);
	}
	put_series(out, &surplus, info->first);
	if (surplus.runs != NULL)
		pfree(surplus.runs);
}

/*
 * Take what was counted of periods that turned out to be no part of the range:
 * all that was in them lasts.
 */
static void
discount_cut(LedgerWriter *writer, int32 cut)
{
	int128		lasting;

	if (__builtin_mul_overflow(writer->lasting, cut, &lasting))
		money_out_of_range();
	add_money(&writer->total, -lasting);
	writer->nentries -= writer->nlasting * cut;
}

/*
 * Put what is piled up, in order.
 */
static void
put_pile(StringInfo out, LedgerWriter *writer, const SeriesChange *change)
{
	KeyWriter	keys = {writer->frame.kind};

	pile_sort(&writer->pile);
	for (int64 i = 0; i < writer->pile.n; i++)
	{
		PiledCustomer *customer = &writer->pile.customers[i];
		CustomerKey key = piled_key(&writer->pile, customer);

		CHECK_FOR_INTERRUPTS();
		key_writer_put(&keys, out, &key);
		copy_series(out, piled_series(&writer->pile, customer), customer->series_length, change);
	}
	key_writer_free(&keys);
}

/*
 * Put what was put away, which is gone after that.
 */
static void
put_batches(StringInfo out, LedgerWriter *writer, const SeriesChange *change)
{
	KeyWriter	keys = {writer->frame.kind};
	CustomerKey key;
	const char *series;
	Size		size;

	ledger_batches_read_begin(writer->batches);
	while (ledger_batches_read(writer->batches, &key, &series, &size))
	{
		key_writer_put(&keys, out, &key);
		copy_series(out, series, size, change);
	}
	key_writer_free(&keys);
	ledger_batches_free(writer->batches);
}

/*
 * Find out what the ledger says of itself, and how series have to be changed.
 */
static void
settle_writer(LedgerWriter *writer, const int64 *touches, LedgerInfo *info, SeriesChange *change)
{
	const LedgerInfo *frame = &writer->frame;

	for (int32 i = 1; i < frame->periods; i++)
		writer->entries[i] += writer->entries[i - 1];
	writer->entries[frame->periods] = writer->nlasting;
	if (writer->customers == 0)
		writer->spare = frame->scale;
	*info = *frame;
	info->scale -= writer->spare;
	find_range(writer, touches, info);
	memset(change, 0, sizeof(SeriesChange));
	change->divisor = power_of_ten(writer->spare);
	if (info->periods > 0)
	{
		change->shift = info->first - frame->first;
		change->cut = frame->periods - change->shift - info->periods;
		change->end = frame->periods + 1;
		discount_cut(writer, change->cut);
	}
	info->customers = writer->customers;
	info->entries = writer->nentries;
	info->total = money_check(writer->total) / change->divisor;
}

/*
 * Put all but the customers.
 */
static void
put_head(StringInfo out, const LedgerWriter *writer, const int64 *touches, const LedgerInfo *info)
{
	RevenueLedger *ledger = (RevenueLedger *) out->data;

	memset(ledger, 0, sizeof(RevenueLedger));
	ledger->version = LEDGER_VERSION;
	ledger->flags = info->lasting ? LEDGER_LASTING : 0;
	ledger->dscale = info->dscale;
	ledger->grain = info->grain;
	ledger->kind = info->kind;
	ledger->scale = info->scale;
	ledger->snapshot = info->periods > 0 ? info->snapshot : SNAPSHOT_NONE;
	out->len = offsetof(RevenueLedger, body);
	put_varint(out, info->customers);
	put_varint(out, info->entries);
	put_varint(out, info->periods);
	if (info->periods > 0)
		put_varint(out, zigzag(info->first));
	put_varint(out, zigzag(info->total));
	put_surplus(out, writer, touches, info);
}

/*
 * Finish the ledger, given how many times rows touched each period of the
 * frame, and the one after it.  The writer is gone after that.
 */
RevenueLedger *
ledger_write_end(LedgerWriter *writer, const int64 *touches)
{
	LedgerInfo	info;
	SeriesChange change;
	StringInfoData out;
	Size		size;

	settle_writer(writer, touches, &info, &change);
	if (writer->batches != NULL && writer->pile.n > 0)
		end_pile(writer);
	size = writer->batches != NULL ? ledger_batches_size(writer->batches) : writer->pile.buffer.len;

	initStringInfo(&out);
	reserve_bytes(&out, sizeof(RevenueLedger) + size);
	put_head(&out, writer, touches, &info);
	if (writer->batches != NULL)
		put_batches(&out, writer, &change);
	else
		put_pile(&out, writer, &change);
	SET_VARSIZE(out.data, out.len);

	pile_free(&writer->pile);
	pfree(writer->entries);
	pfree(writer);
	return (RevenueLedger *) out.data;
}
