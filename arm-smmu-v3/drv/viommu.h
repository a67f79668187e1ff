/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iommufd's callbacks for vIOMMUs and vDEVICEs: how a struct smmu_vsmmu (vsmmu.h) is made and
 * destroyed.
 *
 * Without iommufd's vIOMMUs (COMPAT_IOMMUFD) there are no vIOMMUs.
 */
#ifndef SMMU_DRV_VIOMMU_H
#define SMMU_DRV_VIOMMU_H

#include <linux/iommufd.h>
#include <linux/types.h>

struct device;
struct iommu_domain;
struct iommu_user_data;

#if COMPAT_IOMMUFD
/* iommu_ops.get_viommu_size. Return: 0 where the device cannot have a vIOMMU */
size_t smmu_viommu_size(struct device *dev, enum iommu_viommu_type type);

/**
 * smmu_viommu_init() - iommu_ops.viommu_init
 * @viommu: zeroed, with room for a struct smmu_vsmmu
 * @parent: nest parent that the SMMU can walk
 * @user_data: for a vIOMMU with queues of its own, see guest_queue.h; else NULL, as no other data
 *	is known
 *
 * When this function has succeeded, iommufd calls the destroy callback, also if iommufd itself
 * fails later.
 * Return: 0, -EOPNOTSUPP, -EINVAL, -ENOSPC without a free VMID, -ENOMEM, or as
 *	smmu_guest_queues_start()
 */
int smmu_viommu_init(struct iommufd_viommu *viommu, struct iommu_domain *parent,
		     const struct iommu_user_data *user_data);
#endif

#endif
