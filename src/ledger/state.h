/*-------------------------------------------------------------------------
 *
 * ledger/state.h
 *	  Ledgers as states of an aggregate.
 *
 * A state that takes rows is an open ledger, changed in place, and then a
 * builder.  What is done for each row is in line.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_STATE_H
#define NRR_LEDGER_STATE_H

#include "fmgr.h"
#include "ledger/builder.h"
#include "ledger/open.h"

typedef struct LedgerState
{
	FunctionCallInfo fcinfo;	/* of the transition function */
	LedgerBuilder *builder;
	OpenLedger *open;			/* if there is no builder yet */
} LedgerState;

extern LedgerBuilder *state_builder_create(FunctionCallInfo fcinfo, Datum ledger);
extern void state_builder_add(LedgerBuilder *builder, Datum ledger);
pg_noreturn extern void rows_do_not_fit(const LedgerFrame *frame, const LedgerTraits *traits);

/* The builder that a state is, if it can be changed in place; else NULL */
static inline LedgerBuilder *
state_builder(Datum state)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(state)))
		return NULL;
	return ledger_builder_of(state);
}

/*
 * The rows of an aggregate go into one ledger.
 */
static inline void
check_rows_fit(const LedgerFrame *frame, const LedgerTraits *traits)
{
	if (unlikely(frame->grain != traits->grain || frame->kind != traits->kind ||
				 frame->snapshot != traits->snapshot))
		rows_do_not_fit(frame, traits);
}

/*
 * The state of a call, or a new one, ready for rows of these traits.
 */
static pg_attribute_always_inline void
ledger_state_begin(LedgerState *state, FunctionCallInfo fcinfo, const LedgerTraits *traits)
{
	state->fcinfo = fcinfo;
	state->builder = NULL;
	state->open = NULL;
	if (PG_ARGISNULL(0))
		state->open = open_ledger_create(traits);
	else if ((state->builder = state_builder(PG_GETARG_DATUM(0))) == NULL &&
			 (state->open = open_ledger_of(PG_GETARG_DATUM(0))) == NULL)
		state->builder = state_builder_create(fcinfo, PG_GETARG_DATUM(0));
	check_rows_fit(state->open != NULL ? &state->open->frame : &state->builder->frame, traits);
}

static inline void
ledger_state_add(LedgerState *state, const BillingRow *row)
{
	if (state->open != NULL)
	{
		OpenLedger *open = open_ledger_add_row(state->open, row);

		if (likely(open != NULL))
		{
			state->open = open;
			return;
		}
		state->builder = state_builder_create(state->fcinfo, PointerGetDatum(state->open));
		state->open = NULL;
	}
	ledger_builder_add_row(state->builder, row);
}

static inline Datum
ledger_state_datum(const LedgerState *state)
{
	if (state->open != NULL)
		return PointerGetDatum(state->open);
	return EOHPGetRWDatum(&state->builder->header);
}

#endif							/* NRR_LEDGER_STATE_H */
