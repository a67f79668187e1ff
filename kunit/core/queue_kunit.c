// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queue positions and registers. The naive model of smmu_q_cons_pos() counts positions up one by
 * one until the register would be as it was read.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include <core/queue.h>

#define QUEUE_SEED		0x71756575ULL
#define QUEUE_ROUNDS		4000
#define DEAD			0xffffffffU

static void log2_desc(const u8 *log2, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u entries", 1U << *log2);
}

static const u8 all_sizes[] = { 0, 1, 2, 3, 7, 8, 18, 19 };
static const u8 small_sizes[] = { 0, 1, 2, 3, 6 };
static const u8 sizes_above_one[] = { 1, 2, 3, 7, 8, 18, 19 };

KUNIT_ARRAY_PARAM(size, all_sizes, log2_desc);
KUNIT_ARRAY_PARAM(small_size, small_sizes, log2_desc);
KUNIT_ARRAY_PARAM(size_above_one, sizes_above_one, log2_desc);

static u64 queue_rnd(struct rnd_state *rnd, u64 below)
{
	u64 high = prandom_u32_state(rnd);

	return (high << 32 | prandom_u32_state(rnd)) % below;
}

static void queue_seed(struct kunit *test, struct rnd_state *rnd)
{
	kunit_info(test, "seed %#llx", QUEUE_SEED);
	prandom_seed_state(rnd, QUEUE_SEED);
}

/* Slots repeat every N positions, registers every 2N, and both are contiguous */
static void slot_and_register(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	const u64 starts[] = { 0, n - 1, 2 * n - 1, (1ULL << 32) - 1, 1ULL << 63 };
	unsigned int i, step;

	KUNIT_EXPECT_EQ(test, n, 1ULL << log2);
	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		for (step = 0; step < 3; step++) {
			u64 pos = starts[i] + step;

			KUNIT_EXPECT_EQ(test, smmu_q_slot(pos, log2), pos % n);
			KUNIT_EXPECT_EQ(test, smmu_q_reg(pos, log2), pos % (2 * n));
		}
	}
}

/* Any true CONS gives the position that it stands for, whatever its upper bits are */
static void cons_is_found(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	u32 above = ~(u32)(2 * n - 1);
	struct rnd_state rnd;
	unsigned int i;

	queue_seed(test, &rnd);
	for (i = 0; i < QUEUE_ROUNDS; i++) {
		u64 base = queue_rnd(&rnd, 1ULL << 40);
		u64 cons = base + queue_rnd(&rnd, 2 * n);
		u64 limit = cons + queue_rnd(&rnd, n + 1);
		u32 junk = queue_rnd(&rnd, 1ULL << 32) & above;
		u32 reg = smmu_q_reg(cons, log2) | junk;
		u64 pos = 0;

		if (reg == DEAD)
			continue;
		KUNIT_ASSERT_TRUE(test, smmu_q_cons_pos(base, limit, reg, log2, &pos));
		KUNIT_ASSERT_EQ(test, pos, cons);
	}
}

static bool naive_cons_pos(u64 base, u64 limit, u32 reg, u8 log2, u64 *pos)
{
	u32 two_n = 2 * smmu_q_entries(log2);
	u64 try;

	if (reg == DEAD)
		return false;
	for (try = base; try <= limit && try < base + two_n; try++) {
		if (try % two_n == reg % two_n) {
			*pos = try;
			return true;
		}
	}
	return false;
}

/* Any base, limit and register, also those that cannot belong together */
static void cons_like_the_naive_model(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	struct rnd_state rnd;
	unsigned int i;

	queue_seed(test, &rnd);
	for (i = 0; i < QUEUE_ROUNDS; i++) {
		u64 base = 4 * n + queue_rnd(&rnd, 64 * n);
		u64 limit = base - n + queue_rnd(&rnd, 4 * n);
		u32 reg = queue_rnd(&rnd, 1ULL << 32);
		u64 pos = ~0ULL, naive = ~0ULL;
		bool ok, naive_ok;

		if (!(i % 16))
			reg = DEAD;
		ok = smmu_q_cons_pos(base, limit, reg, log2, &pos);
		naive_ok = naive_cons_pos(base, limit, reg, log2, &naive);
		KUNIT_ASSERT_EQ(test, ok, naive_ok);
		/* This also checks that pos is not written when CONS is refused */
		KUNIT_ASSERT_EQ(test, pos, naive);
	}
}

