/*-------------------------------------------------------------------------
 *
 * billing/lint_read.c
 *	  The rows of a table as ledger_lint reads them: what keeps a ledger from
 *	  taking one is found, not an error.
 *
 * The query has nothing in it but names and casts to types of PostgreSQL.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/lint_read.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"

/* The columns of the query */
enum
{
	COLUMN_CUSTOMER,
	COLUMN_AMOUNT,
	COLUMN_AT,
	COLUMN_END,					/* of two columns: the end, and as it is written */
	COLUMN_UNTIL,
	COLUMN_ITEM
};

static void
init_item(LintReader *reader)
{
	const BillingSource *source = reader->source;
	Oid			type,
				collation;
	int32		typmod;

	get_atttypetypmodcoll(source->relation, source->item, &type, &typmod, &collation);
	customer_reader_init(&reader->item, type, collation, CurrentMemoryContext);
}

void
lint_reader_init(LintReader *reader, const BillingSource *source, LintReport *report)
{
	BillingTypes types = {
		.when = source_time_type(source),
		.amount = get_atttype(source->relation, source->amount)
	};
	int32		typmod;
	Oid			output;
	bool		is_varlena;
	Oid			range = getBaseType(get_atttype(source->relation, source->at));

	memset(reader, 0, sizeof(LintReader));
	get_atttypetypmodcoll(source->relation, source->customer, &types.customer, &typmod,
						  &types.collation);
	reader->source = source;
	reader->report = report;
	billing_reader_init(&reader->reader, BILLED_AT, source->grain, &types, CurrentMemoryContext);
	reader->reader.snapshot = source_snapshot_rule(source);
	reader->amount_type = getBaseType(types.amount);
	reader->multirange = type_is_multirange(range);
	if (reader->multirange)
		range = get_multirange_range(range);
	if (source_is_over(source) && source->until == 0)
		reader->range = lookup_type_cache(range, TYPECACHE_RANGE_INFO);
	if (source->item != 0)
		init_item(reader);
	reader->format.kind = reader->reader.customer.kind;
	reader->format.ranges = source_is_over(source);
	reader->format.items = source->item != 0;
	reader->format.time_type = reader->reader.at_type;
	getTypeOutputInfo(reader->reader.at_type, &output, &is_varlena);
	fmgr_info(output, &reader->format.time_output);
	reader->row_context = AllocSetContextCreate(CurrentMemoryContext, "nrr lint row",
												ALLOCSET_DEFAULT_SIZES);
}

/*
 * The query
 */

/*
 * Two columns are read as times of one type.
 */
static const char *
lint_query(const LintReader *reader)
{
	const BillingSource *source = reader->source;
	const char *type = source_time_type_name(source);
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT %s, %s, ", source_quoted_column(source, source->customer),
					 source_quoted_column(source, source->amount));
	appendStringInfoString(&query, source_quoted_column(source, source->at));
	if (source->until != 0)
		appendStringInfo(&query, "::%s, %s::%s, %s", type, source_end_text(source), type,
						 source_quoted_column(source, source->until));
	else
		appendStringInfoString(&query, ", NULL, NULL");
	if (source->item != 0)
		appendStringInfo(&query, ", %s", source_quoted_column(source, source->item));
	appendStringInfo(&query, " FROM %s", quoted_relation(source->relation));
	return query.data;
}

/*
 * A row that has something wrong
 */

static const char *
value_text(TupleTableSlot *slot, int column)
{
	Oid			output;
	bool		is_varlena;

	if (slot->tts_isnull[column])
		return "NULL";
	getTypeOutputInfo(TupleDescAttr(slot->tts_tupleDescriptor, column)->atttypid, &output, &is_varlena);
	return OidOutputFunctionCall(output, slot->tts_values[column]);
}

