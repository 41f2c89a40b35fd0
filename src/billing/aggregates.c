/*-------------------------------------------------------------------------
 *
 * billing/aggregates.c
 *	  SQL calls that make ledgers of billing rows: the transition functions of
 *	  revenue_ledger, subscription_ledger and invoice_ledger, and
 *	  revenue_entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/aggregate_call.h"
#include "billing/row.h"
#include "ledger/datum.h"
#include "ledger/state.h"
#include "miscadmin.h"

PG_FUNCTION_INFO_V1(revenue_ledger_accum);
PG_FUNCTION_INFO_V1(subscription_ledger_accum);
PG_FUNCTION_INFO_V1(invoice_ledger_accum);
PG_FUNCTION_INFO_V1(revenue_entry);

/* What a billing row is */
typedef enum RowShape
{
	SHAPE_PAYMENT,
	SHAPE_SUBSCRIPTION,
	SHAPE_INVOICE
} RowShape;

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

/* A text argument, or NULL, which stands for the default */
static inline text *
optional_text(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : PG_GETARG_TEXT_PP(n);
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
		BillingTypes types = {
			get_fn_expr_argtype(flinfo, from),
			get_fn_expr_argtype(flinfo, from + 1),
			get_fn_expr_argtype(flinfo, from + 2),
			PG_GET_COLLATION()
		};

		billing_reader_init(reader, shape, GRAIN_MONTH, &types, flinfo->fn_mcxt);
	}
	if (PG_NARGS() > from + 3)
		billing_reader_set_grain(reader, optional_text(fcinfo, from + 3));
	return reader;
}

/*
 * Take the snapshot rule of a call, which is its last argument, if it has one.
 */
static void
take_snapshot_rule(FunctionCallInfo fcinfo, BillingReader *reader)
{
	if (PG_NARGS() <= 5 || PG_ARGISNULL(5))
		reader->snapshot = SNAPSHOT_END;
	else
		billing_reader_set_snapshot(reader, PG_GETARG_TEXT_PP(5));
}

/*
 * Add a subscription: its amount comes in with one period, and goes out with
 * another one, if it ends.
 */
static void
add_subscription(LedgerState *state, BillingReader *reader, const BillingRange *range,
				 BillingRow *row)
{
	int32		begin;

	if (range->empty)
		return;
	begin = billing_range_level(reader, range->begin);
	row->kind = ROW_LEVEL;
	row->period = begin;
	ledger_state_add(state, row);
	if (range->endless)
		return;
	row->period = Max(begin, billing_range_level(reader, range->end));
	row->amount.value = -row->amount.value;
	ledger_state_add(state, row);
	row->amount.value = -row->amount.value;
}

/* An amount that is shared has no fewer decimals, however it is written */
#define LEAST_DECIMALS	2

/* So many decimals of an amount count as such, be they zeros */
#define USUAL_DECIMALS	12

/* More of them make its shares no longer than this, so that many can be summed */
#define SHARE_DIGITS	24

/* An amount that is earned day by day */
typedef struct Earning
{
	int128		amount;			/* at the scale of its shares */
	int64		days;			/* in all */
	int64		past;			/* those before a range, or a period */
	int128		earned;			/* on them */
} Earning;

/*
 * Make a row one of shares of its amount, which is returned at their scale.
 */
static int128
begin_shares(BillingRow *row)
{
	Decimal		amount = row->amount;

	amount.dscale = Max(amount.dscale, LEAST_DECIMALS);
	decimal_pad(&amount, Min(amount.dscale, MONEY_DIGITS - SHARE_DECIMALS),
				power_of_ten((amount.dscale <= USUAL_DECIMALS ? MONEY_DIGITS : SHARE_DIGITS) -
							 SHARE_DECIMALS) - 1);
	row->kind = ROW_AMOUNT;
	row->amount.scale = amount.scale + SHARE_DECIMALS;
	if (row->amount.scale > MONEY_DIGITS)
		money_out_of_range();
	row->amount.dscale = Max(row->amount.scale, Min(amount.dscale + SHARE_DECIMALS, MONEY_MAX_DSCALE));
	return money_rescale(amount.value, SHARE_DECIMALS);
}

/*
 * Add the shares of a range of days: each period's is what is earned until its end,
 * less what was earned before, so that shares add up to the amount.
 */
