/*-------------------------------------------------------------------------
 *
 * text_target.c
 *	  Bytes as everything else that a user may write: ratings, benchmarks,
 *	  grains, metrics, snapshot rules, billing frequencies, weeks, and the text
 *	  of a ledger.
 *
 * The first byte of an input says what the rest is.
 *
 *-------------------------------------------------------------------------
 */
#include "shim.h"

#include "billing/row.h"
#include "bridge/bridge.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "rating/benchmark.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

NRR(benchmark_rating_in);
NRR(benchmark_rating_out);
NRR(benchmark_rating_recv);
NRR(benchmark_rating_send);
NRR(benchmark_rating_emoji);
NRR(benchmark_rating_advice);
NRR(benchmark_rating_eq);
NRR(benchmark_rating_cmp);
NRR(benchmark_rating_hash);
NRR(retention_benchmark_in);
NRR(retention_benchmark_out);
NRR(retention_benchmark_recv);
NRR(retention_benchmark_send);
NRR(retention_benchmark_eq);
NRR(retention_benchmark_cmp);
NRR(retention_benchmark_hash);
NRR(rating_numeric);
NRR(rating_float8);
NRR(to_next_numeric);
NRR(to_next_float8);
NRR(mrr_frequency_numeric);
NRR(revenue_ledger_in);
NRR(revenue_ledger_out);

/*
 * Ratings
 */

static void
check_rating(Outcome rating)
{
	Outcome		text;

	if (!rating.ok)
		return;
	expect(DatumGetRating(rating.value) <= RATING_LAST, "a rating that does not exist");
	text = call(benchmark_rating_out, 1, A(rating.value));
	expect(call(benchmark_rating_in, 1, A(text.value)).value == rating.value, "text output is another rating");
	text = call(benchmark_rating_send, 1, A(rating.value));
	expect(call_receive(benchmark_rating_recv, VARDATA(DatumGetPointer(text.value)),
						VARSIZE(DatumGetPointer(text.value)) - VARHDRSZ).value == rating.value,
		   "binary output is another rating");
	expect_text(call(benchmark_rating_emoji, 1, A(rating.value)).value);
	expect_text(call(benchmark_rating_advice, 1, A(rating.value)).value);
	expect(DatumGetBool(call(benchmark_rating_eq, 2, A(rating.value), A(rating.value)).value), "a rating is not itself");
	expect(DatumGetInt32(call(benchmark_rating_cmp, 2, A(rating.value), A(rating.value)).value) == 0, "a rating is not itself");
	(void) call(benchmark_rating_hash, 1, A(rating.value));
}

/*
 * Benchmarks
 */

/* Percentages at, below and above each threshold */
static void
rate_around(Datum benchmark)
{
	for (int i = 0; i < THRESHOLDS; i++)
	{
		int64		cut = DatumGetBenchmark(benchmark)->cuts[i];

		for (int64 step = -1; step <= 1; step++)
		{
			Datum		value = DirectFunctionCall2(numeric_add, threshold_numeric(cut_threshold(cut)),
													DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(step)),
																		NumericGetDatum(int64_to_numeric(INT64CONST(10000000000)))));
			Outcome		rating = call(rating_numeric, 2, A(value), A(benchmark));

			expect(rating.ok && DatumGetRating(rating.value) <= RATING_LAST, "a percentage has no rating");
			(void) call(to_next_numeric, 2, A(value), A(benchmark));
		}
	}
}

