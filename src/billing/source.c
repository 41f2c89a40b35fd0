/*-------------------------------------------------------------------------
 *
 * billing/source.c
 *	  A table of billing rows, given by name: the arguments that say so.
 *
 * A call names a table or view and columns of it, and may say what a row is.
 * Where that is not said and could be more than one thing, it is asked for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "base/excerpt.h"
#include "billing/row.h"
#include "billing/source.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "parser/scansup.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"

/* The options of a call, in order: see SOURCE_OPTIONS */
typedef enum SourceOption
{
	OPTION_SHAPE,
	OPTION_BOUNDS,
	OPTION_CLOSE,
	OPTION_ITEM,
	OPTION_SNAPSHOT_RULE
} SourceOption;

static const char *const shape_names[] = {
	[TABLE_OF_PAYMENTS] = "payments",
	[TABLE_OF_SUBSCRIPTIONS] = "subscriptions",
	[TABLE_OF_INVOICES] = "invoices",
	[TABLE_OF_SNAPSHOTS] = "snapshots",
	[TABLE_OF_CHANGES] = "changes",
};

/*
 * Names
 */

/*
 * Is a text a query, in place of a name?
 */
static bool
looks_like_query(const char *text)
{
	static const char *const beginnings[] = {"select", "with", "values", "table", "("};

	text += strspn(text, " \t\r\n");
	for (int i = 0; i < lengthof(beginnings); i++)
	{
		Size		length = strlen(beginnings[i]);

		if (pg_strncasecmp(text, beginnings[i], length) == 0 &&
			(beginnings[i][0] == '(' || (text[length] != '\0' && strchr(" \t\r\n(*'\"", text[length]) != NULL)))
			return true;
	}
	return false;
}

/*
 * The relation of a name, which may be qualified and quoted as in SQL.  Who
 * goes on to use it locks it, so that it stays what it is.
 */
Oid
source_relation(const char *name, LOCKMODE lock, bool missing_ok)
{
	RangeVar   *range;

	if (looks_like_query(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("a query cannot be the source: \"%s\"", excerpt(name)),
				 errdetail("The source is the name of a table or view."),
				 errhint("Make the query a view with CREATE VIEW, and give the name of that.")));
	range = makeRangeVarFromNameList(nrr_qualified_name_list(name));
	return RangeVarGetRelid(range, lock, missing_ok);
}

static void
check_relation_kind(Oid relation)
{
	switch (get_rel_relkind(relation))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			return;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" is not a table or view", get_rel_name(relation))));
	}
}

/*
 * The column of a name, which is cut to the length of an identifier, as
 * PostgreSQL did when the column was created.
 */
AttrNumber
source_column(Oid relation, const char *name, bool missing_ok)
{
	char	   *column = pstrdup(name);
	AttrNumber	number;

	truncate_identifier(column, strlen(column), false);
	number = get_attnum(relation, column);
	if (number <= 0 && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						column, get_rel_name(relation)),
				 errhint("The arguments are the names of a table and of its columns of customers, dates and amounts.")));
	return number;
}

/*
 * A locked relation as a query may name it.
 */
const char *
quoted_relation(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

/*
 * A column of a source, likewise
 */
const char *
source_quoted_column(const BillingSource *source, AttrNumber column)
{
	return quote_identifier(get_attname(source->relation, column, false));
}

/* A name as it stands in a list, whose blanks around it go */
static const char *
without_blanks(char *name)
{
	name += strspn(name, " ");
	for (Size length = strlen(name); length > 0 && name[length - 1] == ' '; length--)
		name[length - 1] = '\0';
	return name;
}

/*
 * The start and the end of ranges, in the columns that a text names one after
 * the other.  A name may have a comma in it, too.
 */
static bool
take_two_columns(BillingSource *source, const char *names)
{
	for (const char *comma = strchr(names, ','); comma != NULL; comma = strchr(comma + 1, ','))
	{
		source->at = source_column(source->relation, without_blanks(pnstrdup(names, comma - names)), true);
		source->until = source_column(source->relation, without_blanks(pstrdup(comma + 1)), true);
		if (source->at > 0 && source->until > 0)
			return true;
	}
	return false;
}

static void
take_time_columns(BillingSource *source, const char *names)
{
	source->until = 0;
	source->at = source_column(source->relation, names, true);
	if (source->at > 0 || take_two_columns(source, names))
		return;
	if (strchr(names, ',') == NULL)
		(void) source_column(source->relation, names, false);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("\"%s\" are not two columns of relation \"%s\"", excerpt(names),
					get_rel_name(source->relation)),
			 errhint("A start and an end in two columns are named as in 'start_date, end_date'.")));
}

