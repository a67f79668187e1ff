// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sizes.h>

#include <smmuv3/regs.h>

#include "hw/cmdq_set.h"
#include "driver/queues.h"

static bool are_vcmdqs;

int queues_are_ecmdqs(struct kunit_suite *suite)
{
	are_vcmdqs = false;
	return 0;
}

int queues_are_vcmdqs(struct kunit_suite *suite)
{
	are_vcmdqs = true;
	return 0;
}

void queues_add(struct model_config *cfg)
{
	if (are_vcmdqs)
		model_config_cmdqv(cfg, 5, 1, 1);
	else
		model_config_ecmdqs(cfg, 0, 4, 1);
}

void queues_config(struct model_config *cfg)
{
	model_config_default(cfg);
	cfg->idr[0] |= IDR0_MSI;
	queues_add(cfg);
	cfg->read_ns = 100;
}

struct silence *queues_make_with(struct kunit *test, struct model_config *cfg)
{
	return silence_make_with(test, RIG_MIXED, *cfg);
}

struct silence *queues_make(struct kunit *test)
{
	struct model_config cfg;

	queues_config(&cfg);
	return queues_make_with(test, &cfg);
}

struct smmu_device *queues_hw(struct silence *s)
{
	return &rig_iommu(s->smmu)->smmu;
}

u64 queues_done(struct silence *s, u32 nr)
{
	return model_cmdq_done(s->smmu->model, nr);
}

u64 queues_tlbi_done(struct silence *s)
{
	u64 sum = 0;
	u32 i;

	for (i = QUEUES_TLBI; i <= queues_hw(s)->more.nr; i++)
		sum += queues_done(s, i);
	return sum;
}

u32 queues_tlbi_queue(struct silence *s)
{
	return queues_hw(s)->more.of_cpu[raw_smp_processor_id()] + 1;
}

struct iommu_domain *queues_mapped(struct kunit *test, struct rig_device *d)
{
	struct iommu_domain *domain = rig_domain(test, d);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	return domain;
}

u64 queues_unmap(struct kunit *test, struct silence *s, struct rig_device *d,
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
