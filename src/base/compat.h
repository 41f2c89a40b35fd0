/*-------------------------------------------------------------------------
 *
 * base/compat.h
 *	  Every difference between PostgreSQL 15 and 19 that nrr meets.
 *
 * Included right after postgres.h; the rest of the code is written for the
 * newest server and asks for no version number.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_COMPAT_H
#define NRR_BASE_COMPAT_H

#include "storage/buffile.h"
#include "utils/builtins.h"
#include "utils/rangetypes.h"
#include "utils/regproc.h"

#ifndef HAVE_INT128
#error "nrr needs a compiler with 128-bit integers: its amounts are exact in them"
#endif

#if PG_VERSION_NUM < 150000
#error "nrr needs PostgreSQL 15 or newer"
#endif

#ifndef pg_noreturn				/* new in 18 */
#define pg_noreturn _Noreturn
#endif

#if PG_VERSION_NUM >= 190000
#define nrr_table_beginscan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL, 0)
#define nrr_plan_query(query, text, options, parameters) \
	pg_plan_query(query, text, options, parameters, NULL)
#else
#define nrr_table_beginscan(relation, snapshot) \
	table_beginscan(relation, snapshot, 0, NULL)
#define nrr_plan_query(query, text, options, parameters) \
	pg_plan_query(query, text, options, parameters)
#endif

#if PG_VERSION_NUM >= 180000
#define nrr_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0)
#else
#define nrr_executor_run(desc) ExecutorRun(desc, ForwardScanDirection, 0, true)
#endif

/* A datum that the caller frees */
#if PG_VERSION_NUM >= 160000
#define nrr_tuplesort_getdatum(sort, value, isnull) \
	tuplesort_getdatum(sort, true, true, value, isnull, NULL)
#else
#define nrr_tuplesort_getdatum(sort, value, isnull) \
	tuplesort_getdatum(sort, true, value, isnull, NULL)
#endif

#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"

#define nrr_qualified_name_list(string) \
	stringToQualifiedNameList(string, NULL)
#define nrr_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty, NULL)
#else

/* Before 16 an input function has no way to report an error softly. */
#define ereturn(escontext, dummy_value, ...) \
	do { \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
		return dummy_value; \
	} while (0)

#define nrr_qualified_name_list(string) \
	stringToQualifiedNameList(string)
#define nrr_make_range(typcache, lower, upper, empty) \
	make_range(typcache, lower, upper, empty)

static inline void
BufFileReadExact(BufFile *file, void *ptr, size_t size)
{
	if (BufFileRead(file, ptr, size) != size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read from a temporary file")));
}
#endif

#endif							/* NRR_BASE_COMPAT_H */