static void
found_row(LintReader *reader, LintFinding finding, TupleTableSlot *slot, int64 moment)
{
	LintCustomer customer = {
		.known = !slot->tts_isnull[COLUMN_CUSTOMER],
		.kind = reader->format.kind,
		.context = reader->row_context
	};
	const char *at;

	if (customer.known)
		customer.key = customer_read(&reader->reader.customer, slot->tts_values[COLUMN_CUSTOMER]);
	if (!lint_found(reader->report, finding, &customer, moment))
		return;
	at = value_text(slot, COLUMN_AT);
	if (reader->source->until != 0)
		at = psprintf("%s to %s", at, value_text(slot, COLUMN_UNTIL));
	lint_tell(reader->report, finding, &customer, moment,
			  lint_sample_text(&customer, at, value_text(slot, COLUMN_AMOUNT)));
}

/*
 * Times
 */

/* A moment of a time; the infinite ones are those of a timestamp */
static int64
moment_of(const LintReader *reader, Datum time)
{
	DateADT		day;

	if (reader->format.time_type != DATEOID)
		return DatumGetTimestamp(time);
	day = DatumGetDateADT(time);
	if (DATE_NOT_FINITE(day))
		return DATE_IS_NOBEGIN(day) ? PG_INT64_MIN : PG_INT64_MAX;
	return day;
}

static bool
is_infinite(int64 moment)
{
	return moment == PG_INT64_MIN || moment == PG_INT64_MAX;
}

static bool
has_period(LintReader *reader, int64 moment)
{
	return date_has_period(billing_day(&reader->reader, moment));
}

/* A bound that excludes the lower value, or includes the upper one, is the next */
static int64
bound_moment(const LintReader *reader, const RangeBound *bound)
{
	int64		moment;

	if (bound->infinite)
		return bound->lower ? PG_INT64_MIN : PG_INT64_MAX;
	moment = moment_of(reader, bound->val);
	return bound->inclusive == bound->lower || is_infinite(moment) ? moment : moment + 1;
}

/*
 * Set begin and end of a row over time; what is wrong with it is found, and
 * false returned.
 */
static bool
check_span(LintReader *reader, TupleTableSlot *slot, LintRow *row)
{
	if (is_infinite(row->begin))
		found_row(reader, FOUND_UNBOUNDED_START, slot, LINT_NO_MOMENT);
	else if (!has_period(reader, row->begin) ||
			 (!is_infinite(row->end) && !has_period(reader, row->end)))
		found_row(reader, FOUND_DATE_OUT_OF_RANGE, slot, row->begin);
	else if (row->end < row->begin)
		found_row(reader, FOUND_REVERSED_ENDS, slot, row->begin);
	else if (row->end == row->begin)
		found_row(reader, FOUND_EMPTY_RANGE, slot, row->begin);
	else
		return true;
	return false;
}

static bool
check_date(LintReader *reader, TupleTableSlot *slot, LintRow *row)
{
	if (is_infinite(row->begin))
		found_row(reader, FOUND_INFINITE_DATE, slot, row->begin);
	else if (!has_period(reader, row->begin))
		found_row(reader, FOUND_DATE_OUT_OF_RANGE, slot, row->begin);
	else
		return true;
	return false;
}

/*
 * Rows
 */

/*
 * Read the amount if there is one that a ledger takes.
 */
static bool
read_amount(LintReader *reader, TupleTableSlot *slot, LintRow *row)
{
	Datum		value = slot->tts_values[COLUMN_AMOUNT];

	if (slot->tts_isnull[COLUMN_AMOUNT])
	{
		found_row(reader, FOUND_NULL_AMOUNT, slot, LINT_NO_MOMENT);
		return false;
	}
	switch (decimal_problem(reader->amount_type, value))
	{
		case DECIMAL_NOT_FINITE:
			found_row(reader, FOUND_NOT_A_NUMBER, slot, LINT_NO_MOMENT);
			return false;
		case DECIMAL_TOO_LONG:
			found_row(reader, FOUND_TOO_MANY_DIGITS, slot, LINT_NO_MOMENT);
			return false;
		case DECIMAL_FINE:
			break;
	}
	reader->reader.read_amount(value, &row->amount);
	decimal_shorten(&row->amount, 0);
	return true;
}

