/*-------------------------------------------------------------------------
 *
 * bridge/formulas.c
 *	  The textbook formulas, which take the parts of a bridge as arguments:
 *	  nrr(starting, expansion, contraction, churn) and
 *	  grr(starting, contraction, churn).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "bridge/bridge.h"

/* The part of a bridge that each argument is; the others are empty */
static const int nrr_parts[] = {
	BRIDGE_STARTING, MOVEMENT_EXPANSION, MOVEMENT_CONTRACTION, MOVEMENT_CHURN
};
static const int grr_parts[] = {
	BRIDGE_STARTING, MOVEMENT_CONTRACTION, MOVEMENT_CHURN
};

static void
read_part(Datum argument, int part, DecimalReader read, Decimal *amount)
{
	read(argument, amount);
	if (amount->value < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be negative",
						part == BRIDGE_STARTING ? "starting" : movement_names[part]),
				 errhint("Components have no sign of their own; contraction and churn are subtracted here.")));
	decimal_shorten(amount, 0);
}

/*
 * A bridge of the arguments of a call, at the smallest scale that holds them.
 */
static void
bridge_from_arguments(FunctionCallInfo fcinfo, const int *parts, DecimalReader read,
					  Bridge *bridge)
{
	Decimal		amounts[BRIDGE_PARTS];
	int			scale = 0;

	memset(bridge, 0, sizeof(Bridge));
	for (int i = 0; i < PG_NARGS(); i++)
	{
		read_part(PG_GETARG_DATUM(i), parts[i], read, &amounts[i]);
		scale = Max(scale, amounts[i].scale);
	}
	for (int i = 0; i < PG_NARGS(); i++)
		bridge->amounts[parts[i]] = money_rescale(amounts[i].value, scale - amounts[i].scale);
}

static Datum
formula_percent(FunctionCallInfo fcinfo, const int *parts, BridgeRate rate, DecimalReader read)
{
	Bridge		bridge;
	Fraction	fraction;

	bridge_from_arguments(fcinfo, parts, read, &bridge);
	fraction = rate(&bridge);
	if (fraction.whole == 0)
		PG_RETURN_NULL();
	if (fraction.part < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("more revenue is lost than there was"),
				 errhint("Contraction and churn are those of customers with revenue at the start.")));
	return percent_numeric(fraction.part, fraction.whole);
}

#define FORMULAS(type) \
	PG_FUNCTION_INFO_V1(nrr_formula_##type); \
	Datum nrr_formula_##type(PG_FUNCTION_ARGS) \
	{ \
		return formula_percent(fcinfo, nrr_parts, bridge_nrr, decimal_from_##type); \
	} \
	PG_FUNCTION_INFO_V1(grr_formula_##type); \
	Datum grr_formula_##type(PG_FUNCTION_ARGS) \
	{ \
		return formula_percent(fcinfo, grr_parts, bridge_grr, decimal_from_##type); \
	}

FORMULAS(int4)
FORMULAS(int8)
FORMULAS(numeric)
FORMULAS(float8)
