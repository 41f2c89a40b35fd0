/*-------------------------------------------------------------------------
 *
 * ledger_calls.h
 *	  The functions of SQL that read a revenue_ledger, and their options, as
 *	  targets have them from an input.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_FUZZ_LEDGER_CALLS_H
#define NRR_FUZZ_LEDGER_CALLS_H

#include "shim.h"

#include "ledger/datum.h"
#include "ledger/ledger.h"

NRR(revenue_ledger_in);
NRR(revenue_ledger_out);
NRR(revenue_ledger_recv);
NRR(revenue_ledger_send);
NRR(revenue_ledger_eq);
NRR(revenue_ledger_ne);
NRR(revenue_ledger_lt);
NRR(revenue_ledger_le);
NRR(revenue_ledger_gt);
NRR(revenue_ledger_ge);
NRR(revenue_ledger_cmp);
NRR(revenue_ledger_hash);
NRR(revenue_ledger_hash_extended);
NRR(revenue_ledger_customers);
NRR(revenue_ledger_periods);
NRR(revenue_ledger_total);
NRR(revenue_ledger_grain);
NRR(revenue_ledger_snapshot_rule);
NRR(revenue_ledger_plus);
NRR(revenue_ledger_minus);
NRR(revenue_ledger_merge);
NRR(revenue_ledger_final);
NRR(revenue_ledger_slice);
NRR(ledger_entries);
NRR(revenue_movements);
NRR(customer_movements);
NRR(cohort_retention);
NRR(retention_of_ledger);

#define ENTRIES_COLUMNS		3
#define MOVEMENTS_COLUMNS	21

/* Places of columns */
#define MOVEMENTS_STARTING	1
#define MOVEMENTS_ENDING	7
#define MOVEMENTS_STARTING_CUSTOMERS 8
#define MOVEMENTS_ENDING_CUSTOMERS 14

extern const Column entries_columns[];
extern const Column movements_columns[];

/* What readers are asked for */
typedef struct Options
{
	int			flags;			/* OPTION_... */
	int			from_offset;
	int			to_offset;
	int			lookback;
	int			grace;
	int			within;
	int			baseline;
	int			cohort_grain;
	int			size;			/* of the first of two ledgers; 0 if there is one */
	DateADT		from;
	DateADT		to;
} Options;

#define OPTIONS_SIZE		12

/* Bits of flags; the lowest is the target's own */
#define OPTION_NO_FROM		0x02
#define OPTION_NO_TO		0x04
#define OPTION_NO_RULES		0x08	/* lookback and others are NULL */
#define OPTION_FAR			0x10	/* offsets are of years */
#define OPTION_SWAP			0x20	/* dates may be in the wrong order */
#define OPTION_NO_GRAIN		0x40

extern Options take_options(Input *input);
extern void place_options(Options *options, Datum ledger);
extern void read_everything(Datum ledger, const Options *options);
extern Outcome roll_up(Datum a, Datum b);

extern size_t mutate_ledger(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
extern size_t mutate_stored(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

#endif							/* NRR_FUZZ_LEDGER_CALLS_H */
