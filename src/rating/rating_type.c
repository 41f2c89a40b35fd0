/*-------------------------------------------------------------------------
 *
 * rating/rating_type.c
 *	  The type benchmark_rating: critical < moderate < healthy < strong, in
 *	  one byte; and what a reader is told of each.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "rating/benchmark.h"

PG_FUNCTION_INFO_V1(benchmark_rating_in);
PG_FUNCTION_INFO_V1(benchmark_rating_out);
PG_FUNCTION_INFO_V1(benchmark_rating_recv);
PG_FUNCTION_INFO_V1(benchmark_rating_send);
PG_FUNCTION_INFO_V1(benchmark_rating_eq);
PG_FUNCTION_INFO_V1(benchmark_rating_ne);
PG_FUNCTION_INFO_V1(benchmark_rating_lt);
PG_FUNCTION_INFO_V1(benchmark_rating_le);
PG_FUNCTION_INFO_V1(benchmark_rating_gt);
PG_FUNCTION_INFO_V1(benchmark_rating_ge);
PG_FUNCTION_INFO_V1(benchmark_rating_cmp);
PG_FUNCTION_INFO_V1(benchmark_rating_hash);
PG_FUNCTION_INFO_V1(benchmark_rating_hash_extended);
PG_FUNCTION_INFO_V1(benchmark_rating_smaller);
PG_FUNCTION_INFO_V1(benchmark_rating_larger);
PG_FUNCTION_INFO_V1(benchmark_rating_emoji);
PG_FUNCTION_INFO_V1(benchmark_rating_advice);

/* What there is to say of a rating; emoji in UTF-8 */
typedef struct RatingWords
{
	const char *name;
	const char *emoji;
	const char *advice;
} RatingWords;

static const RatingWords words[] = {
	[RATING_CRITICAL] = {"critical", "\xF0\x9F\x94\xB4", "alarmingly high churn, act at once"},
	[RATING_MODERATE] = {"moderate", "\xF0\x9F\x9F\xA1", "churn can be improved by retention work"},
	[RATING_HEALTHY] = {"healthy", "\xF0\x9F\x9F\xA2", "loyal customers, steady revenue"},
	[RATING_STRONG] = {"strong", "\xF0\x9F\x9A\x80", "growth from existing customers, extend it"}
};

/*
 * Input and output
 *
 * The binary form is the text, as that of an enum is.
 */
static bool
rating_from_name(const char *name, BenchmarkRating *rating)
{
	for (int i = 0; i <= RATING_LAST; i++)
	{
		if (pg_strcasecmp(name, words[i].name) == 0)
		{
			*rating = (BenchmarkRating) i;
			return true;
		}
	}
	return false;
}

Datum
benchmark_rating_in(PG_FUNCTION_ARGS)
{
	const char *name = PG_GETARG_CSTRING(0);
	BenchmarkRating rating;

	if (!rating_from_name(name, &rating))
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "benchmark_rating", excerpt(name)),
				 errhint("A rating is critical, moderate, healthy or strong.")));
	PG_RETURN_RATING(rating);
}

Datum
benchmark_rating_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup(words[PG_GETARG_RATING(0)].name));
}

Datum
benchmark_rating_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size;
	char	   *name = pq_getmsgtext(message, message->len - message->cursor, &size);
	BenchmarkRating rating;

	if (!rating_from_name(name, &rating))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("malformed benchmark_rating")));
	PG_RETURN_RATING(rating);
}

Datum
benchmark_rating_send(PG_FUNCTION_ARGS)
{
	const char *name = words[PG_GETARG_RATING(0)].name;
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendtext(&message, name, strlen(name));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/*
 * Equality, order and hash
 */

Datum
benchmark_rating_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) == PG_GETARG_RATING(1));
}

Datum
benchmark_rating_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) != PG_GETARG_RATING(1));
}

Datum
benchmark_rating_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) < PG_GETARG_RATING(1));
}

Datum
benchmark_rating_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) <= PG_GETARG_RATING(1));
}

Datum
benchmark_rating_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) > PG_GETARG_RATING(1));
}

Datum
benchmark_rating_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(PG_GETARG_RATING(0) >= PG_GETARG_RATING(1));
}

Datum
benchmark_rating_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) PG_GETARG_RATING(0) - (int32) PG_GETARG_RATING(1));
}

Datum
benchmark_rating_hash(PG_FUNCTION_ARGS)
{
	return hash_uint32((uint32) PG_GETARG_RATING(0));
}

Datum
benchmark_rating_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_uint32_extended((uint32) PG_GETARG_RATING(0), (uint64) PG_GETARG_INT64(1));
}

/*
 * What min and max go by
 */

Datum
benchmark_rating_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_RATING(Min(PG_GETARG_RATING(0), PG_GETARG_RATING(1)));
}

Datum
benchmark_rating_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_RATING(Max(PG_GETARG_RATING(0), PG_GETARG_RATING(1)));
}

/*
 * Words for readers
 */

/*
 * emoji(rating): a symbol, in a database whose encoding has such characters, or
 * SQL_ASCII, which checks nothing
 */
Datum
benchmark_rating_emoji(PG_FUNCTION_ARGS)
{
	int			encoding = GetDatabaseEncoding();

	if (encoding != PG_UTF8 && encoding != PG_SQL_ASCII)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("database encoding %s has no emoji", GetDatabaseEncodingName()),
				 errhint("Show the rating itself: it is plain text in any encoding.")));
	PG_RETURN_TEXT_P(cstring_to_text(words[PG_GETARG_RATING(0)].emoji));
}

/* advice(rating): what it means and what to do */
Datum
benchmark_rating_advice(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(words[PG_GETARG_RATING(0)].advice));
}
