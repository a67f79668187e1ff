// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers against a writer, with real RCU, and on two CPUs if there are two. The writer does to
 * one array what attach and detach do: revive or merge, unref, forget, purge. It publishes new
 * arrays with rcu_assign_pointer(), and poisons and frees old ones after a grace period. The
 * readers walk as an invalidation does, and check of every walk that
 *
 * - the array was not freed: no entry is poisoned (KASAN sees the rest),
 * - all of the array was sorted,
 * - no entry was missed that was live throughout the walk.
 *
 * For the last check the writer keeps a stamp per key, which is odd while the key is live. The
 * writer counts the stamp up *after* the operation that makes the key live and *before* the one
 * that ends that, so a reader that finds the same odd stamp before and after its walk must have
 * met the key:
 *
 *	writer				reader
 *	array or users published	stamp, acquire
 *	stamp odd, release		walk
 *	stamp even			smp_rmb()
 *	smp_wmb()			stamp
 *	users to 0
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "array_tools.h"

/* Shortest time of a race; on a loaded machine it goes on until readers have met the writer */
#define RACE_MS		300
#define RACE_MAX_MS	2000
#define MEETINGS	100

#define RACE_SEED	20260118

#define READERS		2
#define MASTERS		6
#define MASTER_KEYS	4
#define KEYS		24

/* Freed arrays that are kept, poisoned, for readers that should not be there */
#define GRAVES		64

/*
 * How long a reader waits for the writer to go on: a number of operations, or a time. After that
 * it spins a little more; otherwise it would always go on while the writer is between two
 * operations.
 */
#define DAWDLE_OPS	3
#define DAWDLE_US	4000
#define DAWDLE_SPINS	1024

/* Number of callbacks in flight at which the writer waits for them */
#define PENDING_MAX	2048

struct race_reader {
	struct race *race;
	struct task_struct *task;
	struct rnd_state rnd;
	u32 walks;
	u32 changed;			/* walks during which a key came or went */
};

struct race {
	struct kunit *test;
	struct smmu_array __rcu *array;
	struct rnd_state rnd;

	struct smmu_inv key[KEYS];
	u32 users[KEYS];		/* the writer's own count */
	u32 stamp[KEYS];		/* odd: live */

	struct smmu_array *scratch[MASTERS];
	u32 has[MASTERS][MASTER_KEYS];	/* keys, as indices */
	bool attached[MASTERS];

	struct smmu_inst ghost;		/* SMMU that poisoned entries name */
	struct smmu_array *grave[GRAVES];
	atomic_t graves;
	u32 pending;

	struct race_reader reader[READERS];
	const char *wrong;		/* first mistake that a reader found */
	u32 ops;			/* operations of the writer */
	u32 merges, revivals, unrefs, purges, forgotten;
};

/* Freeing. One race runs at a time, and callbacks find it here. */
static struct race *the_race;

static void bury(struct rcu_head *head)
{
	struct smmu_array *array = container_of(head, struct smmu_array, rcu);
	struct race *r = the_race;
	u32 i;

	for (i = 0; i < array->len; i++) {
		array->inv[i].inst = &r->ghost;
		array->inv[i].users = 1;
	}

	/* Callbacks of two CPUs can run here at the same time */
	i = (u32)atomic_inc_return(&r->graves) % GRAVES;
	smmu_array_free(xchg(&r->grave[i], array));
}

static void bury_later(struct race *r, struct smmu_array *array)
{
	call_rcu(&array->rcu, bury);
	if (++r->pending == PENDING_MAX) {
		rcu_barrier();
		r->pending = 0;
	}
}

/*
 * Readers
 */
static void complain(struct race *r, const char *what)
{
	/* Pairs with READ_ONCE() in go_on(); only the first complaint counts */
	cmpxchg(&r->wrong, NULL, what);
}

/*
 * A walk is short: the reader waits in it, because otherwise it would hardly ever meet the writer.
 * If each thread has a CPU to itself this takes no time; the CPUs of a busy virtual machine take
 * turns.
 */
