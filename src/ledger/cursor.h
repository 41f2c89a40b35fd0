/*-------------------------------------------------------------------------
 *
 * ledger/cursor.h
 *	  Reads the rows of a ledger in the making, partition by partition.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_CURSOR_H
#define NRR_LEDGER_CURSOR_H

#include "ledger/partitions.h"

/* Gives one partition after the other, or some of one, in memory */
typedef struct RowCursor
{
	const PartitionedRows *rows;
	int			next;
	Size		indivisible;	/* partitions of so many bytes are not split, */
	const RowPartition *parted; /* but given in parts: this one, */
	int			next_chunk;		/* from this chunk on */
	RowPartition loaded;		/* what was read from the file */
	RowSpan		span;			/* its rows, */
	Size		capacity;		/* in so much memory */
	PartitionedRows *split;		/* a partition too big for memory, split again, */
	struct RowCursor *nested;	/* and read by this */
} RowCursor;

extern void row_cursor_begin(RowCursor *cursor, const PartitionedRows *rows);
extern const RowPartition *row_cursor_next(RowCursor *cursor);
extern void row_cursor_end(RowCursor *cursor);

#endif							/* NRR_LEDGER_CURSOR_H */
