// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are cut off: for answering late all the time, and what ends it.
 */
#include <linux/sizes.h>

#include <smmuv3/raw_stub.h>

#include "drv/ats_cut.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "hw/cmdq_poll.h"
#include "hw/device.h"
#include "driver/log.h"
#include "driver/silence.h"

/* Unmap the page, for which the device is asked, and map it again. Return: as silence_unmap() */
static u64 unmap_and_map(struct kunit *test, struct silence *s, struct rig_device *d,
			 struct iommu_domain *a)
{
	u64 ms = silence_unmap(test, s, d, a);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	return ms;
}

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
	for (i = 0; i < 100 && !d->cut; i++)
		KUNIT_EXPECT_GE(test, unmap_and_map(test, s, d, a), 1900);
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
		unmap_and_map(test, s, d, a);
		KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
		model_advance(20 * (u64)NSEC_PER_SEC);
	}
	KUNIT_EXPECT_FALSE(test, d->cut);
	silence_leave(test, s, d, a);
}

/* Looks at the clock in the unmap under way */
static u32 looks;

/* The CPU that waits is away for some seconds, right before its third look */
static ktime_t clock_after_leave(struct smmu_cmdq *q)
{
	if (++looks == 3)
		model_advance(2 * SMMU_SLOW_MORE_MS * (u64)NSEC_PER_MSEC);
	return ns_to_ktime(model_now());
}

/* The device answers while the only CPU that waits for it is away, which is not charged to it */
static void time_away_is_nobodys(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i;

	s->ns = 100 * (u64)NSEC_PER_MSEC;
	smmu_activate_raw_stub(test, smmu_cmdq_clock, clock_after_leave);
	silence_begin(s, d);
	for (i = 0; i < 20; i++) {
		looks = 0;
		KUNIT_EXPECT_GE(test, unmap_and_map(test, s, d, a), 2 * SMMU_SLOW_MORE_MS);
	}
	KUNIT_EXPECT_FALSE(test, d->cut);
	KUNIT_EXPECT_TRUE(test, d->ats);
	silence_leave(test, s, d, a);
}

/*
 * A long answer that nobody has charged, because nobody has looked at the queue since, is charged
 * hours later. It counts for the time when it was, and is forgiven since.
 */
static void counts_when_it_was(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	u32 i;

	silence_begin(s, d);
	for (i = 0; i < 4; i++) {
		s->ns = (i ? SMMU_SLOW_MORE_MS - 1000 : SMMU_SLOW_MS - 1000) * (u64)NSEC_PER_MSEC;
		unmap_and_map(test, s, d, a);
		if (!i)
			model_advance(2 * 3600 * (u64)NSEC_PER_SEC);
	}
	KUNIT_EXPECT_FALSE(test, d->cut);
	KUNIT_EXPECT_TRUE(test, d->ats);
	silence_leave(test, s, d, a);
}

/* The silence for which a device was cut off is not charged to its budget, too, when it is back */
static void silence_counts_once(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);

	silence_begin(s, d);
	silence_unmap(test, s, d, a);
	rig_recover(s->rig);
	rig_forgive(d);
	s->ns = (SMMU_SLOW_MORE_MS + 1000) * (u64)NSEC_PER_MSEC;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_blocked_domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, a));
	d->cut = false;
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	silence_unmap(test, s, d, a);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(a, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	silence_unmap(test, s, d, a);
	KUNIT_EXPECT_FALSE(test, d->cut);
	KUNIT_EXPECT_TRUE(test, d->ats);
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

/* Two CPUs find that the device is silent: it is cut off, and told of, once */
static void found_twice(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct rig_device *d = rig_device(test, s->rig, 0);
	struct iommu_domain *a = silence_use(test, s, d);
	struct smmu_device *smmu = &rig_iommu(s->smmu)->smmu;
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	struct rig_log log;
	u32 told = 0;

	/* what is done about it takes the lock */
	smmu_master_lock(master);
	rig_log_begin(&log);
	smmu_ats_cut(smmu, d->sid);
	smmu_ats_cut(smmu, d->sid);
	while (rig_log_next(&log))
		told += !!strstr(log.text, "; it is cut off: ");
	KUNIT_EXPECT_EQ(test, 1, told);
	KUNIT_EXPECT_TRUE(test, d->cut);
	smmu_master_unlock(master);
	rig_recover(s->rig);
	KUNIT_EXPECT_EQ(test, 1, master->ats_failures);
	KUNIT_EXPECT_FALSE(test, d->ats);
	silence_leave(test, s, d, a);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(budget),
	KUNIT_CASE(within_budget),
	KUNIT_CASE(time_away_is_nobodys),
	KUNIT_CASE(counts_when_it_was),
	KUNIT_CASE(silence_counts_once),
	KUNIT_CASE(what_ends_it),
	KUNIT_CASE(found_twice),
	{}
};

static struct kunit_suite suite = { .name = "smmu_cut", .test_cases = cases };
kunit_test_suite(suite);
