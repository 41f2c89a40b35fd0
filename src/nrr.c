/*-------------------------------------------------------------------------
 *
 * nrr.c
 *	  The module's magic block, and nothing else.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "nrr", .version = "1.0");
#else
PG_MODULE_MAGIC;
#endif
