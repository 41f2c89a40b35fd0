/*-------------------------------------------------------------------------
 *
 * billing/lint.c
 *	  ledger_lint(source, customer, at, amount, ...): what is wrong with a
 *	  billing table.
 *
 * The table is read once (lint_read.c).  Rows that a ledger takes are counted and
 * put in order by customer and time; then each customer's are looked at, one
 * after the other: their amounts (lint_amounts.c), and what they come to
 * (lint_dates.c, lint_ranges.c).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/xact.h"
#include "base/result_rows.h"
#include "billing/lint_amounts.h"
#include "billing/lint_dates.h"
#include "billing/lint_ranges.h"
#include "billing/lint_read.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(ledger_lint);

/* A table that is looked at */
typedef struct LintJob
{
	BillingSource source;
	LintReport	report;
	LintReader	reader;
	Tuplesortstate *sort;
	StringInfoData packed;

	LintAmounts *amounts;
	LintTableDays *table;		/* of dates */
	LintDates  *dates;
	LintRanges *ranges;			/* of ranges */
	int64		now;

	/* the customer that is looked at */
	MemoryContext customer_context;
	LintCustomer customer;
	StringInfoData key;			/* packed */
	LintRow		last;			/* its last row */
} LintJob;

/*
 * What a call asks for.  A start and an end without a shape are taken for those
 * of subscriptions: whoever asks what is wrong with a table need not know yet.
 */
static void
take_source(FunctionCallInfo fcinfo, BillingSource *source)
{
	source_from_arguments(fcinfo, 0, source);
	if (!source->shape_given && source_is_over(source))
	{
		source->shape_given = true;
		source->shape = TABLE_OF_SUBSCRIPTIONS;
	}
	source_check_shape(source);
}

/* As much as a hash table may have, for what takes the rows of a whole table */
static Tuplesortstate *
begin_sort(void)
{
	TypeCacheEntry *type = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR);

	return tuplesort_begin_datum(BYTEAOID, type->lt_opr, InvalidOid, false,
								 (int) Min(get_hash_memory_limit() / 1024, MAX_KILOBYTES),
								 NULL, TUPLESORT_NONE);
}

/*
 * Now, as a moment of the table.  A day is later if it has not begun.
 */
static int64
moment_of_now(const LintRowFormat *format)
{
	Datum		now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());

	switch (format->time_type)
	{
		case DATEOID:
			return DatumGetDateADT(DirectFunctionCall1(timestamptz_date, now));
		case TIMESTAMPOID:
			return DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, now));
		default:
			return DatumGetTimestampTz(now);
	}
}

static void
init_job(LintJob *job)
{
	LintRowFormat *format = &job->reader.format;

	lint_report_init(&job->report, &job->source);
	lint_reader_init(&job->reader, &job->source, &job->report);
	job->sort = begin_sort();
	initStringInfo(&job->packed);
	initStringInfo(&job->key);
	job->amounts = lint_amounts_create();
	job->now = moment_of_now(format);
	if (format->ranges)
		job->ranges = lint_ranges_create(&job->report, format, &job->reader.reader, &job->source);
	else
	{
		job->table = palloc0(sizeof(LintTableDays));
		job->dates = lint_dates_create(&job->report, job->table, job->source.shape);
	}
	job->customer_context = AllocSetContextCreate(CurrentMemoryContext, "nrr lint customer",
												  ALLOCSET_DEFAULT_SIZES);
}

/*
 * Of the first pass: a row that a ledger takes
 */
static void
count_row(const CustomerKey *customer, const LintRow *row, void *arg)
{
	LintJob    *job = arg;
	const LintRowFormat *format = &job->reader.format;

	lint_amounts_count(job->amounts, &row->amount);
	if (format->ranges)
		lint_ranges_count_end(job->ranges, row->end);
	else
		lint_table_day(job->table, billing_day(&job->reader.reader, row->begin));
	resetStringInfo(&job->packed);
	appendStringInfoSpaces(&job->packed, VARHDRSZ);
	lint_row_pack(format, customer, row, &job->packed);
	SET_VARSIZE(job->packed.data, job->packed.len);
	tuplesort_putdatum(job->sort, PointerGetDatum(job->packed.data), false);
}

/*
 * The second pass
 */

static void
found_at(LintJob *job, LintFinding finding, const LintRow *row)
{
	if (lint_found(&job->report, finding, &job->customer, row->begin))
		lint_tell(&job->report, finding, &job->customer, row->begin,
				  lint_sample_text(&job->customer, lint_when_text(&job->reader.format, row),
								   lint_amount_text(row->amount.value, row->amount.scale,
													row->amount.dscale)));
}

