/*-------------------------------------------------------------------------
 *
 * base/query.c
 *	  The SQL that the extension writes itself, and runs as its caller.
 *
 * Not through SPI, which analyses a text whenever it sees fit: what is verified
 * here is the tree that is run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "base/hidden.h"
#include "base/query.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "executor/execdesc.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "tcop/tcopprot.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/*
 * Making a query
 */

void
query_init(OwnQuery *query, const Extension *extension, const char *text)
{
	memset(query, 0, sizeof(OwnQuery));
	query->extension = extension;
	query->text = text;
}

/* A relation that the query names; somebody must have locked it */
void
query_names(OwnQuery *query, Oid relation)
{
	Assert(query->nrelations < QUERY_MAX_RELATIONS);
	query->relations[query->nrelations++] = relation;
}

/* The next of its parameters: $1, $2, ... */
void
query_parameter(OwnQuery *query, Oid type, Datum value, bool isnull)
{
	int			n = query->nparameters++;

	Assert(n < QUERY_MAX_PARAMETERS);
	query->types[n] = type;
	query->values[n] = value;
	query->nulls[n] = isnull;
}

/* The next of its columns, which must be of this type */
void
query_column(OwnQuery *query, Oid type)
{
	Assert(query->ncolumns < QUERY_MAX_COLUMNS);
	query->columns[query->ncolumns++] = type;
}

/*
 * Rows that it may name as a table.  They are of a relation's type, or of one that
 * is described.
 */
void
query_rows(OwnQuery *query, const char *name, Oid relation, TupleDesc desc, Tuplestorestate *rows)
{
	EphemeralNamedRelation table = palloc0(sizeof(EphemeralNamedRelationData));

	table->md.name = pstrdup(name);
	table->md.reliddesc = relation;
	table->md.tupdesc = desc;
	table->md.enrtype = ENR_NAMED_TUPLESTORE;
	table->md.enrtuples = tuplestore_tuple_count(rows);
	table->reldata = rows;
	if (query->environment == NULL)
		query->environment = create_queryEnv();
	register_ENR(query->environment, table);
}

/*
 * Verifying it
 */

pg_noreturn static void
reject_foreign(const char *object)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s stands in the way of the extension's own objects", object),
			 errdetail("A query of the extension would run it in place of what it means."),
			 errhint("Drop it, or rename it.")));
}

static void
verify_function(const OwnQuery *query, Oid function)
{
	if (get_func_namespace(function) != PG_CATALOG_NAMESPACE &&
		!extension_owns(query->extension, ProcedureRelationId, function))
		reject_foreign(psprintf("function %s", format_procedure(function)));
}

static void
verify_operator(const OwnQuery *query, Oid operator)
{
	HeapTuple	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Oid			schema = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		schema = ((Form_pg_operator) GETSTRUCT(tuple))->oprnamespace;
		ReleaseSysCache(tuple);
	}
	if (schema != PG_CATALOG_NAMESPACE &&
		!extension_owns(query->extension, OperatorRelationId, operator))
		reject_foreign(psprintf("operator %s", format_operator(operator)));
}

static bool
verify_function_checker(Oid function, void *context)
{
	verify_function(context, function);
	return false;
}

static void
verify_range_table_entry(const OwnQuery *query, const RangeTblEntry *entry)
{
	if (entry->rtekind != RTE_RELATION)
		return;
	for (int i = 0; i < query->nrelations; i++)
		if (query->relations[i] == entry->relid)
			return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("relation \"%s\" is not the one that was meant", get_rel_name(entry->relid)),
			 errdetail("It has taken the other one's name in the meantime.")));
}

static void
verify_expression(const OwnQuery *query, Node *node)
{
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			verify_operator(query, ((OpExpr *) node)->opno);
			break;
		case T_ScalarArrayOpExpr:
			verify_operator(query, ((ScalarArrayOpExpr *) node)->opno);
			break;
		case T_CoerceViaIO:
			/* a type's own functions, which only superusers can make */
			return;
		default:
			break;
	}
	(void) check_functions_in_node(node, verify_function_checker, unconstify(OwnQuery *, query));
}

static bool
verify_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, verify_walker, context,
								 QTW_EXAMINE_RTES_BEFORE | QTW_EXAMINE_SORTGROUP);
	if (IsA(node, RangeTblEntry))
	{
		verify_range_table_entry(context, (RangeTblEntry *) node);
		return false;			/* the query's walker goes on into it */
	}
	if (IsA(node, SortGroupClause))
	{
		SortGroupClause *clause = (SortGroupClause *) node;

		if (OidIsValid(clause->eqop))
			verify_operator(context, clause->eqop);
		if (OidIsValid(clause->sortop))
			verify_operator(context, clause->sortop);
		return false;
	}
	verify_expression(context, node);
	return expression_tree_walker(node, verify_walker, context);
}

/*
 * A result is not taken for what it should be, but checked.
 */
