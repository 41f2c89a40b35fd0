/*-------------------------------------------------------------------------
 *
 * excerpt.c
 *	  What a user gave, as messages show it: not all of it where it is long.
 *
 * A message goes to the client and into the server's log, and must be in one
 * piece: what is cut is cut between two characters, whatever their bytes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "excerpt.h"
#include "mb/pg_wchar.h"

/* Bytes of a string that are shown */
#define EXCERPT_LENGTH	64

static const char *
excerpt_of_bytes(const char *bytes, int length)
{
	int			shown = pg_mbcliplen(bytes, length, EXCERPT_LENGTH);

	return psprintf("%.*s%s", shown, bytes, shown < length ? "..." : "");
}

const char *
excerpt(const char *string)
{
	return excerpt_of_bytes(string, strlen(string));
}

const char *
excerpt_of_text(const text *string)
{
	return excerpt_of_bytes(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
}
