/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs "smmuv3/": the state of the driver in readable form. People and the programs in scripts/
 * read it; Documentation/debugfs.rst describes the formats. A kernel without debugfs does without.
 */
#ifndef SMMU_DRV_DEBUGFS_H
#define SMMU_DRV_DEBUGFS_H

struct seq_file;
struct smmu_iommu;

void smmu_debugfs_init(void);
void smmu_debugfs_exit(void);
void smmu_debugfs_add_iommu(struct smmu_iommu *iommu);
void smmu_debugfs_remove_iommu(struct smmu_iommu *iommu);

/* Print the file `machine` of an SMMU that is registered. Process context. */
int smmu_debugfs_machine(struct seq_file *s, struct smmu_iommu *iommu);

/* Print the file `masters`. Process context; takes streams_lock and smmu_arrays_mutex. */
int smmu_debugfs_masters(struct seq_file *s, struct smmu_iommu *iommu);

#endif
