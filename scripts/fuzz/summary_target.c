/*-------------------------------------------------------------------------
 *
 * summary_target.c
 *	  Bytes as the text or binary input of a retention_summary, and on what is
 *	  accepted, every function that reads one and what must hold of it.
 *
 * An input is some bytes of options, then the binary form of a summary, or the
 * text of one.
 *
 *-------------------------------------------------------------------------
 */
#include "shim.h"

#include "bridge/summary.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "rating/benchmark.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

NRR(retention_summary_in);
NRR(retention_summary_out);
NRR(retention_summary_recv);
NRR(retention_summary_send);
NRR(retention_summary_to_json);
NRR(retention_summary_to_jsonb);
NRR(retention_summary_eq);
NRR(retention_summary_ne);
NRR(retention_summary_lt);
NRR(retention_summary_le);
NRR(retention_summary_gt);
NRR(retention_summary_ge);
NRR(retention_summary_cmp);
NRR(retention_summary_hash);
NRR(retention_summary_hash_extended);
NRR(retention_summary_starting);
NRR(retention_summary_new);
NRR(retention_summary_reactivation);
NRR(retention_summary_expansion);
NRR(retention_summary_contraction);
NRR(retention_summary_churn);
NRR(retention_summary_ending);
NRR(retention_summary_starting_customers);
NRR(retention_summary_new_customers);
NRR(retention_summary_reactivated_customers);
NRR(retention_summary_expanded_customers);
NRR(retention_summary_contracted_customers);
NRR(retention_summary_churned_customers);
NRR(retention_summary_ending_customers);
NRR(retention_summary_nrr);
NRR(retention_summary_grr);
NRR(retention_summary_logo_retention);
NRR(retention_summary_churn_rate);
NRR(retention_summary_quick_ratio);
NRR(logo_retention_interval);
NRR(nrr_interval);
NRR(grr_interval);
NRR(retention_summary_plus);
NRR(retention_summary_minus);
NRR(retention_merge);
NRR(retention_merge_inv);
NRR(retention_final);
NRR(rating_summary);
NRR(to_next_summary);

#define OPTION_TEXT		0x01
#define OPTION_NO_LEVEL	0x02

static const struct
{
	const char *key;
	PGFunction	accessor;
	bool		is_count;
}			accessors[] =
{
	{"starting", retention_summary_starting, false},
	{"new", retention_summary_new, false},
	{"reactivation", retention_summary_reactivation, false},
	{"expansion", retention_summary_expansion, false},
	{"contraction", retention_summary_contraction, false},
	{"churn", retention_summary_churn, false},
	{"ending", retention_summary_ending, false},
	{"starting_customers", retention_summary_starting_customers, true},
	{"new_customers", retention_summary_new_customers, true},
	{"reactivated_customers", retention_summary_reactivated_customers, true},
	{"expanded_customers", retention_summary_expanded_customers, true},
	{"contracted_customers", retention_summary_contracted_customers, true},
	{"churned_customers", retention_summary_churned_customers, true},
	{"ending_customers", retention_summary_ending_customers, true}
};

static bool
same(Datum a, Datum b)
{
	return memcmp(DatumGetPointer(a), DatumGetPointer(b), sizeof(RetentionSummary)) == 0;
}

static bool
are_equal(Datum a, Datum b)
{
	return DatumGetBool(call(retention_summary_eq, 2, A(a), A(b)).value);
}

/* The number of a key in what PostgreSQL's own parser reads out of a text */
static Numeric
number_of(Jsonb *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(&object->root, key, strlen(key), NULL);

	expect(value != NULL && value->type == jbvNumeric, "the text has no number of %s", key);
	return value->val.numeric;
}

/*
 * PostgreSQL's own reader of JSON finds the same numbers in a text.
 */
