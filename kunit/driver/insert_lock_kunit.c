// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insertion under a spinlock, as hw/cmdq_lock.c does it, in the arena: how many read-modify-writes
 * and waits the kernel's own lock needs for it. The other algorithm is in insert_forced_kunit.c,
 * with the same dice.
 */
#include <kunit/test.h>

#include "core/queue.h"
#include "reference/arena.h"
#include "reference/queued_lock.h"

KUNIT_ARRAY_PARAM(shape, arena_shapes, arena_shape_desc);

static void lock_init(struct insert_world *w)
{
	queued_lock_init();
}

/* w->prod is the position, because only the holder of the lock writes it */
static bool lock_insert(struct insert_world *w, u32 who, u32 n)
{
	bool room;

	queued_lock();
	room = w->prod + n - w->cons <= smmu_q_entries(w->ins.log2);
	if (room) {
		u64 pos = w->prod;

		insert_write(w, pos, insert_prepare(w, who, n), n);
		arena_step();
		KUNIT_EXPECT_EQ(w->test, w->prod, pos);
		w->ins.ops->doorbell(&w->ins, pos + n);
	}
	queued_unlock();
	return room;
}

static const struct arena_algorithm lock = {
	.name = "lock",
	.insertions = 640,
	.init = lock_init,
	.insert = lock_insert,
};

static void locks(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;

	arena_run(test, &lock, s, &c);
	KUNIT_EXPECT_EQ(test, c.doorbells, c.insertions);
	/* at least one read-modify-write for each insertion and for each retry */
	KUNIT_EXPECT_GE(test, c.rmw, c.insertions + c.retries);
	/* with one context nothing waits; only a full queue makes it try again */
	if (s->contexts == 1) {
		KUNIT_EXPECT_EQ(test, c.retries, 0);
		KUNIT_EXPECT_EQ(test, c.waits, 0);
	} else {
		KUNIT_EXPECT_GT(test, c.waits, 0);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(locks, shape_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_insert_lock", .test_cases = cases };
kunit_test_suite(suite);
