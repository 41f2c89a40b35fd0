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
#include "base/equality.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

/*
 * Two texts must be equal only if they are the same.
 */
static void
check_collation(Oid type, Oid collation)
{
	if (!OidIsValid(collation) || !type_is_collatable(type) ||
		get_collation_isdeterministic(collation))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("nondeterministic collations are not supported for customers"),
			 errdetail("Texts of collation \"%s\" may be equal while they differ.",
					   get_collation_name(collation)),
			 errhint("Make a text of them that equal ones share, in the query or in a view, for example lower(customer) COLLATE \"C\".")));
}

static void
check_equality(Oid type, Oid collation, Oid declared)
{
	if (equality_is_of_text(type, collation))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("a customer cannot be of type %s", format_type_be(declared)),
			 errdetail("Values of this type may be equal while their texts differ."),
			 errhint("Cast it to text, in the query or in a view: as customer::text if customers of different texts are different ones, else in a form that equal values share, such as lower(customer)::text.")));
}

/*
 * What reads customers of a type.  The collation is 0 if it is not known; then
 * it is taken for the default one, which is deterministic.
 */
void
customer_reader_init(CustomerReader *reader, Oid type, Oid collation, MemoryContext context)
{
	Oid			output;
	bool		is_varlena;

	reader->type = getBaseType(type);
	check_collation(reader->type, collation);
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
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
			reader->kind = CUSTOMER_TEXT;
			break;
		default:
			check_equality(reader->type, collation, type);
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
customer_from_string(const char *string)
{
	return customer_from_bytes(string, strlen(string));
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
 * The shortest text of a float, whatever settings there are for its output;
 * minus zero is zero.
 */
static const char *
text_of_float4(float4 value)
{
	char	   *text = palloc(FLOAT_SHORTEST_DECIMAL_LEN);

	float_to_shortest_decimal_buf(value == 0 ? 0 : value, text);
	return text;
}

static const char *
text_of_float8(float8 value)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(value == 0 ? 0 : value, text);
	return text;
}

/*
 * The key of an SQL value.  Bytes are those of the value, or palloc'd.
 */
CustomerKey
customer_read(CustomerReader *reader, Datum value)
{
	struct varlena *string;

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
			return customer_from_string(DatumGetCString(value));
		case NUMERICOID:
			return customer_from_string(numeric_normalize(DatumGetNumeric(value)));
		case FLOAT4OID:
			return customer_from_string(text_of_float4(DatumGetFloat4(value)));
		case FLOAT8OID:
			return customer_from_string(text_of_float8(DatumGetFloat8(value)));
		default:
			return customer_from_string(OutputFunctionCall(&reader->output, value));
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
