/*-------------------------------------------------------------------------
 *
 * bridge/walk.c
 *	  The options of readers of movements.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/arguments.h"
#include "bridge/walk.h"

/*
 * Read the options lookback, and grace and reactivation_within, which follow
 * each other, given where they are.
 */
void
movement_rules_from_arguments(FunctionCallInfo fcinfo, int lookback, int grace,
							  LedgerView *view, MovementRules *rules)
{
	rules->lookback = integer_option(fcinfo, lookback, "lookback", 1, 1);
	view->grace = integer_option(fcinfo, grace, "grace", 0, 0);
	rules->reactivation_within = integer_option(fcinfo, grace + 1, "reactivation_within", 1,
												ANY_TIME);
}