/* Hand a row on, if nothing else is wrong with it */
static void
take_checked(LintReader *reader, TupleTableSlot *slot, LintRow *row, bool complete)
{
	CustomerKey customer;

	if (reader->format.ranges ? !check_span(reader, slot, row) : !check_date(reader, slot, row))
		return;
	if (!complete)
		return;
	customer = customer_read(&reader->reader.customer, slot->tts_values[COLUMN_CUSTOMER]);
	reader->take(&customer, row, reader->arg);
}

static void
take_range(LintReader *reader, TupleTableSlot *slot, const RangeType *range, LintRow *row,
		   bool complete)
{
	RangeBound	lower,
				upper;
	bool		empty;

	range_deserialize(reader->range, range, &lower, &upper, &empty);
	if (empty)
	{
		found_row(reader, FOUND_EMPTY_RANGE, slot, LINT_NO_MOMENT);
		return;
	}
	row->begin = bound_moment(reader, &lower);
	row->end = bound_moment(reader, &upper);
	take_checked(reader, slot, row, complete);
}

static void
take_multirange(LintReader *reader, TupleTableSlot *slot, LintRow *row, bool complete)
{
	int32		count;
	RangeType **ranges;

	multirange_deserialize(reader->range, DatumGetMultirangeTypeP(slot->tts_values[COLUMN_AT]),
						   &count, &ranges);
	if (count == 0)
		found_row(reader, FOUND_EMPTY_RANGE, slot, LINT_NO_MOMENT);
	for (int i = 0; i < count; i++)
		take_range(reader, slot, ranges[i], row, complete);
}

/* The times of a row, and with them the row */
static void
take_times(LintReader *reader, TupleTableSlot *slot, LintRow *row, bool complete)
{
	bool		no_start = slot->tts_isnull[COLUMN_AT];

	if (no_start && (reader->source->until == 0 || slot->tts_isnull[COLUMN_UNTIL]))
		found_row(reader, FOUND_NULL_DATE, slot, LINT_NO_MOMENT);
	else if (reader->range == NULL)
	{
		row->begin = no_start ? PG_INT64_MIN : moment_of(reader, slot->tts_values[COLUMN_AT]);
		row->end = !reader->format.ranges ? row->begin :
			slot->tts_isnull[COLUMN_END] ? LINT_NO_END :
			moment_of(reader, slot->tts_values[COLUMN_END]);
		take_checked(reader, slot, row, complete);
	}
	else if (reader->multirange)
		take_multirange(reader, slot, row, complete);
	else
		take_range(reader, slot, DatumGetRangeTypeP(slot->tts_values[COLUMN_AT]), row, complete);
}

static void
take_row(TupleTableSlot *slot, void *arg)
{
	LintReader *reader = arg;
	MemoryContext caller = MemoryContextSwitchTo(reader->row_context);
	LintRow		row;
	bool		complete;

	CHECK_FOR_INTERRUPTS();
	slot_getallattrs(slot);
	row.item = 0;
	complete = read_amount(reader, slot, &row);
	if (slot->tts_isnull[COLUMN_CUSTOMER])
	{
		found_row(reader, FOUND_NULL_CUSTOMER, slot, LINT_NO_MOMENT);
		complete = false;
	}
	if (complete && reader->format.items && !slot->tts_isnull[COLUMN_ITEM])
	{
		CustomerKey item = customer_read(&reader->item, slot->tts_values[COLUMN_ITEM]);

		row.item = customer_hash(reader->item.kind, &item);
	}
	take_times(reader, slot, &row, complete);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reader->row_context);
}

/*
 * Read the table, with the privileges of the caller.
 */
void
lint_read(LintReader *reader, const Extension *extension)
{
	RowConsumer consumer = {NULL, take_row, reader};
	OwnQuery	query;

	query_init(&query, extension, lint_query(reader));
	query_names(&query, reader->source->relation);
	query_prepare(&query);
	query_run(&query, NULL, &consumer);
}
