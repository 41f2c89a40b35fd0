/*-------------------------------------------------------------------------
 *
 * billing/lint.c
 *	  ledger_lint(source, customer, at, amount): what is wrong with a billing
 *	  table.
 *
 * The three columns are read once, into a tuplestore, by a query that has
 * nothing in it but names.  The findings are plain SQL over that tuplestore,
 * whose names are all of pg_catalog.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/transam.h"
#include "base/query.h"
#include "base/result_rows.h"
#include "billing/row.h"
#include "billing/source.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(ledger_lint);

/*
 * The findings in SQL
 *
 * Rows of the source become rows of (customer, at, day, future, amount), all
 * as text, date and numeric; day is NULL if the row falls in no period.  A
 * float is the number that it prints as.
 */

/* A customer, of a type whose cast to text is PostgreSQL's, or of another */
static const char builtin_customer[] = "SELECT customer::text";
static const char printed_customer[] =
	"SELECT CASE WHEN num_nulls(customer) = 0 THEN concat(customer) END";

#define AMOUNT_AND_TIME \
	" amount::text::numeric AS amount, at::text AS at,"

/* The days that have a period: see calendar.c */
#define FIRST_AND_LAST_DAY "'4713-01-01 BC' AND '5874896-12-31'"

/* Of a column of dates */
static const char point_rows[] =
	" COLLATE \"C\" AS customer," AMOUNT_AND_TIME
	"	CASE WHEN isfinite(at) THEN at::date END AS day,"
	"	isfinite(at) AND at > now() AS future"
	" FROM source_rows";

/* Of a column of ranges, whose bounds are here, too */
static const char range_rows[] =
	" COLLATE \"C\" AS customer," AMOUNT_AND_TIME
	"	CASE WHEN isfinite(lower(at)) THEN lower(at)::date END AS day,"
	"	isfinite(lower(at)) AND lower(at) > now() AS future,"
	"	isempty(at) AS empty,"
	"	coalesce(lower(at), '-infinity') AS starts,"
	"	coalesce(upper(at), 'infinity') AS ends"
	" FROM source_rows";

/*
 * Usable are rows that a ledger takes.  Of their amounts, those without decimals
 * are held against those with some, and all against the decimals that three
 * quarters of them do with.
 */
static const char usable_rows[] =
	", billing AS MATERIALIZED ("
	"	SELECT *, row_number() OVER (PARTITION BY customer, at, amount ORDER BY scale(amount)) AS copy,"
	"		amount IN ('NaN', 'Infinity', '-Infinity') AS not_a_number,"
	"		min_scale(amount) > 32"
	"			OR abs(amount) >= power(10::numeric, 32 - min_scale(amount)) AS too_many_digits"
	"	FROM source)"
	", usable AS MATERIALIZED ("
	"	SELECT * FROM billing"
	"	WHERE customer IS NOT NULL AND day BETWEEN " FIRST_AND_LAST_DAY
	"		AND NOT not_a_number AND NOT too_many_digits)"
	", amounts AS ("
	"	SELECT percentile_disc(0.75) WITHIN GROUP (ORDER BY min_scale(amount)) AS usual_decimals,"
	"		count(*) FILTER (WHERE scale(amount) = 0) AS whole_rows,"
	"		count(*) FILTER (WHERE scale(amount) > 0) AS decimal_rows,"
	"		percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(amount)) FILTER (WHERE scale(amount) = 0)"
	"			AS whole_median,"
	"		percentile_disc(0.5) WITHIN GROUP (ORDER BY abs(amount)) FILTER (WHERE scale(amount) > 0)"
	"			AS decimal_median"
	"	FROM usable WHERE amount <> 0)";

/*
 * Findings that exist only for dates.  A customer's months are those with a net amount; the
 * step of a month is its distance from the one before.
 */
