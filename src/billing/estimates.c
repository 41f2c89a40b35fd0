/*-------------------------------------------------------------------------
 *
 * billing/estimates.c
 *	  How many rows our functions are likely to return, for the planner.
 *
 * Of a constant ledger it is known; of a table it follows from the statistics
 * of its dates.  Where neither is at hand the ROWS of the function stands.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/htup_details.h"
#include "billing/source.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "ledger/datum.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(ledger_entries_support);
PG_FUNCTION_INFO_V1(revenue_movements_support);
PG_FUNCTION_INFO_V1(customer_movements_support);
PG_FUNCTION_INFO_V1(cohort_retention_support);

/* What is known beforehand of the ledger that a call is about */
typedef struct LedgerEstimate
{
	Grain		grain;
	double		periods;
	double		entries;		/* 0 if they are not known */
	List	   *options;		/* arguments after those that give the ledger */
} LedgerEstimate;

/* Days from the first date to the last one */
typedef struct DaySpan
{
	DateADT		first;
	DateADT		last;
	bool		found;
} DaySpan;

/*
 * The value of an argument as far as the planner can tell; else NULL.  What is
 * not immutable is not evaluated for an estimate: it may read a whole table.
 */
static Const *
constant_argument(SupportRequestRows *request, List *args, int n)
{
	Node	   *value;

	if (n >= list_length(args) || contain_mutable_functions(list_nth(args, n)))
		return NULL;
	value = estimate_expression_value(request->root, list_nth(args, n));
	if (!IsA(value, Const) || ((Const *) value)->constisnull)
		return NULL;
	return (Const *) value;
}

static void
span_take(DaySpan *span, Oid type, Datum value)
{
	DateADT		day;

	if (type == DATEOID)
		day = DatumGetDateADT(value);
	else
	{
		/* both kinds of timestamp; hours do not matter here */
		if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
			return;
		day = (DateADT) (DatumGetTimestamp(value) / USECS_PER_DAY);
	}
	if (!date_has_period(day))
		return;
	if (!span->found || day < span->first)
		span->first = day;
	if (!span->found || day > span->last)
		span->last = day;
	span->found = true;
}

/*
 * Take the dates that the statistics of a column show, of one kind of list.
 */
static void
span_of_statistics(DaySpan *span, HeapTuple statistics, int kind)
{
	AttStatsSlot slot;

	if (!get_attstatsslot(&slot, statistics, kind, InvalidOid, ATTSTATSSLOT_VALUES))
		return;
	for (int i = 0; i < slot.nvalues; i++)
		span_take(span, slot.valuetype, slot.values[i]);
	free_attstatsslot(&slot);
}

static bool
may_use_statistics(Oid relation)
{
	return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relation, InvalidOid, true) == RLS_NONE;
}

/*
 * The periods between the first and last date of a column.
 */
static bool
estimate_column(Oid relation, AttrNumber at, LedgerEstimate *estimate)
{
	Oid			type = getBaseType(get_atttype(relation, at));
	DaySpan		span = {0};

	if (type != DATEOID && type != TIMESTAMPOID && type != TIMESTAMPTZOID)
		return false;
	for (int inherited = 0; inherited <= 1; inherited++)
	{
		HeapTuple	statistics = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relation),
												 Int16GetDatum(at), BoolGetDatum(inherited));

		if (!HeapTupleIsValid(statistics))
			continue;
		span_of_statistics(&span, statistics, STATISTIC_KIND_HISTOGRAM);
		span_of_statistics(&span, statistics, STATISTIC_KIND_MCV);
		ReleaseSysCache(statistics);
	}
	if (!span.found)
		return false;
	estimate->periods = 1.0 + period_of_date(estimate->grain, span.last) -
		period_of_date(estimate->grain, span.first);
	return true;
}

static bool
estimate_from_statistics(Oid relation, const char *at, LedgerEstimate *estimate)
{
	AttrNumber	column;

	if (!may_use_statistics(relation))
		return false;
	column = source_column(relation, at, true);
	return column > 0 && estimate_column(relation, column, estimate);
}

/*
 * An estimate of a call with (source, customer, at, amount, grain, ...).  Wrong
 * names give no estimate; the call itself reports them.  Nor does a table that
 * somebody has locked, because an estimate is nothing to wait for.
 */
