// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "core/array.h"
#include "core/ident.h"
#include "core/tag.h"
#include "drv/arrays.h"
#include "drv/domain.h"
#include "drv/guest_queue.h"
#include "drv/guest_stall.h"
#include "drv/guestcmd.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/nested.h"
#include "drv/viommu.h"
#include "drv/vsmmu.h"
#include "hw/shut.h"
#include "hw/vintf.h"

/*
 * Guest commands may find the vDEVICE for a moment longer. Events do not carry its vSID any more.
 */
static void vdevice_destroy(struct iommufd_vdevice *core)
{
	struct smmu_master *master = smmu_vdevice_of(core)->master;
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(core->viommu);

	smmu_master_lock(master);
	smmu_vsmmu_leave_locked(master, NULL);
	smmu_guest_stall_orphan_locked(master);
	master->vdev = NULL;
	smmu_master_unlock(master);
	smmu_guest_queues_leave(smmu_vdevice_of(core));
	smmu_vevent_forget(&vsmmu->events, core->virt_id);
}

/* iommufd has checked that the device is behind the SMMU of the vSMMU */
static int vdevice_init(struct iommufd_vdevice *core)
{
	struct smmu_master *master = dev_iommu_priv_get(iommufd_vdevice_to_device(core));
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(core->viommu);
	struct smmu_vdevice *vdev = smmu_vdevice_of(core);
	int ret;

	/* a StreamID has 32 bits in commands and events */
	if (core->virt_id > U32_MAX)
		return -EINVAL;
	/* a guest's command names one stream, but must reach everything that the device has */
	if (master->nr_sids != 1)
		return -EOPNOTSUPP;
	ret = smmu_vevent_wait(&vsmmu->events, core->virt_id);
	if (ret)
		return ret;
	vdev->master = master;
	ret = smmu_guest_queues_join(vdev);
	if (ret)
		return ret;

	smmu_master_lock(master);
	/* a guest cannot have a stream that other devices have, too */
	if (master->shared)
		ret = -EOPNOTSUPP;
	else if (master->vdev)
		ret = -EEXIST;
	else
		master->vdev = vdev;
	if (!ret)
		smmu_guest_queues_match_locked(vdev);
	smmu_master_unlock(master);
	if (ret) {
		smmu_guest_queues_leave(vdev);
		return ret;
	}
	core->destroy = vdevice_destroy;
	return 0;
}

/*
 * The VMID is in no TLB, or in none that matters. It was flushed when its last device left, or the
 * flush was not confirmed and the SMMU is off, and flushes everything before it comes back. The
 * VMID is withheld where the SMMU has not even confirmed that it is off, and where queues of the
 * guest may go on.
 */
static void put_vmid(struct smmu_vsmmu *vsmmu, bool unused)
{
	struct smmu_device *smmu = &vsmmu->iommu->smmu;

	if (!unused || smmu_device_is_adrift(smmu))
		smmu_tag_withhold(&smmu->inst, SMMU_INV_S2_VMID_VSMMU, vsmmu->vmid);
	else
		smmu_tag_free(&smmu->inst, SMMU_INV_S2_VMID_VSMMU, vsmmu->vmid);
}

static void viommu_destroy(struct iommufd_viommu *viommu)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(viommu);
	bool unused;

	unused = smmu_guest_queues_stop(vsmmu);
	smmu_vevent_stop(&vsmmu->events);
	/* the SMMU cannot come back in between */
	down_read(&vsmmu->iommu->restart_lock);
	mutex_lock(&smmu_arrays_mutex);
	smmu_array_forget_vmid(smmu_domain_array(vsmmu->parent), &vsmmu->iommu->smmu.inst,
			       vsmmu->vmid);
	mutex_unlock(&smmu_arrays_mutex);
	put_vmid(vsmmu, unused);
	up_read(&vsmmu->iommu->restart_lock);
	smmu_iommu_put(vsmmu->iommu);
	module_put(THIS_MODULE);
}

static const struct iommufd_viommu_ops vsmmu_ops = {
	.destroy = viommu_destroy,
	.alloc_domain_nested = smmu_nested_alloc,
	.cache_invalidate = smmu_guestcmd_invalidate,
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct smmu_vdevice, core),
	.vdevice_init = vdevice_init,
	.get_hw_queue_size = smmu_guest_queue_size,
	.hw_queue_init_phys = smmu_guest_queue_init,
};

/*
 * A guest must not be able to make the accesses of its device miss the caches, because the device
 * could then see what lies in memory behind them. Either stage 2 forces the accesses to be
 * cacheable, or the system does so for this device.
 */
size_t smmu_viommu_size(struct device *dev, enum iommu_viommu_type type)
{
	struct smmu_master *master = dev_iommu_priv_get(dev);
	struct smmu_device *smmu = &master->iommu->smmu;

	if (type != IOMMU_VIOMMU_TYPE_ARM_SMMUV3 &&
	    (type != IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV || !smmu_vintf_possible(smmu)))
		return 0;
	if (!smmu_has(smmu, SMMU_FEAT_NESTING))
		return 0;
	if (!smmu_has(smmu, SMMU_FEAT_S2FWB) && !master->canwbs)
		return 0;
	return VIOMMU_STRUCT_SIZE(struct smmu_vsmmu, core);
}

int smmu_viommu_init(struct iommufd_viommu *viommu, struct iommu_domain *parent,
		     const struct iommu_user_data *user_data)
{
	struct smmu_vsmmu *vsmmu = smmu_vsmmu_of(viommu);
	struct smmu_iommu *iommu = container_of(viommu->iommu_dev, struct smmu_iommu, core);
	bool has_queues = viommu->type == IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV, free;
	const char *why;
	int vmid, ret;

	if (user_data && !has_queues)
		return -EOPNOTSUPP;
	if (parent->ops != &smmu_paging_ops || !smmu_domain_of(parent)->nest_parent)
		return -EINVAL;
	if (!smmu_can_walk(&iommu->smmu.inst.feat, &smmu_domain_of(parent)->pt.needs, &why))
		return -EINVAL;
	vmid = smmu_tag_alloc_vmid(&iommu->smmu.inst);
	if (vmid == -ENOSPC) {
		mutex_lock(&smmu_arrays_mutex);
		smmu_arrays_reclaim_locked(&iommu->smmu.inst, SMMU_INV_S2_VMID);
		mutex_unlock(&smmu_arrays_mutex);
		vmid = smmu_tag_alloc_vmid(&iommu->smmu.inst);
	}
	if (vmid < 0)
		return vmid;

	__module_get(THIS_MODULE);
	vsmmu->iommu = smmu_iommu_get(iommu);
	vsmmu->parent = smmu_domain_of(parent);
	vsmmu->vmid = vmid;
	smmu_vevent_start(&vsmmu->events);
	ret = has_queues ? smmu_guest_queues_start(vsmmu, user_data, &free) : 0;
	if (ret) {
		put_vmid(vsmmu, free);
		smmu_iommu_put(vsmmu->iommu);
		module_put(THIS_MODULE);
		return ret;
	}
	/*
	 * this comes last: from here on iommufd calls viommu_destroy(), also where iommufd fails
	 * later
	 */
	viommu->ops = &vsmmu_ops;
	return 0;
}
