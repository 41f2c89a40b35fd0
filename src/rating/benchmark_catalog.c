/*-------------------------------------------------------------------------
 *
 * rating/benchmark_catalog.c
 *	  The table retention_benchmarks: a benchmark by its name, and whose a row
 *	  is.
 *
 * The table is the one in the schema of the extension, wherever that is and
 * whatever search_path says; the caller's privileges apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/excerpt.h"
#include "base/query.h"
#include "billing/source.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "rating/benchmark.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
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
 * Reading the table
 *
 * By a scan of its own, not by a query: of a table that an extension's owner
 * may change, a query's planner evaluates the expressions of indexes and
 * statistics, and its executor casts and policies, all by functions that the
 * owner may have made, and with the rights of whoever asks for a rating.
 */

typedef struct BenchmarkTable
{
	Relation	relation;
	AttrNumber	name;
	AttrNumber	thresholds;
} BenchmarkTable;

static AttrNumber
table_column(Oid table, const char *name, Oid type)
{
	AttrNumber	column = get_attnum(table, name);

	if (column <= 0 || get_atttype(table, column) != type)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has no column \"%s\" of type %s",
						TABLE_NAME, name, format_type_be(type)),
				 errhint("Give the column back the name and type that the extension has given it.")));
	return column;
}

static void
check_table_rights(Oid table)
{
	if (pg_class_aclcheck(table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, TABLE_NAME);
	if (check_enable_rls(table, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not read under row security", TABLE_NAME),
				 errhint("Keep benchmarks that not everybody may see in a table of your own, and pass their thresholds.")));
}

static void
open_table(FunctionCallInfo fcinfo, BenchmarkTable *table)
{
	Extension	extension;
	Oid			relation;

	extension_of_call(fcinfo, &extension);
	relation = get_relname_relid(TABLE_NAME, extension.schema);
	if (OidIsValid(relation))
		LockRelationOid(relation, AccessShareLock);
	if (get_rel_relkind(relation) != RELKIND_RELATION ||
		!extension_has(&extension, RelationRelationId, relation))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not where the extension has put it", TABLE_NAME),
				 errhint("Put it back into the schema of the extension's functions, under its own name.")));
	check_table_rights(relation);
	table->name = table_column(relation, "name", TEXTOID);
	table->thresholds = table_column(relation, "thresholds",
									 extension_type(&extension, "retention_benchmark"));
	table->relation = table_open(relation, NoLock);
}

/*
 * Call a function for each row, as the query sees them, until it says that it
 * has had enough.
 */
static void
scan_table(const BenchmarkTable *table, bool (*take) (TupleTableSlot *slot, void *arg), void *arg)
{
	TupleTableSlot *slot = table_slot_create(table->relation, NULL);
	TableScanDesc scan = table_beginscan(table->relation, GetActiveSnapshot(), 0, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (take(slot, arg))
			break;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

static void
close_table(const BenchmarkTable *table)
{
	table_close(table->relation, NoLock);
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

	while (place > 0 && (near->distances[place - 1] > distance ||
						 (near->distances[place - 1] == distance && strcmp(near->names[place - 1], name) > 0)))
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
	const BenchmarkTable *table;
	const char *asked;
	int			limit;			/* names further away are not near */
	NearNames  *near;
} NameSearch;

static bool
take_name(TupleTableSlot *slot, void *arg)
{
	const NameSearch *search = arg;
	bool		isnull;
	Datum		value = slot_getattr(slot, search->table->name, &isnull);
	char	   *name = isnull ? NULL : TextDatumGetCString(value);
	int			distance;

	if (name == NULL || strlen(name) > LONGEST_NAME)
		return false;
	distance = name_distance(search->asked, name, search->limit);
	if (distance <= search->limit)
		consider_name(search->near, name, distance);
	return false;
}

pg_noreturn static void
unknown_benchmark(const BenchmarkTable *table, const char *asked)
{
	NearNames	near = {0};
	/* two letters of three may differ */
	NameSearch	search = {table, asked, 2 * strlen(asked), &near};
	StringInfoData list;

	if (strlen(asked) <= LONGEST_NAME)
		scan_table(table, take_name, &search);
	initStringInfo(&list);
	/* beside a name that is very near, others are no candidates */
	for (int i = 0; i < near.count && near.distances[i] <= 4 * (near.distances[0] + 1); i++)
		appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", near.names[i]);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("benchmark \"%s\" does not exist", excerpt(asked)),
			 near.count > 0 ?
			 errhint("Similar names are %s; all names are in the table %s.", list.data, TABLE_NAME) :
			 errhint("Names are in the table %s; thresholds of your own look like \"<70 <90 <=100\".", TABLE_NAME)));
}

/*
 * A benchmark by its name
 */

/* A name to look up, and what it is the name of */
typedef struct BenchmarkSearch
{
	const BenchmarkTable *table;
	const text *name;
	RetentionBenchmark *result;
	bool		found;
} BenchmarkSearch;

static bool
take_benchmark(TupleTableSlot *slot, void *arg)
{
	BenchmarkSearch *search = arg;
	bool		isnull;
	Datum		value = slot_getattr(slot, search->table->name, &isnull);
	text	   *name;

	if (isnull)
		return false;
	name = DatumGetTextPP(value);
	if (VARSIZE_ANY_EXHDR(name) != VARSIZE_ANY_EXHDR(search->name) ||
		memcmp(VARDATA_ANY(name), VARDATA_ANY(search->name), VARSIZE_ANY_EXHDR(name)) != 0)
		return false;
	value = slot_getattr(slot, search->table->thresholds, &isnull);
	if (!isnull)
		*search->result = *DatumGetBenchmark(value);
	search->found = !isnull;
	return true;
}

static void
look_up_benchmark(FunctionCallInfo fcinfo, text *name, RetentionBenchmark *result)
{
	BenchmarkTable table;
	BenchmarkSearch search = {&table, name, result, false};

	open_table(fcinfo, &table);
	scan_table(&table, take_benchmark, &search);
	if (!search.found)
		unknown_benchmark(&table, text_to_cstring(name));
	close_table(&table);
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
