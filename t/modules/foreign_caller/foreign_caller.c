/*-------------------------------------------------------------------------
 *
 * foreign_caller.c
 *	  An aggregate that calls the functions of another one, as distributed
 *	  engines do.
 *
 * foreign_aggregate(aggregate, mode, ...) aggregates its arguments from the
 * third one on by the functions of the aggregate, and gives the result as text.
 * Each call has an FmgrInfo and memory of its own, which are gone after it.
 *
 * Modes are words in one text:
 *	expr		the inner call knows the types of its arguments
 *	combine		rows go to several states by turns, which are then combined
 *	text		these states travel as text
 *	faked		the inner calls see an AggState that is none of the executor's
 *	window		they see a WindowAggState, and the functions for moving frames
 *	inverse		every other row is added, taken away, and added again
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(foreign_aggregate_accum);
PG_FUNCTION_INFO_V1(foreign_aggregate_final);

#define MAX_STATES	3
#define MAX_ARGS	8

typedef struct ForeignState
{
	Datum		value;
	bool		isnull;
} ForeignState;

typedef struct Foreign
{
	Form_pg_aggregate aggregate;
	bool		with_expr;
	bool		as_text;
	bool		window;
	bool		inverse;
	int			nstates;
	ForeignState states[MAX_STATES];
	int64		nrows;
	Oid			transtype;
	int16		typlen;
	bool		typbyval;
	Node	   *context;		/* of inner calls */
	MemoryContext memory;		/* of the states */
	ExprContext *faked;			/* to be ended by us */
} Foreign;

static bool
has_word(const char *mode, const char *word)
{
	return strstr(mode, word) != NULL;
}

static Form_pg_aggregate
aggregate_form(Oid aggregate)
{
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
	Form_pg_aggregate form = palloc(sizeof(FormData_pg_aggregate));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no aggregate %u", aggregate);
	memcpy(form, GETSTRUCT(tuple), sizeof(FormData_pg_aggregate));
	ReleaseSysCache(tuple);
	return form;
}

/* What inner calls see as the executor's node */
static void
set_context(Foreign *foreign, FunctionCallInfo fcinfo, const char *mode)
{
	foreign->context = fcinfo->context;
	if (foreign->window)
	{
		WindowAggState *node = makeNode(WindowAggState);

		foreign->memory = AllocSetContextCreate(CurrentMemoryContext, "window states",
												ALLOCSET_DEFAULT_SIZES);
		node->curaggcontext = node->aggcontext = foreign->memory;
		foreign->context = (Node *) node;
	}
	else if (has_word(mode, "faked"))
	{
		AggState   *node = makeNode(AggState);

		foreign->faked = node->curaggcontext = CreateStandaloneExprContext();
		foreign->memory = foreign->faked->ecxt_per_tuple_memory;
		foreign->context = (Node *) node;
	}
}

static Foreign *
create_foreign(FunctionCallInfo fcinfo, MemoryContext memory)
{
	MemoryContext caller = MemoryContextSwitchTo(memory);
	Foreign    *foreign = palloc0(sizeof(Foreign));
	char	   *mode = text_to_cstring(PG_GETARG_TEXT_PP(2));

	foreign->aggregate = aggregate_form(PG_GETARG_OID(1));
	foreign->with_expr = has_word(mode, "expr");
	foreign->as_text = has_word(mode, "text");
	foreign->window = has_word(mode, "window");
	foreign->inverse = has_word(mode, "inverse");
	foreign->nstates = has_word(mode, "combine") ? MAX_STATES : 1;
	for (int i = 0; i < foreign->nstates; i++)
		foreign->states[i].isnull = true;
	foreign->transtype = foreign->window && OidIsValid(foreign->aggregate->aggmtransfn) ?
		foreign->aggregate->aggmtranstype : foreign->aggregate->aggtranstype;
	get_typlenbyval(foreign->transtype, &foreign->typlen, &foreign->typbyval);
	foreign->memory = memory;
	set_context(foreign, fcinfo, mode);
	MemoryContextSwitchTo(caller);
	return foreign;
}

/* An expression that tells of a call's types */
static Node *
call_expression(Oid function, int nargs, const Oid *types)
{
	List	   *args = NIL;

	for (int i = 0; i < nargs; i++)
		args = lappend(args, makeNullConst(types[i], -1, InvalidOid));
	return (Node *) makeFuncExpr(function, get_func_rettype(function), args, InvalidOid,
								 InvalidOid, COERCE_EXPLICIT_CALL);
}

/*
 * Put the result of a transition in place of the state, as nodeAgg.c does.
 */
static void
take_state(Foreign *foreign, ForeignState *state, Datum value, bool isnull)
{
	MemoryContext caller = MemoryContextSwitchTo(foreign->memory);

	if (!foreign->typbyval && DatumGetPointer(value) != DatumGetPointer(state->value))
	{
		if (!isnull &&
			!(DatumIsReadWriteExpandedObject(value, false, foreign->typlen) &&
			  MemoryContextGetParent(DatumGetEOHP(value)->eoh_context) == CurrentMemoryContext))
			value = datumCopy(value, foreign->typbyval, foreign->typlen);
		if (!state->isnull)
		{
			if (DatumIsReadWriteExpandedObject(state->value, false, foreign->typlen))
				DeleteExpandedObject(state->value);
			else
				pfree(DatumGetPointer(state->value));
		}
	}
	state->value = isnull ? (Datum) 0 : value;
	state->isnull = isnull;
	MemoryContextSwitchTo(caller);
}

/*
 * Call a function with a state and further arguments, with nothing that lives
 * longer than the call; what it returns is in the memory of the moment.
 */
