/*-------------------------------------------------------------------------
 *
 * store/store.c
 *	  A table of ledgers that add up to the ledger of a billing table: finding
 *	  it, making it, and what must hold for one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/query.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/datum.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "store/store.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

/*
 * Finding it
 */

static Oid
relation_owner(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Does a role hold another one?  A superuser could take on any, but has to do
 * so first: else whoever owns a table of the right name could have his triggers
 * run by a superuser who means another one.
 */
static bool
holds_role(Oid holder, Oid role)
{
	return holder == role ||
		(superuser_arg(holder) && superuser_arg(role)) ||
		is_member_of_role_nosuper(holder, role);
}

/* What it says of a store's owner that his triggers and rules would run */
static int
errdetail_owner(Oid store)
{
	const char *owner = GetUserNameFromId(relation_owner(store), true);

	return errdetail("It belongs to role \"%s\", whose triggers and rules would run.",
					 owner != NULL ? owner : "?");
}

/* Called before the store is locked, maybe again for another one of the name */
static void
check_before_locking(const RangeVar *range, Oid relation, Oid old_relation, void *arg)
{
	if (!OidIsValid(relation) || !OidIsValid(relation_owner(relation)))
		return;
	if (get_rel_relkind(relation) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", range->relname)));
	if (!holds_role(GetUserId(), relation_owner(relation)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of table \"%s\" to write ledgers to it", range->relname),
				 errdetail_owner(relation),
				 errhint("To refresh it all the same, use SET ROLE first.")));
}

/*
 * What belongs to somebody else runs his triggers; the table that says where a
 * store is must be one whose owner could write those himself.
 */
void
store_check_owner(Oid store, Oid holder)
{
	if (!holds_role(holder, relation_owner(store)))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of table \"%s\" to have a trigger write ledgers to it",
						get_rel_name(store)),
				 errdetail_owner(store),
				 errhint("Let both tables have one owner, or grant that role to the owner of the table that has the trigger.")));
}

static RangeVar *
store_range(const char *name)
{
	return makeRangeVarFromNameList(nrr_qualified_name_list(name));
}

/*
 * The store of a name, as a table of some schema means it, for one who reads it
 * or adds to it.
 */
Oid
store_find(const char *name, const char *schema)
{
	RangeVar   *range = store_range(name);
	Oid			store;

	if (range->schemaname == NULL && schema != NULL)
		range->schemaname = pstrdup(schema);
	store = RangeVarGetRelid(range, AccessShareLock, false);
	if (get_rel_relkind(store) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", range->relname)));
	return store;
}

/*
 * Making it
 */

static void
run_utility(const char *command)
{
	int			result = SPI_execute(command, false, 0);

	if (result != SPI_OK_UTILITY)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

/* The column of segments, which is as the source's */
static const char *
segment_definition(const BillingSource *source)
{
	Oid			type;
	int32		typmod;
	Oid			collation;
	const char *name;

	if (source->segment == 0)
		return "";
	get_atttypetypmodcoll(source->relation, source->segment, &type, &typmod, &collation);
	name = format_type_extended(type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
	if (!OidIsValid(collation))
		return psprintf(", segment %s", name);
	return psprintf(", segment %s COLLATE %s", name, generate_collation_name(collation));
}

static void
create_store(const RangeVar *range, Oid schema, const Extension *extension,
			 const BillingSource *source)
{
	const char *quoted = quote_qualified_identifier(get_namespace_name(schema), range->relname);
	int			level = query_begin_restricted_path();

	SPI_connect();
	run_utility(psprintf("CREATE TABLE %s (ledger %s.revenue_ledger NOT NULL, "
						 "refreshed_at pg_catalog.timestamptz, time_zone pg_catalog.text%s)",
						 quoted, extension->schema_name, segment_definition(source)));
	/* ledgers are compact, and trying to compress them takes long */
	run_utility(psprintf("ALTER TABLE %s ALTER ledger SET STORAGE EXTERNAL", quoted));
	SPI_finish();
	AtEOXact_GUC(true, level);
	ereport(NOTICE,
			(errmsg("created table %s",
					quote_qualified_identifier(range->schemaname, range->relname))));
}

/*
 * Find the store, or make it, and lock it against another refresh.  Readers
 * and triggers do not mind the lock.
 *
 * Of two refreshes that would make it, one waits for the other.
 */
Oid
store_open(const char *name, const Extension *extension, const BillingSource *source)
{
	RangeVar   *range = store_range(name);
	Oid			store;
	Oid			schema;

	store = RangeVarGetRelidExtended(range, ShareUpdateExclusiveLock, RVR_MISSING_OK,
									 check_before_locking, NULL);
	if (!OidIsValid(store))
	{
		schema = RangeVarGetCreationNamespace(range);
		LockDatabaseObject(NamespaceRelationId, schema, 0, ShareUpdateExclusiveLock);
		store = RangeVarGetRelidExtended(range, ShareUpdateExclusiveLock, RVR_MISSING_OK,
										 check_before_locking, NULL);
		if (!OidIsValid(store))
		{
			create_store(range, schema, extension, source);
			store = RangeVarGetRelidExtended(range, ShareUpdateExclusiveLock, 0,
											 check_before_locking, NULL);
		}
	}
	store_check_columns(store, extension, source);
	return store;
}

/*
 * What must hold for it
 */

static void
check_column(Oid store, const char *name, Oid type)
{
	AttrNumber	column = get_attnum(store, name);

	if (column > 0 && get_atttype(store, column) == type)
		return;
	ereport(ERROR,
			(errcode(column <= 0 ? ERRCODE_UNDEFINED_COLUMN : ERRCODE_DATATYPE_MISMATCH),
			 errmsg("table \"%s\" is not a store of ledgers", get_rel_name(store)),
			 errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type)),
			 errhint("Give refresh_revenue_ledgers the name of a table that does not exist yet, and it will be created.")));
}

void
store_check_columns(Oid store, const Extension *extension, const BillingSource *source)
{
	check_column(store, "ledger", extension_type(extension, "revenue_ledger"));
	check_column(store, "refreshed_at", TIMESTAMPTZOID);
	check_column(store, "time_zone", TEXTOID);
	if (source->segment != 0)
		check_column(store, "segment", get_atttype(source->relation, source->segment));
	else if (get_attnum(store, "segment") > 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("the ledgers in \"%s\" are by segment", get_rel_name(store)),
				 errhint("Say which column has the segments, as in segment => 'plan'; triggers cannot write to such a store.")));
}

