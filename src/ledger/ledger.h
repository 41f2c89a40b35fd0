/*-------------------------------------------------------------------------
 *
 * ledger/ledger.h
 *	  The flat form of a revenue_ledger: what it looks like.
 *
 * A ledger says who paid how much in which period.  Its flat form is
 * canonical: the same billing rows give the same bytes, however they came
 * together.  Three things in it are no part of its value: 'dscale', which is how
 * many decimals to show, as with numeric, the snapshot rule, which is how the
 * amounts came about, and the surplus, see below.
 *
 * After the fixed header comes a stream of varints (7 bits a byte, lowest
 * first, no longer than needed; "signed" ones are zigzag-coded):
 *
 *		customers, entries, periods		counts
 *		first							signed; only if there are periods
 *		total							signed, at the ledger's scale
 *		surplus							a series: see below
 *		then for each customer, in order of key:
 *			key
 *			series						the net amounts that are not zero
 *
 * A key is, for integers, the first one signed and then the distance from the
 * one before; for uuid its 16 bytes; for text, how many bytes it shares with
 * the one before, how many follow, and those.
 *
 * A series is a count of runs, and then the runs: periods in a row with the
 * same amount.  Each has a token (periods skipped since the run before, or
 * since the ledger's first period, times two, plus one if it is longer than
 * one period), the signed amount, and, if longer, its length minus two.
 *
 * Revenue of subscriptions without an end lasts beyond the ledger's last
 * period.  In a ledger that has such revenue (LEDGER_LASTING) a series goes on
 * for one more period, which stands for all to come.  It is no entry, and no
 * part of the total.
 *
 * The surplus of a period is the number of times that billing rows touched it
 * (a subscription does so where it begins and where it ends), less the number
 * of entries in it.  It makes ledgers a group under addition: rows that net to
 * zero keep their period in the ledger's range, and l + m - m is l.
 *
 * The range begins at the first period with an entry or a touch.  It ends at
 * the last one that was touched or in which a customer's amount is not the one
 * that lasts, but is never empty where anything lasts.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_LEDGER_H
#define NRR_LEDGER_LEDGER_H

#include "base/calendar.h"
#include "base/customer.h"
#include "base/money.h"

/* A ledger of any later version is not read, rather than called damaged */
#define LEDGER_VERSION	1

/* Not a value but rows as they came, within an aggregate: see ledger/open.h */
#define LEDGER_OPEN		0x01

/* Some amounts last beyond the last period */
#define LEDGER_LASTING	0x02

/* When a subscription has to be in force to count in a period */
typedef enum SnapshotRule
{
	SNAPSHOT_NONE,				/* there are no subscriptions */
	SNAPSHOT_END,
	SNAPSHOT_START
} SnapshotRule;

#define SNAPSHOT_LAST	SNAPSHOT_START

typedef struct RevenueLedger
{
	int32		vl_len_;		/* varlena header, do not touch directly */
	uint8		version;
	uint8		flags;
	uint16		dscale;
	uint8		grain;
	uint8		kind;
	uint8		scale;			/* no larger than the amounts need */
	uint8		snapshot;
	char		body[FLEXIBLE_ARRAY_MEMBER];
} RevenueLedger;

/* What a ledger says of itself as a whole */
typedef struct LedgerInfo
{
	Grain		grain;
	CustomerKind kind;
	SnapshotRule snapshot;
	bool		lasting;		/* has amounts beyond the last period */
	int			scale;			/* of the amounts below and in series */
	int			dscale;
	int32		first;			/* first period, if there is one */
	int32		periods;		/* from the first to the last */
	int64		customers;
	int64		entries;
	int128		total;
} LedgerInfo;

/* What ledgers, or rows, must have in common to become one ledger */
typedef struct LedgerTraits
{
	Grain		grain;
	CustomerKind kind;
	SnapshotRule snapshot;
} LedgerTraits;

pg_noreturn extern void damaged_ledger(void);
pg_noreturn extern void unsupported_ledger(int version);

extern const char *snapshot_name(SnapshotRule snapshot);
extern void ledger_check_mergeable(const LedgerInfo *a, const LedgerInfo *b);

extern void ledger_read_info(LedgerInfo *info, const RevenueLedger *ledger, Size size);
extern const char *ledger_get_info(const RevenueLedger *ledger, const char *end, LedgerInfo *info);
extern const char *ledger_header_problem(const RevenueLedger *ledger, Size size);
extern const char *ledger_problem(const RevenueLedger *ledger, Size size);

/* The period after a ledger's last one, or after that which stands for all to come */
static inline int32
ledger_end(const LedgerInfo *info)
{
	return info->first + info->periods + (info->lasting ? 1 : 0);
}

#endif							/* NRR_LEDGER_LEDGER_H */
