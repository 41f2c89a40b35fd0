/*-------------------------------------------------------------------------
 *
 * base/equality.c
 *	  Whether values of a type are equal exactly if their texts are.
 *
 * B-trees merge equal entries into one if a type's operator class says that they
 * are of the same bytes (BTEQUALIMAGE_PROC).  Then they are of the same text,
 * too.  Types made of other types are equal if their parts are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/nbtree.h"
#include "access/tupdesc.h"
#include "base/equality.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

static bool
is_equal_image(const TypeCacheEntry *type, Oid collation)
{
	Oid			procedure;

	if (!OidIsValid(type->btree_opf))
		return false;
	procedure = get_opfamily_proc(type->btree_opf, type->btree_opintype, type->btree_opintype,
								  BTEQUALIMAGE_PROC);
	return OidIsValid(procedure) &&
		DatumGetBool(OidFunctionCall1Coll(procedure, collation,
										  ObjectIdGetDatum(type->btree_opintype)));
}

static bool
range_equality_is_of_text(const TypeCacheEntry *range)
{
	/* bounds may be compared otherwise than their type is by itself */
	Oid			bound = getBaseType(range->rngelemtype->type_id);

	return range->rng_cmp_proc_finfo.fn_oid == lookup_type_cache(bound, TYPECACHE_CMP_PROC)->cmp_proc &&
		equality_is_of_text(bound, range->rng_collation);
}

static bool
row_equality_is_of_text(Oid type)
{
	TupleDesc	columns = lookup_rowtype_tupdesc(type, -1);
	bool		result = true;

	for (int i = 0; i < columns->natts && result; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		result = column->attisdropped ||
			equality_is_of_text(column->atttypid, column->attcollation);
	}
	ReleaseTupleDesc(columns);
	return result;
}

/*
 * A type without an equality is its text.  Nothing is known of a row of no
 * declared type.
 */
bool
equality_is_of_text(Oid type, Oid collation)
{
	TypeCacheEntry *entry;

	check_stack_depth();
	entry = lookup_type_cache(getBaseType(type),
							  TYPECACHE_EQ_OPR | TYPECACHE_BTREE_OPFAMILY |
							  TYPECACHE_RANGE_INFO | TYPECACHE_MULTIRANGE_INFO);
	if (!OidIsValid(entry->eq_opr))
		return true;
	if (entry->type_id == BPCHAROID || entry->type_id == RECORDOID)
		return false;			/* blanks at the end are not compared */
	if (OidIsValid(get_element_type(entry->type_id)))
		return equality_is_of_text(get_element_type(entry->type_id), collation);
	if (entry->typtype == TYPTYPE_RANGE)
		return range_equality_is_of_text(entry);
	if (entry->typtype == TYPTYPE_MULTIRANGE)
		return range_equality_is_of_text(entry->rngtype);
	if (entry->typtype == TYPTYPE_COMPOSITE)
		return row_equality_is_of_text(entry->type_id);
	return is_equal_image(entry, OidIsValid(collation) ? collation : DEFAULT_COLLATION_OID);
}
