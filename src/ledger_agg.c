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

#include "access/detoast.h"
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

static void
check_same_grain(const LedgerFrame *frame, Grain grain)
{
	if (unlikely(frame->grain != grain))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("grain must be the same for all rows"),
				 errdetail("Rows before were taken by %s, this one by %s.",
						   grain_name(frame->grain), grain_name(grain))));
}

/*
 * An open state that has become too big continues as a builder.
 */
static LedgerBuilder *
open_to_builder(FunctionCallInfo fcinfo, OpenLedger *open)
{
	LedgerBuilder *builder = ledger_builder_create_expanded(aggregate_context(fcinfo),
															open->frame.grain, open->frame.kind);

	ledger_builder_add_ledger(builder, PointerGetDatum(open), 1);
	return builder;
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
	LedgerBuilder *builder;
	OpenLedger *open;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	billing_row_read(reader, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), &row);

	builder = PG_ARGISNULL(0) ? NULL : ledger_datum_builder(PG_GETARG_DATUM(0));
	if (builder != NULL)
	{
		check_same_grain(&builder->frame, reader->calendar.grain);
		ledger_builder_add_row(builder, &row);
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}

	if (PG_ARGISNULL(0))
		open = open_ledger_create(reader->calendar.grain, reader->customer.kind);
	else
		open = (OpenLedger *) PG_GETARG_POINTER(0);
	check_same_grain(&open->frame, reader->calendar.grain);
	Assert(open->flags == LEDGER_OPEN);
	open = open_ledger_add_row(open, &row);
	if (open != NULL)
		PG_RETURN_POINTER(open);

	builder = open_to_builder(fcinfo, (OpenLedger *) PG_GETARG_POINTER(0));
	ledger_builder_add_row(builder, &row);
	PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
}

/*
 * How many partitions suit the sum of two ledgers.
 */
static int
partitions_for_sum(Datum a, Datum b)
{
	if (ledger_datum_builder(a) != NULL || ledger_datum_builder(b) != NULL ||
		toast_raw_datum_size(a) + toast_raw_datum_size(b) > OPEN_LEDGER_LIMIT)
		return MANY_PARTITIONS;
	return 1;
}

static RevenueLedger *
add_ledgers(Datum a, Datum b, int sign)
{
	Grain		grain;
	CustomerKind kind;
	LedgerBuilder *builder;

	ledger_datum_kind(a, &grain, &kind);
	builder = ledger_builder_create(CurrentMemoryContext, grain, kind, partitions_for_sum(a, b));
	ledger_builder_add_ledger(builder, a, 1);
	ledger_builder_add_ledger(builder, b, sign);
	return ledger_builder_flatten(builder);
}

/*
 * Transition function of rollup, and combine function of both aggregates.
 *
 * Takes two states, or a state and a ledger, of any form.  Small ones are
 * added up flat; the sum of bigger ones is a builder, changed in place.
 */
Datum
revenue_ledger_merge(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Datum		state = PG_GETARG_DATUM(0);
	Datum		ledger = PG_GETARG_DATUM(1);
	LedgerBuilder *builder;
	Grain		grain;
	CustomerKind kind;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(state);
	if (PG_ARGISNULL(0))
		PG_RETURN_POINTER(PG_DETOAST_DATUM_COPY(ledger));

	if (VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(state)))
	{
		ledger_builder_add_ledger(ledger_datum_builder(state), ledger, 1);
		PG_RETURN_DATUM(state);
	}
	if (partitions_for_sum(state, ledger) == 1)
		PG_RETURN_LEDGER(add_ledgers(state, ledger, 1));

	ledger_datum_kind(state, &grain, &kind);
	builder = ledger_builder_create_expanded(context, grain, kind);
	ledger_builder_add_ledger(builder, state, 1);
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
