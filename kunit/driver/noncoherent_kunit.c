// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMMUs that do not look into the CPUs' caches. The model shows such an SMMU what is in memory
 * (model/memory.h), so a queue slot or a table entry that stays in a cache is a wrong address here,
 * or a violation.
 *
 * The first cases show that it would be seen: a driver without maintenance fails.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/io-pgtable.h>
#include <linux/irqflags.h>
#include <linux/sizes.h>
#include <uapi/linux/iommufd.h>

#include <smmuv3/cmd.h>
#include <smmuv3/event.h>
#include <smmuv3/ste.h>

#include "core/entry.h"
#include "core/ste.h"
#include "drv/domain.h"
#include "drv/master.h"
#include "drv/ops.h"
#include "hw/cmdq_pos.h"
#include "hw/strtab.h"
#include "model/memory.h"
#include "driver/rig.h"

#define IOVA	0x40001000ULL
#define PA	0x12345000ULL

/* On arm64 the model does not know what the caches hold */
static void need_caches(struct kunit *test)
{
	if (!MEMORY_HAS_CACHES)
		kunit_skip(test, "the kernel does not have ARCH_HAS_DMA_OPS");
}

static struct machine_smmu *noncoherent_smmu(struct kunit *test, struct rig *rig, u32 i)
{
	rig->noncoherent = true;
	return rig_smmu(test, rig, i, NULL);
}

static u32 in_memory(u32 *p)
{
	const u32 *behind;
	u32 val;

	local_irq_disable();
	behind = memory_behind(virt_to_phys(p), true);
	val = behind ? *behind : U32_MAX;
	local_irq_enable();
	return val;
}

/* What the model takes for the content of memory */
static void model_has_a_cache(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct device *dev;
	u32 *page, before;
	dma_addr_t dma;

	need_caches(test);
	dev = noncoherent_smmu(test, rig, 0)->dev;
	before = memory_pages();
	page = (u32 *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	page[0] = 1;
	KUNIT_EXPECT_EQ(test, U32_MAX, in_memory(&page[0]));
	dma = dma_map_single(dev, page, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, virt_to_phys(page), dma);
	KUNIT_EXPECT_EQ(test, 1, in_memory(&page[0]));
	page[0] = 2;
	page[1] = 3;
	KUNIT_EXPECT_EQ(test, 1, in_memory(&page[0]));
	dma_sync_single_for_device(dev, dma, sizeof(*page), DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, 2, in_memory(&page[0]));
	KUNIT_EXPECT_EQ(test, 0, in_memory(&page[1]));
	dma_unmap_single(dev, dma, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, U32_MAX, in_memory(&page[0]));
	free_page((unsigned long)page);

	page = dma_alloc_coherent(dev, SZ_16K, &dma, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, before + SZ_16K / PAGE_SIZE, memory_pages());
	page[5] = 6;
	KUNIT_EXPECT_EQ(test, 6, in_memory(&page[5]));
	dma_free_coherent(dev, SZ_16K, page, dma);
	KUNIT_EXPECT_EQ(test, before, memory_pages());
}

/* Firmware says coherent, and is wrong: the SMMU does not even see its first command */
static void notices_cacheable_queues(struct kunit *test)
{
	struct machine_firmware fw = { .coherent = true };
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct model_config cfg;

	need_caches(test);
	model_config_default(&cfg);
	cfg.noncoherent = true;
	smmu = rig_smmu_with(test, rig, 0, &cfg, &fw);
	KUNIT_EXPECT_NULL(test, smmu->dev->driver);
	KUNIT_EXPECT_GT(test, model_violation(smmu->model, NULL, 0), 0);
	rig->forgive = true;
}

static void set_coherent_walk(struct iommu_domain *domain, bool coherent)
{
	io_pgtable_ops_to_pgtable(smmu_domain_of(domain)->pt.ops)->cfg.coherent_walk = coherent;
}

/* A page table without maintenance: nothing that is mapped, or unmapped, reaches the SMMU */
static void notices_missing_cleans(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct machine_smmu *smmu;
	struct rig_device *d;

	need_caches(test);
	smmu = noncoherent_smmu(test, rig, 0);
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	rig_check(test, rig);

	set_coherent_walk(domain, true);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA + SZ_4K, false));
	KUNIT_EXPECT_EQ(test, SZ_8K, iommu_unmap(domain, IOVA, SZ_8K));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	rig_check(test, rig);

	/* a table that nobody has cleaned, below an entry that is clean */
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA + SZ_1G, PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	set_coherent_walk(domain, false);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA + SZ_1G + SZ_4K, PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA + SZ_1G, false));
	KUNIT_EXPECT_GT(test, model_violation(smmu->model, NULL, 0), 0);
	rig->forgive = true;
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/**
 * struct kind - a kind of SMMU, as changes to the default
 * @name: name of the case
 * @clear0: IDR0 bits to clear
 * @set0: IDR0 bits to set
 * @idr1: whole IDR1, 0 for the default
 * @idr5: whole IDR5, 0 for the default
 * @el2: the kernel runs at EL2
 */
