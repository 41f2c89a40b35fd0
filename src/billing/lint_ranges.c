/*-------------------------------------------------------------------------
 *
 * billing/lint_ranges.c
 *	  What ledger_lint finds in a customer's rows that have a range each.
 *
 * The rows of a customer come in order of their start, item by item if there are
 * any.  A customer of more rows than memory is kept for is looked at in pieces.
 * What becomes of the rows in a ledger, period by period, is in lint_levels.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/lint_levels.h"
#include "billing/lint_ranges.h"
#include "miscadmin.h"
#include "utils/datetime.h"

/* The most rows of a customer that are looked at together */
#define MAX_SPANS	16384

/* Rows that overlap for no longer are a change of plan */
#define LONGEST_CHANGE	31

/* Ends from then on stand for no end */
#define ENDLESS_YEAR	3000

struct LintRanges
{
	LintReport *report;
	LintRowFormat *format;
	BillingReader *reader;
	bool		close_next;
	DateADT		endless;
	int64		ends;			/* of the whole table, */
	int64		last_days;		/* and those that are the last day of a period */
	LintLevels *levels;

	LintSpan   *spans;
	LintSpan   *by_amount;		/* the same, in another order */
	int			nspans;
	bool		inclusive;		/* an end of the customer has been found to be */
};

LintRanges *
lint_ranges_create(LintReport *report, LintRowFormat *format, BillingReader *reader,
				   const BillingSource *source)
{
	LintRanges *ranges = palloc0(sizeof(LintRanges));

	ranges->report = report;
	ranges->format = format;
	ranges->reader = reader;
	ranges->close_next = source->close_next;
	ranges->endless = date2j(ENDLESS_YEAR, 1, 1) - POSTGRES_EPOCH_JDATE;
	ranges->spans = palloc(MAX_SPANS * sizeof(LintSpan));
	ranges->by_amount = palloc(MAX_SPANS * sizeof(LintSpan));
	ranges->levels = lint_levels_create(report, format, reader, MAX_SPANS);
	return ranges;
}

void
lint_ranges_set_scale(LintRanges *ranges, int scale)
{
	lint_levels_set_scale(ranges->levels, scale);
}

static DateADT
day_of(const LintRanges *ranges, int64 moment)
{
	return billing_day(ranges->reader, moment);
}

/*
 * Is an end the last day of a period, if it belongs to the range?  Days are all
 * last days, so then it is the month's.
 */
static bool
is_last_day(const LintRanges *ranges, int64 end)
{
	Grain		grain = ranges->reader->calendar.grain;
	DateADT		next;

	if (end == LINT_NO_END)
		return false;
	next = day_of(ranges, end) + 1;
	if (grain == GRAIN_DAY)
		grain = GRAIN_MONTH;
	return next < ranges->endless && period_start(grain, period_of_date(grain, next)) == next;
}

/*
 * Of the first pass: count an end.
 */
void
lint_ranges_count_end(LintRanges *ranges, int64 end)
{
	if (end == LINT_NO_END || day_of(ranges, end) >= ranges->endless)
		return;
	ranges->ends++;
	ranges->last_days += is_last_day(ranges, end);
}

/*
 * What is found
 */

static void
found_span(LintRanges *ranges, LintFinding finding, LintCustomer *customer, const LintSpan *span)
{
	lint_levels_found(ranges->levels, finding, customer, span);
}

static int
compare_by_start(const void *a, const void *b)
{
	const LintSpan *left = a;
	const LintSpan *right = b;

	if (left->begin != right->begin)
		return left->begin < right->begin ? -1 : 1;
	if (left->end != right->end)
		return left->end < right->end ? -1 : 1;
	return left->amount < right->amount ? -1 : left->amount > right->amount;
}

static int
compare_by_amount(const void *a, const void *b)
{
	const LintSpan *left = a;
	const LintSpan *right = b;

	if (left->amount != right->amount)
		return left->amount < right->amount ? -1 : 1;
	return compare_by_start(a, b);
}

/*
 * Have rows end where the next one of their item begins; those that begin
 * together do not end one another.
 */
static void
close_spans(LintRanges *ranges)
{
	LintSpan   *spans = ranges->spans;

	for (int i = ranges->nspans - 2; i >= 0; i--)
	{
		if (spans[i].item != spans[i + 1].item)
			continue;
		spans[i].next = spans[i].begin < spans[i + 1].begin ? spans[i + 1].begin : spans[i + 1].next;
		spans[i].end = Min(spans[i].end, spans[i].next);
	}
	qsort(spans, ranges->nspans, sizeof(LintSpan), compare_by_start);
}

