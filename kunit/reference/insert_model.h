/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of insertion: a consumer that knows what each context has inserted, in which
 * order, and takes it apart again. Nothing lost, doubled, torn or overtaken.
 */
#ifndef KUNIT_MODELS_INSERT_MODEL_H
#define KUNIT_MODELS_INSERT_MODEL_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "core/insert.h"

#define INSERT_CONTEXTS	64
#define INSERT_BATCH	16

/**
 * struct insert_world - a queue, who inserts, and what the consumer has seen
 * @ins: under test
 * @test: who asked for it
 * @rnd: for the tests
 * @slots: of the queue, 0xff where there is no command
 * @ends: for @ins
 * @prod: last doorbell
 * @cons: what is consumed
 * @doorbells: how many
 * @passes: rounds of owners of the bell, one read-modify-write each; the tests count
 * @insertions: likewise
 * @max_batch: of @ins
 * @depth: nested contexts, for the tests
 * @max_depth: contexts of @ins
 * @next_seq: of the next batch of a context
 * @seen_seq: of the next to be consumed
 * @cmd: where a context makes its batch
 * @broken: the first rule that was broken, or NULL
 */
struct insert_world {
	struct smmu_inserter ins;
	struct kunit *test;
	struct rnd_state rnd;
	struct smmu_cmd *slots;
	u64 *ends;
	u64 prod;
	u64 cons;
	u64 doorbells;
	u64 passes;
	u64 insertions;
	u32 max_batch;
	u32 depth;
	u32 max_depth;
	u32 next_seq[INSERT_CONTEXTS];
	u32 seen_seq[INSERT_CONTEXTS];
	struct smmu_cmd cmd[INSERT_CONTEXTS][INSERT_BATCH];
	const char *broken;
};

extern const struct smmu_inserter_ops insert_world_ops;

static inline struct insert_world *insert_world_of(struct smmu_inserter *ins)
{
	return container_of(ins, struct insert_world, ins);
}

/* A test that fails when there is no memory for it, or no such queue */
struct insert_world *insert_world_new(struct kunit *test, u8 log2, u32 contexts, u32 max_batch);

/* Context @who inserts a batch of @n; interrupts as smmu_insert() wants them */
void insert_one(struct insert_world *w, u32 who, u32 n);

/* The batch that @who inserts next, of @n */
const struct smmu_cmd *insert_prepare(struct insert_world *w, u32 who, u32 n);

/* For algorithms of the tests' own: copy it to @pos, whatever is there */
void insert_write(struct insert_world *w, u64 pos, const struct smmu_cmd *cmd, u32 n);

/* Check and take at most @most of what is visible */
void insert_consume(struct insert_world *w, u64 most);

/* Keeps the first @rule */
void insert_breaks(struct insert_world *w, const char *rule);

#endif
