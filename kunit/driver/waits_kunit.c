// SPDX-License-Identifier: GPL-2.0-only
/* The histogram of waits: it counts what it should, and only while it is on */
#include <linux/bitops.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <smmuv3/cmd.h>

#include "drv/domain.h"
#include "hw/waits.h"
#include "driver/silence.h"

#define ROUNDS	20
/*
 * How long a CMD_SYNC takes, and the bucket of that: the clock of the model is the clock of waits
 */
#define SYNC_NS	(3 * NSEC_PER_MSEC)
#define BUCKET	fls64(SYNC_NS)

static struct smmu_device *hw(struct silence *s, u32 i)
{
	return &rig_iommu(s->rig->smmu[i])->smmu;
}

static u64 number(const struct smmu_waits *sum, u32 from, u32 to)
{
	u64 n = 0;

	while (from <= to)
		n += sum->n[from++];
	return n;
}

static void unmap_some(struct kunit *test, struct iommu_domain *domain)
{
	u32 i;

	for (i = 0; i < ROUNDS; i++) {
		KUNIT_ASSERT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
	}
}

static struct iommu_domain *on_smmu(struct kunit *test, struct silence *s, u32 i)
{
	struct rig_device *d = rig_device(test, s->rig, i);
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	return domain;
}

static u64 walks(struct iommu_domain *domain)
{
	return atomic64_read(&smmu_domain_of(domain)->walks);
}

/* Two SMMUs, of which the waits of one are counted */
static void counts(struct kunit *test)
{
	struct silence *s = silence_make(test);
	struct iommu_domain *a, *b;
	struct smmu_waits sum;

	s->rig->atc = false;
	silence_smmu(test, s, 1);
	a = on_smmu(test, s, 0);
	b = on_smmu(test, s, 1);
	model_latency(s->rig->smmu[0]->model, CMD_SYNC, SYNC_NS);
	model_latency(s->rig->smmu[1]->model, CMD_SYNC, SYNC_NS);
	unmap_some(test, a);
	KUNIT_EXPECT_FALSE(test, smmu_waits_sum(hw(s, 0), &sum));
	KUNIT_EXPECT_EQ(test, 0, number(&sum, 0, SMMU_WAITS_BUCKETS - 1));
	KUNIT_EXPECT_EQ(test, 0, walks(a));

	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(hw(s, 0), true));
	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(hw(s, 0), true));
	unmap_some(test, a);
	unmap_some(test, b);
	KUNIT_EXPECT_TRUE(test, smmu_waits_sum(hw(s, 0), &sum));
	KUNIT_EXPECT_EQ(test, ROUNDS, number(&sum, 0, SMMU_WAITS_BUCKETS - 1));
	/* as long as the CMD_SYNC takes, and not twice that */
	KUNIT_EXPECT_EQ(test, ROUNDS, number(&sum, BUCKET, BUCKET + 1));
	KUNIT_EXPECT_GE(test, sum.ns, ROUNDS * SYNC_NS);
	KUNIT_EXPECT_EQ(test, ROUNDS, walks(a));
	KUNIT_EXPECT_FALSE(test, smmu_waits_sum(hw(s, 1), &sum));
	KUNIT_EXPECT_EQ(test, 0, number(&sum, 0, SMMU_WAITS_BUCKETS - 1));

	/* what was counted stays, until it begins anew */
	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(hw(s, 0), false));
	unmap_some(test, a);
	KUNIT_EXPECT_FALSE(test, smmu_waits_sum(hw(s, 0), &sum));
	KUNIT_EXPECT_EQ(test, ROUNDS, number(&sum, 0, SMMU_WAITS_BUCKETS - 1));
	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(hw(s, 0), true));
	KUNIT_EXPECT_TRUE(test, smmu_waits_sum(hw(s, 0), &sum));
	KUNIT_EXPECT_EQ(test, 0, number(&sum, 0, SMMU_WAITS_BUCKETS - 1));
	KUNIT_EXPECT_TRUE(test, smmu_waits_are_counted());
	KUNIT_EXPECT_EQ(test, 0, rig_attach(&s->rig->device[0], &smmu_identity_domain));
	KUNIT_EXPECT_EQ(test, 0, rig_attach(&s->rig->device[1], &smmu_identity_domain));
	iommu_domain_free(a);
	iommu_domain_free(b);
}

/* An SMMU that goes while its waits are counted takes its part of that with it */
static void goes(struct kunit *test)
{
	struct silence *s = silence_make(test);

	KUNIT_ASSERT_EQ(test, 0, smmu_waits_set(hw(s, 0), true));
	KUNIT_EXPECT_TRUE(test, smmu_waits_are_counted());
	rig_remove_smmu(s->rig, 0);
	KUNIT_EXPECT_FALSE(test, smmu_waits_are_counted());
}

static struct kunit_case cases[] = {
	KUNIT_CASE(counts),
	KUNIT_CASE(goes),
	{}
};

static struct kunit_suite suite = { .name = "smmu_waits", .test_cases = cases };
kunit_test_suite(suite);
