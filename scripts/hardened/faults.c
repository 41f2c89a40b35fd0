/*
 * Faults that the servers of scripts/test-hardened must find, or they would find none in nrr either
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/memutils.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(overrun);
PG_FUNCTION_INFO_V1(overrun_in_slack);
PG_FUNCTION_INFO_V1(use_after_free);
PG_FUNCTION_INFO_V1(use_after_reset);
PG_FUNCTION_INFO_V1(signed_overflow);
PG_FUNCTION_INFO_V1(never_written);

/* What the compiler cannot know */
static volatile int32 size = 24;

/* Reads the byte after a chunk that fills its last word */
Datum
overrun(PG_FUNCTION_ARGS)
{
	char	   *chunk = palloc0(size);

	PG_RETURN_INT32(((volatile char *) chunk)[size]);
}

/* Reads the byte after a chunk that PostgreSQL rounds up to whole words */
Datum
overrun_in_slack(PG_FUNCTION_ARGS)
{
	char	   *chunk = palloc0(size - 3);

	PG_RETURN_INT32(((volatile char *) chunk)[size - 3]);
}

Datum
use_after_free(PG_FUNCTION_ARGS)
{
	char	   *chunk = palloc0(size);

	pfree(chunk);
	PG_RETURN_INT32(((volatile char *) chunk)[0]);
}

Datum
use_after_reset(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "fault", ALLOCSET_DEFAULT_SIZES);
	char	   *chunk = MemoryContextAllocZero(context, size);

	MemoryContextReset(context);
	PG_RETURN_INT32(((volatile char *) chunk)[0]);
}

Datum
signed_overflow(PG_FUNCTION_ARGS)
{
	int32		most = PG_INT32_MAX - 24;

	PG_RETURN_INT32(most + size + 1);
}

/* Branches on a byte that nobody wrote */
Datum
never_written(PG_FUNCTION_ARGS)
{
	char	   *chunk = palloc(size);

	PG_RETURN_INT32(((volatile char *) chunk)[1] == 'x' ? 1 : 2);
}
