/*-------------------------------------------------------------------------
 *
 * store/refresh.c
 *	  refresh_revenue_ledgers: a store of ledgers, brought up to date.
 *
 * A refresh reads the open end of the billing table again and leaves the rest
 * of the store alone, except for its smallest rows, which it adds up to one, so
 * that the store has few rows, of which the large ones are hardly ever written.
 * A trigger can add what changes in the billing table as further rows, whose
 * refreshed_at is NULL until a refresh has added them up, too.
 *
 * Everything rests on doing this in one snapshot: a change of the billing table
 * and the trigger's row for it are seen together or not at all.  If they are,
 * then either the change is read again and the row is dropped from the open
 * end, or the row is kept.  If they are not, then the row is not touched, and
 * is there for readers when it is committed.  The store and all that the source
 * is read from are locked before the snapshot is taken, so that nothing of it is
 * truncated after it.
 *
 * It runs as the caller, yet whatever it calls, views over functions and
 * triggers of the store, can neither find anything by the caller's search_path
 * nor take on another role.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "access/xact.h"
#include "base/arguments.h"
#include "catalog/pg_type.h"
#include "ledger/datum.h"
#include "miscadmin.h"
#include "store/fresh.h"
#include "store/store.h"
#include "utils/date.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(refresh_revenue_ledgers);

/* Arguments of a refresh after the store and its source; then come its options */
#define ARGUMENT_OPEN_PERIODS	(1 + SOURCE_ARGUMENTS)
#define ARGUMENT_FROM_DATE		(2 + SOURCE_ARGUMENTS)
#define ARGUMENT_SEGMENT		(3 + SOURCE_ARGUMENTS)

/* An upper bound that is far beyond use and cannot overflow a date */
#define DEFAULT_OPEN_PERIODS	2
#define MAX_OPEN_PERIODS	1000

typedef struct Refresh
{
	Extension	extension;
	Oid			store;
	BillingSource source;
	StoreTraits traits;			/* of the source */
	int32		open_periods;
	Snapshot	snapshot;
	DateADT		open;			/* the source is read from here on */
} Refresh;

/*
 * From where on the source has to be read again
 */

/*
 * The first of so many periods that end with the one of a day.
 */
