/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMMU_DRV_OPS_H
#define SMMU_DRV_OPS_H

#include <linux/iommu.h>

/*
 * One for all SMMUs, because the IOMMU core compares it to decide whether a domain may be attached
 */
extern const struct iommu_ops smmu_iommu_ops;

#endif
