/*-------------------------------------------------------------------------
 *
 * bridge/cohort_calendar.h
 *	  The cohorts that customers belong to by the period in which they begin.
 *
 * A cohort is a period of some grain, which may be coarser than the ledger's.
 * Cohorts are numbered from 0, the one with the ledger's first period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_COHORT_CALENDAR_H
#define NRR_BRIDGE_COHORT_CALENDAR_H

#include "ledger/ledger.h"

typedef struct CohortCalendar
{
	Grain		grain;			/* of cohorts */
	int32		first_period;	/* of the ledger */
	int32		first_cohort;	/* as a period of their grain */
	int32		ncohorts;
	int32	   *numbers;		/* of the ledger's periods; NULL if each is a cohort */
} CohortCalendar;

extern void check_cohort_grain(Grain grain, Grain ledger_grain);
extern void cohort_calendar_init(CohortCalendar *calendar, Grain grain, const LedgerInfo *info);

static inline int32
cohort_of_period(const CohortCalendar *calendar, int32 period)
{
	int32		i = period - calendar->first_period;

	return calendar->numbers != NULL ? calendar->numbers[i] : i;
}

static inline DateADT
cohort_start(const CohortCalendar *calendar, int32 number)
{
	return period_start(calendar->grain, calendar->first_cohort + number);
}

#endif							/* NRR_BRIDGE_COHORT_CALENDAR_H */
