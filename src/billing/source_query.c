/*-------------------------------------------------------------------------
 *
 * billing/source_query.c
 *	  The ledger of a table of billing rows, given by name.
 *
 * Runs an aggregate over the table with the caller's privileges and row
 * security.  What a row is decides which aggregate that is and what it gets:
 * the query is SELECT aggregate(customer, at, amount) FROM (rows), where the
 * rows have dates, or ranges of them.  The ledger is handed on as it comes out
 * of the executor, so that a reader never has it flattened.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/transam.h"
#include "billing/source_query.h"
#include "catalog/pg_type.h"
#include "ledger/datum.h"
#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(revenue_ledger_from);

/* A query in the making */
typedef struct SourceText
{
	const BillingSource *source;
	const Extension *extension;
	bool		from;			/* only from the day $1 on; $2 is the day before */
	bool		here;			/* nothing is to be computed by another server */
	const char *customer;		/* columns, quoted */
	const char *at;
	const char *amount;
} SourceText;

/*
 * Rows of dates
 */

/*
 * A date is what a row's period depends on.  Days as they are compared with a
 * timestamptz may begin a bit earlier or later than those of $1; the comparison
 * with $2 is there for an index.
 */
static const char *
from_condition(const SourceText *text)
{
	if (!text->from)
		return "true";
	return psprintf("%s OPERATOR(pg_catalog.>=) $2 AND %s::pg_catalog.date OPERATOR(pg_catalog.>=) $1",
					text->at, text->at);
}

/*
 * The last day in each period on which there is any row that counts
 */
static const char *
snapshot_days(const SourceText *text)
{
	return psprintf("SELECT pg_catalog.max(%s::pg_catalog.date) FROM %s "
					"WHERE %s IS NOT NULL AND %s IS NOT NULL AND %s "
					"GROUP BY pg_catalog.date_trunc(%s, %s::pg_catalog.date::pg_catalog.timestamp)",
					text->at, quoted_relation(text->source->relation),
					text->customer, text->amount, from_condition(text),
					quote_literal_cstr(grain_name(text->source->grain)), text->at);
}

static const char *
dates_condition(const SourceText *text)
{
	if (text->source->shape != TABLE_OF_SNAPSHOTS)
		return from_condition(text);
	return psprintf("%s AND %s::pg_catalog.date OPERATOR(pg_catalog.=) ANY (%s)",
					from_condition(text), text->at, snapshot_days(text));
}

/*
 * Rows of ranges
 */

/* Do rows come to the aggregate as ranges? */
static bool
has_ranges(const BillingSource *source)
{
	return source_is_over(source) || source->shape == TABLE_OF_CHANGES;
}

/* A range between two expressions of dates or times; NULL for no end */
static const char *
range_between(const SourceText *text, const char *start, const char *end)
{
	Oid			type = source_time_type(text->source);
	const char *name = source_time_type_name(text->source);

	return psprintf("pg_catalog.%s(%s::%s, %s::%s)",
					type == DATEOID ? "daterange" : type == TIMESTAMPOID ? "tsrange" : "tstzrange",
					start, name, end, name);
}

static const char *
range_of_row(const SourceText *text)
{
	const BillingSource *source = text->source;

	if (source->shape == TABLE_OF_CHANGES)
		return range_between(text, text->at, "NULL");
	if (source->until == 0)
		return text->at;
	return range_between(text, text->at, source_end_text(source));
}

/*
 * Rows without a time are none, as where a range is NULL.  From a day on that is
 * none, there are no rows; from any other, their ledger is cut off.
 */
static const char *
ranges_condition(const SourceText *text)
{
	const BillingSource *source = text->source;
	const char *from = text->from ? " AND pg_catalog.isfinite($1)" : "";

	if (source->shape == TABLE_OF_CHANGES)
		return psprintf("%s IS NOT NULL%s", text->at, from);
	if (source->until != 0)
		return psprintf("(%s IS NOT NULL OR %s IS NOT NULL)%s", text->at,
						source_quoted_column(source, source->until), from);
	return psprintf("true%s", from);
}

/*
 * The first moment of a range, in a query.  One that leaves out its lower bound
 * begins right after it.
 */