static const char point_findings[] =
	", months AS ("
	"	SELECT customer, day - (extract(day FROM day)::integer - 1) AS month,"
	"		extract(year FROM day)::integer * 12 + extract(month FROM day)::integer AS number,"
	"		sum(amount) AS revenue"
	"	FROM usable GROUP BY customer, month, number HAVING sum(amount) <> 0)"
	", steps AS MATERIALIZED ("
	"	SELECT *, number - lag(number) OVER series AS step,"
	"		lag(month) OVER series AS month_before, lag(revenue) OVER series AS revenue_before,"
	"		lead(revenue) OVER series AS revenue_after"
	"	FROM months WINDOW series AS (PARTITION BY customer ORDER BY month))"
	", rhythms AS ("
	"	SELECT customer, count(step) AS steps, min(step) AS shortest, max(step) AS longest,"
	"		percentile_disc(0.5) WITHIN GROUP (ORDER BY step) AS usual,"
	"		min(revenue) AS least, count(*) FILTER (WHERE revenue > 0) AS payments,"
	"		percentile_disc(0.5) WITHIN GROUP (ORDER BY revenue) FILTER (WHERE revenue > 0) AS median"
	"	FROM steps GROUP BY customer)"
	", particular AS ("
	"	SELECT 'infinite date' AS finding, customer, day, at, amount"
	"	FROM billing WHERE at IS NOT NULL AND day IS NULL"
	"	UNION ALL"
	"	SELECT 'date out of range', customer, day, at, amount"
	"	FROM billing WHERE day NOT BETWEEN " FIRST_AND_LAST_DAY
	"	UNION ALL"
	"	SELECT 'future date', customer, day, at, amount FROM billing WHERE future"
	"	UNION ALL"
	"	SELECT 'negative month', customer, month, month::text, revenue FROM steps WHERE revenue < 0"
	"	UNION ALL"
	"	SELECT 'late invoice', customer, month_before, concat(month_before, ' to ', month), revenue"
	"	FROM steps JOIN rhythms USING (customer)"
	"	WHERE step IN (2, 3) AND revenue = revenue_before AND revenue > 0"
	"		AND (usual = 1 OR (steps = 1 AND step = 2))"
	"	UNION ALL"
	"	SELECT 'annual spike', customer, month, month::text, revenue"
	"	FROM steps JOIN rhythms USING (customer)"
	"	WHERE (payments >= 3 AND revenue BETWEEN 10 * median AND 14 * median"
	"			AND coalesce(revenue_before < 10 * median, true)"
	"			AND coalesce(revenue_after < 10 * median, true))"
	"		OR (shortest = 12 AND longest = 12 AND least > 0)"
	"	UNION ALL"
	"	SELECT 'long billing period', customer, month, month::text, revenue"
	"	FROM steps JOIN rhythms USING (customer)"
	"	WHERE steps >= 2 AND shortest = longest AND shortest IN (2, 3, 4, 6) AND least > 0)";

/* Findings that exist only for ranges */
static const char range_findings[] =
	", spans AS ("
	"	SELECT *, max(ends) OVER (PARTITION BY customer, amount ORDER BY starts, ends"
	"			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends_before"
	"	FROM billing"
	"	WHERE copy = 1 AND NOT empty AND customer IS NOT NULL AND amount <> 0)"
	", particular AS ("
	"	SELECT 'unbounded start' AS finding, customer, day, at, amount"
	"	FROM billing WHERE NOT empty AND day IS NULL"
	"	UNION ALL"
	"	SELECT 'date out of range', customer, day, at, amount"
	"	FROM billing"
	"	WHERE day NOT BETWEEN " FIRST_AND_LAST_DAY
	"		OR (isfinite(ends) AND ends::date NOT BETWEEN " FIRST_AND_LAST_DAY ")"
	"	UNION ALL"
	"	SELECT 'empty range', customer, day, at, amount FROM billing WHERE empty"
	"	UNION ALL"
	"	SELECT 'future start', customer, day, at, amount FROM billing WHERE future"
	"	UNION ALL"
	"	SELECT 'overlapping duplicate', customer, day, at, amount FROM spans WHERE ends_before > starts)";

/* Findings that exist for dates and ranges */
static const char general_findings[] =
	", found AS ("
	"	SELECT finding, customer, day, at, amount"
	"	FROM billing CROSS JOIN LATERAL (VALUES"
	"		('null customer', customer IS NULL),"
	"		('null date', at IS NULL),"
	"		('null amount', amount IS NULL),"
	"		('not a number', not_a_number),"
	"		('too many digits', too_many_digits),"
	"		('duplicate row', copy > 1 AND customer IS NOT NULL AND at IS NOT NULL AND amount <> 0),"
	"		('zero amount', amount = 0)) AS general(finding, applies)"
	"	WHERE applies"
	"	UNION ALL"
	"	SELECT 'mixed scale', customer, day, at, amount"
	"	FROM (SELECT *, lag(amount) OVER payments AS amount_before, lead(amount) OVER payments AS amount_after"
	"		FROM usable"
	"		WINDOW payments AS (PARTITION BY customer ORDER BY day, at, amount)) AS usable"
	"	CROSS JOIN amounts"
	"	WHERE amount <> 0"
	"		AND (amount = 100 * amount_before OR amount = 100 * amount_after"
	"			OR ((scale(amount) = 0) = (whole_rows < decimal_rows)"
	"				AND whole_median BETWEEN 30 * decimal_median AND 300 * decimal_median))"
	"	UNION ALL"
	"	SELECT 'stray decimals', customer, day, at, amount"
	"	FROM usable CROSS JOIN amounts WHERE min_scale(amount) > usual_decimals + 2"
	"	UNION ALL"
	"	TABLE particular)";

