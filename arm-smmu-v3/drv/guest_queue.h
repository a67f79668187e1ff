/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command queues that a guest drives itself, where the SMMU has a CMDQ-V companion: what iommufd
 * knows as a vIOMMU of type TEGRA241_CMDQV and its HW queues. hw/vintf.h has what hardware does.
 *
 * Such a vIOMMU is a vSMMU with a VINTF, which has the vSMMU's VMID. All else of the vSMMU is as
 * without one; commands that the queues do not take go through guestcmd.h.
 *
 * What the guest's queues send to a device passes by the driver: no array knows of it, and no
 * deadline runs for it. So a StreamID of the guest matches only while ATS of the device is on: it
 * stops matching, and a CMD_SYNC is waited for, before ATS goes off (ats.h). What becomes of an
 * ATC_INV whose StreamID matches nothing is not public: it is skipped, or is an error of that
 * queue. Nor is it public that a CMD_SYNC on the SMMU's own queue waits for ATC_INVs of other
 * queues, which this driver assumes.
 *
 * Errors of the queues go into the vEVENTQ of their type by a worker, because that may wait for
 * user memory, see vevent.h. The guest acknowledges them itself, so it can make errors without end:
 * there is a time between two reports, and until the next one its VINTF raises no interrupt.
 * Nothing says whose error an interrupt was for that is acknowledged already, so this is so for all
 * guests of the companion.
 *
 * Without iommufd's vIOMMUs (COMPAT_IOMMUFD) there are no such queues.
 */
#ifndef SMMU_DRV_GUEST_QUEUE_H
#define SMMU_DRV_GUEST_QUEUE_H

#include <linux/iommufd.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#if COMPAT_IOMMUFD

struct iommu_user_data;
struct smmu_device;
struct smmu_vdevice;
struct smmu_vintf;
struct smmu_vsmmu;

/**
 * struct smmu_guest_queues - what a struct smmu_vsmmu has for the queues of its guest
 * @vintf: the VINTF, or NULL: the guest has no queues of its own
 * @mmap: where user space maps the VINTF's page
 * @lock: serialises making and destroying queues
 * @all: the queues, by number
 * @errors: reports errors
 * @reported: when it did last, in jiffies
 */
struct smmu_guest_queues {
	struct smmu_vintf *vintf;
	unsigned long mmap;
	struct mutex lock;	/* @all */
	struct xarray all;
	struct delayed_work errors;
	unsigned long reported;
};

/**
 * smmu_guest_queues_info() - what a VMM may tell its guest
 * @smmu: SMMU
 * @length: out, bytes
 * Return: allocated, for the caller; -EOPNOTSUPP or -ENOMEM as an error pointer
 */
void *smmu_guest_queues_info(struct smmu_device *smmu, u32 *length);

/**
 * smmu_guest_queues_start() - give a new vSMMU a VINTF, and user space the page
 * @vsmmu: vSMMU with its VMID and its SMMU, which nothing uses yet
 * @data: from user space, struct iommu_viommu_tegra241_cmdqv: out, offset and length of the page
 * @free: out, where this fails: nothing uses the VMID
 *
 * Return: 0; -EINVAL without @data; -ENOSPC when no VINTF is free; -EIO or -EBUSY when the
 *	companion does not work; -EFAULT; -ENOMEM
 */
int smmu_guest_queues_start(struct smmu_vsmmu *vsmmu, const struct iommu_user_data *data,
			    bool *free);

/**
 * smmu_guest_queues_stop() - take the VINTF down
 * @vsmmu: vSMMU with or without a VINTF, whose queues are destroyed and whose page is not mapped
 *
 * May sleep. The caller holds no lock.
 * Return: false when hardware may use the VMID yet
 */
bool smmu_guest_queues_stop(struct smmu_vsmmu *vsmmu);

/* iommufd_viommu_ops. A size of 0 says that the vIOMMU has no such queues. */
size_t smmu_guest_queue_size(struct iommufd_viommu *viommu, enum iommu_hw_queue_type type);
int smmu_guest_queue_init(struct iommufd_hw_queue *core, u32 index, phys_addr_t base);

/**
 * smmu_guest_queues_join() - have the guest's StreamID of a device replaced
 * @vdev: vDEVICE with its @master; by a vSMMU with or without a VINTF
 *
 * Return: 0; -EINVAL when the StreamID has too many bits; -ENOSPC
 */
int smmu_guest_queues_join(struct smmu_vdevice *vdev);

/*
 * ATC_INVs of the guest reach the device from now on, while it has ATS. Its lock is held, and @vdev
 * is its vDEVICE.
 */
void smmu_guest_queues_match_locked(struct smmu_vdevice *vdev);

/* Undo smmu_guest_queues_join(), when ATC_INVs that are under way are done. May sleep. */
void smmu_guest_queues_leave(struct smmu_vdevice *vdev);

#endif

#endif
