// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "core/guest.h"
#include "drv/arrays.h"
#include "drv/iommu.h"
#include "drv/master.h"
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
	lockdep_assert_held(&smmu_attach_mutex);

	return master->vdev && master->vdev->core.viommu == &vsmmu->core;
}

static void set_listener(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	lockdep_assert_held(&smmu_attach_mutex);

	mutex_lock(&master->iommu->streams_lock);
	master->vsmmu = vsmmu;
	master->vsid = vsmmu ? master->vdev->core.virt_id : 0;
	mutex_unlock(&master->iommu->streams_lock);
}

void smmu_vsmmu_forget_locked(struct smmu_master *master)
{
	lockdep_assert_held(&smmu_attach_mutex);

	set_listener(master, NULL);
}

void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu)
{
	bool joins;

	mutex_lock(&smmu_attach_mutex);
	joins = master->vsmmu != vsmmu && smmu_vsmmu_knows_locked(vsmmu, master);
	mutex_unlock(&smmu_attach_mutex);
	if (!joins)
		return;
	/*
	 * the event thread's callbacks may take the attach mutex, so it is not held here; see
	 * iopf.h
	 */
	smmu_evtq_drain(&master->iommu->smmu);
	mutex_lock(&smmu_attach_mutex);
	/* the vDEVICE may have gone meanwhile; the device has not been attached to anything else */
	if (smmu_vsmmu_knows_locked(vsmmu, master))
		set_listener(master, vsmmu);
	mutex_unlock(&smmu_attach_mutex);
}
