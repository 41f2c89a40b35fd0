/*-------------------------------------------------------------------------
 *
 * base/hidden.c
 *	  Relations whose rows a snapshot is too old to see.
 *
 * What is truncated or rewritten by ALTER TABLE has new rows only, and so is
 * empty to every snapshot from before, and so is a table or a partition that
 * has taken the place of another one.  A statement of PostgreSQL locks what it
 * reads before it takes its snapshot.  What a statement's function reads by a
 * name is locked later, and may have changed since.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "base/hidden.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/*
 * Did a relation have the file that it has now when a snapshot was taken?
 */
static bool
has_same_file(Relation relation, Snapshot snapshot)
{
	Relation	catalog = table_open(RelationRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		same;

	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationGetRelid(relation)));
	scan = systable_beginscan(catalog, ClassOidIndexId, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	same = HeapTupleIsValid(tuple) &&
		((Form_pg_class) GETSTRUCT(tuple))->relfilenode == relation->rd_rel->relfilenode;
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return same;
}

/*
 * Does a snapshot show a row of others?  VACUUM FULL, CLUSTER and REFRESH
 * MATERIALIZED VIEW make new files, too, whose rows can be seen.
 */
static bool
shows_rows(Relation relation, Snapshot snapshot)
{
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = nrr_table_beginscan(relation, snapshot);
	bool		found = false;
	bool		isnull;

	while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		Datum		writer = slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull);

		CHECK_FOR_INTERRUPTS();
		found = !TransactionIdIsCurrentTransactionId(DatumGetTransactionId(writer));
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

static bool
is_hidden(Oid oid, Snapshot snapshot)
{
	Relation	relation = relation_open(oid, NoLock);
	bool		hidden = false;

	if (relation->rd_rel->relkind == RELKIND_RELATION || relation->rd_rel->relkind == RELKIND_MATVIEW)
		hidden = !has_same_file(relation, snapshot) && !shows_rows(relation, snapshot);
	relation_close(relation, NoLock);
	return hidden;
}

/*
 * A relation that a plan reads, and so has locked, with rows that a snapshot is
 * too old to see; InvalidOid if there is none.
 */
Oid
hidden_relation(const PlannedStmt *plan, Snapshot snapshot)
{
	ListCell   *cell;

	foreach(cell, plan->rtable)
	{
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);

		if (entry->rtekind == RTE_RELATION && is_hidden(entry->relid, snapshot))
			return entry->relid;
	}
	return InvalidOid;
}
