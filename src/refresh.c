/*-------------------------------------------------------------------------
 *
 * refresh.c
 *	  A table of ledgers that add up to the ledger of a billing table, kept
 *	  up to date.
 *
 * Such a store is a plain table.  Its rows are summands: what readers want is
 * rollup(ledger) of it, so how the billing rows are spread over them is a
 * matter of speed alone.  A refresh reads the open end of the billing table
 * again and leaves the rest of the store alone, but for its smallest rows,
 * which it adds up to one, so that the store has few rows, of which the large
 * ones are hardly ever written.  A trigger can add what changes in the billing
 * table as further rows, whose refreshed_at is NULL until a refresh has added
 * them up, too.
 *
 * Everything rests on doing this in one statement, hence in one snapshot: a
 * change of the billing table and the trigger's row for it are seen together
 * or not at all.  If they are, then either the change is read again and the
 * row is dropped from the open end, or the row is kept.  If they are not, then
 * the row is not touched, and is there for readers when it is committed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "ledger_build.h"
#include "metric.h"
#include "source.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(refresh_revenue_ledgers);
PG_FUNCTION_INFO_V1(update_revenue_ledgers);

/* Arguments of a refresh after the store and its source */
#define ARGUMENT_OPEN_PERIODS	(1 + SOURCE_ARGUMENTS)
#define ARGUMENT_FROM_DATE		(2 + SOURCE_ARGUMENTS)

/* More periods than anybody holds open, and few enough for every calendar */
#define MAX_OPEN_PERIODS	1000

/* Where the extension's objects are: an OID, and its name in a query */
typedef struct Home
{
	Oid			oid;
	const char *name;
} Home;

typedef struct Refresh
{
	Home		home;
	const char *store;			/* in a query */
	Oid			store_oid;
	BillingSource source;
	const char *zone;			/* that the source's periods depend on, or "" */
	int32		open_periods;
	DateADT		open;			/* the source is read from here on */
} Refresh;

static Home
home_of_function(FunctionCallInfo fcinfo)
{
	Home		home;

	home.oid = get_func_namespace(fcinfo->flinfo->fn_oid);
	home.name = quote_identifier(get_namespace_name(home.oid));
	return home;
}

static void
execute(const char *query, int expected, int nargs, Oid *types, Datum *values)
{
	int			result = SPI_execute_with_args(query, nargs, types, values, NULL, false, 0);

	if (result != expected)
		elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
}

/* A column of the one row that a query gave */
static Datum
result_value(int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, isnull);
}

/*
 * The time zone that decides in which period a time falls; "" if none does.
 */
static const char *
zone_of_type(Oid type)
{
	return getBaseType(type) == TIMESTAMPTZOID ? pg_get_timezone_name(session_timezone) : "";
}

/*
 * The store
 */

static void
create_store(const char *name, const Home *home)
{
	RangeVar   *range = makeRangeVarFromNameList(nrr_qualified_name_list(name));
	const char *quoted = quote_qualified_identifier(range->schemaname, range->relname);

	execute(psprintf("CREATE TABLE %s (ledger %s.revenue_ledger NOT NULL, "
					 "refreshed_at pg_catalog.timestamptz, time_zone pg_catalog.text)",
					 quoted, home->name),
			SPI_OK_UTILITY, 0, NULL, NULL);
	/* ledgers are compact, and trying to compress them takes long */
	execute(psprintf("ALTER TABLE %s ALTER ledger SET STORAGE EXTERNAL", quoted),
			SPI_OK_UTILITY, 0, NULL, NULL);
	ereport(NOTICE, (errmsg("created table %s", quoted)));
}

static void
check_store_column(Oid store, const char *name, Oid type)
{
	AttrNumber	column = get_attnum(store, name);

	if (column <= 0 || get_atttype(store, column) != type)
		ereport(ERROR,
				(errcode(column <= 0 ? ERRCODE_UNDEFINED_COLUMN : ERRCODE_DATATYPE_MISMATCH),
				 errmsg("table \"%s\" is not a store of ledgers", get_rel_name(store)),
				 errdetail("It has no column \"%s\" of type %s.", name, format_type_be(type)),
				 errhint("Give the name of a table that does not exist yet, and it will be created.")));
}

/*
 * Find the store, or create it, and lock it against another refresh.  Readers
 * and triggers do not mind the lock.
 */
