/*-------------------------------------------------------------------------
 *
 * foreign_session.c
 *	  Sessions in which postgres_fdw works for a query of another server.
 *
 * Such a session is in the time zone GMT, whatever that of the query is.  An
 * aggregate counts as immutable there, so that postgres_fdw cannot be told that
 * the zone matters to one.
 *
 * A session does not say that it is one of postgres_fdw, but is known by what
 * configure_remote_session() in contrib/postgres_fdw/connection.c sets, the same
 * in all its versions.  A user who sets the time zone to GMT does not also set
 * all of these, to these values and by SET: drivers that want some of them ask for
 * them when they connect, which is another source.  (The search_path is not
 * looked at, since functions on the way here may have one of their own.)
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "foreign_session.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"

static const struct
{
	const char *name;
	const char *value;
}			settings[] =
{
	{"TimeZone", "GMT"},
	{"extra_float_digits", "3"},
	{"DateStyle", "ISO"},
	{"IntervalStyle", "postgres"},
};

static bool
is_set_to(const char *name, const char *value)
{
	const char *current = GetConfigOption(name, false, false);

	return strncmp(current, value, strlen(value)) == 0 &&
		(current[strlen(value)] == '\0' || current[strlen(value)] == ',');
}

/* Was a setting given its value by SET? */
static bool
is_set_in_session(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, false, ERROR)->source == PGC_S_SESSION;
#else
	struct config_generic **variables = get_guc_variables();
	int			i = 0;

	/* GetConfigOption() has found it */
	while (strcmp(variables[i]->name, name) != 0)
		i++;
	return variables[i]->source == PGC_S_SESSION;
#endif
}

bool
is_session_of_postgres_fdw(void)
{
	for (int i = 0; i < lengthof(settings); i++)
	{
		if (!is_set_to(settings[i].name, settings[i].value) ||
			!is_set_in_session(settings[i].name))
			return false;
	}
	return true;
}
