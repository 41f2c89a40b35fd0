/*-------------------------------------------------------------------------
 *
 * base/hidden.h
 *	  Relations whose rows a snapshot is too old to see.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BASE_HIDDEN_H
#define NRR_BASE_HIDDEN_H

#include "nodes/plannodes.h"
#include "utils/snapshot.h"

extern Oid	hidden_relation(const PlannedStmt *plan, Snapshot snapshot);

#endif							/* NRR_BASE_HIDDEN_H */
