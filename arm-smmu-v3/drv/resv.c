// SPDX-License-Identifier: GPL-2.0-only
#include <linux/iommu.h>

#include <linux/sizes.h>

#include <compat/iommu_dma.h>

#include "drv/resv.h"

/*
 * The IOVA window for MSI doorbells in user-managed domains. User space reads it from
 * reserved_regions. Some programs have the in-tree driver's window compiled in, so this is the
 * same.
 */
#define MSI_WINDOW_BASE		0x08000000
#define MSI_WINDOW_SIZE		SZ_1M

void smmu_resv_regions(struct device *dev, struct list_head *head)
{
	struct iommu_resv_region *msi;

	msi = iommu_alloc_resv_region(MSI_WINDOW_BASE, MSI_WINDOW_SIZE,
				      IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO,
				      IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (!msi)
		return;
	list_add_tail(&msi->list, head);
	iommu_dma_get_resv_regions(dev, head);
}
