/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of struct iommu_ops that not every kernel has, or that have another type there. Older
 * cores detach a PASID with an op of its own, and allocate paging domains without flags. They have
 * no vIOMMUs.
 *
 * This file is for the one file that defines the iommu_ops.
 */
#ifndef COMPAT_IOMMU_OPS_H
#define COMPAT_IOMMU_OPS_H

#include <linux/iommu.h>
#include <linux/version.h>

#include <compat/iommu.h>

/* The allocation of paging domains: without flags, and with flags where the core has them */
#ifdef COMPAT_ALLOC_FLAGS
#define COMPAT_OPS_PAGING(plain, flags)	.domain_alloc_paging = (plain), \
					.domain_alloc_paging_flags = (flags)
#else
#define COMPAT_OPS_PAGING(plain, flags)	.domain_alloc_paging = (plain)
#endif

/* The ops for guests; without vIOMMUs none of the arguments is used */
#if COMPAT_IOMMUFD
#define COMPAT_OPS_GUESTS(info, size, init)	.hw_info = (info), .get_viommu_size = (size), \
						.viommu_init = (init)
#else
#define COMPAT_OPS_GUESTS(info, size, init)	.hw_info = NULL
#endif

/* How PASIDs are detached: set_dev_pasid of the blocked domain, in an op of its own or not */
#ifdef COMPAT_REMOVE_PASID
static inline void compat_remove_dev_pasid(struct device *dev, ioasid_t pasid,
					   struct iommu_domain *domain)
{
	struct iommu_domain *blocked = dev->iommu->iommu_dev->ops->blocked_domain;

	blocked->ops->set_dev_pasid(blocked, dev, pasid, domain);
}

#define COMPAT_OPS_BLOCKED(domain)	.blocked_domain = (domain), \
					.remove_dev_pasid = compat_remove_dev_pasid
#else
#define COMPAT_OPS_BLOCKED(domain)	.blocked_domain = (domain)
#endif

/*
 * The domain to which a device is attached when it goes away. From 7.2 on it is known that the core
 * takes the identity domain instead of the blocked one for a device that must keep its direct
 * mappings. Older cores block every device, so they get a domain that makes this choice.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
COMPAT_ATTACH_DEV(compat_attach_release)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *to = dev->iommu->require_direct ? ops->identity_domain :
							       ops->blocked_domain;

#ifdef COMPAT_ATTACH_OLD
	return to->ops->attach_dev(to, dev, NULL);
#else
	return to->ops->attach_dev(to, dev);
#endif
}

static struct iommu_domain compat_release_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = compat_attach_release },
};

#define COMPAT_OPS_RELEASE(blocked)	.release_domain = &compat_release_domain
#else
#define COMPAT_OPS_RELEASE(blocked)	.release_domain = (blocked)
#endif

#endif
