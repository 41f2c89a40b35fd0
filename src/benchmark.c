/*-------------------------------------------------------------------------
 *
 * benchmark.c
 *	  The type retention_benchmark: three ascending thresholds that split
 *	  percentages into four bands.
 *
 * Text is three thresholds, each <x, <=x or -, with no more decimals than they
 * need, so that equal benchmarks have one text.  Knows nothing of the table of
 * benchmarks.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "compat.h"

#include "benchmark.h"
#include "common/hashfn.h"
#include "excerpt.h"
#include "libpq/pqformat.h"
#include "money.h"
#include "parser/scansup.h"

PG_FUNCTION_INFO_V1(retention_benchmark_in);
PG_FUNCTION_INFO_V1(retention_benchmark_out);
PG_FUNCTION_INFO_V1(retention_benchmark_recv);
PG_FUNCTION_INFO_V1(retention_benchmark_send);
PG_FUNCTION_INFO_V1(retention_benchmark_eq);
PG_FUNCTION_INFO_V1(retention_benchmark_ne);
PG_FUNCTION_INFO_V1(retention_benchmark_lt);
PG_FUNCTION_INFO_V1(retention_benchmark_le);
PG_FUNCTION_INFO_V1(retention_benchmark_gt);
PG_FUNCTION_INFO_V1(retention_benchmark_ge);
PG_FUNCTION_INFO_V1(retention_benchmark_cmp);
PG_FUNCTION_INFO_V1(retention_benchmark_hash);
PG_FUNCTION_INFO_V1(retention_benchmark_hash_extended);

/* The cut that stands for a threshold that does not exist */
static const int64 missing_cuts[THRESHOLDS] = {CUT_BELOW_ALL, CUT_BELOW_ALL, CUT_ABOVE_ALL};

/*
 * What keeps cuts from being a benchmark; NULL if nothing does.
 */
static const char *
benchmark_problem(const RetentionBenchmark *benchmark)
{
	int64		last_cut = -1;

	for (int i = 0; i < THRESHOLDS; i++)
	{
		int64		cut = benchmark->cuts[i];

		if (cut == missing_cuts[i])
			continue;
		if (cut < 0 || cut_threshold(cut) >= THRESHOLD_LIMIT * powers_of_ten[THRESHOLD_DECIMALS])
			return "A threshold is out of range.";
		if (cut < last_cut)
			return "Thresholds must not descend.";
		last_cut = cut;
	}
	if (last_cut == -1)
		return "At least one threshold must exist.";
	return NULL;
}

/*
 * Input and output
 */

/*
 * Read a threshold and step past it; returns what is wrong with it, or NULL.
 */
static const char *
read_threshold(const char **text, int64 missing_cut, int64 *cut)
{
	static const char *const malformed = "A threshold is \"<x\", \"<=x\" or \"-\", where x is a plain number of at least 0.";
	const char *p = *text;
	int64		value = 0;
	int			decimals = 0;
	bool		inclusive;

	if (*p == '-')
	{
		*cut = missing_cut;
		*text = p + 1;
		return NULL;
	}
	if (*p++ != '<')
		return malformed;
	inclusive = *p == '=';
	if (inclusive)
		p++;
	if (!isdigit((unsigned char) *p))
		return malformed;
	for (; isdigit((unsigned char) *p); p++)
	{
		value = value * 10 + (*p - '0');
		if (value >= THRESHOLD_LIMIT)
			return "A threshold has at most 9 digits before the point.";
	}
	if (*p == '.')
	{
		if (!isdigit((unsigned char) *++p))
			return malformed;
		for (; isdigit((unsigned char) *p); p++)
		{
			if (decimals < THRESHOLD_DECIMALS)
			{
				value = value * 10 + (*p - '0');
				decimals++;
			}
			else if (*p != '0')
				return "A threshold has at most 9 digits after the point.";
		}
	}
	if (*p != '\0' && !scanner_isspace(*p))
		return malformed;
	*cut = 2 * value * powers_of_ten[THRESHOLD_DECIMALS - decimals] + (inclusive ? 1 : 0);
	*text = p;
	return NULL;
}

static const char *
skip_blanks(const char *text)
{
	while (scanner_isspace(*text))
		text++;
	return text;
}

static const char *
read_benchmark(const char *text, RetentionBenchmark *benchmark)
{
	static const char *const three = "A benchmark is three thresholds, with blanks between them.";

	for (int i = 0; i < THRESHOLDS; i++)
	{
		const char *threshold = skip_blanks(text);
		const char *problem;

		if (*threshold == '\0' || (i > 0 && threshold == text))
			return three;
		text = threshold;
		problem = read_threshold(&text, missing_cuts[i], &benchmark->cuts[i]);
		if (problem != NULL)
			return problem;
	}
	if (*skip_blanks(text) != '\0')
		return three;
	return benchmark_problem(benchmark);
}

