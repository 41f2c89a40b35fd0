/*-------------------------------------------------------------------------
 *
 * ledger/partitions.h
 *	  Rows of a ledger in the making, in one partition or split into many.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_PARTITIONS_H
#define NRR_LEDGER_PARTITIONS_H

#include "ledger/pool.h"

/* The partition is chosen by so many bits of the hash, from the highest on */
#define PARTITION_BITS	8
#define MANY_PARTITIONS	(1 << PARTITION_BITS)

extern void partitioned_rows_init(PartitionedRows *rows, RowPool *pool, CustomerKind kind);
extern void partitioned_rows_set_many(PartitionedRows *rows, const RowPacking *packing);
extern void partitioned_rows_grow(PartitionedRows *rows, LedgerRow row, const CustomerKey *key);
extern void partitioned_rows_append_partition(PartitionedRows *rows,
											  const RowPartition *partition);

static inline bool
partitioned_rows_are_none(const PartitionedRows *rows)
{
	return rows->npartitions == 1 && rows->first.spans == NULL && rows->first.nchunks == 0;
}

/* The partition of a customer, and the hash that chose it among many */
static inline int
partition_number(const PartitionedRows *rows, const CustomerKey *key, uint64 *hash)
{
	*hash = 0;
	if (rows->npartitions == 1)
		return 0;
	*hash = customer_hash(rows->packing.kind, key);
	return *hash << rows->shift >> (64 - PARTITION_BITS);
}

static pg_attribute_always_inline void
partitioned_rows_append(PartitionedRows *rows, LedgerRow row, const CustomerKey *key)
{
	uint64		hash;
	RowTail    *tail = &rows->tails[partition_number(rows, key, &hash)];

	if (unlikely(tail->limit - tail->free < LEDGER_ROW_SIZE(key->length)))
		partitioned_rows_grow(rows, row, key);
	else
		tail->free = ledger_row_put(tail->free, &rows->packing, row, key, hash);
}

#endif							/* NRR_LEDGER_PARTITIONS_H */
