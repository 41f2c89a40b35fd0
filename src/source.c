/*-------------------------------------------------------------------------
 *
 * source.c
 *	  A ledger straight from a table, given by name.
 *
 * Resolves the names, and runs the aggregate over the table by SPI, with the
 * caller's privileges and row security.  The ledger is handed on as it comes
 * out of the executor, so that a reader never has it flattened.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "billing_row.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "ledger_build.h"
#include "parser/scansup.h"
#include "source.h"
#include "tcop/dest.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(revenue_ledger_from);

/*
 * Names
 */

/*
 * The relation of a name, which may be qualified and quoted as in SQL.
 */
Oid
source_relation(const char *name, bool missing_ok)
{
	RangeVar   *range = makeRangeVarFromNameList(nrr_qualified_name_list(name));

	return RangeVarGetRelid(range, NoLock, missing_ok);
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
 * The column of a name, which is as long as an identifier can be: a longer one
 * was cut short when the column was made, too.
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
 * A relation as a query may name it.
 */
const char *
quoted_relation(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

/*
 * The same names in SQL text
 */
const char *
source_quoted_relation(const BillingSource *source)
{
	return quoted_relation(source->relation);
}

const char *
source_quoted_column(const BillingSource *source, AttrNumber column)
{
	return quote_identifier(get_attname(source->relation, column, false));
}

/*
 * Types are checked before any row is read, for there may be none.
 */
static void
check_column_types(const BillingSource *source)
{
	BillingReader *reader = palloc0(sizeof(BillingReader));

	billing_reader_init(reader, BILLED_AT, source->grain,
						get_atttype(source->relation, source->customer),
						get_atttype(source->relation, source->at),
						get_atttype(source->relation, source->amount),
						CurrentMemoryContext);
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
	source->relation = source_relation(text_to_cstring(PG_GETARG_TEXT_PP(first)), false);
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

/* Receives the one row, and lets the consumer have its ledger */
typedef struct LedgerReceiver
{
	DestReceiver base;
	LedgerConsumer consume;
	void	   *arg;
} LedgerReceiver;

static bool
receive_ledger(TupleTableSlot *slot, DestReceiver *self)
{
	LedgerReceiver *receiver = (LedgerReceiver *) self;
	bool		isnull;
	Datum		ledger = slot_getattr(slot, 1, &isnull);

	if (!isnull)
		receiver->consume(ledger, receiver->arg);
	return true;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receive_nothing(DestReceiver *self)
{
}

/*
 * The query for the ledger of a source, given the extension's schema.
 */
char *
source_query(const BillingSource *source, Oid schema)
{
	const char *grain = "";

	/* the aggregate need not be told of months, again for each row */
	if (source->grain != GRAIN_MONTH)
		grain = psprintf(", %s", quote_literal_cstr(grain_name(source->grain)));
	return psprintf("SELECT %s(%s, %s, %s%s) AS ledger FROM %s",
					quote_qualified_identifier(get_namespace_name(schema), "revenue_ledger"),
					source_quoted_column(source, source->customer),
					source_quoted_column(source, source->at),
					source_quoted_column(source, source->amount),
					grain,
					source_quoted_relation(source));
}

/*
 * Build the ledger of a source and have it consumed.  A source of no rows has
 * no ledger, and then nothing is consumed.
 */
void
source_consume(FunctionCallInfo fcinfo, const BillingSource *source,
			   LedgerConsumer consume, void *arg)
{
	LedgerReceiver receiver = {{0}};
	SPIExecuteOptions options = {0};
	char	   *query;
	int			result;

	receiver.base.receiveSlot = receive_ledger;
	receiver.base.rStartup = receive_startup;
	receiver.base.rShutdown = receive_nothing;
	receiver.base.rDestroy = receive_nothing;
	receiver.base.mydest = DestNone;
	receiver.consume = consume;
	receiver.arg = arg;
	options.read_only = true;
	options.must_return_tuples = true;
	options.dest = &receiver.base;

	SPI_connect();
	query = source_query(source, get_func_namespace(fcinfo->flinfo->fn_oid));
	result = SPI_execute_extended(query, &options);
	if (result < 0)
		elog(ERROR, "SPI_execute_extended failed: %s", SPI_result_code_string(result));
	SPI_finish();
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
 * revenue_ledger_from(source, customer, at, amount, grain): a table's ledger
 */
Datum
revenue_ledger_from(PG_FUNCTION_ARGS)
{
	BillingSource source;
	LedgerCopy	copy = {CurrentMemoryContext, NULL};

	source_from_arguments(fcinfo, 0, &source);
	source_consume(fcinfo, &source, copy_ledger, &copy);
	if (copy.ledger == NULL)
		PG_RETURN_NULL();
	PG_RETURN_LEDGER(copy.ledger);
}
