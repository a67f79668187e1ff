// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes map, unmap and exit while devices behind four SMMUs are bound to them and unbound, and
 * access their memory all the time. When munmap() has returned, no device reaches the old page.
 * When a device is unbound, or the process has exited, the device reaches nothing of it.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/mmu_notifier.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>

#include "drv/domain.h"
#include "hw/recordq.h"
#include "driver/sva_rig.h"

static uint sva_stress_seed = 20261121;
module_param(sva_stress_seed, uint, 0444);
MODULE_PARM_DESC(sva_stress_seed, "first of the seeds of smmu_sva_stress, one for each thread");

static uint sva_stress_rounds = 20000;
module_param(sva_stress_rounds, uint, 0444);
MODULE_PARM_DESC(sva_stress_rounds, "rounds of each thread of smmu_sva_stress");

#define VA	0x40000000ULL
#define SMMUS	4
#define DEVICES	6
#define PROCS	3
#define PAGES	8

/**
 * struct page_state - a page of a process
 * @seq: odd while the page changes
 * @pa: address that the page is mapped to, 0 for none
 * @generation: gives every mapping another address
 */
struct page_state {
	u32 seq;
	u64 pa;
	u32 generation;
};

/* A notifier that is called at the end of a process */
struct witness {
	struct mmu_notifier notifier;
	struct completion gone;
};

/* A device bound to a process */
struct bond {
	struct mutex lock;	/* held to bind, to unbind and to use the bond */
	struct iommu_sva *sva;
	u32 pasid;
};

static struct stress {
	struct rig *rig;
	struct rig_device *d[DEVICES];
	struct sva_proc *proc[PROCS];
	struct page_state page[PROCS][PAGES];
	struct bond bond[DEVICES][PROCS];
	struct mutex exits[PROCS];	/* held to let a process exit, and by the mapper */
	enum { LIVES, EXITS, DEAD } state[PROCS];
	atomic_t stop;
	struct rig_wrong wrong;
	struct witness witness[PROCS];
	atomic64_t hits, misses, binds, changes, mapper_rounds;
} s;

static void mapper_round(struct rnd_state *rnd)
{
	u32 p = prandom_u32_state(rnd) % PROCS, i = prandom_u32_state(rnd) % PAGES;
	struct page_state *page = &s.page[p][i];
	u64 va = VA + i * SZ_4K;

	mutex_lock(&s.exits[p]);
	if (s.state[p] == LIVES) {
		WRITE_ONCE(page->seq, page->seq + 1);
		smp_mb(); /* @seq is odd before the page changes; pairs with access_round() */
		if (page->pa) {
			sva_unmap(s.proc[p], va, SZ_4K);
			page->pa = 0;
		} else {
			page->generation = (page->generation + 1) % 65536;
			page->pa = (p + 1) * SZ_4G + (page->generation * PAGES + i) * SZ_4K;
			if (sva_map(s.proc[p], va, page->pa, SZ_4K))
				page->pa = 0;
		}
		smp_mb(); /* the page has changed before @seq is even; pairs with access_round() */
		WRITE_ONCE(page->seq, page->seq + 1);
		atomic64_inc(&s.changes);
	}
	mutex_unlock(&s.exits[p]);
	atomic64_inc(&s.mapper_rounds);
}

static void binder_round(struct rnd_state *rnd)
{
	u32 d = prandom_u32_state(rnd) % DEVICES, p = prandom_u32_state(rnd) % PROCS;
	struct bond *bond = &s.bond[d][p];
	struct iommu_sva *sva;

	mutex_lock(&bond->lock);
	if (bond->sva) {
		iommu_sva_unbind_device(bond->sva);
		bond->sva = NULL;
		if (rig_access_ssid(s.rig, s.d[d], bond->pasid, VA, false) != RIG_NOWHERE)
			rig_wrong(&s.wrong, "device %u has access by PASID %u, which is unbound",
				  d, bond->pasid);
	} else if (mmget_not_zero(s.proc[p]->mm)) {
		sva = iommu_sva_bind_device(s.d[d]->dev, s.proc[p]->mm);
		if (!IS_ERR(sva)) {
			bond->sva = sva;
			bond->pasid = iommu_sva_get_pasid(sva);
			atomic64_inc(&s.binds);
		}
		mmput(s.proc[p]->mm);
	}
	mutex_unlock(&bond->lock);
}

static void access_round(struct rnd_state *rnd)
{
	u32 d = prandom_u32_state(rnd) % DEVICES, p = prandom_u32_state(rnd) % PROCS;
	u32 i = prandom_u32_state(rnd) % PAGES, seq;
	struct page_state *page = &s.page[p][i];
	struct bond *bond = &s.bond[d][p];
	bool dead;
	u64 pa, is;
	u16 stag;
	u8 answer;
	int ret;

	mutex_lock(&bond->lock);
	if (!bond->sva)
		goto unlock;
	seq = READ_ONCE(page->seq);
	dead = READ_ONCE(s.state[p]) == DEAD;
	smp_mb(); /* pairs with mapper_round() and exit_one() */
	pa = READ_ONCE(page->pa);
	ret = rig_try(s.rig, s.d[d], bond->pasid, VA + i * SZ_4K, false, &is, &stag);
	smp_mb(); /* pairs with mapper_round() and exit_one() */
	/* if @seq is even and the same, the page was mapped, or not, all the time */
	if (!ret && dead)
		rig_wrong(&s.wrong, "device %u has 0x%llx of process %u, which is dead", d, is, p);
	if (seq == READ_ONCE(page->seq) && !(seq & 1) &&
	    READ_ONCE(s.state[p]) == LIVES) {
		if (ret ? pa != 0 : pa != is)
			rig_wrong(&s.wrong,
				  "device %u, page %u of process %u: %d, 0x%llx instead of 0x%llx",
				  d, i, p, ret, is, pa);
	}
	atomic64_inc(ret ? &s.misses : &s.hits);
	if (ret == -EINPROGRESS) {
		/* the IOMMU core finds no mapping in the mm, which is empty, so the fault fails */
		struct machine_smmu *smmu = s.rig->smmu[s.d[d]->smmu];

		smmu_evtq_drain(&rig_iommu(smmu)->smmu);
		iopf_queue_flush_dev(s.d[d]->dev);
		answer = model_answer(smmu->model, stag);
		if (answer != RESUME_ABORT)
			rig_wrong(&s.wrong,
				  "device %u, process %u (state %u): a fault was answered with %u",
				  d, p, READ_ONCE(s.state[p]), answer);
	}
unlock:
	mutex_unlock(&bond->lock);
}

