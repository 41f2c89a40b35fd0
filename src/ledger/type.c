/*-------------------------------------------------------------------------
 *
 * ledger/type.c
 *	  SQL calls that every type has: input and output, equality, order and
 *	  hash; and what a ledger says of itself as a whole.
 *
 * Text is the binary form in hexadecimal, as bytea has it: exact, independent
 * of any setting, and read by the one validator of ledger/check.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/compat.h"

#include "base/excerpt.h"
#include "base/interrupts.h"
#include "base/version.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "ledger/datum.h"
#include "ledger/read.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(revenue_ledger_in);
PG_FUNCTION_INFO_V1(revenue_ledger_out);
PG_FUNCTION_INFO_V1(revenue_ledger_recv);
PG_FUNCTION_INFO_V1(revenue_ledger_send);
PG_FUNCTION_INFO_V1(revenue_ledger_eq);
PG_FUNCTION_INFO_V1(revenue_ledger_ne);
PG_FUNCTION_INFO_V1(revenue_ledger_lt);
PG_FUNCTION_INFO_V1(revenue_ledger_le);
PG_FUNCTION_INFO_V1(revenue_ledger_gt);
PG_FUNCTION_INFO_V1(revenue_ledger_ge);
PG_FUNCTION_INFO_V1(revenue_ledger_cmp);
PG_FUNCTION_INFO_V1(revenue_ledger_hash);
PG_FUNCTION_INFO_V1(revenue_ledger_hash_extended);
PG_FUNCTION_INFO_V1(revenue_ledger_customers);
PG_FUNCTION_INFO_V1(revenue_ledger_periods);
PG_FUNCTION_INFO_V1(revenue_ledger_total);
PG_FUNCTION_INFO_V1(revenue_ledger_grain);
PG_FUNCTION_INFO_V1(revenue_ledger_snapshot_rule);

/*
 * Input and output
 *
 * The binary form is the flat ledger from its version on, with dscale in
 * network byte order.
 */
#define FORM_OFFSET		offsetof(RevenueLedger, version)
#define DSCALE_OFFSET	offsetof(RevenueLedger, dscale)

static void
dscale_to_network(RevenueLedger *ledger)
{
	uint16		dscale = pg_hton16(ledger->dscale);

	memcpy((char *) ledger + DSCALE_OFFSET, &dscale, sizeof(dscale));
}

static void
copy_bytes(char *to, const char *from, Size size)
{
	for (Size done = 0, piece; done < size; done += piece)
	{
		piece = next_piece(size - done);
		memcpy(to + done, from + done, piece);
	}
}

/*
 * The ledger of a binary form, which is copied.  A form that is none has the
 * given SQLSTATE; NULL is for a caller with a context for soft errors.
 */
static RevenueLedger *
ledger_from_form(const char *form, Size size, int sqlstate, struct Node *escontext)
{
	Size		ledger_size = FORM_OFFSET + size;
	RevenueLedger *ledger = palloc(Max(ledger_size, sizeof(RevenueLedger)));
	const char *problem;

	copy_bytes((char *) ledger + FORM_OFFSET, form, size);
	SET_VARSIZE(ledger, ledger_size);
	if (ledger_size >= sizeof(RevenueLedger))
		dscale_to_network(ledger);	/* which is its own inverse */
	if (size > 0 && ledger->version > LEDGER_VERSION)
		ereturn(escontext, NULL,
				(errunsupported_version("revenue_ledger", ledger->version, LEDGER_VERSION)));
	problem = ledger_problem(ledger, ledger_size);
	if (problem != NULL)
		ereturn(escontext, NULL,
				(errcode(sqlstate),
				 errmsg("malformed revenue_ledger"),
				 errdetail("%s", problem)));
	return ledger;
}

static bool
are_hex_digits(const char *text, Size length)
{
	for (Size i = 0; i < length; i++)
		if (!isxdigit((unsigned char) text[i]))
			return false;
	return true;
}

/*
 * The binary form of a text, or NULL if the text is not one.
 */
