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
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "query.h"
#include "source.h"
#include "storage/lmgr.h"
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
 * The extension's own table, locked, in a query about it.  What row security
 * adds to that must call nothing of somebody's: whoever the table is given to
 * would have it called by all who ask for a rating.
 */
static void
init_table_query(const Extension *extension, Oid table, const char *text, OwnQuery *query)
{
	query_init(query, extension, text);
	query_names(query, table);
	query->closed = true;
}

static Oid
own_table(const Extension *extension)
{
	Oid			table = get_relname_relid(TABLE_NAME, extension->schema);

	if (OidIsValid(table))
		LockRelationOid(table, AccessShareLock);
	if (!OidIsValid(table) || get_rel_relkind(table) != RELKIND_RELATION ||
		!extension_has(extension, RelationRelationId, table))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not where the extension has put it", TABLE_NAME),
				 errhint("Put it back into the schema of the extension's functions, under its own name.")));
	return table;
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

/* A name that was asked for, and those near to it */
typedef struct NameSearch
{
	const char *asked;
	int			limit;			/* names further away are not near */
	MemoryContext context;		/* of the names */
	NearNames  *near;
} NameSearch;

static void
take_name(TupleTableSlot *slot, void *arg)
{
	const NameSearch *search = arg;
	bool		isnull;
	Datum		value = slot_getattr(slot, 1, &isnull);
	MemoryContext caller = MemoryContextSwitchTo(search->context);
	char	   *name = isnull ? NULL : TextDatumGetCString(value);
	int			distance;

	CHECK_FOR_INTERRUPTS();
	if (name != NULL && strlen(name) <= LONGEST_NAME)
	{
		distance = name_distance(search->asked, name, search->limit);
		if (distance <= search->limit)
			consider_name(search->near, name, distance);
	}
	MemoryContextSwitchTo(caller);
}

static void
find_near_names(const Extension *extension, Oid table, const char *asked, NearNames *near)
{
	/* two letters of three may differ */
	NameSearch	search = {asked, 2 * strlen(asked), CurrentMemoryContext, near};
	RowConsumer consumer = {NULL, take_name, &search};
	OwnQuery	query;

	init_table_query(extension, table,
					 psprintf("SELECT name::pg_catalog.text FROM %s ORDER BY name COLLATE pg_catalog.\"C\"",
							  quoted_relation(table)),
					 &query);
	query_column(&query, TEXTOID);
	query_prepare(&query);
	query_run(&query, NULL, &consumer);
}

pg_noreturn static void
unknown_benchmark(const Extension *extension, Oid table, const char *asked)
{
	NearNames	near = {0};
	StringInfoData list;

	if (strlen(asked) <= LONGEST_NAME)
		find_near_names(extension, table, asked, &near);
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
	Extension	extension;
	OwnQuery	query;
	Oid			table,
				type;
	Datum		thresholds;
	bool		isnull;

	extension_of_call(fcinfo, &extension);
	table = own_table(&extension);
	type = extension_type(&extension, "retention_benchmark");
	/* the cast is there for a table whose owner gave the column another type */
	init_table_query(&extension, table,
					 psprintf("SELECT thresholds::%s.retention_benchmark FROM %s WHERE name OPERATOR(pg_catalog.=) $1",
							  extension.schema_name, quoted_relation(table)),
					 &query);
	query_parameter(&query, TEXTOID, PointerGetDatum(name), false);
	query_column(&query, type);
	if (!query_row(&query, NULL, &thresholds, &isnull) || isnull)
		unknown_benchmark(&extension, table, text_to_cstring(name));
	*result = *DatumGetBenchmark(thresholds);
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
delete_builtin_row(const Extension *extension, Relation relation, Datum name)
{
	Oid			table = RelationGetRelid(relation);
	char	   *rows = psprintf("FROM ONLY %s WHERE name OPERATOR(pg_catalog.=) $1 AND builtin",
								quoted_relation(table));
	OwnQuery	query;
	Datum		found;
	bool		isnull;

	query_init(&query, extension, psprintf("SELECT true %s", rows));
	query_names(&query, table);
	query_parameter(&query, TEXTOID, name, false);
	query_column(&query, BOOLOID);
	if (!query_row(&query, NULL, &found, &isnull))
		return;
	query_init(&query, extension, psprintf("DELETE %s", rows));
	query_names(&query, table);
	query_parameter(&query, TEXTOID, name, false);
	query_prepare(&query);
	query_run(&query, GetTransactionSnapshot(), NULL);
}

/*
 * Before a row of retention_benchmarks is inserted or updated
 */
Datum
retention_benchmarks_trigger(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Relation	relation;
	Extension	extension;
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
		{
			extension_of_call(fcinfo, &extension);
			delete_builtin_row(&extension, relation, name);
		}
	}
	row = heap_modify_tuple_by_cols(row, RelationGetDescr(relation), 1,
									&builtin_column, &builtin, &builtin_isnull);
	return PointerGetDatum(row);
}
