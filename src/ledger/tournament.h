/*-------------------------------------------------------------------------
 *
 * ledger/tournament.h
 *	  Which of several readers is at the next customer.
 *
 * A tournament among their next keys finds it: a tree of matches, each node of
 * which keeps who lost there.  A reader is always one key ahead; its series is
 * still to be read when it wins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_LEDGER_TOURNAMENT_H
#define NRR_LEDGER_TOURNAMENT_H

#include "ledger/read.h"

/* Who is in the tournament with which key */
typedef struct Contender
{
	uint64		rank;			/* of the key */
	int			number;			/* NO_CONTENDER if it has no key left */
} Contender;

/* Stands for a reader without further keys; it loses against every other */
#define NO_CONTENDER	PG_INT32_MAX
#define NO_RANK			PG_UINT64_MAX

typedef struct Tournament
{
	CustomerKind kind;
	int			n;
	LedgerReader **readers;
	Contender  *tree;			/* the winner, and then who lost at which node */
} Tournament;

static inline bool
comes_before(const Tournament *tournament, const Contender *a, const Contender *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (tournament->kind != CUSTOMER_INTEGER &&
		a->number != NO_CONTENDER && b->number != NO_CONTENDER)
	{
		int			order = customer_compare(tournament->kind,
											 &tournament->readers[a->number]->customer,
											 &tournament->readers[b->number]->customer);

		if (order != 0)
			return order < 0;
	}
	return a->number < b->number;
}

/* Go to a reader's next key */
static inline Contender
next_contender(Tournament *tournament, int number)
{
	LedgerReader *reader = tournament->readers[number];
	Contender	contender = {NO_RANK, NO_CONTENDER};

	if (ledger_read_key(reader))
	{
		contender.rank = customer_rank(tournament->kind, &reader->customer);
		contender.number = number;
	}
	return contender;
}

/*
 * Play all matches below a node, whose parent is node / 2.  Leaves follow the
 * inner nodes, in order of their readers.  Returns the winner.
 */
static inline Contender
play_all(Tournament *tournament, int node)
{
	Contender	a,
				b;

	if (node >= tournament->n)
		return next_contender(tournament, node - tournament->n);
	a = play_all(tournament, 2 * node);
	b = play_all(tournament, 2 * node + 1);
	if (comes_before(tournament, &a, &b))
	{
		tournament->tree[node] = b;
		return a;
	}
	tournament->tree[node] = a;
	return b;
}

/*
 * Begin with readers that have no key yet.  The array must stay where it is.
 */
static inline void
tournament_begin(Tournament *tournament, CustomerKind kind, LedgerReader **readers, int n)
{
	tournament->kind = kind;
	tournament->n = n;
	tournament->readers = readers;
	tournament->tree = palloc((n + 1) * sizeof(Contender));
	tournament->tree[0].rank = NO_RANK;
	tournament->tree[0].number = NO_CONTENDER;
	if (n > 0)
		tournament->tree[0] = play_all(tournament, 1);
}

/*
 * Let the winner play again, with its next key.
 */
static inline void
tournament_replay(Tournament *tournament)
{
	int			number = tournament->tree[0].number;
	Contender	winner = next_contender(tournament, number);

	for (int node = (tournament->n + number) / 2; node > 0; node /= 2)
	{
		if (comes_before(tournament, &tournament->tree[node], &winner))
		{
			Contender	loser = winner;

			winner = tournament->tree[node];
			tournament->tree[node] = loser;
		}
	}
	tournament->tree[0] = winner;
}

static inline void
tournament_end(Tournament *tournament)
{
	pfree(tournament->tree);
}

#endif							/* NRR_LEDGER_TOURNAMENT_H */
