/*-------------------------------------------------------------------------
 *
 * rating/catalog.c
 *	  The table retention_benchmarks: a benchmark by its name.
 *
 * The table is the one in the schema of the extension, wherever that is and
 * whatever search_path says; the caller's privileges apply.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/excerpt.h"
#include "base/extension.h"
#include "base/near_names.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "rating/catalog.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#define TABLE_NAME	"retention_benchmarks"

#define DEFAULT_BENCHMARK	"nrr"

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
	TableScanDesc scan = nrr_table_beginscan(table->relation, GetActiveSnapshot());

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
 * A name that is not there
 */

/* Where the names to choose from are, and those near to the one asked for */
typedef struct NameSearch
{
	const BenchmarkTable *table;
	NearNames	near;
} NameSearch;

static bool
take_name(TupleTableSlot *slot, void *arg)
{
	NameSearch *search = arg;
	bool		isnull;
	Datum		value = slot_getattr(slot, search->table->name, &isnull);

	if (!isnull)
		near_names_consider(&search->near, TextDatumGetCString(value));
	return false;
}

pg_noreturn static void
unknown_benchmark(const BenchmarkTable *table, const char *asked)
{
	NameSearch	search = {table};
	const char *list;

	if (near_names_begin(&search.near, asked))
		scan_table(table, take_name, &search);
	list = near_names_list(&search.near);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("benchmark \"%s\" does not exist", excerpt(asked)),
			 list != NULL ?
			 errhint("Similar names are %s; all names are in the table %s.", list, TABLE_NAME) :
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
 * The benchmark that an argument of type text names, or is; the default one if
 * it is NULL.
 */
const RetentionBenchmark *
named_benchmark(FunctionCallInfo fcinfo, int n)
{
	text	   *name = PG_ARGISNULL(n) ? cstring_to_text(DEFAULT_BENCHMARK) : PG_GETARG_TEXT_PP(n);
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
