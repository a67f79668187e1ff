// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insertion without a retry loop: no command is lost, doubled or torn, no doorbell is missed, and
 * there are as few atomic operations as promised.
 *
 * There are two ways to interleave, in addition to the one of insert_forced_kunit.c. *Nested*: at
 * the pause points inside an insertion a stub starts another one, as another CPU might at that
 * moment, up to the number of contexts; this is one thread, repeatable by its seed. *Storm*: more
 * threads than CPUs on all CPUs, with interrupts off as the contract requires, against a consumer
 * thread.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched/task.h>

#include <smmuv3/raw_stub.h>

#include "core/insert.h"
#include "core/queue.h"
#include "reference/insert_model.h"

#define CONTEXTS	8
#define SEED		0x5eed0001

/* At a pause point: another context may do a whole insertion now */
static void nested_pause(struct smmu_inserter *ins, int point)
{
	struct insert_world *w = insert_world_of(ins);

	if (point == 1)
		w->left++;
	while (w->depth < w->max_depth && prandom_u32_state(&w->rnd) % 3 == 0) {
		if (!insert_admits(w, w->depth))
			break;
		w->depth++;
		w->insertions++;
		insert_one(w, w->depth - 1, w->depth - 1,
			   1 + prandom_u32_state(&w->rnd) % w->max_batch);
		w->depth--;
	}
}

struct shape {
	u8 log2;
	u32 contexts;
	u32 max_batch;
};

static const struct shape shapes[] = {
	{ 4, 2, 2 }, { 4, 4, 2 }, { 4, 8, 1 }, { 5, 4, 4 }, { 6, 4, 8 }, { 8, 8, 16 },
};

static void shape_desc(const struct shape *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u entries, %u contexts, batch %u",
		 1U << s->log2, s->contexts, s->max_batch);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

static void nested(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct insert_world *w = insert_world_new(test, s->log2, s->contexts, s->max_batch);
	u32 i, who;

	kunit_info(test, "seed 0x%x", SEED);
	prandom_seed_state(&w->rnd, SEED);
	/* nobody waits for the token, because a holder that is interrupted here cannot go on */
	w->ins.turn_log2 = INSERT_NO_TURNS;
	smmu_activate_raw_stub(test, smmu_insert_pause, nested_pause);
	for (i = 0; i < 5000 && !w->broken; i++) {
		unsigned long flags;

		local_irq_save(flags);
		if (insert_admits(w, 0)) {
			w->depth = 1;
			w->insertions++;
			insert_one(w, 0, 0, 1 + prandom_u32_state(&w->rnd) % s->max_batch);
			w->depth = 0;
			/* no context is inside: everything published must be visible */
			if (w->prod != atomic64_read(&w->ins.reserved))
				insert_breaks(w, "missed doorbell");
			if (w->ends[smmu_q_slot(w->prod, s->log2)] != (w->prod | SMMU_TOKEN))
				insert_breaks(w, "the token is lost");
		}
		local_irq_restore(flags);
		insert_consume(w, prandom_u32_state(&w->rnd) % (2 << s->log2));
	}
	insert_consume(w, U64_MAX);
	smmu_deactivate_raw_stub(test, smmu_insert_pause);

	KUNIT_EXPECT_PTR_EQ_MSG(test, w->broken, NULL, "%s", w->broken);
	for (who = 0; who < CONTEXTS; who++)
		KUNIT_EXPECT_EQ(test, w->seen_seq[who], w->next_seq[who]);
	KUNIT_EXPECT_LE(test, w->doorbells, w->insertions);
	if (s->contexts > 1)
		KUNIT_EXPECT_GT(test, w->left, 0);
	kunit_info(test, "%llu insertions, %llu doorbells, %llu found no token", w->insertions,
		   w->doorbells, w->left);
}

/* A single context always finds the token, whatever turns there are: one doorbell per insertion */
static void alone(struct kunit *test)
{
	struct insert_world *w = insert_world_new(test, 6, 2, 8);
	u32 i;

	w->max_depth = 0;
	w->ins.turn_log2 = 1;
	smmu_activate_raw_stub(test, smmu_insert_pause, nested_pause);
	for (i = 0; i < 1000; i++) {
		unsigned long flags;

		local_irq_save(flags);
		KUNIT_EXPECT_TRUE(test, insert_admits(w, 0));
		insert_one(w, 0, 0, 1 + i % 8);
		local_irq_restore(flags);
		insert_consume(w, U64_MAX);
	}
	smmu_deactivate_raw_stub(test, smmu_insert_pause);
	KUNIT_EXPECT_EQ(test, w->left, 0);
	KUNIT_EXPECT_EQ(test, w->doorbells, 1000);
	KUNIT_EXPECT_PTR_EQ(test, w->broken, NULL);
}

