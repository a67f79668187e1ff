/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of a guest for its vSMMU. What each may say is judged in core/guest.c. */
#ifndef SMMU_DRV_GUESTCMD_H
#define SMMU_DRV_GUESTCMD_H

struct iommu_user_data_array;
struct iommufd_viommu;

/**
 * smmu_guestcmd_invalidate() - iommufd_viommu_ops.cache_invalidate
 * @viommu: of a struct smmu_vsmmu
 * @array: IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3; @array->entry_num is set to how many are done
 *
 * Process context, takes no lock of the driver's. Waits for the SMMU; a task that is killed does
 * not.
 * Return: 0; -EIO for a command that a guest's SMMU would call illegal; -ETIMEDOUT for an ATC_INV
 *	that the device does not answer; -ESHUTDOWN; -EINTR; -EINVAL, -EFAULT, -ENOMEM
 */
int smmu_guestcmd_invalidate(struct iommufd_viommu *viommu, struct iommu_user_data_array *array);

#endif
