// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware that does not answer, at random: several threads map, unmap, attach and access, while
 * devices become silent or slow, are pulled, reset and plugged in again, and while the queues of
 * SMMUs stand now and then. What must hold is in unreliable.h.
 */
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "driver/unreliable.h"

static uint silence_stress_seed = 20261126;
module_param(silence_stress_seed, uint, 0444);
MODULE_PARM_DESC(silence_stress_seed, "first of the seeds of smmu_silence_stress");

static uint silence_stress_ops;
module_param(silence_stress_ops, uint, 0444);
MODULE_PARM_DESC(silence_stress_ops, "operations of each case of smmu_silence_stress");

static struct unreliable *const s = &unreliable;
static atomic_t ops_left;

#define THREADS		4

/* Operations between two calms */
#define ROUND		5000

static const struct shape shapes[] = {
	{ "1 SMMU, 3 devices", 1, 3, 10000 },
	{ "1 SMMU, 8 devices", 1, 8, 15000 },
	{ "4 SMMUs, 24 devices", 4, 24, 25000 },
};

KUNIT_ARRAY_PARAM_DESC(shape, shapes, name);

struct worker {
	struct rnd_state rnd;
	struct task_struct *task;
};

static u32 rnd(struct worker *w, u32 below)
{
	return rnd_below(&w->rnd, below);
}

static void do_map(struct worker *w)
{
	u32 d = rnd(w, DOMAINS), slot = rnd(w, SLOTS), size = rnd(w, 2) ? SZ_4K : SZ_64K, id;
	struct shared *sh = &s->shared[d];

	mutex_lock(&sh->lock);
	id = sh->id[slot] ? 0 : atomic_inc_return(&s->next_id);
	if (id && id < IDS_MAX) {
		s->map[id].domain = d;
		if (!iommu_map(sh->domain, iova_of(slot), (u64)id << SLOT_SHIFT, size,
			       IOMMU_READ | IOMMU_WRITE, GFP_KERNEL)) {
			sh->size[slot] = size;
			/*
			 * the id is set when the mapping exists; pairs with the loads in
			 * unreliable_access()
			 */
			smp_store_release(&sh->id[slot], id);
			atomic_inc(&s->done[MAPS]);
		}
	}
	mutex_unlock(&sh->lock);
}

static void do_unmap(struct worker *w)
{
	struct shared *sh = &s->shared[rnd(w, DOMAINS)];
	u32 slot = rnd(w, SLOTS), id, size;
	bool irqs_off = !rnd(w, 256);
	unsigned long flags = 0;

	mutex_lock(&sh->lock);
	id = sh->id[slot];
	size = sh->size[slot];
	if (id) {
		WRITE_ONCE(sh->id[slot], 0);
		/* the id is cleared before the mapping goes; pairs with unreliable_access() */
		smp_mb();
		if (irqs_off)
			local_irq_save(flags);
		if (iommu_unmap(sh->domain, iova_of(slot), size) != size)
			rig_wrong(&s->wrong, "unmap of slot %u fails", slot);
		if (irqs_off)
			local_irq_restore(flags);
		WRITE_ONCE(s->map[id].gone, atomic_inc_return(&s->epoch));
		atomic_inc(&s->done[UNMAPS]);
	}
	mutex_unlock(&sh->lock);
}

static void do_access(struct worker *w)
{
	u32 i = rnd(w, s->shape->devices);

	unreliable_access(&w->rnd, i, s->place[i].pasids ? rnd(w, 1 + PASIDS) : 0, rnd(w, SLOTS));
}

static void do_attach(struct worker *w)
{
	u32 i = rnd(w, s->shape->devices);
	struct place *p = &s->place[i];
	int at = (int)rnd(w, DOMAINS + 2) - 2;
	u32 n = p->pasids ? rnd(w, 1 + PASIDS) : 0;

	/* a PASID needs stage 1, also of requests without one */
	if (p->pasids && at >= 0 && is_stage2(at))
		at--;
	mutex_lock(&p->lock);
	if (n)
		unreliable_attach(i, n, p->at[n] == AT_BLOCKED && at >= 0 ? at : AT_BLOCKED);
	else
		unreliable_attach(i, 0, at);
	mutex_unlock(&p->lock);
}

/* A device begins or ceases to be silent */
static void do_silence(struct worker *w)
{
	struct place *p = &s->place[rnd(w, s->shape->devices)];
	u32 dice = rnd(w, 8);

	if (p->saint)
		return;
	atomic_inc(&s->done[SILENCES]);
	WRITE_ONCE(p->answer_ns, dice < 3 ? 0 : dice < 5 ? MODEL_SILENT : dice < 6 ? MODEL_GONE :
				 dice < 7 ? rnd(w, 4000) * (u64)NSEC_PER_MSEC :
					    rnd(w, 65) * (u64)NSEC_PER_SEC);
}

/* An administrator forgives a device that answers again, or a driver of the kernel gets it */
static void do_mend(struct worker *w)
{
	u32 i = rnd(w, s->shape->devices);
	struct place *p = &s->place[i];

	mutex_lock(&p->lock);
	if (!p->saint)
		WRITE_ONCE(p->answer_ns, 0);
	if (rnd(w, 2))
		rig_forgive(&s->rig->device[i]);
	else
		unreliable_attach(i, 0, AT_IDENTITY);
	mutex_unlock(&p->lock);
}

