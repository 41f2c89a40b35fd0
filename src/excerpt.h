/*-------------------------------------------------------------------------
 *
 * excerpt.h
 *	  What a user gave, as messages show it: not all of it where it is long.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_EXCERPT_H
#define NRR_EXCERPT_H

extern const char *excerpt(const char *string);
extern const char *excerpt_of_text(const text *string);

#endif							/* NRR_EXCERPT_H */
