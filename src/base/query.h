/*-------------------------------------------------------------------------
 *
 * base/query.h
 *	  The SQL that the extension writes itself, and runs as its caller.
 *
 * Its names are looked up in pg_catalog alone, except for those that are
 * qualified.  What they came to is then verified, by OID: functions, operators
 * and aggregates are PostgreSQL's or the extension's own, and relations are
 * those that were meant.  The tree that was verified is the one that is run,
 * so nothing can come in between.  What a view does, or a policy of row
 * security, is its owner's business, as in any query.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_QUERY_H
#define NRR_BASE_QUERY_H

#include "base/extension.h"
#include "executor/tuptable.h"
#include "nodes/params.h"
#include "utils/queryenvironment.h"
#include "utils/snapshot.h"
#include "utils/tuplestore.h"

#define QUERY_MAX_RELATIONS	2
#define QUERY_MAX_PARAMETERS	6
#define QUERY_MAX_COLUMNS	5

typedef struct OwnQuery
{
	const Extension *extension;
	const char *text;
	int			nrelations;
	Oid			relations[QUERY_MAX_RELATIONS]; /* that it names, all locked */
	int			nparameters;
	Oid			types[QUERY_MAX_PARAMETERS];
	Datum		values[QUERY_MAX_PARAMETERS];
	bool		nulls[QUERY_MAX_PARAMETERS];
	int			ncolumns;		/* that must be of these types; 0: any number of any */
	Oid			columns[QUERY_MAX_COLUMNS];
	QueryEnvironment *environment;	/* transition tables and the like, or NULL */
	struct Query *tree;			/* as verified */
	struct Query *rewritten;
} OwnQuery;

/* What takes the rows of a query */
typedef struct RowConsumer
{
	void		(*begin) (TupleDesc desc, void *arg);	/* before the first row; or NULL */
	void		(*take) (TupleTableSlot *slot, void *arg);
	void	   *arg;
} RowConsumer;

extern void query_init(OwnQuery *query, const Extension *extension, const char *text);
extern void query_names(OwnQuery *query, Oid relation);
extern void query_parameter(OwnQuery *query, Oid type, Datum value, bool isnull);
extern void query_column(OwnQuery *query, Oid type);

extern void query_rows(OwnQuery *query, const char *name, Oid relation, TupleDesc desc,
					   Tuplestorestate *rows);

extern void query_prepare(OwnQuery *query);
extern bool query_may_read_foreign(const OwnQuery *query);
extern void query_lock(const OwnQuery *query);
extern Snapshot query_newest_snapshot(void);
extern void query_run(OwnQuery *query, Snapshot snapshot, const RowConsumer *consumer);
extern bool query_prepared_row(OwnQuery *query, Snapshot snapshot, Datum *values, bool *nulls);
extern bool query_row(OwnQuery *query, Snapshot snapshot, Datum *values, bool *nulls);

extern int	query_begin_restricted_path(void);
extern void query_set_locally(const char *name, const char *value);

#endif							/* NRR_BASE_QUERY_H */