static void dawdle(struct race_reader *me)
{
	ktime_t end = ktime_add_us(ktime_get(), DAWDLE_US);
	u32 spins = prandom_u32_state(&me->rnd) % DAWDLE_SPINS;
	struct race *r = me->race;
	/* Both pair with WRITE_ONCE() in readers_and_writer() */
	u32 ops = READ_ONCE(r->ops);

	if (num_online_cpus() == 1 && !IS_ENABLED(CONFIG_PREEMPT_RCU))
		return;
	while (READ_ONCE(r->ops) - ops < DAWDLE_OPS &&
	       ktime_before(ktime_get(), end))
		cpu_relax();
	while (spins--)
		cpu_relax();
}

static void walk_sees(struct race_reader *me, const struct smmu_array *array,
		      u32 num, u32 stop, u32 *seen)
{
	const struct smmu_inv *inv, *last = NULL;
	struct race *r = me->race;
	u32 pos, key;

	*seen = 0;
	for (pos = 0; (inv = smmu_array_next_live(array, &pos, num)); pos++) {
		if (pos >= stop) {
			dawdle(me);
			stop = U32_MAX;
		}
		if (inv->inst == &r->ghost) {
			complain(r, "a freed array");
			return;
		}
		if (last && smmu_inv_cmp(last, inv) >= 0)
			complain(r, "live entries out of order");
		last = inv;

		for (key = 0; key < KEYS; key++)
			if (!smmu_inv_cmp(inv, &r->key[key]))
				*seen |= BIT(key);
	}
	for (pos = 1; pos < num; pos++)
		if (smmu_inv_cmp(&array->inv[pos - 1], &array->inv[pos]) >= 0)
			complain(r, "an unsorted array");
}

/*
 * A walk that stops on the way: after it has got the array, after it has read the array's length,
 * or at an entry. Returns the number of stamps that changed during the walk.
 */
static u32 walk_once(struct race_reader *me)
{
	u32 stop = prandom_u32_state(&me->rnd) % (KEYS + 2);
	u32 before[KEYS], num, seen, key, changed = 0;
	const struct smmu_array *array;
	struct race *r = me->race;

	for (key = 0; key < KEYS; key++)
		/* Pairs with smp_store_release() in stamp_alive() */
		before[key] = smp_load_acquire(&r->stamp[key]);

	rcu_read_lock();
	array = rcu_dereference(r->array);
	if (stop == KEYS)
		dawdle(me);
	num = smmu_array_count(array);
	if (stop == KEYS + 1)
		dawdle(me);
	walk_sees(me, array, num, stop, &seen);
	rcu_read_unlock();

	/* Pairs with smp_wmb() in stamp_dying(): users == 0 seen, even stamp seen */
	smp_rmb();
	for (key = 0; key < KEYS; key++) {
		/* Pairs with WRITE_ONCE() in stamp_dying() */
		u32 after = READ_ONCE(r->stamp[key]);

		if (after != before[key])
			changed++;
		else if ((after & 1) && !(seen & BIT(key)))
			complain(r, "a live entry was missed");
	}
	return changed;
}

static int reader(void *data)
{
	struct race_reader *me = data;

	while (!kthread_should_stop()) {
		/* Pair with READ_ONCE() in meetings() and readers_and_writer() */
		if (walk_once(me))
			WRITE_ONCE(me->changed, me->changed + 1);
		WRITE_ONCE(me->walks, me->walks + 1);
		cond_resched();
	}
	return 0;
}

/*
 * The writer
 */
static struct smmu_array *current_array(struct race *r)
{
	/* The writer is alone: no other thread publishes */
	return rcu_dereference_protected(r->array, true);
}

static void publish(struct race *r, struct smmu_array *new)
{
	struct smmu_array *old = current_array(r);

	/* Pairs with rcu_dereference() in walk_once() */
	rcu_assign_pointer(r->array, new);
	bury_later(r, old);
}

static void stamp_alive(struct race *r, u32 key)
{
	if (r->users[key]++)
		return;
	/* Pairs with smp_load_acquire() in walk_once() */
	smp_store_release(&r->stamp[key], r->stamp[key] + 1);
}

static void stamp_dying(struct race *r, u32 key)
{
	if (--r->users[key])
		return;
	/* Pairs with READ_ONCE() in walk_once(); the caller does the smp_wmb() */
	WRITE_ONCE(r->stamp[key], r->stamp[key] + 1);
}

