/*-------------------------------------------------------------------------
 *
 * ledger/ledger.c
 *	  The flat form of a revenue_ledger: how it is read and checked.
 *
 * Knows bytes, keys, amounts and periods; knows nothing of billing rows,
 * aggregates or metrics.  The form itself is described in ledger.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/interrupts.h"
#include "ledger/ledger.h"
#include "ledger/bytes.h"
#include "mb/pg_wchar.h"

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
	CHECK_FOR_INTERRUPTS();
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
