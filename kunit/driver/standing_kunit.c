// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes while a queue stands still: a configuration command or the flush of a tag that is not
 * confirmed, the flush of a lazy domain, the removal of a device and of an SMMU. Nothing is lost,
 * nothing is stale, and it takes as long as it must.
 */
#include <linux/kthread.h>
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "core/cmd.h"
#include "hw/cmdq_poll.h"
#include "hw/cmdq_pos.h"
#include "hw/device.h"
#include "driver/silence.h"

#define PA2	0x23456000ULL
#define MS(n)	((n) * (u64)NSEC_PER_MSEC)

static u64 ms_since(u64 began)
{
	return (model_now() - began) / NSEC_PER_MSEC;
}

static const struct standstill {
	const char *name;
	u8 opcode;	/* the queue stands at this command, 0: at every CMD_SYNC */
	bool stage2;	/* the new domain */
} standstills[] = {
	{ "CFGI_CD", CMD_CFGI_CD, false },
	{ "CFGI_STE", CMD_CFGI_STE, true },
	{ "the flush of the tag", CMD_TLBI_NH_ASID, false },
	{ "CMD_SYNC", 0, false },
};

KUNIT_ARRAY_PARAM_DESC(standstill, standstills, name);

static void stand(struct silence *s, const struct standstill *at, bool on)
{
	const struct model_inject inject = { .lost_sync = on };

	if (at->opcode)
		model_latency(s->smmu->model, at->opcode, on ? MS(30000) : 0);
	else
		model_inject(s->smmu->model, &inject);
}

/*
 * A command of an attach is not confirmed: the SMMU is shut, once and after one time-out. When it
 * is back, the device is where it was attached to, and nothing of the old domain is left.
 */
static void attach_unconfirmed(struct kunit *test)
{
	const struct standstill *at = test->param_value;
	u32 how;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d), *b;
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		u64 began;

		b = at->stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(b, IOVA, PA2, SZ_4K, IOMMU_READ, GFP_KERNEL));
		stand(s, at, true);
		began = model_now();
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, b));
		KUNIT_EXPECT_GE(test, ms_since(began), SMMU_CMD_TIMEOUT_MS);
		KUNIT_EXPECT_LE(test, ms_since(began), SMMU_CMD_TIMEOUT_MS + 500);
		KUNIT_EXPECT_TRUE(test, smmu_device_is_off(smmu));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		/* what changes meanwhile is not lost either */
		KUNIT_ASSERT_EQ(test, 0, iommu_map(b, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(a, IOVA, SZ_4K));
		KUNIT_EXPECT_FALSE(test, rig_restart(s->rig, 0));

		stand(s, at, false);
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, 0));
		KUNIT_EXPECT_EQ(test, PA2, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA + SZ_4K, false));
		KUNIT_EXPECT_TRUE(test, d->ats && !d->cut);
		KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig_iommu(s->smmu)->shuts));
		KUNIT_EXPECT_EQ(test, 0, atomic_read(&smmu->inst.withheld));
		silence_unmap(test, s, d, b);
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d, a));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA + SZ_4K, false));
		rig_remove(d);
		rig_remove_smmu(s->rig, 0);
		iommu_domain_free(a);
		iommu_domain_free(b);
	}
}

/*
 * The queue stands for a silent device when another one is attached and detached behind the same
 * SMMU: they wait for it, and that is all
 */
static void attach_behind_silent(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *b = silence_use(test, s, e), *a = rig_domain(test, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct silence_unmapper *u;
	u64 began = model_now(), posted = smmu_cmdq_posted(smmu_main_cmdq(smmu));

	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	silence_begin(s, e);
	u = silence_start(test, b, 1);
	/* this reads no register, so no time passes while the thread waits for the only CPU */
	while (smmu_cmdq_posted(smmu_main_cmdq(smmu)) == posted)
		schedule();
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_GE(test, ms_since(began), T_MS);
	KUNIT_EXPECT_LE(test, ms_since(began), T_MS + SLACK_MS);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	KUNIT_EXPECT_TRUE(test, d->ats && !d->cut);
	KUNIT_EXPECT_TRUE(test, e->cut);
	wait_for_completion(&u->done);
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/*
 * A lazy domain is flushed with interrupts off. Two of its three SMMUs have a silent device: both
 * are shut after ten seconds in all, and the third is not.
 */
static void lazy_flush(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct iommu_iotlb_gather gather;
	struct iommu_domain *domain;
	struct rig_device *d[3];
	unsigned long flags;
	u64 began, ms;
	u32 i;

	for (i = 0; i < 3; i++) {
		if (i)
			silence_smmu(test, s, i);
		d[i] = rig_device(test, s->rig, i);
	}
	domain = silence_use(test, s, d[0]);
	for (i = 1; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d[i], domain));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d[i], IOVA, false));
	}
	silence_begin(s, d[0]);
	silence_begin(s, d[1]);
	/* as iommu_dma_unmap_phys() does it: the IOVA is used again after the flush */
	iommu_iotlb_gather_init(&gather);
	gather.queued = true;
	began = model_now();
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap_fast(domain, IOVA, SZ_4K, &gather));
	KUNIT_EXPECT_LE(test, ms_since(began), 10);
	began = model_now();
	local_irq_save(flags);
	domain->ops->flush_iotlb_all(domain);
	ms = ms_since(began);
	local_irq_restore(flags);
	KUNIT_EXPECT_GE(test, ms, SMMU_IRQS_OFF_MS);
	KUNIT_EXPECT_LE(test, ms, SMMU_IRQS_OFF_MS + 500);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, i < 2, smmu_device_is_off(&rig_iommu(s->rig->smmu[i])->smmu));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d[i], IOVA, false));
		KUNIT_EXPECT_FALSE(test, d[i]->cut);
	}
	KUNIT_EXPECT_TRUE(test, d[2]->ats);
	/* the root ports give up, and the SMMUs come back, without the two devices */
	model_advance(MS(T_MS));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_TRUE(test, rig_restart(s->rig, i));
		KUNIT_EXPECT_TRUE(test, d[i]->cut);
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d[i], IOVA, false));
	}
	for (i = 1; i < 3; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], &smmu_identity_domain));
	silence_leave(test, s, d[0], domain);
}

