/*-------------------------------------------------------------------------
 *
 * ledger_target.c
 *	  Bytes as the input of a revenue_ledger: the validator, and on what it
 *	  accepts, every reader and what must hold of it.
 *
 * An input is some bytes of options, then one ledger's binary form, and then
 * another's, if the options give the first one a size.
 *
 *-------------------------------------------------------------------------
 */
#include "ledger_calls.h"

#include "utils/builtins.h"

/* The same value after a way through another form */
static void
expect_same(Outcome result, Datum ledger, const char *what)
{
	expect(result.ok, "%s: error %s", what, unpack_sql_state(result.sqlstate));
	expect(bytes_equal(result.value, ledger), "%s gives another ledger", what);
}

static char *
hex_text(Input form, int upper)
{
	char	   *string = palloc(2 * form.size + 3);

	strcpy(string, "\\x");
	for (size_t i = 0; i < form.size; i++)
		sprintf(string + 2 + 2 * i, upper ? "%02X" : "%02x", form.data[i]);
	return string;
}

/*
 * Binary and text input agree, and output is what was read: there is one form of
 * a value.
 */
static Outcome
read_both_ways(Input form, int upper)
{
	Outcome		received = call_receive(revenue_ledger_recv, (const char *) form.data, form.size);
	char	   *string = hex_text(form, upper);
	Outcome		read = call(revenue_ledger_in, 1, A(CStringGetDatum(string)));
	Outcome		sent;

	expect(received.ok == read.ok, "text and binary input differ");
	if (!received.ok)
		return received;
	expect_same(read, received.value, "text input");
	sent = call(revenue_ledger_send, 1, A(received.value));
	expect(sent.ok && VARSIZE(DatumGetPointer(sent.value)) - VARHDRSZ == form.size &&
		   memcmp(VARDATA(DatumGetPointer(sent.value)), form.data, form.size) == 0,
		   "binary output is not what was read");
	read = call(revenue_ledger_out, 1, A(received.value));
	expect(read.ok && pg_strcasecmp(DatumGetCString(read.value), string) == 0,
		   "text output is not what was read");
	return received;
}

/* A ledger that an operation made is one that input takes, and the same */
static void
expect_sound(Outcome result)
{
	Outcome		sent;

	if (!result.ok || result.isnull)
		return;
	sent = call(revenue_ledger_send, 1, A(result.value));
	if (!sent.ok)
		return;
	sent = call_receive(revenue_ledger_recv, VARDATA(DatumGetPointer(sent.value)),
						VARSIZE(DatumGetPointer(sent.value)) - VARHDRSZ);
	expect(sent.ok, "a ledger was made that is malformed");
}

static bool
are_equal(Datum a, Datum b)
{
	Outcome		result = call(revenue_ledger_eq, 2, A(a), A(b));

	expect(result.ok, "sound ledgers cannot be compared");
	return DatumGetBool(result.value);
}

/*
 * Ledgers are a group under addition.  An error is one of range, of amounts or of
 * periods, or of ledgers that do not fit each other.
 */
static void
check_sums(Datum a, Datum b)
{
	Outcome		sum = call(revenue_ledger_plus, 2, A(a), A(b));
	Outcome		swapped = call(revenue_ledger_plus, 2, A(b), A(a));
	Outcome		none = call(revenue_ledger_minus, 2, A(a), A(a));
	Outcome		back;

	expect(none.ok, "a ledger cannot be subtracted from itself");
	expect_sound(none);
	expect(DatumGetInt64(call(revenue_ledger_customers, 1, A(none.value)).value) == 0,
		   "l - l has customers");
	expect(sum.ok == swapped.ok, "a + b and b + a differ");
	if (!sum.ok)
		return;
	expect_sound(sum);
	expect_same(swapped, sum.value, "b + a");
	back = call(revenue_ledger_minus, 2, A(sum.value), A(b));
	expect_sound(back);
	if (back.ok)
		expect(are_equal(back.value, a), "a + b - b is not a");
}

/*
 * Rollup gives what the operator does.
 */
static void
check_rollup(Datum a, Datum b)
{
	Outcome		sum = call(revenue_ledger_plus, 2, A(a), A(b));
	Outcome		rolled = roll_up(a, b);
	Outcome		flat;

	expect(!rolled.ok || sum.ok, "rollup adds what + does not");
	if (!rolled.ok || !sum.ok)
		return;
	flat = call(revenue_ledger_send, 1, A(rolled.value));
	if (flat.ok)
		expect_same(flat, call(revenue_ledger_send, 1, A(sum.value)).value, "rollup");
}

/*
 * What is up to a date and what is after it add up to all.
 */
static void
check_slices(Datum ledger, const Options *options)
{
	LedgerInfo	info;
	DateADT		date;
	Outcome		head,
				tail,
				sum;

	ledger_read_info(&info, (RevenueLedger *) DatumGetPointer(ledger), VARSIZE(DatumGetPointer(ledger)));
	if (info.periods == 0 || !date_has_period(options->to))
		return;
	date = options->to;
	if (!period_exists(info.grain, (int64) period_of_date(info.grain, date) + 1))
		return;
	head = call(revenue_ledger_slice, 3, A(ledger), no_argument(), A(DateADTGetDatum(date)));
	tail = call(revenue_ledger_slice, 3, A(ledger),
				A(DateADTGetDatum(period_start(info.grain, period_of_date(info.grain, date) + 1))),
				no_argument());
	expect_sound(head);
	expect_sound(tail);
	if (!head.ok || !tail.ok)
		return;
	sum = call(revenue_ledger_plus, 2, A(head.value), A(tail.value));
	expect_sound(sum);
	if (sum.ok)
		expect(are_equal(sum.value, ledger), "slices do not add up");
}

