// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insertion under forced interleavings of up to 64 contexts. The suite counts the
 * read-modify-writes: one on the shared position, one on the bell, and one for each round that an
 * owner of the bell makes. For comparison it also counts the least that a loop with a
 * compare-and-swap on the position can do; the lock is in driver/insert_lock_kunit.c.
 */
#include <kunit/test.h>
#include <linux/irqflags.h>

#include "core/queue.h"
#include "reference/arena.h"
#include "reference/insert_traced.h"

KUNIT_ARRAY_PARAM(shape, arena_shapes, arena_shape_desc);

static bool combine_insert(struct insert_world *w, u32 who, u32 n)
{
	bool admitted;

	local_irq_disable();
	admitted = traced_insert_admits(&w->ins, w->cons);
	if (admitted)
		traced_insert(&w->ins, insert_prepare(w, who, n), n);
	local_irq_enable();
	return admitted;
}

static const struct arena_algorithm combine = {
	.name = "combine",
	.insertions = 3200,
	.insert = combine_insert,
};

static void combines(struct kunit *test)
{
	const struct arena_shape *s = test->param_value;
	struct arena_counts c;

	arena_run(test, &combine, s, &c);
	KUNIT_EXPECT_EQ(test, c.rmw_shared, c.insertions);
	KUNIT_EXPECT_LE(test, c.rmw, 3 * c.insertions);
	KUNIT_EXPECT_EQ(test, c.retries, 0);
	KUNIT_EXPECT_EQ(test, c.waits, 0);
	KUNIT_EXPECT_LE(test, c.doorbells, c.insertions);
	if (s->contexts == 1)
		KUNIT_EXPECT_EQ(test, c.rmw, 3 * c.insertions);
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
	KUNIT_CASE_PARAM(swaps, shape_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_insert_forced", .test_cases = cases };
kunit_test_suite(suite);
