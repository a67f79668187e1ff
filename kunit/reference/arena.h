/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An arena: up to 64 contexts that insert into one queue and are switched at every step. Each
 * context is a thread, and one of them runs at a time. At every atomic read-modify-write, and at
 * every turn of a loop that waits, a random number decides which one goes on; a seed makes that
 * repeatable. Unlike nested interrupts, contexts go on in any order; unlike real CPUs, they do so
 * on request.
 *
 * Algorithms are compiled for the arena with atomics that report to it in place of their own
 * (insert_traced.c, queued_lock.c), so the counts are those of the real code.
 */
#ifndef KUNIT_MODELS_ARENA_H
#define KUNIT_MODELS_ARENA_H

#include "reference/insert_model.h"

struct arena;

/**
 * struct arena_algorithm - a way to insert
 * @name: name for printing
 * @insertions: number of insertions in a run, by all contexts together: the more the contexts wait
 *	for each other, the more switches each insertion takes
 * @init: may be NULL
 * @insert: context @who inserts a batch of @n; interrupts are on. It returns false when there is
 *	no room: try again later
 */
struct arena_algorithm {
	const char *name;
	u32 insertions;
	void (*init)(struct insert_world *w);
	bool (*insert)(struct insert_world *w, u32 who, u32 n);
};

/* One size of the arena: queue, contexts, largest batch */
struct arena_shape {
	u8 log2;
	u32 contexts;
	u32 max_batch;
};

/**
 * struct arena_counts - what happened, for all insertions together
 * @insertions: number of insertions
 * @switches: switches from one context to another
 * @rmw_shared: read-modify-writes of the word that all contexts contend for
 * @rmw: read-modify-writes of any word, @rmw_shared included
 * @retries: read-modify-writes that failed and were done again
 * @waits: turns of loops that wait for another context
 * @doorbells: writes of PROD
 */
struct arena_counts {
	u64 insertions;
	u64 switches;
	u64 rmw_shared;
	u64 rmw;
	u64 retries;
	u64 waits;
	u64 doorbells;
};

/**
 * arena_run() - let all contexts insert their batches, and print the counts
 * @test: fails when a batch is lost, doubled, torn or overtaken, or when no context makes progress
 * @algo: the algorithm
 * @shape: the size
 * @counts: out
 */
void arena_run(struct kunit *test, const struct arena_algorithm *algo,
	       const struct arena_shape *shape, struct arena_counts *counts);

void arena_shape_desc(const struct arena_shape *shape, char *desc);

extern const struct arena_shape arena_shapes[7];

/* The algorithms call what follows. This returns which context is running. */
u32 arena_running(void);

/*
 * Called before a read-modify-write, so that others may come first. @shared: of the contended
 * word.
 */
void arena_rmw(bool shared);

/* The read-modify-write failed */
void arena_retry(void);

/* One more turn of a loop that waits for another context */
void arena_wait(void);

/* Any other point at which another context may go on */
void arena_step(void);

#endif
