/*-------------------------------------------------------------------------
 *
 * base/customer.c
 *	  A customer's key: what makes two billing rows those of one customer.
 *
 * Reads it from an SQL value, orders it, and gives it back as text.  Knows
 * nothing of amounts, periods or ledgers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/customer.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

void
customer_reader_init(CustomerReader *reader, Oid type, MemoryContext context)
{
	Oid			output;
	bool		is_varlena;

	reader->type = getBaseType(type);
	switch (reader->type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			reader->kind = CUSTOMER_INTEGER;
			break;
		case UUIDOID:
			reader->kind = CUSTOMER_UUID;
			break;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case UNKNOWNOID:
			reader->kind = CUSTOMER_TEXT;
			break;
		default:
			reader->kind = CUSTOMER_TEXT;
			getTypeOutputInfo(reader->type, &output, &is_varlena);
			fmgr_info_cxt(output, &reader->output, context);
	}
}

static CustomerKey
customer_from_bytes(const char *bytes, Size length)
{
	CustomerKey key;

	if (length > CUSTOMER_MAX_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("customer too long"),
				 errdetail("The text of a customer holds at most %d bytes; this one has %zu.",
						   CUSTOMER_MAX_LENGTH, length)));
	key.bytes = bytes;
	key.length = length;
	return key;
}

static CustomerKey
customer_from_number(int64 number)
{
	CustomerKey key;

	key.number = number;
	key.length = 0;
	return key;
}

/*
 * The key of an SQL value.  Bytes are those of the value, or palloc'd.
 */
CustomerKey
customer_read(CustomerReader *reader, Datum value)
{
	struct varlena *string;
	const char *bytes;

	switch (reader->type)
	{
		case INT4OID:
			return customer_from_number(DatumGetInt32(value));
		case INT8OID:
			return customer_from_number(DatumGetInt64(value));
		case INT2OID:
			return customer_from_number(DatumGetInt16(value));
		case UUIDOID:
			return customer_from_bytes((char *) DatumGetUUIDP(value)->data, UUID_LEN);
		case TEXTOID:
		case VARCHAROID:
			string = PG_DETOAST_DATUM_PACKED(value);
			return customer_from_bytes(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
		case BPCHAROID:
			string = PG_DETOAST_DATUM_PACKED(value);
			return customer_from_bytes(VARDATA_ANY(string),
									   bpchartruelen(VARDATA_ANY(string),
													 VARSIZE_ANY_EXHDR(string)));
		case UNKNOWNOID:
			bytes = DatumGetCString(value);
			return customer_from_bytes(bytes, strlen(bytes));
		default:
			bytes = OutputFunctionCall(&reader->output, value);
			return customer_from_bytes(bytes, strlen(bytes));
	}
}

const char *
customer_kind_name(CustomerKind kind)
{
	return kind == CUSTOMER_INTEGER ? "integer" : kind == CUSTOMER_UUID ? "uuid" : "text";
}

int
customer_compare(CustomerKind kind, const CustomerKey *a, const CustomerKey *b)
{
	int			order;

	if (kind == CUSTOMER_INTEGER)
		return a->number < b->number ? -1 : a->number > b->number;
	order = memcmp(a->bytes, b->bytes, Min(a->length, b->length));
	if (order != 0)
		return order;
	return a->length < b->length ? -1 : a->length > b->length;
}

Datum
customer_to_text(CustomerKind kind, const CustomerKey *key)
{
	pg_uuid_t	uuid;

	switch (kind)
	{
		case CUSTOMER_INTEGER:
			return CStringGetTextDatum(DatumGetCString(DirectFunctionCall1(int8out,
																		   Int64GetDatum(key->number))));
		case CUSTOMER_UUID:
			memcpy(uuid.data, key->bytes, UUID_LEN);
			return CStringGetTextDatum(DatumGetCString(DirectFunctionCall1(uuid_out,
																		   UUIDPGetDatum(&uuid))));
		default:
			return PointerGetDatum(cstring_to_text_with_len(key->bytes, key->length));
	}
}
