// SPDX-License-Identifier: GPL-2.0-only
/* The list of SMMUs, and the life of each. */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "drv/iommu.h"

static LIST_HEAD(iommus);
static DEFINE_MUTEX(iommus_lock);

void smmu_iommu_add(struct smmu_iommu *iommu)
{
	mutex_lock(&iommus_lock);
	list_add_tail(&iommu->node, &iommus);
	mutex_unlock(&iommus_lock);
}

void smmu_iommu_del(struct smmu_iommu *iommu)
{
	mutex_lock(&iommus_lock);
	list_del(&iommu->node);
	mutex_unlock(&iommus_lock);
}

struct smmu_iommu *smmu_iommu_find(const struct fwnode_handle *fwnode)
{
	struct smmu_iommu *iommu, *found = NULL;

	mutex_lock(&iommus_lock);
	list_for_each_entry(iommu, &iommus, node)
		if (dev_fwnode(iommu->smmu.dev) == fwnode)
			found = iommu;
	mutex_unlock(&iommus_lock);
	return found;
}

struct smmu_iommu *smmu_iommu_get(struct smmu_iommu *iommu)
{
	kref_get(&iommu->ref);
	return iommu;
}

static void free_iommu(struct kref *ref)
{
	struct smmu_iommu *iommu = container_of(ref, struct smmu_iommu, ref);

	smmu_inst_destroy(&iommu->smmu.inst);
	put_device(iommu->smmu.dev);
	kfree(iommu);
}

void smmu_iommu_put(struct smmu_iommu *iommu)
{
	kref_put(&iommu->ref, free_iommu);
}
