/*-------------------------------------------------------------------------
 *
 * base/near_names.h
 *	  Names near to one that does not exist, for a hint.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_NEAR_NAMES_H
#define NRR_BASE_NEAR_NAMES_H

#define NEAR_NAMES	3

/* Names with their distances, the nearest first */
typedef struct NearNames
{
	const char *asked;
	int			limit;			/* names further away are not near */
	int			count;
	int			distances[NEAR_NAMES];
	const char *names[NEAR_NAMES];
} NearNames;

extern bool near_names_begin(NearNames *near, const char *asked);
extern void near_names_consider(NearNames *near, const char *name);
extern const char *near_names_list(const NearNames *near);

#endif							/* NRR_BASE_NEAR_NAMES_H */
