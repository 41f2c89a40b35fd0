/*-------------------------------------------------------------------------
 *
 * ledger.c
 *	  The flat form of a revenue_ledger: how it is written, read and checked.
 *
 * Knows bytes, keys, amounts and periods; knows nothing of billing rows,
 * aggregates or metrics.  The form itself is described in ledger.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "varint.h"

/* A customer in a writer: its bytes lie in the writer's buffer */
typedef struct WrittenCustomer
{
	uint64		rank;			/* orders keys, but for equal ranks */
	uint32		offset;			/* of the key's bytes, then the series */
	uint32		key_length;		/* 0 for an integer, whose rank is all */
	uint32		series_length;
} WrittenCustomer;

struct LedgerWriter
{
	LedgerInfo	frame;			/* what the writer was told */
	StringInfoData buffer;		/* keys and series as they came */
	WrittenCustomer *customers;
	int64		ncustomers;
	int64		capacity;
	int64	   *entries;		/* how many more in a period of the frame than before */
	int64		nentries;
	int128		total;
	int64		nlasting;		/* customers with an amount that lasts, */
	int128		lasting;		/* and the sum of those amounts */
	int32		needed;			/* up to here somebody's amount does not last */
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

void
series_grow(RevenueSeries *series)
{
	series->capacity = Max(64, series->capacity * 2);
	if (series->runs == NULL)
		series->runs = palloc(series->capacity * sizeof(RevenueRun));
	else
		series->runs = repalloc_huge(series->runs, series->capacity * sizeof(RevenueRun));
}

void
series_reserve(RevenueSeries *series, int more)
{
	while (series->capacity - series->length < more)
		series_grow(series);
}

const char *
snapshot_name(SnapshotRule snapshot)
{
	return snapshot == SNAPSHOT_START ? "start" : "end";
}

/*
 * Reading
 */

/*
 * Read one run; returns where it ends, or NULL if it is malformed.
 */
static pg_attribute_always_inline const char *
get_run(const char *p, const char *end, uint64 *skipped, int128 *amount, uint64 *length)
{
	const char *after;
	uint64		token,
				narrow;
	uint128		coded;

	p = varint_get(p, end, &token);
	if (p == NULL)
		return NULL;
	after = varint_get_amount(p, end, &narrow);
	if (likely(after != NULL))
		*amount = (int64) (narrow >> 1) ^ -(int64) (narrow & 1);
	else
	{
		after = varint_get_wide(p, end, &coded);
		if (after == NULL)
			return NULL;
		*amount = unzigzag(coded);
	}
	p = after;
	*skipped = token >> 1;
	*length = 1;
	if ((token & 1) != 0)
	{
		p = varint_get(p, end, length);
		*length += 2;
	}
	return p;
}

/*
 * Read a series of that many periods, and put it behind what is in 'series'.
 * Everything that an array or a loop depends on is checked, so that damaged
 * bytes cannot lead further than to an error.
 */
static const char *
get_series(const char *p, const char *end, int32 first, int32 periods, RevenueSeries *series)
{
	uint64		runs;
	uint64		next = 0;
	RevenueRun *run;

	p = varint_get(p, end, &runs);
	if (p == NULL || runs > periods)
		return NULL;
	series_reserve(series, (int) runs);
	run = series->runs + series->length;
	series->length += (int) runs;
	for (; runs > 0; runs--, run++)
	{
		uint64		skipped,
					length;

		p = get_run(p, end, &skipped, &run->amount, &length);
		if (p == NULL || skipped >= periods - next || length > periods - next - skipped)
			return NULL;
		next += skipped;
		run->period = first + (int32) next;
		run->length = (int32) length;
		next += length;
	}
	return p;
}

static const char *
get_surplus(const char *p, const char *end, const LedgerInfo *info, RevenueSeries *surplus)
{
	return get_series(p, end, info->first, info->periods, surplus);
}

/* What is wrong with the fixed header of a would-be ledger; NULL if nothing is */
static const char *
header_problem(const RevenueLedger *ledger, Size size)
{
	if (size < offsetof(RevenueLedger, body))
		return "It is too short.";
	if (ledger->version != LEDGER_VERSION)
		return "It has an unknown version.";
	if ((ledger->flags & ~LEDGER_LASTING) != 0)
		return "It has unknown flags.";
	if (ledger->grain > GRAIN_LAST || ledger->kind > CUSTOMER_KIND_LAST ||
		ledger->snapshot > SNAPSHOT_LAST)
		return "It has an unknown grain, kind of customer or snapshot rule.";
	if (ledger->scale > MONEY_DIGITS || ledger->dscale < ledger->scale ||
		ledger->dscale > MONEY_MAX_DSCALE)
		return "Its scale is out of range.";
	return NULL;
}

static bool
range_exists(const LedgerInfo *info)
{
	return info->periods == 0 ||
		(period_exists(info->grain, info->first) &&
		 period_exists(info->grain, (int64) info->first + info->periods - 1));
}

/*
 * Read what a ledger says of itself; returns where its surplus begins, or NULL
 * if it says what no ledger can.
 */
static const char *
get_info(const RevenueLedger *ledger, const char *end, LedgerInfo *info)
{
	const char *p = ledger->body;
	uint64		customers,
				entries,
				periods,
				first = 0;
	uint128		total = 0;

	if (header_problem(ledger, end - (const char *) ledger) != NULL)
		return NULL;
	info->grain = ledger->grain;
	info->kind = ledger->kind;
	info->snapshot = ledger->snapshot;
	info->lasting = (ledger->flags & LEDGER_LASTING) != 0;
	info->scale = ledger->scale;
	info->dscale = ledger->dscale;
	if ((p = varint_get(p, end, &customers)) == NULL ||
		(p = varint_get(p, end, &entries)) == NULL ||
		(p = varint_get(p, end, &periods)) == NULL || periods > MAX_PERIODS ||
		(periods == 0 && (info->lasting || info->snapshot != SNAPSHOT_NONE)))
		return NULL;
	if (periods > 0)
	{
		p = varint_get(p, end, &first);
		if (p == NULL || first > PG_UINT32_MAX)
			return NULL;
	}
	p = varint_get_wide(p, end, &total);
	info->customers = customers;
	info->entries = entries;
	info->periods = (int32) periods;
	info->first = (int32) unzigzag(first);
	info->total = unzigzag(total);
	return range_exists(info) && money_in_range(info->total) ? p : NULL;
}

/*
 * Read the key of the customer after reader->customer.
 */
static const char *
get_key(const char *p, const char *end, LedgerReader *reader, bool is_first)
{
	CustomerKey *key = &reader->customer;
	uint64		shared,
				suffix;
	uint128		number;

	switch (reader->info.kind)
	{
		case CUSTOMER_INTEGER:
			p = varint_get_wide(p, end, &number);
			if (p == NULL || number > PG_UINT64_MAX)
				return NULL;
			if (is_first)
				key->number = (int64) unzigzag(number);
			else
				key->number = (int64) ((uint64) key->number + (uint64) number);
			key->length = 0;
			return p;

		case CUSTOMER_UUID:
			if (end - p < UUID_LEN)
				return NULL;
			key->bytes = p;
			key->length = UUID_LEN;
			return p + UUID_LEN;

		default:
			p = varint_get(p, end, &shared);
			if (p != NULL)
				p = varint_get(p, end, &suffix);
			if (p == NULL || shared > key->length || suffix > end - p ||
				shared + suffix > CUSTOMER_MAX_LENGTH ||
				(suffix > 0 && shared < key->length && reader->text[shared] == *p))
				return NULL;
			memcpy(reader->text + shared, p, suffix);
			key->bytes = reader->text;
			key->length = shared + suffix;
			return p + suffix;
	}
}

pg_noinline void
damaged_ledger(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("revenue_ledger is damaged"),
			 errhint("Build it again from its billing rows.")));
}

