/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel exports this function, but declares it only in drivers/iommu/dma-iommu.h, which
 * header packages do not contain.
 */
#ifndef COMPAT_IOMMU_DMA_H
#define COMPAT_IOMMU_DMA_H

#include <linux/list.h>

struct device;

#if IS_ENABLED(CONFIG_IOMMU_DMA)
void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list);
#else
static inline void iommu_dma_get_resv_regions(struct device *dev, struct list_head *list)
{
}
#endif

#endif
