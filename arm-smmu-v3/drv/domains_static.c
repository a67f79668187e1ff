// SPDX-License-Identifier: GPL-2.0-only
#include <compat/iommu.h>

#include "drv/attach.h"
#include "drv/change.h"
#include "drv/domains_static.h"
#include "drv/pasid.h"

static int attach_none(struct device *dev, bool bypass)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);

	guard(smmu_change)(master);
	smmu_attach_none_locked(master, bypass);
	return 0;
}

COMPAT_ATTACH_DEV(attach_identity)
{
	return attach_none(dev, true);
}

COMPAT_ATTACH_DEV(attach_blocked)
{
	return attach_none(dev, false);
}

/* The IOMMU core calls this to detach a PASID */
static int detach_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
			struct iommu_domain *old)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);

	guard(smmu_change)(master);
	smmu_pasid_detach_locked(master, pasid);
	return 0;
}

struct iommu_domain smmu_identity_domain = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &(const struct iommu_domain_ops) { .attach_dev = attach_identity },
};

struct iommu_domain smmu_blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &(const struct iommu_domain_ops) {
		.attach_dev = attach_blocked,
		.set_dev_pasid = detach_pasid,
	},
};
