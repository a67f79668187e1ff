// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#include "core/queue.h"
#include "reference/arena.h"

#define SEED	0x5eed0002

struct context {
	struct arena *arena;
	struct task_struct *task;
	struct completion go;
	u32 who;
	u32 batches;		/* number left */
};

/* Only the context that runs accesses this */
struct arena {
	const struct arena_algorithm *algo;
	struct insert_world *w;
	struct completion over;
	u32 contexts;
	u32 busy;		/* contexts with batches left */
	u32 running;
	u64 steps;
	struct arena_counts counts;
	struct context context[INSERT_CONTEXTS];
};

const struct arena_shape arena_shapes[7] = {
	{ 4, 1, 4 }, { 4, 2, 4 }, { 5, 4, 4 }, { 6, 8, 4 }, { 7, 16, 4 }, { 8, 32, 4 },
	{ 9, 64, 4 },
};

/* One test runs at a time */
static struct arena *arena;

static u32 dice(struct arena *a, u32 sides)
{
	return prandom_u32_state(&a->w->rnd) % sides;
}

/* A context that has batches left; it may be the one that asks */
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
	a->counts.switches++;
	a->running = to->who;
	complete(&to->go);
	wait_for_completion(&from->go);
}

/* The consumer may take some commands, and then another context may go on */
void arena_step(void)
{
	struct arena *a = arena;

	/* only a bound: waiting for the last of 64 contexts takes many steps */
	if (++a->steps > 1000 * a->algo->insertions)
		insert_breaks(a->w, "no progress");
	if (!dice(a, 4))
		insert_consume(a->w, dice(a, smmu_q_entries(a->w->ins.log2)));
	hand_over(a, draw(a));
}

u32 arena_running(void)
{
	return arena->running;
}

void arena_rmw(bool shared)
{
	arena_step();
	arena->counts.rmw++;
	arena->counts.rmw_shared += shared;
}

void arena_retry(void)
{
	arena->counts.retries++;
}

void arena_wait(void)
{
	arena->counts.waits++;
	arena_step();
}

static int context_thread(void *data)
{
	struct context *c = data;
	struct arena *a = c->arena;
	struct insert_world *w = a->w;

	current->kunit_test = w->test;
	wait_for_completion(&c->go);
	while (c->batches && !w->broken) {
		if (a->algo->insert(w, c->who, 1 + dice(a, w->max_batch))) {
			a->counts.insertions++;
			c->batches--;
		} else {
			insert_consume(w, U64_MAX);
		}
		if (c->batches)
			arena_step();
	}
	/* once a rule is broken, all contexts stop */
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

static void stop_threads(void *data)
{
	struct arena *a = data;
	u32 i;

	for (i = 0; i < a->contexts; i++)
		if (!IS_ERR_OR_NULL(a->context[i].task))
			kthread_stop_put(a->context[i].task);
}

static void make_threads(struct kunit *test, struct arena *a)
{
	u32 i;

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, stop_threads, a));
	for (i = 0; i < a->contexts; i++) {
		struct context *c = &a->context[i];

		c->arena = a;
		c->who = i;
		c->batches = a->algo->insertions / a->contexts;
		init_completion(&c->go);
		c->task = kthread_create(context_thread, c, "smmu-forced/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(c->task));
		get_task_struct(c->task);
		/* one context runs at a time: hand over without waking another CPU */
		kthread_bind(c->task, 0);
	}
}

static u64 hundredths(const struct arena_counts *c, u64 n)
{
	return 100 * n / c->insertions;
}

/* Print counts per insertion, in hundredths */
static void say(struct kunit *test, const struct arena_algorithm *algo,
		const struct arena_shape *s, const struct arena_counts *c)
{
	if (!c->insertions)
		return;
	kunit_info(test, "algorithm=%s contexts=%u batch=%u insertions=%llu switches=%llu rmw_shared=%llu rmw=%llu retries=%llu waits=%llu doorbells=%llu",
		   algo->name, s->contexts, s->max_batch, c->insertions, c->switches,
		   hundredths(c, c->rmw_shared), hundredths(c, c->rmw),
		   hundredths(c, c->retries), hundredths(c, c->waits),
		   hundredths(c, c->doorbells));
}

void arena_run(struct kunit *test, const struct arena_algorithm *algo,
	       const struct arena_shape *shape, struct arena_counts *counts)
{
	struct arena *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct insert_world *w;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	w = insert_world_new(test, shape->log2, shape->contexts, shape->max_batch);
	prandom_seed_state(&w->rnd, SEED);
	a->algo = algo;
	a->w = w;
	a->contexts = shape->contexts;
	a->busy = shape->contexts;
	init_completion(&a->over);
	if (algo->init)
		algo->init(w);
	make_threads(test, a);
	arena = a;
	for (i = 0; i < a->contexts; i++)
		wake_up_process(a->context[i].task);
	complete(&a->context[0].go);
	wait_for_completion(&a->over);
	insert_consume(w, U64_MAX);

	KUNIT_EXPECT_PTR_EQ_MSG(test, w->broken, NULL, "%s", w->broken);
	for (i = 0; i < a->contexts; i++)
		KUNIT_EXPECT_EQ(test, w->seen_seq[i], algo->insertions / shape->contexts);
	if (shape->contexts > 1)
		KUNIT_EXPECT_GT(test, a->counts.switches, algo->insertions);
	a->counts.doorbells = w->doorbells;
	*counts = a->counts;
	say(test, algo, shape, counts);
}

void arena_shape_desc(const struct arena_shape *s, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u contexts, %u entries, batch %u", s->contexts,
		 1U << s->log2, s->max_batch);
}