static void
open_store(Refresh *refresh, const char *name)
{
	refresh->store_oid = source_relation(name, true);
	if (!OidIsValid(refresh->store_oid))
	{
		create_store(name, &refresh->home);
		refresh->store_oid = source_relation(name, false);
	}
	if (get_rel_relkind(refresh->store_oid) != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table", get_rel_name(refresh->store_oid))));
	check_store_column(refresh->store_oid, "ledger",
					   GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
									   CStringGetDatum("revenue_ledger"),
									   ObjectIdGetDatum(refresh->home.oid)));
	check_store_column(refresh->store_oid, "refreshed_at", TIMESTAMPTZOID);
	check_store_column(refresh->store_oid, "time_zone", TEXTOID);
	refresh->store = quoted_relation(refresh->store_oid);
	execute(psprintf("LOCK TABLE ONLY %s IN SHARE UPDATE EXCLUSIVE MODE", refresh->store),
			SPI_OK_UTILITY, 0, NULL, NULL);
}

static void
reject_store(const Refresh *refresh, int code, const char *stored, const char *given)
{
	ereport(ERROR,
			(errcode(code),
			 errmsg("the ledgers in \"%s\" are %s, not %s",
					get_rel_name(refresh->store_oid), stored, given),
			 errhint("To compute all of them anew, add from_date => '-infinity'.")));
}

/*
 * What stays in the store and what is added must go together.
 */
static void
check_stored(const Refresh *refresh)
{
	const BillingSource *source = &refresh->source;
	CustomerReader customer;
	LedgerTraits stored;
	bool		isnull;

	execute(psprintf("SELECT ledger FROM %s WHERE refreshed_at IS NOT NULL LIMIT 1",
					 refresh->store),
			SPI_OK_SELECT, 0, NULL, NULL);
	ledger_datum_traits(result_value(1, &isnull), &stored);
	if (stored.grain != source->grain)
		reject_store(refresh, ERRCODE_INVALID_PARAMETER_VALUE,
					 psprintf("by %s", grain_name(stored.grain)),
					 psprintf("by %s", grain_name(source->grain)));
	customer_reader_init(&customer, get_atttype(source->relation, source->customer),
						 CurrentMemoryContext);
	if (stored.kind != customer.kind)
		reject_store(refresh, ERRCODE_DATATYPE_MISMATCH,
					 psprintf("of %s customers", customer_kind_name(stored.kind)),
					 psprintf("of %s ones", customer_kind_name(customer.kind)));
}

static void
check_zone(const Refresh *refresh, int column)
{
	bool		isnull;
	const char *zone = TextDatumGetCString(result_value(column, &isnull));

	if (strcmp(zone, refresh->zone) == 0)
		return;
	if (*zone == '\0' || *refresh->zone == '\0')
		reject_store(refresh, ERRCODE_DATATYPE_MISMATCH,
					 *zone ? "of timestamps with time zone" : "of dates",
					 *zone ? "of dates" : "of timestamps with time zone");
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the ledgers in \"%s\" are of the time zone %s, not of %s",
					get_rel_name(refresh->store_oid), zone, refresh->zone),
			 errhint("SET timezone = '%s', or, to compute all of them anew, add from_date => '-infinity'.",
					 zone)));
}

/*
 * From where on the source has to be read again
 */

/*
 * The first of so many periods that end with the one of a day.  If nothing is
 * open, triggers have noted whatever has changed.
 */
static DateADT
first_open_day(const Refresh *refresh, DateADT day)
{
	Grain		grain = refresh->source.grain;
	int64		period = (int64) period_of_date(grain, day) - refresh->open_periods + 1;

	if (refresh->open_periods == 0)
		return DATEVAL_NOEND;
	return period_exists(grain, period) ? period_start(grain, (int32) period) : DATEVAL_NOBEGIN;
}

static void
check_from_date(const DateADT *from_date)
{
	if (from_date != NULL && !DATE_IS_NOBEGIN(*from_date) && !date_has_period(*from_date))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("from_date must be a date that has a period, or -infinity")));
}

/*
 * Open are the last periods that the store has rows of.  Rows of the future
 * do not close the present: periods are counted from the last refresh, if that
 * was earlier.
 */
