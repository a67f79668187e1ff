/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands of a guest for its vSMMU. core/guest.c decides what a command may contain. */
#ifndef SMMU_DRV_GUESTCMD_H
#define SMMU_DRV_GUESTCMD_H

struct iommu_user_data_array;
struct iommufd_viommu;

/**
 * smmu_guestcmd_invalidate() - iommufd_viommu_ops.cache_invalidate
 * @viommu: of a struct smmu_vsmmu
 * @array: IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3; @array->entry_num is set to the number of
 *	commands that are done
 *
 * Process context, takes no lock of the driver's. Waits for the SMMU; a task that is killed does
 * not wait.
 * Return: 0; -EIO for a command that a guest's SMMU would call illegal; -ETIMEDOUT for an ATC_INV
 *	that the device does not answer; -ESHUTDOWN; -EINTR; -EINVAL, -EFAULT, -ENOMEM
 */
int smmu_guestcmd_invalidate(struct iommufd_viommu *viommu, struct iommu_user_data_array *array);

#endif
