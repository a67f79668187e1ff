// SPDX-License-Identifier: GPL-2.0-only
/* One domain on devices behind several SMMUs, equal and different ones. */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/sizes.h>

#include "core/array.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/* A domain of one stage on this number of SMMUs; machines with 36 of them exist */
static const struct sharing {
	u32 smmus;
	bool stage2;
} sharings[] = {
	{ 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 }, { 7 }, { 8 }, { 36 },
	{ 1, true }, { 2, true }, { 3, true }, { 4, true },
	{ 5, true }, { 6, true }, { 7, true }, { 8, true }, { 36, true },
};

static void sharing_desc(const struct sharing *sharing, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u SMMUs, stage %u", sharing->smmus,
		 sharing->stage2 ? 2 : 1);
}

KUNIT_ARRAY_PARAM(sharing, sharings, sharing_desc);

/* Make SMMU number @i one of the kinds that can share a table of 4 KiB pages */
static void make_kind(u32 i, struct model_config *cfg)
{
	model_config_default(cfg);
	if (i & 1)
		cfg->idr[3] &= ~IDR3_RIL;
	if (i & 2)
		cfg->idr[0] &= ~(IDR0_ASID16 | IDR0_VMID16);
	if (i & 4)
		cfg->idr[0] |= IDR0_MSI;
}

static void expect_all(struct kunit *test, struct rig *rig, u64 iova, u64 pa)
{
	u32 i;

	for (i = 0; i < rig->nr_devices; i++)
		KUNIT_EXPECT_EQ_MSG(test, pa, rig_access(rig, &rig->device[i], iova, false),
				    "device %u", i);
}

static void attach_all(struct kunit *test, struct rig *rig, struct iommu_domain *domain)
{
	u32 i;

	for (i = 0; i < rig->nr_devices; i++)
		KUNIT_ASSERT_EQ(test, 0, rig_attach(&rig->device[i], domain));
}

static u32 entries(struct iommu_domain *domain)
{
	struct smmu_array *array;
	u32 n;

	mutex_lock(&smmu_arrays_mutex);
	array = smmu_domain_array(smmu_domain_of(domain));
	n = array->num;
	mutex_unlock(&smmu_arrays_mutex);
	return n;
}

/* Two devices behind each SMMU; the domain maps pages, blocks, and sizes between */
static void shares(struct kunit *test)
{
	const struct sharing *sharing = test->param_value;
	struct rig *rig = rig_new(test);
	u32 n = sharing->smmus, i;
	struct iommu_domain *domain;
	struct model_config cfg;

	for (i = 0; i < n; i++) {
		make_kind(i, &cfg);
		rig_smmu(test, rig, i, &cfg);
	}
	for (i = 0; i < 2 * n; i++)
		rig_device(test, rig, i % n);
	domain = sharing->stage2 ? rig_domain_s2(test, &rig->device[0]) :
				   rig_domain(test, &rig->device[0]);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	attach_all(test, rig, domain);
	KUNIT_EXPECT_EQ(test, n, entries(domain));
	expect_all(test, rig, IOVA, PA);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	expect_all(test, rig, IOVA, RIG_NOWHERE);

	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_2M, SZ_4M, SZ_4M + SZ_64K, IOMMU_READ,
					   GFP_KERNEL));
	expect_all(test, rig, SZ_2M + SZ_1M, SZ_4M + SZ_1M);
	expect_all(test, rig, SZ_2M + SZ_4M, SZ_4M + SZ_4M);
	KUNIT_EXPECT_EQ(test, SZ_4M + SZ_64K, iommu_unmap(domain, SZ_2M, SZ_4M + SZ_64K));
	expect_all(test, rig, SZ_2M + SZ_1M, RIG_NOWHERE);
	expect_all(test, rig, SZ_2M + SZ_4M, RIG_NOWHERE);

	/*
	 * a block replaces a table, so the unmap must have invalidated the intermediate TLB
	 * entries, too
	 */
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_4M, SZ_8M, SZ_64K, IOMMU_READ, GFP_KERNEL));
	expect_all(test, rig, SZ_4M, SZ_8M);
	KUNIT_EXPECT_EQ(test, SZ_64K, iommu_unmap(domain, SZ_4M, SZ_64K));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_4M, SZ_16M, SZ_2M, IOMMU_READ, GFP_KERNEL));
	expect_all(test, rig, SZ_4M + SZ_4K, SZ_16M + SZ_4K);

	attach_all(test, rig, &smmu_identity_domain);
	KUNIT_EXPECT_EQ(test, 0, entries(domain));
	iommu_domain_free(domain);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(rig->smmu[i])->smmu.inst.asids));
		KUNIT_EXPECT_TRUE(test, ida_is_empty(&rig_iommu(rig->smmu[i])->smmu.inst.vmids));
	}
	rig_check(test, rig);
}