static void
end_customer(LintJob *job)
{
	if (!job->customer.known)
		return;
	lint_amounts_end_customer(job->amounts, &job->report, &job->reader.format, &job->customer);
	if (job->ranges != NULL)
		lint_ranges_end_customer(job->ranges, &job->customer);
	else
		lint_dates_end_customer(job->dates, &job->customer);
	job->customer.known = false;
	MemoryContextReset(job->customer_context);
}

static void
begin_customer(LintJob *job, const char *bytes, int length)
{
	resetStringInfo(&job->key);
	appendBinaryStringInfo(&job->key, bytes, length);
	job->customer.known = true;
	job->customer.kind = job->reader.format.kind;
	job->customer.context = job->customer_context;
	job->customer.text = NULL;
	(void) lint_row_customer(&job->reader.format, job->key.data, &job->customer.key);
}

static bool
is_copy(const LintRow *row, const LintRow *last)
{
	return row->begin == last->begin && row->end == last->end && row->item == last->item &&
		row->amount.value == last->amount.value && row->amount.scale == last->amount.scale;
}

/* A row of the current customer, in order of time */
static void
look_at_row(LintJob *job, const LintRow *row, bool first)
{
	const LintRowFormat *format = &job->reader.format;
	int128		amount = lint_common(job->amounts, &row->amount);

	if (row->begin > job->now)
		found_at(job, format->ranges ? FOUND_FUTURE_START : FOUND_FUTURE_DATE, row);
	if (row->amount.value == 0)
		found_at(job, FOUND_ZERO_AMOUNT, row);
	else if (!first && is_copy(row, &job->last))
		found_at(job, FOUND_DUPLICATE_ROW, row);
	lint_amounts_look(job->amounts, &job->report, &job->reader.format, &job->customer, row);
	if (job->ranges != NULL)
		lint_ranges_add(job->ranges, &job->customer, row, amount);
	else
	{
		LintDay		day = {
			.day = billing_day(&job->reader.reader, row->begin),
			.rows = row->amount.value != 0,
			.dscale = row->amount.dscale,
			.sum = amount
		};

		lint_dates_add(job->dates, &job->customer, &day);
	}
	job->last = *row;
}

static void
look_at_packed(LintJob *job, Datum packed)
{
	const char *bytes = VARDATA_ANY(DatumGetPointer(packed));
	CustomerKey key;
	int			length = lint_row_customer(&job->reader.format, bytes, &key);
	bool		first = !job->customer.known || length != job->key.len ||
		memcmp(bytes, job->key.data, length) != 0;
	LintRow		row;

	if (first)
	{
		end_customer(job);
		begin_customer(job, bytes, length);
	}
	lint_row_unpack(&job->reader.format, bytes + length, &row);
	look_at_row(job, &row, first);
}

static void
look_at_customers(LintJob *job)
{
	MemoryContext caller = CurrentMemoryContext;
	Datum		packed;
	bool		isnull;

	while (nrr_tuplesort_getdatum(job->sort, &packed, &isnull))
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(job->reader.row_context);
		look_at_packed(job, packed);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(job->reader.row_context);
		pfree(DatumGetPointer(packed));
	}
	end_customer(job);
}

static void
run_job(LintJob *job, const Extension *extension)
{
	job->reader.take = count_row;
	job->reader.arg = job;
	lint_read(&job->reader, extension);
	lint_amounts_counted(job->amounts);
	if (job->ranges != NULL)
		lint_ranges_set_scale(job->ranges, job->amounts->common_scale);
	else
	{
		lint_table_days_counted(job->table);
		lint_dates_set_scale(job->dates, job->amounts->common_scale);
	}
	tuplesort_performsort(job->sort);
	look_at_customers(job);
	tuplesort_end(job->sort);
	lint_amounts_end(job->amounts, &job->report);
	if (job->table != NULL)
		lint_table_days_end(job->table, &job->report);
}

/*
 * ledger_lint(source, customer, at, amount, grain, shape, ...): a row per finding
 */
Datum
ledger_lint(PG_FUNCTION_ARGS)
{
	LintJob    *job = palloc0(sizeof(LintJob));
	Extension	extension;

	result_rows_prepare(fcinfo);
	take_source(fcinfo, &job->source);
	extension_of_call(fcinfo, &extension);
	init_job(job);
	run_job(job, &extension);
	lint_report_put(&job->report, (ReturnSetInfo *) fcinfo->resultinfo);
	return (Datum) 0;
}