static AttrNumber
column_argument(FunctionCallInfo fcinfo, int n, Oid relation)
{
	return source_column(relation, text_to_cstring(PG_GETARG_TEXT_PP(n)), false);
}

/*
 * The table and columns that a call's arguments from the given one on name,
 * and the grain, whatever their types are.
 */
static void
take_names(FunctionCallInfo fcinfo, int first, BillingSource *source)
{
	static const char *const names[] = {"source", "customer", "at", "amount"};

	for (int i = 0; i < lengthof(names); i++)
		check_argument_given(fcinfo, first + i, names[i]);
	source->relation = source_relation(text_to_cstring(PG_GETARG_TEXT_PP(first)), AccessShareLock, false);
	check_relation_kind(source->relation);
	source->customer = column_argument(fcinfo, first + 1, source->relation);
	take_time_columns(source, text_to_cstring(PG_GETARG_TEXT_PP(first + 2)));
	source->amount = column_argument(fcinfo, first + 3, source->relation);
	source->grain = PG_ARGISNULL(first + 4) ? GRAIN_MONTH :
		grain_from_text(PG_GETARG_TEXT_PP(first + 4));
}

/*
 * Options
 */

/* The text of an option, or NULL */
static const char *
option_text(FunctionCallInfo fcinfo, SourceOption option)
{
	int			n = PG_NARGS() - SOURCE_OPTIONS + option;

	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

static TableShape
shape_from_text(const char *word)
{
	for (TableShape shape = 0; shape <= TABLE_SHAPE_LAST; shape++)
		if (pg_strcasecmp(word, shape_names[shape]) == 0)
			return shape;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown shape \"%s\"", excerpt(word)),
			 errhint("A table is of payments, subscriptions, invoices, snapshots or changes.")));
}

static EndBound
bound_from_text(const char *text)
{
	if (strcmp(text, "[)") == 0)
		return END_EXCLUDED;
	if (strcmp(text, "[]") == 0)
		return END_INCLUDED;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown bounds \"%s\"", excerpt(text)),
			 errhint("Bounds are '[)' where the end no longer belongs to the range, '[]' where it does.")));
}

static void
check_close(const char *word)
{
	if (pg_strcasecmp(word, "next") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown close \"%s\"", excerpt(word)),
				 errhint("With close => 'next' a row ends where the customer's next one begins.")));
}

static void
take_options(FunctionCallInfo fcinfo, BillingSource *source)
{
	const char *shape = option_text(fcinfo, OPTION_SHAPE);
	const char *bounds = option_text(fcinfo, OPTION_BOUNDS);
	const char *close = option_text(fcinfo, OPTION_CLOSE);
	const char *item = option_text(fcinfo, OPTION_ITEM);
	const char *rule = option_text(fcinfo, OPTION_SNAPSHOT_RULE);

	source->shape_given = shape != NULL;
	source->shape = shape == NULL ? TABLE_OF_PAYMENTS : shape_from_text(shape);
	source->bound = bounds == NULL ? END_NOT_SAID : bound_from_text(bounds);
	if (close != NULL)
		check_close(close);
	source->close_next = close != NULL;
	source->item = item == NULL ? 0 : source_column(source->relation, item, false);
	source->snapshot = rule == NULL ? SNAPSHOT_NONE : snapshot_rule_from_text(rule);
}

/*
 * The source that a call's arguments say: those from the given one on, and its
 * last ones.
 */
void
source_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source)
{
	memset(source, 0, sizeof(BillingSource));
	take_names(fcinfo, first, source);
	take_options(fcinfo, source);
}

/*
 * A ledger is wanted of each value of a column, if the argument names one.
 */
void
source_take_segment(BillingSource *source, FunctionCallInfo fcinfo, int n)
{
	if (!PG_ARGISNULL(n))
		source->segment = column_argument(fcinfo, n, source->relation);
}

/*
 * What a row is
 */

static Oid
column_type(const BillingSource *source, AttrNumber column)
{
	return getBaseType(get_atttype(source->relation, column));
}

