/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_iommu - one SMMU as it is registered with the IOMMU core.
 *
 * It joins the hardware (hw/device.h) with the IOMMU core's struct iommu_device, with the StreamIDs
 * that masters own, and with debugfs. Platform probe makes it. After platform remove no device
 * uses it, because the IOMMU core holds a module reference for each device. But vSMMUs may still
 * point to it; by then the SMMU is off and takes no command.
 */
#ifndef SMMU_DRV_IOMMU_H
#define SMMU_DRV_IOMMU_H

#include <linux/iommu.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/rwsem.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "drv/guest_stall.h"
#include "hw/device.h"

struct dentry;
struct iopf_queue;

/**
 * struct smmu_iommu - see the head of this file
 * @smmu: the hardware; the platform device's driver data
 * @ref: held from probe to remove, and by every master, vSMMU and nested domain
 * @core: what is registered with the IOMMU core
 * @node: in the list of all SMMUs, see iommu.c
 * @restart_lock: held for writing while the SMMU comes back, and for reading with every lock of a
 *	master, see master_lock.h
 * @shared_lock: lock of the masters that share StreamIDs, see master_lock.h
 * @streams_lock: protects @streams and @masters; outside smmu_arrays_mutex. Nobody waits for
 *	hardware while it is held, but for SMMU_BRIEF_US (smmu_resume()).
 * @streams: StreamID -> struct smmu_stream of its ruler, see streams.h; loads under RCU as well
 * @masters: struct smmu_master.node
 * @recover: smmu_ats_recover()
 * @restart: smmu_restart_work()
 * @restarting: smmu_restart() is at work
 * @asleep: from before the SMMU goes to sleep until its devices have power again: workers do
 *	nothing, and no device gets ATS. Written under the lock of ats_cut.c; READ_ONCE by others.
 * @slept_dead: it was shut when it went to sleep
 * @stayed_on: it was not put to sleep, so that devices can wake the machine
 * @retry_ms: time until the next try, see restart.h
 * @shut_at: when the SMMU was shut last (ktime_get_boottime())
 * @away_ms: for how long it was shut, all times together that are over
 * @shuts: number of times that it was shut
 * @guest_atc: held while a guest's ATC_INVs are under way, see guestcmd.c; outside every other lock
 * @guest_stalls: stalled transactions of guests
 * @iopf: the kernel's queue for page faults; NULL where the SMMU does not stall
 *	and devices may not use PRI
 * @page_faults: how many page faults went to a handler
 * @gates: smmu_gate_work()
 * @pri_credits: how many page requests devices may have under way, of those that there are for the
 *	SMMU; streams_lock
 * @vevents_lost: number of events of guests' devices that were not queued for the guest, because
 *	there was no room or no memory
 * @fault_limit: rate limit of event lines; each SMMU has its own, so that a noisy device does not
 *	hide the events of other SMMUs
 * @msi_base: where the window for MSIs is in domains of user space, 0 for nowhere; see resv.h
 * @debugfs: directory or error
 */
struct smmu_iommu {
	struct smmu_device smmu;
	struct kref ref;
	struct iommu_device core;
	struct list_head node;
	struct rw_semaphore restart_lock;
	struct mutex shared_lock;	/* masters that share StreamIDs */
	struct mutex streams_lock;	/* @streams, @masters */
	struct xarray streams;
	struct list_head masters;
	struct delayed_work recover;
	struct delayed_work restart;
	bool restarting;
	bool asleep;
	bool slept_dead;
	bool stayed_on;
	u32 retry_ms;
	ktime_t shut_at;
	u64 away_ms;
	atomic_t shuts;
	struct mutex guest_atc;	/* commands of guests with ATC_INVs */
	struct smmu_guest_stalls guest_stalls;
	struct iopf_queue *iopf;
	atomic_t page_faults;
	struct work_struct gates;
	u32 pri_credits;
	atomic_t vevents_lost;
	struct ratelimit_state fault_limit;
	u64 msi_base;
	struct dentry *debugfs;
};

static inline struct smmu_iommu *smmu_iommu_of(struct smmu_device *smmu)
{
	return container_of(smmu, struct smmu_iommu, smmu);
}

struct smmu_iommu *smmu_iommu_get(struct smmu_iommu *iommu);
void smmu_iommu_put(struct smmu_iommu *iommu);

/* Make the SMMU known to smmu_iommu_find(), or unknown again. Process context. */
void smmu_iommu_add(struct smmu_iommu *iommu);
void smmu_iommu_del(struct smmu_iommu *iommu);

/**
 * smmu_iommu_find() - find an SMMU by its firmware node
 * @fwnode: as an iommu_fwspec names it
 * Return: the SMMU or NULL. It stays valid while the caller's device is being probed, because an
 *	SMMU is removed only after it was unregistered, and unregistering waits for probes.
 */
struct smmu_iommu *smmu_iommu_find(const struct fwnode_handle *fwnode);

#endif
