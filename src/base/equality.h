/*-------------------------------------------------------------------------
 *
 * base/equality.h
 *	  Whether values of a type are equal exactly if their texts are.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_EQUALITY_H
#define NRR_BASE_EQUALITY_H

extern bool equality_is_of_text(Oid type, Oid collation);

#endif							/* NRR_BASE_EQUALITY_H */