static char *
form_from_text(const char *text, Size *size)
{
	Size		length = strlen(text);
	char	   *form;

	if (length < 2 || text[0] != '\\' || text[1] != 'x' || length % 2 != 0)
		return NULL;
	text += 2;
	length -= 2;
	form = palloc(length / 2 + 1);
	*size = 0;
	for (Size done = 0, piece; done < length; done += piece)
	{
		piece = next_piece(length - done);
		if (!are_hex_digits(text + done, piece))
		{
			pfree(form);
			return NULL;
		}
		*size += hex_decode(text + done, piece, form + *size);
	}
	return form;
}

Datum
revenue_ledger_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	Size		size;
	char	   *form = form_from_text(text, &size);

	if (form == NULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "revenue_ledger", excerpt(text)),
				 errdetail("The text of a ledger is \\x and pairs of hexadecimal digits."),
				 errhint("A ledger is built from billing rows with revenue_ledger(customer, at, amount).")));
	PG_RETURN_LEDGER(ledger_from_form(form, size, ERRCODE_INVALID_TEXT_REPRESENTATION,
									  fcinfo->context));
}

Datum
revenue_ledger_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;

	PG_RETURN_LEDGER(ledger_from_form(pq_getmsgbytes(message, size), size,
									  ERRCODE_INVALID_BINARY_REPRESENTATION, NULL));
}

/* A flat copy of an argument in which dscale is in network byte order */
static RevenueLedger *
ledger_to_form(Datum argument)
{
	RevenueLedger *flat = ledger_datum_flat(argument);
	RevenueLedger *copy;

	if (VARSIZE(flat) < sizeof(RevenueLedger))
		damaged_ledger();
	copy = palloc(VARSIZE(flat));
	copy_bytes((char *) copy, (char *) flat, VARSIZE(flat));
	dscale_to_network(copy);
	return copy;
}

Datum
revenue_ledger_out(PG_FUNCTION_ARGS)
{
	RevenueLedger *form = ledger_to_form(PG_GETARG_DATUM(0));
	Size		size = VARSIZE(form) - FORM_OFFSET;
	char	   *result;
	char	   *p;

	if (size * 2 + 3 > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("revenue_ledger too large for its text form"),
				 errhint("Read it with ledger_entries, or copy it in binary format.")));
	result = palloc(size * 2 + 3);
	result[0] = '\\';
	result[1] = 'x';
	p = result + 2;
	for (Size done = 0, piece; done < size; done += piece)
	{
		piece = next_piece(size - done);
		p += hex_encode((char *) form + FORM_OFFSET + done, piece, p);
	}
	*p = '\0';
	PG_RETURN_CSTRING(result);
}