/*
 * Begin to read a ledger, which is flat, canonical and not toasted, and stays
 * where it is for as long as it is read.
 */
void
ledger_read_begin(LedgerReader *reader, const RevenueLedger *ledger)
{
	memset(reader, 0, sizeof(LedgerReader));
	reader->end = (const char *) ledger + VARSIZE(ledger);
	reader->position = get_info(ledger, reader->end, &reader->info);
	if (reader->position != NULL)
		reader->position = get_surplus(reader->position, reader->end, &reader->info,
									   &reader->surplus);
	if (reader->position == NULL)
		damaged_ledger();
	reader->customers_left = reader->info.customers;
	if (reader->info.kind == CUSTOMER_TEXT)
		reader->text = palloc(Min(CUSTOMER_MAX_LENGTH, VARSIZE(ledger)));
}

/*
 * Go to the next customer, whose key is then in the reader until the one after
 * it; false when there is none left.  The series has to be read next.
 */
bool
ledger_read_key(LedgerReader *reader)
{
	if (reader->customers_left == 0)
		return false;
	reader->position = get_key(reader->position, reader->end, reader,
							   reader->customers_left == reader->info.customers);
	if (reader->position == NULL)
		damaged_ledger();
	reader->customers_left--;
	return true;
}

/*
 * Read the series of the customer whose key was read, and put it behind what is
 * in 'series'.
 */
