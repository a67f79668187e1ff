/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An arena: up to 64 contexts that insert into one queue and are switched at every step. Each is
 * a thread, one runs at a time, and at every atomic read-modify-write, and at every turn of a
 * loop that waits, a seeded die says who goes on. Unlike nested interrupts they come back in
 * any order; unlike real CPUs they do so on request.
 *
 * Algorithms are compiled for it with their atomics replaced by those that report here
 * (insert_traced.c, queued_lock.c), so what is counted is what they do.
 */
#ifndef KUNIT_MODELS_ARENA_H
#define KUNIT_MODELS_ARENA_H

#include "reference/insert_model.h"

struct arena;

/**
 * struct arena_algorithm - a way to insert
 * @name: as printed
 * @insertions: how many in a run, by all contexts together: the more they wait for each other,
 *	the more switches each takes
 * @init: may be NULL
 * @insert: context @who inserts a batch of @n, interrupts are on; @return is false when there
 *	is no room: try again later
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
 * @insertions: that were made
 * @switches: from one context to another
 * @rmw_shared: read-modify-writes of the word that all contend for
 * @rmw: of any word, @rmw_shared included
 * @retries: of these, lost: to be done again
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
 * @test: fails when one is lost, doubled, torn, overtaken, or nothing moves any more
 * @algo: how
 * @shape: size
 * @counts: out
 */
void arena_run(struct kunit *test, const struct arena_algorithm *algo,
	       const struct arena_shape *shape, struct arena_counts *counts);

void arena_shape_desc(const struct arena_shape *shape, char *desc);

extern const struct arena_shape arena_shapes[7];

/* What follows is for the algorithms. Which context is running */
u32 arena_running(void);

/* A read-modify-write comes next; perhaps others come first. @shared: of the contended word */
void arena_rmw(bool shared);

/* It was in vain */
void arena_retry(void);

/* Waiting for another context: one more turn */
void arena_wait(void);

/* Nothing special, but others may come between */
void arena_step(void);

#endif