Datum
revenue_ledger_send(PG_FUNCTION_ARGS)
{
	RevenueLedger *form = ledger_to_form(PG_GETARG_DATUM(0));
	Size		size = VARSIZE(form) - FORM_OFFSET;
	StringInfoData message;

	pq_begintypsend(&message);
	enlargeStringInfo(&message, size);
	for (Size done = 0, piece; done < size; done += piece)
	{
		piece = next_piece(size - done);
		pq_sendbytes(&message, (char *) form + FORM_OFFSET + done, piece);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/*
 * Equality, order and hash
 *
 * Flat ledgers of one value agree in the bytes that ledger_value() returns.
 */
static void
free_if_copy(RevenueLedger *ledger, Datum argument)
{
	if ((Pointer) ledger != DatumGetPointer(argument))
		pfree(ledger);
}

static int
compare_bytes(const unsigned char *a, Size a_size, const unsigned char *b, Size b_size)
{
	Size		size = Min(a_size, b_size);

	for (Size done = 0, piece; done < size; done += piece)
	{
		int			order;

		piece = next_piece(size - done);
		order = memcmp(a + done, b + done, piece);
		if (order != 0)
			return order;
	}
	return a_size < b_size ? -1 : a_size > b_size;
}

static int
compare_arguments(FunctionCallInfo fcinfo)
{
	RevenueLedger *a = PG_GETARG_LEDGER(0);
	RevenueLedger *b = PG_GETARG_LEDGER(1);
	LedgerValue a_value,
				b_value;
	int			order = 0;

	ledger_value(a, &a_value);
	ledger_value(b, &b_value);
	for (int i = 0; i < LEDGER_VALUE_PARTS && order == 0; i++)
		order = compare_bytes(a_value.parts[i], a_value.sizes[i],
							  b_value.parts[i], b_value.sizes[i]);
	free_if_copy(a, PG_GETARG_DATUM(0));
	free_if_copy(b, PG_GETARG_DATUM(1));
	return order;
}

static uint64
hash_part(const unsigned char *part, Size size, uint64 seed)
{
	uint64		hash = seed;
	Size		done = 0;

	do
	{
		Size		piece = next_piece(size - done);

		hash = hash_bytes_extended(part + done, piece, hash);
		done += piece;
	} while (done < size);
	return hash;
}

static uint64
hash_argument(FunctionCallInfo fcinfo, uint64 seed)
{
	RevenueLedger *ledger = PG_GETARG_LEDGER(0);
	LedgerValue value;
	uint64		hash = seed;

	ledger_value(ledger, &value);
	for (int i = 0; i < LEDGER_VALUE_PARTS; i++)
		hash = hash_part(value.parts[i], value.sizes[i], hash);
	free_if_copy(ledger, PG_GETARG_DATUM(0));
	return hash;
}

Datum
revenue_ledger_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) == 0);
}

Datum
revenue_ledger_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) != 0);
}

Datum
revenue_ledger_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) < 0);
}

Datum
revenue_ledger_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) <= 0);
}

Datum
revenue_ledger_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) > 0);
}

Datum
revenue_ledger_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare_arguments(fcinfo) >= 0);
}

Datum
revenue_ledger_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

Datum
revenue_ledger_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) hash_argument(fcinfo, 0));
}

Datum
revenue_ledger_hash_extended(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) hash_argument(fcinfo, (uint64) PG_GETARG_INT64(1)));
}

/*
 * Facts
 */

/* customers(ledger): how many have an amount in some period */
Datum
revenue_ledger_customers(PG_FUNCTION_ARGS)
{
	LedgerInfo	info;

	ledger_datum_info(PG_GETARG_DATUM(0), &info);
	PG_RETURN_INT64(info.customers);
}

/* periods(ledger): the days from its first period to its last one */
Datum
revenue_ledger_periods(PG_FUNCTION_ARGS)
{
	LedgerInfo	info;
	RangeBound	lower = {0},
				upper = {0};

	ledger_datum_info(PG_GETARG_DATUM(0), &info);
	lower.lower = lower.inclusive = true;
	if (info.periods > 0)
	{
		lower.val = DateADTGetDatum(period_start(info.grain, info.first));
		upper.val = DateADTGetDatum(period_start(info.grain, info.first + info.periods));
	}
	PG_RETURN_RANGE_P(nrr_make_range(lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO),
									 &lower, &upper, info.periods == 0));
}

/* total(ledger): the plain sum of its amounts */
Datum
revenue_ledger_total(PG_FUNCTION_ARGS)
{
	LedgerInfo	info;

	ledger_datum_info(PG_GETARG_DATUM(0), &info);
	return money_to_numeric(info.total, info.scale, info.dscale);
}

/* snapshot_rule(ledger): when a subscription counts; NULL if there are none */
Datum
revenue_ledger_snapshot_rule(PG_FUNCTION_ARGS)
{
	LedgerTraits traits;

	ledger_datum_traits(PG_GETARG_DATUM(0), &traits);
	if (traits.snapshot == SNAPSHOT_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(snapshot_name(traits.snapshot)));
}

/* grain(ledger): its name */
Datum
revenue_ledger_grain(PG_FUNCTION_ARGS)
{
	LedgerInfo	info;

	ledger_datum_info(PG_GETARG_DATUM(0), &info);
	PG_RETURN_TEXT_P(cstring_to_text(grain_name(info.grain)));
}
