/*-------------------------------------------------------------------------
 *
 * ledger/rollup.c
 *	  SQL calls that make a ledger of ledgers: the transition function of
 *	  rollup, which combines states of all aggregates over billing rows, too;
 *	  their final function; and the operators + and -.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/aggregate_call.h"
#include "ledger/datum.h"
#include "ledger/merge.h"
#include "ledger/state.h"

PG_FUNCTION_INFO_V1(revenue_ledger_merge);
PG_FUNCTION_INFO_V1(revenue_ledger_final);
PG_FUNCTION_INFO_V1(revenue_ledger_plus);
PG_FUNCTION_INFO_V1(revenue_ledger_minus);

/* Is the sum of two ledgers small enough for an open ledger? */
static bool
is_small_sum(Datum a, Datum b)
{
	return ledger_datum_row_bytes(a) + ledger_datum_row_bytes(b) < OPEN_LEDGER_LIMIT;
}

/* The open ledger that a state is or is made into, to be changed */
static OpenLedger *
state_open(Datum state)
{
	OpenLedger *open = open_ledger_of(state);
	LedgerTraits traits;

	if (open != NULL)
		return open;
	ledger_datum_traits(state, &traits);
	return open_ledger_add_ledger(open_ledger_create(&traits),
								  (RevenueLedger *) PG_DETOAST_DATUM(state));
}

/*
 * Transition function of rollup, and combine function of all these aggregates.
 *
 * Takes two states, or a state and a ledger, of any form.  The state is the
 * first ledger, then an open one, changed in place, and then a builder; or a
 * builder at once if the first ledger is big.
 */
Datum
revenue_ledger_merge(PG_FUNCTION_ARGS)
{
	Datum		state = PG_GETARG_DATUM(0);
	Datum		ledger = PG_GETARG_DATUM(1);
	LedgerBuilder *builder;

	check_aggregate_call(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(state);
	if (PG_ARGISNULL(0))
	{
		if (!ledger_datum_is_big(ledger))
			PG_RETURN_POINTER(ledger_datum_copy(ledger));
		builder = state_builder_create(fcinfo, ledger);
		PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
	}

	builder = state_builder(state);
	if (builder == NULL && is_small_sum(state, ledger))
		PG_RETURN_POINTER(open_ledger_add_ledger(state_open(state),
												 (RevenueLedger *) PG_DETOAST_DATUM(ledger)));
	if (builder == NULL)
		builder = state_builder_create(fcinfo, state);
	state_builder_add(builder, ledger);
	PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
}

/*
 * Final function of all these aggregates.
 *
 * A builder is handed out as it is, because a reader in the same query does not
 * need it flat.  The pointer to it is copied, since the executor (before 16)
 * flattens a result that lies in another memory context than the current one.
 * A window aggregate goes on to change its state, so there a copy is due.
 */
Datum
revenue_ledger_final(PG_FUNCTION_ARGS)
{
	LedgerBuilder *builder;
	char	   *pointer;

	check_aggregate_call(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	builder = ledger_builder_of(PG_GETARG_DATUM(0));
	if (builder == NULL)
		PG_RETURN_LEDGER(PG_GETARG_LEDGER(0));
	if (AggCheckCallContext(fcinfo, NULL) == AGG_CONTEXT_WINDOW)
		PG_RETURN_LEDGER(ledger_builder_flatten(builder));
	pointer = palloc(EXPANDED_POINTER_SIZE);
	memcpy(pointer, builder->header.eoh_ro_ptr, EXPANDED_POINTER_SIZE);
	PG_RETURN_POINTER(pointer);
}

static RevenueLedger *
add_ledgers(Datum a, Datum b, int sign)
{
	RevenueLedger *flat[] = {ledger_datum_flat(a), ledger_datum_flat(b)};
	const int	signs[] = {1, sign};
	RevenueLedger *sum = ledger_merge_flatten((const RevenueLedger **) flat, signs, 2);

	if ((Pointer) flat[0] != DatumGetPointer(a))
		pfree(flat[0]);
	if ((Pointer) flat[1] != DatumGetPointer(b))
		pfree(flat[1]);
	return sum;
}

Datum
revenue_ledger_plus(PG_FUNCTION_ARGS)
{
	PG_RETURN_LEDGER(add_ledgers(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), 1));
}

Datum
revenue_ledger_minus(PG_FUNCTION_ARGS)
{
	PG_RETURN_LEDGER(add_ledgers(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), -1));
}
