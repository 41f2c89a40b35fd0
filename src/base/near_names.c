/*-------------------------------------------------------------------------
 *
 * base/near_names.c
 *	  Names near to one that does not exist, for a hint.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/near_names.h"
#include "lib/stringinfo.h"
#include "utils/varlena.h"

/* Names longer than this are not compared */
#define LONGEST_NAME	255

/*
 * Begin a search for names near to one.  False if there can be none.
 */
bool
near_names_begin(NearNames *near, const char *asked)
{
	near->asked = asked;
	near->count = 0;
	if (strlen(asked) > LONGEST_NAME)
		return false;
	/* two letters of three may differ */
	near->limit = 2 * strlen(asked);
	return true;
}

static char *
ascii_lower(const char *name)
{
	char	   *lower = pstrdup(name);

	for (char *p = lower; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	return lower;
}

/*
 * Edit distance from what was asked for.  Missing characters count least, so
 * that part of a name finds it.
 */
static int
name_distance(const char *asked, const char *name, int limit)
{
	char	   *source = ascii_lower(asked);
	char	   *target = ascii_lower(name);

	return varstr_levenshtein_less_equal(source, strlen(source), target, strlen(target),
										 1, 3, 3, limit, true);
}

/* Does a name come after the one at a place in the list? */
static bool
comes_after(const NearNames *near, int place, const char *name, int distance)
{
	if (near->distances[place] != distance)
		return near->distances[place] < distance;
	return strcmp(near->names[place], name) <= 0;
}

static void
insert_name(NearNames *near, const char *name, int distance)
{
	int			place = near->count;

	while (place > 0 && !comes_after(near, place - 1, name, distance))
		place--;
	if (place == NEAR_NAMES)
		return;
	if (near->count < NEAR_NAMES)
		near->count++;
	for (int i = near->count - 1; i > place; i--)
	{
		near->distances[i] = near->distances[i - 1];
		near->names[i] = near->names[i - 1];
	}
	near->distances[place] = distance;
	near->names[place] = name;
}

/*
 * Keep a name, which must stay where it is, if it is one of the nearest.
 */
void
near_names_consider(NearNames *near, const char *name)
{
	int			distance;

	if (strlen(name) > LONGEST_NAME)
		return;
	distance = name_distance(near->asked, name, near->limit);
	if (distance <= near->limit)
		insert_name(near, name, distance);
}

/*
 * The names as a list for a message; NULL if there are none.
 */
const char *
near_names_list(const NearNames *near)
{
	StringInfoData list;

	if (near->count == 0)
		return NULL;
	initStringInfo(&list);
	/* beside a name that is very near, others are no candidates */
	for (int i = 0; i < near->count && near->distances[i] <= 4 * (near->distances[0] + 1); i++)
		appendStringInfo(&list, "%s\"%s\"", i == 0 ? "" : ", ", near->names[i]);
	return list.data;
}