void
ledger_read_series(LedgerReader *reader, RevenueSeries *series)
{
	const LedgerInfo *info = &reader->info;

	reader->position = get_series(reader->position, reader->end, info->first,
								  ledger_end(info) - info->first, series);
	if (reader->position == NULL)
		damaged_ledger();
}

/*
 * Go to the next customer, whose key and series are then in the reader until
 * the one after it; false when there is none left.
 */
bool
ledger_read_next(LedgerReader *reader)
{
	if (!ledger_read_key(reader))
		return false;
	reader->series.length = 0;
	ledger_read_series(reader, &reader->series);
	return true;
}

void
ledger_read_end(LedgerReader *reader)
{
	if (reader->text != NULL)
		pfree(reader->text);
	if (reader->series.runs != NULL)
		pfree(reader->series.runs);
	if (reader->surplus.runs != NULL)
		pfree(reader->surplus.runs);
}

/*
 * Just the facts, of which the first bytes of a ledger are enough.
 */
void
ledger_read_info(LedgerInfo *info, const RevenueLedger *ledger, Size size)
{
	if (get_info(ledger, (const char *) ledger + size, info) == NULL)
		damaged_ledger();
}

/*
 * Check that ledgers can become one.  What has no subscriptions goes with
 * either snapshot rule.
 */
void
ledger_check_mergeable(const LedgerInfo *a, const LedgerInfo *b)
{
	if (a->grain != b->grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge ledgers of grain %s and %s",
						grain_name(a->grain), grain_name(b->grain)),
				 errhint("Build both with the same grain.")));
	if (a->kind != b->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot merge ledgers of %s and %s customers",
						customer_kind_name(a->kind), customer_kind_name(b->kind)),
				 errhint("Cast the customers of both to the same type.")));
	if (a->snapshot != b->snapshot &&
		a->snapshot != SNAPSHOT_NONE && b->snapshot != SNAPSHOT_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge ledgers of subscriptions in force at the %s and at the %s of a period",
						snapshot_name(a->snapshot), snapshot_name(b->snapshot)),
				 errhint("Build both with the same snapshot rule.")));
}

static void
add_part(LedgerValue *value, int n, const char *begin, const char *end)
{
	value->parts[n] = (const unsigned char *) begin;
	value->sizes[n] = end - begin;
}

/*
 * Where the bytes are that tell a ledger from another one: all but dscale,
 * which comes before them, the snapshot rule and the surplus.
 */
