/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs "smmuv3/": what the driver does, readable. Formats are for people and for
 * scripts/; Documentation/debugfs.rst has them. Absent debugfs costs nothing.
 */
#ifndef SMMU_DRV_DEBUGFS_H
#define SMMU_DRV_DEBUGFS_H

struct smmu_iommu;

void smmu_debugfs_init(void);
void smmu_debugfs_exit(void);
void smmu_debugfs_add_iommu(struct smmu_iommu *iommu);
void smmu_debugfs_remove_iommu(struct smmu_iommu *iommu);

#endif
