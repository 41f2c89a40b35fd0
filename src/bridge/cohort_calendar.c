/*-------------------------------------------------------------------------
 *
 * bridge/cohort_calendar.c
 *	  The cohorts that customers belong to by the period in which they begin.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "bridge/cohort_calendar.h"

void
check_cohort_grain(Grain grain, Grain ledger_grain)
{
	if (grain < ledger_grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cohort grain %s is finer than the ledger's, %s",
						grain_name(grain), grain_name(ledger_grain)),
				 errhint("Build the ledger by %s.", grain_name(grain))));
}

/*
 * Set up the cohorts of a grain for the periods of a ledger.
 */
void
cohort_calendar_init(CohortCalendar *calendar, Grain grain, const LedgerInfo *info)
{
	int32		nperiods = info->periods;

	check_cohort_grain(grain, info->grain);
	calendar->grain = grain;
	calendar->first_period = calendar->first_cohort = info->first;
	calendar->ncohorts = nperiods;
	calendar->numbers = NULL;
	if (grain == info->grain || nperiods == 0)
		return;

	calendar->numbers = palloc(nperiods * sizeof(int32));
	calendar->first_cohort = period_of_date(grain, period_start(info->grain, info->first));
	for (int32 i = 0; i < nperiods; i++)
		calendar->numbers[i] = period_of_date(grain, period_start(info->grain, info->first + i)) -
			calendar->first_cohort;
	calendar->ncohorts = calendar->numbers[nperiods - 1] + 1;
}