/* Admission ends while every context inside still finds room for its batch */
static void admission(struct kunit *test)
{
	struct insert_world *w = insert_world_new(test, 5, 4, 4);
	unsigned long flags;
	u32 n = 0, i;

	local_irq_save(flags);
	while (insert_admits(w, 0)) {
		insert_one(w, 0, 0, 4);
		n += 4;
	}
	/* the last batch ends at the limit, size - headroom */
	KUNIT_EXPECT_EQ(test, n, 32 - 16);
	/* the others do not know that, and get in once each; one entry at least stays free */
	for (i = 1; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, insert_admits(w, i));
		insert_one(w, i, i, 4);
		KUNIT_EXPECT_FALSE(test, insert_admits(w, i));
	}
	KUNIT_EXPECT_LT(test, w->prod, 32);
	KUNIT_EXPECT_FALSE(test, insert_admits(w, 0));
	insert_consume(w, 1);
	KUNIT_EXPECT_TRUE(test, insert_admits(w, 0));
	KUNIT_EXPECT_FALSE(test, insert_admits(w, 1));
	insert_consume(w, U64_MAX);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, insert_admits(w, i));
	/* one that was away while the positions went around the queue several times */
	w->cpu[3].last = 0;
	for (i = 0; i < 100; i++) {
		insert_one(w, 0, 0, 4);
		insert_consume(w, U64_MAX);
	}
	KUNIT_EXPECT_TRUE(test, insert_admits(w, 3));
	local_irq_restore(flags);
	KUNIT_EXPECT_PTR_EQ(test, w->broken, NULL);
}

static void too_small(struct kunit *test)
{
	struct smmu_inserter ins;
	struct smmu_cmd slots[16];
	u64 ends[16] = {};
	const struct smmu_inserter_ops *ops = &insert_world_ops;

	KUNIT_EXPECT_FALSE(test, smmu_inserter_init(&ins, ops, slots, ends, 4, 9, 1));
	KUNIT_EXPECT_FALSE(test, smmu_inserter_init(&ins, ops, slots, ends, 4, 1, 9));
	KUNIT_EXPECT_FALSE(test, smmu_inserter_init(&ins, ops, slots, ends, 4, U32_MAX, 64));
	KUNIT_EXPECT_TRUE(test, smmu_inserter_init(&ins, ops, slots, ends, 4, 8, 1));
}

/* A CMD_SYNC at the end reports its batch's end; others are not changed */
static void sync_word(struct kunit *test)
{
	struct insert_world *w = insert_world_new(test, 4, 1, 4);
	struct smmu_cmd cmd[2] = {};
	unsigned long flags;
	u64 pos, last, want;

	w->ins.sync_addr = 0x1234560;
	smmu_inserter_start(&w->ins, 0xfffffffeULL);
	KUNIT_EXPECT_EQ(test, w->ins.rung, 0xfffffffeULL);
	cmd[0].w[0] = cpu_to_le64(CMD_SYNC);
	cmd[1].w[0] = cpu_to_le64(CMD_SYNC);
	local_irq_save(flags);
	pos = smmu_insert(&w->ins, &w->cpu[0], cmd, 2);
	local_irq_restore(flags);

	KUNIT_EXPECT_EQ(test, pos, 0xfffffffeULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(w->slots[14].w[0]), CMD_SYNC);
	last = le64_to_cpu(w->slots[15].w[0]);
	want = FIELD_PREP(CMD0_SYNC_CS, SYNC_CS_IRQ);
	KUNIT_EXPECT_EQ(test, last & CMD0_SYNC_CS, want);
	KUNIT_EXPECT_EQ(test, last & CMD0_SYNC_MSIDATA, 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(w->slots[15].w[1]) & CMD1_SYNC_MSIADDR, 0x1234560);

	KUNIT_EXPECT_TRUE(test, smmu_sync_word_reached(5, 5));
	KUNIT_EXPECT_TRUE(test, smmu_sync_word_reached(6, 5));
	KUNIT_EXPECT_FALSE(test, smmu_sync_word_reached(4, 5));
	KUNIT_EXPECT_TRUE(test, smmu_sync_word_reached(1, 0xffffffffULL));
	KUNIT_EXPECT_FALSE(test, smmu_sync_word_reached(0xffffffff, 0x100000001ULL));
}

