/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMMU_DRV_RESV_H
#define SMMU_DRV_RESV_H

struct device;
struct list_head;

/*
 * iommu_ops.get_resv_regions: the window for MSIs in a user's domain, and the regions that firmware
 * reserves
 */
void smmu_resv_regions(struct device *dev, struct list_head *head);

#endif
