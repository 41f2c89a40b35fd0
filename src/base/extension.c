/*-------------------------------------------------------------------------
 *
 * base/extension.c
 *	  What is the extension's own, whoever installed it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "base/extension.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * The owner of an object; InvalidOid if it is gone.
 */
static Oid
object_owner(Oid class_id, Oid object_id)
{
	int			cache = get_object_catcache_oid(class_id);
	HeapTuple	tuple = SearchSysCache1(cache, ObjectIdGetDatum(object_id));
	bool		isnull;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = DatumGetObjectId(SysCacheGetAttr(cache, tuple, get_object_attnum_owner(class_id),
											 &isnull));
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * The extension that the running function is of.
 */
void
extension_of_call(FunctionCallInfo fcinfo, Extension *extension)
{
	Oid			function = fcinfo->flinfo->fn_oid;

	extension->oid = getExtensionOfObject(ProcedureRelationId, function);
	extension->owner = object_owner(ProcedureRelationId, function);
	extension->schema = get_func_namespace(function);
	if (!OidIsValid(extension->oid) || !OidIsValid(extension->owner) ||
		get_namespace_name(extension->schema) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("function %s belongs to no extension", format_procedure(function)),
				 errhint("Use CREATE EXTENSION to install it.")));
	extension->schema_name = quote_identifier(get_namespace_name(extension->schema));
}

/*
 * Is an object a member of the extension?
 */
bool
extension_has(const Extension *extension, Oid class_id, Oid object_id)
{
	return getExtensionOfObject(class_id, object_id) == extension->oid;
}

/*
 * Is it one that came with the extension?
 */
bool
extension_owns(const Extension *extension, Oid class_id, Oid object_id)
{
	return object_owner(class_id, object_id) == extension->owner &&
		extension_has(extension, class_id, object_id);
}

/*
 * The extension's own type of a name.
 */
Oid
extension_type(const Extension *extension, const char *name)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
									   ObjectIdGetDatum(extension->schema));

	if (!OidIsValid(type) || !extension_owns(extension, TypeRelationId, type))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("type \"%s\" is not where the extension has put it", name),
				 errhint("Put it back into the schema of the extension's functions, under its own name.")));
	return type;
}
