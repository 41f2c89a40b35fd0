/*-------------------------------------------------------------------------
 *
 * billing/aggregates.c
 *	  SQL calls that make ledgers: the aggregates revenue_ledger,
 *	  subscription_ledger, invoice_ledger and rollup, revenue_entry, and the
 *	  operators + and -.
 *
 * Reads rows by billing_row, builds by ledger_build, and merges by
 * ledger_merge.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/aggregate_call.h"
#include "ledger/build.h"
#include "ledger/merge.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(revenue_ledger_accum);
PG_FUNCTION_INFO_V1(subscription_ledger_accum);
PG_FUNCTION_INFO_V1(invoice_ledger_accum);
PG_FUNCTION_INFO_V1(revenue_ledger_merge);
PG_FUNCTION_INFO_V1(revenue_ledger_final);
PG_FUNCTION_INFO_V1(revenue_entry);
PG_FUNCTION_INFO_V1(revenue_ledger_plus);
PG_FUNCTION_INFO_V1(revenue_ledger_minus);

/*
 * AggCheckCallContext() in as few steps as a call for each row should take.
 */
static inline void
check_aggregate_call(FunctionCallInfo fcinfo)
{
	if (unlikely(fcinfo->context == NULL ||
				 !(IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState))))
		not_called_by_aggregate(fcinfo);
}

/*
 * What reads the rows of a call site.  No state refers to it: a caller may make
 * the FmgrInfo that keeps it anew for each row.
 */
static inline BillingReader *
call_site_reader(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (unlikely(flinfo->fn_extra == NULL))
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(BillingReader));
	return flinfo->fn_extra;
}

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
 * The reader for a call's billing row, whose three values begin at argument
 * 'from', with the grain behind them if there is one.
 */
static inline BillingReader *
call_reader(FunctionCallInfo fcinfo, int from, BillingShape shape)
{
	BillingReader *reader = call_site_reader(fcinfo);

	if (unlikely(reader->read_amount == NULL))
	{
		FmgrInfo   *flinfo = fcinfo->flinfo;

		billing_reader_init(reader, shape, GRAIN_MONTH,
							get_fn_expr_argtype(flinfo, from),
							get_fn_expr_argtype(flinfo, from + 1),
							get_fn_expr_argtype(flinfo, from + 2),
							flinfo->fn_mcxt);
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
static inline void
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
	if (unlikely(frame->snapshot != reader->snapshot))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("snapshot must be the same for all rows")));
}

/*
 * A builder that begins with a ledger, or with a state that is none yet or not
 * one to be changed.
 */
static LedgerBuilder *
builder_from_ledger(FunctionCallInfo fcinfo, Datum ledger)
{
	LedgerTraits traits;
	LedgerBuilder *builder;

	ledger_datum_traits(ledger, &traits);
	builder = ledger_builder_create(aggregate_pool(fcinfo), &traits);
	ledger_builder_add_ledger(builder, ledger);
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
 * States that take rows: an open ledger, changed in place, and then a builder
 */

typedef struct RowState
{
	LedgerBuilder *builder;
	OpenLedger *open;			/* if there is no builder yet */
} RowState;

/*
 * The state of a call, or a new one, ready for rows of this kind.
 */
static pg_attribute_always_inline void
row_state_begin(FunctionCallInfo fcinfo, const BillingReader *reader, RowState *state)
{
	state->builder = NULL;
	state->open = NULL;
	if (PG_ARGISNULL(0))
	{
		LedgerTraits traits = {reader->calendar.grain, reader->customer.kind, reader->snapshot};

		state->open = open_ledger_create(&traits);
	}
	else if ((state->builder = state_builder(PG_GETARG_DATUM(0))) == NULL &&
			 (state->open = ledger_datum_open(PG_GETARG_DATUM(0))) == NULL)
		state->builder = builder_from_ledger(fcinfo, PG_GETARG_DATUM(0));
	check_row_fits(state->open != NULL ? &state->open->frame : &state->builder->frame, reader);
}

static inline void
row_state_add(FunctionCallInfo fcinfo, RowState *state, const BillingRow *row)
{
	if (state->open != NULL)
	{
		OpenLedger *open = open_ledger_add_row(state->open, row);

		if (likely(open != NULL))
		{
			state->open = open;
			return;
		}
		state->builder = builder_from_ledger(fcinfo, PointerGetDatum(state->open));
		state->open = NULL;
	}
	ledger_builder_add_row(state->builder, row);
}

static inline Datum
row_state_datum(const RowState *state)
{
	if (state->open != NULL)
		return PointerGetDatum(state->open);
	return EOHPGetRWDatum(&state->builder->header);
}

/* Rows with a NULL are ignored */
static inline bool
row_has_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3);
}