static const char advices[] =
	", advices(place, finding, advice) AS (VALUES"
	"	(1, 'null customer', 'Rows without a customer are ignored: fill it in, or give them one with"
	" coalesce(customer, ...).'),"
	"	(2, 'null date', 'Rows without a date are ignored: fill it in.'),"
	"	(3, 'null amount', 'Rows without an amount are ignored: fill it in.'),"
	"	(4, 'infinite date', 'An infinite date falls in no period and is an error: leave such rows out with"
	" FILTER (WHERE isfinite(at)).'),"
	"	(5, 'date out of range', 'Periods are known from 4713-01-01 BC to 5874896-12-31, and a date beyond them is an"
	" error: correct it, or leave such rows out.'),"
	"	(6, 'unbounded start', 'A subscription without a start is an error: give it one, or leave such rows out with"
	" FILTER (WHERE isfinite(lower(at))).'),"
	"	(7, 'empty range', 'Empty ranges add nothing: see whether their ends should lie after their starts.'),"
	"	(8, 'not a number', 'NaN and infinity are an error in a sum of money: mend such rows, or leave them out with"
	" FILTER (WHERE amount > ''-Infinity'' AND amount < ''Infinity'').'),"
	"	(9, 'too many digits', 'An amount of more than 32 digits, decimals included, is an error: round it, for"
	" example with round(amount, 2).'),"
	"	(10, 'future date', 'Later than now: correct mistyped dates, and pass through => current_date to the readers so"
	" that they end with the current period.'),"
	"	(11, 'future start', 'Later than now: correct mistyped dates, and pass through => current_date to the readers"
	" so that they end with the current period.'),"
	"	(12, 'duplicate row', 'The same customer, date and amount as in another row, and both count: if they are no"
	" payments of their own, read SELECT DISTINCT rows, or mend the import.'),"
	"	(13, 'overlapping duplicate', 'The same customer and amount as in another row whose range overlaps, and both"
	" count: unless the customer has both, end the one where the other starts.'),"
	"	(14, 'zero amount', 'Zeros make no customer active, but widen the range of periods: leave free plans and trials"
	" out with FILTER (WHERE amount <> 0).'),"
	"	(15, 'negative month', 'Credits beyond the revenue of their month count as no revenue: date a credit note to"
	" the month that it corrects.'),"
	"	(16, 'late invoice', 'A month or two without an amount between equal ones is churn and reactivation, or a late"
	" invoice: if so, pass grace => 1 or grace => 2 to the readers.'),"
	"	(17, 'annual spike', 'A year paid at once is expansion and then churn: spread it over its service period with"
	" invoice_ledger, or take mrr(amount, ''annual'') into a subscription_ledger.'),"
	"	(18, 'long billing period', 'Paying every few months is churn and reactivation by the month: spread the amounts"
	" over their service periods with invoice_ledger, take for example mrr(amount, ''quarterly'') into a"
	" subscription_ledger, or take a coarser grain.'),"
	"	(19, 'mixed scale', 'Some amounts are about 100 times others: see whether cents and whole units are mixed, and"
	" bring them to one unit.'),"
	"	(20, 'stray decimals', 'These need more decimals than the other amounts, as unrounded quotients do: round them,"
	" for example with round(amount, 2).'))";

static const char report[] =
	" SELECT finding, count,"
	"	concat('customer ', coalesce(customer, 'NULL'), ', ', coalesce(at, 'NULL'),"
	"		', amount ', coalesce(amount::text, 'NULL')),"
	"	advice"
	" FROM (SELECT DISTINCT ON (finding) *, count(*) OVER (PARTITION BY finding) AS count"
	"	FROM found ORDER BY finding, customer, day, at, amount, scale(amount)) AS first"
	" JOIN advices USING (finding)"
	" ORDER BY place";

/*
 * The function
 */

/*
 * Check the types of the columns; returns whether 'at' is a range.  Of a range,
 * the type of its bounds is checked.
 */