struct kind {
	const char *name;
	u32 clear0;
	u32 set0;
	u32 idr1;
	u32 idr5;
	bool el2;
};

#define IDR1(sid, ssid, priq, evtq, cmdq)						\
	(FIELD_PREP_CONST(IDR1_SIDSIZE, sid) | FIELD_PREP_CONST(IDR1_SSIDSIZE, ssid) |	\
	 FIELD_PREP_CONST(IDR1_PRIQS, priq) | FIELD_PREP_CONST(IDR1_EVENTQS, evtq) |	\
	 FIELD_PREP_CONST(IDR1_CMDQS, cmdq))

static const struct kind kinds[] = {
	{ .name = "default" },
	{ .name = "COHACC 0", .clear0 = IDR0_COHACC },
	{ .name = "linear tables", .clear0 = IDR0_ST_LEVEL | IDR0_CD2L,
	  .idr1 = IDR1(8, 8, 0, 5, 6) },
	{ .name = "linear tables of 4 MiB", .clear0 = IDR0_ST_LEVEL | IDR0_CD2L,
	  .idr1 = IDR1(16, 10, 0, 5, 6) },
	{ .name = "CD tables of two levels, 4K", .idr1 = IDR1(16, 10, 0, 7, 8) },
	{ .name = "CD tables of two levels, 64K", .idr1 = IDR1(16, 20, 0, 7, 8) },
	{ .name = "stage 1 only", .clear0 = IDR0_S2P | IDR0_VMID16 },
	{ .name = "stage 2 only", .clear0 = IDR0_S1P | IDR0_ASID16 | IDR0_CD2L },
	{ .name = "16K", .idr5 = 5 | IDR5_GRAN16K },
	{ .name = "64K, 52 bits", .idr5 = 6 | IDR5_GRAN64K },
	{ .name = "queues of 2 entries", .idr1 = IDR1(9, 0, 0, 1, 1) },
	{ .name = "queues of 2^19 entries", .idr1 = IDR1(16, 0, 0, 19, 19) },
	{ .name = "MSIs", .set0 = IDR0_MSI },
	{ .name = "PRI", .set0 = IDR0_PRI, .idr1 = IDR1(16, 4, 5, 7, 8) },
	{ .name = "hardware dirty state", .set0 = FIELD_PREP_CONST(IDR0_HTTU, 2) },
	{ .name = "EL2", .set0 = IDR0_HYP, .el2 = true },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, name);

static struct machine_smmu *make(struct kunit *test, struct rig *rig, u32 i,
				 const struct kind *kind)
{
	struct model_config cfg;

	model_config_default(&cfg);
	cfg.idr[0] = (cfg.idr[0] & ~kind->clear0) | kind->set0;
	cfg.idr[1] = kind->idr1 ?: cfg.idr[1];
	cfg.idr[5] = kind->idr5 ?: cfg.idr[5];
	if (kind->el2)
		rig_at_el2(rig);
	rig->noncoherent = true;
	return rig_smmu(test, rig, i, &cfg);
}

