/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers and the IOMMU core say to each other. Older cores know less, and some of it has
 * other forms there. This file has what several files need, iommu_ops.h the rest.
 */
#ifndef COMPAT_IOMMU_H
#define COMPAT_IOMMU_H

#include <linux/bits.h>
#include <linux/iommu.h>
#include <uapi/linux/iommufd.h>

/* The bridge keeps non-coherent accesses from memory: no firmware says it where this is unknown */
#ifndef IOMMU_FWSPEC_PCI_RC_CANWBS
#define IOMMU_FWSPEC_PCI_RC_CANWBS	0
#endif

#ifndef COMPAT_HWPT_PASID
#define IOMMU_HWPT_ALLOC_PASID		BIT(3)
#endif

/* Does the core ask whether the device may have ATS? */
static inline bool compat_cap_is_ats(enum iommu_cap cap)
{
#ifdef COMPAT_CAP_ATS
	return cap == IOMMU_CAP_PCI_ATS_SUPPORTED;
#else
	return false;
#endif
}

/*
 * The head of a function that is attach_dev of domains. Its arguments are @domain and @dev; the
 * domain that is left is not passed everywhere.
 */
#ifdef COMPAT_ATTACH_OLD
#define COMPAT_ATTACH_DEV(fn)								\
static int fn(struct iommu_domain *domain, struct device *dev, struct iommu_domain *old)
#else
#define COMPAT_ATTACH_DEV(fn)								\
static int fn(struct iommu_domain *domain, struct device *dev)
#endif

#endif