static void race_attach(struct race *r, u32 m)
{
	struct kunit *test = r->test;
	struct smmu_array *new;
	u32 i;

	if (smmu_array_revive(current_array(r), r->scratch[m])) {
		r->revivals++;
	} else {
		new = smmu_array_merge(current_array(r), r->scratch[m],
				       GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, new);
		publish(r, new);
		r->merges++;
	}
	for (i = 0; i < MASTER_KEYS; i++)
		stamp_alive(r, r->has[m][i]);
	r->attached[m] = true;
}

static void race_detach(struct race *r, u32 m)
{
	u32 i;

	for (i = 0; i < MASTER_KEYS; i++)
		stamp_dying(r, r->has[m][i]);
	/* Pairs with smp_rmb() in walk_once() */
	smp_wmb();
	smmu_array_unref(current_array(r), r->scratch[m]);
	r->attached[m] = false;
	r->unrefs++;
}

static bool stream_is_idle(struct race *r, const struct smmu_inv *inv)
{
	u32 key;

	for (key = 0; key < KEYS; key++)
		if (r->users[key] && smmu_inv_is_ats(r->key[key].type) &&
		    r->key[key].inst == inv->inst && r->key[key].id == inv->id)
			return false;
	return true;
}

/* Forget the first parked entry from a random key on; a stream loses all its parked entries */
static void race_forget(struct race *r)
{
	struct smmu_array *array = current_array(r);
	u32 i, at = prandom_u32_state(&r->rnd) % KEYS;

	for (i = 0; i < KEYS; i++) {
		struct smmu_inv *inv = smmu_array_find(array, &r->key[(at + i) % KEYS]);

		if (!inv || !smmu_inv_is_parked(inv))
			continue;
		if (smmu_inv_is_ats(inv->type) && stream_is_idle(r, inv)) {
			r->forgotten += smmu_array_forget_stream(array, inv->inst, inv->id);
		} else {
			smmu_array_forget(array, inv);
			r->forgotten++;
		}
		return;
	}
}

static void race_purge(struct race *r)
{
	struct smmu_array *new = smmu_array_purge(current_array(r), GFP_KERNEL);

	if (!new)
		return;
	publish(r, new);
	r->purges++;
}

static void race_one(struct race *r)
{
	u32 dice = prandom_u32_state(&r->rnd);
	u32 m = dice / 16 % MASTERS;

	switch (dice % 16) {
	case 0:
		race_purge(r);
		break;
	case 1:
		race_forget(r);
		break;
	default:
		if (!r->attached[m])
			race_attach(r, m);
		else if (m)			/* master 0 stays */
			race_detach(r, m);
	}
}

/*
 * Setting up
 */

/* Sorted keys on all SMMUs: a tag, a vSMMU's pair and three streams on each */
static void make_keys(struct race *r)
{
	static const struct array_row rows[KEYS / TEST_INSTS] = {
		S1(0, 1, 1), VSMMU(0, 2, 1), CLEAR(0, 2, 1), ATS(0, 8, 0, 1),
		ATS(0, 8, 1, 1), ATS_FULL(0, 9, 1),
	};
	u32 key;

	for (key = 0; key < KEYS; key++) {
		struct array_row row = rows[key % ARRAY_SIZE(rows)];

		row.nr = key / ARRAY_SIZE(rows);
		r->key[key] = test_inv(r->test, &row);
	}
}

/* The next master needs half of what one master needs, on several SMMUs */
static void make_masters(struct race *r)
{
	struct kunit *test = r->test;
	u32 m, i;

	for (m = 0; m < MASTERS; m++) {
		r->scratch[m] = test_keep(test, smmu_array_alloc(MASTER_KEYS,
								 GFP_KERNEL));
		for (i = 0; i < MASTER_KEYS; i++) {
			u32 key = (m * MASTER_KEYS / 2 + i) * 5 % KEYS;

			r->has[m][i] = key;
			smmu_array_add(r->scratch[m], &r->key[key]);
		}
		KUNIT_ASSERT_EQ(test, r->scratch[m]->len, MASTER_KEYS);
	}
}

static void end_race(void *data)
{
	struct race *r = data;
	u32 i;

	for (i = 0; i < READERS; i++)
		if (r->reader[i].task)
			kthread_stop(r->reader[i].task);
	rcu_barrier();
	for (i = 0; i < GRAVES; i++)
		smmu_array_free(r->grave[i]);
	smmu_array_free(current_array(r));
	the_race = NULL;
}

static struct race *begin_race(struct kunit *test)
{
	struct race *r;

