/*-------------------------------------------------------------------------
 *
 * shim.c
 *	  A backend without a server: memory, errors, calls, and stand-ins for
 *	  what would ask a catalog.
 *
 * Stand-ins, linked in with ld's --wrap:
 *
 *		lookup_type_cache		knows the ranges of date and numeric, and no other
 *								type
 *		getBaseType, type_is_multirange, type_is_collatable
 *								no type is a domain, or a multirange, or has a
 *								collation that matters
 *		InitMaterializedSRF		takes the columns from the caller, who has them
 *								from the SQL script
 *		get_call_result_type	likewise
 *		tuplestore_putvalues	keeps the rows for the target, and stops the
 *								function, as a cancel would, after MAX_ROWS
 *
 *-------------------------------------------------------------------------
 */
#include "shim.h"

#include "access/session.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/resowner.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

/* Defined in main.c, whose main() is not linked */
const char *progname = "fuzz";

/* Bytes under test may be taken for damaged by what reads them */
bool		shim_damage_is_fine;

static MemoryContext input_context;

/*
 * Findings
 */

void
finding(const char *format,...)
{
	va_list		args;

	fputs("FINDING: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

/*
 * Is an error one that a user may get?  All others are findings: internal errors
 * (XX000) above all, and memory that runs out.
 */
static bool
is_clean(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_INVALID_TEXT_REPRESENTATION:
		case ERRCODE_INVALID_BINARY_REPRESENTATION:
		case ERRCODE_CHARACTER_NOT_IN_REPERTOIRE:
		case ERRCODE_PROTOCOL_VIOLATION:
		case ERRCODE_INVALID_PARAMETER_VALUE:
		case ERRCODE_NULL_VALUE_NOT_ALLOWED:
		case ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE:
		case ERRCODE_DATETIME_VALUE_OUT_OF_RANGE:
		case ERRCODE_INVALID_DATETIME_FORMAT:
		case ERRCODE_INTERVAL_FIELD_OVERFLOW:
		case ERRCODE_DATATYPE_MISMATCH:
		case ERRCODE_PROGRAM_LIMIT_EXCEEDED:
		case ERRCODE_FEATURE_NOT_SUPPORTED:
		case ERRCODE_QUERY_CANCELED:
			return true;
		case ERRCODE_DATA_CORRUPTED:
			return shim_damage_is_fine;
		default:
			return false;
	}
}

/* Nothing here gives a warning but PostgreSQL about memory that was written to */
static void
hear(ErrorData *error)
{
	if (error->elevel >= WARNING && error->elevel < ERROR)
		finding("warning: %s", error->message);
}

/*
 * The message of an error, which is text, and what a user must not see: nothing.
 */
static void
check_error(const ErrorData *error)
{
	const char *parts[] = {error->message, error->detail, error->hint, error->context};

	if (!is_clean(error->sqlerrcode))
		finding("error %s: %s%s%s", unpack_sql_state(error->sqlerrcode), error->message,
				error->detail != NULL ? ", " : "", error->detail != NULL ? error->detail : "");
	for (int i = 0; i < lengthof(parts); i++)
		if (parts[i] != NULL && !pg_verifymbstr(parts[i], strlen(parts[i]), true))
			finding("a message is no text: %s", parts[i]);
}

/*
 * The backend
 */

void
shim_begin(void)
{
	MyProcPid = getpid();
	MemoryContextInit();
	(void) set_stack_base();
	InitializeGUCOptions();
	SetConfigOption("max_stack_depth", "4MB", PGC_SUSET, PGC_S_OVERRIDE);
	SetDatabaseEncoding(PG_UTF8);
	InitializeSession();
	emit_log_hook = hear;
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "fuzz");
	input_context = AllocSetContextCreate(TopMemoryContext, "input", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(input_context);
}

void
shim_reset(void)
{
	MemoryContextSwitchTo(input_context);
	MemoryContextReset(input_context);
	shim_damage_is_fine = false;
}

/*
 * Inputs
 */

int
input_byte(Input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

int
input_int16(Input *input)
{
	int			high = input_byte(input);

	return (int16) (high << 8 | input_byte(input));
}

int32
input_int32(Input *input)
{
	uint32		high = (uint16) input_int16(input);

	return (int32) (high << 16 | (uint16) input_int16(input));
}

/* The first bytes of an input, or as many as there are */
Input
input_take(Input *input, size_t size)
{
	Input		taken = {input->data, Min(size, input->size)};

	input->data += taken.size;
	input->size -= taken.size;
	return taken;
}

/*
 * Stand-ins
 */

static const struct ElementType
{
	Oid			type;
	int16		length;
	bool		byval;
	char		align;
	char		storage;
	Oid			cmp;
	Oid			range;
	Oid			canonical;
}			elements[] =
{
	{DATEOID, 4, true, TYPALIGN_INT, TYPSTORAGE_PLAIN, F_DATE_CMP, DATERANGEOID, F_DATERANGE_CANONICAL},
	{NUMERICOID, -1, false, TYPALIGN_INT, TYPSTORAGE_MAIN, F_NUMERIC_CMP, NUMRANGEOID, InvalidOid}
};

static TypeCacheEntry *
make_range_entry(const struct ElementType *element)
{
	TypeCacheEntry *range = MemoryContextAllocZero(TopMemoryContext, sizeof(TypeCacheEntry));
	TypeCacheEntry *entry = MemoryContextAllocZero(TopMemoryContext, sizeof(TypeCacheEntry));

	entry->type_id = element->type;
	entry->typtype = TYPTYPE_BASE;
	entry->typlen = element->length;
	entry->typbyval = element->byval;
	entry->typalign = element->align;
	entry->typstorage = element->storage;
	entry->cmp_proc = element->cmp;
	range->type_id = element->range;
	range->typtype = TYPTYPE_RANGE;
	range->typlen = -1;
	range->typalign = TYPALIGN_INT;
	range->typstorage = TYPSTORAGE_EXTENDED;
	range->rngelemtype = entry;
	fmgr_info_cxt(element->cmp, &range->rng_cmp_proc_finfo, TopMemoryContext);
	if (OidIsValid(element->canonical))
		fmgr_info_cxt(element->canonical, &range->rng_canonical_finfo, TopMemoryContext);
	return range;
}

TypeCacheEntry *__wrap_lookup_type_cache(Oid type, int flags);

TypeCacheEntry *
__wrap_lookup_type_cache(Oid type, int flags)
{
	static TypeCacheEntry *entries[lengthof(elements)];

	for (int i = 0; i < lengthof(elements); i++)
	{
		if (elements[i].range != type)
			continue;
		if (entries[i] == NULL)
			entries[i] = make_range_entry(&elements[i]);
		return entries[i];
	}
	finding("the shim has no stand-in for the cache entry of type %u", type);
}

Oid			__wrap_getBaseType(Oid type);

Oid
__wrap_getBaseType(Oid type)
{
	return type;
}

bool		__wrap_type_is_multirange(Oid type);

bool
__wrap_type_is_multirange(Oid type)
{
	return false;
}

bool		__wrap_type_is_collatable(Oid type);

bool
__wrap_type_is_collatable(Oid type)
{
	return false;
}

static void
set_column(TupleDesc descriptor, int n, const Column *column)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, n);

	memset(attribute, 0, ATTRIBUTE_FIXED_PART_SIZE);
	namestrcpy(&attribute->attname, column->name);
	attribute->atttypid = column->type;
	attribute->atttypmod = -1;
	attribute->attnum = n + 1;
	attribute->attcacheoff = -1;
	attribute->attalign = TYPALIGN_INT;
	attribute->attstorage = TYPSTORAGE_PLAIN;
	switch (column->type)
	{
		case TEXTOID:
		case NUMERICOID:
			attribute->attlen = -1;
			attribute->attstorage = TYPSTORAGE_MAIN;
			break;
		case INT8OID:
			attribute->attlen = sizeof(int64);
			attribute->attbyval = true;
			attribute->attalign = TYPALIGN_DOUBLE;
			break;
		case INT4OID:
		case DATEOID:
			attribute->attlen = sizeof(int32);
			attribute->attbyval = true;
			break;
		default:				/* bool, and our own rating */
			attribute->attlen = 1;
			attribute->attbyval = true;
			attribute->attalign = TYPALIGN_CHAR;
	}
}

