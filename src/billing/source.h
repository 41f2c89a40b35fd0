/*-------------------------------------------------------------------------
 *
 * billing/source.h
 *	  A table of billing rows, given by name: which columns, read in which sense.
 *
 * source.c reads it from the arguments of a call, source_query.c has its ledger
 * computed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BILLING_SOURCE_H
#define NRR_BILLING_SOURCE_H

#include "base/calendar.h"
#include "fmgr.h"
#include "ledger/ledger.h"
#include "storage/lockdefs.h"

/* What a row of a table is */
typedef enum TableShape
{
	TABLE_OF_PAYMENTS,			/* an amount at a time */
	TABLE_OF_SUBSCRIPTIONS,		/* an amount of each period, in force over a range */
	TABLE_OF_INVOICES,			/* an amount earned over a range */
	TABLE_OF_SNAPSHOTS,			/* what a customer pays, as seen on a day */
	TABLE_OF_CHANGES			/* by how much what a customer pays changes */
} TableShape;

#define TABLE_SHAPE_LAST	TABLE_OF_CHANGES

/* Does the end of a range, in a column of its own, belong to it? */
typedef enum EndBound
{
	END_NOT_SAID,				/* it does not, unless ends look as if they did */
	END_EXCLUDED,
	END_INCLUDED
} EndBound;

/* A table or view, some of its columns, and how to read it */
typedef struct BillingSource
{
	Oid			relation;
	AttrNumber	customer;
	AttrNumber	at;				/* a time, a range, or the start of one */
	AttrNumber	until;			/* the end of a range, or 0 */
	AttrNumber	amount;
	AttrNumber	item;			/* of a customer, whose rows end one another; or 0 */
	AttrNumber	segment;		/* for a ledger of each, or 0 */
	Grain		grain;
	bool		shape_given;
	TableShape	shape;
	EndBound	bound;
	bool		close_next;		/* a row ends where the customer's next one begins */
	SnapshotRule snapshot;		/* SNAPSHOT_NONE: the default */
} BillingSource;

/*
 * Arguments of a call that names a source: first (source, customer, at, amount,
 * grain), and last (shape, bounds, close, item, snapshot_rule).
 */
#define SOURCE_ARGUMENTS	5
#define SOURCE_OPTIONS		5

extern void source_from_arguments(FunctionCallInfo fcinfo, int first, BillingSource *source);
extern void source_take_segment(BillingSource *source, FunctionCallInfo fcinfo, int n);
extern void source_check_shape(const BillingSource *source);

extern Oid	source_relation(const char *name, LOCKMODE lock, bool missing_ok);
extern AttrNumber source_column(Oid relation, const char *name, bool missing_ok);
extern const char *quoted_relation(Oid relation);
extern const char *source_quoted_column(const BillingSource *source, AttrNumber column);

extern bool source_is_over(const BillingSource *source);
extern Oid	source_time_type(const BillingSource *source);
extern const char *source_time_type_name(const BillingSource *source);
extern const char *source_end_text(const BillingSource *source);
extern SnapshotRule source_snapshot_rule(const BillingSource *source);

#endif							/* NRR_BILLING_SOURCE_H */
