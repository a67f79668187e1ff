// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VMM is told of the SMMU: the values of the ID registers, without the features that its
 * guest would be refused, and which types of vSMMU there are.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include <kunit/static_stub.h>

#include "core/cmd.h"
#include "drv/ops.h"
#include "drv/params.h"
#include "hw/cmdqv.h"
#include "driver/guest_queue.h"
#include "driver/nest.h"

static void expect_told(struct kunit *test, struct rig_device *d, const u32 *idr)
{
	enum iommu_hw_info_type type = IOMMU_HW_INFO_TYPE_ARM_SMMUV3;
	struct iommu_hw_info_arm_smmuv3 *hw;
	u32 length, i;

	hw = smmu_iommu_ops.hw_info(d->dev, &length, &type);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, hw);
	KUNIT_EXPECT_EQ(test, sizeof(*hw), length);
	for (i = 0; i < ARRAY_SIZE(hw->idr); i++)
		KUNIT_EXPECT_EQ_MSG(test, idr[i], hw->idr[i], "IDR%u", i);
	kfree(hw);
}

/* Stalls are reported as "never" where the SMMU has the choice, and as "always" where it has not */
static void stalls(struct kunit *test)
{
	static const u32 model[] = { IDR0_STALL_BOTH, IDR0_STALL_NEVER, IDR0_STALL_ALWAYS };
	static const u32 told[] = { IDR0_STALL_NEVER, IDR0_STALL_NEVER, IDR0_STALL_ALWAYS };
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(model); i++) {
		nest_config(&cfg, true);
		FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], model[i]);
		rig_smmu(test, rig, i, &cfg);
		FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], told[i]);
		expect_told(test, rig_device(test, rig, i), cfg.idr);
	}
}

static u32 some_stalls(void)
{
	return 4;
}

/* With the administrator's consent, for devices that can stall, and as far as there is room */
static void guest_stalls(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	u32 i;

	kunit_activate_static_stub(test, smmu_param_guest_stalls, some_stalls);
	for (i = 0; i < 3; i++) {
		nest_config(&cfg, true);
		FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], IDR0_STALL_BOTH);
		FIELD_MODIFY(IDR5_STALL_MAX, &cfg.idr[5], i == 2 ? 1 : 64);
		rig_smmu(test, rig, i, &cfg);
		rig->can_stall = i != 1;
		if (i)
			FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], IDR0_STALL_NEVER);
		expect_told(test, rig_device(test, rig, i), cfg.idr);
	}
}

static u32 no_ranges(void)
{
	return SMMU_FEAT_RIL;
}

/*
 * Range invalidation is disabled for the SMMU, so it is not reported, and a guest that uses it is
 * refused.
 */
static void ranges(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct rig *rig;
	struct nest n;
	u32 num = 1;

	rig = rig_new(test);
	nest_config(&cfg, false);
	KUNIT_ASSERT_TRUE(test, cfg.idr[3] & IDR3_RIL);
	kunit_activate_static_stub(test, smmu_param_disabled, no_ranges);
	nest_make_on(test, &n, rig, rig_smmu(test, rig, 0, &cfg));
	cmd = (struct smmu_cmd) { {
		cpu_to_le64(CMD_TLBI_NH_VA | FIELD_PREP(CMD0_TLBI_NUM, 1)),
		cpu_to_le64(FIELD_PREP(CMD1_TLBI_TG, TLBI_TG_4K)),
	} };
	KUNIT_EXPECT_EQ(test, -EIO, guest_commands(test, n.g, &cmd, &num));
	FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], IDR0_STALL_NEVER);
	cfg.idr[3] &= ~IDR3_RIL;
	expect_told(test, n.d, cfg.idr);
	nest_free(test, &n);
}

/* Range invalidation is enabled, so it is reported, and a guest may use it */
static void ranges_in_use(struct kunit *test)
{
	struct model_config cfg;
	struct smmu_cmd cmd;
	struct nest n;

	nest_make(test, &n, false, false);
	cmd = (struct smmu_cmd) { {
		cpu_to_le64(CMD_TLBI_NH_VA | FIELD_PREP(CMD0_TLBI_NUM, 1)),
		cpu_to_le64(FIELD_PREP(CMD1_TLBI_TG, TLBI_TG_4K)),
	} };
	guest_command(test, n.g, &cmd);
	nest_config(&cfg, false);
	FIELD_MODIFY(IDR0_STALL_MODEL, &cfg.idr[0], IDR0_STALL_NEVER);
	expect_told(test, n.d, cfg.idr);
	nest_free(test, &n);
}

/* What it is told of the queues that its guest can have for itself */
static void guest_queues(struct kunit *test)
{
	enum iommu_hw_info_type type = IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV;
	struct iommu_hw_info_tegra241_cmdqv *info;
	const struct smmu_cmdqv_layout *layout;
	struct nest n;
	u32 length;

	guest_queue_nest(test, &n, false);
	layout = &rig_iommu(n.smmu)->smmu.cmdqv.layout;
	info = smmu_iommu_ops.hw_info(n.d->dev, &length, &type);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, info);
	KUNIT_EXPECT_EQ(test, sizeof(*info), length);
	KUNIT_EXPECT_EQ(test, 0, info->flags);
	KUNIT_EXPECT_EQ(test, layout->version, info->version);
	KUNIT_EXPECT_EQ(test, layout->each, 1 << info->log2vcmdqs);
	KUNIT_EXPECT_EQ(test, layout->sids, 1 << info->log2vsids);
	kfree(info);
	KUNIT_EXPECT_EQ(test, IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV, type);
	nest_free(test, &n);
}

#define UNKNOWN_TYPE	77

/*
 * A vSMMU whose guest has queues needs a companion with a VINTF for guests. An unknown type is
 * refused, whatever the SMMU has.
 */
static void viommu_types(struct kunit *test)
{
	typeof(smmu_iommu_ops.get_viommu_size) size = smmu_iommu_ops.get_viommu_size;
	struct rig *rig = rig_new(test);
	struct model_config cfg;
	struct smmu_device *hw;
	struct rig_device *d;
	u32 i;

	for (i = 0; i < 3; i++) {
		nest_config(&cfg, false);
		/* no companion; one with the host's VINTF alone; one with VINTFs for guests */
		if (i)
			model_config_cmdqv(&cfg, 5, i == 2 ? 3 : 0, 1);
		hw = &rig_iommu(rig_smmu(test, rig, i, &cfg))->smmu;
		d = rig_device(test, rig, i);
		KUNIT_EXPECT_EQ(test, i > 0, smmu_cmdqv_is_used(hw));
		KUNIT_EXPECT_GT(test, size(d->dev, IOMMU_VIOMMU_TYPE_ARM_SMMUV3), 0);
		KUNIT_EXPECT_EQ(test, i == 2, size(d->dev, IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV) > 0);
		KUNIT_EXPECT_EQ(test, 0, size(d->dev, UNKNOWN_TYPE));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(viommu_types),
	KUNIT_CASE(guest_queues),
	KUNIT_CASE(stalls),
	KUNIT_CASE(guest_stalls),
	KUNIT_CASE(ranges),
	KUNIT_CASE(ranges_in_use),
	{}
};

static struct kunit_suite suite = { .name = "smmu_hwinfo", .test_cases = cases };
kunit_test_suite(suite);