#define PG_RETURN_STATE_AS_IT_IS() \
	do { \
		if (PG_ARGISNULL(0)) \
			PG_RETURN_NULL(); \
		PG_RETURN_DATUM(PG_GETARG_DATUM(0)); \
	} while (0)

/*
 * Transition function of revenue_ledger(customer, at, amount [, grain])
 */
Datum
revenue_ledger_accum(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 1, BILLED_AT);
	RowState	state;
	BillingRow	row;

	check_aggregate_call(fcinfo);
	if (row_has_null(fcinfo))
		PG_RETURN_STATE_AS_IT_IS();
	billing_row_read(reader, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), &row);
	row_state_begin(fcinfo, reader, &state);
	row_state_add(fcinfo, &state, &row);
	PG_RETURN_DATUM(row_state_datum(&state));
}

/*
 * Add a subscription: its amount comes in with one period, and goes out with
 * another one, if it ends.
 */
static void
add_subscription(FunctionCallInfo fcinfo, BillingReader *reader, RowState *state,
				 const BillingRange *range, BillingRow *row)
{
	int32		begin = billing_range_level(reader, range->begin);

	row->kind = ROW_LEVEL;
	row->period = begin;
	row_state_add(fcinfo, state, row);
	if (range->endless)
		return;
	row->period = Max(begin, billing_range_level(reader, range->end));
	row->amount.value = -row->amount.value;
	row_state_add(fcinfo, state, row);
}

/*
 * Transition function of subscription_ledger(customer, during, mrr [, grain
 * [, snapshot]])
 */
Datum
subscription_ledger_accum(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 1, BILLED_OVER);
	RowState	state;
	BillingRange range;
	BillingRow	row;

	check_aggregate_call(fcinfo);
	if (row_has_null(fcinfo))
		PG_RETURN_STATE_AS_IT_IS();
	if (PG_NARGS() <= 5)
		reader->snapshot = SNAPSHOT_END;
	else if (PG_ARGISNULL(5))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("snapshot must not be null")));
	else
		billing_reader_set_snapshot(reader, PG_GETARG_TEXT_PP(5));
	row.customer = customer_read(&reader->customer, PG_GETARG_DATUM(1));
	billing_range_read(reader, PG_GETARG_DATUM(2), &range);
	reader->read_amount(PG_GETARG_DATUM(3), &row.amount);
	row_state_begin(fcinfo, reader, &state);
	if (!range.empty)
		add_subscription(fcinfo, reader, &state, &range, &row);
	PG_RETURN_DATUM(row_state_datum(&state));
}

/* So many decimals of an amount count as such, be they zeros */
#define USUAL_DECIMALS	12

/* More of them make its shares no longer than this, so that many can be summed */
#define SHARE_DIGITS	24

/*
 * Add an invoice: each period's share is what is earned until its end, less
 * what was earned before, so that shares add up to the amount.
 */
