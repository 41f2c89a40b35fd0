/*-------------------------------------------------------------------------
 *
 * ledger_agg.c
 *	  SQL calls that make ledgers: the aggregates revenue_ledger and rollup,
 *	  revenue_entry, and the operators + and -.
 *
 * Reads rows by billing_row, and builds by ledger_build.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "ledger_build.h"

PG_FUNCTION_INFO_V1(revenue_ledger_accum);
PG_FUNCTION_INFO_V1(revenue_ledger_merge);
PG_FUNCTION_INFO_V1(revenue_ledger_final);
PG_FUNCTION_INFO_V1(revenue_entry);
PG_FUNCTION_INFO_V1(revenue_ledger_plus);
PG_FUNCTION_INFO_V1(revenue_ledger_minus);

/*
 * The memory context of the aggregate that calls us.
 */
static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "function %u called in non-aggregate context", fcinfo->flinfo->fn_oid);
	return context;
}

/*
 * The reader for a call's billing row, whose three values begin at argument
 * 'from', with the grain behind them if there is one.
 */
static BillingReader *
call_reader(FunctionCallInfo fcinfo, int from)
{
	BillingReader *reader = fcinfo->flinfo->fn_extra;

	if (unlikely(reader == NULL))
	{
		FmgrInfo   *flinfo = fcinfo->flinfo;

		reader = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(BillingReader));
		billing_reader_init(reader, GRAIN_MONTH,
							get_fn_expr_argtype(flinfo, from),
							get_fn_expr_argtype(flinfo, from + 1),
							get_fn_expr_argtype(flinfo, from + 2),
							flinfo->fn_mcxt);
		flinfo->fn_extra = reader;
	}
	if (PG_NARGS() > from + 3)
	{
		if (PG_ARGISNULL(from + 3))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("grain must not be null")));
		billing_reader_set_grain(reader, PG_GETARG_TEXT_PP(from + 3));
	}
	return reader;
}

/*
 * The rows of an aggregate go into one ledger.  (Their kind of customer cannot
 * differ, but for an aggregate of somebody's own over our functions.)
 */
static void
check_row_fits(const LedgerFrame *frame, const BillingReader *reader)
{
	if (unlikely(frame->grain != reader->calendar.grain))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain must be the same for all rows"),
				 errdetail("Rows before were taken by %s, this one by %s.",
						   grain_name(frame->grain), grain_name(reader->calendar.grain))));
	if (unlikely(frame->kind != reader->customer.kind))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("customers must be of the same kind in all rows")));
}

/*
 * A state that is no builder yet, or not one to be changed, continues as one.
 */
static LedgerBuilder *
builder_from_state(FunctionCallInfo fcinfo, Datum state)
{
	Grain		grain;
	CustomerKind kind;
	LedgerBuilder *builder;

	ledger_datum_kind(state, &grain, &kind);
	builder = ledger_builder_create_expanded(aggregate_context(fcinfo), grain, kind);
	ledger_builder_add_ledger(builder, state, 1);
	return builder;
}

/* The builder that a state is, if it can be changed in place; else NULL */
static LedgerBuilder *
state_builder(Datum state)
{
	if (!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(state)))
		return NULL;
	return ledger_datum_builder(state);
}

/*
 * Transition function of revenue_ledger(customer, at, amount [, grain]).
 *
 * The state is an open ledger, changed in place, and then a builder.
 */
Datum
revenue_ledger_accum(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 1);
	BillingRow	row;
	LedgerBuilder *builder = NULL;
	OpenLedger *open = NULL;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	billing_row_read(reader, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), &row);

	if (PG_ARGISNULL(0))
		open = open_ledger_create(reader->calendar.grain, reader->customer.kind);
	else if ((builder = state_builder(PG_GETARG_DATUM(0))) == NULL)
		open = ledger_datum_open(PG_GETARG_DATUM(0));

	if (open != NULL)
	{
		check_row_fits(&open->frame, reader);
		open = open_ledger_add_row(open, &row);
		if (open != NULL)
			PG_RETURN_POINTER(open);
	}
	if (builder == NULL)
		builder = PG_ARGISNULL(0) ?
			ledger_builder_create_expanded(aggregate_context(fcinfo),
										   reader->calendar.grain, reader->customer.kind) :
			builder_from_state(fcinfo, PG_GETARG_DATUM(0));
	check_row_fits(&builder->frame, reader);
	ledger_builder_add_row(builder, &row);
	PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
}