static const Column *result_columns;
static int	result_ncolumns;
static RowSet *result_set;

static TupleDesc
make_descriptor(void)
{
	TupleDesc	descriptor = CreateTemplateTupleDesc(result_ncolumns);

	for (int i = 0; i < result_ncolumns; i++)
		set_column(descriptor, i, &result_columns[i]);
	return descriptor;
}

void		__wrap_InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags);

void
__wrap_InitMaterializedSRF(FunctionCallInfo fcinfo, bits32 flags)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;

	info->returnMode = SFRM_Materialize;
	info->setDesc = make_descriptor();
}

TypeFuncClass __wrap_get_call_result_type(FunctionCallInfo fcinfo, Oid *type, TupleDesc *descriptor);

TypeFuncClass
__wrap_get_call_result_type(FunctionCallInfo fcinfo, Oid *type, TupleDesc *descriptor)
{
	*descriptor = make_descriptor();
	return TYPEFUNC_COMPOSITE;
}

static void
keep_value(RowSet *set, int column, Datum value, bool isnull)
{
	Oid			type = result_columns[column].type;

	SET_NULL(set, set->rows, column) = isnull;
	SET_VALUE(set, set->rows, column) = value;
	if (isnull)
		return;
	/* nobody looks for damaged characters in what was stored */
	if (type == TEXTOID && !shim_damage_is_fine)
		expect_text(value);
	if (type == TEXTOID || type == NUMERICOID)
		SET_VALUE(set, set->rows, column) = datumCopy(value, false, -1);
	if (type == DATEOID && (DATE_NOT_FINITE(DatumGetDateADT(value)) ||
							!IS_VALID_DATE(DatumGetDateADT(value))))
		finding("a date that does not exist: %d", DatumGetDateADT(value));
}

