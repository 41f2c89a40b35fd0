/*-------------------------------------------------------------------------
 *
 * benchmark_catalog.c
 *	  The table retention_benchmarks: a benchmark by its name, and whose a row
 *	  is.
 *
 * The table is the one in the schema of the extension, wherever that is and
 * whatever search_path says; the caller's privileges and row security apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "benchmark.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(retention_benchmarks_trigger);

#define TABLE_NAME	"retention_benchmarks"

/*
 * What decides what a query sees of the table: two MVCC snapshots of a session
 * that agree in this see the same rows.
 */
typedef struct Sight
{
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
	CommandId	curcid;
	SubTransactionId subtransaction;
	Oid			user;
} Sight;

/*
 * The last benchmark that a call looked up.  A call in an SQL query meets the
 * same name in each row, and sees one state of the table; the same call in
 * PL/pgSQL may be made again later in the transaction.
 */
typedef struct NamedBenchmark
{
	RetentionBenchmark benchmark;
	Sight		sight;
	int			length;
	char		name[FLEXIBLE_ARRAY_MEMBER];
} NamedBenchmark;

static void
current_sight(Sight *sight)
{
	Snapshot	snapshot = GetActiveSnapshot();

	sight->xmin = snapshot->xmin;
	sight->xmax = snapshot->xmax;
	sight->xcnt = snapshot->xcnt;
	sight->subxcnt = snapshot->subxcnt;
	sight->curcid = snapshot->curcid;
	sight->subtransaction = GetCurrentSubTransactionId();
	sight->user = GetUserId();
}

static bool
same_sight(const Sight *a, const Sight *b)
{
	return a->xmin == b->xmin && a->xmax == b->xmax && a->xcnt == b->xcnt &&
		a->subxcnt == b->subxcnt && a->curcid == b->curcid &&
		a->subtransaction == b->subtransaction && a->user == b->user;
}

/*
 * The extension's own name for one of its objects, given one of its functions.
 */
static const char *
own_object(FunctionCallInfo fcinfo, const char *name)
{
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);

	return quote_qualified_identifier(get_namespace_name(schema), name);
}

/*
 * Names near to one that is not there
 */

#define NEAR_NAMES	3

/* More bytes than this are no name worth a comparison */
#define LONGEST_NAME	255

/* Names with their distances, the nearest first */
typedef struct NearNames
{
	int			count;
	int			distances[NEAR_NAMES];
	const char *names[NEAR_NAMES];
} NearNames;

static char *
ascii_lower(const char *name)
{
	char	   *lower = pstrdup(name);

	for (char *p = lower; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return lower;
}

/*
 * How far a name is from what was asked for.  What was left out counts least,
 * so that a part of a name finds it.
 */
static int
name_distance(const char *asked, const char *name, int limit)
{
	char	   *source = ascii_lower(asked);
	char	   *target = ascii_lower(name);

	return varstr_levenshtein_less_equal(source, strlen(source), target, strlen(target),
										 1, 3, 3, limit, true);
}

static void
consider_name(NearNames *near, const char *name, int distance)
{
	int			place = near->count;

	while (place > 0 && near->distances[place - 1] > distance)
		place--;
	if (place == NEAR_NAMES)
		return;
	if (near->count < NEAR_NAMES)
		near->count++;
	for (int i = near->count - 1; i > place; i--)
	{
		near->distances[i] = near->distances[i - 1];
		near->names[i] = near->names[i - 1];
	}
	near->distances[place] = distance;
	near->names[place] = name;
}

static void
find_near_names(FunctionCallInfo fcinfo, const char *asked, NearNames *near)
{
	/* two letters of three may differ */
	int			limit = 2 * strlen(asked);
	char	   *query = psprintf("SELECT name::pg_catalog.text FROM %s ORDER BY name COLLATE pg_catalog.\"C\"",
								 own_object(fcinfo, TABLE_NAME));
	int			result = SPI_execute(query, true, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char	   *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		int			distance;

		if (name == NULL || strlen(name) > LONGEST_NAME)
			continue;
		distance = name_distance(asked, name, limit);
		if (distance <= limit)
			consider_name(near, name, distance);
	}
}

pg_noreturn static void
unknown_benchmark(FunctionCallInfo fcinfo, const char *asked)
{
	NearNames	near = {0};
	StringInfoData list;

	if (strlen(asked) <= LONGEST_NAME)
		find_near_names(fcinfo, asked, &near);
	initStringInfo(&list);
	/* beside a name that is very near, others are no candidates */
	for (int i = 0; i < near.count && near.distances[i] <= 4 * (near.distances[0] + 1); i++)
		appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", near.names[i]);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("benchmark \"%s\" does not exist", asked),
			 near.count > 0 ?
			 errhint("Similar names are %s; all names are in the table %s.", list.data, TABLE_NAME) :
			 errhint("Names are in the table %s; thresholds of your own look like \"<70 <90 <=100\".", TABLE_NAME)));
}