static const char *
beginning_of_range(const SourceText *text)
{
	if (source_time_type(text->source) == DATEOID)
		return "pg_catalog.lower(during)";
	return "(pg_catalog.lower(during) OPERATOR(pg_catalog.+) CASE WHEN pg_catalog.lower_inc(during) "
		"THEN '0' ELSE '1 microsecond' END::pg_catalog.interval)";
}

/*
 * Rows that end where the next one of the customer, or of the item, begins; those
 * that begin together do not end one another.
 */
static const char *
closed_rows(const SourceText *text, const char *columns)
{
	const BillingSource *source = text->source;
	Oid			type = getBaseType(get_atttype(source->relation, source->at));
	const char *item = source->item == 0 ? "" :
		psprintf(", %s", source_quoted_column(source, source->item));
	const char *before_next = range_between(text, "NULL", "next");
	const char *beginning = beginning_of_range(text);

	if (type >= FirstGenbkiObjectId)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("close does not go with ranges of type %s", format_type_be(type)),
				 errhint("Cast them to daterange, tsrange or tstzrange in a view.")));
	if (type_is_multirange(type))
		before_next = psprintf("pg_catalog.multirange(%s)", before_next);
	return psprintf("SELECT *, during OPERATOR(pg_catalog.*) %s AS at FROM "
					"(SELECT *, pg_catalog.min(%s) OVER "
					" (PARTITION BY customer, item ORDER BY %s "
					"  GROUPS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next "
					" FROM (SELECT %s, %s AS during%s AS item FROM %s WHERE %s) AS billing "
					" WHERE customer IS NOT NULL AND amount IS NOT NULL AND NOT pg_catalog.isempty(during)) AS billing",
					before_next, beginning, beginning, columns, range_of_row(text),
					source->item == 0 ? ", NULL::pg_catalog.text" : item,
					quoted_relation(source->relation), ranges_condition(text));
}

/*
 * The whole query
 */

/* Columns of rows other than the time: customer, amount, and what else is asked for */
static const char *
row_columns(const SourceText *text)
{
	const BillingSource *source = text->source;
	StringInfoData columns;

	initStringInfo(&columns);
	appendStringInfo(&columns, "%s AS customer, %s AS amount", text->customer, text->amount);
	if (source->segment != 0)
		appendStringInfo(&columns, ", %s AS segment", source_quoted_column(source, source->segment));
	if (source->until != 0)
		appendStringInfo(&columns, ", %s AS until", source_quoted_column(source, source->until));
	return columns.data;
}

/* The rows as (customer, at, amount, ...) */
static const char *
rows_text(const SourceText *text)
{
	const BillingSource *source = text->source;
	const char *columns = row_columns(text);
	const char *limit = text->here ? " OFFSET 0" : "";

	if (source->close_next)
		return psprintf("%s%s", closed_rows(text, columns), limit);
	return psprintf("SELECT %s, %s AS at FROM %s WHERE %s%s", columns,
					has_ranges(source) ? range_of_row(text) : text->at,
					quoted_relation(source->relation),
					has_ranges(source) ? ranges_condition(text) : dates_condition(text), limit);
}

/* The aggregate's name and its arguments after the three */
static const char *
aggregate_text(const SourceText *text)
{
	const BillingSource *source = text->source;
	const char *name = source->shape == TABLE_OF_INVOICES ? "invoice_ledger" :
		has_ranges(source) ? "subscription_ledger" : "revenue_ledger";
	const char *grain = quote_literal_cstr(grain_name(source->grain));
	const char *options = "";

	/* months are the default; do not pass the grain for each row */
	if (source->snapshot == SNAPSHOT_START)
		options = psprintf(", %s, 'start'", grain);
	else if (source->grain != GRAIN_MONTH)
		options = psprintf(", %s", grain);
	return psprintf("%s.%s(customer, at, amount%s)", text->extension->schema_name, name, options);
}

/* Must the ends of ranges be looked at, to see whether they belong to them? */
static bool
looks_at_ends(const BillingSource *source)
{
	return source->until != 0 && source->bound == END_NOT_SAID;
}