static void
add_invoice(FunctionCallInfo fcinfo, BillingReader *reader, RowState *state,
			const BillingRange *range, BillingRow *row)
{
	Grain		grain = reader->calendar.grain;
	Decimal		amount = row->amount;
	int128		earned = 0;
	DateADT		begin,
				end;
	int32		last;

	billing_range_days(reader, range, &begin, &end);
	last = period_of_date(grain, end - 1);
	decimal_pad(&amount, Min(amount.dscale, MONEY_DIGITS - SHARE_DECIMALS),
				power_of_ten((amount.dscale <= USUAL_DECIMALS ? MONEY_DIGITS : SHARE_DIGITS) -
							 SHARE_DECIMALS) - 1);
	row->kind = ROW_AMOUNT;
	row->amount.scale = amount.scale + SHARE_DECIMALS;
	if (row->amount.scale > MONEY_DIGITS)
		money_out_of_range();
	row->amount.dscale = Max(row->amount.scale, Min(amount.dscale + SHARE_DECIMALS, MONEY_MAX_DSCALE));
	amount.value = money_rescale(amount.value, SHARE_DECIMALS);
	for (row->period = period_of_date(grain, begin); row->period <= last; row->period++)
	{
		int64		days = Min(end, period_start(grain, row->period + 1)) - begin;
		int128		until = money_share(amount.value, days, end - begin);

		CHECK_FOR_INTERRUPTS();
		row->amount.value = until - earned;
		earned = until;
		row_state_add(fcinfo, state, row);
	}
}

/*
 * Transition function of invoice_ledger(customer, service, amount [, grain])
 */
Datum
invoice_ledger_accum(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 1, BILLED_OVER);
	RowState	state;
	BillingRange range;
	BillingRow	row;

	check_aggregate_call(fcinfo);
	if (row_has_null(fcinfo))
		PG_RETURN_STATE_AS_IT_IS();
	row.customer = customer_read(&reader->customer, PG_GETARG_DATUM(1));
	billing_range_read(reader, PG_GETARG_DATUM(2), &range);
	reader->read_amount(PG_GETARG_DATUM(3), &row.amount);
	row_state_begin(fcinfo, reader, &state);
	if (!range.empty)
		add_invoice(fcinfo, reader, &state, &range, &row);
	PG_RETURN_DATUM(row_state_datum(&state));
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
	RevenueLedger *flat[] = {ledger_datum_flat(a), ledger_datum_flat(b)};
	const int	signs[] = {1, sign};
	RevenueLedger *sum = ledger_merge_flatten((const RevenueLedger **) flat, signs, 2);

	if ((Pointer) flat[0] != DatumGetPointer(a))
		pfree(flat[0]);
	if ((Pointer) flat[1] != DatumGetPointer(b))
		pfree(flat[1]);
	return sum;
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
	OpenLedger *open;

	check_aggregate_call(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(1))
		PG_RETURN_DATUM(state);
	if (PG_ARGISNULL(0))
	{
		if (!ledger_datum_is_big(ledger))
			PG_RETURN_POINTER(ledger_datum_copy(ledger));
		builder = builder_from_ledger(fcinfo, ledger);
		PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
	}

	builder = state_builder(state);
	if (builder == NULL && is_small_sum(state, ledger))
	{
		open = ledger_datum_open(state);
		if (open == NULL)
		{
			LedgerTraits traits;

			ledger_datum_traits(state, &traits);
			open = open_ledger_add_ledger(open_ledger_create(&traits), state);
		}
		PG_RETURN_POINTER(open_ledger_add_ledger(open, ledger));
	}
	if (builder == NULL)
		builder = builder_from_ledger(fcinfo, state);
	ledger_builder_add_ledger(builder, ledger);
	PG_RETURN_DATUM(EOHPGetRWDatum(&builder->header));
}

/*
 * Final function of all these aggregates.
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

	check_aggregate_call(fcinfo);
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
	BillingReader *reader = call_reader(fcinfo, 0, BILLED_AT);
	LedgerTraits traits = {reader->calendar.grain, reader->customer.kind, SNAPSHOT_NONE};
	BillingRow	row;

	billing_row_read(reader, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), &row);
	PG_RETURN_LEDGER(ledger_of_row(&traits, &row));
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
