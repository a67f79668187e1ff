/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_master - a device behind an SMMU: its StreamIDs and what it is attached to.
 *
 * Made by probe_device, freed by release_device. What attach, detach and release need
 * is allocated when the master is added, at its largest, so that detaching never
 * allocates.
 */
#ifndef SMMU_DRV_MASTER_H
#define SMMU_DRV_MASTER_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "drv/binding.h"
#include "hw/cdtab.h"

struct device;
struct iommu_device;
struct iommu_group;
struct smmu_iommu;
struct smmu_stream;
struct smmu_vdevice;
struct smmu_vsmmu;

/* What becomes of requests without a PASID */
enum smmu_rid_kind {
	SMMU_RID_BLOCKED,
	SMMU_RID_IDENTITY,
	SMMU_RID_S1,
	SMMU_RID_S2,
	SMMU_RID_NESTED,
};

/* Requests without PASID need no CD table of their own: the STE changes with PASIDs */
static inline bool smmu_rid_is_static(enum smmu_rid_kind kind)
{
	return kind == SMMU_RID_BLOCKED || kind == SMMU_RID_IDENTITY;
}

/**
 * struct smmu_master
 * @dev: the device
 * @iommu: its SMMU
 * @node: in iommu->masters; iommu->streams_lock
 * @ssid_bits: PASIDs that it and its SMMU have, as bits; 0 for none
 * @can_stall: its faults may wait for an answer; constant
 * @canwbs: firmware promises that its accesses are always cacheable write-back; constant
 * @ats_capable: its requests may be answered with translations; from when it is probed until
 *	it has to share a StreamID, which comes before ATS was ever on
 * @ats_global: an ATC_INV with the Global flag reaches what it holds under any PASID; constant
 * @ats_required: without ATS it does not work; constant
 *
 * Under smmu_attach_mutex:
 * @kind: of requests without PASID
 * @rid: where they go
 * @vdev: what a guest knows it as, or NULL
 * @nested_id: number of the nested domain that it was given last, however often it was blocked
 *	since; 0 when it was given something else since
 * @nested_before: the same before that: what the core goes back to when another device of the
 *	group cannot follow
 * @pasids: SubstreamID -> struct smmu_binding. Some that have left their domain stay, so that
 *	coming back after a reset needs no memory, see pasid.c; all go with the master.
 * @nr_pasids: of these, attached ones
 * @idle: the others, longest first
 * @nr_idle: how many
 * @max_idle: most PASIDs attached at a time since requests without PASID are blocked
 * @cdtab: CD table, from the first stage-1 or PASID attach on
 * @ats_on: ATS is on in the device and in its STEs. Written under the mutex; READ_ONCE
 *	by guest commands, which an RCU reader lock keeps from outliving it.
 * @attached: it has been attached to something
 * @shared: other devices have, or had, one of its StreamIDs; see streams.h
 * @ats_failed: it left an ATC_INV unanswered and is cut off until it is attached anew
 * @nr_iopf: attachments of it with faults that are answered, and @iopf_left; read by the event
 *	thread, and 0 only under streams_lock as well
 * @iopf_left: of these, left ones whose last faults may still be under way
 *
 * Under iommu->streams_lock, written with smmu_attach_mutex as well:
 * @vsmmu: whose guest hears of its faults: @vdev is of that one
 * @vsid: its StreamID there
 *
 * Atomic:
 * @ats_cut: ATS and bus mastering were taken away in config space, see ats.h, ats_pci.h
 *
 * @nr_sids: how many
 * @streams: its place among the owners of each
 * @sids: StreamIDs, sorted, no duplicates
 */
struct smmu_master {
	struct device *dev;
	struct smmu_iommu *iommu;
	struct list_head node;
	u8 ssid_bits;
	bool can_stall;
	bool canwbs;
	bool ats_capable;
	bool ats_global;
	bool ats_required;

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
	bool shared;
	bool ats_on;
	bool ats_failed;
	u32 nr_iopf;
	u32 iopf_left;

	struct smmu_vsmmu *vsmmu;
	u32 vsid;

	unsigned long ats_cut;

	u32 nr_sids;
	struct smmu_stream *streams;
	u32 sids[] __counted_by(nr_sids);
};

struct iommu_device *smmu_master_probe(struct device *dev);
/*
 * The core's device_group: one group for all that share a StreamID, else what the bus says.
 * ERR_PTR(-ENODEV), with a line, where that is several.
 */
struct iommu_group *smmu_master_group(struct device *dev);
void smmu_master_release(struct device *dev);

#endif