static void
check_benchmark(Outcome benchmark)
{
	Outcome		text,
				back;

	if (!benchmark.ok)
		return;
	text = call(retention_benchmark_out, 1, A(benchmark.value));
	back = call(retention_benchmark_in, 1, A(text.value));
	expect(back.ok && DatumGetBool(call(retention_benchmark_eq, 2, A(back.value), A(benchmark.value)).value),
		   "text output is another benchmark");
	text = call(retention_benchmark_send, 1, A(benchmark.value));
	back = call_receive(retention_benchmark_recv, VARDATA(DatumGetPointer(text.value)),
						VARSIZE(DatumGetPointer(text.value)) - VARHDRSZ);
	expect(back.ok && DatumGetInt32(call(retention_benchmark_cmp, 2, A(back.value), A(benchmark.value)).value) == 0,
		   "binary output is another benchmark");
	expect(call(retention_benchmark_hash, 1, A(back.value)).value ==
		   call(retention_benchmark_hash, 1, A(benchmark.value)).value, "equal benchmarks have different hashes");
	rate_around(benchmark.value);
}

static void
rate_float(Input input)
{
	static const RetentionBenchmark benchmark = {{INT64CONST(140000000000), INT64CONST(180000000000), INT64CONST(200000000001)}};
	float8		value = 0;

	memcpy(&value, input.data, Min(input.size, sizeof(value)));
	(void) call(rating_float8, 2, A(Float8GetDatum(value)), A(BenchmarkGetDatum(&benchmark)));
	(void) call(to_next_float8, 2, A(Float8GetDatum(value)), A(BenchmarkGetDatum(&benchmark)));
}

/*
 * Words: functions of C, called as a function of SQL would call them
 */

static Datum
grain_word(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(grain_from_text(PG_GETARG_TEXT_PP(0)));
}

static Datum
metric_word(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(retention_rate_from_text(PG_GETARG_TEXT_PP(0)) != NULL);
}

static Datum
snapshot_word(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(snapshot_rule_from_text(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

static void
check_mrr(NullableDatum frequency, NullableDatum weeks)
{
	Datum		amount = DirectFunctionCall3(numeric_in, CStringGetDatum("1234.56"), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Outcome		share = call(mrr_frequency_numeric, 4, A(amount), frequency, A(Int64GetDatum(3)), weeks);

	if (share.ok)
		expect(DatumGetBool(DirectFunctionCall2(numeric_ge, share.value, NumericGetDatum(int64_to_numeric(0)))),
			   "a monthly share is negative");
}

static void
check_ledger(Outcome ledger, const char *text)
{
	if (ledger.ok)
		expect(pg_strcasecmp(DatumGetCString(call(revenue_ledger_out, 1, A(ledger.value)).value), text) == 0,
			   "text output is not what was read");
}

static void
run_text(int what, const char *string)
{
	NullableDatum text = A(CStringGetTextDatum(string));
	NullableDatum cstring = A(CStringGetDatum(string));

	switch (what)
	{
		case 0:
			check_rating(call(benchmark_rating_in, 1, cstring));
			break;
		case 1:
			check_benchmark(call(retention_benchmark_in, 1, cstring));
			break;
		case 2:
			(void) call(grain_word, 1, text);
			break;
		case 3:
			(void) call(metric_word, 1, text);
			break;
		case 4:
			(void) call(snapshot_word, 1, text);
			break;
		case 5:
			check_mrr(text, no_argument());
			break;
		case 6:
			check_mrr(A(CStringGetTextDatum("every 2 weeks")), text);
			break;
		default:
			check_ledger(call(revenue_ledger_in, 1, cstring), string);
	}
}

#define TEXTS	8

static void
run(Input *input)
{
	int			what = input_byte(input) % (TEXTS + 3);
	char	   *string;

	switch (what)
	{
		case TEXTS:
			check_rating(call_receive(benchmark_rating_recv, (const char *) input->data, input->size));
			return;
		case TEXTS + 1:
			check_benchmark(call_receive(retention_benchmark_recv, (const char *) input->data,
										 Min(input->size, sizeof(RetentionBenchmark))));
			return;
		case TEXTS + 2:
			rate_float(*input);
			return;
	}

	/* what is no text reaches no function */
	string = pnstrdup((const char *) input->data, input->size);
	if (strlen(string) == input->size && pg_verifymbstr(string, input->size, true))
		run_text(what, string);
}

const Target text_target = {"text", run, NULL};
