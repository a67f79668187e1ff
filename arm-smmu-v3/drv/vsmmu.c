// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/guest.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/vsmmu.h"
#include "hw/recordq.h"

/* Tests hold a look-up here: it has found the vDEVICE and has read nothing of it yet */
VISIBLE_IF_KUNIT noinline void smmu_vsmmu_pause(struct smmu_vsmmu *vsmmu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_vsmmu_pause, vsmmu);
}

/* The lock of the xarray keeps the vDEVICE, and with it the master */
bool smmu_vsmmu_stream(struct smmu_vsmmu *vsmmu, u32 vsid, struct smmu_guest_stream *out)
{
	const struct smmu_master *master;
	struct iommufd_vdevice *vdev;

	xa_lock(&vsmmu->core.vdevs);
	vdev = xa_load(&vsmmu->core.vdevs, vsid);
	if (vdev) {
		smmu_vsmmu_pause(vsmmu);
		master = smmu_vdevice_of(vdev)->master;
		out->sid = master->sids[0];
		out->ssid_bits = master->ssid_bits;
		/* pairs with WRITE_ONCE() in ats.c */
		out->ats = READ_ONCE(master->ats_on);
	}
	xa_unlock(&vsmmu->core.vdevs);
	return vdev;
}

bool smmu_vsmmu_knows_locked(const struct smmu_vsmmu *vsmmu, const struct smmu_master *master)
{
	smmu_master_assert(master);

	return master->vdev && master->vdev->core.viommu == &vsmmu->core;
}

static void set_listener(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	smmu_master_assert(master);

	mutex_lock(&master->iommu->streams_lock);
	master->vsmmu = vsmmu;
	master->vsid = vsmmu ? master->vdev->core.virt_id : 0;
	mutex_unlock(&master->iommu->streams_lock);
}

void smmu_vsmmu_stop_events_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	set_listener(master, NULL);
}

void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	bool joins;

	smmu_master_lock(master);
	joins = master->vsmmu != vsmmu && smmu_vsmmu_knows_locked(vsmmu, master);
	smmu_master_unlock(master);
	if (!joins)
		return;
	/*
	 * the event thread's callbacks may take the lock, so it is not held here; see
	 * iopf.h
	 */
	smmu_evtq_drain(&master->iommu->smmu);
	smmu_master_lock(master);
	/* the vDEVICE may have gone meanwhile; the device has not been attached to anything else */
	if (smmu_vsmmu_knows_locked(vsmmu, master))
		set_listener(master, vsmmu);
	smmu_master_unlock(master);
}
