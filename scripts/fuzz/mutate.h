/*-------------------------------------------------------------------------
 *
 * mutate.h
 *	  Mutations that know the form of an input.
 *
 * Nothing of them is from the code under test.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_FUZZ_MUTATE_H
#define NRR_FUZZ_MUTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 uint128;
typedef __int128 int128;

#define lengthof(array)	(sizeof(array) / sizeof((array)[0]))

/* Options that come before what an input is about; their last two bytes are a size */
#define OPTIONS_SIZE	12

/* A flat ledger's header, its length word excluded */
#define HEADER_SIZE		8
#define HEADER_FLAGS	1
#define HEADER_DSCALE	2		/* two bytes, in network order */
#define HEADER_GRAIN	4
#define HEADER_KIND		5
#define HEADER_SCALE	6
#define HEADER_SNAPSHOT	7

/* An open ledger's head, likewise */
#define OPEN_HEAD		36

#define FLAG_OPEN		1
#define FLAG_LASTING	2

typedef size_t (*Mutation) (uint8_t *data, size_t size, size_t max_size);

extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

extern void chance_begin(unsigned int seed);
extern uint32_t chance(uint32_t n);
extern uint128 edge_number(void);
extern uint128 change_number(uint128 number);

extern size_t mutate_options(uint8_t *data, size_t size, size_t max_size);
extern size_t mutate_flat(uint8_t *data, size_t size, size_t max_size);
extern size_t mutate_open(uint8_t *data, size_t size, size_t max_size);

extern size_t mutate_ledger(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
extern size_t mutate_stored(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
extern size_t mutate_summary(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

#endif							/* NRR_FUZZ_MUTATE_H */