/* Ends from then on stand for no end */
#define ENDLESS_DATE	"'3000-01-01'::pg_catalog.date"

/* What ends are looked for: a month's last day may be that of a quarter or year */
static const Grain end_grains[] = {GRAIN_MONTH, GRAIN_WEEK};

static void
append_count_of_ends(const SourceText *text, StringInfo query, const char *condition)
{
	const char *count = psprintf("pg_catalog.count(*) FILTER "
								 "(WHERE until::pg_catalog.date OPERATOR(pg_catalog.<) " ENDLESS_DATE "%s)",
								 condition);

	/* each segment's row tells of all segments */
	if (text->source->segment != 0)
		count = psprintf("(pg_catalog.sum(%s) OVER ())::pg_catalog.int8", count);
	appendStringInfo(query, ", %s", count);
}

/*
 * How many ends are there, and how many of them are the last day of a period?
 * Of which periods the ledger is to be has nothing to do with it.
 */
static void
append_ends(const SourceText *text, StringInfo query)
{
	const char *next = "(until::pg_catalog.date OPERATOR(pg_catalog.+) 1)";

	append_count_of_ends(text, query, "");
	for (int i = 0; i < lengthof(end_grains); i++)
		append_count_of_ends(text, query,
							 psprintf(" AND pg_catalog.date_trunc(%s, %s::pg_catalog.timestamp) OPERATOR(pg_catalog.=) %s",
									  quote_literal_cstr(grain_name(end_grains[i])), next, next));
}

static const char *
source_text(const SourceText *text)
{
	const BillingSource *source = text->source;
	StringInfoData query;
	const char *ledger = aggregate_text(text);

	initStringInfo(&query);
	if (text->from && has_ranges(source))
		ledger = psprintf("%s.slice(%s, from_date => $1)", text->extension->schema_name, ledger);
	appendStringInfo(&query, "SELECT %s AS ledger", ledger);
	if (source->segment != 0)
		appendStringInfoString(&query, ", segment");
	if (looks_at_ends(source))
		append_ends(text, &query);
	appendStringInfo(&query, " FROM (%s) AS billing", rows_text(text));
	if (source->segment != 0)
		appendStringInfoString(&query, " GROUP BY segment");
	return query.data;
}

static void
prepare_source_query(const SourceText *text, const DateADT *from, OwnQuery *query)
{
	const BillingSource *source = text->source;

	query_init(query, text->extension, source_text(text));
	query_names(query, source->relation);
	query_column(query, extension_type(text->extension, "revenue_ledger"));
	if (source->segment != 0)
		query_column(query, get_atttype(source->relation, source->segment));
	for (int i = 0; looks_at_ends(source) && i <= lengthof(end_grains); i++)
		query_column(query, INT8OID);
	if (from != NULL)
	{
		query_parameter(query, DATEOID, DateADTGetDatum(*from), false);
		query_parameter(query, DATEOID, DateADTGetDatum(day_before(*from)), false);
	}
	query_prepare(query);
}

/*
 * Prepare the query for the ledger of a source, or of its periods from a day on.
 *
 * postgres_fdw would let the other server aggregate, in a session whose time
 * zone is GMT.  From a subquery with OFFSET it does not.
 */
void
source_query(const BillingSource *source, const Extension *extension,
			 const DateADT *from, OwnQuery *query)
{
	SourceText	text = {.source = source, .extension = extension, .from = from != NULL};

	text.customer = source_quoted_column(source, source->customer);
	text.at = source_quoted_column(source, source->at);
	text.amount = source_quoted_column(source, source->amount);
	prepare_source_query(&text, from, query);
	if (source_time_type(source) == TIMESTAMPTZOID && query_may_read_foreign(query))
	{
		text.here = true;
		prepare_source_query(&text, from, query);
	}
}

/*
 * Lock all that a source is read from, so that it can be seen in a snapshot that
 * is taken afterwards.
 */
void
source_lock(const BillingSource *source, const Extension *extension)
{
	OwnQuery	query;

	source_query(source, extension, NULL, &query);
	query_lock(&query);
}

/*
 * Running it
 */

