// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that could make the host's memory incoherent (no CANWBS in the firmware tables, no S2FWB
 * in the SMMU) gets no vIOMMU; everything else of iommufd works for it.
 */
#include "nested.h"
#include "tags.h"

FIXTURE(nocanwbs) {
	unsigned int domains;
};

FIXTURE_SETUP(nocanwbs)
{
	self->domains = nr_domains();
	setup_ram(itd(0));
}

FIXTURE_TEARDOWN_PARENT(nocanwbs)
{
	EXPECT_FINE(all_clean(self->domains));
}

CASE(nocanwbs, no_viommu)
{
	struct iommu_hwpt_arm_smmuv3 vste = { .ste = { STE0_V | STE0_CONFIG(STE_BYPASS) } };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = itd(0)->id,
		.pt_id = parent,
		.data_type = IOMMU_HWPT_DATA_ARM_SMMUV3,
		.data_len = sizeof(vste),
		.data_uptr = (uintptr_t)&vste,
	};
	unsigned int smmu;
	uint32_t id;

	for (smmu = 0; smmu < 3; smmu++)
		EXPECT_EQ(EOPNOTSUPP, new_viommu(itd(smmu), parent, &id));
	/* a nested HWPT without a vIOMMU is refused, too */
	EXPECT_EQ(EOPNOTSUPP, err(ioctl(iommu, IOMMU_HWPT_ALLOC, &cmd)));
}

CASE(nocanwbs, raw_parent)
{
	ASSERT_EQ(0, attach(itd(0), parent));
	EXPECT_EQ(4, lands(itd(0), data_ipa(4)));
	EXPECT_FINE(tags_are(itd(0)->smmu, 1, 0, 0));
	dev_detach(itd(0));
	EXPECT_FINE(tags_are(itd(0)->smmu, 0, 0, 0));
}

TEST_HARNESS_MAIN
