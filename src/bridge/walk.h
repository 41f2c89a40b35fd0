/*-------------------------------------------------------------------------
 *
 * bridge/walk.h
 *	  The movements of a customer, period by period, each against an earlier
 *	  one.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_WALK_H
#define NRR_BRIDGE_WALK_H

#include "bridge/bridge.h"
#include "ledger/scan.h"

/* What the options of readers of movements say */
typedef struct MovementRules
{
	int32		lookback;
	int32		reactivation_within;	/* periods; later returns are new */
} MovementRules;

#define ANY_TIME	PG_INT32_MAX

extern void movement_rules_from_arguments(FunctionCallInfo fcinfo, int lookback, int grace,
										  LedgerView *view, MovementRules *rules);

/*
 * Takes the revenue of a customer at the start and at the end of each of the
 * periods from 'period' up to, not including, 'end'.
 */
typedef void (*MovementSink) (void *sink, int32 period, int32 end, Movement movement,
							  int128 starting, int128 ending);

/*
 * Goes through the periods in which a customer had revenue, which are seen some
 * periods later than they were.
 */
typedef struct ActiveRuns
{
	const RevenueRun *left;		/* the run before, or NULL */
	const RevenueRun *run;
	const RevenueRun *runs_end;
	int32		later;
	int64		begin;			/* of the run, as it is seen; past all periods if there is */
	int64		end;			/* none left */
} ActiveRuns;

static pg_attribute_always_inline void
find_active(ActiveRuns *active, const RevenueRun *run)
{
	while (run < active->runs_end && run->amount <= 0)
		run++;
	active->run = run;
	active->begin = active->end = PG_INT64_MAX;
	if (run < active->runs_end)
	{
		active->begin = (int64) run->period + active->later;
		active->end = (int64) run_end(run) + active->later;
	}
}

static pg_attribute_always_inline void
begin_active(ActiveRuns *active, const RevenueSeries *series, int32 later)
{
	active->left = NULL;
	active->runs_end = series->runs + series->length;
	active->later = later;
	find_active(active, series->runs);
}

/* Revenue in a period that the run does not end before */
static inline int128
active_revenue(const ActiveRuns *active, int64 period)
{
	return active->begin <= period ? active->run->amount : 0;
}

/* The period after that where the revenue may be another one */
static inline int64
active_change(const ActiveRuns *active, int64 period)
{
	return active->begin > period ? active->begin : active->end;
}

static pg_attribute_always_inline void
pass_period(ActiveRuns *active, int64 end)
{
	if (active->end > end)
		return;
	active->left = active->run;
	find_active(active, active->run + 1);
}

/*
 * What a customer did that had no revenue before, and has some now: is that
 * close enough to its last revenue to be a reactivation?
 */
static inline Movement
arrival(const ActiveRuns *before, const MovementRules *rules)
{
	if (before->left != NULL &&
		(int64) before->run->period - (run_end(before->left) - 1) <= rules->reactivation_within)
		return MOVEMENT_REACTIVATION;
	return MOVEMENT_NEW;
}

/*
 * Tell a sink all that a customer did up to the last period: all periods in
 * which it starts or ends with revenue, in order, neighbouring ones in which it
 * did the same at once.  Inline, and with it the sink: it is called for every
 * run of every customer.
 */
static pg_attribute_always_inline void
walk_customer(const RevenueSeries *series, int32 last, const MovementRules *rules,
			  MovementSink put, void *sink)
{
	ActiveRuns	before;
	ActiveRuns	now;
	int64		next;

	begin_active(&now, series, 0);
	begin_active(&before, series, rules->lookback);
	for (int64 period = now.begin; period <= last; period = next)
	{
		int128		starting = active_revenue(&before, period);
		int128		ending = active_revenue(&now, period);

		next = Min(active_change(&before, period), active_change(&now, period));
		next = Min(next, (int64) last + 1);
		if (starting != 0 || ending != 0)
			put(sink, (int32) period, (int32) next,
				movement_between(starting, ending,
								 starting == 0 ? arrival(&before, rules) : MOVEMENT_UNCHANGED),
				starting, ending);
		pass_period(&before, next);
		pass_period(&now, next);
	}
}

#endif							/* NRR_BRIDGE_WALK_H */