void
ledger_value(const RevenueLedger *ledger, LedgerValue *value)
{
	const char *begin = (const char *) ledger;
	const char *end = begin + VARSIZE(ledger);
	RevenueSeries surplus = {0};
	LedgerInfo	info;
	const char *surplus_begin = get_info(ledger, end, &info);
	const char *surplus_end = NULL;

	if (surplus_begin != NULL)
		surplus_end = get_surplus(surplus_begin, end, &info, &surplus);
	if (surplus_end == NULL)
		damaged_ledger();
	if (surplus.runs != NULL)
		pfree(surplus.runs);
	add_part(value, 0, begin + offsetof(RevenueLedger, grain), begin + offsetof(RevenueLedger, snapshot));
	add_part(value, 1, begin + offsetof(RevenueLedger, body), surplus_begin);
	add_part(value, 2, surplus_end, end);
}

/*
 * Writing
 */

static pg_noinline void
grow_buffer(StringInfo buffer, Size bytes)
{
	if (buffer->len + bytes >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("revenue_ledger too large"),
				 errdetail("A ledger takes at most 1 GB as a value that is stored or passed on."),
				 errhint("Build one ledger per segment of customers, or read it in the query that builds it, with LATERAL.")));
	enlargeStringInfo(buffer, bytes);
}

static inline void
reserve(StringInfo buffer, Size bytes)
{
	if (unlikely(buffer->len + bytes >= buffer->maxlen))
		grow_buffer(buffer, bytes);
}

static void
put_varint(StringInfo buffer, uint128 value)
{
	reserve(buffer, VARINT_MAX_BYTES);
	buffer->len = varint_put(buffer->data + buffer->len, value) - buffer->data;
}

/* The most bytes of a run: two numbers of periods, and an amount */
#define RUN_MAX_BYTES	(4 + 4 + VARINT_MAX_BYTES)

static inline char *
write_run(char *p, int32 skipped, int128 amount, int32 length)
{
	p = varint_put(p, (uint64) skipped << 1 | (length > 1));
	p = varint_put(p, zigzag(amount));
	if (length > 1)
		p = varint_put(p, length - 2);
	return p;
}

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
	reserve(buffer, runs * RUN_MAX_BYTES);
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
 * Begin a ledger.  Of 'frame' are used the grain, kind, snapshot, scale,
 * dscale, and the periods that anything may lie in; what the amounts and the
 * range really need is found out while writing.  A frame that is 'lasting'
 * allows for amounts in the period after its last one, and all to come.
 */
