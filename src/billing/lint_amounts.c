/*-------------------------------------------------------------------------
 *
 * billing/lint_amounts.c
 *	  What ledger_lint finds in amounts as such: other scales, stray decimals.
 *
 * Cents among whole units show in two ways.  Where amounts are written with
 * decimals, those without any are about a hundred times as high.  And a customer
 * that pays 49 pays 4900 once: an odd amount.  It is a price like any other if
 * as many rows have it that have never been a hundredth of it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "base/compat.h"

#include "billing/lint_amounts.h"
#include "common/hashfn.h"
#include "miscadmin.h"

/* More decimals than this above the usual ones are stray */
#define STRAY_DECIMALS	2

/* Whole amounts that are so many times the others are taken for cents */
#define LEAST_FACTOR	30
#define GREATEST_FACTOR	300

/* Odd amounts that are told apart */
#define MAX_ODD_AMOUNTS	10000

/* An amount, exactly: digits without zeros at their end, and an exponent */
typedef struct ExactAmount
{
	int64		low;
	int64		high;
	int64		exponent;
} ExactAmount;

/* An odd amount; all zeros: one of those that are too many to tell apart */
typedef struct OddAmount
{
	ExactAmount amount;
	int64		rows;
	LintSample	sample;
} OddAmount;

LintAmounts *
lint_amounts_create(void)
{
	LintAmounts *amounts = palloc0(sizeof(LintAmounts));
	HASHCTL		control = {.keysize = sizeof(ExactAmount),.entrysize = sizeof(OddAmount)};

	control.hcxt = CurrentMemoryContext;
	amounts->seen = palloc0(sizeof(uint32) << LINT_SEEN_BITS);
	amounts->odd_amounts = hash_create("nrr odd amounts", 256, &control,
									   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return amounts;
}

/*
 * The first pass
 */

static double
size_of(const Decimal *amount)
{
	double		size = amount->value == (int64) amount->value ?
		(double) (int64) amount->value : (double) amount->value;

	return fabs(amount->scale == 0 ? size : size / (double) power_of_ten(amount->scale));
}

static int
size_index(double size)
{
	int			exponent;
	double		fraction = frexp(size, &exponent);

	return (Min(Max(exponent, -127), 127) + 128) * LINT_SIZE_STEPS +
		(int) ((fraction - 0.5) * 2 * LINT_SIZE_STEPS);
}

static double
size_at(int index)
{
	return ldexp(0.5 + (index % LINT_SIZE_STEPS + 0.5) / (2 * LINT_SIZE_STEPS),
				 index / LINT_SIZE_STEPS - 128);
}

void
lint_amounts_count(LintAmounts *amounts, const Decimal *amount)
{
	int			written = amount->dscale > 0;
	double		size;

	if (amount->value == 0)
		return;
	size = size_of(amount);
	amounts->decimals[amount->scale]++;
	amounts->sizes[written][size_index(size)]++;
	amounts->rows[written]++;
	amounts->largest = Max(amounts->largest, size);
}

/* Which of some counts holds the median? */
static int
median_index(const int64 *counts, int n, int64 total)
{
	int64		sum = 0;

	for (int i = 0; i < n; i++)
	{
		sum += counts[i];
		if (2 * sum >= total)
			return i;
	}
	return 0;
}

/*
 * Find out what is usual, once all rows are counted.
 */
void
lint_amounts_counted(LintAmounts *amounts)
{
	int			digits = amounts->largest < 1 ? 0 : (int) floor(log10(amounts->largest)) + 1;
	int64		total = amounts->rows[0] + amounts->rows[1];
	double		medians[2];

	for (int i = 0; i <= MONEY_DIGITS; i++)
		if (amounts->decimals[i] > 0)
			amounts->common_scale = i;
	/* leave room for the sums of many rows */
	amounts->common_scale = Min(amounts->common_scale, Max(MONEY_DIGITS - 2 - digits, 0));
	amounts->usual_decimals = median_index(amounts->decimals, MONEY_DIGITS + 1, total);
	if (amounts->rows[0] == 0 || amounts->rows[1] == 0)
		return;
	for (int i = 0; i < 2; i++)
		medians[i] = size_at(median_index(amounts->sizes[i], LINT_SIZES, amounts->rows[i]));
	amounts->mixed = medians[0] >= LEAST_FACTOR * medians[1] &&
		medians[0] <= GREATEST_FACTOR * medians[1];
	amounts->odd = amounts->rows[0] >= amounts->rows[1];
	amounts->border = sqrt(medians[0] * medians[1]);
}

/*
 * An amount at the scale at which they are added up; digits beyond it are cut.
 */
int128
lint_common(const LintAmounts *amounts, const Decimal *amount)
{
	int			digits = amounts->common_scale - amount->scale;

	return digits >= 0 ? amount->value * power_of_ten(digits) :
		amount->value / power_of_ten(-digits);
}

/*
 * The second pass
 */

static void
found_at_row(LintReport *report, LintFinding finding, LintRowFormat *format,
			 LintCustomer *customer, const LintRow *row)
{
	if (lint_found(report, finding, customer, row->begin))
		lint_tell(report, finding, customer, row->begin,
				  lint_sample_text(customer, lint_when_text(format, row),
								   lint_amount_text(row->amount.value, row->amount.scale,
													row->amount.dscale)));
}

static bool
is_of_odd_scale(const LintAmounts *amounts, const Decimal *amount, double size)
{
	if (!amounts->mixed || (amount->dscale > 0) != amounts->odd)
		return false;
	return amounts->odd == 0 ? size > amounts->border : size < amounts->border;
}

static ExactAmount
exact_amount(const Decimal *amount)
{
	ExactAmount exact = {.exponent = -amount->scale};
	int128		value = amount->value;

	for (; value != (int64) value && value % 10 == 0; value /= 10)
		exact.exponent++;
	exact.low = (int64) value;
	exact.high = (int64) (value >> 64);
	if (value == (int64) value)
		for (; exact.low % 10 == 0 && exact.low != 0; exact.low /= 10)
			exact.exponent++;
	return exact;
}

/* Is an amount exactly a hundred times another? */
static bool
is_hundredfold(const LintRun *high, const LintRun *low)
{
	ExactAmount a,
				b;

	if (low->rows == 0 || high->rows == 0 || fabs(high->size - 100 * low->size) > 1e-9 * high->size)
		return false;
	a = exact_amount(&high->row.amount);
	b = exact_amount(&low->row.amount);
	return a.low == b.low && a.high == b.high && a.exponent == b.exponent + 2;
}

static uint32 *
seen_place(const LintAmounts *amounts, const ExactAmount *amount)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) amount, sizeof(ExactAmount), 0);

	return &amounts->seen[hash >> (64 - LINT_SEEN_BITS)];
}

