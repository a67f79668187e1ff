/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_vsmmu - a guest's SMMU over one nest parent, behind one SMMU.
 *
 * A vSMMU owns a VMID from its creation to its end, whatever is attached; no other vSMMU or domain
 * finds or shares that VMID. Any number of vSMMUs may sit over one parent, on one SMMU or on
 * several. Devices are attached through a vSMMU with nested domains (nested.h), guest commands come
 * in through it (guestcmd.h), and faults of guests' stage 1 go out through it (vevent.h). viommu.c
 * makes and destroys it.
 *
 * A vSMMU and each nested domain hold a reference to the SMMU and to the module, because they live
 * until their file descriptor is closed, and by then every device may have gone.
 *
 * Without iommufd's vIOMMUs (COMPAT_IOMMUFD) there are no vSMMUs.
 */
#ifndef SMMU_DRV_VSMMU_H
#define SMMU_DRV_VSMMU_H

#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#include "drv/guest_queue.h"
#include "drv/master.h"
#include "drv/vevent.h"

struct smmu_domain;
struct smmu_guest_stream;
struct smmu_iommu;

#if COMPAT_IOMMUFD

/**
 * struct smmu_vsmmu - see the head of this file
 * @core: iommufd's part, first
 * @iommu: the SMMU, referenced
 * @parent: nest parent; iommufd keeps it alive as long as the vSMMU
 * @vmid: the VMID that the vSMMU owns
 * @stalls: number of stalled transactions of its devices; iommu->guest_stalls.lock
 * @events: events that are to be delivered to the guest
 * @queues: command queues that the guest drives itself, if it has any
 */
struct smmu_vsmmu {
	struct iommufd_viommu core;
	struct smmu_iommu *iommu;
	struct smmu_domain *parent;
	u16 vmid;
	u32 stalls;
	struct smmu_vevents events;
	struct smmu_guest_queues queues;
};

/**
 * struct smmu_vdevice - a device as a guest knows it
 * @core: iommufd's part, first; its @virt_id is the vSID
 * @master: the device; iommufd destroys the vDEVICE before it lets the device go
 * @place: its place in the VINTF, if the vSMMU has one
 */
struct smmu_vdevice {
	struct iommufd_vdevice core;
	struct smmu_master *master;
	u32 place;
};

static inline struct smmu_vsmmu *smmu_vsmmu_of(struct iommufd_viommu *viommu)
{
	return container_of(viommu, struct smmu_vsmmu, core);
}

static inline struct smmu_vdevice *smmu_vdevice_of(struct iommufd_vdevice *vdevice)
{
	return container_of(vdevice, struct smmu_vdevice, core);
}

#if IS_ENABLED(CONFIG_KUNIT)
void smmu_vsmmu_pause(struct smmu_vsmmu *vsmmu);
#endif

/**
 * smmu_vsmmu_stream() - look up a stream of the guest
 * @vsmmu: the guest's SMMU
 * @vsid: any number
 * @out: filled with the stream as the host knows it, where there is such a stream
 *
 * Called under rcu_read_lock(). An ATC_INV has to be issued before the lock is given back, because
 * @out->ats stays true only for that long. Nothing else is needed to keep what @out says.
 * Return: false where the guest has no such stream
 */
bool smmu_vsmmu_stream(struct smmu_vsmmu *vsmmu, u32 vsid, struct smmu_guest_stream *out);

/* Does the device have a vSID in this vSMMU? */
bool smmu_vsmmu_knows_locked(const struct smmu_vsmmu *vsmmu, const struct smmu_master *master);

/* The guest is told of no event of the master any more; for smmu_vsmmu_leave_locked() */
void smmu_vsmmu_stop_events_locked(struct smmu_master *master);

/**
 * smmu_vsmmu_leave_locked() - tell no guest of the master's faults any more
 * @master: its STE is about to change
 * @next: the vSMMU through which the master will be attached, or NULL. If it is the vSMMU that the
 *	master has already, there is nothing to do.
 */
static inline void smmu_vsmmu_leave_locked(struct smmu_master *master,
					   const struct smmu_vsmmu *next)
{
	if (master->vsmmu && master->vsmmu != next)
		smmu_vsmmu_stop_events_locked(master);
}

/**
 * smmu_vsmmu_join() - tell the guest of the master's faults from now on
 * @master: attached through @vsmmu, and that is confirmed; its lock is not held
 * @vsmmu: the guest's SMMU
 *
 * Events that the SMMU has reported before belong to the previous user of the stream, so the event
 * queue is emptied first. Does nothing for a device without a vSID.
 */
void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu);

#else

static inline void smmu_vsmmu_leave_locked(struct smmu_master *master,
					   const struct smmu_vsmmu *next)
{
}

#endif

#endif
