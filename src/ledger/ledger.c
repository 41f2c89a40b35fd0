/*-------------------------------------------------------------------------
 *
 * ledger/ledger.c
 *	  The flat form of a revenue_ledger: what it says of itself as a whole.
 *
 * The form itself is described in ledger.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/varint.h"
#include "base/version.h"
#include "ledger/ledger.h"

const char *
snapshot_name(SnapshotRule snapshot)
{
	return snapshot == SNAPSHOT_START ? "start" : "end";
}

pg_noinline void
damaged_ledger(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("revenue_ledger is damaged"),
			 errhint("Build it again from its billing rows.")));
}

pg_noinline void
unsupported_ledger(int version)
{
	ereport(ERROR, (errunsupported_version("revenue_ledger", version, LEDGER_VERSION)));
}

/*
 * What is wrong with the header of bytes that should be a ledger, in a sentence;
 * NULL if nothing is.
 */
const char *
ledger_header_problem(const RevenueLedger *ledger, Size size)
{
	if (size < offsetof(RevenueLedger, body))
		return "It is too short.";
	if (ledger->version != LEDGER_VERSION)
		return "It has an unknown version.";
	if ((ledger->flags & ~LEDGER_LASTING) != 0)
		return "It has unknown flags.";
	if (ledger->grain > GRAIN_LAST || ledger->kind > CUSTOMER_KIND_LAST ||
		ledger->snapshot > SNAPSHOT_LAST)
		return "It has an unknown grain, kind of customer or snapshot rule.";
	if (ledger->scale > MONEY_DIGITS || ledger->dscale < ledger->scale ||
		ledger->dscale > MONEY_MAX_DSCALE)
		return "Its scale is out of range.";
	return NULL;
}

static bool
range_exists(const LedgerInfo *info)
{
	return info->periods == 0 ||
		(period_exists(info->grain, info->first) &&
		 period_exists(info->grain, (int64) info->first + info->periods - 1));
}

/*
 * Read what a ledger says of itself; returns where its surplus begins, or NULL
 * if it says what no ledger can.
 */
const char *
ledger_get_info(const RevenueLedger *ledger, const char *end, LedgerInfo *info)
{
	const char *p = ledger->body;
	uint64		customers,
				entries,
				periods,
				first = 0;
	uint128		total = 0;

	if (ledger_header_problem(ledger, end - (const char *) ledger) != NULL)
	{
		if (end >= ledger->body && ledger->version > LEDGER_VERSION)
			unsupported_ledger(ledger->version);
		return NULL;
	}
	info->grain = ledger->grain;
	info->kind = ledger->kind;
	info->snapshot = ledger->snapshot;
	info->lasting = (ledger->flags & LEDGER_LASTING) != 0;
	info->scale = ledger->scale;
	info->dscale = ledger->dscale;
	if ((p = varint_get(p, end, &customers)) == NULL ||
		(p = varint_get(p, end, &entries)) == NULL ||
		(p = varint_get(p, end, &periods)) == NULL || periods > MAX_PERIODS ||
		(periods == 0 && (info->lasting || info->snapshot != SNAPSHOT_NONE)))
		return NULL;
	if (periods > 0)
	{
		p = varint_get(p, end, &first);
		if (p == NULL || first > PG_UINT32_MAX)
			return NULL;
	}
	p = varint_get_wide(p, end, &total);
	info->customers = customers;
	info->entries = entries;
	info->periods = (int32) periods;
	info->first = (int32) unzigzag(first);
	info->total = unzigzag(total);
	return range_exists(info) && money_in_range(info->total) ? p : NULL;
}

/*
 * Just the facts, of which the first bytes of a ledger are enough.
 */
void
ledger_read_info(LedgerInfo *info, const RevenueLedger *ledger, Size size)
{
	if (ledger_get_info(ledger, (const char *) ledger + size, info) == NULL)
		damaged_ledger();
}

/*
 * Check that ledgers can become one.  What has no subscriptions goes with
 * either snapshot rule.
 */
void
ledger_check_mergeable(const LedgerInfo *a, const LedgerInfo *b)
{
	if (a->grain != b->grain)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge ledgers of grain %s and %s",
						grain_name(a->grain), grain_name(b->grain)),
				 errhint("Build both with the same grain.")));
	if (a->kind != b->kind)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("cannot merge ledgers of %s and %s customers",
						customer_kind_name(a->kind), customer_kind_name(b->kind)),
				 errhint("Cast the customers of both to the same type.")));
	if (a->snapshot != b->snapshot &&
		a->snapshot != SNAPSHOT_NONE && b->snapshot != SNAPSHOT_NONE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge ledgers of subscriptions in force at the %s and at the %s of a period",
						snapshot_name(a->snapshot), snapshot_name(b->snapshot)),
				 errhint("Build both with the same snapshot rule.")));
}