static u64 reaches(struct rig *rig, struct rig_device *d, u32 ssid, u64 iova)
{
	return ssid ? rig_access_ssid(rig, d, ssid, iova, true) : rig_access(rig, d, iova, true);
}

static int map(struct iommu_domain *domain, u64 iova, u64 pa, size_t size)
{
	return iommu_map(domain, iova, pa, size, IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
}

/* Leaves and blocks come and go, and tables with them */
static void use(struct kunit *test, struct rig *rig, struct rig_device *d, u32 ssid)
{
	struct iommu_domain *domain = rig_domain(test, d), *none = &smmu_blocked_domain;
	size_t page = 1UL << __ffs(domain->pgsize_bitmap);
	size_t block = 1UL << __ffs(domain->pgsize_bitmap & ~(u64)page);
	u64 pa = block, last = domain->geometry.aperture_end + 1 - page;
	u32 round;

	if (ssid)
		KUNIT_ASSERT_EQ(test, 0, domain->ops->set_dev_pasid(domain, d->dev, ssid, NULL));
	else
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, reaches(rig, d, ssid, block));
		/* pages in two tables, the first page and the last */
		KUNIT_ASSERT_EQ(test, 0, map(domain, 2 * block - 3 * page, pa, 6 * page));
		KUNIT_ASSERT_EQ(test, 0, map(domain, last, pa, page));
		KUNIT_EXPECT_EQ(test, pa, reaches(rig, d, ssid, 2 * block - 3 * page));
		KUNIT_EXPECT_EQ(test, pa + 5 * page, reaches(rig, d, ssid, 2 * block + 2 * page));
		KUNIT_EXPECT_EQ(test, pa, reaches(rig, d, ssid, last));
		KUNIT_EXPECT_EQ(test, 6 * page,
				iommu_unmap(domain, 2 * block - 3 * page, 6 * page));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, reaches(rig, d, ssid, 2 * block - 3 * page));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, reaches(rig, d, ssid, 2 * block + 2 * page));
		KUNIT_EXPECT_EQ(test, pa, reaches(rig, d, ssid, last));
		/* a block instead of the table */
		KUNIT_ASSERT_EQ(test, 0, map(domain, block, pa, 2 * block));
		KUNIT_EXPECT_EQ(test, pa + block + page, reaches(rig, d, ssid, 2 * block + page));
		KUNIT_EXPECT_EQ(test, 2 * block, iommu_unmap(domain, block, 2 * block));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, reaches(rig, d, ssid, 2 * block + page));
		KUNIT_EXPECT_EQ(test, page, iommu_unmap(domain, last, page));
		KUNIT_EXPECT_EQ(test, RIG_NOWHERE, reaches(rig, d, ssid, last));
	}
	if (ssid)
		KUNIT_ASSERT_EQ(test, 0, none->ops->set_dev_pasid(none, d->dev, ssid, domain));
	else
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
}

/* A fault is in the event queue, where the CPU sees it */
static void fault(struct kunit *test, struct rig *rig, struct rig_device *d)
{
	struct smmu_device *s = &rig_iommu(rig->smmu[d->smmu])->smmu;
	struct model_access a = { .sid = U32_MAX };

	smmu_evtq_drain(s);
	s->evtq.records = 0;
	KUNIT_EXPECT_EQ(test, -EFAULT, model_access(rig->smmu[d->smmu]->model, &a));
	smmu_evtq_drain(s);
	KUNIT_EXPECT_EQ(test, 1, s->evtq.records);
}

