// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insertion under forced interleavings of up to 64 contexts. The suite counts the
 * read-modify-writes: one on the shared position, one on the batch's own word, and at most one for
 * each doorbell, to leave the token in the next word. For comparison it also counts the least that
 * a loop with a compare-and-swap on the position can do; the lock is in
 * driver/insert_lock_kunit.c.
 *
 * And no context rings for the others for long: the token goes on with each turn.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/irqflags.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "core/queue.h"
#include "reference/arena.h"
#include "reference/insert_traced.h"

/* log2 of the positions of a turn */
#define TURN_LOG2	2

KUNIT_ARRAY_PARAM(shape, arena_shapes, arena_shape_desc);

/* Doorbells of each context in the insertion under way, and the most of all insertions */
static u32 rung[INSERT_CONTEXTS], rung_most;
/* The last position for which each context has rung in it */
static u64 rung_to[INSERT_CONTEXTS];

static void count_doorbell(struct smmu_inserter *ins, u64 pos)
{
	rung[arena_running()]++;
	rung_to[arena_running()] = pos;
	insert_world_ops.doorbell(ins, pos);
}

static const struct smmu_inserter_ops counting_ops = { .doorbell = count_doorbell };

static bool combine_insert(struct insert_world *w, u32 who, u32 n)
{
	bool admitted;

	local_irq_disable();
	admitted = traced_insert_admits(&w->ins, &w->cpu[who], w->cons);
	if (admitted) {
		rung[who] = 0;
		traced_insert(&w->ins, &w->cpu[who], insert_prepare(w, who, n), n);
		rung_most = max(rung_most, rung[who]);
		/* no further than to the end of the turn in which its own batch ends */
		if (rung[who] && rung_to[who] > round_up(w->cpu[who].last, BIT(w->ins.turn_log2)))
			insert_breaks(w, "rings beyond its turn");
	}
	local_irq_enable();
	return admitted;
}

static void combine_init(struct insert_world *w, u8 turn_log2)
{
	rung_most = 0;
	w->ins.ops = &counting_ops;
	w->ins.turn_log2 = turn_log2;
}

static void no_turns(struct insert_world *w)
{
	combine_init(w, INSERT_NO_TURNS);
}

static const struct arena_algorithm combine = {
	.name = "combine",
	.insertions = 3200,
	.init = no_turns,
	.insert = combine_insert,
};

/* Run it, and expect what is so with and without turns and groups */
static void run(struct kunit *test, const struct arena_algorithm *algo, struct arena_counts *c)
{
	arena_run(test, algo, test->param_value, c);
	KUNIT_EXPECT_EQ(test, c->retries, 0);
	KUNIT_EXPECT_LE(test, c->doorbells, c->insertions);
}

static void combines(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;

	run(test, &combine, &c);
	KUNIT_EXPECT_EQ(test, c.rmw_shared, c.insertions);
	KUNIT_EXPECT_LE(test, c.rmw, 2 * c.insertions + c.doorbells);
	KUNIT_EXPECT_EQ(test, c.waits, 0);
	if (s->contexts == 1)
		KUNIT_EXPECT_EQ(test, c.rmw, 3 * c.insertions);
	/* shows that @hands_over would notice a holder that rings on */
	if (s->contexts == INSERT_CONTEXTS)
		KUNIT_EXPECT_GT(test, rung_most, BIT(TURN_LOG2));
}

static void short_turns(struct insert_world *w)
{
	combine_init(w, TURN_LOG2);
}

static const struct arena_algorithm combine_turns = {
	.name = "combine, turns of 4",
	.insertions = 3200,
	.init = short_turns,
	.insert = combine_insert,
};

/*
 * A holder rings at most once for each batch of its turn, which are no more than the turn has
 * positions. Waits are those for the token, and cost no read-modify-write.
 */
static void hands_over(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;

	run(test, &combine_turns, &c);
	KUNIT_EXPECT_GT(test, rung_most, 0);
	KUNIT_EXPECT_LE(test, rung_most, BIT(TURN_LOG2));
	KUNIT_EXPECT_EQ(test, c.rmw_shared, c.insertions);
	KUNIT_EXPECT_LE(test, c.rmw, 2 * c.insertions + c.doorbells);
	if (s->contexts == INSERT_CONTEXTS)
		KUNIT_EXPECT_GT(test, c.waits, 0);
}

/* Groups, and groups beside CPUs of other nodes */
static void one_node(struct insert_world *w)
{
	short_turns(w);
	insert_nodes(w, 1);
}

static void three_nodes(struct insert_world *w)
{
	short_turns(w);
	insert_nodes(w, 3);
}

static const struct arena_algorithm combine_groups[] = {
	{
		.name = "combine, groups of a node",
		.insertions = 3200,
		.init = one_node,
		.insert = combine_insert,
	}, {
		.name = "combine, groups of three nodes",
		.insertions = 3200,
		.init = three_nodes,
		.insert = combine_insert,
	},
};

/*
 * One read-modify-write of the position for each group, and at most two for each CPU on the word of
 * its node. A CPU waits for the leader of its group.
 */
static void groups(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(combine_groups); i++) {
		run(test, &combine_groups[i], &c);
		KUNIT_EXPECT_LE(test, rung_most, BIT(TURN_LOG2));
		KUNIT_EXPECT_LE(test, c.rmw_shared, c.insertions);
		KUNIT_EXPECT_GE(test, c.rmw_shared, c.insertions / SMMU_GROUP_MAX);
		KUNIT_EXPECT_LE(test, c.rmw, c.rmw_shared + 3 * c.insertions + c.doorbells);
		if (s->contexts == 1) {
			KUNIT_EXPECT_EQ(test, c.rmw, 5 * c.insertions);
			KUNIT_EXPECT_EQ(test, c.waits, 0);
		}
		/* where many come at the same time, groups are large */
		if (s->contexts == INSERT_CONTEXTS && !i)
			KUNIT_EXPECT_LT(test, c.rmw_shared, c.insertions / 3);
	}
}

/*
 * An algorithm that takes its position by a compare-and-swap and rings the doorbell in the order
 * of positions: it does only what any such algorithm must do.
 */
static bool swap_insert(struct insert_world *w, u32 who, u32 n)
{
	s64 pos = atomic64_read(&w->ins.reserved);

	for (;;) {
		if (pos + n - w->cons > smmu_q_entries(w->ins.log2))
			return false;
		arena_rmw(true);
		if (atomic64_try_cmpxchg(&w->ins.reserved, &pos, pos + n))
			break;
		arena_retry();
	}
	insert_write(w, pos, insert_prepare(w, who, n), n);
	arena_step();
	while (w->prod != pos)
		arena_wait();
	w->ins.ops->doorbell(&w->ins, pos + n);
	return true;
}

static const struct arena_algorithm swap = {
	.name = "compare-and-swap",
	.insertions = 640,
	.insert = swap_insert,
};

/* For comparison: the counts have no bound, but must be those of this algorithm */
static void swaps(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;

	arena_run(test, &swap, s, &c);
	KUNIT_EXPECT_EQ(test, c.rmw_shared, c.insertions + c.retries);
	KUNIT_EXPECT_EQ(test, c.doorbells, c.insertions);
	if (s->contexts > 1)
		KUNIT_EXPECT_GT(test, c.retries, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(combines, shape_gen_params),
	KUNIT_CASE_PARAM(hands_over, shape_gen_params),
	KUNIT_CASE_PARAM(groups, shape_gen_params),
	KUNIT_CASE_PARAM(swaps, shape_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_insert_forced", .test_cases = cases };
kunit_test_suite(suite);