	r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, r);
	r->test = test;
	make_keys(r);
	make_masters(r);
	smmu_inst_init(&r->ghost, U32_MAX);
	prandom_seed_state(&r->rnd, RACE_SEED);

	RCU_INIT_POINTER(r->array, smmu_array_alloc(0, GFP_KERNEL));
	KUNIT_ASSERT_NOT_NULL(test, current_array(r));
	the_race = r;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_race, r));
	return r;
}

/* The writer keeps a CPU to itself if there is more than one */
static void start_readers(struct race *r)
{
	u32 i, cpu = cpumask_first(cpu_online_mask);
	u32 readers = clamp_t(u32, num_online_cpus() - 1, 1, READERS);
	struct kunit *test = r->test;

	KUNIT_ASSERT_EQ(test, 0, set_cpus_allowed_ptr(current, cpumask_of(cpu)));
	for (i = 0; i < readers; i++) {
		struct race_reader *me = &r->reader[i];
		struct task_struct *task;

		me->race = r;
		prandom_seed_state(&me->rnd, RACE_SEED + 1 + i);
		cpu = cpumask_next_wrap(cpu, cpu_online_mask);
		task = kthread_run_on_cpu(reader, me, cpu, "smmu_reader/%u");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		me->task = task;
	}
}

static u32 meetings(struct race *r)
{
	u32 i, n = 0;

	/* Pairs with WRITE_ONCE() in reader() */
	for (i = 0; i < READERS; i++)
		n += READ_ONCE(r->reader[i].changed);
	return n;
}

/* Has all that the array can do been done, even where the CPUs are busy with something else? */
static bool all_done(struct race *r)
{
	return r->merges && r->revivals && r->unrefs && r->purges && r->forgotten &&
	       (num_online_cpus() == 1 || meetings(r) >= MEETINGS);
}

static bool go_on(struct race *r, ktime_t start)
{
	s64 ms = ktime_ms_delta(ktime_get(), start);

	/* Pairs with cmpxchg() in complain() */
	if (READ_ONCE(r->wrong))
		return false;
	if (!all_done(r))
		return ms < RACE_MAX_MS;
	return ms < RACE_MS;
}

static void readers_and_writer(struct kunit *test)
{
	struct race *r = begin_race(test);
	ktime_t start = ktime_get();
	u32 i, walks = 0;

	kunit_info(test, "seed %d, %u CPUs", RACE_SEED, num_online_cpus());
	race_attach(r, 0);
	start_readers(r);

	while (go_on(r, start)) {
		race_one(r);
		/* Pairs with READ_ONCE() in dawdle() */
		WRITE_ONCE(r->ops, r->ops + 1);
		/* With one CPU, let the readers run now and then, at a random point */
		if (num_online_cpus() == 1 && !(prandom_u32_state(&r->rnd) % 64))
			schedule_timeout_uninterruptible(1);
		cond_resched();
	}

	KUNIT_EXPECT_STREQ(test, r->wrong ?: "nothing", "nothing");
	KUNIT_EXPECT_NULL(test, smmu_array_check(current_array(r)));

	/* Pairs with WRITE_ONCE() in reader() */
	for (i = 0; i < READERS; i++)
		walks += READ_ONCE(r->reader[i].walks);
	kunit_info(test, "%u walks, the array changing under %u of them, %lld ms",
		   walks, meetings(r), ktime_ms_delta(ktime_get(), start));
	kunit_info(test, "%u merges, %u revivals, %u unrefs, %u purges, %u entries forgotten",
		   r->merges, r->revivals, r->unrefs, r->purges, r->forgotten);
	KUNIT_EXPECT_GT(test, walks, 0);
	KUNIT_EXPECT_GT(test, r->merges, 0);
	KUNIT_EXPECT_GT(test, r->revivals, 0);
	KUNIT_EXPECT_GT(test, r->unrefs, 0);
	KUNIT_EXPECT_GT(test, r->purges, 0);
	KUNIT_EXPECT_GT(test, r->forgotten, 0);
}

static struct kunit_case array_race_cases[] = {
	KUNIT_CASE(readers_and_writer),
	{}
};

static struct kunit_suite array_race_suite = {
	.name = "smmu_array_race",
	.init = array_tools_init,
	.exit = array_tools_exit,
	.test_cases = array_race_cases,
};

kunit_test_suite(array_race_suite);