void		__wrap_tuplestore_putvalues(Tuplestorestate *store, TupleDesc descriptor,
										Datum *values, bool *nulls);

void
__wrap_tuplestore_putvalues(Tuplestorestate *store, TupleDesc descriptor,
							Datum *values, bool *nulls)
{
	MemoryContext caller = MemoryContextSwitchTo(input_context);

	if (result_set->rows == MAX_ROWS)
	{
		result_set->complete = false;
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("enough rows")));
	}
	for (int i = 0; i < descriptor->natts; i++)
		keep_value(result_set, i, values[i], nulls[i]);
	result_set->rows++;
	MemoryContextSwitchTo(caller);
}

/*
 * Calls
 */

/* All of a call but what it is of */
static Outcome
invoke(PGFunction function, int nargs, const NullableDatum *args, FmgrInfo *flinfo,
	   Node *context, Node *resultinfo)
{
	LOCAL_FCINFO(fcinfo, FUNC_MAX_ARGS);
	volatile Outcome result = {0};

	InitFunctionCallInfoData(*fcinfo, flinfo, nargs, C_COLLATION_OID, context, resultinfo);
	memcpy(fcinfo->args, args, nargs * sizeof(NullableDatum));
	PG_TRY();
	{
		result.value = function(fcinfo);
		result.isnull = fcinfo->isnull;
		result.ok = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(input_context);
		error = CopyErrorData();
		FlushErrorState();
		check_error(error);
		result.value = 0;
		result.sqlstate = error->sqlerrcode;
	}
	PG_END_TRY();
	return result;
}

static FmgrInfo *
make_function(PGFunction function, int nargs)
{
	FmgrInfo   *flinfo = palloc0(sizeof(FmgrInfo));

	flinfo->fn_addr = function;
	flinfo->fn_nargs = nargs;
	flinfo->fn_mcxt = CurrentMemoryContext;
	return flinfo;
}

Outcome
call_nullable(PGFunction function, int nargs, const NullableDatum *args)
{
	return invoke(function, nargs, args, make_function(function, nargs), NULL, NULL);
}

/* A call whose arguments are NullableDatums */
Outcome
call(PGFunction function, int nargs,...)
{
	NullableDatum args[FUNC_MAX_ARGS];
	va_list		list;

	va_start(list, nargs);
	for (int i = 0; i < nargs; i++)
		args[i] = va_arg(list, NullableDatum);
	va_end(list);
	return call_nullable(function, nargs, args);
}

/*
 * A call by an aggregate, whose memory lasts as long as the input; the types of
 * the arguments are needed by functions over "any" only.
 */
