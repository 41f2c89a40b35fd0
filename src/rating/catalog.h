/*-------------------------------------------------------------------------
 *
 * rating/catalog.h
 *	  The table retention_benchmarks: a benchmark by its name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_RATING_CATALOG_H
#define NRR_RATING_CATALOG_H

#include "rating/benchmark.h"

extern const RetentionBenchmark *named_benchmark(FunctionCallInfo fcinfo, int n);

#endif							/* NRR_RATING_CATALOG_H */
