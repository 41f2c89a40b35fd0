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
#include "ledger/datum.h"
#include "store/store.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(verify_revenue_ledgers);

/*
 * $1 is the ledger of the source.  Periods differ where some customer's amount
 * does, even if the sums are the same.
 */
static const char *
differences_text(const Extension *extension, Oid store)
{
	const char *home = extension->schema_name;

	return psprintf("WITH ledgers AS MATERIALIZED "
					" (SELECT %s.rollup(ledger) AS stored, $1 AS computed FROM %s), "
					"periods AS MATERIALIZED (SELECT DISTINCT period FROM ledgers, "
					" LATERAL %s.ledger_entries(COALESCE(stored OPERATOR(%s.-) computed, stored, computed))), "
					"amounts AS (SELECT period, amount AS stored, amount OPERATOR(pg_catalog.-) amount AS computed "
					"  FROM ledgers, LATERAL %s.ledger_entries(stored) "
					" UNION ALL SELECT period, amount OPERATOR(pg_catalog.-) amount, amount FROM ledgers, LATERAL %s.ledger_entries(computed)) "
					"SELECT period, pg_catalog.sum(stored), pg_catalog.sum(computed) "
					"FROM amounts JOIN periods USING (period) GROUP BY period ORDER BY period",
					home, quoted_relation(store), home, home, home, home);
}

/*
 * verify_revenue_ledgers(store, source, customer, at, amount, grain): the
 * periods in which they differ
 */
Datum
verify_revenue_ledgers(PG_FUNCTION_ARGS)
{
	BillingSource source;
	StoreTraits traits;
	Extension	extension;
	OwnQuery	query;
	RevenueLedger *computed;
	RowConsumer consumer = {NULL, result_rows_take, fcinfo->resultinfo};
	Oid			store;

	result_rows_prepare(fcinfo);
	check_argument_given(fcinfo, 0, "store");
	source_from_arguments(fcinfo, 1, &source);
	extension_of_call(fcinfo, &extension);
	store = store_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), NULL);
	store_check_columns(store, &extension);
	store_traits_of_source(&source, &traits);
	store_check_traits(store, GetActiveSnapshot(), &traits);

	computed = source_ledger(fcinfo, &source);
	query_init(&query, &extension, differences_text(&extension, store));
	query_names(&query, store);
	query_parameter(&query, extension_type(&extension, "revenue_ledger"),
					PointerGetDatum(computed), computed == NULL);
	query_column(&query, DATEOID);
	query_column(&query, NUMERICOID);
	query_column(&query, NUMERICOID);
	query_prepare(&query);
	query_run(&query, NULL, &consumer);
	return (Datum) 0;
}
