// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include <kunit/static_stub.h>

#include "core/array.h"
#include "core/ident.h"
#include "core/tag.h"
#include "drv/domain.h"
#include "drv/host.h"
#include "drv/master.h"
#include "drv/trace.h"
#include "drv/vsmmu.h"

int smmu_vsmmu_vsid(struct smmu_vsmmu *vsmmu, struct device *dev, unsigned long *vsid)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_vsmmu_vsid, vsmmu, dev, vsid);

	return iommufd_viommu_get_vdev_id(&vsmmu->core, dev, vsid);
}

struct device *smmu_vsmmu_dev(struct smmu_vsmmu *vsmmu, u32 vsid)
{
	struct device *dev;

	KUNIT_STATIC_STUB_REDIRECT(smmu_vsmmu_dev, vsmmu, vsid);

	xa_lock(&vsmmu->core.vdevs);
	dev = iommufd_viommu_find_dev(&vsmmu->core, vsid);
	xa_unlock(&vsmmu->core.vdevs);
	return dev;
}

int smmu_vsmmu_deliver(struct smmu_vsmmu *vsmmu, struct iommu_vevent_arm_smmuv3 *vevent)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_vsmmu_deliver, vsmmu, vevent);

	return iommufd_viommu_report_event(&vsmmu->core, IOMMU_VEVENTQ_TYPE_ARM_SMMUV3, vevent,
					   sizeof(*vevent));
}

/* iommufd checks the rest: the device is behind the vSMMU's SMMU */
static int vdevice_init(struct iommufd_vdevice *vdev)
{
	struct smmu_master *master = dev_iommu_priv_get(iommufd_vdevice_to_device(vdev));

	/* a StreamID has 32 bits in commands and events */
	if (vdev->virt_id > U32_MAX)
		return -EINVAL;
	/* the guest's commands name one stream, and must reach all that the device has */
	if (master->nr_sids != 1)
		return -EOPNOTSUPP;
	return 0;
}

/*
 * The VMID is in no TLB: it was flushed when its last device left, or that was not confirmed
 * and the SMMU is off for good. One that does not even confirm that keeps it.
 */
static void destroy(struct iommufd_viommu *viommu)
{
	struct smmu_vsmmu *vsmmu = container_of(viommu, struct smmu_vsmmu, core);
	struct smmu_device *smmu = &vsmmu->host->smmu;
	struct smmu_inst *inst = &smmu->inst;

	mutex_lock(&smmu_attach_mutex);
	smmu_array_forget_vmid(smmu_domain_array(vsmmu->parent), inst, vsmmu->vmid);
	mutex_unlock(&smmu_attach_mutex);
	if (smmu_device_is_adrift(smmu))
		smmu_tag_leak(inst);
	else
		smmu_tag_free(inst, SMMU_INV_S2_VMID_VSMMU, vsmmu->vmid);
	smmu_host_put(vsmmu->host);
	module_put(THIS_MODULE);
}

static const struct iommufd_viommu_ops vsmmu_ops = {
	.destroy = destroy,
	.alloc_domain_nested = smmu_nested_alloc,
	.cache_invalidate = smmu_vsmmu_invalidate,
	.vdevice_size = sizeof(struct iommufd_vdevice),
	.vdevice_init = vdevice_init,
};

/*
 * A guest must not be able to make its device's accesses miss the caches: it could see
 * what lies in memory behind them. Either stage 2 forces them to be cacheable, or the
 * system does with this device.
 */
size_t smmu_vsmmu_size(struct device *dev, enum iommu_viommu_type type)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_device *smmu = &master->host->smmu;

	if (type != IOMMU_VIOMMU_TYPE_ARM_SMMUV3 || !smmu_has(smmu, SMMU_FEAT_NESTING))
		return 0;
	if (!smmu_has(smmu, SMMU_FEAT_S2FWB) && !smmu_master_canwbs(master))
		return 0;
	return VIOMMU_STRUCT_SIZE(struct smmu_vsmmu, core);
}

int smmu_vsmmu_init(struct iommufd_viommu *viommu, struct iommu_domain *parent,
		    const struct iommu_user_data *user_data)
{
	struct smmu_vsmmu *vsmmu = container_of(viommu, struct smmu_vsmmu, core);
	struct smmu_host *host = container_of(viommu->iommu_dev, struct smmu_host, iommu);
	const char *why;
	int vmid;

	if (user_data)
		return -EOPNOTSUPP;
	if (parent->ops != &smmu_paging_ops || !smmu_domain_of(parent)->nest_parent)
		return -EINVAL;
	if (!smmu_can_walk(&host->smmu.inst.feat, &smmu_domain_of(parent)->pt.needs, &why))
		return -EINVAL;
	vmid = smmu_tag_alloc_vmid(&host->smmu.inst);
	if (vmid == -ENOSPC) {
		mutex_lock(&smmu_attach_mutex);
		smmu_domains_reclaim(&host->smmu.inst, SMMU_INV_S2_VMID);
		mutex_unlock(&smmu_attach_mutex);
		vmid = smmu_tag_alloc_vmid(&host->smmu.inst);
	}
	if (vmid < 0)
		return vmid;

	__module_get(THIS_MODULE);
	vsmmu->host = smmu_host_get(host);
	vsmmu->parent = smmu_domain_of(parent);
	vsmmu->vmid = vmid;
	/* last: from here on destroy() is called for it, also where the core fails later */
	viommu->ops = &vsmmu_ops;
	return 0;
}

void smmu_vsmmu_set_master(struct smmu_master *master, struct smmu_vsmmu *vsmmu, u32 vsid)
{
	lockdep_assert_held(&smmu_attach_mutex);

	if (!vsmmu && !master->vsmmu)
		return;
	mutex_lock(&master->host->streams_lock);
	master->vsmmu = vsmmu;
	master->vsid = vsid;
	mutex_unlock(&master->host->streams_lock);
}