static void page_request(struct kunit *test, struct rig *rig, struct rig_device *d)
{
	struct model_page_request r = { .sid = d->sid, .last = true, .read = true };
	struct model *m = rig->smmu[d->smmu]->model;

	KUNIT_EXPECT_EQ(test, 0, model_page_request(m, &r));
	smmu_priq_thread(0, &rig_iommu(rig->smmu[d->smmu])->smmu);
	/* the command is done when somebody looks */
	KUNIT_EXPECT_EQ(test, 0, model_pending(m));
	KUNIT_EXPECT_EQ(test, PRI_RESP_FAILURE, model_page_answer(m, &r));
}

/*
 * Two SMMUs, one that inserts with a lock and one without: devices with ATS and with PASIDs. No
 * page stays mapped or not cacheable when all has gone.
 */
static void works(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct rig *rig = rig_new(test);
	u32 pages = memory_pages(), i, ssid;
	struct smmu_device *s;
	struct rig_device *d;

	for (i = 0; i < 2; i++) {
		make(test, rig, i, kind);
		s = &rig_iommu(rig->smmu[i])->smmu;
		KUNIT_EXPECT_NULL(test, smmu_main_cmdq(s)->sync_word);
		KUNIT_EXPECT_FALSE(test, smmu_has(s, SMMU_FEAT_COHERENT));
		rig->atc = i;
		rig->ssid_bits = s->inst.feat.ssid_bits;
		d = rig_device(test, rig, i);
		use(test, rig, d, 0);
		for (ssid = 1; ssid && ssid >> s->inst.feat.ssid_bits == 0; ssid = 9 * ssid + 1)
			use(test, rig, d, ssid);
		fault(test, rig, d);
		if (kind->set0 & IDR0_PRI)
			page_request(test, rig, d);
		rig_check(test, rig);
	}
	/* away and back again */
	rig_remove(&rig->device[0]);
	device_release_driver(rig->smmu[0]->dev);
	KUNIT_EXPECT_EQ(test, 1, device_attach(rig->smmu[0]->dev));
	use(test, rig, rig_device(test, rig, 0), 0);
	for (i = 0; i < rig->nr_devices; i++)
		rig_remove(&rig->device[i]);
	for (i = 0; i < 2; i++)
		rig_remove_smmu(rig, i);
	KUNIT_EXPECT_EQ(test, pages, memory_pages());
}

/* An SMMU that was shut, and comes back with what was mapped while it was away */
static void comes_back(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct smmu_device *s;
	struct rig_device *d;

	s = &rig_iommu(noncoherent_smmu(test, rig, 0))->smmu;
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA, false));
	smmu_shut(s, "the test wants it");
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA + SZ_4K, PA, SZ_4K, IOMMU_READ,
					   GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, rig_restart(rig, 0));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, d, IOVA, false));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, d, IOVA + SZ_4K, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_check(test, rig);
}

/**
 * struct couple - who makes a table, and who walks it, too
 * @name: name of the case
 * @maker: the maker is coherent
 * @other: the other one is
 */
struct couple {
	const char *name;
	bool maker;
	bool other;
};

static const struct couple couples[] = {
	{ "coherent, coherent", true, true },
	{ "coherent, not", true, false },
	{ "not, coherent", false, true },
	{ "not, not", false, false },
};

KUNIT_ARRAY_PARAM_DESC(couple, couples, name);

/*
 * A table that is cleaned suits everybody. The SMMU that looks into caches must not do so for this
 * one, as it says: its attributes are those with which it was made.
 */
