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
	int64	   *entries;		/* in each period of the frame */
	int64		nentries;
	int128		total;
	int			spare;			/* decimals that no amount so far has used */
};

/* How series have to be changed on their way from a writer into the ledger */
typedef struct SeriesChange
{
	int32		shift;			/* periods that the ledger starts later */
	int128		divisor;		/* of the amounts */
} SeriesChange;

void
series_grow(RevenueSeries *series)
{
	series->capacity = Max(64, series->capacity * 2);
	if (series->entries == NULL)
		series->entries = palloc(series->capacity * sizeof(RevenueEntry));
	else
		series->entries = repalloc_huge(series->entries,
										series->capacity * sizeof(RevenueEntry));
}

/*
 * Reading
 */

/*
 * Read one run; returns where it ends, or NULL if it is malformed.
 */
static inline const char *
get_run(const char *p, const char *end, uint64 *skipped, int128 *amount, uint64 *length)
{
	uint64		token;
	uint128		coded;

	p = varint_get(p, end, &token);
	if (p == NULL)
		return NULL;
	p = varint_get_wide(p, end, &coded);
	if (p == NULL)
		return NULL;
	*skipped = token >> 1;
	*amount = unzigzag(coded);
	*length = 1;
	if ((token & 1) != 0)
	{
		p = varint_get(p, end, length);
		*length += 2;
	}
	return p;
}

/*
 * Read a series out run by run.  Everything that an array or a loop depends on
 * is checked, so that damaged bytes cannot lead further than to an error.
 */
static const char *
get_series(const char *p, const char *end, const LedgerInfo *info, RevenueSeries *series)
{
	uint64		runs;
	uint64		next = 0;

	series->length = 0;
	p = varint_get(p, end, &runs);
	for (; p != NULL && runs > 0; runs--)
	{
		uint64		skipped,
					length;
		int128		amount;

		p = get_run(p, end, &skipped, &amount, &length);
		if (p == NULL || skipped >= info->periods - next ||
			length > info->periods - next - skipped)
			return NULL;
		next += skipped;
		for (; length > 0; length--, next++)
			series_append(series, info->first + (int32) next, amount);
	}
	return p;
}

/* What is wrong with the fixed header of a would-be ledger; NULL if nothing is */
static const char *
header_problem(const RevenueLedger *ledger, Size size)
{
	if (size < offsetof(RevenueLedger, body))
		return "It is too short.";
	if (ledger->version != LEDGER_VERSION)
		return "It has an unknown version.";
	if (ledger->flags != 0 || ledger->unused != 0)
		return "It has unknown flags.";
	if (ledger->grain > GRAIN_LAST || ledger->kind > CUSTOMER_KIND_LAST)
		return "It has an unknown grain or kind of customer.";
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
	info->scale = ledger->scale;
	info->dscale = ledger->dscale;
	if ((p = varint_get(p, end, &customers)) == NULL ||
		(p = varint_get(p, end, &entries)) == NULL ||
		(p = varint_get(p, end, &periods)) == NULL || periods > MAX_PERIODS)
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

pg_noreturn static pg_noinline void
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
		reader->position = get_series(reader->position, reader->end, &reader->info,
									  &reader->surplus);
	if (reader->position == NULL)
		damaged_ledger();
	reader->customers_left = reader->info.customers;
	if (reader->info.kind == CUSTOMER_TEXT)
		reader->text = palloc(Min(CUSTOMER_MAX_LENGTH, VARSIZE(ledger)));
}

/*
 * Go to the next customer, whose key and series are then in the reader until
 * the one after it; false when there is none left.
 */
bool
ledger_read_next(LedgerReader *reader)
{
	const char *p = reader->position;

	if (reader->customers_left == 0)
		return false;
	p = get_key(p, reader->end, reader, reader->customers_left == reader->info.customers);
	if (p != NULL)
		p = get_series(p, reader->end, &reader->info, &reader->series);
	if (p == NULL)
		damaged_ledger();
	reader->position = p;
	reader->customers_left--;
	return true;
}