static DateADT
first_of_periods(Grain grain, DateADT day, int32 count)
{
	int64		period = (int64) period_of_date(grain, day) - count + 1;

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

static void
init_store_query(const Refresh *refresh, const char *text, OwnQuery *query)
{
	query_init(query, &refresh->extension, text);
	query_names(query, refresh->store);
}

/*
 * The last day of what was refreshed before, or of that refresh if it was
 * earlier: periods are counted from then if the store has rows of the future.
 * False if there was no refresh.
 */
static bool
last_refreshed_day(const Refresh *refresh, DateADT *last)
{
	OwnQuery	query;
	Datum		values[2];
	bool		nulls[2];

	init_store_query(refresh,
					 psprintf("SELECT pg_catalog.max(pg_catalog.upper(%s.periods(ledger))) "
							  "  FILTER (WHERE refreshed_at IS NOT NULL), "
							  "pg_catalog.max(refreshed_at)::pg_catalog.date FROM %s",
							  refresh->extension.schema_name, quoted_relation(refresh->store)),
					 &query);
	query_column(&query, DATEOID);
	query_column(&query, DATEOID);
	if (!query_row(&query, refresh->snapshot, values, nulls) || nulls[0] || nulls[1])
		return false;
	*last = Min(DatumGetDateADT(values[0]) - 1, DatumGetDateADT(values[1]));
	return true;
}

/*
 * The last periods of which the store has rows are open.  If none are, triggers
 * have noted whatever has changed.
 */
static void
find_open_day(Refresh *refresh, const DateADT *from_date)
{
	Grain		grain = refresh->source.grain;
	DateADT		last;

	check_from_date(from_date);
	refresh->open = DATEVAL_NOBEGIN;
	if (from_date != NULL && DATE_IS_NOBEGIN(*from_date))
		return;
	store_check_traits(refresh->store, refresh->snapshot, &refresh->traits);
	if (!last_refreshed_day(refresh, &last))
		return;
	refresh->open = refresh->open_periods == 0 ? DATEVAL_NOEND :
		first_of_periods(grain, last, refresh->open_periods);
	if (from_date != NULL)
		refresh->open = Min(refresh->open, period_start(grain, period_of_date(grain, *from_date)));
}

/*
 * Replacing rows
 */

/*
 * What is read of the source is cut in two where the next refresh may begin, so
 * that it finds the open end in a row of its own.  Where that would be one
 * period on, as it is when a month has begun since, one row will do: the next
 * refresh cuts that period off a row that is not large.
 */
static DateADT
day_to_cut(const Refresh *refresh, const FreshLedgers *fresh)
{
	Grain		grain = refresh->source.grain;
	DateADT		day;

	if (DATE_IS_NOBEGIN(fresh->last))
		return refresh->open;
	day = first_of_periods(grain, Min(fresh->last, GetSQLCurrentDate()), refresh->open_periods);
	if (!DATE_NOT_FINITE(refresh->open) && !DATE_NOT_FINITE(day) &&
		period_of_date(grain, day) == period_of_date(grain, refresh->open) + 1)
		return refresh->open;
	return day;
}

/*
 * The rows of the store that go: of triggers, open ones, and small closed ones.
 * Of these, those of a segment are added up whose size is less than twice that of
 * all smaller ones, and what is smaller still.  So there are few rows, and a large
 * one is not written again before much has come together.
 */
static const char *
gone_text(const Refresh *refresh)
{
	const char *home = refresh->extension.schema_name;
	const char *store = quoted_relation(refresh->store);
	const char *segment = refresh->source.segment != 0 ? ", segment" : "";
	const char *partition = refresh->source.segment != 0 ? "PARTITION BY segment" : "";

	return psprintf("closed AS (SELECT ctid AS place%s, pg_catalog.pg_column_size(ledger)::pg_catalog.int8 AS size "
					" FROM %s WHERE pg_catalog.upper(%s.periods(ledger)) OPERATOR(pg_catalog.<=) $1), "
					"sizes AS (SELECT *, pg_catalog.sum(size) OVER (%s ORDER BY size "
					"  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS smaller FROM closed), "
					"limits AS (SELECT *, pg_catalog.max(size) FILTER "
					"  (WHERE size OPERATOR(pg_catalog.<) (2 OPERATOR(pg_catalog.*) smaller)) OVER (%s) AS most FROM sizes), "
					"gone AS (DELETE FROM %s WHERE refreshed_at IS NULL "
					" OR (pg_catalog.upper(%s.periods(ledger)) OPERATOR(pg_catalog.<=) $1) IS NOT TRUE "
					" OR ctid OPERATOR(pg_catalog.=) ANY (SELECT place FROM limits WHERE size OPERATOR(pg_catalog.<=) most) "
					" RETURNING ledger%s)",
					segment, store, home, partition, partition, store, home, segment);
}

/*
 * What comes in their place: $1 is the first open day, and $2 the one before; $3
 * the day before the cut.
 */
static const char *
new_text(const Refresh *refresh)
{
	const char *home = refresh->extension.schema_name;
	const char *segment = refresh->source.segment != 0 ? ", segment" : "";

	return psprintf("new AS MATERIALIZED (SELECT %s.rollup(ledger) AS ledger%s FROM "
					"  (SELECT %s.slice(ledger, to_date => CASE WHEN pg_catalog.isfinite($2) THEN $2 END) AS ledger%s FROM gone "
					"   WHERE $1 OPERATOR(pg_catalog.>) '-infinity'::pg_catalog.date "
					"   UNION ALL SELECT %s.slice(ledger, to_date => $3)%s FROM fresh WHERE pg_catalog.isfinite($3)) AS closed %s "
					" UNION ALL SELECT %s.slice(ledger, from_date => "
					"  CASE WHEN pg_catalog.isfinite($3) THEN $3 OPERATOR(pg_catalog.+) 1 END)%s FROM fresh)",
					home, segment, home, segment, home, segment,
					refresh->source.segment != 0 ? "GROUP BY segment" : "", home, segment);
}

/*
 * Replace what is small, open or of a trigger by what it adds up to, and what
 * was read; $4 is the time zone.
 */
static void
replace_rows(const Refresh *refresh, const FreshLedgers *fresh)
{
	const char *segment = refresh->source.segment != 0 ? ", segment" : "";
	const char *zone = refresh->traits.zone;
	OwnQuery	query;

	init_store_query(refresh,
					 psprintf("WITH %s, %s INSERT INTO %s (ledger, refreshed_at, time_zone%s) "
							  "SELECT ledger, pg_catalog.now(), $4%s FROM new "
							  "WHERE NOT pg_catalog.isempty(%s.periods(ledger))",
							  gone_text(refresh), new_text(refresh), quoted_relation(refresh->store),
							  segment, segment, refresh->extension.schema_name),
					 &query);
	fresh_ledgers_name(fresh, &query);
	query_parameter(&query, DATEOID, DateADTGetDatum(refresh->open), false);
	query_parameter(&query, DATEOID, DateADTGetDatum(day_before(refresh->open)), false);
	query_parameter(&query, DATEOID, DateADTGetDatum(day_before(day_to_cut(refresh, fresh))), false);
	query_parameter(&query, TEXTOID, CStringGetTextDatum(zone), *zone == '\0');
	query_prepare(&query);
	query_run(&query, refresh->snapshot, NULL);
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

static void
read_arguments(FunctionCallInfo fcinfo, Refresh *refresh)
{
	check_argument_given(fcinfo, 0, "store");
	source_from_arguments(fcinfo, 1, &refresh->source);
	source_take_segment(&refresh->source, fcinfo, ARGUMENT_SEGMENT);
	source_check_shape(&refresh->source);
	refresh->open_periods = PG_ARGISNULL(ARGUMENT_OPEN_PERIODS) ? DEFAULT_OPEN_PERIODS :
		integer_option(fcinfo, ARGUMENT_OPEN_PERIODS, "open_periods", 0,
										   DEFAULT_OPEN_PERIODS);
	if (refresh->open_periods > MAX_OPEN_PERIODS)
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
}

/*
 * Do it, with the store locked.
 */
static void
refresh_store(Refresh *refresh, const DateADT *from_date)
{
	int			level = query_begin_restricted_path();
	Oid			user;
	int			context;
	FreshLedgers fresh;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(user, context | SECURITY_RESTRICTED_OPERATION);
	source_lock(&refresh->source, &refresh->extension);
	refresh->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	find_open_day(refresh, from_date);
	fresh_ledgers_read(&fresh, &refresh->source, &refresh->extension,
					   DATE_IS_NOBEGIN(refresh->open) ? NULL : &refresh->open, refresh->snapshot);
	replace_rows(refresh, &fresh);
	tuplestore_end(fresh.rows);
	UnregisterSnapshot(refresh->snapshot);
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(true, level);
}

/*
 * refresh_revenue_ledgers(store, source, customer, at, amount, grain,
 * open_periods, from_date, segment, shape, ...): the days of which the source was read again.
 */
Datum
refresh_revenue_ledgers(PG_FUNCTION_ARGS)
{
	Refresh		refresh = {{0}};
	DateADT		from_date = PG_ARGISNULL(ARGUMENT_FROM_DATE) ? 0 :
		PG_GETARG_DATEADT(ARGUMENT_FROM_DATE);

	PreventCommandDuringRecovery("refresh_revenue_ledgers()");
	read_arguments(fcinfo, &refresh);
	extension_of_call(fcinfo, &refresh.extension);
	store_traits_of_source(&refresh.source, &refresh.traits);
	refresh.store = store_open(text_to_cstring(PG_GETARG_TEXT_PP(0)), &refresh.extension, &refresh.source);
	refresh_store(&refresh, PG_ARGISNULL(ARGUMENT_FROM_DATE) ? NULL : &from_date);
	return days_from(refresh.open);
}