static void
check_numbers(Datum summary, const char *text)
{
	Outcome		parsed = call(jsonb_in, 1, A(CStringGetDatum(text)));

	expect(parsed.ok, "a text was read that is no JSON");
	for (int i = 0; i < lengthof(accessors); i++)
	{
		Outcome		number = call(accessors[i].accessor, 1, A(summary));
		Datum		numeric = number.value;

		expect(number.ok, "%s: error %s", accessors[i].key, unpack_sql_state(number.sqlstate));
		if (accessors[i].is_count)
			numeric = NumericGetDatum(int64_to_numeric(DatumGetInt64(number.value)));
		expect(DatumGetBool(DirectFunctionCall2(numeric_eq, numeric,
												NumericGetDatum(number_of(DatumGetJsonbP(parsed.value), accessors[i].key)))),
			   "%s is not what was written", accessors[i].key);
	}
}

/* Output is read again as the same */
static void
check_output(Datum summary)
{
	Outcome		sent = call(retention_summary_send, 1, A(summary));
	Outcome		text = call(retention_summary_out, 1, A(summary));
	Outcome		back;

	expect(sent.ok && text.ok, "a summary has no output");
	back = call_receive(retention_summary_recv, VARDATA(DatumGetPointer(sent.value)),
						VARSIZE(DatumGetPointer(sent.value)) - VARHDRSZ);
	expect(back.ok && same(back.value, summary), "binary output is another summary");
	back = call(retention_summary_in, 1, A(text.value));
	expect(back.ok && same(back.value, summary), "text output is another summary");
	check_numbers(summary, DatumGetCString(text.value));
	expect_text(call(retention_summary_to_json, 1, A(summary)).value);
	expect(call(retention_summary_to_jsonb, 1, A(summary)).ok, "a summary is no jsonb");
}

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

static void
check_order(Datum a, Datum b)
{
	static const PGFunction comparisons[] = {
		retention_summary_lt, retention_summary_le, retention_summary_eq,
		retention_summary_ne, retention_summary_ge, retention_summary_gt
	};
	int			order = sign(DatumGetInt32(call(retention_summary_cmp, 2, A(a), A(b)).value));
	bool		expected[] = {order < 0, order <= 0, order == 0, order != 0, order >= 0, order > 0};

	expect(order == -sign(DatumGetInt32(call(retention_summary_cmp, 2, A(b), A(a)).value)), "order is not one");
	for (int i = 0; i < lengthof(comparisons); i++)
		expect(DatumGetBool(call(comparisons[i], 2, A(a), A(b)).value) == expected[i], "comparisons differ");
	if (order == 0)
		expect(call(retention_summary_hash, 1, A(a)).value == call(retention_summary_hash, 1, A(b)).value &&
			   call(retention_summary_hash_extended, 2, A(a), A(7)).value ==
			   call(retention_summary_hash_extended, 2, A(b), A(7)).value,
			   "equal summaries have different hashes");
}

/* Errors are of range; what is taken away again leaves what was there */
static void
check_sums(Datum a, Datum b)
{
	Outcome		sum = call(retention_summary_plus, 2, A(a), A(b));
	Outcome		none = call(retention_summary_minus, 2, A(a), A(a));
	Outcome		back;

	expect(none.ok, "a summary cannot be subtracted from itself");
	check_output(none.value);
	if (!sum.ok)
		return;
	check_output(sum.value);
	expect(are_equal(call(retention_summary_plus, 2, A(b), A(a)).value, sum.value), "a + b is not b + a");
	back = call(retention_summary_minus, 2, A(sum.value), A(b));
	expect(back.ok && are_equal(back.value, a), "a + b - b is not a");
}

