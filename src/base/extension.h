/*-------------------------------------------------------------------------
 *
 * base/extension.h
 *	  What is the extension's own, whoever installed it.
 *
 * The owner of an extension can add objects of his own to it, so membership
 * alone proves nothing.  Its own are the members that belong to the role that
 * the function belongs to which is running: nobody can give objects to a role
 * that he is not in.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_EXTENSION_H
#define NRR_BASE_EXTENSION_H

#include "fmgr.h"

typedef struct Extension
{
	Oid			oid;
	Oid			owner;			/* of its functions */
	Oid			schema;
	const char *schema_name;	/* quoted where it has to be */
} Extension;

extern void extension_of_call(FunctionCallInfo fcinfo, Extension *extension);
extern bool extension_owns(const Extension *extension, Oid class_id, Oid object_id);
extern bool extension_has(const Extension *extension, Oid class_id, Oid object_id);
extern Oid	extension_type(const Extension *extension, const char *name);

#endif							/* NRR_BASE_EXTENSION_H */
