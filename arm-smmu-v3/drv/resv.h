/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMMU_DRV_RESV_H
#define SMMU_DRV_RESV_H

struct device;
struct list_head;

/* iommu_ops.get_resv_regions: where MSIs go under a user's domain, and firmware's regions */
void smmu_resv_regions(struct device *dev, struct list_head *head);

#endif