static const bool removals[] = { false, true };

static void removal_desc(const bool *busy, char *desc)
{
	strscpy(desc, *busy ? "while others wait for it" : "idle", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(removal, removals, removal_desc);

/* A silent device is removed, and then everything else, and the SMMU: one T in all */
static void removal(struct kunit *test)
{
	bool busy = *(const bool *)test->param_value;
	u32 how, i;

	for (how = RIG_LOCK; how <= RIG_COMBINE; how++) {
		struct silence *s = silence_make_how(test, how);
		struct rig_device *d = rig_device(test, s->rig, 0);
		struct rig_device *e = rig_device(test, s->rig, 0);
		struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
		struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
		struct silence_unmapper *u = NULL;
		u64 began = model_now();

		for (i = 1; i < 4; i++)
			KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA + i * SZ_4K, PA, SZ_4K,
							   IOMMU_READ, GFP_KERNEL));
		silence_begin(s, d);
		if (busy) {
			u = silence_start(test, a, 4);
			/* with one CPU they may be done before this thread runs again */
			while (smmu_cmdq_is_idle(smmu) && !completion_done(&u[0].done))
				schedule();
		}
		rig_remove(d);
		KUNIT_EXPECT_TRUE(test, d->cut);
		KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
		KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, e, IOVA, false));
		rig_remove(e);
		rig_remove_smmu(s->rig, 0);
		KUNIT_EXPECT_GE(test, ms_since(began), T_MS);
		KUNIT_EXPECT_LE(test, ms_since(began), T_MS + SLACK_MS);
		for (i = 0; busy && i < 4; i++) {
			wait_for_completion(&u[i].done);
			KUNIT_EXPECT_LE(test, u[i].ms, T_MS + SLACK_MS);
		}
		iommu_domain_free(a);
		iommu_domain_free(b);
	}
}

/**
 * struct hold - a waiter that is held up, and a thread that must wait for it
 * @s: machine
 * @main: the thread of the case, which is never held up
 * @who: the waiter, once it is held up
 * @go: it may go on
 * @early: out, the SMMU was removed before
 * @over: the removal is over
 */
static struct hold {
	struct silence *s;
	struct task_struct *main;
	struct task_struct *who;
	bool go;
	bool early;
	struct completion over;
} hold;

static void sleep_held_up(struct smmu_cmdq *q, u32 us)
{
	if (!READ_ONCE(hold.who) && current != hold.main)
		WRITE_ONCE(hold.who, current);
	while (READ_ONCE(hold.who) == current && !READ_ONCE(hold.go))
		schedule_timeout_uninterruptible(1);
	model_advance(us * (u64)NSEC_PER_USEC);
	schedule();
}

static int remover(void *data)
{
	current->kunit_test = data;
	rig_remove_smmu(hold.s->rig, 0);
	hold.early = !READ_ONCE(hold.go);
	current->kunit_test = NULL;
	complete(&hold.over);
	return 0;
}

/*
 * A walk that has waited for a silent device does not run for some time. The SMMU is not removed
 * before the walk has ended, because the walk uses its queue.
 */
static void removal_waits_for_walks(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct silence_unmapper *u;
	struct task_struct *task;
	u32 i;

	hold = (struct hold) { .s = s, .main = current };
	init_completion(&hold.over);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, sleep_held_up);
	silence_begin(s, d);
	u = silence_start(test, a, 1);
	while (!READ_ONCE(hold.who))
		schedule_timeout_uninterruptible(1);
	rig_remove(d);
	task = kthread_run(remover, test, "remover");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 20 && !completion_done(&hold.over); i++)
		schedule_timeout_uninterruptible(1);
	WRITE_ONCE(hold.go, true);
	wait_for_completion(&u->done);
	wait_for_completion(&hold.over);
	KUNIT_EXPECT_FALSE(test, hold.early);
	iommu_domain_free(a);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(attach_unconfirmed, standstill_gen_params),
	KUNIT_CASE(attach_behind_silent),
	KUNIT_CASE(lazy_flush),
	KUNIT_CASE_PARAM(removal, removal_gen_params),
	KUNIT_CASE(removal_waits_for_walks),
	{}
};

static struct kunit_suite suite = { .name = "smmu_standing", .test_cases = cases };
kunit_test_suite(suite);