void
ledger_read_end(LedgerReader *reader)
{
	if (reader->text != NULL)
		pfree(reader->text);
	if (reader->series.entries != NULL)
		pfree(reader->series.entries);
	if (reader->surplus.entries != NULL)
		pfree(reader->surplus.entries);
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
 * Where the bytes are that tell a ledger from another one: all but dscale,
 * which comes before them, and the surplus.
 */
void
ledger_value(const RevenueLedger *ledger, LedgerValue *value)
{
	const char *begin = (const char *) ledger + offsetof(RevenueLedger, grain);
	const char *end = (const char *) ledger + VARSIZE(ledger);
	RevenueSeries surplus = {0};
	LedgerInfo	info;
	const char *surplus_begin = get_info(ledger, end, &info);
	const char *surplus_end = NULL;

	if (surplus_begin != NULL)
		surplus_end = get_series(surplus_begin, end, &info, &surplus);
	if (surplus_end == NULL)
		damaged_ledger();
	if (surplus.entries != NULL)
		pfree(surplus.entries);
	value->parts[0] = (const unsigned char *) begin;
	value->sizes[0] = surplus_begin - begin;
	value->parts[1] = (const unsigned char *) surplus_end;
	value->sizes[1] = end - surplus_end;
}

/*
 * Writing
 */

static void
reserve(StringInfo buffer, Size bytes)
{
	if (buffer->len + bytes >= MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("revenue_ledger too large"),
				 errdetail("A ledger takes at most 1 GB as a value that is stored or passed on."),
				 errhint("Build one ledger per segment of customers, or read it in the query that builds it, with LATERAL.")));
	enlargeStringInfo(buffer, bytes);
}

static void
put_varint(StringInfo buffer, uint128 value)
{
	reserve(buffer, VARINT_MAX_BYTES);
	buffer->len = varint_put(buffer->data + buffer->len, value) - buffer->data;
}

static void
put_run(StringInfo buffer, int32 skipped, int128 amount, int32 length)
{
	char	   *p;

	reserve(buffer, 3 * VARINT_MAX_BYTES);
	p = varint_put(buffer->data + buffer->len, (uint64) skipped << 1 | (length > 1));
	p = varint_put(p, zigzag(amount));
	if (length > 1)
		p = varint_put(p, length - 2);
	buffer->len = p - buffer->data;
}

static int
run_length(const RevenueSeries *series, int from)
{
	const RevenueEntry *entries = series->entries;
	int			next = from + 1;

	while (next < series->length &&
		   entries[next].amount == entries[from].amount &&
		   entries[next].period == entries[next - 1].period + 1)
		next++;
	return next - from;
}

static void
put_series(StringInfo buffer, const RevenueSeries *series, int32 first)
{
	int32		next = first;
	int			runs = 0;

	for (int i = 0; i < series->length; i += run_length(series, i))
		runs++;
	put_varint(buffer, runs);
	for (int i = 0; i < series->length;)
	{
		const RevenueEntry *entry = &series->entries[i];
		int			length = run_length(series, i);

		put_run(buffer, entry->period - next, entry->amount, length);
		next = entry->period + length;
		i += length;
	}
}

/*
 * Begin a ledger.  Of 'frame' are used the grain, kind, scale, dscale, and the
 * periods that anything may lie in; what the amounts and the range really need
 * is found out while writing.
 */
LedgerWriter *
ledger_write_begin(const LedgerInfo *frame)
{
	LedgerWriter *writer = palloc0(sizeof(LedgerWriter));

	writer->frame = *frame;
	writer->spare = frame->scale;
	writer->entries = palloc0(Max(frame->periods, 1) * sizeof(int64));
	writer->capacity = 1;
	writer->customers = palloc(writer->capacity * sizeof(WrittenCustomer));
	initStringInfo(&writer->buffer);
	return writer;
}

/* The first bytes of a key as a number; numbers are ordered as the keys are */
static uint64
key_rank(CustomerKind kind, const CustomerKey *key)
{
	uint64		rank = 0;

	if (kind == CUSTOMER_INTEGER)
		return (uint64) key->number ^ (UINT64CONST(1) << 63);
	for (int i = 0; i < sizeof(rank); i++)
		rank = rank << 8 | (i < key->length ? (uint8) key->bytes[i] : 0);
	return rank;
}

static inline bool
is_multiple(int128 amount, int128 divisor)
{
	if (amount == (int64) amount && divisor == (int64) divisor)
		return (int64) amount % (int64) divisor == 0;
	return amount % divisor == 0;
}

