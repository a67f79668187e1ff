/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested domains: a guest's STE over the parent of its vSMMU. A nested domain has no page table and
 * no array. What must be invalidated is in the parent's array, under the vSMMU's VMID.
 *
 * A nested domain holds a reference to the SMMU and to the module, because it lives until its file
 * descriptor is closed, and by then every device may have gone.
 */
#ifndef SMMU_DRV_NESTED_H
#define SMMU_DRV_NESTED_H

#include <linux/types.h>

struct iommu_domain;
struct iommu_user_data;
struct iommufd_viommu;

/**
 * smmu_nested_alloc() - iommufd_viommu_ops.alloc_domain_nested
 * @viommu: of a struct smmu_vsmmu, which iommufd keeps alive as long as the domain
 * @flags: 0, as no flag is known
 * @user_data: IOMMU_HWPT_DATA_ARM_SMMUV3, the guest's STE; nothing in it is trusted
 * Return: domain; -EOPNOTSUPP, -EINVAL or -EIO for flags or an STE that are not supported, -EFAULT,
 *	-ENOMEM
 */
struct iommu_domain *smmu_nested_alloc(struct iommufd_viommu *viommu, u32 flags,
				       const struct iommu_user_data *user_data);

#endif