/* What an aggregate makes of the same, forward and back */
static void
check_rollup(Datum a, Datum b)
{
	NullableDatum args[2] = {no_argument(), A(a)};
	Outcome		state = call_aggregate(retention_merge, 2, args, NULL);
	Outcome		sum = call(retention_summary_plus, 2, A(a), A(b));
	Outcome		final;

	expect(state.ok, "rollup of one summary: error %s", unpack_sql_state(state.sqlstate));
	args[0] = A(state.value);
	args[1] = A(b);
	state = call_aggregate(retention_merge, 2, args, NULL);
	if (!state.ok)
		return;
	args[0] = A(state.value);
	final = call_aggregate(retention_final, 1, args, NULL);
	expect(final.ok == sum.ok && (!sum.ok || are_equal(final.value, sum.value)), "rollup is not +");
	state = call_aggregate(retention_merge_inv, 2, args, NULL);
	if (!final.ok || !state.ok || state.isnull)
		return;
	args[0] = A(state.value);
	final = call_aggregate(retention_final, 1, args, NULL);
	expect(final.ok && are_equal(final.value, a), "rollup in a window is not what is left");
}

static void
read_rates(Datum summary, NullableDatum level)
{
	static const PGFunction rates[] = {
		retention_summary_nrr, retention_summary_grr, retention_summary_logo_retention,
		retention_summary_churn_rate, retention_summary_quick_ratio
	};
	static const PGFunction intervals[] = {logo_retention_interval, nrr_interval, grr_interval};

	for (int i = 0; i < lengthof(rates); i++)
		(void) call(rates[i], 1, A(summary));
	for (int i = 0; i < lengthof(intervals); i++)
		(void) call(intervals[i], 2, A(summary), level);
}

static void
rate_against(Datum summary, RetentionBenchmark *benchmark)
{
	static const char *const metrics[] = {"nrr", "grr", "logo_retention"};
	static const Column next_columns[] = {{"next", CHAROID}, {"points", NUMERICOID}, {"revenue", NUMERICOID}};

	for (int i = 0; i < lengthof(metrics); i++)
	{
		NullableDatum args[] = {A(summary), A(CStringGetTextDatum(metrics[i])), A(BenchmarkGetDatum(benchmark))};

		(void) call_nullable(rating_summary, 3, args);
		(void) call_rows(to_next_summary, next_columns, lengthof(next_columns), 3, args);
	}
}

/* A level of confidence, mostly one that makes sense */
static NullableDatum
take_level(Input *input, int flags)
{
	int			digits = (uint16) input_int16(input);

	if (flags & OPTION_NO_LEVEL)
		return no_argument();
	return A(DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(digits)),
								 NumericGetDatum(int64_to_numeric(60000))));
}

static RetentionBenchmark
take_benchmark(Input *input)
{
	RetentionBenchmark benchmark;
	int64		cut = 0;

	for (int i = 0; i < THRESHOLDS; i++)
		benchmark.cuts[i] = cut += (int64) (uint16) input_int16(input) << (input_byte(input) % 24);
	return benchmark;
}

static void
run(Input *input)
{
	int			flags = input_byte(input);
	NullableDatum level = take_level(input, flags);
	RetentionBenchmark benchmark = take_benchmark(input);
	Outcome		summary,
				other;

	if (flags & OPTION_TEXT)
	{
		char	   *text = pnstrdup((const char *) input->data, input->size);

		if (strlen(text) != input->size || !pg_verifymbstr(text, input->size, true))
			return;
		summary = call(retention_summary_in, 1, A(CStringGetDatum(text)));
		if (summary.ok)
			check_numbers(summary.value, text);
	}
	else
	{
		Input		first = input_take(input, 4 + BRIDGE_PARTS * 24 + SUMMARY_MOMENTS * 32);

		summary = call_receive(retention_summary_recv, (const char *) first.data, first.size);
	}
	if (!summary.ok)
		return;
	other = call_receive(retention_summary_recv, (const char *) input->data, input->size);
	if (!other.ok)
		other = summary;
	check_output(summary.value);
	check_order(summary.value, other.value);
	check_sums(summary.value, other.value);
	check_rollup(summary.value, other.value);
	read_rates(summary.value, level);
	rate_against(summary.value, &benchmark);
}

extern size_t mutate_summary(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

const Target summary_target = {"summary", run, mutate_summary};
