// SPDX-License-Identifier: GPL-2.0-only
/*
 * Insertion, with up to 64 contexts that are switched at every step: each is a thread, one runs
 * at a time, and at every pause point inside an insertion a seeded die says who goes on. Unlike
 * nested interrupts these come back in any order; unlike real CPUs they do so on request.
 *
 * What is counted here are read-modify-writes: one on the shared position and one on the bell
 * for each insertion, and one for each round that an owner of the bell makes. There is no loop
 * with a compare-and-swap in it, so retries are none by construction.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#include "core/queue.h"
#include "models/insert_model.h"

#define SEED		0x5eed0002
#define INSERTIONS	3200

struct context {
	struct arena *arena;
	struct task_struct *task;
	struct completion go;
	u32 who;
	u32 batches;		/* left */
};

/* Only who runs touches anything in here */
struct arena {
	struct insert_world *w;
	struct completion over;
	u32 contexts;
	u32 busy;		/* contexts with batches left */
	u32 running;
	u64 steps;
	u64 switches;
	struct context context[INSERT_CONTEXTS];
};

/* The KUnit module runs one test at a time */
static struct arena *arena;

static u32 dice(struct arena *a, u32 sides)
{
	return prandom_u32_state(&a->w->rnd) % sides;
}

/* Somebody who has something left to do; the one who asks may be drawn, too */
static struct context *draw(struct arena *a)
{
	u32 nth = dice(a, a->busy), i;

	for (i = 0; a->context[i].batches == 0 || nth--; i++)
		;
	return &a->context[i];
}

static void hand_over(struct arena *a, struct context *to)
{
	struct context *from = &a->context[a->running];

	if (from == to)
		return;
	a->switches++;
	a->running = to->who;
	complete(&to->go);
	wait_for_completion(&from->go);
}

/* Who runs now: the consumer perhaps takes some, and then perhaps somebody else goes on */
static void step(struct arena *a)
{
	if (++a->steps > 50 * INSERTIONS)
		insert_breaks(a->w, "no progress");
	if (!dice(a, 4))
		insert_consume(a->w, dice(a, smmu_q_entries(a->w->ins.log2)));
	hand_over(a, draw(a));
}

static void pause_stub(struct smmu_inserter *ins, int point)
{
	struct arena *a = arena;

	if (point == 2)
		a->w->passes++;
	/* off for the one who inserts, as it has to be; a switch is another CPU's turn */
	local_irq_enable();
	step(a);
	local_irq_disable();
}

static int context_thread(void *data)
{
	struct context *c = data;
	struct arena *a = c->arena;
	struct insert_world *w = a->w;

	current->kunit_test = w->test;
	wait_for_completion(&c->go);
	while (c->batches && !w->broken) {
		bool admitted;

		local_irq_disable();
		admitted = smmu_insert_admits(&w->ins, w->cons);
		if (admitted) {
			w->insertions++;
			insert_one(w, c->who, 1 + dice(a, w->max_batch));
		}
		local_irq_enable();
		if (admitted)
			c->batches--;
		else
			insert_consume(w, U64_MAX);
		if (c->batches)
			step(a);
	}
	/* all in vain once something is broken: then everybody goes home */
	c->batches = 0;
	if (--a->busy) {
		struct context *to = draw(a);

		a->running = to->who;
		complete(&to->go);
	} else {
		complete(&a->over);
	}
	current->kunit_test = NULL;
	return 0;
}

struct shape {
	u8 log2;
	u32 contexts;
	u32 max_batch;
};

static const struct shape shapes[] = {
	{ 4, 1, 4 }, { 4, 2, 4 }, { 5, 4, 4 }, { 6, 8, 4 }, { 7, 16, 4 }, { 8, 32, 4 },
	{ 9, 64, 4 }, { 7, 64, 1 },
};

static void shape_desc(const struct shape *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u contexts, %u entries, batch %u", s->contexts,
		 1U << s->log2, s->max_batch);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_desc);

static void stop_threads(void *data)
{
	struct arena *a = data;
	u32 i;

	for (i = 0; i < a->contexts; i++)
		if (!IS_ERR_OR_NULL(a->context[i].task))
			kthread_stop_put(a->context[i].task);
}

static void forced(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct arena *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct insert_world *w;
	u64 rmw;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	w = insert_world_new(test, s->log2, s->contexts, s->max_batch);
	prandom_seed_state(&w->rnd, SEED);
	a->w = w;
	a->contexts = s->contexts;
	a->busy = s->contexts;
	init_completion(&a->over);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_threads, a));
	for (i = 0; i < s->contexts; i++) {
		struct context *c = &a->context[i];

		c->arena = a;
		c->who = i;
		c->batches = INSERTIONS / s->contexts;
		init_completion(&c->go);
		c->task = kthread_create(context_thread, c, "smmu-forced/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(c->task));
		get_task_struct(c->task);
	}
	arena = a;
	kunit_activate_static_stub(test, smmu_insert_pause, pause_stub);
	for (i = 0; i < s->contexts; i++)
		wake_up_process(a->context[i].task);
	complete(&a->context[0].go);
	wait_for_completion(&a->over);
	kunit_deactivate_static_stub(test, smmu_insert_pause);
	insert_consume(w, U64_MAX);

	KUNIT_EXPECT_PTR_EQ_MSG(test, w->broken, NULL, "%s", w->broken);
	for (i = 0; i < s->contexts; i++)
		KUNIT_EXPECT_EQ(test, w->seen_seq[i], INSERTIONS / s->contexts);
	KUNIT_EXPECT_EQ(test, w->prod, atomic64_read(&w->ins.reserved));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&w->ins.bell));
	KUNIT_EXPECT_LE(test, w->passes, w->insertions);
	KUNIT_EXPECT_LE(test, w->doorbells, w->insertions);
	if (s->contexts > 1)
		KUNIT_EXPECT_GT(test, a->switches, INSERTIONS);
	rmw = 100 * (2 * w->insertions + w->passes);
	kunit_info(test, "contexts=%u batch=%u insertions=%llu switches=%llu rmw_percent=%llu doorbells_percent=%llu",
		   s->contexts, s->max_batch, w->insertions, a->switches, rmw / w->insertions,
		   100 * w->doorbells / w->insertions);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(forced, shape_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "smmu_insert_forced", .test_cases = cases };
kunit_test_suite(suite);