/* A device that is gone reads as all ones: this must not make an entry count as consumed */
static void dead_device_is_refused(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	u64 base;

	/* Here the index and wrap bits of all ones would be a position in between */
	for (base = n; base < 2 * n && base < n + 64; base++) {
		u64 pos = 42;
		u32 pending = 42;

		KUNIT_EXPECT_FALSE(test, smmu_q_cons_pos(base, base + n, DEAD, log2,
							 &pos));
		KUNIT_EXPECT_EQ(test, pos, 42);
		KUNIT_EXPECT_FALSE(test, smmu_q_pending(DEAD, base, log2, &pending));
		KUNIT_EXPECT_FALSE(test, smmu_q_pending(base, DEAD, log2, &pending));
		KUNIT_EXPECT_EQ(test, pending, 42);
	}
}

/*
 * CONS was read before the base was loaded, while other CPUs moved the base on: the result would
 * be nearly two queue lengths too high. The limit refuses it, if the consumer was less than a
 * whole queue further when the base was loaded.
 */
static void stale_cons_is_refused(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	struct rnd_state rnd;
	unsigned int i;

	queue_seed(test, &rnd);
	for (i = 0; i < QUEUE_ROUNDS; i++) {
		u64 base = 4 * n + queue_rnd(&rnd, 1ULL << 40);
		u64 stale = base - 1 - queue_rnd(&rnd, n - 1);
		u64 limit = base + queue_rnd(&rnd, n + 1);
		u64 pos = 0;

		KUNIT_ASSERT_FALSE(test,
				   smmu_q_cons_pos(base, limit, smmu_q_reg(stale, log2),
						   log2, &pos));
	}
}

/* Full, empty and everything in between; overflow flags in the upper bits do not matter */
static void pending_counts(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	struct rnd_state rnd;
	unsigned int i;

	queue_seed(test, &rnd);
	for (i = 0; i < QUEUE_ROUNDS; i++) {
		u64 cons = queue_rnd(&rnd, 1ULL << 40);
		u64 want = i < 2 ? i * n : queue_rnd(&rnd, n + 1);
		u32 prod_reg = smmu_q_reg(cons + want, log2);
		u32 cons_reg = smmu_q_reg(cons, log2);
		u32 got = ~0U;

		if (i & 1)
			prod_reg |= BIT(31);
		if (i & 2)
			cons_reg |= BIT(31);
		KUNIT_ASSERT_TRUE(test, smmu_q_pending(prod_reg, cons_reg, log2, &got));
		KUNIT_ASSERT_EQ(test, got, want);
	}
}

/* More than N entries apart: one of the two registers is wrong */
static void pending_refuses_nonsense(struct kunit *test)
{
	u8 log2 = *(const u8 *)test->param_value;
	u64 n = smmu_q_entries(log2);
	u64 cons, too_many;

	for (cons = 0; cons < 2 * n; cons++) {
		for (too_many = n + 1; too_many < 2 * n; too_many++) {
			u32 got = 42;

			KUNIT_ASSERT_FALSE(test,
					   smmu_q_pending(smmu_q_reg(cons + too_many, log2),
							  smmu_q_reg(cons, log2), log2,
							  &got));
			KUNIT_ASSERT_EQ(test, got, 42);
		}
	}
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE_PARAM(slot_and_register, size_gen_params),
	KUNIT_CASE_PARAM(cons_is_found, size_gen_params),
	KUNIT_CASE_PARAM(cons_like_the_naive_model, small_size_gen_params),
	KUNIT_CASE_PARAM(dead_device_is_refused, size_gen_params),
	KUNIT_CASE_PARAM(stale_cons_is_refused, size_above_one_gen_params),
	KUNIT_CASE_PARAM(pending_counts, size_gen_params),
	KUNIT_CASE_PARAM(pending_refuses_nonsense, small_size_gen_params),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "smmu_queue",
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
