/*-------------------------------------------------------------------------
 *
 * billing/frequency.h
 *	  How often something is billed, in words.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_FREQUENCY_H
#define NRR_BILLING_FREQUENCY_H

#include "datatype/timestamp.h"

typedef struct BillingPeriod
{
	int64		months;
	int64		days;
} BillingPeriod;

extern BillingPeriod period_of_interval(Interval *interval);
extern BillingPeriod period_of_frequency(const char *frequency);

#endif							/* NRR_BILLING_FREQUENCY_H */