static void
add_shares(LedgerState *state, Grain grain, const BillingRange *range,
		   BillingRow *row, Earning *earning)
{
	DateADT		begin = (DateADT) range->begin;
	DateADT		end = (DateADT) range->end;
	int32		last;

	if (range->empty)
		return;
	last = period_of_date(grain, end - 1);
	for (row->period = period_of_date(grain, begin); row->period <= last; row->period++)
	{
		int64		days = Min(end, period_start(grain, row->period + 1)) - begin;
		int128		until = money_share(earning->amount, earning->past + days, earning->days);

		CHECK_FOR_INTERRUPTS();
		row->amount.value = until - earning->earned;
		earning->earned = until;
		ledger_state_add(state, row);
	}
	earning->past += end - begin;
}

/*
 * Add an invoice.  Its ranges are made ranges of days.
 */
static void
add_invoice(LedgerState *state, BillingReader *reader, BillingRange *ranges, int n,
			BillingRow *row)
{
	Earning		earning = {0};

	for (int i = 0; i < n; i++)
	{
		DateADT		begin,
					end;

		CHECK_FOR_INTERRUPTS();
		if (ranges[i].empty)
			continue;
		billing_range_days(reader, &ranges[i], &begin, &end);
		ranges[i].begin = begin;
		ranges[i].end = end;
		earning.days += end - begin;
	}
	if (earning.days == 0)
		return;
	earning.amount = begin_shares(row);
	for (int i = 0; i < n; i++)
		add_shares(state, reader->calendar.grain, &ranges[i], row, &earning);
}

/* Rows with a NULL are ignored */
static inline bool
row_has_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3);
}

static inline LedgerTraits
reader_traits(const BillingReader *reader)
{
	LedgerTraits traits = {reader->calendar.grain, reader->customer.kind, reader->snapshot};

	return traits;
}

/*
 * Add a call's row to its state.  Compiled once for each shape.
 */
static pg_attribute_always_inline Datum
accumulate(FunctionCallInfo fcinfo, RowShape shape)
{
	BillingShape billed = shape == SHAPE_PAYMENT ? BILLED_AT : BILLED_OVER;
	BillingReader *reader = call_reader(fcinfo, 1, billed);
	LedgerTraits traits;
	LedgerState state;
	BillingRange range;
	BillingRange *ranges = &range;
	int			n = 1;
	BillingRow	row;

	check_aggregate_call(fcinfo);
	if (row_has_null(fcinfo))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (shape == SHAPE_SUBSCRIPTION)
		take_snapshot_rule(fcinfo, reader);
	if (billed == BILLED_AT)
		billing_row_read(reader, PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), PG_GETARG_DATUM(3), &row);
	else
	{
		billing_row_read_over(reader, PG_GETARG_DATUM(1), PG_GETARG_DATUM(3), &row);
		n = billing_ranges_read(reader, PG_GETARG_DATUM(2), &range, &ranges);
	}
	traits = reader_traits(reader);
	ledger_state_begin(&state, fcinfo, &traits);
	switch (shape)
	{
		case SHAPE_PAYMENT:
			ledger_state_add(&state, &row);
			break;
		case SHAPE_SUBSCRIPTION:
			for (int i = 0; i < n; i++)
			{
				CHECK_FOR_INTERRUPTS();
				add_subscription(&state, reader, &ranges[i], &row);
			}
			break;
		case SHAPE_INVOICE:
			add_invoice(&state, reader, ranges, n, &row);
	}
	PG_RETURN_DATUM(ledger_state_datum(&state));
}

/*
 * Transition function of revenue_ledger(customer, at, amount [, grain])
 */
Datum
revenue_ledger_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, SHAPE_PAYMENT);
}

/*
 * Transition function of subscription_ledger(customer, during, mrr [, grain
 * [, snapshot]])
 */
Datum
subscription_ledger_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, SHAPE_SUBSCRIPTION);
}

/*
 * Transition function of invoice_ledger(customer, service, amount [, grain])
 */
Datum
invoice_ledger_accum(PG_FUNCTION_ARGS)
{
	return accumulate(fcinfo, SHAPE_INVOICE);
}

/*
 * revenue_entry(customer, at, amount, grain): a billing row as a ledger.
 */
Datum
revenue_entry(PG_FUNCTION_ARGS)
{
	BillingReader *reader = call_reader(fcinfo, 0, BILLED_AT);
	LedgerTraits traits = reader_traits(reader);
	BillingRow	row;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	billing_row_read(reader, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), &row);
	PG_RETURN_LEDGER(ledger_of_row(&traits, &row));
}
