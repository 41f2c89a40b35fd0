/*-------------------------------------------------------------------------
 *
 * billing/lint_levels.c
 *	  What ledger_lint finds in what becomes of a customer's ranges, period by
 *	  period.
 *
 * A subscription counts from the period of its start up to, not including, that
 * of its end, as in subscription_ledger.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/lint_levels.h"

/* Gaps of so many days are no late renewals */
#define LONGEST_GAP	28

/* The period of an end that there is not */
#define NO_PERIOD	PG_INT32_MAX

/* Time over which a customer pays, in periods and in moments */
typedef struct Stay
{
	int32		from;
	int32		to;				/* not included; or NO_PERIOD */
	int64		begin;
	int64		end;
	const LintSpan *last;		/* the row that lasts the longest */
} Stay;

/* A change of what a customer pays */
typedef struct LevelChange
{
	int32		period;
	int128		amount;
	int64		moment;
	uint16		dscale;
} LevelChange;

struct LintLevels
{
	LintReport *report;
	LintRowFormat *format;
	BillingReader *reader;
	int			scale;

	Stay	   *stays;
	int			nstays;
	LevelChange *changes;
	int			nchanges;

	/* of the whole customer */
	LintSpan	first;
	bool		has_rows;
	bool		has_revenue;
};

LintLevels *
lint_levels_create(LintReport *report, LintRowFormat *format, BillingReader *reader, int most)
{
	LintLevels *levels = palloc0(sizeof(LintLevels));

	levels->report = report;
	levels->format = format;
	levels->reader = reader;
	levels->stays = palloc(most * sizeof(Stay));
	levels->changes = palloc(2 * most * sizeof(LevelChange));
	return levels;
}

void
lint_levels_set_scale(LintLevels *levels, int scale)
{
	levels->scale = scale;
}

static const char *
span_text(LintLevels *levels, const LintSpan *span)
{
	LintRow		row = {.begin = span->begin,.end = span->end};

	return lint_when_text(levels->format, &row);
}

/*
 * Count a finding at a row.
 */
void
lint_levels_found(LintLevels *levels, LintFinding finding, LintCustomer *customer,
				  const LintSpan *span)
{
	if (lint_found(levels->report, finding, customer, span->begin))
		lint_tell(levels->report, finding, customer, span->begin,
				  lint_sample_text(customer, span_text(levels, span),
								   lint_amount_text(span->amount, levels->scale, span->dscale)));
}

static int32
period_of(LintLevels *levels, int64 moment)
{
	return moment == LINT_NO_END ? NO_PERIOD : billing_range_level(levels->reader, moment);
}

/*
 * Stays: rows above zero, put together where they follow one another.  They come
 * in order of their start; those that no period sees are left out.
 */
static void
make_stays(LintLevels *levels, const LintSpan *spans, int nspans)
{
	levels->nstays = 0;
	for (int i = 0; i < nspans; i++)
	{
		Stay		stay = {period_of(levels, spans[i].begin), period_of(levels, spans[i].end),
		spans[i].begin, spans[i].end, &spans[i]};
		Stay	   *last = levels->nstays > 0 ? &levels->stays[levels->nstays - 1] : NULL;

		if (spans[i].amount <= 0 || stay.from >= stay.to)
			continue;
		if (last == NULL || stay.from > last->to)
			levels->stays[levels->nstays++] = stay;
		else
		{
			last->to = Max(last->to, stay.to);
			if (stay.end > last->end)
			{
				last->end = stay.end;
				last->last = stay.last;
			}
		}
	}
}

static void
find_gaps(LintLevels *levels, LintCustomer *customer)
{
	int64		longest = lint_days(levels->format, LONGEST_GAP);

	for (int i = 1; i < levels->nstays; i++)
	{
		const Stay *before = &levels->stays[i - 1];
		const Stay *stay = &levels->stays[i];

		if (stay->begin > before->end && stay->begin - before->end < longest &&
			lint_found(levels->report, FOUND_RENEWAL_GAP, customer, before->end))
			lint_tell(levels->report, FOUND_RENEWAL_GAP, customer, before->end,
					  lint_sample_text(customer,
									   psprintf("%s to %s", lint_moment_text(levels->format, before->end),
												lint_moment_text(levels->format, stay->begin)),
									   lint_amount_text(before->last->amount, levels->scale,
														before->last->dscale)));
	}
}

