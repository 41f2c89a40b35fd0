/*-------------------------------------------------------------------------
 *
 * bridge/bridge.h
 *	  The bridge from the revenue at the start of some time to that at its
 *	  end, and the rates that it gives: the only place where these are defined.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_BRIDGE_H
#define NRR_BRIDGE_BRIDGE_H

#include "base/money.h"

/* What a customer's revenue did from the start to the end */
typedef enum Movement
{
	MOVEMENT_NEW = 1,			/* 0 is BRIDGE_STARTING */
	MOVEMENT_REACTIVATION,
	MOVEMENT_EXPANSION,
	MOVEMENT_CONTRACTION,
	MOVEMENT_CHURN,
	MOVEMENT_UNCHANGED
} Movement;

extern const char *const movement_names[];

/*
 * The parts of a bridge: the revenue at the start, and, by its number, each
 * movement that changes it.
 */
#define BRIDGE_STARTING	0
#define BRIDGE_PARTS	MOVEMENT_UNCHANGED

/*
 * The revenue of each part and how many customers have it.  What is lost by
 * contraction and churn has no sign.
 *
 * A stored retention_summary holds these bytes.
 */
typedef struct Bridge
{
	int128		amounts[BRIDGE_PARTS];
	int64		customers[BRIDGE_PARTS];
} Bridge;

/*
 * What a revenue did that was 'starting' and is 'ending', neither negative;
 * 'arrival' is what it did if there was none.
 */
static inline Movement
movement_between(int128 starting, int128 ending, Movement arrival)
{
	if (starting == 0 && ending != 0)
		return arrival;
	if (ending == 0 && starting != 0)
		return MOVEMENT_CHURN;
	return ending > starting ? MOVEMENT_EXPANSION :
		ending < starting ? MOVEMENT_CONTRACTION : MOVEMENT_UNCHANGED;
}

/* A rate is part / whole, both not negative; it is undefined if whole is 0 */
typedef struct Fraction
{
	int128		part;
	int128		whole;
} Fraction;

/* A rate of a bridge */
typedef Fraction (*BridgeRate) (const Bridge *bridge);

extern int128 bridge_retained(const Bridge *bridge);
extern int128 bridge_retained_ending(const Bridge *bridge);
extern int64 bridge_retained_customers(const Bridge *bridge);
extern int128 bridge_ending(const Bridge *bridge);
extern int64 bridge_ending_customers(const Bridge *bridge);

extern Fraction bridge_nrr(const Bridge *bridge);
extern Fraction bridge_grr(const Bridge *bridge);
extern Fraction bridge_logo_retention(const Bridge *bridge);
extern Fraction bridge_churn_rate(const Bridge *bridge);
extern Fraction bridge_quick_ratio(const Bridge *bridge);

extern BridgeRate retention_rate_from_text(text *name);

#endif							/* NRR_BRIDGE_BRIDGE_H */
