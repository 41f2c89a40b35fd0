/*-------------------------------------------------------------------------
 *
 * ledger_type.c
 *	  SQL calls that every type has: input and output, equality, order and
 *	  hash; and what a ledger says of itself as a whole.
 *
 * Text is the binary form in hexadecimal, as bytea has it: exact, independent
 * of any setting, and read by the one validator of ledger.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "ledger_build.h"
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

/*
 * The ledger of a would-be binary form, which is copied; sets *problem if it
 * is none.
 */
static RevenueLedger *
ledger_from_form(const char *form, Size size, const char **problem)
{
	Size		ledger_size = FORM_OFFSET + size;
	RevenueLedger *ledger = palloc(Max(ledger_size, sizeof(RevenueLedger)));

	memcpy((char *) ledger + FORM_OFFSET, form, size);
	SET_VARSIZE(ledger, ledger_size);
	if (ledger_size >= sizeof(RevenueLedger))
		dscale_to_network(ledger);	/* which is its own inverse */
	*problem = ledger_problem(ledger, ledger_size);
	return ledger;
}

Datum
revenue_ledger_in(PG_FUNCTION_ARGS)
{
	char	   *string = PG_GETARG_CSTRING(0);
	Size		length = strlen(string);
	char	   *form;
	uint64		size;
	RevenueLedger *ledger;
	const char *problem;

	if (length < 2 || string[0] != '\\' || string[1] != 'x')
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.64s\"", "revenue_ledger", string),
				 errdetail("The text of a ledger is \\x and hexadecimal digits."),
				 errhint("A ledger is built from billing rows with revenue_ledger(customer, at, amount).")));
	form = palloc(length / 2 + 1);
	size = nrr_hex_decode(string + 2, length - 2, form, fcinfo->context);
	if (SOFT_ERROR_OCCURRED(fcinfo->context))
		PG_RETURN_NULL();
	ledger = ledger_from_form(form, size, &problem);
	if (problem != NULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("malformed revenue_ledger"),
				 errdetail("%s", problem)));
	PG_RETURN_LEDGER(ledger);
}

Datum
revenue_ledger_recv(PG_FUNCTION_ARGS)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			size = message->len - message->cursor;
	const char *problem;
	RevenueLedger *ledger;

	ledger = ledger_from_form(pq_getmsgbytes(message, size), size, &problem);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("malformed revenue_ledger"),
				 errdetail("%s", problem)));
	PG_RETURN_LEDGER(ledger);
}

/* A flat copy of an argument in which dscale is in network byte order */
static RevenueLedger *
ledger_to_form(Datum argument)
{
	RevenueLedger *flat = ledger_datum_flat(argument);
	RevenueLedger *copy = palloc(VARSIZE(flat));

	memcpy(copy, flat, VARSIZE(flat));
	dscale_to_network(copy);
	return copy;
}

Datum
revenue_ledger_out(PG_FUNCTION_ARGS)
{
	RevenueLedger *form = ledger_to_form(PG_GETARG_DATUM(0));
	Size		size = VARSIZE(form) - FORM_OFFSET;
	char	   *result;

	if (size * 2 + 3 > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("revenue_ledger too large for its text form"),
				 errhint("Read it with ledger_entries, or copy it in binary format.")));
	result = palloc(size * 2 + 3);
	result[0] = '\\';
	result[1] = 'x';
	hex_encode((char *) form + FORM_OFFSET, size, result + 2);
	result[2 + size * 2] = '\0';
	PG_RETURN_CSTRING(result);
}

Datum
revenue_ledger_send(PG_FUNCTION_ARGS)
{
	RevenueLedger *form = ledger_to_form(PG_GETARG_DATUM(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendbytes(&message, (char *) form + FORM_OFFSET, VARSIZE(form) - FORM_OFFSET);
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/*
 * Equality, order and hash
 *
 * The flat form is canonical, so bytes tell; all but those of dscale, which
 * come first.
 */
#define CONTENT(ledger)			((const unsigned char *) (ledger) + offsetof(RevenueLedger, grain))
#define CONTENT_SIZE(ledger)	(VARSIZE(ledger) - offsetof(RevenueLedger, grain))

static void
free_if_copy(RevenueLedger *ledger, Datum argument)
{
	if ((Pointer) ledger != DatumGetPointer(argument))
		pfree(ledger);
}

static int
compare_arguments(FunctionCallInfo fcinfo)
{
	RevenueLedger *a = PG_GETARG_LEDGER(0);
	RevenueLedger *b = PG_GETARG_LEDGER(1);
	Size		a_size = CONTENT_SIZE(a);
	Size		b_size = CONTENT_SIZE(b);
	int			order = memcmp(CONTENT(a), CONTENT(b), Min(a_size, b_size));

	if (order == 0)
		order = a_size < b_size ? -1 : a_size > b_size;
	free_if_copy(a, PG_GETARG_DATUM(0));
	free_if_copy(b, PG_GETARG_DATUM(1));
	return order;
}

/* Ledgers of different sizes differ, and sizes are known without detoasting */
static bool
arguments_equal(FunctionCallInfo fcinfo)
{
	if (toast_raw_datum_size(PG_GETARG_DATUM(0)) != toast_raw_datum_size(PG_GETARG_DATUM(1)))
		return false;
	return compare_arguments(fcinfo) == 0;
}

Datum
revenue_ledger_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(arguments_equal(fcinfo));
}

Datum
revenue_ledger_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!arguments_equal(fcinfo));
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
	RevenueLedger *ledger = PG_GETARG_LEDGER(0);
	Datum		hash = hash_any(CONTENT(ledger), CONTENT_SIZE(ledger));

	free_if_copy(ledger, PG_GETARG_DATUM(0));
	return hash;
}

Datum
revenue_ledger_hash_extended(PG_FUNCTION_ARGS)
{
	RevenueLedger *ledger = PG_GETARG_LEDGER(0);
	Datum		hash = hash_any_extended(CONTENT(ledger), CONTENT_SIZE(ledger),
										 PG_GETARG_INT64(1));

	free_if_copy(ledger, PG_GETARG_DATUM(0));
	return hash;
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

/* grain(ledger): its name */
Datum
revenue_ledger_grain(PG_FUNCTION_ARGS)
{
	LedgerInfo	info;

	ledger_datum_info(PG_GETARG_DATUM(0), &info);
	PG_RETURN_TEXT_P(cstring_to_text(grain_name(info.grain)));
}