static bool
source_has_ranges(const BillingSource *source)
{
	BillingReader *reader = palloc0(sizeof(BillingReader));
	Oid			at_type = get_atttype(source->relation, source->at);
	Oid			subtype = get_range_subtype(getBaseType(at_type));
	Oid			point_type = OidIsValid(subtype) ? getBaseType(subtype) : InvalidOid;
	bool		has_ranges = point_type == DATEOID || point_type == TIMESTAMPOID ||
		point_type == TIMESTAMPTZOID;
	BillingTypes types = {
		get_atttype(source->relation, source->customer),
		has_ranges ? point_type : at_type,
		get_atttype(source->relation, source->amount)
	};

	billing_reader_init(reader, BILLED_AT, GRAIN_MONTH, &types, CurrentMemoryContext);
	pfree(reader);
	return has_ranges;
}

/* The rows of a source */
typedef struct SourceRows
{
	MemoryContext context;
	Tuplestorestate *rows;
	TupleDesc	desc;
} SourceRows;

static void
begin_source_rows(TupleDesc desc, void *arg)
{
	SourceRows *source = arg;
	MemoryContext caller = MemoryContextSwitchTo(source->context);

	source->desc = CreateTupleDescCopy(desc);
	source->rows = tuplestore_begin_heap(false, false, work_mem);
	MemoryContextSwitchTo(caller);
}

static void
take_source_row(TupleTableSlot *slot, void *arg)
{
	CHECK_FOR_INTERRUPTS();
	tuplestore_puttupleslot(((SourceRows *) arg)->rows, slot);
}

static void
read_source_rows(const Extension *extension, const BillingSource *source, SourceRows *rows)
{
	RowConsumer consumer = {begin_source_rows, take_source_row, rows};
	OwnQuery	query;

	query_init(&query, extension,
			   psprintf("SELECT %s AS customer, %s AS at, %s AS amount FROM %s",
						source_quoted_column(source, source->customer),
						source_quoted_column(source, source->at),
						source_quoted_column(source, source->amount),
						quoted_relation(source->relation)));
	query_names(&query, source->relation);
	query_prepare(&query);
	query_run(&query, NULL, &consumer);
}

/*
 * What lets queries know rows as source_rows.
 */
static QueryEnvironment *
environment_of_rows(const SourceRows *source)
{
	QueryEnvironment *environment = create_queryEnv();
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = "source_rows";
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = source->desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = tuplestore_tuple_count(source->rows);
	relation->reldata = source->rows;
	register_ENR(environment, relation);
	return environment;
}

static char *
lint_query(const SourceRows *source, bool has_ranges)
{
	Oid			customer_type = getBaseType(TupleDescAttr(source->desc, 0)->atttypid);
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, "WITH source AS (");
	appendStringInfoString(&query, customer_type < FirstGenbkiObjectId ?
						   builtin_customer : printed_customer);
	appendStringInfoString(&query, has_ranges ? range_rows : point_rows);
	appendStringInfoString(&query, ")");
	appendStringInfoString(&query, usable_rows);
	appendStringInfoString(&query, has_ranges ? range_findings : point_findings);
	appendStringInfoString(&query, general_findings);
	appendStringInfoString(&query, advices);
	appendStringInfoString(&query, report);
	return query.data;
}

/*
 * Put the findings about some rows.
 */
static void
put_findings(const Extension *extension, const SourceRows *source, bool has_ranges,
			 ReturnSetInfo *result)
{
	RowConsumer consumer = {NULL, result_rows_take, result};
	int			level = NewGUCNestLevel();
	OwnQuery	query;

	query_set_locally("extra_float_digits", "1");
	/*
	 * The planner knows nothing about the rows of the tuplestore.  It would
	 * take them for few and choose nested loops, which are slow if they are
	 * many.  With nested loops disabled, those that are needed all the same
	 * get so high a cost that every query would be compiled: so no JIT either.
	 */
	query_set_locally("enable_nestloop", "off");
	query_set_locally("jit", "off");
	query_init(&query, extension, lint_query(source, has_ranges));
	query.environment = environment_of_rows(source);
	query_prepare(&query);
	query_run(&query, NULL, &consumer);
	AtEOXact_GUC(true, level);
}

/*
 * ledger_lint(source, customer, at, amount): a row per finding
 */
Datum
ledger_lint(PG_FUNCTION_ARGS)
{
	SourceRows	rows = {CurrentMemoryContext};
	Extension	extension;
	BillingSource source;
	bool		has_ranges;

	result_rows_prepare(fcinfo);
	source_from_arguments(fcinfo, 0, &source);
	has_ranges = source_has_ranges(&source);
	extension_of_call(fcinfo, &extension);
	read_source_rows(&extension, &source, &rows);
	put_findings(&extension, &rows, has_ranges, (ReturnSetInfo *) fcinfo->resultinfo);
	tuplestore_end(rows.rows);
	return (Datum) 0;
}
