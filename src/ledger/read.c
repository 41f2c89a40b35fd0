/*-------------------------------------------------------------------------
 *
 * ledger/read.c
 *	  Reads a flat ledger customer by customer.
 *
 * Everything that an array or a loop depends on is checked as it is read, so that
 * damaged bytes cannot lead further than to an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/bytes.h"
#include "ledger/read.h"
#include "miscadmin.h"

/*
 * Pieces
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

/*
 * Read the surplus; returns where it ends, or NULL if it is malformed.
 */
const char *
ledger_get_surplus(const char *p, const char *end, const LedgerInfo *info, RevenueSeries *surplus)
{
	return get_series(p, end, info->first, info->periods, surplus);
}

/*
 * Read the key of the customer after reader->customer; returns where it ends, or
 * NULL if it is malformed.
 */
const char *
ledger_get_key(const char *p, const char *end, LedgerReader *reader, bool is_first)
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

/*
 * The reader
 */

/*
 * Begin to read a ledger, which is flat, canonical and not toasted, and stays
 * where it is for as long as it is read.
 */
void
ledger_read_begin(LedgerReader *reader, const RevenueLedger *ledger)
{
	memset(reader, 0, sizeof(LedgerReader));
	reader->end = (const char *) ledger + VARSIZE(ledger);
	reader->position = ledger_get_info(ledger, reader->end, &reader->info);
	if (reader->position != NULL)
		reader->position = ledger_get_surplus(reader->position, reader->end, &reader->info,
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
	reader->position = ledger_get_key(reader->position, reader->end, reader,
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
 * The value
 */

static void
add_part(LedgerValue *value, int n, const char *begin, const char *end)
{
	value->parts[n] = (const unsigned char *) begin;
	value->sizes[n] = end - begin;
}

/*
 * The bytes in which ledgers of different values differ: all except for dscale,
 * which comes before them, the snapshot rule and the surplus.
 */
void
ledger_value(const RevenueLedger *ledger, LedgerValue *value)
{
	const char *begin = (const char *) ledger;
	const char *end = begin + VARSIZE(ledger);
	RevenueSeries surplus = {0};
	LedgerInfo	info;
	const char *surplus_begin = ledger_get_info(ledger, end, &info);
	const char *surplus_end = NULL;

	if (surplus_begin != NULL)
		surplus_end = ledger_get_surplus(surplus_begin, end, &info, &surplus);
	if (surplus_end == NULL)
		damaged_ledger();
	if (surplus.runs != NULL)
		pfree(surplus.runs);
	add_part(value, 0, begin + offsetof(RevenueLedger, grain), begin + offsetof(RevenueLedger, snapshot));
	add_part(value, 1, begin + offsetof(RevenueLedger, body), surplus_begin);
	add_part(value, 2, surplus_end, end);
}
