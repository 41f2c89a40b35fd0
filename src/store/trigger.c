/*-------------------------------------------------------------------------
 *
 * store/trigger.c
 *	  update_revenue_ledgers: what changes in a billing table, added to a store
 *	  of ledgers.
 *
 * It only ever inserts, so writers do not wait for each other, or for a
 * refresh.  A truncated table leaves nothing to add up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/xact.h"
#include "base/query.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "ledger/datum.h"
#include "store/store.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(update_revenue_ledgers);

/* Its arguments: store, customer, at, amount, and then grain and time zone */
#define TRIGGER_STORE		0
#define TRIGGER_CUSTOMER	1
#define TRIGGER_AT			2
#define TRIGGER_AMOUNT		3
#define TRIGGER_GRAIN		4
#define TRIGGER_ZONE		5

/* A change on its way into a store */
typedef struct StoreUpdate
{
	const TriggerData *call;
	Extension	extension;
	Oid			store;
	BillingSource source;		/* the table that has changed */
	StoreTraits traits;
} StoreUpdate;

static const TriggerData *
trigger_call(FunctionCallInfo fcinfo)
{
	const TriggerData *call = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(call->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(call->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be called after a statement", "update_revenue_ledgers")));
	if (call->tg_trigger->tgnargs <= TRIGGER_AMOUNT || call->tg_trigger->tgnargs > TRIGGER_ZONE + 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" has the wrong number of arguments", call->tg_trigger->tgname),
				 errhint("They are the names of the store and of the columns of customers, dates and amounts, and then, if need be, the grain and the time zone.")));
	return call;
}

static void
check_transition(const TriggerData *call, const char *name, const char *clause)
{
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" does not see the rows that have changed",
						call->tg_trigger->tgname),
				 errhint("Create it with REFERENCING %s.", clause)));
}

/*
 * The transition tables that the event has must be named.
 */
static void
check_transitions(const TriggerData *call)
{
	if (TRIGGER_FIRED_BY_TRUNCATE(call->tg_event))
		return;
	if (!TRIGGER_FIRED_BY_DELETE(call->tg_event))
		check_transition(call, call->tg_trigger->tgnewtable, "NEW TABLE AS added");
	if (!TRIGGER_FIRED_BY_INSERT(call->tg_event))
		check_transition(call, call->tg_trigger->tgoldtable, "OLD TABLE AS removed");
}

/*
 * A moment must fall in the same period when a row comes and when it goes, in
 * whatever time zone the sessions are that do it.  So the trigger has its own.
 */
static void
set_time_zone(const TriggerData *call)
{
	const Trigger *trigger = call->tg_trigger;

	if (trigger->tgnargs <= TRIGGER_ZONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" needs a time zone", trigger->tgname),
				 errdetail("Column \"%s\" is a timestamp with time zone.",
						   trigger->tgargs[TRIGGER_AT]),
				 errhint("Give the grain and the time zone that refresh_revenue_ledgers is run with as further arguments.")));
	query_set_locally("timezone", trigger->tgargs[TRIGGER_ZONE]);
}

/*
 * What the trigger's arguments mean.  A store without a schema is one in that
 * of the table, whatever the writer's search_path says.
 */
static void
read_trigger(StoreUpdate *update)
{
	const TriggerData *call = update->call;
	Relation	relation = call->tg_relation;
	char	  **arguments = call->tg_trigger->tgargs;
	BillingSource *source = &update->source;

	update->store = store_find(arguments[TRIGGER_STORE],
							   get_namespace_name(RelationGetNamespace(relation)));
	store_check_owner(update->store, relation->rd_rel->relowner);
	store_check_columns(update->store, &update->extension, source);
	source->relation = RelationGetRelid(relation);
	source->customer = source_column(source->relation, arguments[TRIGGER_CUSTOMER], false);
	source->at = source_column(source->relation, arguments[TRIGGER_AT], false);
	source->amount = source_column(source->relation, arguments[TRIGGER_AMOUNT], false);
	source->grain = call->tg_trigger->tgnargs <= TRIGGER_GRAIN ? GRAIN_MONTH :
		grain_from_text(cstring_to_text(arguments[TRIGGER_GRAIN]));
	if (*zone_of_type(get_atttype(source->relation, source->at)))
		set_time_zone(call);
	store_traits_of_source(source, &update->traits);
}

/*
 * The change
 */

/* Let a query know a transition table by its name */
static void
name_transition(OwnQuery *query, const TriggerData *call, const char *name, Tuplestorestate *rows)
{
	if (name != NULL)
		query_rows(query, name, RelationGetRelid(call->tg_relation), NULL, rows);
}

/* The ledger of a transition table, as a table of one row */
static const char *
transition_ledger(const StoreUpdate *update, const char *table)
{
	const BillingSource *source = &update->source;

	return psprintf("(SELECT %s.revenue_ledger(%s, %s, %s, %s) FROM %s)",
					update->extension.schema_name,
					source_quoted_column(source, source->customer),
					source_quoted_column(source, source->at),
					source_quoted_column(source, source->amount),
					quote_literal_cstr(grain_name(source->grain)),
					quote_identifier(table));
}

