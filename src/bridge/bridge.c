/*-------------------------------------------------------------------------
 *
 * bridge/bridge.c
 *	  The ends of a bridge, and the rates that it gives.
 *
 * Nothing is checked for its range here: whoever shows an amount or a rate
 * checks it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "bridge/bridge.h"

const char *const movement_names[] = {
	[MOVEMENT_NEW] = "new",
	[MOVEMENT_REACTIVATION] = "reactivation",
	[MOVEMENT_EXPANSION] = "expansion",
	[MOVEMENT_CONTRACTION] = "contraction",
	[MOVEMENT_CHURN] = "churn",
	[MOVEMENT_UNCHANGED] = "unchanged",
};

/*
 * What customers with revenue at the start pay at the end, each counted with
 * no more than at the start.
 */
int128
bridge_retained(const Bridge *bridge)
{
	return bridge->amounts[BRIDGE_STARTING] -
		bridge->amounts[MOVEMENT_CONTRACTION] - bridge->amounts[MOVEMENT_CHURN];
}

/*
 * What customers with revenue at the start pay at the end.
 */
int128
bridge_retained_ending(const Bridge *bridge)
{
	return bridge_retained(bridge) + bridge->amounts[MOVEMENT_EXPANSION];
}

int64
bridge_retained_customers(const Bridge *bridge)
{
	return bridge->customers[BRIDGE_STARTING] - bridge->customers[MOVEMENT_CHURN];
}

int128
bridge_ending(const Bridge *bridge)
{
	return bridge_retained_ending(bridge) +
		bridge->amounts[MOVEMENT_NEW] + bridge->amounts[MOVEMENT_REACTIVATION];
}

int64
bridge_ending_customers(const Bridge *bridge)
{
	return bridge_retained_customers(bridge) +
		bridge->customers[MOVEMENT_NEW] + bridge->customers[MOVEMENT_REACTIVATION];
}

/* Net revenue retention */
Fraction
bridge_nrr(const Bridge *bridge)
{
	return (Fraction) {bridge_retained_ending(bridge), bridge->amounts[BRIDGE_STARTING]};
}

/* Gross revenue retention */
Fraction
bridge_grr(const Bridge *bridge)
{
	return (Fraction) {bridge_retained(bridge), bridge->amounts[BRIDGE_STARTING]};
}

/* The share of the customers that stayed */
Fraction
bridge_logo_retention(const Bridge *bridge)
{
	return (Fraction) {bridge_retained_customers(bridge), bridge->customers[BRIDGE_STARTING]};
}

/* Revenue of the customers that left, of that at the start */
Fraction
bridge_churn_rate(const Bridge *bridge)
{
	return (Fraction) {bridge->amounts[MOVEMENT_CHURN], bridge->amounts[BRIDGE_STARTING]};
}

/* Revenue won by revenue lost */
Fraction
bridge_quick_ratio(const Bridge *bridge)
{
	const int128 *amounts = bridge->amounts;

	return (Fraction)
	{
		amounts[MOVEMENT_NEW] + amounts[MOVEMENT_REACTIVATION] + amounts[MOVEMENT_EXPANSION],
		amounts[MOVEMENT_CONTRACTION] + amounts[MOVEMENT_CHURN]
	};
}

/*
 * The rate of retention of a name.
 */
BridgeRate
retention_rate_from_text(text *name)
{
	static const struct
	{
		const char *name;
		BridgeRate	rate;
	}			rates[] = {
		{"nrr", bridge_nrr},
		{"grr", bridge_grr},
		{"logo_retention", bridge_logo_retention},
	};
	char	   *string = text_to_cstring(name);

	for (int i = 0; i < lengthof(rates); i++)
	{
		if (pg_strcasecmp(string, rates[i].name) == 0)
			return rates[i].rate;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown metric \"%s\"", excerpt(string)),
			 errhint("A metric is nrr, grr or logo_retention.")));
}
