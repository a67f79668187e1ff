// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/dev_printk.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <compat/iommu_dma.h>

#include "drv/firmware.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/resv.h"

/* Where to look for the window, in this order: from, to */
static const u64 places[][2] = {
	{ SMMU_MSI_WINDOW_BASE, SZ_4G },
	{ SMMU_MSI_WINDOW_SIZE, SMMU_MSI_WINDOW_BASE },
	{ SZ_4G, U64_MAX },
};

/* The last region that touches the window at @base, or NULL */
static const struct iommu_resv_region *touches(const struct list_head *reserved, u64 base)
{
	const struct iommu_resv_region *r;

	list_for_each_entry(r, reserved, list)
		if (r->length && r->start < base + SMMU_MSI_WINDOW_SIZE &&
		    r->start + r->length - 1 >= base)
			return r;
	return NULL;
}

/* The first free window in [@from, @to), 0 for none */
static u64 place(const struct list_head *reserved, u64 from, u64 to)
{
	const struct iommu_resv_region *r;
	u64 base = from;

	/* @base becomes 0 behind a region that ends where addresses end */
	while (base >= from && base < to && to - base >= SMMU_MSI_WINDOW_SIZE) {
		r = touches(reserved, base);
		if (!r)
			return base;
		base = ALIGN(r->start + r->length, SMMU_MSI_WINDOW_SIZE);
	}
	return 0;
}

/* A window has to be in domains of either stage */
static u64 end_of_addresses(const struct smmu_features *feat)
{
	return BIT_ULL(min(feat->va_bits, feat->oas_bits));
}

static void choose(struct smmu_iommu *iommu, const struct list_head *reserved)
{
	u64 end = end_of_addresses(&iommu->smmu.inst.feat);
	struct device *dev = iommu->smmu.dev;
	u32 i;

	iommu->msi_base = 0;
	for (i = 0; i < ARRAY_SIZE(places) && !iommu->msi_base; i++)
		iommu->msi_base = place(reserved, places[i][0], min(places[i][1], end));
	if (!iommu->msi_base)
		dev_err(dev, "firmware reserves all addresses, so there is none for MSIs in domains of user space: devices that are given to user space have no MSIs\n");
	else if (iommu->msi_base != SMMU_MSI_WINDOW_BASE)
		dev_info(dev, "MSIs in domains of user space are at 0x%llx, because firmware reserves addresses at 0x%x\n",
			 iommu->msi_base, SMMU_MSI_WINDOW_BASE);
}

int smmu_resv_probe(struct smmu_iommu *iommu)
{
	struct iommu_resv_region *r, *next;
	LIST_HEAD(reserved);
	int ret;

	ret = smmu_firmware_reserved(&iommu->smmu, &reserved);
	if (!ret)
		choose(iommu, &reserved);
	list_for_each_entry_safe(r, next, &reserved, list)
		kfree(r);
	return ret;
}

void smmu_resv_regions(struct device *dev, struct list_head *head)
{
	const struct smmu_master *master = dev_iommu_priv_get(dev);
	struct iommu_resv_region *msi;

	if (master->iommu->msi_base) {
		msi = iommu_alloc_resv_region(master->iommu->msi_base, SMMU_MSI_WINDOW_SIZE,
					      IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
					      IOMMU_RESV_SW_MSI, GFP_KERNEL);
		if (!msi)
			return;
		list_add_tail(&msi->list, head);
	}
	iommu_dma_get_resv_regions(dev, head);
}