static void shares(struct kunit *test)
{
	const struct couple *couple = test->param_value;
	bool fits = !couple->maker || couple->other;
	struct rig *rig = rig_new(test);
	struct rig_device *maker, *other;
	struct iommu_domain *domain;

	rig->noncoherent = !couple->maker;
	rig_smmu(test, rig, 0, NULL);
	rig->noncoherent = !couple->other;
	rig_smmu(test, rig, 1, NULL);
	maker = rig_device(test, rig, 0);
	other = rig_device(test, rig, 1);
	domain = rig_domain(test, maker);
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, fits ? 0 : -EINVAL, rig_attach(other, domain));
	KUNIT_EXPECT_EQ(test, fits ? PA : IOVA, rig_access(rig, other, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(maker, domain));
	KUNIT_EXPECT_EQ(test, PA, rig_access(rig, maker, IOVA, false));
	KUNIT_EXPECT_EQ(test, SZ_4K, iommu_unmap(domain, IOVA, SZ_4K));
	KUNIT_EXPECT_EQ(test, RIG_NOWHERE, rig_access(rig, maker, IOVA, false));
	KUNIT_EXPECT_EQ(test, fits ? RIG_NOWHERE : IOVA, rig_access(rig, other, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, iommu_map(domain, IOVA, 2 * PA, SZ_4K, IOMMU_READ, GFP_KERNEL));
	/* the maker goes, and the table stays */
	rig_remove(maker);
	rig_remove_smmu(rig, 0);
	KUNIT_EXPECT_EQ(test, fits ? 2 * PA : IOVA, rig_access(rig, other, IOVA, false));
	KUNIT_ASSERT_EQ(test, 0, rig_attach(other, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_check(test, rig);
}

/* Everybody but the device's own SMMU is asked by the same function: -EINVAL for a PASID, too */
static void refuses_pasids(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;

	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 4);
	rig->ssid_bits = 4;
	rig_smmu(test, rig, 0, &cfg);
	rig->noncoherent = true;
	rig_smmu(test, rig, 1, &cfg);
	domain = rig_domain(test, rig_device(test, rig, 0));
	d = rig_device(test, rig, 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, domain->ops->set_dev_pasid(domain, d->dev, 3, NULL));
	iommu_domain_free(domain);
}

/*
 * What such an SMMU does not offer, and how it says so. Without IOMMU_CAP_CACHE_COHERENCY VFIO and
 * iommufd take no device behind it.
 */
static void offers_less(struct kunit *test)
{
	const struct iommu_ops *ops = &smmu_iommu_ops;
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct smmu_master *master;
	struct model_config cfg;
	struct rig_device *d;
	bool coherent;
	u32 i;

	model_config_default(&cfg);
	cfg.idr[0] |= FIELD_PREP(IDR0_HTTU, IDR0_HTTU_TABLE_AF);
	cfg.idr[1] |= FIELD_PREP(IDR1_SSIDSIZE, 4);
	cfg.idr[3] |= IDR3_FWB;
	for (i = 0; i < 2; i++) {
		rig->noncoherent = i;
		coherent = !i;
		rig_smmu(test, rig, i, &cfg);
		d = rig_device(test, rig, i);
		master = dev_iommu_priv_get(d->dev);
		master->canwbs = true;
		KUNIT_EXPECT_EQ(test, coherent, ops->capable(d->dev, IOMMU_CAP_CACHE_COHERENCY));
		KUNIT_EXPECT_EQ(test, coherent,
				ops->capable(d->dev, IOMMU_CAP_ENFORCE_CACHE_COHERENCY));
		KUNIT_EXPECT_EQ(test, coherent, ops->capable(d->dev, IOMMU_CAP_DIRTY_TRACKING));
		KUNIT_EXPECT_EQ(test, coherent,
				!!ops->get_viommu_size(d->dev, IOMMU_VIOMMU_TYPE_ARM_SMMUV3));

		domain = ops->domain_alloc_paging_flags(d->dev, IOMMU_HWPT_ALLOC_NEST_PARENT, NULL);
		KUNIT_EXPECT_EQ(test, coherent ? 0 : -EOPNOTSUPP, PTR_ERR_OR_ZERO(domain));
		if (!IS_ERR(domain))
			domain->ops->free(domain);
		domain = ops->domain_alloc_paging_flags(d->dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
							NULL);
		KUNIT_EXPECT_EQ(test, coherent ? 0 : -EOPNOTSUPP, PTR_ERR_OR_ZERO(domain));
		if (!IS_ERR(domain))
			domain->ops->free(domain);
		if (!coherent && ops->domain_alloc_sva)
			KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
					PTR_ERR(ops->domain_alloc_sva(d->dev, NULL)));

		domain = rig_domain(test, d);
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
		KUNIT_EXPECT_EQ(test, coherent, domain->ops->enforce_cache_coherency(domain));
		KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
		iommu_domain_free(domain);
	}
}

/*
 * A domain of which coherency is enforced lets no device in that is behind such an SMMU, whatever
 * firmware says of the device
 */
static void enforces(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct rig_device *d;
	struct iommu_domain *domain;

	noncoherent_smmu(test, rig, 0);
	d = rig_device(test, rig, 0);
	((struct smmu_master *)dev_iommu_priv_get(d->dev))->canwbs = true;
	domain = rig_domain(test, d);
	/* with no device in it, it can be promised */
	KUNIT_EXPECT_TRUE(test, domain->ops->enforce_cache_coherency(domain));
	KUNIT_EXPECT_EQ(test, -EINVAL, rig_attach(d, domain));
	iommu_domain_free(domain);
}

/* What the SMMU reads at every barrier, in the cases in which writes linger */
static struct {
	struct model *model;
	u32 sid;
	u32 ssid[3];
} glanced;

static void at_barrier(void)
{
	struct model_access a = { .sid = glanced.sid };
	u32 i;

	for (i = 0; glanced.model && i < ARRAY_SIZE(glanced.ssid); i++) {
		a.ssid = glanced.ssid[i];
		model_glance(glanced.model, &a);
	}
}

static void end_weak(void *unused)
{
	memory_set_weak(NULL);
}

/* From now on what the CPU writes to queues and tables lingers until a barrier */
static void begin_weak(struct kunit *test)
{
	need_caches(test);
	memset(&glanced, 0, sizeof(glanced));
	memory_set_weak(at_barrier);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, end_weak, NULL));
}