static void
verify_columns(const OwnQuery *query)
{
	ListCell   *cell;
	int			n = 0;
	List	   *targets = query->tree->commandType == CMD_SELECT ?
		query->tree->targetList : query->tree->returningList;

	if (query->ncolumns == 0)
		return;
	foreach(cell, targets)
	{
		TargetEntry *target = lfirst_node(TargetEntry, cell);

		if (target->resjunk)
			continue;
		if (n >= query->ncolumns || exprType((Node *) target->expr) != query->columns[n])
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a query of the extension gives a value of type %s",
							format_type_be(exprType((Node *) target->expr))),
					 errdetail("The extension's own objects have been replaced or changed.")));
		n++;
	}
	Assert(n == query->ncolumns);
}

/*
 * Set a parameter until AtEOXact_GUC().
 */
void
query_set_locally(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
}

/*
 * Look names up in pg_catalog alone until AtEOXact_GUC() of the level returned.
 */
int
query_begin_restricted_path(void)
{
	int			level = NewGUCNestLevel();

	query_set_locally("search_path", "pg_catalog, pg_temp");
	return level;
}

/*
 * Errors tell which query they came from.
 */
static void
query_error_context(void *arg)
{
	const OwnQuery *query = arg;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(query->text);
	}
	else
		errcontext("SQL statement \"%s\"", query->text);
}

static void
push_error_context(OwnQuery *query, ErrorContextCallback *callback)
{
	callback->callback = query_error_context;
	callback->arg = query;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

/*
 * Analyse and verify.
 */
void
query_prepare(OwnQuery *query)
{
	ErrorContextCallback callback;
	List	   *statements;
	List	   *rewritten;
	int			level;

	push_error_context(query, &callback);
	statements = pg_parse_query(query->text);
	level = query_begin_restricted_path();
	query->tree = parse_analyze_fixedparams(linitial_node(RawStmt, statements), query->text,
											query->types, query->nparameters,
											query->environment);
	AtEOXact_GUC(true, level);
	(void) verify_walker((Node *) query->tree, query);
	verify_columns(query);

	/* the rewriter scribbles on what it gets */
	rewritten = pg_rewrite_query(copyObject(query->tree));
	if (list_length(rewritten) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a query of the extension does not go with rules"),
				 errhint("Drop the rules of the tables that it writes to.")));
	query->rewritten = linitial_node(Query, rewritten);
	error_context_stack = callback.previous;
}

/*
 * Might the planner send some of it to another server?
 */

static bool
relation_may_be_foreign(Oid relation)
{
	ListCell   *cell;

	if (get_rel_relkind(relation) == RELKIND_FOREIGN_TABLE)
		return true;
	if (!has_subclass(relation))
		return false;
	foreach(cell, find_all_inheritors(relation, AccessShareLock, NULL))
		if (get_rel_relkind(lfirst_oid(cell)) == RELKIND_FOREIGN_TABLE)
			return true;
	return false;
}

static bool
foreign_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, foreign_walker, context,
								 QTW_EXAMINE_RTES_BEFORE);
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		/* a function in SQL may be one by being inlined */
		return entry->rtekind == RTE_FUNCTION ||
			(entry->rtekind == RTE_RELATION && relation_may_be_foreign(entry->relid));
	}
	return expression_tree_walker(node, foreign_walker, context);
}

bool
query_may_read_foreign(const OwnQuery *query)
{
	return foreign_walker((Node *) query->rewritten, NULL);
}

/*
 * Running it
 */

/* Hands rows on to a consumer */
typedef struct RowReceiver
{
	DestReceiver base;
	const RowConsumer *consumer;
} RowReceiver;

static void
receiver_begin(DestReceiver *self, int operation, TupleDesc desc)
{
	const RowConsumer *consumer = ((RowReceiver *) self)->consumer;

	if (consumer->begin != NULL)
		consumer->begin(desc, consumer->arg);
}

static bool
receiver_take(TupleTableSlot *slot, DestReceiver *self)
{
	const RowConsumer *consumer = ((RowReceiver *) self)->consumer;

	consumer->take(slot, consumer->arg);
	return true;
}

static void
receiver_nothing(DestReceiver *self)
{
}

static ParamListInfo
query_parameters(const OwnQuery *query)
{
	ParamListInfo list;

	if (query->nparameters == 0)
		return NULL;
	list = makeParamList(query->nparameters);
	for (int i = 0; i < query->nparameters; i++)
	{
		list->params[i].value = query->values[i];
		list->params[i].isnull = query->nulls[i];
		list->params[i].pflags = PARAM_FLAG_CONST;
		list->params[i].ptype = query->types[i];
	}
	return list;
}

/* Must a query see no more than the statement by which the function is called? */
static bool
snapshot_is_fixed(void)
{
	return IsolationUsesXactSnapshot() || IsInParallelMode();
}

/*
 * A snapshot of what is committed by now, where a transaction may have one, or
 * else the active one.
 */
