/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_master - a device behind an SMMU: its StreamIDs and what it is attached to.
 *
 * smmu_master_probe() makes it, smmu_master_release() frees it. Memory that attach, detach and
 * release need is allocated when the master is added, in its largest size, so that detaching never
 * allocates.
 */
#ifndef SMMU_DRV_MASTER_H
#define SMMU_DRV_MASTER_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "drv/binding.h"
#include "drv/guest_stall.h"
#include "drv/iommu.h"
#include "hw/cdtab.h"

struct device;
struct iommu_device;
struct iommu_group;
struct smmu_pri;
struct smmu_stream;
struct smmu_vdevice;
struct smmu_vintf;
struct smmu_vsmmu;

/* What requests without a PASID go through */
enum smmu_rid_kind {
	SMMU_RID_BLOCKED,
	SMMU_RID_IDENTITY,
	SMMU_RID_S1,
	SMMU_RID_S2,
	SMMU_RID_NESTED,
};

/*
 * Do requests without PASID need no CD table of their own? Then the STE changes when the first
 * PASID is attached and when the last one is detached.
 */
static inline bool smmu_rid_is_static(enum smmu_rid_kind kind)
{
	return kind == SMMU_RID_BLOCKED || kind == SMMU_RID_IDENTITY;
}

/**
 * struct smmu_master - see the head of this file
 * @dev: the device
 * @iommu: the SMMU of the device, referenced
 * @node: in iommu->masters; iommu->streams_lock
 * @ref: held from probe to release, and by those who have found the master and take its lock
 * @lock: see master_lock.h: @own_lock, or iommu->shared_lock
 * @own_lock: lock of a master that shares no StreamID
 * @ssid_bits: number of SubstreamID bits that both the device and the SMMU have; 0 for none
 * @can_stall: faults of the device may wait for an answer; constant
 * @canwbs: firmware promises that accesses of the device are always cacheable write-back; constant
 * @bridge: the device is a PCI bridge; constant
 * @ats_capable: the device can have ATS, where @principal lets it; constant
 * @ats_global: an ATC_INV with the Global flag reaches what the ATC holds under any PASID; constant
 * @ats_required: the device does not work without ATS; constant
 * @ats_always: such a device has ATS in identity, too, see ats.h; cleared when it is released
 * @linked: it holds a device link to the SMMU, see sleep.h; constant
 * @cxl: offset of the DVSEC with the device's Cache_Enable, 0 for none: ats_pci.h; constant
 * @pri: PRI of the device, NULL where it cannot use PRI; constant, freed with the master
 *
 * Under the lock of the master:
 * @gone: the device was released
 * @kind: what requests without PASID go through
 * @rid: binding of requests without PASID; what it says of its domain is under smmu_arrays_mutex
 *	as well
 * @vdev: vDEVICE by which a guest knows the device, or NULL
 * @nested_id: number of the nested domain that the master was attached to last, whether or not it
 *	was blocked since; 0 when it was attached to anything else since
 * @nested_before: the value that @nested_id had before. The IOMMU core goes back to that
 *	domain when another device of the group cannot follow.
 * @pasids: SubstreamID -> struct smmu_binding. Some that have left their domain stay, so that
 *	coming back after a reset needs no memory, see pasid.c. All go with the master. Written
 *	under smmu_arrays_mutex as well.
 * @nr_pasids: number of bindings in @pasids that are attached
 * @idle: the PASIDs in @pasids that are not attached; the one that has been idle longest is first
 * @nr_idle: number of PASIDs in @idle
 * @max_idle: largest number of PASIDs that were attached at a time since requests without PASID
 *	were blocked
 * @cdtab: CD table, from the first stage-1 or PASID attach on; for StreamIDs that only this master
 *	has, or has had: see streams.h
 * @ats_on: ATS is on in the device and in its STEs. Written under the lock; guest commands read it
 *	with READ_ONCE() under rcu_read_lock(), and turning ATS off waits for these readers.
 * @attached: the device has been attached to something
 * @unfinished: its first attach is not done, see change.h
 * @shared: other devices have one of the device's StreamIDs; see streams.h
 * @principal: the device may have ATS and PASIDs; likewise
 * @ats_failed: the device was cut off, and its STEs abort until smmu_ats_end_failed_locked()
 * @ats_suspended: between smmu_ats_suspend_locked() and smmu_ats_resume_locked()
 * @ats_failures: how often that was, since the device was added or an administrator has cleared it
 * @forgiven: an administrator has cleared it, and the next attach ends it
 * @nr_iopf: number of bindings whose faults are answered, including @iopf_left. The event thread
 *	reads it. It becomes 0 only under streams_lock as well.
 * @iopf_left: number of these that have left their domain, while their last faults may still be
 *	under way
 * @gates_wait: a gate of its bindings waits for the worker, gate.h; streams_lock
 *
 * @finish: smmu_change_finish_work()
 * @stalls: stalls under a guest's stage 1; see there for its locks
 *
 * Under iommu->streams_lock, written with the lock of the master as well:
 * @vsmmu: the vSMMU whose guest is told of the device's faults; @vdev belongs to it
 * @vsid: StreamID of the device in that guest
 *
 * Atomic:
 * @ats_cut: what was taken away in config space, see ats.h, ats_pci.h
 *
 * Under the lock of ats_cut.c:
 * @slow_us: what the device has made the queue stand, less what is forgiven
 * @slow_most_us: the longest answer in it
 * @slow_at: when that was
 * @cut_at: when the device was cut off last (ktime_get_boottime())
 * @cut_why: enum smmu_cut_why
 * @vintf: where a guest has queues of its own (guest_queue.h), in which its StreamID matches while
 *	ATS is on; else NULL
 * @vintf_place: the StreamID's place there
 *
 * @nr_sids: number of StreamIDs
 * @streams: for each StreamID, the master's place among its owners
 * @sids: StreamIDs, sorted, no duplicates
 */
