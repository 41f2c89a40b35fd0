/*-------------------------------------------------------------------------
 *
 * bridge/summary_type.c
 *	  SQL calls that every type has: binary input and output, equality, order
 *	  and hash.  Text is in summary_text.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/version.h"
#include "bridge/summary.h"
#include "common/hashfn.h"
#include "libpq/pqformat.h"

PG_FUNCTION_INFO_V1(retention_summary_recv);
PG_FUNCTION_INFO_V1(retention_summary_send);
PG_FUNCTION_INFO_V1(retention_summary_eq);
PG_FUNCTION_INFO_V1(retention_summary_ne);
PG_FUNCTION_INFO_V1(retention_summary_lt);
PG_FUNCTION_INFO_V1(retention_summary_le);
PG_FUNCTION_INFO_V1(retention_summary_gt);
PG_FUNCTION_INFO_V1(retention_summary_ge);
PG_FUNCTION_INFO_V1(retention_summary_cmp);
PG_FUNCTION_INFO_V1(retention_summary_hash);
PG_FUNCTION_INFO_V1(retention_summary_hash_extended);

/*
 * Binary form: version, scale, dscale, and the numbers as integers
 */
#define SUMMARY_VERSION	1

static void
send_int128(StringInfo message, uint128 value)
{
	pq_sendint64(message, (uint64) (value >> 64));
	pq_sendint64(message, (uint64) value);
}

static uint128
receive_int128(StringInfo message)
{
	uint128		high = (uint64) pq_getmsgint64(message);

	return high << 64 | (uint64) pq_getmsgint64(message);
}

Datum
retention_summary_send(PG_FUNCTION_ARGS)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint8(&message, SUMMARY_VERSION);
	pq_sendint8(&message, summary->scale);
	pq_sendint16(&message, summary->dscale);
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		send_int128(&message, summary->bridge.amounts[i]);
		pq_sendint64(&message, summary->bridge.customers[i]);
	}
	for (int i = 0; i < SUMMARY_MOMENTS; i++)
	{
		send_int128(&message, summary->moments[i].high);
		send_int128(&message, summary->moments[i].low);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
retention_summary_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	RetentionSummary *summary = summary_create();
	int			version = pq_getmsgbyte(message);
	const char *problem;

	if (version > SUMMARY_VERSION)
		ereport(ERROR,
				(errunsupported_version("retention_summary", version, SUMMARY_VERSION)));
	summary->scale = pq_getmsgbyte(message);
	summary->dscale = pq_getmsgint(message, sizeof(int16));
	for (int i = 0; i < BRIDGE_PARTS; i++)
	{
		summary->bridge.amounts[i] = receive_int128(message);
		summary->bridge.customers[i] = pq_getmsgint64(message);
	}
	for (int i = 0; i < SUMMARY_MOMENTS; i++)
	{
		summary->moments[i].high = receive_int128(message);
		summary->moments[i].low = receive_int128(message);
	}
	problem = version < SUMMARY_VERSION ? "It has no version." : summary_problem(summary);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("malformed retention_summary"),
				 errdetail("%s", problem)));
	summary->inputs_of_dscale = SUMMARY_FINISHED;
	summary_reduce(summary);
	PG_RETURN_POINTER(summary);
}

/*
 * Equality, order and hash
 *
 * The scale and what comes after it are the value, and they are canonical.
 */
#define VALUE_OFFSET	offsetof(RetentionSummary, scale)
#define VALUE_SIZE		(sizeof(RetentionSummary) - VALUE_OFFSET)

static int
compare_arguments(FunctionCallInfo fcinfo)
{
	const RetentionSummary *a = PG_GETARG_SUMMARY(0);
	const RetentionSummary *b = PG_GETARG_SUMMARY(1);

	return memcmp((const char *) a + VALUE_OFFSET, (const char *) b + VALUE_OFFSET, VALUE_SIZE);
}

static uint64
hash_argument(FunctionCallInfo fcinfo, uint64 seed)
{
	const RetentionSummary *summary = PG_GETARG_SUMMARY(0);

	return hash_bytes_extended((const unsigned char *) summary + VALUE_OFFSET, VALUE_SIZE, seed);
}

Datum
retention_summary_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

Datum
retention_summary_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

Datum
retention_summary_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

Datum
retention_summary_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

Datum
retention_summary_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

Datum
retention_summary_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

Datum
retention_summary_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

Datum
retention_summary_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) hash_argument(fcinfo, 0));
}

Datum
retention_summary_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) hash_argument(fcinfo, (uint64) PG_GETARG_INT64(1)));
}
