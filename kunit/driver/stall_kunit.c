// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is silent for 40 seconds of real time. Those who wait for it may sleep, and RCU,
 * which reports a reader that takes 21 seconds, must not notice. Only here does the model's clock
 * follow the real one, so this suite is built for arm64 only, and runs where it is asked for:
 * scripts/checks/75-stall. That the console has no report is checked there.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include <smmuv3/raw_stub.h>

#include "hw/cmdq_poll.h"
#include "driver/silence.h"

#define WAITERS		3
#define SILENT_MS	40000
/* For how long a grace period may take meanwhile, on a guest that is emulated */
#define GRACE_MS	10000

/**
 * struct stall - the machine of the case
 * @silent: no device answers
 * @lock: protects @last
 * @last: when the model's clock was last set
 * @periods: number of grace periods
 * @longest_ms: the longest of them
 */
static struct stall {
	bool silent;
	raw_spinlock_t lock;	/* protects @last */
	ktime_t last;
	u32 periods;
	s64 longest_ms;
} s;

/* Called with the model's lock held */
static u64 answer_ns(void *data, u32 sid)
{
	return READ_ONCE(s.silent) ? MODEL_SILENT : 0;
}

/* The model's clock follows */
static ktime_t real_clock(struct smmu_cmdq *q)
{
	unsigned long flags;
	ktime_t now;

	raw_spin_lock_irqsave(&s.lock, flags);
	now = ktime_get();
	model_advance(ktime_to_ns(ktime_sub(now, s.last)));
	s.last = now;
	raw_spin_unlock_irqrestore(&s.lock, flags);
	return now;
}

static void real_sleep(struct smmu_cmdq *q, u32 us)
{
	usleep_range(us, 2 * us);
}

/* Without a grace period that wants to end, RCU would not look for readers that take long */
static int grace_periods(void *data)
{
	ktime_t start;

	while (!kthread_should_stop()) {
		start = ktime_get();
		synchronize_rcu();
		s.longest_ms = max(s.longest_ms, ktime_ms_delta(ktime_get(), start));
		s.periods++;
	}
	return 0;
}

static void rcu_does_not_notice(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct silence_unmapper *u;
	struct iommu_domain *domain;
	struct task_struct *grace;
	struct rig_device *d;
	ktime_t start;
	s64 ms;
	u64 began;
	u32 i;

	memset(&s, 0, sizeof(s));
	raw_spin_lock_init(&s.lock);
	s.last = ktime_get();
	rig_smmu(test, rig, 0, NULL);
	model_devices(rig->smmu[0]->model, answer_ns, NULL, SILENT_MS * (u64)NSEC_PER_MSEC);
	smmu_activate_raw_stub(test, smmu_cmdq_clock, real_clock);
	smmu_activate_raw_stub(test, smmu_cmdq_sleep, real_sleep);
	rig->atc = true;
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	for (i = 0; i < WAITERS; i++)
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA + i * SZ_4K, PA, SZ_4K,
						   IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, PA, rig_access(rig, d, IOVA, false));

	grace = kthread_run(grace_periods, NULL, "grace-periods");
	KUNIT_ASSERT_FALSE(test, IS_ERR(grace));
	WRITE_ONCE(s.silent, true);
	start = ktime_get();
	began = model_now();
	u = silence_start(test, domain, WAITERS);
	for (i = 0; i < WAITERS; i++)
		wait_for_completion(&u[i].done);
	ms = ktime_ms_delta(ktime_get(), start);
	kthread_stop(grace);
	WRITE_ONCE(s.silent, false);

	kunit_info(test, "waited %lld ms; the longest of %u grace periods took %lld ms\n", ms,
		   s.periods, s.longest_ms);
	/* reads of registers take time on the model's clock, so it is ahead of the kernel's */
	KUNIT_EXPECT_GE(test, (model_now() - began) / NSEC_PER_MSEC, SILENT_MS);
	KUNIT_EXPECT_LE(test, ms, SILENT_MS + SLACK_MS);
	KUNIT_EXPECT_GT(test, s.periods, 1);
	KUNIT_EXPECT_LE(test, s.longest_ms, GRACE_MS);
	KUNIT_EXPECT_TRUE(test, d->cut);
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	rig_recover(rig);
	KUNIT_EXPECT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_SLOW(rcu_does_not_notice),
	{}
};

static struct kunit_suite suite = { .name = "smmu_stall", .test_cases = cases };
kunit_test_suite(suite);