LedgerWriter *
ledger_write_begin(const LedgerInfo *frame)
{
	LedgerWriter *writer = palloc0(sizeof(LedgerWriter));

	writer->frame = *frame;
	writer->spare = frame->scale;
	writer->entries = palloc0((frame->periods + 1) * sizeof(int64));
	writer->needed = frame->first;
	writer->capacity = 1;
	writer->customers = palloc(writer->capacity * sizeof(WrittenCustomer));
	initStringInfo(&writer->buffer);
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
 * Add a customer that was not added before.
 */
void
ledger_write_customer(LedgerWriter *writer, const CustomerKey *key, const RevenueSeries *series)
{
	WrittenCustomer *customer;
	StringInfo	buffer = &writer->buffer;

	if (series->length == 0)
		return;
	if (writer->ncustomers == writer->capacity)
	{
		writer->capacity *= 2;
		writer->customers = repalloc_huge(writer->customers,
										  writer->capacity * sizeof(WrittenCustomer));
	}
	customer = &writer->customers[writer->ncustomers++];
	customer->rank = customer_rank(writer->frame.kind, key);
	customer->offset = buffer->len;
	customer->key_length = key->length;
	if (key->length > 0)
	{
		reserve(buffer, key->length);
		appendBinaryStringInfo(buffer, key->bytes, key->length);
	}
	put_series(buffer, series, writer->frame.first);
	customer->series_length = buffer->len - customer->offset - customer->key_length;
	for (int i = 0; i < series->length;)
	{
		RevenueRun	run = whole_run(series, &i);

		count_run(writer, &run);
	}
}

static inline int
compare_written(const WrittenCustomer *a, const WrittenCustomer *b, LedgerWriter *writer)
{
	int			order;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	order = memcmp(writer->buffer.data + a->offset, writer->buffer.data + b->offset,
				   Min(a->key_length, b->key_length));
	if (order != 0)
		return order;
	return a->key_length < b->key_length ? -1 : a->key_length > b->key_length;
}

#define ST_SORT sort_written
#define ST_ELEMENT_TYPE WrittenCustomer
#define ST_COMPARE_ARG_TYPE LedgerWriter
#define ST_COMPARE(a, b, writer) compare_written(a, b, writer)
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* For so many customers, passes over them all take less time than comparisons */
#define MANY_CUSTOMERS	1000

/*
 * Put customers in order.  Many integers are put in order of one byte of their rank
 * after the other, from the lowest on; bytes that are the same in all are none.
 */
static void
sort_customers(LedgerWriter *writer)
{
	int64		n = writer->ncustomers;
	WrittenCustomer *from = writer->customers;
	WrittenCustomer *to;
	uint64		varying = 0;

	if (writer->frame.kind != CUSTOMER_INTEGER || n < MANY_CUSTOMERS)
	{
		sort_written(writer->customers, n, writer);
		return;
	}
	for (int64 i = 1; i < n; i++)
		varying |= from[i].rank ^ from[0].rank;
	to = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(WrittenCustomer));
	for (int shift = 0; shift < 64; shift += 8)
	{
		int64		places[256] = {0};
		int64		place = 0;
		WrittenCustomer *swap = from;

		if ((varying >> shift & 0xFF) == 0)
			continue;
		for (int64 i = 0; i < n; i++)
			places[from[i].rank >> shift & 0xFF]++;
		for (int i = 0; i < 256; i++)
		{
			int64		count = places[i];

			places[i] = place;
			place += count;
		}
		for (int64 i = 0; i < n; i++)
			to[places[from[i].rank >> shift & 0xFF]++] = from[i];
		from = to;
		to = swap;
	}
	writer->customers = from;
	pfree(to);
}

static int
shared_bytes(const char *a, int a_length, const char *b, int b_length)
{
	int			shared = 0;

	while (shared < a_length && shared < b_length && a[shared] == b[shared])
		shared++;
	return shared;
}

static void
put_key(StringInfo out, LedgerWriter *writer, const WrittenCustomer *customer,
		const WrittenCustomer *previous)
{
	const char *bytes = writer->buffer.data + customer->offset;
	int			shared = 0;

	if (writer->frame.kind == CUSTOMER_INTEGER)
	{
		if (previous != NULL)
			put_varint(out, customer->rank - previous->rank);
		else
			put_varint(out, zigzag((int64) (customer->rank ^ (UINT64CONST(1) << 63))));
		return;
	}
	if (writer->frame.kind == CUSTOMER_TEXT)
	{
		if (previous != NULL)
			shared = shared_bytes(writer->buffer.data + previous->offset, previous->key_length,
								  bytes, customer->key_length);
		put_varint(out, shared);
		put_varint(out, customer->key_length - shared);
	}
	reserve(out, customer->key_length - shared);
	appendBinaryStringInfo(out, bytes + shared, customer->key_length - shared);
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
		reserve(out, size);
		appendBinaryStringInfo(out, p, size);
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
		reserve(out, RUN_MAX_BYTES);
		end_of_run = write_run(out->data + out->len, (int32) skipped - shift,
							   amount / change->divisor, (int32) length);
		out->len = end_of_run - out->data;
		shift = 0;
	}
}