/*
 * Read a benchmark.  False is for a caller with a context for soft errors.
 */
bool
benchmark_from_text(const char *text, RetentionBenchmark *result, struct Node *escontext)
{
	const char *problem = read_benchmark(text, result);

	if (problem != NULL)
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "retention_benchmark", excerpt(text)),
				 errdetail("%s", problem),
				 errhint("A benchmark looks like \"<70 <90 <=100\": below 70 critical, below 90 moderate, up to 100 healthy, else strong.")));
	return true;
}

Datum
retention_benchmark_in(PG_FUNCTION_ARGS)
{
	RetentionBenchmark *benchmark = palloc(sizeof(RetentionBenchmark));

	if (!benchmark_from_text(PG_GETARG_CSTRING(0), benchmark, fcinfo->context))
		return (Datum) 0;
	PG_RETURN_BENCHMARK(benchmark);
}

/*
 * A threshold as numeric, with no more decimals than it needs.
 */
Datum
threshold_numeric(int64 threshold)
{
	int			scale = THRESHOLD_DECIMALS;

	while (scale > 0 && threshold % 10 == 0)
	{
		threshold /= 10;
		scale--;
	}
	return money_to_numeric(threshold, scale, scale);
}

Datum
retention_benchmark_out(PG_FUNCTION_ARGS)
{
	const RetentionBenchmark *benchmark = PG_GETARG_BENCHMARK(0);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < THRESHOLDS; i++)
	{
		int64		cut = benchmark->cuts[i];

		if (i > 0)
			appendStringInfoChar(&text, ' ');
		if (cut == missing_cuts[i])
			appendStringInfoChar(&text, '-');
		else
			appendStringInfo(&text, "%s%s", cut % 2 == 0 ? "<" : "<=",
							 DatumGetCString(DirectFunctionCall1(numeric_out,
																 threshold_numeric(cut_threshold(cut)))));
	}
	PG_RETURN_CSTRING(text.data);
}

/* The binary form is the cuts, in network byte order. */
Datum
retention_benchmark_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	RetentionBenchmark *benchmark = palloc(sizeof(RetentionBenchmark));
	const char *problem;

	for (int i = 0; i < THRESHOLDS; i++)
		benchmark->cuts[i] = pq_getmsgint64(message);
	problem = benchmark_problem(benchmark);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("malformed retention_benchmark"),
				 errdetail("%s", problem)));
	PG_RETURN_BENCHMARK(benchmark);
}

Datum
retention_benchmark_send(PG_FUNCTION_ARGS)
{
	const RetentionBenchmark *benchmark = PG_GETARG_BENCHMARK(0);
	StringInfoData message;

	pq_begintypsend(&message);
	for (int i = 0; i < THRESHOLDS; i++)
		pq_sendint64(&message, benchmark->cuts[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/*
 * Equality, order and hash: by the thresholds from the first to the last.
 */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
	const RetentionBenchmark *a = PG_GETARG_BENCHMARK(0);
	const RetentionBenchmark *b = PG_GETARG_BENCHMARK(1);

	for (int i = 0; i < THRESHOLDS; i++)
	{
		if (a->cuts[i] != b->cuts[i])
			return a->cuts[i] < b->cuts[i] ? -1 : 1;
	}
	return 0;
}

Datum
retention_benchmark_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

Datum
retention_benchmark_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

Datum
retention_benchmark_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

Datum
retention_benchmark_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

Datum
retention_benchmark_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

Datum
retention_benchmark_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

Datum
retention_benchmark_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

static uint64
hash_argument(FunctionCallInfo fcinfo, uint64 seed)
{
	return hash_bytes_extended((const unsigned char *) PG_GETARG_BENCHMARK(0),
							   sizeof(RetentionBenchmark), seed);
}

Datum
retention_benchmark_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) hash_argument(fcinfo, 0));
}

Datum
retention_benchmark_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) hash_argument(fcinfo, (uint64) PG_GETARG_INT64(1)));
}

/*
 * Bands
 */

BenchmarkRating
benchmark_rate(const RetentionBenchmark *benchmark, int64 place)
{
	BenchmarkRating rating = RATING_CRITICAL;

	while (rating < RATING_LAST && place >= benchmark->cuts[rating])
		rating++;
	return rating;
}

/*
 * The next band above that of a rating which some percentage has, and the
 * threshold where it begins; false if there is none.  A band that holds no
 * percentage is passed over.
 */
bool
benchmark_next(const RetentionBenchmark *benchmark, BenchmarkRating rating,
			   BenchmarkRating *next, int64 *threshold)
{
	int64		cut;

	if (rating == RATING_LAST || benchmark->cuts[rating] == CUT_ABOVE_ALL)
		return false;
	cut = benchmark->cuts[rating];
	/* a place at the cut is the first one above it */
	*next = benchmark_rate(benchmark, cut);
	*threshold = cut_threshold(cut);
	return true;
}