static Datum
call_function(Foreign *foreign, Oid function, ForeignState *state,
			  const NullableDatum *args, int nargs, const Oid *types, bool *isnull)
{
	LOCAL_FCINFO(inner, MAX_ARGS);
	FmgrInfo   *info = palloc(sizeof(FmgrInfo));

	fmgr_info_cxt(function, info, CurrentMemoryContext);
	if (foreign->with_expr)
		fmgr_info_set_expr(call_expression(function, nargs + 1, types), info);
	InitFunctionCallInfoData(*inner, info, nargs + 1, InvalidOid, foreign->context, NULL);
	inner->args[0].value = state->value;
	inner->args[0].isnull = state->isnull;
	for (int i = 0; i < nargs; i++)
		inner->args[i + 1] = args[i];
	if (info->fn_strict)
	{
		for (int i = 0; i <= nargs; i++)
		{
			if (!inner->args[i].isnull)
				continue;
			*isnull = i == 0 || state->isnull;
			return state->value;
		}
	}
	{
		Datum		result = FunctionCallInvoke(inner);

		*isnull = inner->isnull;
		return result;
	}
}

static void
transition(Foreign *foreign, Oid function, ForeignState *state,
		   const NullableDatum *args, int nargs, const Oid *types)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "one call",
												 ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(memory);
	NullableDatum copies[MAX_ARGS];
	bool		isnull;
	Datum		value;

	for (int i = 0; i < nargs; i++)
	{
		copies[i] = args[i];
		if (!args[i].isnull)
		{
			int16		typlen;
			bool		typbyval;

			get_typlenbyval(types[i + 1], &typlen, &typbyval);
			copies[i].value = datumCopy(args[i].value, typbyval, typlen);
		}
	}
	/* a strict function begins with the first value */
	if (state->isnull && nargs == 1 && func_strict(function) && !args[0].isnull)
		take_state(foreign, state, copies[0].value, false);
	else
	{
		value = call_function(foreign, function, state, copies, nargs, types, &isnull);
		take_state(foreign, state, value, isnull);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(memory);
}

Datum
foreign_aggregate_accum(PG_FUNCTION_ARGS)
{
	MemoryContext memory;
	Foreign    *foreign;
	ForeignState *state;
	NullableDatum args[MAX_ARGS];
	Oid			types[MAX_ARGS];
	int			nargs = PG_NARGS() - 3;
	Oid			function;

	if (!AggCheckCallContext(fcinfo, &memory))
		elog(ERROR, "not called as an aggregate");
	foreign = PG_ARGISNULL(0) ? create_foreign(fcinfo, memory) : (Foreign *) PG_GETARG_POINTER(0);
	types[0] = foreign->transtype;
	for (int i = 0; i < nargs; i++)
	{
		args[i] = fcinfo->args[i + 3];
		types[i + 1] = get_fn_expr_argtype(fcinfo->flinfo, i + 3);
	}
	function = foreign->window && OidIsValid(foreign->aggregate->aggmtransfn) ?
		foreign->aggregate->aggmtransfn : foreign->aggregate->aggtransfn;
	state = &foreign->states[foreign->nrows % foreign->nstates];
	transition(foreign, function, state, args, nargs, types);
	if (foreign->inverse && foreign->nrows % 2 == 1)
	{
		transition(foreign, function, state, args, nargs, types);
		transition(foreign, foreign->aggregate->aggminvtransfn, state, args, nargs, types);
		if (state->isnull)
			elog(ERROR, "the inverse of a row that was added twice gave up");
	}
	foreign->nrows++;
	PG_RETURN_POINTER(foreign);
}

static char *
datum_to_text(Datum value, Oid type)
{
	Oid			output;
	bool		is_varlena;

	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, value);
}

/* A state as another process would get it */
static Datum
through_text(Foreign *foreign, const ForeignState *state)
{
	Oid			input,
				param;

	getTypeInputInfo(foreign->transtype, &input, &param);
	return OidInputFunctionCall(input, datum_to_text(state->value, foreign->transtype), param, -1);
}

static void
combine_states(Foreign *foreign)
{
	Oid			types[] = {foreign->transtype, foreign->transtype};
	ForeignState combined = {.isnull = true};

	for (int i = 0; i < foreign->nstates; i++)
	{
		NullableDatum arg = {foreign->states[i].value, foreign->states[i].isnull};

		if (foreign->as_text && !arg.isnull)
			arg.value = through_text(foreign, &foreign->states[i]);
		transition(foreign, foreign->aggregate->aggcombinefn, &combined, &arg, 1, types);
	}
	foreign->states[0] = combined;
}

/* The result as text; what only served the aggregate is ended */
Datum
foreign_aggregate_final(PG_FUNCTION_ARGS)
{
	Foreign    *foreign;
	Oid			function;
	Oid			types[1];
	Datum		result;
	Oid			type;
	bool		isnull;
	text	   *as_text = NULL;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	foreign = (Foreign *) PG_GETARG_POINTER(0);
	if (foreign->nstates > 1)
		combine_states(foreign);
	function = foreign->window && OidIsValid(foreign->aggregate->aggmtransfn) ?
		foreign->aggregate->aggmfinalfn : foreign->aggregate->aggfinalfn;
	types[0] = type = foreign->transtype;
	result = foreign->states[0].value;
	isnull = foreign->states[0].isnull;
	if (OidIsValid(function))
	{
		type = get_func_rettype(function);
		result = call_function(foreign, function, &foreign->states[0], NULL, 0, types, &isnull);
	}
	if (!isnull)
		as_text = cstring_to_text(datum_to_text(result, type));
	if (foreign->faked != NULL)
		FreeExprContext(foreign->faked, true);
	if (as_text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(as_text);
}