/*
 * A benchmark by its name
 */

static void
look_up_benchmark(FunctionCallInfo fcinfo, text *name, RetentionBenchmark *result)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {PointerGetDatum(name)};
	bool		isnull = true;
	Datum		thresholds = (Datum) 0;
	char	   *query;
	int			status;

	SPI_connect();
	/* the cast is there for a table whose owner gave the column another type */
	query = psprintf("SELECT thresholds::%s FROM %s WHERE name OPERATOR(pg_catalog.=) $1",
					 own_object(fcinfo, "retention_benchmark"), own_object(fcinfo, TABLE_NAME));
	status = SPI_execute_with_args(query, 1, types, values, NULL, true, 1);
	if (status < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(status));
	if (SPI_processed > 0)
		thresholds = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		unknown_benchmark(fcinfo, text_to_cstring(name));
	*result = *DatumGetBenchmark(thresholds);
	SPI_finish();
}

/*
 * The benchmark of a name, or of a text that is one itself, which a '<' tells.
 */
static void
find_benchmark(FunctionCallInfo fcinfo, text *name, RetentionBenchmark *result)
{
	if (memchr(VARDATA_ANY(name), '<', VARSIZE_ANY_EXHDR(name)) != NULL)
		benchmark_from_text(text_to_cstring(name), result, NULL);
	else
		look_up_benchmark(fcinfo, name, result);
}

/*
 * The benchmark that an argument of type text names, or is.
 */
const RetentionBenchmark *
named_benchmark(FunctionCallInfo fcinfo, int n)
{
	text	   *name = PG_GETARG_TEXT_PP(n);
	int			length = VARSIZE_ANY_EXHDR(name);
	NamedBenchmark *last = fcinfo->flinfo->fn_extra;
	Sight		sight;

	current_sight(&sight);
	if (last != NULL && last->length == length &&
		memcmp(last->name, VARDATA_ANY(name), length) == 0 && same_sight(&last->sight, &sight))
		return &last->benchmark;

	if (last != NULL)
	{
		fcinfo->flinfo->fn_extra = NULL;
		pfree(last);
	}
	last = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, offsetof(NamedBenchmark, name) + length);
	find_benchmark(fcinfo, name, &last->benchmark);
	last->sight = sight;
	last->length = length;
	memcpy(last->name, VARDATA_ANY(name), length);
	fcinfo->flinfo->fn_extra = last;
	return &last->benchmark;
}

/*
 * Whose a row is
 *
 * A dump holds the rows that are not builtin, for CREATE EXTENSION makes the
 * others.  So what a user inserts or changes is no longer builtin, and what is
 * inserted takes the place of a builtin row of its name: that is how a changed
 * row is restored.
 */

static int
own_column(Relation relation, const char *name, Oid type)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	int			column = SPI_fnumber(descriptor, name);

	if (column <= 0 || SPI_gettypeid(descriptor, column) != type)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" has no column \"%s\" of type %s",
						RelationGetRelationName(relation), name, format_type_be(type))));
	return column;
}

/*
 * Delete the builtin row of a name, for which the user needs the right only if
 * there is one.
 */
static void
delete_builtin_row(Relation relation, Datum name)
{
	Oid			types[] = {TEXTOID};
	char	   *rows = psprintf("FROM ONLY %s WHERE name OPERATOR(pg_catalog.=) $1 AND builtin",
								quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
														   RelationGetRelationName(relation)));
	int			status;

	SPI_connect();
	status = SPI_execute_with_args(psprintf("SELECT %s", rows), 1, types, &name, NULL, false, 1);
	if (status == SPI_OK_SELECT && SPI_processed > 0)
		status = SPI_execute_with_args(psprintf("DELETE %s", rows), 1, types, &name, NULL, false, 0);
	if (status < 0)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(status));
	SPI_finish();
}

/*
 * Before a row of retention_benchmarks is inserted or updated
 */
Datum
retention_benchmarks_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Relation	relation;
	HeapTuple	row;
	int			name_column,
				builtin_column;
	Datum		builtin = BoolGetDatum(false);
	bool		builtin_isnull = false;
	bool		isnull;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be called before a row is inserted or updated",
						"retention_benchmarks_trigger")));
	relation = trigger->tg_relation;
	name_column = own_column(relation, "name", TEXTOID);
	builtin_column = own_column(relation, "builtin", BOOLOID);

	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	/* the extension's scripts say themselves what is builtin */
	if (creating_extension)
		return PointerGetDatum(row);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		Datum		name = SPI_getbinval(row, RelationGetDescr(relation), name_column, &isnull);

		if (!isnull)
			delete_builtin_row(relation, name);
	}
	row = heap_modify_tuple_by_cols(row, RelationGetDescr(relation), 1,
									&builtin_column, &builtin, &builtin_isnull);
	return PointerGetDatum(row);
}