/* What has been added less what has been removed */
static const char *
change_text(const StoreUpdate *update)
{
	const Trigger *trigger = update->call->tg_trigger;
	const char *home = update->extension.schema_name;

	if (trigger->tgoldtable == NULL)
		return psprintf("SELECT ledger FROM %s AS added (ledger)",
						transition_ledger(update, trigger->tgnewtable));
	if (trigger->tgnewtable == NULL)
		return psprintf("SELECT ledger OPERATOR(%s.-) (ledger OPERATOR(%s.+) ledger) "
						"FROM %s AS removed (ledger)",
						home, home, transition_ledger(update, trigger->tgoldtable));
	return psprintf("SELECT COALESCE(added.ledger OPERATOR(%s.-) removed.ledger, added.ledger, "
					" removed.ledger OPERATOR(%s.-) (removed.ledger OPERATOR(%s.+) removed.ledger)) "
					"FROM %s AS added (ledger), %s AS removed (ledger)",
					home, home, home,
					transition_ledger(update, trigger->tgnewtable),
					transition_ledger(update, trigger->tgoldtable));
}

/*
 * The change as a ledger; false if there is none.
 */
static bool
compute_change(const StoreUpdate *update, Datum *change)
{
	const TriggerData *call = update->call;
	OwnQuery	query;
	LedgerInfo	info;
	bool		isnull;

	query_init(&query, &update->extension, change_text(update));
	name_transition(&query, call, call->tg_trigger->tgnewtable, call->tg_newtable);
	name_transition(&query, call, call->tg_trigger->tgoldtable, call->tg_oldtable);
	query_column(&query, extension_type(&update->extension, "revenue_ledger"));
	if (!query_row(&query, NULL, change, &isnull) || isnull)
		return false;
	ledger_datum_info(*change, &info);
	return info.periods > 0;
}

static void
init_store_query(const StoreUpdate *update, const char *text, OwnQuery *query)
{
	query_init(query, &update->extension, text);
	query_names(query, update->store);
}

static void
add_change(const StoreUpdate *update)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	const char *zone = update->traits.zone;
	OwnQuery	query;
	Datum		change;

	if (compute_change(update, &change))
	{
		store_check_traits(update->store, snapshot, &update->traits);
		init_store_query(update, psprintf("INSERT INTO %s (ledger, time_zone) VALUES ($1, $2)",
										  quoted_relation(update->store)), &query);
		query_parameter(&query, extension_type(&update->extension, "revenue_ledger"), change, false);
		query_parameter(&query, TEXTOID, CStringGetTextDatum(zone), *zone == '\0');
		query_prepare(&query);
		query_run(&query, GetTransactionSnapshot(), NULL);
	}
	UnregisterSnapshot(snapshot);
}

/*
 * A truncated table
 */

/*
 * The store may be that of more than the table that was truncated.
 */
static void
check_truncated_whole(const TriggerData *call)
{
	Relation	relation = call->tg_relation;
	Oid			oid = RelationGetRelid(relation);

	if (!relation->rd_rel->relispartition && !has_superclass(oid) &&
		(relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
		 find_inheritance_children(oid, NoLock) == NIL))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("trigger \"%s\" cannot tell what truncating \"%s\" leaves in the store",
					call->tg_trigger->tgname, RelationGetRelationName(relation)),
			 errdetail("The table is a partition, or it inherits or is inherited from."),
			 errhint("Use DELETE, or drop the trigger and call refresh_revenue_ledgers with from_date afterwards.")));
}

static void
remove_rows(const StoreUpdate *update, Snapshot snapshot)
{
	OwnQuery	query;

	init_store_query(update, psprintf("DELETE FROM %s", quoted_relation(update->store)), &query);
	query_prepare(&query);
	query_run(&query, snapshot, NULL);
}

/*
 * Empty the store.  What others have added to the table is gone whether this
 * transaction's snapshot shows it or not, since nobody adds to a table while
 * it is truncated; so what they have added to the store must go as well.  What
 * the snapshot goes on to show, since it is others who have removed it, would
 * not be empty to this transaction.  Removing that fails to serialize.
 */
static void
remove_all(const StoreUpdate *update)
{
	check_truncated_whole(update->call);
	if (IsolationUsesXactSnapshot())
		remove_rows(update, GetTransactionSnapshot());
	remove_rows(update, GetLatestSnapshot());
}

/*
 * update_revenue_ledgers(): after a statement that has changed a billing
 * table, add the change to a store.
 */
Datum
update_revenue_ledgers(PG_FUNCTION_ARGS)
{
	StoreUpdate update = {0};
	int			level = NewGUCNestLevel();

	update.call = trigger_call(fcinfo);
	check_transitions(update.call);
	extension_of_call(fcinfo, &update.extension);
	read_trigger(&update);
	if (TRIGGER_FIRED_BY_TRUNCATE(update.call->tg_event))
		remove_all(&update);
	else
		add_change(&update);
	AtEOXact_GUC(true, level);
	return PointerGetDatum(NULL);
}