static int
compare(Datum a, Datum b)
{
	Outcome		result = call(revenue_ledger_cmp, 2, A(a), A(b));

	expect(result.ok, "sound ledgers cannot be compared");
	return DatumGetInt32(result.value);
}

static bool
holds(PGFunction comparison, Datum a, Datum b)
{
	return DatumGetBool(call(comparison, 2, A(a), A(b)).value);
}

static void
check_order(Datum a, Datum b)
{
	int			order = compare(a, b);
	int			swapped = compare(b, a);

	expect((order < 0) == (swapped > 0) && (order == 0) == (swapped == 0), "order is not one");
	expect(holds(revenue_ledger_lt, a, b) == (order < 0) && holds(revenue_ledger_le, a, b) == (order <= 0) &&
		   holds(revenue_ledger_gt, a, b) == (order > 0) && holds(revenue_ledger_ge, a, b) == (order >= 0) &&
		   holds(revenue_ledger_eq, a, b) == (order == 0) && holds(revenue_ledger_ne, a, b) == (order != 0),
		   "comparisons differ");
	expect(order != 0 || call(revenue_ledger_hash, 1, A(a)).value == call(revenue_ledger_hash, 1, A(b)).value,
		   "equal ledgers have different hashes");
	expect(order != 0 || call(revenue_ledger_hash_extended, 2, A(a), A(7)).value ==
		   call(revenue_ledger_hash_extended, 2, A(b), A(7)).value,
		   "equal ledgers have different hashes");
}

/*
 * The rows of a ledger are what it says of itself.
 */
static void
check_entries(Datum ledger)
{
	NullableDatum args[] = {A(ledger), no_argument()};
	Outcome		entries = call_rows(ledger_entries, entries_columns, ENTRIES_COLUMNS, 2, args);
	RowSet	   *set = entries.set;
	LedgerInfo	info;
	Datum		total = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
	int64		customers = 0;

	expect(entries.ok || !set->complete, "entries: error %s", unpack_sql_state(entries.sqlstate));
	if (!set->complete)
		return;
	ledger_read_info(&info, (RevenueLedger *) DatumGetPointer(ledger), VARSIZE(DatumGetPointer(ledger)));
	for (int64 i = 0; i < set->rows; i++)
	{
		total = DirectFunctionCall2(numeric_add, total, SET_VALUE(set, i, 2));
		if (i == 0 || !bytes_equal(SET_VALUE(set, i, 0), SET_VALUE(set, i - 1, 0)))
			customers++;
		expect(strpbrk(numeric_string(SET_VALUE(set, i, 2)), "123456789") != NULL, "an entry is zero");
	}
	expect(set->rows == info.entries, "%lld entries instead of %lld", (long long) set->rows, (long long) info.entries);
	expect(info.lasting ? customers <= info.customers : customers == info.customers, "customers are not those of the entries");
	expect(DatumGetBool(DirectFunctionCall2(numeric_eq, total, call(revenue_ledger_total, 1, A(ledger)).value)),
		   "the total is not that of the entries");
}

/*
 * A period begins with what the one before it ended with.
 */
static void
check_movements(Datum ledger)
{
	NullableDatum args[] = {A(ledger), no_argument(), no_argument(), no_argument(), no_argument()};
	RowSet	   *set = call_rows(revenue_movements, movements_columns, MOVEMENTS_COLUMNS, 5, args).set;

	for (int64 i = 1; i < set->rows; i++)
	{
		expect(DatumGetBool(DirectFunctionCall2(numeric_eq, SET_VALUE(set, i, MOVEMENTS_STARTING),
												SET_VALUE(set, i - 1, MOVEMENTS_ENDING))),
			   "a period does not begin as the one before ended");
		expect(SET_VALUE(set, i, MOVEMENTS_STARTING_CUSTOMERS) == SET_VALUE(set, i - 1, MOVEMENTS_ENDING_CUSTOMERS),
			   "a period does not begin with the customers of the one before");
	}
}

/* The same value with a short header, where no alignment is */
static void
check_short(Datum ledger)
{
	Size		size = VARSIZE(DatumGetPointer(ledger)) - VARHDRSZ + VARHDRSZ_SHORT;
	char	   *copy;

	if (size > VARATT_SHORT_MAX)
		return;
	copy = palloc(size);
	SET_VARSIZE_SHORT(copy, size);
	memcpy(copy + VARHDRSZ_SHORT, VARDATA(DatumGetPointer(ledger)), size - VARHDRSZ_SHORT);
	expect(are_equal(PointerGetDatum(copy), ledger), "a short copy is another ledger");
	expect_same(call(revenue_ledger_send, 1, A(PointerGetDatum(copy))),
				call(revenue_ledger_send, 1, A(ledger)).value, "a short copy");
	(void) call(revenue_ledger_total, 1, A(PointerGetDatum(copy)));
}

static void
run(Input *input)
{
	Options		options = take_options(input);
	Input		first = input_take(input, options.size > 0 ? options.size : input->size);
	Outcome		a = read_both_ways(first, options.flags & 1);
	Outcome		b = a;

	if (!a.ok)
		return;
	if (input->size > 0)
		b = call_receive(revenue_ledger_recv, (const char *) input->data, input->size);
	if (!b.ok)
		b = a;
	place_options(&options, a.value);
	read_everything(a.value, &options);
	check_entries(a.value);
	check_movements(a.value);
	check_sums(a.value, b.value);
	check_rollup(a.value, b.value);
	check_slices(a.value, &options);
	check_order(a.value, b.value);
	check_short(a.value);
}

const Target ledger_target = {"ledger", run, mutate_ledger};
