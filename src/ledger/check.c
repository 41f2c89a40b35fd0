/*-------------------------------------------------------------------------
 *
 * ledger/check.c
 *	  Whether bytes from outside are a flat ledger.
 *
 * Checks everything that reading and canonical form rely on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/bytes.h"
#include "ledger/read.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

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

	p = ledger_get_surplus(p, end, info, &surplus);
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
		p = ledger_get_key(p, end, &reader, i == 0);
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
 * What is wrong with bytes of that size that should be a ledger, in a sentence;
 * NULL if nothing is.
 */
const char *
ledger_problem(const RevenueLedger *ledger, Size size)
{
	const char *end = (const char *) ledger + size;
	LedgerCheck check = {{0}};
	const char *problem = ledger_header_problem(ledger, size);
	const char *p;

	if (problem != NULL)
		return problem;
	p = ledger_get_info(ledger, end, &check.info);
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