Outcome
call_aggregate(PGFunction function, int nargs, const NullableDatum *args, const Oid *types)
{
	AggState   *state = makeNode(AggState);
	ExprContext *context = makeNode(ExprContext);
	FmgrInfo   *flinfo = make_function(function, nargs);
	List	   *arguments = NIL;

	context->ecxt_per_tuple_memory = input_context;
	state->curaggcontext = context;
	for (int i = 0; types != NULL && i < nargs; i++)
		arguments = lappend(arguments, makeConst(types[i], -1, InvalidOid, -1, (Datum) 0, true, false));
	if (types != NULL)
		flinfo->fn_expr = (Node *) makeFuncExpr(InvalidOid, InvalidOid, arguments, InvalidOid,
												C_COLLATION_OID, COERCE_EXPLICIT_CALL);
	return invoke(function, nargs, args, flinfo, (Node *) state, NULL);
}

/* A call of a set-returning function; rows up to an error are kept */
Outcome
call_rows(PGFunction function, const Column *columns, int ncolumns,
		  int nargs, const NullableDatum *args)
{
	ReturnSetInfo *info = makeNode(ReturnSetInfo);
	RowSet	   *set = palloc0(sizeof(RowSet));
	Outcome		result;

	set->columns = ncolumns;
	set->values = palloc(MAX_ROWS * ncolumns * sizeof(Datum));
	set->nulls = palloc(MAX_ROWS * ncolumns * sizeof(bool));
	set->complete = true;
	result_columns = columns;
	result_ncolumns = ncolumns;
	result_set = set;
	info->allowedModes = SFRM_Materialize;
	result = invoke(function, nargs, args, make_function(function, nargs), NULL, (Node *) info);
	set->complete &= result.ok;
	result.set = set;
	return result;
}

/*
 * Binary input; the message has its bytes in memory of its own, and no more.  What
 * is left of it unread is an error, which its reader in a server raises.
 */
Outcome
call_receive(PGFunction function, const char *bytes, size_t size)
{
	StringInfoData message = {0};
	Outcome		result;

	message.data = palloc(size + 1);
	memcpy(message.data, bytes, size);
	message.data[size] = '\0';	/* as a message of the protocol has it */
	message.len = message.maxlen = size;
	result = call(function, 3, A(PointerGetDatum(&message)), A(ObjectIdGetDatum(InvalidOid)),
				  A(Int32GetDatum(-1)));
	if (result.ok && message.cursor != message.len)
		result = (Outcome) {.sqlstate = ERRCODE_INVALID_BINARY_REPRESENTATION};
	return result;
}

/*
 * Looking at results
 */

void
expect_text(Datum value)
{
	text	   *string = DatumGetTextPP(value);

	expect(pg_verify_mbstr(PG_UTF8, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string), true),
		   "a result is no text");
}

const char *
numeric_string(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, value));
}

/* Are two values of variable length the same, byte for byte? */
bool
bytes_equal(Datum a, Datum b)
{
	return VARSIZE_ANY_EXHDR(DatumGetPointer(a)) == VARSIZE_ANY_EXHDR(DatumGetPointer(b)) &&
		memcmp(VARDATA_ANY(DatumGetPointer(a)), VARDATA_ANY(DatumGetPointer(b)),
			   VARSIZE_ANY_EXHDR(DatumGetPointer(a))) == 0;
}

/*
 * The fuzzer
 */

static const Target *const targets[] = {
	&ledger_target, &stored_target, &rows_target, &summary_target, &text_target
};

static const Target *target;

int			LLVMFuzzerInitialize(int *argc, char ***argv);
int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t		LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t		LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* The target is named by the environment, since libFuzzer has the arguments */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("NRR_FUZZ_TARGET");

	for (int i = 0; i < lengthof(targets); i++)
		if (name != NULL && strcmp(name, targets[i]->name) == 0)
			target = targets[i];
	if (target == NULL)
	{
		fputs("NRR_FUZZ_TARGET names no target\n", stderr);
		exit(2);
	}
	shim_begin();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	target->run(&input);
	shim_reset();
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	if (target->mutate == NULL || seed % 4 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	return target->mutate(data, size, max_size, seed / 4);
}