static bool
is_time(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/* The type of the bounds of a range or multirange, else the type itself */
static Oid
bound_type(Oid type)
{
	Oid			range = type_is_multirange(type) ? get_multirange_range(type) : type;

	return type_is_range(range) ? getBaseType(get_range_subtype(range)) : type;
}

/*
 * Do rows say from when to when, rather than when?
 */
bool
source_is_over(const BillingSource *source)
{
	Oid			type = column_type(source, source->at);

	return source->until != 0 || type_is_range(type) || type_is_multirange(type);
}

/*
 * The type of its times; of two columns, the one that both can be.
 */
Oid
source_time_type(const BillingSource *source)
{
	Oid			start = bound_type(column_type(source, source->at));
	Oid			end = source->until == 0 ? start : column_type(source, source->until);

	if (!is_time(start) || start == end || (is_time(end) && end == DATEOID))
		return start;
	return is_time(end) && (start == DATEOID || end == TIMESTAMPTZOID) ? end : start;
}

/* That type's name in a query */
const char *
source_time_type_name(const BillingSource *source)
{
	switch (source_time_type(source))
	{
		case DATEOID:
			return "pg_catalog.date";
		case TIMESTAMPOID:
			return "pg_catalog.timestamp";
		default:
			return "pg_catalog.timestamptz";
	}
}

/*
 * The first moment after the range of a row in two columns, in a query.  An end
 * that belongs to the range is the whole day, whatever time of that day it is.
 */
const char *
source_end_text(const BillingSource *source)
{
	const char *until = source_quoted_column(source, source->until);

	if (source->bound == END_INCLUDED)
		return psprintf("(%s::pg_catalog.date OPERATOR(pg_catalog.+) 1)", until);
	return until;
}

/* Do rows change what a customer pays, until they end? */
static bool
has_levels(const BillingSource *source)
{
	return source->shape == TABLE_OF_SUBSCRIPTIONS || source->shape == TABLE_OF_CHANGES;
}

/*
 * The snapshot rule that its ledger will have.
 */
SnapshotRule
source_snapshot_rule(const BillingSource *source)
{
	if (!has_levels(source))
		return SNAPSHOT_NONE;
	return source->snapshot == SNAPSHOT_NONE ? SNAPSHOT_END : source->snapshot;
}

static void
check_shape_fits(const BillingSource *source)
{
	bool		over = source_is_over(source);
	bool		wants_range = source->shape == TABLE_OF_SUBSCRIPTIONS || source->shape == TABLE_OF_INVOICES;

	if (over && !source->shape_given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("shape must be given for rows that have a start and an end"),
				 errdetail("An amount may be that of each period in between, or that of all the time together."),
				 errhint("Write shape => 'subscriptions' for what a customer pays per period, shape => 'invoices' for an amount to be spread over its service period.")));
	if (over && !wants_range)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a table of %s has one date in a row, not a start and an end", shape_names[source->shape]),
				 errhint("What has a start and an end is of shape 'subscriptions' or 'invoices'.")));
	if (!over && wants_range)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a table of %s has a start and an end in a row, not one date", shape_names[source->shape]),
				 errhint("Name a column of ranges or two columns, as in 'start_date, end_date'; what only says from when on is of shape 'changes' or 'snapshots'.")));
}

/* An option is given that has no meaning here */
pg_noreturn static void
reject_option(const char *name, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s has no meaning for this source", name),
			 errhint("%s", hint)));
}

static void
check_options_fit(const BillingSource *source)
{
	if (source->bound != END_NOT_SAID && source->until == 0)
		reject_option("bounds", "It says whether an end in a column of its own belongs to the range; a range says so itself.");
	if (source->close_next && source->shape != TABLE_OF_SUBSCRIPTIONS)
		reject_option("close", "It is for tables of shape 'subscriptions'.");
	if (source->item != 0 && !source->close_next)
		reject_option("item", "With close => 'next' it says which rows of a customer end one another.");
	if (source->snapshot != SNAPSHOT_NONE && !has_levels(source))
		reject_option("snapshot_rule", "It is for tables of shape 'subscriptions' or 'changes'.");
}

static void
check_end_type(const BillingSource *source)
{
	Oid			type = source->until == 0 ? InvalidOid : column_type(source, source->until);

	if (source->until != 0 && !is_time(type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the end of a billing row cannot be of type %s", format_type_be(type)),
				 errhint("It is a date, timestamp or timestamp with time zone; cast it to one of them in a view.")));
}

/*
 * Check types even if there are no rows.
 */
static void
check_column_types(const BillingSource *source)
{
	BillingReader *reader = palloc0(sizeof(BillingReader));
	BillingTypes types = {
		.when = get_atttype(source->relation, source->at),
		.amount = get_atttype(source->relation, source->amount)
	};
	bool		ranges = source_is_over(source) && source->until == 0;
	int32		typmod;

	get_atttypetypmodcoll(source->relation, source->customer, &types.customer, &typmod,
						  &types.collation);
	billing_reader_init(reader, ranges ? BILLED_OVER : BILLED_AT, source->grain, &types,
						CurrentMemoryContext);
	pfree(reader);
	check_end_type(source);
}

/*
 * A source must say what its rows are.
 */
void
source_check_shape(const BillingSource *source)
{
	check_shape_fits(source);
	check_options_fit(source);
	check_column_types(source);
}