/*
 * From a frame to the range of a ledger.  It is narrower, or the one period
 * after the frame if nothing is left but what lasts from there on.
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
		int64		difference = touches[place] - writer->entries[place];

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
 * Finish the ledger, given how many times rows touched each period of the
 * frame, and the one after it.  The writer is gone after that.
 */
RevenueLedger *
ledger_write_end(LedgerWriter *writer, const int64 *touches)
{
	const LedgerInfo *frame = &writer->frame;
	LedgerInfo	info = *frame;
	SeriesChange change = {0};
	StringInfoData out;
	RevenueLedger *ledger;

	for (int32 i = 1; i < frame->periods; i++)
		writer->entries[i] += writer->entries[i - 1];
	writer->entries[frame->periods] = writer->nlasting;
	if (writer->ncustomers == 0)
		writer->spare = frame->scale;
	info.scale -= writer->spare;
	find_range(writer, touches, &info);
	change.divisor = power_of_ten(writer->spare);
	if (info.periods > 0)
	{
		change.shift = info.first - frame->first;
		change.cut = frame->periods - change.shift - info.periods;
		change.end = frame->periods + 1;
		discount_cut(writer, change.cut);
	}

	initStringInfo(&out);
	reserve(&out, sizeof(RevenueLedger) + writer->buffer.len);
	memset(out.data, 0, sizeof(RevenueLedger));
	out.len = offsetof(RevenueLedger, body);
	put_varint(&out, writer->ncustomers);
	put_varint(&out, writer->nentries);
	put_varint(&out, info.periods);
	if (info.periods > 0)
		put_varint(&out, zigzag(info.first));
	put_varint(&out, zigzag(money_check(writer->total) / change.divisor));
	put_surplus(&out, writer, touches, &info);

	sort_customers(writer);
	for (int64 i = 0; i < writer->ncustomers; i++)
	{
		WrittenCustomer *customer = &writer->customers[i];

		put_key(&out, writer, customer, i > 0 ? customer - 1 : NULL);
		copy_series(&out, writer->buffer.data + customer->offset + customer->key_length,
					customer->series_length, &change);
	}

	ledger = (RevenueLedger *) out.data;
	SET_VARSIZE(ledger, out.len);
	ledger->version = LEDGER_VERSION;
	ledger->dscale = info.dscale;
	ledger->grain = info.grain;
	ledger->kind = info.kind;
	ledger->scale = info.scale;
	ledger->snapshot = info.periods > 0 ? info.snapshot : SNAPSHOT_NONE;
	if (info.lasting)
		ledger->flags |= LEDGER_LASTING;

	pfree(writer->buffer.data);
	pfree(writer->customers);
	pfree(writer->entries);
	pfree(writer);
	return ledger;
}

/*
 * Checking: everything that reading and canonical form rely on
 */

/* What a walk over all series has seen */
typedef struct LedgerCheck
{
	LedgerInfo	info;
	uint64		entries;
	int128		total;
	bool		scale_needed;	/* some amount has a last decimal */
	bool		begins;			/* some run is in the first period */
	bool		ends;			/* some amount is in the last one and does not last */
	bool		lasts;			/* some amount lasts */
	int64		last_touches;	/* of the last period */
} LedgerCheck;

static void
check_place(LedgerCheck *check, uint64 begin, uint64 end)
{
	uint64		periods = check->info.periods;

	check->begins |= begin == 0;
	check->ends |= end == periods || begin == periods;
	check->lasts |= end > periods;
	if (begin < periods && end >= periods)
		check->last_touches++;
	check->entries += Min(end, periods) - begin;
}

