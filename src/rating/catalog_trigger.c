/*-------------------------------------------------------------------------
 *
 * rating/catalog_trigger.c
 *	  The table retention_benchmarks: whose a row is.
 *
 * A dump holds the rows that are not builtin, since CREATE EXTENSION makes the
 * others.  So what a user inserts or changes is no longer builtin, and what is
 * inserted takes the place of a builtin row of its name: that is how a changed
 * row is restored.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "base/query.h"
#include "billing/source.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(retention_benchmarks_trigger);

static int
trigger_column(Relation relation, const char *name, Oid type)
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
	name_column = trigger_column(relation, "name", TEXTOID);
	builtin_column = trigger_column(relation, "builtin", BOOLOID);

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