/* Would the sum of two ledgers do as an open one? */
static bool
is_small_sum(Datum a, Datum b)
{
	return ledger_datum_row_bytes(a) + ledger_datum_row_bytes(b) < OPEN_LEDGER_LIMIT;
}

static RevenueLedger *
add_ledgers(Datum a, Datum b, int sign)
{
	Grain		grain;
	CustomerKind kind;
	LedgerBuilder *builder;

	ledger_datum_kind(a, &grain, &kind);
	builder = ledger_builder_create(CurrentMemoryContext, grain, kind,
									is_small_sum(a, b) ? 1 : MANY_PARTITIONS);
	ledger_builder_add_ledger(builder, a, 1);
	ledger_builder_add_ledger(builder, b, sign);
	return ledger_builder_flatten(builder);
}

/*
 * Transition function of rollup, and combine function of both aggregates.
 *
 * Takes two states, or a state and a ledger, of any form.  The state is the
 * first ledger, then an open one, changed in place, and then a builder.
 */
Datum
revenue_ledger_merge(PG_FUNCTION_ARGS)
{
	Datum		state = PG_GETARG_DATUM(0);
	Datum		ledger = PG_GETARG_DATUM(1);
	LedgerBuilder *builder;
	OpenLedger *open;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(state);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(PG_DETOAST_DATUM_COPY(ledger));

	builder = state_builder(state);
	if (builder == NULL && is_small_sum(state, ledger))
	{
		open = ledger_datum_open(state);
		if (open == NULL)
		{
			Grain		grain;
			CustomerKind kind;

			ledger_datum_kind(state, &grain, &kind);
			open = open_ledger_add_ledger(open_ledger_create(grain, kind), state);
		}
		PG_RETURN_POINTER(open_ledger_add_ledger(open, ledger));
	}
	if (builder == NULL)
		builder = builder_from_state(fcinfo, state);
	ledger_builder_add_ledger(builder, ledger, 1);
	PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
}

/*
 * Final function of both aggregates.
 *
 * A builder is handed out as it is, for a reader in the same query need not
 * have it flat.  The pointer to it is copied, since the executor (before 16)
 * flattens a result that lies in another memory context than the current one.
 * A window aggregate goes on to change its state, so there a copy is due.
 */
Datum
revenue_ledger_final(PG_FUNCTION_ARGS)
{
	LedgerBuilder *builder;
	char	   *pointer;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	builder = ledger_datum_builder(PG_GETARG_DATUM(0));
	if (builder == NULL)
		PG_RETURN_LEDGER(PG_GETARG_LEDGER(0));
	if (AggCheckCallContext(fcinfo, NULL) == AGG_CONTEXT_WINDOW)
		PG_RETURN_LEDGER(ledger_builder_flatten(builder));
	pointer = palloc(EXPANDED_POINTER_SIZE);
	memcpy(pointer, builder->header.eoh_ro_ptr, EXPANDED_POINTER_SIZE);
	PG_RETURN_POINTER(pointer);
}

/*
 * revenue_entry(customer, at, amount [, grain]): a billing row as a ledger.
 */
Datum
revenue_entry(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 0);
	LedgerBuilder *builder;
	BillingRow	row;

	billing_row_read(reader, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), &row);
	builder = ledger_builder_create(CurrentMemoryContext, reader->calendar.grain,
									reader->customer.kind, 1);
	ledger_builder_add_row(builder, &row);
	PG_RETURN_LEDGER(ledger_builder_flatten(builder));
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
