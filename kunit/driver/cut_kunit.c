// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are cut off: for answering late all the time, what ends it, and that a guest cannot
 * make it happen again and again.
 */
#include <linux/kthread.h>
#include <linux/sizes.h>

#include "core/cmd.h"
#include "drv/ats_cut.h"
#include "hw/device.h"
#include "driver/nest.h"
#include "driver/silence.h"

/* A device that answers always, and always late, is treated as silent within a minute */
static void budget(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0), *e = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *b = silence_use(test, s, e);
	u64 start = model_now(), ms;
	u32 i;

	s->ns = 1900 * (u64)NSEC_PER_MSEC;
	silence_begin(s, d);
	for (i = 0; i < 100 && !d->cut; i++) {
		KUNIT_EXPECT_GE(test, silence_unmap(test, s, d, a), 1900);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	}
	ms = (model_now() - start) / NSEC_PER_MSEC;
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_LE(test, ms, 60000);
	KUNIT_EXPECT_GE(test, ms, SMMU_SLOW_MS);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, d, a), SLACK_MS / 10);
	KUNIT_EXPECT_LE(test, silence_unmap(test, s, e, b), SLACK_MS / 10);
	KUNIT_EXPECT_TRUE(test, e->ats && e->bus_master && !e->cut);
	silence_leave(test, s, d, a);
	silence_leave(test, s, e, b);
}

/* The same device, asked once in 20 seconds, keeps within its budget */
static void within_budget(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i;

	s->ns = 1900 * (u64)NSEC_PER_MSEC;
	silence_begin(s, d);
	for (i = 0; i < 100; i++) {
		silence_unmap(test, s, d, a);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
		model_advance(20 * (u64)NSEC_PER_SEC);
	}
	KUNIT_EXPECT_FALSE(test, d->cut);
	silence_leave(test, s, d, a);
}

/* What ends it when a device was cut off: the first time, the second, and an administrator */
static void what_ends_it(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d), *dma = rig_domain(test, d);
	u32 i;

	/* as the IOMMU core marks a domain of the DMA API */
	dma->type = IOMMU_DOMAIN_DMA;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(dma, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	for (i = 0; i < 2; i++) {
		silence_begin(s, d);
		silence_unmap(test, s, d, i ? dma : a);
		s->n = 0;
		rig_recover(s->rig);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(i ? dma : a, IOVA, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, dma));
		KUNIT_EXPECT_EQ(test, i ? RIG_NOWHERE : PA, rig_access(s->rig, d, IOVA, false));
		KUNIT_EXPECT_EQ(test, !i, d->ats);
	}
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	rig_forgive(d);
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(s->rig, d, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	KUNIT_EXPECT_TRUE(test, d->ats);
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	silence_leave(test, s, d, a);
	iommu_domain_free(dma);
}

static void invalidate_atc(struct kunit *test, struct guest *g, int err)
{
	struct smmu_cmd cmd;
	u32 done = 1;

	smmu_cmd_atc_inv(&cmd, NEST_VSID, 0, false, 0, ATC_SIZE_ALL);
	KUNIT_EXPECT_EQ(test, err, guest_commands(test, g, &cmd, &done));
}

/* A guest invalidates, resets its device and attaches it again: only the first round costs time */
static void guest_rounds(struct kunit *test)
{
	struct iommu_domain *s1;
	struct model_config cfg;
	struct silence *s;
	struct nest n;
	u64 began;
	u32 i;

	nest_config(&cfg, false);
	cfg.read_ns = 0;
	s = silence_make_with(test, RIG_MIXED, cfg);
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	KUNIT_ASSERT_TRUE(test, n.d->ats);
	silence_begin(s, n.d);
	for (i = 0; i < 5; i++) {
		began = model_now();
		invalidate_atc(test, n.g, i ? 0 : -ETIMEDOUT);
		KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC,
				i ? 100 : T_MS + SLACK_MS);
		rig_recover(s->rig);
		began = model_now();
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_blocked_domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
		KUNIT_EXPECT_FALSE(test, n.d->ats);
		KUNIT_EXPECT_LE(test, (model_now() - began) / NSEC_PER_MSEC, 500);
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(&rig_iommu(s->smmu)->smmu));
	s->n = 0;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

/* A thread of a VMM that invalidates the ATC */
struct vcpu {
	struct kunit *test;
	struct mm_struct *mm;
	struct guest *g;
	u64 ms;
	struct completion done;
};

static int vcpu(void *data)
{
	struct vcpu *v = data;
	u64 start = model_now();

	current->kunit_test = v->test;
	kthread_use_mm(v->mm);
	invalidate_atc(v->test, v->g, -ETIMEDOUT);
	kthread_unuse_mm(v->mm);
	v->ms = (model_now() - start) / NSEC_PER_MSEC;
	current->kunit_test = NULL;
	complete(&v->done);
	return 0;
}

/* Four threads of a VMM do that at once: only one of them has commands in the queue */
static void guest_threads(struct kunit *test)
{
	struct vcpu *v = kunit_kcalloc(test, 4, sizeof(*v), GFP_KERNEL);
	struct smmu_cmdq_state state;
	struct smmu_device *smmu;
	struct task_struct *task;
	struct iommu_domain *s1;
	struct model_config cfg;
	struct silence *s;
	u32 i, most = 0;
	struct nest n;

	KUNIT_ASSERT_NOT_NULL(test, v);
	nest_config(&cfg, false);
	cfg.read_ns = 0;
	s = silence_make_with(test, RIG_MIXED, cfg);
	smmu = &rig_iommu(s->smmu)->smmu;
	nest_make_on(test, &n, s->rig, s->smmu);
	s1 = guest_s1(test, n.g, n.t, true);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, s1));
	silence_begin(s, n.d);
	for (i = 0; i < 4; i++) {
		v[i] = (struct vcpu) { .test = test, .mm = current->mm, .g = n.g };
		init_completion(&v[i].done);
		task = kthread_run(vcpu, &v[i], "vcpu/%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	}
	while (!completion_done(&v[0].done)) {
		smmu_cmdq_look(smmu, &state);
		most = max(most, state.posted - smmu_main_cmdq(smmu)->cons);
		schedule();
	}
	KUNIT_EXPECT_GE(test, most, 1);
	KUNIT_EXPECT_LE(test, most, 2);
	for (i = 0; i < 4; i++) {
		wait_for_completion(&v[i].done);
		KUNIT_EXPECT_LE(test, v[i].ms, T_MS + SLACK_MS);
	}
	KUNIT_EXPECT_FALSE(test, smmu_device_is_dead(smmu));
	s->n = 0;
	rig_recover(s->rig);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(n.d, &smmu_identity_domain));
	iommu_domain_free(s1);
	nest_free(test, &n);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(budget),
	KUNIT_CASE(within_budget),
	KUNIT_CASE(what_ends_it),
	KUNIT_CASE(guest_rounds),
	KUNIT_CASE(guest_threads),
	{}
};

static struct kunit_suite suite = { .name = "smmu_cut", .test_cases = cases };
kunit_test_suite(suite);