/*
 * This notifier was registered first, so its release is called last: then the driver's release has
 * returned.
 */
static void told(struct mmu_notifier *mn, struct mm_struct *mm)
{
	complete(&container_of(mn, struct witness, notifier)->gone);
}

static const struct mmu_notifier_ops witness_ops = { .release = told };

/*
 * After a while each process exits, whether devices are bound to it or not. A bind or a fault may
 * delay that: the process is dead when the last user of its mm is dropped, whichever that is.
 */
static void exit_one(struct kunit *test, u32 p)
{
	mutex_lock(&s.exits[p]);
	WRITE_ONCE(s.state[p], EXITS);
	smp_mb(); /* EXITS is set before pages go; pairs with access_round() */
	sva_proc_exit(s.proc[p]);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&s.witness[p].gone, 10 * HZ));
	smp_mb(); /* no device reaches the process before DEAD is set; pairs with access_round() */
	WRITE_ONCE(s.state[p], DEAD);
	mutex_unlock(&s.exits[p]);
}

static int thread(void *data)
{
	void (*round)(struct rnd_state *rnd) = data;
	struct rnd_state rnd;
	u32 i;

	prandom_seed_state(&rnd, sva_stress_seed + (unsigned long)current->pid);
	for (i = 0; i < sva_stress_rounds && !atomic_read(&s.stop); i++) {
		round(&rnd);
		if (!(i % 16))
			cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static void everything_at_once(struct kunit *test)
{
	static void (* const rounds[])(struct rnd_state *rnd) = {
		mapper_round, binder_round, access_round, access_round,
	};
	struct task_struct *task[ARRAY_SIZE(rounds)];
	struct rig *rig = rig_new(test);
	s64 accesses;
	u32 i, p;

	memset(&s, 0, sizeof(s));
	s.rig = rig;
	for (i = 0; i < SMMUS; i++)
		sva_smmu(test, rig, i);
	for (i = 0; i < DEVICES; i++) {
		/* some devices have an ATC, some stall */
		rig->atc = i & 1;
		s.d[i] = sva_device(test, rig, i % SMMUS);
		for (p = 0; p < PROCS; p++)
			mutex_init(&s.bond[i][p].lock);
	}
	for (p = 0; p < PROCS; p++) {
		s.proc[p] = sva_proc_new(test, NULL);
		mutex_init(&s.exits[p]);
		init_completion(&s.witness[p].gone);
		s.witness[p].notifier.ops = &witness_ops;
		KUNIT_ASSERT_EQ(test, 0, mmu_notifier_register(&s.witness[p].notifier,
							       s.proc[p]->mm));
	}
	for (i = 0; i < ARRAY_SIZE(rounds); i++) {
		task[i] = kthread_create(thread, rounds[i], "sva-stress/%u", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task[i]);
		wake_up_process(task[i]);
	}
	for (p = 0; p < PROCS; p++) {
		do
			msleep(20);
		while (atomic64_read(&s.mapper_rounds) < sva_stress_rounds / (PROCS + 1) * (p + 1));
		exit_one(test, p);
	}
	msleep(100);
	for (i = 0; i < ARRAY_SIZE(rounds); i++)
		kthread_stop(task[i]);
	for (i = 0; i < DEVICES; i++)
		for (p = 0; p < PROCS; p++)
			if (s.bond[i][p].sva)
				iommu_sva_unbind_device(s.bond[i][p].sva);
	for (p = 0; p < PROCS; p++)
		mmu_notifier_unregister(&s.witness[p].notifier, s.proc[p]->mm);
	mmu_notifier_synchronize();
	KUNIT_EXPECT_EQ_MSG(test, 0, atomic_read(&s.wrong.count), "%s", s.wrong.first);
	KUNIT_EXPECT_GT(test, atomic64_read(&s.hits), 100);
	for (i = 0; i < SMMUS; i++)
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(rig->smmu[i])->smmu.inst.asids));
	rig_check(test, rig);
	accesses = atomic64_read(&s.hits) + atomic64_read(&s.misses);
	kunit_info(test, "seed %u: %lld operations: %lld binds, %lld changes, %lld accesses, %lld of them somewhere\n",
		   sva_stress_seed,
		   atomic64_read(&s.binds) + atomic64_read(&s.changes) + accesses,
		   atomic64_read(&s.binds), atomic64_read(&s.changes), accesses,
		   atomic64_read(&s.hits));
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(everything_at_once),
	{}
};

static struct kunit_suite suite = { .name = "smmu_sva_stress", .test_cases = cases };
kunit_test_suite(suite);
