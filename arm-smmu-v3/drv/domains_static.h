/* SPDX-License-Identifier: GPL-2.0-only */
/* The two domains without a page table. Static: attaching them allocates nothing. */
#ifndef SMMU_DRV_DOMAINS_STATIC_H
#define SMMU_DRV_DOMAINS_STATIC_H

struct iommu_domain;

extern struct iommu_domain smmu_identity_domain;
/* Also the release domain: a device that goes away is parked here */
extern struct iommu_domain smmu_blocked_domain;

#endif