/*
 * The time zone that decides in which period a time falls; "" if none does.
 */
const char *
zone_of_type(Oid type)
{
	return getBaseType(type) == TIMESTAMPTZOID ? pg_get_timezone_name(session_timezone) : "";
}

void
store_traits_of_source(const BillingSource *source, StoreTraits *traits)
{
	CustomerReader customer;

	customer_reader_init(&customer, get_atttype(source->relation, source->customer),
						 InvalidOid, CurrentMemoryContext);
	traits->grain = source->grain;
	traits->kind = customer.kind;
	traits->snapshot = source_snapshot_rule(source);
	traits->zone = zone_of_type(source_time_type(source));
}

/*
 * The traits of a ledger in the store, any one, for they are all alike; false
 * if there is none.  It is read as what it takes to keep the store sound, not
 * for its amounts, and so without regard to who may see these: a trigger's
 * writer needs no right but to insert.
 */
static bool
read_traits(Oid store, Snapshot snapshot, StoreTraits *traits)
{
	Relation	relation = table_open(store, AccessShareLock);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = nrr_table_beginscan(relation, snapshot);
	AttrNumber	ledger_column = get_attnum(store, "ledger");
	AttrNumber	zone_column = get_attnum(store, "time_zone");
	bool		found = false;

	while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		isnull;
		Datum		ledger = slot_getattr(slot, ledger_column, &isnull);
		LedgerTraits stored;

		if (isnull)
			continue;
		ledger_datum_traits(ledger, &stored);
		traits->grain = stored.grain;
		traits->kind = stored.kind;
		traits->snapshot = stored.snapshot;
		ledger = slot_getattr(slot, zone_column, &isnull);
		traits->zone = isnull ? "" : TextDatumGetCString(ledger);
		found = true;
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	table_close(relation, NoLock);
	return found;
}

#define HINT_ANEW \
	errhint("To compute all of them anew, call refresh_revenue_ledgers with from_date => '-infinity'.")

static void
check_zone(Oid store, const char *stored, const char *given)
{
	if (strcmp(stored, given) == 0)
		return;
	if (*given == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the ledgers in \"%s\" are of timestamps with time zone, not of dates",
						get_rel_name(store)),
				 HINT_ANEW));
	if (*stored == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the ledgers in \"%s\" are of dates, not of timestamps with time zone",
						get_rel_name(store)),
				 HINT_ANEW));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the ledgers in \"%s\" are of the time zone %s, not of %s",
					get_rel_name(store), stored, given),
			 errhint("SET timezone = '%s' for a refresh, or have the trigger name it; to compute all of them anew, call refresh_revenue_ledgers with from_date => '-infinity'.",
					 stored)));
}

/*
 * What is in the store, as a snapshot shows it, and what is to be added must go
 * together, or nobody could read it any more.
 */
void
store_check_traits(Oid store, Snapshot snapshot, const StoreTraits *given)
{
	StoreTraits stored;

	if (!read_traits(store, snapshot, &stored))
		return;
	if (stored.grain != given->grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the ledgers in \"%s\" are by %s, not by %s", get_rel_name(store),
						grain_name(stored.grain), grain_name(given->grain)),
				 HINT_ANEW));
	if (stored.kind != given->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the ledgers in \"%s\" are of %s customers, not of %s ones",
						get_rel_name(store), customer_kind_name(stored.kind),
						customer_kind_name(given->kind)),
				 HINT_ANEW));
	if (stored.snapshot != given->snapshot && stored.snapshot != SNAPSHOT_NONE &&
		given->snapshot != SNAPSHOT_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the ledgers in \"%s\" are of another snapshot rule", get_rel_name(store)),
				 HINT_ANEW));
	check_zone(store, stored.zone, given->zone);
}