Snapshot
query_newest_snapshot(void)
{
	return snapshot_is_fixed() ? GetActiveSnapshot() : GetLatestSnapshot();
}

/*
 * The active snapshot is that of the statement by which the function is called.
 * A newer one takes its place if it cannot see what the query reads, unless it
 * is the one that is meant.
 */
static void
renew_snapshot(const PlannedStmt *plan, bool is_meant)
{
	Oid			hidden = hidden_relation(plan, GetActiveSnapshot());

	if (!OidIsValid(hidden))
		return;
	if (is_meant || snapshot_is_fixed())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access to relation \"%s\"", get_rel_name(hidden)),
				 errdetail("It was truncated, rewritten or replaced after the snapshot was taken, which shows none of its rows."),
				 errhint("The transaction might succeed if retried.")));
	PopActiveSnapshot();
	PushActiveSnapshot(GetLatestSnapshot());
}

/*
 * Plan what was prepared, for a snapshot or the active one if that is NULL, which
 * locks all that it reads, and make the snapshot in which to run it the active
 * one.
 */
static PlannedStmt *
plan_query(const OwnQuery *query, Snapshot snapshot, ParamListInfo parameters)
{
	PlannedStmt *plan;

	PushCopiedSnapshot(snapshot != NULL ? snapshot : GetActiveSnapshot());
	if (snapshot != NULL)
		UpdateActiveSnapshotCommandId();
	/* the planner scribbles on what it gets */
	plan = nrr_plan_query(copyObject(query->rewritten), query->text, CURSOR_OPT_PARALLEL_OK, parameters);
	renew_snapshot(plan, snapshot != NULL);
	return plan;
}

/*
 * Lock all that a prepared query reads: what views are over, and partitions.  A
 * snapshot that is taken afterwards shows it.
 */
void
query_lock(const OwnQuery *query)
{
	(void) plan_query(query, NULL, query_parameters(query));
	PopActiveSnapshot();
}

/*
 * Run what was prepared, once.  It sees what a snapshot shows, or the active
 * one if that is NULL, which is for queries that only read; a consumer of NULL
 * is for those that give no rows.
 */
void
query_run(OwnQuery *query, Snapshot snapshot, const RowConsumer *consumer)
{
	bool		reads = query->tree->commandType == CMD_SELECT && !query->tree->hasModifyingCTE;
	RowReceiver receiver = {{0}};
	ParamListInfo parameters = query_parameters(query);
	ErrorContextCallback callback;
	PlannedStmt *plan;
	QueryDesc  *desc;

	receiver.base.receiveSlot = receiver_take;
	receiver.base.rStartup = receiver_begin;
	receiver.base.rShutdown = receiver_nothing;
	receiver.base.rDestroy = receiver_nothing;
	receiver.base.mydest = DestNone;
	receiver.consumer = consumer;

	Assert(reads || snapshot != NULL);
	push_error_context(query, &callback);
	plan = plan_query(query, snapshot, parameters);
	desc = CreateQueryDesc(plan, query->text, GetActiveSnapshot(), InvalidSnapshot,
						   consumer != NULL ? &receiver.base : None_Receiver, parameters,
						   query->environment, 0);
	ExecutorStart(desc, 0);
	nrr_executor_run(desc);
	ExecutorFinish(desc);
	ExecutorEnd(desc);
	FreeQueryDesc(desc);
	PopActiveSnapshot();
	error_context_stack = callback.previous;
	if (!reads)
		CommandCounterIncrement();
}

/* Where the first row of a query goes */
typedef struct FirstRow
{
	MemoryContext context;
	Datum	   *values;
	bool	   *nulls;
	bool		found;
} FirstRow;

static void
take_first_row(TupleTableSlot *slot, void *arg)
{
	FirstRow   *row = arg;
	TupleDesc	desc = slot->tts_tupleDescriptor;
	MemoryContext caller;

	if (row->found)
		return;
	row->found = true;
	slot_getallattrs(slot);
	caller = MemoryContextSwitchTo(row->context);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		row->nulls[i] = slot->tts_isnull[i];
		if (!row->nulls[i])
			row->values[i] = datumCopy(slot->tts_values[i], attribute->attbyval, attribute->attlen);
	}
	MemoryContextSwitchTo(caller);
}

/*
 * Run a query that is prepared and whose first row is what matters, of which
 * the values are copied; false if there is none.
 */
bool
query_prepared_row(OwnQuery *query, Snapshot snapshot, Datum *values, bool *nulls)
{
	FirstRow	row = {CurrentMemoryContext, values, nulls, false};
	RowConsumer consumer = {NULL, take_first_row, &row};

	query_run(query, snapshot, &consumer);
	return row.found;
}

bool
query_row(OwnQuery *query, Snapshot snapshot, Datum *values, bool *nulls)
{
	query_prepare(query);
	return query_prepared_row(query, snapshot, values, nulls);
}