static void
find_open_day(Refresh *refresh, const DateADT *from_date)
{
	bool		isnull;
	DateADT		last;

	check_from_date(from_date);
	refresh->open = DATEVAL_NOBEGIN;
	execute(psprintf("SELECT pg_catalog.max(pg_catalog.upper(%s.periods(ledger))) "
					 "  FILTER (WHERE refreshed_at IS NOT NULL), "
					 "pg_catalog.max(refreshed_at)::pg_catalog.date, "
					 "pg_catalog.min(COALESCE(time_zone, '')), "
					 "pg_catalog.max(COALESCE(time_zone, '')) FROM %s",
					 refresh->home.name, refresh->store),
			SPI_OK_SELECT, 0, NULL, NULL);
	last = DatumGetDateADT(result_value(1, &isnull)) - 1;
	if (isnull || (from_date != NULL && DATE_IS_NOBEGIN(*from_date)))
		return;
	check_zone(refresh, 3);
	check_zone(refresh, 4);
	refresh->open = first_open_day(refresh,
								   Min(last, DatumGetDateADT(result_value(2, &isnull))));
	check_stored(refresh);
	if (from_date != NULL)
		refresh->open = Min(refresh->open,
							period_start(refresh->source.grain,
										 period_of_date(refresh->source.grain, *from_date)));
}

/*
 * The size up to which closed rows of the store are added up: a row is left
 * alone if it has twice the size of all smaller ones.  So there are few rows,
 * and a large one is not written again before much has come together.
 */
static Datum
size_to_merge(const Refresh *refresh)
{
	Oid			types[] = {DATEOID};
	Datum		values[] = {DateADTGetDatum(refresh->open)};
	bool		isnull;
	Datum		size;

	execute(psprintf("SELECT pg_catalog.max(size) FROM "
					 "(SELECT size, pg_catalog.sum(size) OVER "
					 "   (ORDER BY size ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS smaller "
					 " FROM (SELECT pg_catalog.pg_column_size(ledger)::pg_catalog.int8 AS size "
					 "       FROM %s WHERE pg_catalog.upper(%s.periods(ledger)) OPERATOR(pg_catalog.<=) $1) AS closed) AS sizes "
					 "WHERE size OPERATOR(pg_catalog.<) (2 OPERATOR(pg_catalog.*) smaller)",
					 refresh->store, refresh->home.name),
			SPI_OK_SELECT, 1, types, values);
	size = result_value(1, &isnull);
	return isnull ? Int64GetDatum(0) : Int64GetDatum(DatumGetInt64(size));
}

/*
 * The condition for the source's rows from $1 on.  A date is what a row's
 * period depends on.  Days as they are compared with a timestamptz may begin
 * a bit earlier or later; that comparison is there for an index.
 */
static const char *
source_condition(const Refresh *refresh)
{
	const BillingSource *source = &refresh->source;
	const char *at = source_quoted_column(source, source->at);

	if (DATE_IS_NOBEGIN(refresh->open))
		return "";
	return psprintf(" WHERE %s OPERATOR(pg_catalog.>=) ($1 OPERATOR(pg_catalog.-) 1) "
					"AND %s::pg_catalog.date OPERATOR(pg_catalog.>=) $1", at, at);
}

/*
 * The statement that does it.  What is read of the source is cut in two where
 * the next refresh may begin, so that it finds the open end in a row of its own.
 * Where that would be one period on, as it is when a month has begun since, one
 * row will do: the next refresh cuts that period off a row that is not large.
 */
static void
replace_rows(const Refresh *refresh)
{
	static const char *const steps[] = {"1 day", "7 days", "1 month", "3 months", "1 year"};
	const char *home = refresh->home.name;
	const char *grain = grain_name(refresh->source.grain);
	const char *step = steps[refresh->source.grain];
	Oid			types[] = {DATEOID, INT8OID, INT4OID, TEXTOID};
	Datum		values[] = {DateADTGetDatum(refresh->open), size_to_merge(refresh),
		Int32GetDatum(refresh->open_periods - 1), CStringGetTextDatum(refresh->zone)};
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "WITH fresh AS MATERIALIZED (%s%s), ",
					 source_query(&refresh->source, refresh->home.oid),
					 source_condition(refresh));
	appendStringInfo(&query,
					 "next AS (SELECT ledger, (pg_catalog.date_trunc('%s', "
					 " LEAST(pg_catalog.upper(%s.periods(ledger)) OPERATOR(pg_catalog.-) 1, CURRENT_DATE)::pg_catalog.timestamp) "
					 " OPERATOR(pg_catalog.-) ($3 OPERATOR(pg_catalog.*) INTERVAL '%s'))::pg_catalog.date AS day FROM fresh), "
					 "cut AS (SELECT ledger, CASE WHEN day OPERATOR(pg_catalog.=) ($1 OPERATOR(pg_catalog.+) INTERVAL '%s') "
					 " THEN $1 ELSE day END AS day FROM next), ",
					 grain, home, step, step);
	appendStringInfo(&query,
					 "gone AS (DELETE FROM %s WHERE refreshed_at IS NULL "
					 " OR (pg_catalog.upper(%s.periods(ledger)) OPERATOR(pg_catalog.<=) $1) IS NOT TRUE "
					 " OR pg_catalog.pg_column_size(ledger) OPERATOR(pg_catalog.<=) $2 RETURNING ledger), ",
					 refresh->store, home);
	appendStringInfo(&query,
					 "new AS MATERIALIZED (SELECT %s.rollup(ledger) AS ledger FROM "
					 "  (SELECT %s.slice(ledger, to_date => $1 OPERATOR(pg_catalog.-) 1) FROM gone "
					 "   WHERE $1 OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date "
					 "   UNION ALL SELECT %s.slice(ledger, to_date => day OPERATOR(pg_catalog.-) 1) FROM cut) AS closed (ledger) "
					 " UNION ALL SELECT %s.slice(ledger, from_date => day) FROM cut) ",
					 home, home, home, home);
	appendStringInfo(&query,
					 "INSERT INTO %s (ledger, refreshed_at, time_zone) "
					 "SELECT ledger, pg_catalog.now(), NULLIF($4, '') FROM new "
					 "WHERE NOT pg_catalog.isempty(%s.periods(ledger))",
					 refresh->store, home);
	execute(query.data, SPI_OK_INSERT, lengthof(types), types, values);
}

