/*-------------------------------------------------------------------------
 *
 * store/verify.c
 *	  verify_revenue_ledgers: where a store is not what its source says.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "base/result_rows.h"
#include "catalog/pg_type.h"
#include "store/fresh.h"
#include "store/store.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(verify_revenue_ledgers);

/*
 * Periods differ where some customer's amount does, in some segment, even if the
 * sums are the same.  What has no end goes on through the last period of both
 * sides: each for itself may be seen for less long, and their difference, too.
 */
static const char *
differences_text(const Extension *extension, Oid store, const BillingSource *source)
{
	const char *home = extension->schema_name;
	const char *segment = source->segment != 0 ? ", segment" : "";

	return psprintf("WITH ledgers AS MATERIALIZED "
					" (SELECT %s.rollup(ledger) FILTER (WHERE is_stored) AS stored, "
					"   %s.rollup(ledger) FILTER (WHERE NOT is_stored) AS computed "
					"  FROM (SELECT ledger, true AS is_stored%s FROM %s "
					"   UNION ALL SELECT ledger, false%s FROM fresh) AS sides %s), "
					"frame AS MATERIALIZED (SELECT pg_catalog.max(pg_catalog.upper(%s.periods(ledger))) OPERATOR(pg_catalog.-) 1 AS through "
					" FROM ledgers, LATERAL (VALUES (stored), (computed)) AS sides (ledger)), "
					"periods AS MATERIALIZED (SELECT DISTINCT period FROM ledgers, frame, "
					" LATERAL %s.ledger_entries(COALESCE(stored OPERATOR(%s.-) computed, stored, computed), through)), "
					"amounts AS (SELECT period, amount AS stored, amount OPERATOR(pg_catalog.-) amount AS computed "
					"  FROM ledgers, frame, LATERAL %s.ledger_entries(stored, through) "
					" UNION ALL SELECT period, amount OPERATOR(pg_catalog.-) amount, amount "
					"  FROM ledgers, frame, LATERAL %s.ledger_entries(computed, through)) "
					"SELECT period, pg_catalog.sum(stored), pg_catalog.sum(computed) "
					"FROM amounts JOIN periods USING (period) GROUP BY period ORDER BY period",
					home, home, segment, quoted_relation(store), segment,
					source->segment != 0 ? "GROUP BY segment" : "", home, home, home, home, home);
}

/* What verify_revenue_ledgers is asked */
static void
read_arguments(FunctionCallInfo fcinfo, BillingSource *source)
{
	check_argument_given(fcinfo, 0, "store");
	source_from_arguments(fcinfo, 1, source);
	source_take_segment(source, fcinfo, 1 + SOURCE_ARGUMENTS);
	source_check_shape(source);
}

/*
 * verify_revenue_ledgers(store, source, customer, at, amount, grain, segment,
 * shape, ...): the periods in which they differ
 */
Datum
verify_revenue_ledgers(PG_FUNCTION_ARGS)
{
	BillingSource source;
	StoreTraits traits;
	Extension	extension;
	OwnQuery	query;
	FreshLedgers fresh;
	RowConsumer consumer = {NULL, result_rows_take, fcinfo->resultinfo};
	Snapshot	snapshot;
	Oid			store;

	result_rows_prepare(fcinfo);
	read_arguments(fcinfo, &source);
	extension_of_call(fcinfo, &extension);
	store = store_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL);
	store_check_columns(store, &extension, &source);
	store_traits_of_source(&source, &traits);
	source_lock(&source, &extension);
	snapshot = RegisterSnapshot(query_newest_snapshot());
	store_check_traits(store, snapshot, &traits);

	fresh_ledgers_read(&fresh, &source, &extension, NULL, snapshot);
	query_init(&query, &extension, differences_text(&extension, store, &source));
	fresh_ledgers_name(&fresh, &query);
	query_names(&query, store);
	query_column(&query, DATEOID);
	query_column(&query, NUMERICOID);
	query_column(&query, NUMERICOID);
	query_prepare(&query);
	query_run(&query, snapshot, &consumer);
	UnregisterSnapshot(snapshot);
	tuplestore_end(fresh.rows);
	return (Datum) 0;
}