struct storm_thread {
	struct insert_world *w;
	struct task_struct *task;
	struct completion done;
	struct rnd_state rnd;
	u32 who;
	u32 batches;
	bool irqs_off_long;
};

/* With interrupts off, no thread that needs this CPU can be waited for: spin only briefly */
static void storm_pause(struct smmu_inserter *ins, int point)
{
	if (((u64)ktime_get() & 7) == 0)
		udelay(1);
}

static int storm_thread(void *data)
{
	struct storm_thread *t = data;
	struct insert_world *w = t->w;

	current->kunit_test = w->test;
	while (t->batches && !READ_ONCE(w->broken)) {
		unsigned long flags;
		bool admitted;
		u32 cpu;

		local_irq_save(flags);
		cpu = smp_processor_id();
		admitted = insert_admits(w, cpu);
		if (admitted) {
			insert_one(w, cpu, t->who, 1 + prandom_u32_state(&t->rnd) % w->max_batch);
			t->batches--;
		}
		local_irq_restore(flags);
		if (prandom_u32_state(&t->rnd) % 4 == 0)
			cond_resched();
		/* on a machine with one CPU the consumer needs it now */
		if (!admitted)
			usleep_range(1, 20);
	}
	current->kunit_test = NULL;
	complete(&t->done);
	return 0;
}

static void storm(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct insert_world *w = insert_world_new(test, s->log2, s->contexts, s->max_batch);
	struct storm_thread *t;
	u32 i, running, batches = 400;
	unsigned long end = jiffies + 20 * HZ;

	if (s->contexts < num_possible_cpus())
		kunit_skip(test, "%u contexts are fewer than the CPUs here", s->contexts);
	t = kunit_kcalloc(test, CONTEXTS, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	/* as many turns as possible: every other position begins one */
	w->ins.turn_log2 = 1;
	/* half of the sizes with groups */
	if (s->max_batch < 4)
		insert_nodes(w, 1);
	smmu_activate_raw_stub(test, smmu_insert_pause, storm_pause);
	/* more threads than CPUs; a context is a CPU, because interrupts are off inside */
	for (i = 0; i < CONTEXTS; i++) {
		t[i] = (struct storm_thread) { .w = w, .who = i, .batches = batches };
		init_completion(&t[i].done);
		prandom_seed_state(&t[i].rnd, SEED + i);
		t[i].task = kthread_run(storm_thread, &t[i], "smmu-insert/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(t[i].task));
	}
	do {
		u64 cons = w->cons;

		insert_consume(w, U64_MAX);
		for (i = 0, running = 0; i < CONTEXTS; i++)
			running += !completion_done(&t[i].done);
		if (w->cons != cons)
			end = jiffies + 20 * HZ;
		else if (time_after(jiffies, end))
			insert_breaks(w, "no progress");
		cond_resched();
	} while (running);
	insert_consume(w, U64_MAX);
	smmu_deactivate_raw_stub(test, smmu_insert_pause);

	KUNIT_EXPECT_PTR_EQ_MSG(test, w->broken, NULL, "%s", w->broken);
	for (i = 0; i < CONTEXTS; i++)
		KUNIT_EXPECT_EQ(test, w->seen_seq[i], batches);
	KUNIT_EXPECT_EQ(test, w->prod, atomic64_read(&w->ins.reserved));
	kunit_info(test, "%u insertions, %llu doorbells", CONTEXTS * batches, w->doorbells);
}

static struct kunit_case insert_cases[] = {
	KUNIT_CASE(alone),
	KUNIT_CASE(admission),
	KUNIT_CASE(too_small),
	KUNIT_CASE(sync_word),
	KUNIT_CASE_PARAM(nested, shape_gen_params),
	KUNIT_CASE_PARAM(storm, shape_gen_params),
	{}
};

static struct kunit_suite insert_suite = {
	.name = "smmu_insert",
	.test_cases = insert_cases,
};

kunit_test_suite(insert_suite);