static Datum
days_from(DateADT day)
{
	RangeBound	lower = {0},
				upper = {0};

	lower.lower = lower.inclusive = true;
	lower.infinite = DATE_IS_NOBEGIN(day);
	lower.val = DateADTGetDatum(day);
	upper.infinite = true;
	return RangeTypePGetDatum(nrr_make_range(lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO),
											 &lower, &upper, DATE_IS_NOEND(day)));
}

/*
 * refresh_revenue_ledgers(store, source, customer, at, amount, grain,
 * open_periods, from_date): the days of which the source was read again.
 */
Datum
refresh_revenue_ledgers(PG_FUNCTION_ARGS)
{
	Refresh		refresh = {0};

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("store must not be null")));
	source_from_arguments(fcinfo, 1, &refresh.source);
	refresh.open_periods = integer_argument(fcinfo, ARGUMENT_OPEN_PERIODS, "open_periods", 0);
	if (refresh.open_periods > MAX_OPEN_PERIODS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("open_periods must be at most %d", MAX_OPEN_PERIODS),
				 errhint("Use from_date to go further back.")));
	/* what another refresh has done while this one waited must be seen */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("refresh_revenue_ledgers needs the isolation level READ COMMITTED"),
				 errhint("Use BEGIN ISOLATION LEVEL READ COMMITTED.")));

	refresh.home = home_of_function(fcinfo);
	refresh.zone = zone_of_type(get_atttype(refresh.source.relation, refresh.source.at));
	SPI_connect();
	open_store(&refresh, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (PG_ARGISNULL(ARGUMENT_FROM_DATE))
		find_open_day(&refresh, NULL);
	else
	{
		DateADT		from_date = PG_GETARG_DATEADT(ARGUMENT_FROM_DATE);

		find_open_day(&refresh, &from_date);
	}
	replace_rows(&refresh);
	SPI_finish();
	return days_from(refresh.open);
}

/*
 * The trigger
 */

/* Its arguments: store, customer, at, amount, and then grain and time zone */
#define TRIGGER_STORE		0
#define TRIGGER_CUSTOMER	1
#define TRIGGER_AT			2
#define TRIGGER_AMOUNT		3
#define TRIGGER_GRAIN		4
#define TRIGGER_ZONE		5

static TriggerData *
trigger_call(FunctionCallInfo fcinfo)
{
	TriggerData *call = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(call->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(call->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be called after a statement", "update_revenue_ledgers")));
	if (call->tg_trigger->tgnargs <= TRIGGER_AMOUNT || call->tg_trigger->tgnargs > TRIGGER_ZONE + 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" has the wrong number of arguments", call->tg_trigger->tgname),
				 errhint("They are the names of the store and of the columns of customers, dates and amounts, and then, if need be, the grain and the time zone.")));
	return call;
}

static void
check_transition(const TriggerData *call, const char *name, const char *clause)
{
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger \"%s\" does not see the rows that have changed",
						call->tg_trigger->tgname),
				 errhint("Create it with REFERENCING %s.", clause)));
}

/*
 * The transition tables that the event has must be named.
 */
