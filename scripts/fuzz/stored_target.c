/*-------------------------------------------------------------------------
 *
 * stored_target.c
 *	  Bytes as a stored revenue_ledger that no input has seen, flat or open:
 *	  each reader takes them for what they are, or for damaged.
 *
 * An input is as that of ledger_target.c, but the ledger's bytes are as they are
 * in memory.
 *
 *-------------------------------------------------------------------------
 */
#include "ledger_calls.h"

#include "ledger/open.h"

/* Memory of exactly its size, as it is checked by the sanitizer */
static Datum
stored_value(Input bytes)
{
	char	   *value = palloc(VARHDRSZ + bytes.size);

	SET_VARSIZE(value, VARHDRSZ + bytes.size);
	memcpy(value + VARHDRSZ, bytes.data, bytes.size);
	return PointerGetDatum(value);
}

/*
 * An open ledger that is read at all stands for a flat one, and a sound one.
 */
static void
check_open(Datum open)
{
	Outcome		sent = call(revenue_ledger_send, 1, A(open));
	Outcome		flat;

	if (!sent.ok)
		return;
	flat = call_receive(revenue_ledger_recv, VARDATA(DatumGetPointer(sent.value)),
						VARSIZE(DatumGetPointer(sent.value)) - VARHDRSZ);
	expect(flat.ok, "an open ledger stands for a malformed one");
	expect(DatumGetInt32(call(revenue_ledger_cmp, 2, A(open), A(flat.value)).value) == 0,
		   "an open ledger is not what it stands for");
	expect(bytes_equal(call(revenue_ledger_total, 1, A(open)).value, call(revenue_ledger_total, 1, A(flat.value)).value),
		   "an open ledger has another total than what it stands for");
}

static void
run(Input *input)
{
	Options		options = take_options(input);
	Input		first = input_take(input, options.size > 0 ? options.size : input->size);
	Datum		a = stored_value(first);
	Datum		b = input->size > 0 ? stored_value(*input) : a;

	shim_damage_is_fine = true;
	options.from = options.from_offset;
	options.to = options.to_offset;
	if (first.size >= offsetof(RevenueLedger, body) - VARHDRSZ)
		place_options(&options, a);
	read_everything(a, &options);
	(void) roll_up(a, b);
	(void) roll_up(b, a);
	(void) call(revenue_ledger_plus, 2, A(a), A(b));
	if (first.size >= offsetof(RevenueLedger, body) - VARHDRSZ &&
		((RevenueLedger *) DatumGetPointer(a))->flags == LEDGER_OPEN)
		check_open(a);
}

const Target stored_target = {"stored", run, mutate_stored};