static void
count_entries(LedgerWriter *writer, const RevenueSeries *series)
{
	for (int i = 0; i < series->length; i++)
	{
		const RevenueEntry *entry = &series->entries[i];

		writer->entries[entry->period - writer->frame.first]++;
		add_money(&writer->total, entry->amount);
		while (writer->spare > 0 && !is_multiple(entry->amount, power_of_ten(writer->spare)))
			writer->spare--;
	}
	writer->nentries += series->length;
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
	customer->rank = key_rank(writer->frame.kind, key);
	customer->offset = buffer->len;
	customer->key_length = key->length;
	if (key->length > 0)
	{
		reserve(buffer, key->length);
		appendBinaryStringInfo(buffer, key->bytes, key->length);
	}
	put_series(buffer, series, writer->frame.first);
	customer->series_length = buffer->len - customer->offset - customer->key_length;
	count_entries(writer, series);
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
	int32		shift = change->shift;
	uint64		runs,
				skipped,
				length;
	int128		amount;

	if (shift == 0 && change->divisor == 1)
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
		put_run(out, (int32) skipped - shift, amount / change->divisor, (int32) length);
		shift = 0;
	}
}

/*
 * The range of periods that hold an entry or were touched by rows.
 */
static void
find_range(const LedgerWriter *writer, const int64 *rows, LedgerInfo *info)
{
	int32		low = 0,
				high = writer->frame.periods;

	while (low < high && writer->entries[low] == 0 && rows[low] == 0)
		low++;
	while (high > low && writer->entries[high - 1] == 0 && rows[high - 1] == 0)
		high--;
	info->first = low < high ? writer->frame.first + low : 0;
	info->periods = high - low;
}

static void
put_surplus(StringInfo out, const LedgerWriter *writer, const int64 *rows, const LedgerInfo *info)
{
	RevenueSeries surplus = {0};

	for (int32 i = 0; i < info->periods; i++)
	{
		int32		place = info->first + i - writer->frame.first;
		int64		difference = rows[place] - writer->entries[place];

		if (difference != 0)
			series_append(&surplus, info->first + i, difference);
	}
	put_series(out, &surplus, info->first);
	if (surplus.entries != NULL)
		pfree(surplus.entries);
}

/*
 * Finish the ledger, given how many billing rows touched each period of the
 * frame.  The writer is gone after that.
 */
RevenueLedger *
ledger_write_end(LedgerWriter *writer, const int64 *rows)
{
	LedgerInfo	info = writer->frame;
	SeriesChange change;
	StringInfoData out;
	RevenueLedger *ledger;

	if (writer->nentries == 0)
		writer->spare = writer->frame.scale;
	info.scale -= writer->spare;
	find_range(writer, rows, &info);
	change.divisor = power_of_ten(writer->spare);
	change.shift = info.periods > 0 ? info.first - writer->frame.first : 0;

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
	put_surplus(&out, writer, rows, &info);

	sort_written(writer->customers, writer->ncustomers, writer);
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
	bool		first_touched;
	bool		last_touched;
} LedgerCheck;

/*
 * Walk over a series as get_series() does, without unfolding its runs.
 */
static const char *
check_series(const char *p, const char *end, LedgerCheck *check, bool is_surplus)
{
	const LedgerInfo *info = &check->info;
	uint64		runs;
	uint64		next = 0;
	int128		previous = 0;

	p = varint_get(p, end, &runs);
	if (p == NULL || (runs == 0 && !is_surplus))
		return NULL;
	for (; runs > 0; runs--)
	{
		uint64		skipped,
					length;
		int128		amount;

		p = get_run(p, end, &skipped, &amount, &length);
		if (p == NULL || skipped >= info->periods - next ||
			length > info->periods - next - skipped ||
			amount == 0 || (skipped == 0 && amount == previous))
			return NULL;
		next += skipped;
		check->first_touched |= next == 0;
		next += length;
		check->last_touched |= next == info->periods;
		previous = amount;
		if (is_surplus)
		{
			if (amount != (int64) amount)
				return NULL;
			continue;
		}
		if (!money_in_range(amount) ||
			__builtin_add_overflow(check->total, amount * (int128) length, &check->total))
			return NULL;
		check->entries += length;
		check->scale_needed |= amount % 10 != 0;
	}
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
		p = check_series(p, end, check, false);
		if (p == NULL)
			return NULL;
	}
	return p;
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
	p = check_series(p, end, &check, true);
	if (p == NULL)
		return "Its counts of rows are malformed.";
	p = check_customers(p, end, &check);
	if (p == NULL)
		return "Its customers are malformed or out of order.";
	if (p != end)
		return "It is followed by more bytes.";
	if (check.entries != check.info.entries || check.total != check.info.total)
		return "Its totals do not match its entries.";
	if (check.info.periods > 0 && !(check.first_touched && check.last_touched))
		return "Its range of periods is wider than its entries.";
	if (check.info.scale > 0 && !check.scale_needed)
		return "Its scale is larger than its amounts need.";
	return NULL;
}
