/*-------------------------------------------------------------------------
 *
 * rating/benchmark.h
 *	  The types retention_benchmark and benchmark_rating.
 *
 * A benchmark has a fixed length and is passed by reference: three cuts of
 * eight bytes.  Fixed, because a threshold is a percentage that people write
 * down, for which nine digits before the point and nine after it are plenty;
 * what needs more is refused, never rounded.
 *
 * A threshold x counts billionths of a percent.  It cuts the percentages in
 * two, just before x (written <x) or just after it (<=x).  Percentages of any
 * precision and cuts share one scale, on which "below" is a comparison of
 * integers: a percentage p has the place 2 * floor(p) if it is a whole number
 * of billionths, and one more if it is not; the cut <x is at 2 * x, and <=x at
 * one more.  Then p < x exactly if place(p) < 2 * x, and p <= x exactly if
 * place(p) < 2 * x + 1.  So nothing is ever rounded to be rated.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_RATING_BENCHMARK_H
#define NRR_RATING_BENCHMARK_H

#include "fmgr.h"
#include "utils/numeric.h"

typedef enum BenchmarkRating
{
	RATING_CRITICAL,
	RATING_MODERATE,
	RATING_HEALTHY,
	RATING_STRONG
} BenchmarkRating;

#define RATING_LAST	RATING_STRONG

#define DatumGetRating(datum)	((BenchmarkRating) DatumGetChar(datum))
#define RatingGetDatum(rating)	CharGetDatum((char) (rating))
#define PG_GETARG_RATING(n)		DatumGetRating(PG_GETARG_DATUM(n))
#define PG_RETURN_RATING(rating) return RatingGetDatum(rating)

#define THRESHOLDS	3

/*
 * What is below cuts[r], and not below an earlier one, has the rating r.
 */
typedef struct RetentionBenchmark
{
	int64		cuts[THRESHOLDS];	/* ascending, except for those that do not exist */
} RetentionBenchmark;

#define DatumGetBenchmark(datum) ((RetentionBenchmark *) DatumGetPointer(datum))
#define BenchmarkGetDatum(benchmark) PointerGetDatum(benchmark)
#define PG_GETARG_BENCHMARK(n)	DatumGetBenchmark(PG_GETARG_DATUM(n))
#define PG_RETURN_BENCHMARK(benchmark) return BenchmarkGetDatum(benchmark)

/*
 * Values for thresholds that do not exist: no percentage is below the first or
 * second, every one is below the third.
 */
#define CUT_BELOW_ALL	PG_INT64_MIN
#define CUT_ABOVE_ALL	PG_INT64_MAX

/* Decimals of a threshold, and the least number that is too large for one */
#define THRESHOLD_DECIMALS	9
#define THRESHOLD_LIMIT		INT64CONST(1000000000)

/* Places of percentages below and beyond every threshold */
#define PLACE_NEGATIVE	INT64CONST(-1)
#define PLACE_BEYOND	(CUT_ABOVE_ALL - 1)

static inline int64
place_of_units(int64 units, bool remainder)
{
	return 2 * units + (remainder ? 1 : 0);
}

static inline int64
cut_threshold(int64 cut)
{
	return cut / 2;
}

extern bool benchmark_from_text(const char *text, RetentionBenchmark *result,
								struct Node *escontext);
extern BenchmarkRating benchmark_rate(const RetentionBenchmark *benchmark, int64 place);
extern bool benchmark_next(const RetentionBenchmark *benchmark, BenchmarkRating rating,
						   BenchmarkRating *next, int64 *threshold);
extern Datum threshold_numeric(int64 threshold);

#endif							/* NRR_RATING_BENCHMARK_H */