/* Does a customer stay in a period? */
static bool
stays_in(const LintLevels *levels, int32 period)
{
	int			low = 0,
				high = levels->nstays;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (levels->stays[middle].to <= period)
			low = middle + 1;
		else
			high = middle;
	}
	return low < levels->nstays && levels->stays[low].from <= period;
}

static void
find_unseen(LintLevels *levels, LintCustomer *customer, const LintSpan *spans, int nspans,
			bool inclusive)
{
	for (int i = 0; i < nspans; i++)
	{
		int32		period = period_of(levels, spans[i].begin);

		if (spans[i].amount <= 0 || period < period_of(levels, spans[i].end))
			continue;
		levels->has_revenue = true;
		if (!inclusive && !stays_in(levels, period))
			lint_levels_found(levels, FOUND_UNSEEN_SUBSCRIPTION, customer, &spans[i]);
	}
}

/*
 * Levels: the sum of what is in force
 */

static int
compare_changes(const void *a, const void *b)
{
	const LevelChange *left = a;
	const LevelChange *right = b;

	if (left->period != right->period)
		return left->period < right->period ? -1 : 1;
	return left->moment < right->moment ? -1 : left->moment > right->moment;
}

static void
make_changes(LintLevels *levels, const LintSpan *spans, int nspans)
{
	levels->nchanges = 0;
	for (int i = 0; i < nspans; i++)
	{
		LevelChange begin = {period_of(levels, spans[i].begin), spans[i].amount,
		spans[i].begin, spans[i].dscale};
		LevelChange end = {period_of(levels, spans[i].end), -spans[i].amount,
		spans[i].end, spans[i].dscale};

		levels->changes[levels->nchanges++] = begin;
		if (end.period != NO_PERIOD)
			levels->changes[levels->nchanges++] = end;
	}
	qsort(levels->changes, levels->nchanges, sizeof(LevelChange), compare_changes);
}

/*
 * Count periods below zero: all of them up to the next change, one if there is
 * none.
 */
static void
found_below_zero(LintLevels *levels, LintCustomer *customer, const LevelChange *change,
				 int128 level, int64 periods)
{
	LintReport *report = levels->report;
	DateADT		day = period_start(levels->reader->calendar.grain, change->period);

	if (!report->wanted[FOUND_NEGATIVE_MONTH])
		return;
	if (lint_found(report, FOUND_NEGATIVE_MONTH, customer, change->moment))
		lint_tell(report, FOUND_NEGATIVE_MONTH, customer, change->moment,
				  lint_sample_text(customer, lint_date_text(day),
								   lint_amount_text(level, levels->scale, change->dscale)));
	report->counts[FOUND_NEGATIVE_MONTH] += periods - 1;
}

static void
find_levels(LintLevels *levels, LintCustomer *customer)
{
	int128		level = 0;

	for (int i = 0; i < levels->nchanges; i++)
	{
		const LevelChange *change = &levels->changes[i];
		bool		last = i == levels->nchanges - 1;

		level += change->amount;
		if (!last && levels->changes[i + 1].period == change->period)
			continue;
		levels->has_revenue |= level > 0;
		if (level < 0)
			found_below_zero(levels, customer, change, level,
							 last ? 1 : (int64) levels->changes[i + 1].period - change->period);
	}
}

/*
 * A customer, or some rows of it, in order of their start.  Ends that belong to
 * their ranges explain gaps and what is unseen.
 */
void
lint_levels_look(LintLevels *levels, LintCustomer *customer, const LintSpan *spans, int nspans,
				 bool inclusive)
{
	if (!levels->has_rows)
		levels->first = spans[0];
	levels->has_rows = true;
	make_stays(levels, spans, nspans);
	if (!inclusive)
		find_gaps(levels, customer);
	find_unseen(levels, customer, spans, nspans, inclusive);
	make_changes(levels, spans, nspans);
	find_levels(levels, customer);
}

void
lint_levels_end_customer(LintLevels *levels, LintCustomer *customer)
{
	if (levels->has_rows && !levels->has_revenue)
		lint_levels_found(levels, FOUND_NO_REVENUE, customer, &levels->first);
	levels->has_rows = levels->has_revenue = false;
}
