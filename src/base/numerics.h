/*-------------------------------------------------------------------------
 *
 * base/numerics.h
 *	  Numerical functions, and floats to and from numeric.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_NUMERICS_H
#define NRR_BASE_NUMERICS_H

#include "fmgr.h"

extern double normal_upper_quantile(double probability);

extern double numeric_to_double(Datum number);
extern Datum numeric_from_double(double value);
extern Datum numeric_from_double_rounded(double value, int decimals);
extern Datum numeric_from_string(const char *string);

#endif							/* NRR_BASE_NUMERICS_H */