static bool
estimate_source(SupportRequestRows *request, List *args, LedgerEstimate *estimate)
{
	Const	   *source = constant_argument(request, args, 0);
	Const	   *at = constant_argument(request, args, 2);
	Const	   *grain = constant_argument(request, args, 4);
	Oid			relation;
	bool		found;

	if (source == NULL || at == NULL || grain == NULL)
		return false;
	if (!grain_lookup(DatumGetTextPP(grain->constvalue), &estimate->grain))
		return false;
	estimate->options = list_copy_tail(args, SOURCE_ARGUMENTS);
	estimate->entries = 0;
	relation = source_relation(TextDatumGetCString(source->constvalue), NoLock, true);
	if (!OidIsValid(relation) || !ConditionalLockRelationOid(relation, AccessShareLock))
		return false;
	found = SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)) &&
		estimate_from_statistics(relation, TextDatumGetCString(at->constvalue), estimate);
	UnlockRelationOid(relation, AccessShareLock);
	return found;
}

/*
 * What is known of the ledger of the call that a request is about; false if
 * nothing is, or if the request is for something else.
 */
static bool
estimate_ledger(Node *node, LedgerEstimate *estimate)
{
	SupportRequestRows *request = (SupportRequestRows *) node;
	List	   *args;
	Const	   *ledger;
	LedgerInfo	info;

	if (!IsA(node, SupportRequestRows) || !is_funcclause(request->node))
		return false;
	args = ((FuncExpr *) request->node)->args;
	if (exprType(linitial(args)) == TEXTOID)
		return estimate_source(request, args, estimate);

	ledger = constant_argument(request, args, 0);
	if (ledger == NULL)
		return false;
	ledger_datum_info(ledger->constvalue, &info);
	estimate->grain = info.grain;
	estimate->periods = info.periods;
	estimate->entries = info.entries;
	estimate->options = list_copy_tail(args, 1);
	return true;
}

static Datum
answer(Node *node, double rows)
{
	((SupportRequestRows *) node)->rows = rows;
	return PointerGetDatum(node);
}

/*
 * Support of ledger_entries: as many rows as entries
 */
Datum
ledger_entries_support(PG_FUNCTION_ARGS)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	LedgerEstimate estimate;

	if (!estimate_ledger(node, &estimate))
		PG_RETURN_POINTER(NULL);
	return answer(node, estimate.entries);
}

/*
 * Support of revenue_movements: a row for each period
 */
Datum
revenue_movements_support(PG_FUNCTION_ARGS)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	LedgerEstimate estimate;

	if (!estimate_ledger(node, &estimate))
		PG_RETURN_POINTER(NULL);
	return answer(node, estimate.periods);
}

/*
 * Support of customer_movements: a row for each entry of the periods asked for
 */
Datum
customer_movements_support(PG_FUNCTION_ARGS)
{
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	SupportRequestRows *request = (SupportRequestRows *) node;
	LedgerEstimate estimate;
	Const	   *from;
	Const	   *to;
	double		share = 1;

	if (!estimate_ledger(node, &estimate) || estimate.entries == 0)
		PG_RETURN_POINTER(NULL);
	from = constant_argument(request, estimate.options, 1);
	to = constant_argument(request, estimate.options, 2);
	if (from != NULL && to != NULL && estimate.periods > 0 &&
		date_has_period(DatumGetDateADT(from->constvalue)) &&
		date_has_period(DatumGetDateADT(to->constvalue)))
		share = (period_of_date(estimate.grain, DatumGetDateADT(to->constvalue)) -
				 period_of_date(estimate.grain, DatumGetDateADT(from->constvalue)) + 1.0) /
			estimate.periods;
	return answer(node, clamp_row_est(estimate.entries * Min(share, 1)));
}

/*
 * Support of cohort_retention: half of cohorts times ages
 */
Datum
cohort_retention_support(PG_FUNCTION_ARGS)
{
	static const double days[] = {1, 7, 30.4375, 91.3125, 365.25};
	Node	   *node = (Node *) PG_GETARG_POINTER(0);
	LedgerEstimate estimate;
	Const	   *argument;
	Grain		grain;
	double		cohorts;

	if (!estimate_ledger(node, &estimate))
		PG_RETURN_POINTER(NULL);
	cohorts = estimate.periods;
	argument = constant_argument((SupportRequestRows *) node, estimate.options, 0);
	if (argument != NULL && grain_lookup(DatumGetTextPP(argument->constvalue), &grain))
		cohorts = Max(1.0, cohorts * days[estimate.grain] / days[grain]);
	return answer(node, cohorts * (estimate.periods + 1) / 2);
}
