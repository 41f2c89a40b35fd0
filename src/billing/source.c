/*-------------------------------------------------------------------------
 *
 * billing/source.c
 *	  A ledger straight from a table, given by name.
 *
 * Resolves the names, and runs the aggregate over the table with the caller's
 * privileges and row security.  The ledger is handed on as it comes out of the
 * executor, so that a reader never has it flattened.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "billing/row.h"
#include "billing/source.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "ledger/datum.h"
#include "parser/scansup.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(revenue_ledger_from);

/*
 * Names
 */

/*
 * The relation of a name, which may be qualified and quoted as in SQL.  Who
 * goes on to use it locks it, so that it stays what it is.
 */
Oid
source_relation(const char *name, LOCKMODE lock, bool missing_ok)
{
	RangeVar   *range = makeRangeVarFromNameList(nrr_qualified_name_list(name));

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

static AttrNumber
column_argument(FunctionCallInfo fcinfo, int n, Oid relation)
{
	return source_column(relation, text_to_cstring(PG_GETARG_TEXT_PP(n)), false);
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
	int32		typmod;

	get_atttypetypmodcoll(source->relation, source->customer, &types.customer, &typmod,
						  &types.collation);
	billing_reader_init(reader, BILLED_AT, source->grain, &types, CurrentMemoryContext);
	pfree(reader);
}

static void
check_arguments(FunctionCallInfo fcinfo, int first, int n)
{
	static const char *const names[SOURCE_ARGUMENTS] = {"source", "customer", "at", "amount", "grain"};

	for (int i = 0; i < n; i++)
	{
		if (PG_ARGISNULL(first + i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be null", names[i])));
	}
}

/*
 * The table and columns that a call's arguments from the given one on name,
 * whatever their types are.
 */
void
source_names_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source)
{
	check_arguments(fcinfo, first, SOURCE_NAME_ARGUMENTS);
	source->relation = source_relation(text_to_cstring(PG_GETARG_TEXT_PP(first)), AccessShareLock, false);
	check_relation_kind(source->relation);
	source->customer = column_argument(fcinfo, first + 1, source->relation);
	source->at = column_argument(fcinfo, first + 2, source->relation);
	source->amount = column_argument(fcinfo, first + 3, source->relation);
}

/*
 * The source that a call's arguments from the given one on name.
 */
void
source_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source)
{
	check_arguments(fcinfo, first, SOURCE_ARGUMENTS);
	source_names_from_arguments(fcinfo, first, source);
	source->grain = grain_from_text(PG_GETARG_TEXT_PP(first + 4));
	check_column_types(source);
}

/*
 * Running the aggregate
 */

/*
 * The text of the query for the ledger of a source: of the rows from $1 on, or
 * of all.  A date is what a row's period depends on.  Days as they are compared
 * with a timestamptz may begin a bit earlier or later than those of $1; the
 * comparison with $2, the day before, is there for an index.
 */
static const char *
source_text(const BillingSource *source, const Extension *extension, bool from, bool by_date)
{
	const char *at = source_quoted_column(source, source->at);
	const char *grain = "";
	const char *condition = "";

	/* months are the default; do not pass the grain for each row */
	if (source->grain != GRAIN_MONTH)
		grain = psprintf(", %s", quote_literal_cstr(grain_name(source->grain)));
	if (from)
		condition = psprintf(" WHERE %s OPERATOR(pg_catalog.>=) $2 "
							 "AND %s::pg_catalog.date OPERATOR(pg_catalog.>=) $1", at, at);
	return psprintf("SELECT %s.revenue_ledger(%s, %s%s, %s%s) AS ledger FROM %s%s",
					extension->schema_name,
					source_quoted_column(source, source->customer),
					at, by_date ? "::pg_catalog.date" : "",
					source_quoted_column(source, source->amount),
					grain, quoted_relation(source->relation), condition);
}

static void
prepare_source_query(const BillingSource *source, const Extension *extension,
					 const DateADT *from, bool by_date, OwnQuery *query)
{
	query_init(query, extension, source_text(source, extension, from != NULL, by_date));
	query_names(query, source->relation);
	query_column(query, extension_type(extension, "revenue_ledger"));
	if (from != NULL)
	{
		query_parameter(query, DATEOID, DateADTGetDatum(*from), false);
		query_parameter(query, DATEOID, DateADTGetDatum(day_before(*from)), false);
	}
	query_prepare(query);
}

/*
 * Prepare the query for the ledger of a source, or of its rows from a day on.
 *
 * postgres_fdw would let the other server aggregate, in a session whose time
 * zone is GMT.  It leaves casts of zoned times to this one.
 */
void
source_query(const BillingSource *source, const Extension *extension,
			 const DateADT *from, OwnQuery *query)
{
	prepare_source_query(source, extension, from, false, query);
	if (getBaseType(get_atttype(source->relation, source->at)) == TIMESTAMPTZOID &&
		query_may_read_foreign(query))
		prepare_source_query(source, extension, from, true, query);
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
	query_run(&query, NULL, &consumer);
}

/* Where the flat copy of a source's ledger goes */
typedef struct LedgerCopy
{
	MemoryContext context;
	RevenueLedger *ledger;
} LedgerCopy;

static void
copy_ledger(Datum ledger, void *arg)
{
	LedgerCopy *copy = arg;
	MemoryContext caller = MemoryContextSwitchTo(copy->context);

	copy->ledger = (RevenueLedger *) PG_DETOAST_DATUM_COPY(ledger);
	MemoryContextSwitchTo(caller);
}

/*
 * The ledger of a source as a flat one, or NULL.
 */
RevenueLedger *
source_ledger(FunctionCallInfo fcinfo, const BillingSource *source)
{
	LedgerCopy	copy = {CurrentMemoryContext, NULL};

	source_consume(fcinfo, source, copy_ledger, &copy);
	return copy.ledger;
}

/*
 * revenue_ledger_from(source, customer, at, amount, grain): a table's ledger
 */
Datum
revenue_ledger_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	RevenueLedger *ledger;

	source_from_arguments(fcinfo, 0, &source);
	ledger = source_ledger(fcinfo, &source);
	if (ledger == NULL)
		PG_RETURN_NULL();
	PG_RETURN_LEDGER(ledger);
}
