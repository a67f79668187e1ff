// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coming back: after a reset, an error or a guest, the IOMMU core attaches a device to the domain
 * that it had before, and WARNs when that fails. So it must not fail: the entries and the tag of
 * the attachment are still there, nothing is allocated, and it does not matter whether other
 * domains have taken every other tag.
 */
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/* Attach without the IOMMU core, because its own allocations do not count here */
static int attach(struct rig_device *d, struct iommu_domain *domain)
{
	return domain->ops->attach_dev(domain, d->dev, NULL);
}

/* Attach while the first allocation would fail. Return: was there an allocation? */
static bool attach_allocates(struct kunit *test, struct rig_device *d,
			     struct iommu_domain *domain)
{
	bool hit;

	rig_alloc_begin(1);
	KUNIT_EXPECT_EQ(test, 0, attach(d, domain));
	hit = rig_alloc_end();
	return hit;
}

/*
 * "Nothing is allocated" proves something only if the same injection does hit an allocation where
 * there is one
 */
static void sees_allocations(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct rig_device *d;
	int ret;

	rig_smmu(test, rig, 0, NULL);
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	/* at the first attach there are no parked entries to revive */
	rig_alloc_begin(1);
	ret = attach(d, domain);
	KUNIT_EXPECT_TRUE(test, rig_alloc_end());
	KUNIT_EXPECT_EQ(test, -ENOMEM, ret);
	KUNIT_EXPECT_EQ(test, 0, attach(d, domain));
	KUNIT_EXPECT_EQ(test, 0, attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static u32 tag_of(struct rig_device *d)
{
	struct smmu_master *master = dev_iommu_priv_get(d->dev);

	return master->rid.tag.id;
}

static const struct stage {
	const char *name;
	bool stage2;
} stages[] = {
	{ "stage 1", false },
	{ "stage 2", true },
};

KUNIT_ARRAY_PARAM_DESC(stage, stages, name);

static void comes_back(struct kunit *test)
{
	const struct stage *stage = test->param_value;
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu = rig_smmu(test, rig, 0, NULL);
	struct rig_device *d = rig_device(test, rig, 0);
	struct iommu_domain *domain;
	struct smmu_array *array;
	u32 tag, i;

	domain = stage->stage2 ? rig_domain_s2(test, d) : rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, attach(d, domain));
	tag = tag_of(d);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
		KUNIT_EXPECT_FALSE(test, attach_allocates(test, d, &smmu_blocked_domain));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
		/*
		 * the entry is parked: it is in the array without a user; its tag is in no TLB and
		 * still reserved
		 */
		mutex_lock(&smmu_arrays_mutex);
		array = smmu_domain_array(smmu_domain_of(domain));
		KUNIT_EXPECT_EQ(test, 0, array->num);
		KUNIT_ASSERT_EQ(test, 1, array->len);
		KUNIT_EXPECT_TRUE(test, smmu_inv_is_parked(&array->inv[0]));
		mutex_unlock(&smmu_arrays_mutex);
		KUNIT_EXPECT_FALSE(test, stage->stage2 ? model_has_vmid(smmu->model, tag) :
						  model_has_asid(smmu->model, tag));
		KUNIT_EXPECT_FALSE(test, attach_allocates(test, d, domain));
		KUNIT_EXPECT_EQ(test, tag, tag_of(d));
	}
	/* what was unmapped meanwhile must not come back with the device */
	KUNIT_EXPECT_EQ(test, 0, attach(d, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_FALSE(test, attach_allocates(test, d, domain));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

#define TAGS	255	/* 8 bits, without 0 */

/*
 * Every other tag is used by another device. The tag of this device is parked, and must stay
 * reserved for it.
 */
static void comes_back_when_full(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain **other, *home;
	struct rig_device *d, *e;
	struct model_config cfg;
	u32 tag, i;

	other = kunit_kcalloc(test, TAGS, sizeof(*other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, other);
	model_config_default(&cfg);
	cfg.idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	rig_smmu(test, rig, 0, &cfg);
	d = rig_device(test, rig, 0);
	home = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(home, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, attach(d, home));
	tag = tag_of(d);
	KUNIT_ASSERT_EQ(test, 0, attach(d, &smmu_blocked_domain));
	for (i = 0; i < TAGS - 1; i++) {
		e = rig_device(test, rig, 0);
		other[i] = rig_domain(test, e);
		KUNIT_ASSERT_EQ(test, 0, attach(e, other[i]));
		KUNIT_ASSERT_NE(test, tag, tag_of(e));
	}
	KUNIT_EXPECT_FALSE(test, attach_allocates(test, d, home));
	KUNIT_EXPECT_EQ(test, tag, tag_of(d));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));

	/* a new domain gets no tag until one is parked; then it takes that tag */
	other[TAGS - 1] = rig_domain(test, e);
	KUNIT_EXPECT_EQ(test, -ENOSPC, attach(d, other[TAGS - 1]));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, 0, attach(e, &smmu_blocked_domain));
	KUNIT_EXPECT_EQ(test, 0, attach(e, other[TAGS - 1]));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));

	for (i = 0; i < rig->nr_devices; i++)
		KUNIT_EXPECT_EQ(test, 0, attach(&rig->device[i], &smmu_identity_domain));
	for (i = 0; i < TAGS; i++)
		iommu_domain_free(other[i]);
	iommu_domain_free(home);
	KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(rig->smmu[0])->smmu.inst.asids));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sees_allocations),
	KUNIT_CASE_PARAM(comes_back, stage_gen_params),
	KUNIT_CASE(comes_back_when_full),
	{}
};

static struct kunit_suite suite = { .name = "smmu_comeback", .test_cases = cases };
kunit_test_suite(suite);
