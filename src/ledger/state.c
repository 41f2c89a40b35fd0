/*-------------------------------------------------------------------------
 *
 * ledger/state.c
 *	  Ledgers as states of an aggregate.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "ledger/datum.h"
#include "ledger/state.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"

/*
 * The pool that all states in an aggregate's memory share.
 */
static RowPool *
aggregate_pool(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (AggCheckCallContext(fcinfo, &context) == 0)
		elog(ERROR, "function %u called in non-aggregate context", fcinfo->flinfo->fn_oid);
	return row_pool_of(context, get_hash_memory_limit());
}

/*
 * Add a ledger of any form to a builder.
 */
void
state_builder_add(LedgerBuilder *builder, Datum ledger)
{
	MemoryContext caller = MemoryContextSwitchTo(builder->header.eoh_context);
	RevenueLedger *copy = ledger_datum_copy(ledger);
	LedgerTraits traits;

	MemoryContextSwitchTo(caller);
	ledger_datum_traits(ledger, &traits);
	ledger_builder_add_ledger(builder, copy, &traits);
}

/*
 * A new builder, filled with a ledger or with a state that must not be changed.
 */
LedgerBuilder *
state_builder_create(FunctionCallInfo fcinfo, Datum ledger)
{
	LedgerTraits traits;
	LedgerBuilder *builder;

	ledger_datum_traits(ledger, &traits);
	builder = ledger_builder_create(aggregate_pool(fcinfo), &traits);
	state_builder_add(builder, ledger);
	return builder;
}

/*
 * Rows are not like those before.  (Their kind of customer can differ only in a
 * user-defined aggregate over our functions.)
 */
pg_noinline void
rows_do_not_fit(const LedgerFrame *frame, const LedgerTraits *traits)
{
	if (frame->grain != traits->grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain must be the same for all rows"),
				 errdetail("Rows before were taken by %s, this one by %s.",
						   grain_name(frame->grain), grain_name(traits->grain))));
	if (frame->kind != traits->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers must be of the same kind in all rows")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("snapshot must be the same for all rows")));
}
