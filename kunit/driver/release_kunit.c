// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device is released. The IOMMU core attaches it to the release domain (blocked, or identity for
 * a device with direct mappings) and then lets the driver free it. It does not look whether that
 * attach has worked. So the attach must work, without memory, and DMA that is still in progress
 * must not use anything stale.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "core/ste.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/ops.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/**
 * struct way - a way to release a device
 * @name: name of the case
 * @stage2: the domain that is left is of stage 2
 * @direct: the device requires direct mappings, so it is attached to identity
 */
struct way {
	const char *name;
	bool stage2;
	bool direct;
};

static const struct way ways[] = {
	{ "stage 1 to blocked", false, false },
	{ "stage 2 to blocked", true, false },
	{ "stage 1 to identity", false, true },
	{ "stage 2 to identity", true, true },
};

KUNIT_ARRAY_PARAM_DESC(way, ways, name);

/* Check STE, array and tag of a device that is attached or released */
static void expect_state(struct kunit *test, struct machine_smmu *smmu, struct rig_device *d,
			 struct iommu_domain *domain, u64 config, u32 num)
{
	const struct smmu_ste *ste = smmu_strtab_ste(&rig_iommu(smmu)->smmu, d->sid);
	u64 word = le64_to_cpu(ste->w[0]);
	u64 want = FIELD_PREP(STE0_CONFIG, config);
	struct smmu_array *array;

	KUNIT_EXPECT_TRUE(test, word & STE0_V);
	KUNIT_EXPECT_EQ(test, word & STE0_CONFIG, want);
	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(domain));
	KUNIT_EXPECT_EQ(test, num, array->num);
	KUNIT_EXPECT_EQ(test, num, array->inv[0].users);
	mutex_unlock(&smmu_arrays_mutex);
}

static void parks(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct iommu_domain *park, *domain;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct model_access dma = { .sid = d->sid, .iova = IOVA };
	struct smmu_master *master = dev_iommu_priv_get(d->dev);
	u64 after = way->direct ? IOVA : RIG_NOWHERE;
	u32 tag;

	park = way->direct ? smmu_iommu_ops.identity_domain : smmu_iommu_ops.release_domain;
	domain = way->stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	expect_state(test, smmu, d, domain, way->stage2 ? STE_CONFIG_S2 : STE_CONFIG_S1, 1);
	tag = master->rid.tag.id;

	/* the steps of iommu_deinit_device(), with DMA in progress and without memory */
	model_watch(smmu->model, &dma);
	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, park->ops->attach_dev(park, d->dev, domain));
	KUNIT_EXPECT_FALSE(test, rig_alloc_end());
	rig_watched(test, smmu, PA, after);
	KUNIT_EXPECT_EQ(test, after, rig_access(rig, d, IOVA, false));
	expect_state(test, smmu, d, domain, way->direct ? STE_CONFIG_BYPASS : STE_CONFIG_ABORT, 0);
	KUNIT_EXPECT_FALSE(test, way->stage2 ? model_has_vmid(smmu->model, tag) :
					       model_has_asid(smmu->model, tag));

	/* the tag is freed with the domain, not before; the device may be gone by then */
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	rig_remove(d);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	iommu_domain_free(domain);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.asids));
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(smmu)->smmu.inst.vmids));
}

/*
 * When a device was removed its stream aborts, and the next device with its StreamID finds nothing
 * left.
 */
static void leaves_nothing(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct model_access dma = { .sid = 0x42, .iova = IOVA };
	static const u32 sid = 0x42;
	struct iommu_domain *domain;
	struct rig_device *d;
	u32 i;

	for (i = 0; i < 4; i++) {
		u64 pa = PA + i * SZ_4K;

		d = rig_device_sids(test, rig, 0, &sid, 1);
		domain = rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, pa, SZ_4K, IOMMU_READ,
						   GFP_KERNEL));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
		KUNIT_EXPECT_EQ(test, pa, rig_access(rig, d, IOVA, false));
		rig_remove(d);
		KUNIT_EXPECT_EQ(test, -EFAULT, model_access(smmu->model, &dma));
		iommu_domain_free(domain);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(parks, way_gen_params),
	KUNIT_CASE(leaves_nothing),
	{}
};

static struct kunit_suite suite = { .name = "smmu_release", .test_cases = cases };
kunit_test_suite(suite);