/* A consumer of a query's rows, behind a look at ends */
typedef struct CheckedRows
{
	const BillingSource *source;
	const RowConsumer *consumer;
} CheckedRows;

static void
check_ends(const BillingSource *source, TupleTableSlot *slot)
{
	int			column = source->segment != 0 ? 3 : 2;
	bool		isnull;
	int64		ends = DatumGetInt64(slot_getattr(slot, column, &isnull));
	int64		last_days = 0;

	for (int i = 1; i <= lengthof(end_grains); i++)
		last_days = Max(last_days, DatumGetInt64(slot_getattr(slot, column + i, &isnull)));
	if (2 * last_days <= ends)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("bounds must be given for a source whose ends may belong to their ranges"),
			 errdetail("Of %lld ends in column \"%s\", %lld are the last day of a period.",
					   (long long) ends, get_attname(source->relation, source->until, false),
					   (long long) last_days),
			 errhint("Write bounds => '[]' if that day is still paid for, bounds => '[)' if it is not.")));
}

static void
checked_begin(TupleDesc desc, void *arg)
{
	const RowConsumer *consumer = ((CheckedRows *) arg)->consumer;

	if (consumer->begin != NULL)
		consumer->begin(desc, consumer->arg);
}

static void
checked_take(TupleTableSlot *slot, void *arg)
{
	const CheckedRows *rows = arg;

	if (looks_at_ends(rows->source))
		check_ends(rows->source, slot);
	rows->consumer->take(slot, rows->consumer->arg);
}

/* An end before its start is an error of PostgreSQL, which names no row */
static void
hint_at_lint(void *arg)
{
	if (geterrcode() == ERRCODE_DATA_EXCEPTION)
		errhint("An end lies before its start; ledger_lint shows such rows.");
}

/*
 * Run a prepared query, unless the ends that it reads may mean two things.
 */
void
source_query_run(const BillingSource *source, OwnQuery *query, Snapshot snapshot,
				 const RowConsumer *consumer)
{
	CheckedRows rows = {source, consumer};
	RowConsumer checked = {checked_begin, checked_take, &rows};
	ErrorContextCallback callback = {error_context_stack, hint_at_lint, NULL};

	if (source->until != 0)
		error_context_stack = &callback;
	query_run(query, snapshot, &checked);
	error_context_stack = callback.previous;
}

/* Who gets the ledger of a source */
typedef struct LedgerTaker
{
	LedgerConsumer consume;
	void	   *arg;
} LedgerTaker;

static void
take_ledger(TupleTableSlot *slot, void *arg)
{
	const LedgerTaker *taker = arg;
	bool		isnull;
	Datum		ledger = slot_getattr(slot, 1, &isnull);

	if (!isnull)
		taker->consume(ledger, taker->arg);
}

/*
 * Build the ledger of a source and have it consumed.  A source of no rows has
 * no ledger, and then nothing is consumed.
 */
void
source_consume(FunctionCallInfo fcinfo, const BillingSource *source,
			   LedgerConsumer consume, void *arg)
{
	LedgerTaker taker = {consume, arg};
	RowConsumer consumer = {NULL, take_ledger, &taker};
	Extension	extension;
	OwnQuery	query;

	extension_of_call(fcinfo, &extension);
	source_query(source, &extension, NULL, &query);
	source_query_run(source, &query, NULL, &consumer);
}

/* Where a source's ledger goes */
typedef struct KeptLedger
{
	MemoryContext context;
	Datum		ledger;
	bool		found;
} KeptLedger;

static void
keep_ledger(Datum ledger, void *arg)
{
	KeptLedger *kept = arg;

	kept->ledger = ledger_datum_keep(ledger, kept->context);
	kept->found = true;
}

/*
 * revenue_ledger_from(source, customer, at, amount, grain, shape, ...): a table's
 * ledger, in the form in which its rows have left it.
 */
Datum
revenue_ledger_from(PG_FUNCTION_ARGS)
{
	KeptLedger	kept = {CurrentMemoryContext};
	BillingSource source;

	source_from_arguments(fcinfo, 0, &source);
	source_check_shape(&source);
	source_consume(fcinfo, &source, keep_ledger, &kept);
	if (!kept.found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(kept.ledger);
}