static void
note_odd_run(LintAmounts *amounts, LintReport *report, LintRowFormat *format,
			 LintCustomer *customer)
{
	const LintRun *run = &amounts->run;
	ExactAmount amount = exact_amount(&run->row.amount);
	bool		found;
	OddAmount  *odd;

	if (hash_get_num_entries(amounts->odd_amounts) >= MAX_ODD_AMOUNTS &&
		hash_search(amounts->odd_amounts, &amount, HASH_FIND, NULL) == NULL)
		memset(&amount, 0, sizeof(amount));
	odd = hash_search(amounts->odd_amounts, &amount, HASH_ENTER, &found);
	if (!found)
	{
		odd->rows = 0;
		memset(&odd->sample, 0, sizeof(LintSample));
	}
	odd->rows += run->rows;
	if (lint_sample_precedes(&odd->sample, customer, run->row.begin))
		lint_sample_give(report, &odd->sample, customer, run->row.begin,
						 lint_sample_text(customer, lint_when_text(format, &run->row),
										  lint_amount_text(run->row.amount.value,
														   run->row.amount.scale,
														   run->row.amount.dscale)));
}

static void
end_run(LintAmounts *amounts, LintReport *report, LintRowFormat *format, LintCustomer *customer)
{
	const LintRun *run = &amounts->run;

	if (run->rows == 0)
		return;
	if (run->odd)
		note_odd_run(amounts, report, format, customer);
	else
	{
		ExactAmount amount = exact_amount(&run->row.amount);
		uint32	   *seen = seen_place(amounts, &amount);

		*seen = (uint32) Min(*seen + (uint64) run->rows, PG_UINT32_MAX);
		amounts->seen_rows += run->rows;
	}
}

/*
 * Look at a row of a customer, in order of time.
 */
void
lint_amounts_look(LintAmounts *amounts, LintReport *report, LintRowFormat *format,
				  LintCustomer *customer, const LintRow *row)
{
	LintRun		next = {.row = *row,.rows = 1};

	if (row->amount.value == 0)
		return;
	if (row->amount.scale > amounts->usual_decimals + STRAY_DECIMALS)
		found_at_row(report, FOUND_STRAY_DECIMALS, format, customer, row);
	if (row->amount.value == amounts->run.row.amount.value &&
		row->amount.scale == amounts->run.row.amount.scale && amounts->run.rows > 0 &&
		!amounts->mixed)
	{
		amounts->run.rows++;
		return;
	}
	next.size = size_of(&row->amount);
	if (is_of_odd_scale(amounts, &row->amount, next.size))
	{
		found_at_row(report, FOUND_MIXED_SCALE, format, customer, row);
		return;
	}
	next.odd = is_hundredfold(&next, &amounts->run);
	amounts->run.odd |= is_hundredfold(&amounts->run, &next);
	end_run(amounts, report, format, customer);
	amounts->run = next;
}

void
lint_amounts_end_customer(LintAmounts *amounts, LintReport *report, LintRowFormat *format,
						  LintCustomer *customer)
{
	end_run(amounts, report, format, customer);
	amounts->run.rows = 0;
}

/*
 * Report odd amounts, unless they are seen as often where they are not: oftener
 * than can be by the chance of equal hashes.
 */
void
lint_amounts_end(LintAmounts *amounts, LintReport *report)
{
	double		chance = (double) amounts->seen_rows / (1 << LINT_SEEN_BITS);
	HASH_SEQ_STATUS status;
	OddAmount  *odd;

	if (chance >= 0.01)
		chance += 4 * sqrt(chance);
	hash_seq_init(&status, amounts->odd_amounts);
	while ((odd = hash_seq_search(&status)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		if (*seen_place(amounts, &odd->amount) - chance < odd->rows)
			lint_report_offer(report, FOUND_MIXED_SCALE, odd->rows, &odd->sample);
	}
}
