/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_iommu - one SMMU as the IOMMU core's provider.
 *
 * Joins the hardware (hw/device.h) with the core's struct iommu_device, the StreamIDs
 * that masters own, and debugfs. Made by platform probe. After platform remove no device
 * uses it (the core holds a module reference for each), but vSMMUs may still name it: what is
 * left of it then is an SMMU that is off and takes no command.
 */
#ifndef SMMU_DRV_IOMMU_H
#define SMMU_DRV_IOMMU_H

#include <linux/iommu.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "hw/device.h"

struct dentry;
struct iopf_queue;

/**
 * struct smmu_iommu
 * @smmu: the hardware; the platform device's driver data
 * @ref: probe to remove, and every vSMMU and nested domain
 * @core: what is registered with the IOMMU core
 * @node: in the list of hosts
 * @streams_lock: protects @streams and @masters; inside smmu_attach_mutex
 * @streams: StreamID -> struct smmu_stream of its ruler, see streams.h; loads under RCU as well
 * @masters: struct smmu_master.node
 * @recover: smmu_ats_recover()
 * @iopf: the kernel's queue for page faults; NULL where nothing stalls
 * @page_faults: how many went to a handler
 * @vevents_lost: events of guests' devices that found no room on their way to the guest
 * @fault_limit: of its event lines: a noisy device must not hide those behind other SMMUs
 * @debugfs: directory or error
 */
struct smmu_iommu {
	struct smmu_device smmu;
	struct kref ref;
	struct iommu_device core;
	struct list_head node;
	struct mutex streams_lock;	/* @streams, @masters */
	struct xarray streams;
	struct list_head masters;
	struct delayed_work recover;
	struct iopf_queue *iopf;
	atomic_t page_faults;
	atomic_t vevents_lost;
	struct ratelimit_state fault_limit;
	struct dentry *debugfs;
};

static inline struct smmu_iommu *smmu_iommu_of(struct smmu_device *smmu)
{
	return container_of(smmu, struct smmu_iommu, smmu);
}

struct smmu_iommu *smmu_iommu_get(struct smmu_iommu *iommu);
void smmu_iommu_put(struct smmu_iommu *iommu);

/* Known to smmu_iommu_find() from here on, or not any more. Process context. */
void smmu_iommu_add(struct smmu_iommu *iommu);
void smmu_iommu_del(struct smmu_iommu *iommu);

/**
 * smmu_iommu_find() - by firmware node
 * @fwnode: as an iommu_fwspec names it
 * Return: the host or NULL. Stays valid while the caller's device is being probed: an
 *	SMMU is removed only after unregistering, which waits for probes.
 */
struct smmu_iommu *smmu_iommu_find(const struct fwnode_handle *fwnode);

#endif
