/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_vsmmu - a guest's SMMU over one nest parent, behind one SMMU.
 *
 * It owns a VMID from its creation to its end, whatever is attached; nobody else finds or
 * shares it. Any number of them may sit over one parent, on one SMMU or on several. Devices
 * are attached through it with nested domains (nested.h), guest commands come in through it
 * (guestcmd.h), and faults of guests' stage 1 go out (vevent.h). Its life is in viommu.c.
 *
 * It and each nested domain hold a reference to the SMMU and to the module: they live until
 * their file descriptor is closed, and every device may have gone by then.
 *
 * Without CONFIG_IOMMUFD there are none.
 */
#ifndef SMMU_DRV_VSMMU_H
#define SMMU_DRV_VSMMU_H

#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/types.h>

#include "drv/vevent.h"

struct smmu_domain;
struct smmu_guest_stream;
struct smmu_iommu;
struct smmu_master;

/**
 * struct smmu_vsmmu - see the head of this file
 * @core: iommufd's part, first
 * @iommu: its SMMU, referenced
 * @parent: nest parent; iommufd keeps it alive for as long
 * @vmid: its own VMID
 * @events: on their way to the guest
 */
struct smmu_vsmmu {
	struct iommufd_viommu core;
	struct smmu_iommu *iommu;
	struct smmu_domain *parent;
	u16 vmid;
	struct smmu_vevents events;
};

/**
 * struct smmu_vdevice - a device as a guest knows it
 * @core: iommufd's part, first; its @virt_id is the vSID
 * @master: the device; iommufd destroys the vDEVICE before it lets the device go
 */
struct smmu_vdevice {
	struct iommufd_vdevice core;
	struct smmu_master *master;
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

#if IS_ENABLED(CONFIG_IOMMUFD)

/**
 * smmu_vsmmu_stream() - a stream of the guest as the host knows it
 * @vsmmu: the guest's SMMU
 * @vsid: any number
 * @out: filled where there is such a stream
 *
 * Under rcu_read_lock(), and an ATC_INV has to be issued before that is given back: @out->ats
 * stays true for that long. Nothing else is needed to keep what @out says.
 * Return: false where the guest has no such stream
 */
bool smmu_vsmmu_stream(struct smmu_vsmmu *vsmmu, u32 vsid, struct smmu_guest_stream *out);

/* Does the device have a vSID there? Attach mutex held. */
bool smmu_vsmmu_knows_locked(const struct smmu_vsmmu *vsmmu, const struct smmu_master *master);

/**
 * smmu_vsmmu_leave_locked() - the master's STE is about to become that of somebody else
 * @master: attach mutex held
 * @next: whose it will be, NULL for nobody's. Nothing to do where it is the same vSMMU's.
 *
 * From here on no guest hears of the master's faults.
 */
void smmu_vsmmu_leave_locked(struct smmu_master *master, const struct smmu_vsmmu *next);

/**
 * smmu_vsmmu_join() - the guest hears of the master's faults from now on
 * @master: attached through @vsmmu, which is confirmed; attach mutex not held
 * @vsmmu: the guest's SMMU
 *
 * What the SMMU has reported before belongs to whoever had the stream then: the event queue is
 * emptied first. Without a vSID there is nothing to do.
 */
void smmu_vsmmu_join(struct smmu_master *master, struct smmu_vsmmu *vsmmu);

#else

static inline void smmu_vsmmu_leave_locked(struct smmu_master *master,
					   const struct smmu_vsmmu *next)
{
}

#endif

#endif
