/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The other end of insertion: a consumer that knows what each context has inserted and in which
 * order. It takes the commands out again and checks that none is lost, doubled, torn or overtaken.
 */
#ifndef KUNIT_MODELS_INSERT_MODEL_H
#define KUNIT_MODELS_INSERT_MODEL_H

#include <kunit/test.h>
#include <linux/prandom.h>

#include "core/insert.h"

#define INSERT_CONTEXTS	64
#define INSERT_BATCH	16
#define INSERT_NODES	3

/* As @turn_log2 of an inserter: one turn for as long as a test takes */
#define INSERT_NO_TURNS	31

/**
 * struct insert_world - a queue, the contexts that insert, and what the consumer has seen
 * @ins: inserter under test
 * @test: test that runs
 * @rnd: random numbers, for the tests
 * @slots: slots of the queue, 0xff where there is no command
 * @ends: for @ins
 * @prod: position of the last doorbell
 * @cons: position up to which the consumer has taken commands
 * @doorbells: number of doorbells
 * @left: number of insertions that left the ringing to others, or waited for the token; the tests
 *	count them
 * @insertions: number of insertions; the tests count them
 * @max_batch: largest batch of @ins
 * @depth: number of nested contexts, for the tests
 * @max_depth: number of contexts of @ins
 * @cpu: for @ins, of each CPU; where a test has one thread, and in the arena, of each context
 * @node: the nodes of @cpu, for insert_nodes()
 * @next_seq: sequence number of a context's next batch
 * @seen_seq: sequence number of the next batch to be consumed, for each context
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
	u64 left;
	u64 insertions;
	u32 max_batch;
	u32 depth;
	u32 max_depth;
	struct smmu_inserter_cpu cpu[INSERT_CONTEXTS];
	struct smmu_inserter_node node[INSERT_NODES];
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

/* A new queue; the test fails when there is no memory, or when the queue is too small */
struct insert_world *insert_world_new(struct kunit *test, u8 log2, u32 contexts, u32 max_batch);

/* Let the CPUs of each of @n nodes take their places as groups; CPUs go around the nodes */
void insert_nodes(struct insert_world *w, u32 n);

/* May CPU @cpu insert? Interrupts are off. */
bool insert_admits(struct insert_world *w, u32 cpu);

/*
 * Context @who inserts a batch of @n, on @cpu, which was admitted. Interrupts are off since then,
 * as smmu_insert() requires.
 */
void insert_one(struct insert_world *w, u32 cpu, u32 who, u32 n);

/* Make the batch of @n commands that @who inserts next */
const struct smmu_cmd *insert_prepare(struct insert_world *w, u32 who, u32 n);

/* For the tests' own algorithms: copy a batch to @pos, whatever is there */
void insert_write(struct insert_world *w, u64 pos, const struct smmu_cmd *cmd, u32 n);

/* Check and take at most @most of the commands that are visible */
void insert_consume(struct insert_world *w, u64 most);

/* Note that @rule is broken; only the first one is kept */
void insert_breaks(struct insert_world *w, const char *rule);

#endif