/**
 * struct misfit - an SMMU that cannot walk the first SMMU's table
 * @name: name of the case
 * @first: IDR5 of the SMMU for which the domain is made
 * @second: IDR5 of the other SMMU
 * @stage2: the domain is of stage 2
 * @clear0: IDR0 bits that the second SMMU does not have
 * @noncoherent: firmware says that the second SMMU is not coherent
 */
struct misfit {
	const char *name;
	u32 first;
	u32 second;
	bool stage2;
	u32 clear0;
	bool noncoherent;
};

#define ALL_GRANS	(IDR5_GRAN4K | IDR5_GRAN16K | IDR5_GRAN64K)

static const struct misfit misfits[] = {
	{ "granule", IDR5_GRAN4K | 4, IDR5_GRAN64K | 4 },
	{ "granule, the other way round", IDR5_GRAN64K | 4, IDR5_GRAN4K | 4 },
	{ "output size", ALL_GRANS | 5, ALL_GRANS | 2 },
	{ "input size of stage 2", ALL_GRANS | 5, ALL_GRANS | 2, true },
	{ "no stage 1", ALL_GRANS | 4, ALL_GRANS | 4, false, IDR0_S1P },
	{ "no stage 2", ALL_GRANS | 4, ALL_GRANS | 4, true, IDR0_S2P },
	{ "not coherent", ALL_GRANS | 4, ALL_GRANS | 4, false, 0, true },
};

KUNIT_ARRAY_PARAM_DESC(misfit, misfits, name);

/* The attach returns -EINVAL and no other error, because iommufd then makes a second table */
static void refuses(struct kunit *test)
{
	const struct misfit *m = test->param_value;
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct rig_device *a, *b;
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[5] = m->first;
	rig_smmu(test, rig, 0, &cfg);
	cfg.idr[5] = m->second;
	cfg.idr[0] &= ~m->clear0;
	rig->noncoherent = m->noncoherent;
	rig_smmu(test, rig, 1, &cfg);
	a = rig_device(test, rig, 0);
	b = rig_device(test, rig, 1);
	domain = m->stage2 ? rig_domain_s2(test, a) : rig_domain(test, a);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, domain));
	KUNIT_EXPECT_EQ(test, -EINVAL, rig_attach(b, domain));
	/* the device is still in the domain in which it was */
	KUNIT_EXPECT_EQ(test, IOVA, rig_access(rig, b, IOVA, false));
	KUNIT_EXPECT_EQ(test, 1, entries(domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/*
 * Whether an SMMU can walk a table depends on the granule of the table, not on its leaf sizes. A
 * page table library may also offer contiguous leaves, which no SMMU has in its list of sizes.
 */
static void sizes_do_not_matter(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d[2];
	u32 i;

	model_config_default(&cfg);
	cfg.idr[5] = IDR5_GRAN4K | 4;
	for (i = 0; i < 2; i++) {
		rig_smmu(test, rig, i, &cfg);
		d[i] = rig_device(test, rig, i);
	}
	domain = rig_domain(test, d[0]);
	domain->pgsize_bitmap |= SZ_64K | SZ_32M;
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, 0, rig_attach(d[i], domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	expect_all(test, rig, IOVA, PA);
	attach_all(test, rig, &smmu_identity_domain);
	iommu_domain_free(domain);
}

/* The SMMU for which the table was made is removed; the other SMMU goes on with the table */
static void outlives_its_maker(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct rig_device *a, *b;
	struct iommu_domain *domain;

	rig_smmu(test, rig, 0, NULL);
	rig_smmu(test, rig, 1, NULL);
	a = rig_device(test, rig, 0);
	b = rig_device(test, rig, 1);
	domain = rig_domain(test, a);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(a, domain));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(b, domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, a, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, b, IOVA, false));
	rig_remove(a);
	rig_remove_smmu(rig, 0);
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, b, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, SZ_8M, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, b, SZ_8M, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(b, &smmu_identity_domain));
	iommu_domain_free(domain);
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(shares, sharing_gen_params),
	KUNIT_CASE_PARAM(refuses, misfit_gen_params),
	KUNIT_CASE(sizes_do_not_matter),
	KUNIT_CASE(outlives_its_maker),
	{}
};

static struct kunit_suite suite = { .name = "smmu_share", .test_cases = cases };
kunit_test_suite(suite);
