// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sizes.h>

#include "hw/cmdq_set.h"
#include "driver/ecmdq.h"

void ecmdq_config(struct model_config *cfg, u32 log2_pages, u32 log2_each)
{
	model_config_default(cfg);
	model_config_ecmdqs(cfg, log2_pages, log2_each, 0);
}

struct silence *ecmdq_make_with(struct kunit *test, struct model_config *cfg)
{
	return silence_make_with(test, RIG_MIXED, *cfg);
}

struct silence *ecmdq_make(struct kunit *test)
{
	struct model_config cfg;

	ecmdq_config(&cfg, 0, 4);
	cfg.read_ns = 100;
	return ecmdq_make_with(test, &cfg);
}

struct smmu_device *ecmdq_hw(struct silence *s)
{
	return &rig_iommu(s->smmu)->smmu;
}

u64 ecmdq_done(struct silence *s, u32 nr)
{
	return model_cmdq_done(s->smmu->model, nr);
}

u64 ecmdq_tlbi_done(struct silence *s)
{
	u64 sum = 0;
	u32 i;

	for (i = ECMDQ_TLBI; i <= ecmdq_hw(s)->more.nr; i++)
		sum += ecmdq_done(s, i);
	return sum;
}

u32 ecmdq_tlbi_queue(struct silence *s)
{
	return ecmdq_hw(s)->more.of_cpu[raw_smp_processor_id()] + 1;
}

struct iommu_domain *ecmdq_mapped(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	return domain;
}

u64 ecmdq_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
		struct iommu_domain *domain)
{
	u64 began = model_now(), us;

	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	us = (model_now() - began) / NSEC_PER_USEC;
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(s->rig, d, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(s->rig, d, IOVA, false));
	return us;
}