static const enum rig_insertion insertions[] = { RIG_LOCK, RIG_COMBINE };

static void insertion_desc(const enum rig_insertion *how, char *desc)
{
	strscpy(desc, *how == RIG_LOCK ? "lock" : "combine", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(insertion, insertions, insertion_desc);

/*
 * A device that is new in level 1 of the stream table, and PASIDs in several leaves of its CD
 * table, which the SMMU does not use yet, or uses already. At each barrier the SMMU may see a
 * pointer, and what it points to as of the barrier before.
 */
static void orders_writes(struct kunit *test)
{
	static const u32 sid = 0x7c3, ssid[] = { 0, 70, 700 };
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct model_config cfg;
	struct rig_device *d;

	begin_weak(test);
	model_config_default(&cfg);
	FIELD_MODIFY(IDR1_SSIDSIZE, &cfg.idr[1], 10);
	rig->noncoherent = true;
	rig->insertion = *(const enum rig_insertion *)test->param_value;
	rig->ssid_bits = 10;
	glanced.sid = sid;
	memcpy(glanced.ssid, ssid, sizeof(ssid));
	glanced.model = rig_smmu(test, rig, 0, &cfg)->model;
	d = rig_device_sids(test, rig, 0, &sid, 1);
	use(test, rig, d, 0);
	use(test, rig, d, 70);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	use(test, rig, d, 700);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	fault(test, rig, d);
	rig_check(test, rig);
	glanced.model = NULL;
}

/* A level-1 descriptor, written right behind what it points to, or after a barrier */
static void notices_missing_barriers(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct machine_smmu *smmu;
	struct smmu_device *s;
	struct smmu_ste *ste;
	dma_addr_t dma;
	bool barrier;
	u32 i, j;

	need_caches(test);
	smmu = noncoherent_smmu(test, rig, 0);
	s = &rig_iommu(smmu)->smmu;
	begin_weak(test);
	glanced.sid = 9 << STRTAB_SPLIT_BITS;
	glanced.model = smmu->model;
	for (i = 0; i < 4; i++) {
		barrier = i & 1;
		ste = dma_alloc_coherent(smmu->dev, SZ_16K, &dma, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, ste);
		for (j = 0; j < STRTAB_L2_ENTRIES; j++)
			smmu_ste_make_abort(&ste[j]);
		if (barrier)
			dma_wmb();
		WRITE_ONCE(s->strtab.l1[9], cpu_to_le64(dma | (STRTAB_SPLIT_BITS + 1)));
		/* too late; pairs with the SMMU's reads */
		dma_wmb();
		KUNIT_EXPECT_EQ(test, !barrier, !!model_violation(smmu->model, NULL, 0));
		model_forgive(smmu->model);
		WRITE_ONCE(s->strtab.l1[9], 0);
		/* the SMMU sees that before the memory goes */
		dma_wmb();
		dma_free_coherent(smmu->dev, SZ_16K, ste, dma);
	}
	glanced.model = NULL;
}

/* The barrier in front of the doorbell of a CFGI */
static void sync_entry(struct smmu_entry_writer *writer)
{
	/* of the commands before the doorbell; the SMMU is not coherent */
	wmb();
}

/*
 * The entry writer itself puts what an entry leads to before the entry, whatever its caller did:
 * an STE that leads to another CD table by one store, when that table was just written
 */
static void orders_targets(struct kunit *test)
{
	static const struct smmu_entry_ops ops = { .used = smmu_ste_used, .sync = sync_entry };
	struct smmu_entry_writer writer = { .ops = &ops };
	struct rig *rig = rig_new(test);
	struct iommu_domain *domain;
	struct machine_smmu *smmu;
	struct rig_device *d;
	struct smmu_ste *ste, was, target;
	dma_addr_t dma;
	void *cd;

	need_caches(test);
	smmu = noncoherent_smmu(test, rig, 0);
	d = rig_device(test, rig, 0);
	domain = rig_domain(test, d);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, domain));
	ste = smmu_strtab_ste(&rig_iommu(smmu)->smmu, d->sid);
	was = *ste;
	begin_weak(test);
	glanced.sid = d->sid;
	glanced.model = smmu->model;
	cd = dma_alloc_coherent(smmu->dev, PAGE_SIZE, &dma, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cd);
	memcpy(cd, phys_to_virt(le64_to_cpu(was.w[0]) & STE0_S1CTXPTR), sizeof(struct smmu_cd));
	target = was;
	target.w[0] &= ~cpu_to_le64(STE0_S1CTXPTR);
	target.w[0] |= cpu_to_le64(dma);
	KUNIT_EXPECT_TRUE(test, smmu_entry_write(&writer, ste->w, target.w));
	KUNIT_EXPECT_MEMEQ(test, ste, &target, sizeof(target));
	KUNIT_EXPECT_TRUE(test, smmu_entry_write(&writer, ste->w, was.w));
	glanced.model = NULL;
	dma_free_coherent(smmu->dev, PAGE_SIZE, cd, dma);
	KUNIT_ASSERT_EQ(test, 0, rig_attach(d, &smmu_identity_domain));
	iommu_domain_free(domain);
	rig_check(test, rig);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(model_has_a_cache),
	KUNIT_CASE(notices_cacheable_queues),
	KUNIT_CASE(notices_missing_cleans),
	KUNIT_CASE(notices_missing_barriers),
	KUNIT_CASE_PARAM(works, kind_gen_params),
	KUNIT_CASE_PARAM(orders_writes, insertion_gen_params),
	KUNIT_CASE(orders_targets),
	KUNIT_CASE(comes_back),
	KUNIT_CASE_PARAM(shares, couple_gen_params),
	KUNIT_CASE(refuses_pasids),
	KUNIT_CASE(offers_less),
	KUNIT_CASE(enforces),
	{}
};

static struct kunit_suite suite = { .name = "smmu_noncoherent", .test_cases = cases };
kunit_test_suite(suite);