static void
find_overlapping_duplicates(LintRanges *ranges, LintCustomer *customer)
{
	LintSpan   *spans = ranges->by_amount;
	int64		instant = ranges->format->time_type == DATEOID ? 0 : 1;	/* that two may share */
	int64		end = PG_INT64_MIN;

	memcpy(spans, ranges->spans, ranges->nspans * sizeof(LintSpan));
	qsort(spans, ranges->nspans, sizeof(LintSpan), compare_by_amount);
	for (int i = 0; i < ranges->nspans; i++)
	{
		bool		same = i > 0 && spans[i].amount == spans[i - 1].amount;

		if (spans[i].amount == 0 ||
			(same && spans[i].begin == spans[i - 1].begin && spans[i].end == spans[i - 1].end))
			continue;
		if (same && end > spans[i].begin + instant)
			found_span(ranges, FOUND_OVERLAPPING_DUPLICATE, customer, &spans[i]);
		end = same ? Max(end, spans[i].end) : spans[i].end;
	}
}

/*
 * A row is left open if one that begins later, and lasts as long, is of another
 * amount, which is no small part of its own.
 */
static void
find_open_upgrades(LintRanges *ranges, LintCustomer *customer)
{
	const LintSpan *spans = ranges->spans;
	int64		change = lint_days(ranges->format, LONGEST_CHANGE);
	int			next = 0;

	for (int i = 0; i < ranges->nspans; i++)
	{
		while (next < ranges->nspans && spans[next].begin <= spans[i].begin)
			next++;
		if (next == ranges->nspans)
			return;
		if (spans[i].end > spans[next].begin + change && spans[next].end >= spans[i].end &&
			spans[i].amount > 0 && spans[next].amount != spans[i].amount &&
			2 * spans[next].amount >= spans[i].amount)
			found_span(ranges, FOUND_OPEN_UPGRADE, customer, &spans[i]);
	}
}

/* The first row that begins at a moment or later */
static int
first_from(const LintRanges *ranges, int64 moment)
{
	int			low = 0,
				high = ranges->nspans;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (ranges->spans[middle].begin < moment)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Does a row begin on the day after that of an end? */
static bool
begins_next_day(const LintRanges *ranges, int64 end, int64 begin)
{
	return begin > end && begin <= end + lint_days(ranges->format, 1) &&
		day_of(ranges, begin) == day_of(ranges, end) + 1;
}

/*
 * Do the ends of a customer's rows look as if they belonged to them?  They do if
 * most rows that are followed by another are so on the next day; or, where that
 * is so in most of the table, if one is the last day of a period.
 */
static bool
find_inclusive_ends(LintRanges *ranges, LintCustomer *customer)
{
	const LintSpan *spans = ranges->spans;
	const LintSpan *found = NULL;
	bool		mostly = 2 * ranges->last_days > ranges->ends;
	int			followed = 0;
	int			next_day = 0;

	if (!ranges->report->wanted[FOUND_INCLUSIVE_END])
		return false;
	for (int i = 0; i < ranges->nspans; i++)
	{
		int			next = first_from(ranges, spans[i].end);

		if (next < ranges->nspans)
		{
			followed++;
			if (begins_next_day(ranges, spans[i].end, spans[next].begin))
			{
				next_day++;
				found = found == NULL ? &spans[i] : found;
			}
		}
		if (mostly && found == NULL && is_last_day(ranges, spans[i].end))
			found = &spans[i];
	}
	if (found == NULL || (!mostly && 2 * next_day < followed))
		return false;
	if (!ranges->inclusive)
		found_span(ranges, FOUND_INCLUSIVE_END, customer, found);
	ranges->inclusive = true;
	return true;
}

/*
 * A customer
 */

static void
look_at_spans(LintRanges *ranges, LintCustomer *customer)
{
	bool		inclusive;

	if (ranges->nspans == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	if (ranges->close_next)
		close_spans(ranges);
	find_overlapping_duplicates(ranges, customer);
	find_open_upgrades(ranges, customer);
	inclusive = find_inclusive_ends(ranges, customer);
	lint_levels_look(ranges->levels, customer, ranges->spans, ranges->nspans, inclusive);
	ranges->nspans = 0;
}

void
lint_ranges_add(LintRanges *ranges, LintCustomer *customer, const LintRow *row, int128 amount)
{
	LintSpan   *span;

	if (ranges->nspans == MAX_SPANS)
		look_at_spans(ranges, customer);
	span = &ranges->spans[ranges->nspans++];
	span->begin = row->begin;
	span->end = row->end;
	span->next = LINT_NO_END;
	span->item = row->item;
	span->amount = amount;
	span->dscale = row->amount.dscale;
}

void
lint_ranges_end_customer(LintRanges *ranges, LintCustomer *customer)
{
	look_at_spans(ranges, customer);
	lint_levels_end_customer(ranges->levels, customer);
	ranges->inclusive = false;
}