static const char *
check_series(const char *p, const char *end, LedgerCheck *check)
{
	uint64		periods = ledger_end(&check->info) - check->info.first;
	uint64		runs;
	uint64		next = 0;
	int128		previous = 0;

	p = varint_get(p, end, &runs);
	if (p == NULL || runs == 0)
		return NULL;
	for (; runs > 0; runs--)
	{
		uint64		skipped,
					length;
		int128		amount,
					total;

		p = get_run(p, end, &skipped, &amount, &length);
		if (p == NULL || skipped >= periods - next || length > periods - next - skipped ||
			amount == 0 || (skipped == 0 && amount == previous) || !money_in_range(amount))
			return NULL;
		next += skipped + length;
		check_place(check, next - length, next);
		total = amount * (int128) (Min(next, check->info.periods) - (next - length));
		if (__builtin_add_overflow(check->total, total, &check->total))
			return NULL;
		check->scale_needed |= amount % 10 != 0;
		previous = amount;
	}
	return p;
}

static const char *
check_surplus(const char *p, const char *end, LedgerCheck *check)
{
	const LedgerInfo *info = &check->info;
	RevenueSeries surplus = {0};

	p = get_surplus(p, end, info, &surplus);
	for (int i = 0; p != NULL && i < surplus.length; i++)
	{
		const RevenueRun *run = &surplus.runs[i];

		if (run->amount == 0 || run->amount != (int64) run->amount ||
			(i > 0 && run_end(run - 1) == run->period && run[-1].amount == run->amount))
			return NULL;
		check->begins |= run->period == info->first;
		if (run_end(run) == info->first + info->periods)
			check->last_touches = (int64) run->amount;
	}
	if (surplus.runs != NULL)
		pfree(surplus.runs);
	return p;
}

static const char *
check_customers(const char *p, const char *end, LedgerCheck *check)
{
	LedgerReader reader = {0};
	CustomerKey previous = {0};
	char	   *previous_text = NULL;

	reader.info = check->info;
	if (check->info.kind == CUSTOMER_TEXT)
	{
		reader.text = palloc(CUSTOMER_MAX_LENGTH);
		previous_text = palloc(CUSTOMER_MAX_LENGTH);
	}
	for (int64 i = 0; i < check->info.customers; i++)
	{
		CHECK_FOR_INTERRUPTS();
		p = get_key(p, end, &reader, i == 0);
		if (p == NULL || (i > 0 && customer_compare(check->info.kind, &previous,
													&reader.customer) >= 0))
			return NULL;
		previous = reader.customer;
		if (previous_text != NULL)
		{
			if (!pg_verify_mbstr(GetDatabaseEncoding(), reader.customer.bytes,
								 reader.customer.length, true))
				return NULL;
			memcpy(previous_text, reader.customer.bytes, reader.customer.length);
			previous.bytes = previous_text;
		}
		p = check_series(p, end, check);
		if (p == NULL)
			return NULL;
	}
	return p;
}

static bool
range_needed(const LedgerCheck *check)
{
	return check->begins && (check->ends || check->last_touches != 0 ||
							 (check->lasts && check->info.periods == 1));
}

/*
 * What is wrong with a would-be ledger of that size, in a sentence; NULL if
 * nothing is.
 */
const char *
ledger_problem(const RevenueLedger *ledger, Size size)
{
	const char *end = (const char *) ledger + size;
	LedgerCheck check = {{0}};
	const char *problem = header_problem(ledger, size);
	const char *p;

	if (problem != NULL)
		return problem;
	p = get_info(ledger, end, &check.info);
	if (p == NULL)
		return "Its counts or its range of periods are malformed.";
	p = check_surplus(p, end, &check);
	if (p == NULL)
		return "Its counts of rows are malformed.";
	p = check_customers(p, end, &check);
	if (p == NULL)
		return "Its customers are malformed or out of order.";
	if (p != end)
		return "It is followed by more bytes.";
	if (check.entries != check.info.entries || check.total != check.info.total)
		return "Its totals do not match its entries.";
	if (check.lasts != check.info.lasting)
		return "It says that it lasts, and does not.";
	if (check.info.periods > 0 && !range_needed(&check))
		return "Its range of periods is wider than its entries.";
	if (check.info.scale > 0 && !check.scale_needed)
		return "Its scale is larger than its amounts need.";
	return NULL;
}