/* As the PCI core does it: blocked meanwhile, PASIDs and all, and attached as before afterwards */
static void do_reset(struct worker *w)
{
	u32 i = rnd(w, s->shape->devices), n;
	struct place *p = &s->place[i];
	int at[1 + PASIDS];

	mutex_lock(&p->lock);
	memcpy(at, p->at, sizeof(at));
	unreliable_attach(i, 0, AT_BLOCKED);
	for (n = 1; p->pasids && n <= PASIDS; n++)
		if (at[n] >= 0)
			unreliable_attach(i, n, AT_BLOCKED);
	model_new_device(s->rig->smmu[s->rig->device[i].smmu]->model, s->rig->device[i].sid);
	if (!p->saint && rnd(w, 2))
		WRITE_ONCE(p->answer_ns, 0);
	unreliable_attach(i, 0, at[0]);
	for (n = 1; p->pasids && n <= PASIDS; n++)
		if (at[n] >= 0)
			unreliable_attach(i, n, at[n]);
	mutex_unlock(&p->lock);
	atomic_inc(&s->done[RESETS]);
}

/* Pull a device out, or eject it, and plug it in again */
static void do_replug(struct worker *w)
{
	u32 i = rnd(w, s->shape->devices);
	struct place *p = &s->place[i];

	mutex_lock(&p->lock);
	unreliable_replug(i, !p->saint && rnd(w, 2));
	mutex_unlock(&p->lock);
	atomic_inc(&s->done[PULLS]);
}

static void do_stand(struct worker *w)
{
	unreliable_stand(&w->rnd, rnd(w, s->shape->smmus));
	atomic_inc(&s->done[STANDS]);
}

static void do_one(struct worker *w)
{
	u32 dice = rnd(w, 2000);

	if (dice < 580)
		do_map(w);
	else if (dice < 1160)
		do_unmap(w);
	else if (dice < 1960)
		do_access(w);
	else if (dice < 1980)
		do_attach(w);
	else if (dice < 1986)
		do_silence(w);
	else if (dice < 1992)
		do_mend(w);
	else if (dice < 1997)
		do_reset(w);
	else if (dice < 1998)
		do_replug(w);
	else if (!rnd(w, 2))
		do_stand(w);
}

static int work(void *data)
{
	struct worker *w = data;

	/* this thread needs the stubs of the case */
	current->kunit_test = s->rig->test;
	while (atomic_dec_if_positive(&ops_left) >= 0 && !atomic_read(&s->wrong.count)) {
		do_one(w);
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_uninterruptible(1);
	current->kunit_test = NULL;
	return 0;
}

static void run(struct kunit *test, struct worker *w)
{
	u32 ops = silence_stress_ops ?: s->shape->ops, i;

	while (ops && !atomic_read(&s->wrong.count)) {
		atomic_set(&ops_left, min(ops, ROUND));
		ops -= min(ops, ROUND);
		for (i = 0; i < THREADS; i++) {
			w[i].task = kthread_run(work, &w[i], "silence-stress-%u", i);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, w[i].task);
		}
		while (atomic_read(&ops_left) > 0 && !atomic_read(&s->wrong.count)) {
			unreliable_keep();
			schedule_timeout_uninterruptible(1);
		}
		for (i = 0; i < THREADS; i++)
			kthread_stop(w[i].task);
		unreliable_calm(&w[THREADS].rnd);
	}
}

static void silence_at_random(struct kunit *test)
{
	struct worker *w = kunit_kcalloc(test, THREADS + 1, sizeof(*w), GFP_KERNEL);
	u64 start = ktime_get_ns(), began = model_now();
	u32 i, total = 0;

	KUNIT_ASSERT_NOT_NULL(test, w);
	unreliable_make(test, test->param_value);
	for (i = 0; i <= THREADS; i++)
		prandom_seed_state(&w[i].rnd, silence_stress_seed + i);
	rig_hush(s->rig);
	run(test, w);
	rig_unhush(s->rig);
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&s->wrong.count), "%s", s->wrong.first);
	unreliable_end(test);
	for (i = 0; i < DONE; i++)
		total += atomic_read(&s->done[i]);
	kunit_info(test, "seed %u: %u operations: %d maps, %d unmaps, %d accesses, %d attaches\n",
		   silence_stress_seed, total, atomic_read(&s->done[MAPS]),
		   atomic_read(&s->done[UNMAPS]),
		   atomic_read(&s->done[ACCESSES]) + atomic_read(&s->done[HITS]),
		   atomic_read(&s->done[ATTACHES]));
	kunit_info(test, "%d of the accesses somewhere, %d silences, %d resets, %d replugs, %d standstills, %u devices cut off, SMMUs shut %u times, %llu s in %llu ms\n",
		   atomic_read(&s->done[HITS]), atomic_read(&s->done[SILENCES]),
		   atomic_read(&s->done[RESETS]), atomic_read(&s->done[PULLS]),
		   atomic_read(&s->done[STANDS]), s->cuts, s->shuts,
		   (model_now() - began) / NSEC_PER_SEC,
		   (ktime_get_ns() - start) / NSEC_PER_MSEC);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM_ATTR(silence_at_random, shape_gen_params, { .speed = KUNIT_SPEED_SLOW }),
	{}
};

static struct kunit_suite suite = { .name = "smmu_silence_stress", .test_cases = cases };
kunit_test_suite(suite);