static void
check_transitions(const TriggerData *call)
{
	if (TRIGGER_FIRED_BY_TRUNCATE(call->tg_event))
		return;
	if (!TRIGGER_FIRED_BY_DELETE(call->tg_event))
		check_transition(call, call->tg_trigger->tgnewtable, "NEW TABLE AS added");
	if (!TRIGGER_FIRED_BY_INSERT(call->tg_event))
		check_transition(call, call->tg_trigger->tgoldtable, "OLD TABLE AS removed");
}

static const char *
trigger_column(const TriggerData *call, int n)
{
	Oid			relation = RelationGetRelid(call->tg_relation);
	AttrNumber	column = source_column(relation, call->tg_trigger->tgargs[n], false);

	return quote_identifier(get_attname(relation, column, false));
}

/*
 * A moment must fall in the same period when a row comes and when it goes, in
 * whatever time zone the sessions are that do it.  So the trigger has its own.
 */
static void
set_time_zone(const TriggerData *call)
{
	const Trigger *trigger = call->tg_trigger;

	if (trigger->tgnargs <= TRIGGER_ZONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("trigger \"%s\" needs a time zone", trigger->tgname),
				 errdetail("Column \"%s\" is a timestamp with time zone.",
						   trigger->tgargs[TRIGGER_AT]),
				 errhint("Give the grain and the time zone that refresh_revenue_ledgers is run with as further arguments.")));
	(void) set_config_option("timezone", trigger->tgargs[TRIGGER_ZONE], PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* The ledger of a transition table, or NULL if the event has none */
static const char *
transition_ledger(const TriggerData *call, const Home *home, const char *table)
{
	const Trigger *trigger = call->tg_trigger;

	if (table == NULL)
		return psprintf("NULL::%s.revenue_ledger", home->name);
	return psprintf("(SELECT %s.revenue_ledger(%s, %s, %s, %s) FROM %s)",
					home->name, trigger_column(call, TRIGGER_CUSTOMER),
					trigger_column(call, TRIGGER_AT), trigger_column(call, TRIGGER_AMOUNT),
					quote_literal_cstr(trigger->tgnargs > TRIGGER_GRAIN ?
									   trigger->tgargs[TRIGGER_GRAIN] : grain_name(GRAIN_MONTH)),
					quote_identifier(table));
}

/*
 * Add what has been added less what has been removed.
 */
static void
add_change(const TriggerData *call, const Home *home, const char *store, const char *zone)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(zone)};
	const char *query;

	query = psprintf("INSERT INTO %s (ledger, time_zone) SELECT change, NULLIF($1, '') FROM "
					 "(SELECT COALESCE(added OPERATOR(%s.-) removed, added, "
					 "  removed OPERATOR(%s.-) (removed OPERATOR(%s.+) removed)) "
					 " FROM (SELECT %s, %s) AS changes (added, removed)) AS ledgers (change) "
					 "WHERE NOT pg_catalog.isempty(%s.periods(change))",
					 store, home->name, home->name, home->name,
					 transition_ledger(call, home, call->tg_trigger->tgnewtable),
					 transition_ledger(call, home, call->tg_trigger->tgoldtable),
					 home->name);
	if (SPI_register_trigger_data(unconstify(TriggerData *, call)) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not register the transition tables");
	execute(query, SPI_OK_INSERT, lengthof(types), types, values);
}

/*
 * update_revenue_ledgers(): after a statement that has changed a billing
 * table, add the change to a store.
 *
 * It only ever inserts, so writers do not wait for each other, or for a
 * refresh.  A truncated table leaves nothing to add up.
 */
Datum
update_revenue_ledgers(PG_FUNCTION_ARGS)
{
	TriggerData *call = trigger_call(fcinfo);
	Home		home = home_of_function(fcinfo);
	const char *store = quoted_relation(source_relation(call->tg_trigger->tgargs[TRIGGER_STORE], false));
	Oid			relation = RelationGetRelid(call->tg_relation);
	Oid			at_type;
	int			nest_level = NewGUCNestLevel();

	check_transitions(call);
	at_type = get_atttype(relation, source_column(relation, call->tg_trigger->tgargs[TRIGGER_AT], false));
	if (*zone_of_type(at_type))
		set_time_zone(call);
	SPI_connect();
	if (TRIGGER_FIRED_BY_TRUNCATE(call->tg_event))
		execute(psprintf("DELETE FROM %s", store), SPI_OK_DELETE, 0, NULL, NULL);
	else
		add_change(call, &home, store, zone_of_type(at_type));
	SPI_finish();
	AtEOXact_GUC(true, nest_level);
	return PointerGetDatum(NULL);
}