struct smmu_master {
	struct device *dev;
	struct smmu_iommu *iommu;
	struct list_head node;
	struct kref ref;
	struct mutex *lock;	/* see master_lock.h */
	struct mutex own_lock;	/* likewise */
	u8 ssid_bits;
	bool can_stall;
	bool canwbs;
	bool bridge;
	bool ats_capable;
	bool ats_global;
	bool ats_required;
	bool ats_always;
	bool linked;
	u16 cxl;
	struct smmu_pri *pri;

	bool gone;
	enum smmu_rid_kind kind;
	struct smmu_binding rid;
	struct smmu_vdevice *vdev;
	u64 nested_id;
	u64 nested_before;
	struct xarray pasids;
	u32 nr_pasids;
	struct list_head idle;
	u32 nr_idle;
	u32 max_idle;
	struct smmu_cdtab cdtab;
	bool attached;
	bool unfinished;
	bool shared;
	bool principal;
	bool ats_on;
	bool ats_failed;
	bool forgiven;
	bool ats_suspended;
	u32 ats_failures;
	u32 nr_iopf;
	u32 iopf_left;
	bool gates_wait;
	struct work_struct finish;
	struct smmu_stalls_of stalls;

	struct smmu_vsmmu *vsmmu;
	u32 vsid;

	unsigned long ats_cut;

	u64 slow_us;
	u64 slow_most_us;
	ktime_t slow_at;
	ktime_t cut_at;
	u8 cut_why;
	struct smmu_vintf *vintf;
	u32 vintf_place;

	u32 nr_sids;
	struct smmu_stream *streams;
	u32 sids[] __counted_by(nr_sids);
};

/*
 * Are all accesses of the device coherent, whatever the device and a guest that drives it want?
 * Firmware promises that for a device, and behind an SMMU that is not coherent the promise counts
 * for nothing: dev_capable() does not even offer IOMMU_CACHE there.
 */
static inline bool smmu_master_is_coherent(const struct smmu_master *master)
{
	return master->canwbs && smmu_has(&master->iommu->smmu, SMMU_FEAT_COHERENT);
}

struct iommu_device *smmu_master_probe(struct device *dev);
/*
 * iommu_ops.device_group: devices that share a StreamID get the same group, other devices the group
 * that their bus gives them. Where both together ask for several groups, the result is
 * ERR_PTR(-ENODEV), with a line logged.
 */
struct iommu_group *smmu_master_group(struct device *dev);
void smmu_master_release(struct device *dev);

/* Return: position of a StreamID among those of the master, @nr_sids where it is none of them */
static inline u32 smmu_master_index_of(const struct smmu_master *master, u32 sid)
{
	u32 i = 0;

	while (i < master->nr_sids && master->sids[i] != sid)
		i++;
	return i;
}

#endif
