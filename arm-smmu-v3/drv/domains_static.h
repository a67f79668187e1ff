/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two domains without a page table. They are static, so that attaching to them allocates
 * nothing.
 */
#ifndef SMMU_DRV_DOMAINS_STATIC_H
#define SMMU_DRV_DOMAINS_STATIC_H

struct iommu_domain;

extern struct iommu_domain smmu_identity_domain;
/* Also the release domain, to which a device that goes away is attached */
extern struct iommu_domain smmu_blocked_domain;

#endif
