/*-------------------------------------------------------------------------
 *
 * rows_target.c
 *	  Bytes as billing rows and what aggregates do with them: states that grow
 *	  from open ledgers to builders, are combined, stored and read.
 *
 * An input is a byte for the types of the columns and one for the grain, and then
 * operations.
 *
 *-------------------------------------------------------------------------
 */
#include "ledger_calls.h"

#include "catalog/pg_type.h"
#include "ledger/open.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

NRR(revenue_ledger_accum);
NRR(subscription_ledger_accum);
NRR(invoice_ledger_accum);
NRR(revenue_entry);

static const Oid customer_types[] = {INT8OID, UUIDOID, TEXTOID};

/* The aggregate states of an input */
#define STATES	3

typedef struct Run
{
	Oid			types[6];
	int			grain;
	PGFunction	accumulate;
	NullableDatum states[STATES];
	Input	   *input;
} Run;

static Datum
take_customer(Run *run)
{
	int			number = (int8) input_byte(run->input);
	char	   *bytes;

	if (run->types[1] == INT8OID)
		return Int64GetDatum(number >= 100 ? INT64CONST(5000000000) * number : number);
	bytes = palloc0(UUID_LEN);
	memset(bytes, number & 0x7F, number & 1 ? UUID_LEN : 4);
	if (run->types[1] == UUIDOID)
		return PointerGetDatum(bytes);
	bytes[0] = 'a';
	for (int i = 1; i < UUID_LEN; i++)
		bytes[i] = 'a' + (number >> (i % 3) & 1);
	return PointerGetDatum(cstring_to_text_with_len(bytes, number & 0x0F));
}

static Datum
take_amount(Run *run)
{
	int			scale = input_byte(run->input);
	int64		digits = input_int16(run->input);
	Datum		amount;

	if (scale & 0x80)
		digits *= INT64CONST(1000000000000);
	amount = NumericGetDatum(int64_to_numeric(digits));
	if (scale & 0x40)
		amount = DirectFunctionCall2(numeric_mul, amount, NumericGetDatum(int64_to_numeric(INT64CONST(1000000000000))));
	for (int i = 0; i < (scale & 0x07); i++)
		amount = DirectFunctionCall2(numeric_mul, amount,
									 DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(1)),
														 NumericGetDatum(int64_to_numeric(100))));
	return amount;
}

/* A date, or a range of dates for what lasts */
static Datum
take_when(Run *run)
{
	DateADT		begin = input_int16(run->input);
	int			length = (int8) input_byte(run->input);
	RangeBound	lower = {DateADTGetDatum(begin), false, true, true};
	RangeBound	upper = {DateADTGetDatum(begin + length), length < 0, false, false};

	if (run->types[2] == DATEOID)
		return DateADTGetDatum(begin);
	return RangeTypePGetDatum(nrr_make_range(lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO),
											 &lower, &upper, length == 0));
}

static void
add_rows(Run *run, int state, int n)
{
	NullableDatum args[6];

	args[1] = A(take_customer(run));
	args[3] = A(take_amount(run));
	args[4] = A(CStringGetTextDatum(grain_name(run->grain)));
	args[5] = no_argument();
	for (int i = 0; i < n; i++)
	{
		Outcome		result;

		args[0] = run->states[state];
		args[2] = A(take_when(run));
		if (run->types[1] == INT8OID)
			args[1].value += i;
		result = call_aggregate(run->accumulate, run->accumulate == subscription_ledger_accum ? 6 : 5,
								args, run->types);
		if (!result.ok)
			break;
		run->states[state] = (NullableDatum) {result.value, result.isnull};
	}
}

/* A state as it would go through a wire or a table: flat */
static NullableDatum
flat_copy(NullableDatum state)
{
	Outcome		sent;

	if (state.isnull)
		return state;
	sent = call(revenue_ledger_send, 1, state);
	if (!sent.ok)
		return no_argument();
	sent = call_receive(revenue_ledger_recv, VARDATA(DatumGetPointer(sent.value)),
						VARSIZE(DatumGetPointer(sent.value)) - VARHDRSZ);
	expect(sent.ok, "a ledger was made that is malformed");
	return A(sent.value);
}

static void
merge(Run *run, int state, NullableDatum other)
{
	NullableDatum args[] = {run->states[state], other};
	Outcome		result = call_aggregate(revenue_ledger_merge, 2, args, NULL);

	if (result.ok)
		run->states[state] = (NullableDatum) {result.value, result.isnull};
}

static NullableDatum
finish(NullableDatum state)
{
	Outcome		result = call_aggregate(revenue_ledger_final, 1, &state, NULL);

	return result.ok && !result.isnull ? A(result.value) : no_argument();
}

/*
 * What a state is read as is what its flat form is read as.
 */
static void
read_state(NullableDatum state, const Options *options)
{
	NullableDatum final = finish(state);
	NullableDatum flat = flat_copy(final);
	Options		placed = *options;

	if (final.isnull || flat.isnull)
		return;
	place_options(&placed, flat.value);
	read_everything(final.value, &placed);
	read_everything(flat.value, &placed);
	expect(DatumGetBool(call(revenue_ledger_eq, 2, final, flat).value), "a ledger is not its flat form");
}

/* One operation; false at the end of the input */
static bool
operate(Run *run)
{
	int			operation = input_byte(run->input);
	int			state = operation % STATES;
	int			other = operation / STATES % STATES;

	switch (operation / (STATES * STATES) % 6)
	{
		case 0:
		case 1:
			add_rows(run, state, 1);
			break;
		case 2:
			add_rows(run, state, input_byte(run->input) % 32);
			break;
		case 3:
			merge(run, state, flat_copy(run->states[other]));
			break;
		case 4:
			if (state != other)
			{
				merge(run, state, run->states[other]);
				run->states[other] = no_argument();
			}
			break;
		default:
			run->states[state] = flat_copy(run->states[other]);
	}
	return run->input->size > 0;
}

static void
run(Input *input)
{
	Options		options = take_options(input);
	int			kinds = input_byte(input);
	Run			all = {{InvalidOid}};
	int			operations = 0;

	all.types[1] = customer_types[kinds % lengthof(customer_types)];
	all.types[2] = kinds & 0x10 ? DATERANGEOID : DATEOID;
	all.types[3] = NUMERICOID;
	all.types[4] = all.types[5] = TEXTOID;
	all.grain = input_byte(input) % (GRAIN_LAST + 1);
	all.accumulate = (kinds & 0x10) == 0 ? revenue_ledger_accum :
		kinds & 0x20 ? subscription_ledger_accum : invoice_ledger_accum;
	all.input = input;
	for (int i = 0; i < STATES; i++)
		all.states[i] = no_argument();
	while (operations++ < 32 && operate(&all))
		;
	read_state(all.states[0], &options);
}

const Target rows_target = {"rows", run, NULL};
