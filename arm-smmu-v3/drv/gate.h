/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gate of a binding: may faults that stall (iopf.h) and page requests (pri.h) reach the
 * kernel's I/O page fault layer?
 *
 * That layer finds the domain of a fault in the group's list, where the IOMMU core puts it only
 * after the driver's callback. So while the domain of a RID, or of a PASID that is replaced,
 * changes, the layer could still find the old domain and its handle, which the core frees next. A
 * gate closes before the domain is left, and whoever closes it waits for a fault that is just
 * passing. It is opened by a worker that has waited for the group's mutex, under which the core
 * makes the change. Until then a fault is tried again: the SMMU, or the device, reports it anew. A
 * PASID that comes into the list new cannot lead to an old domain, and its gate opens at once.
 *
 * Faults of a guest's stage 1 do not come to a gate. They have states of their own, guest_stall.h.
 */
#ifndef SMMU_DRV_GATE_H
#define SMMU_DRV_GATE_H

#include <linux/types.h>

struct smmu_binding;
struct smmu_iommu;
struct smmu_master;
struct work_struct;

/* struct smmu_binding.gate */
enum smmu_gate {
	SMMU_GATE_CLOSED,	/* nothing reaches the domain */
	SMMU_GATE_RETRY,	/* a moment later */
	SMMU_GATE_OPEN,
};

/**
 * smmu_gate_close_locked() - let no fault of a binding reach its domain any more
 * @binding: may or may not have had an open gate
 *
 * Called under the lock of the master. Takes streams_lock, so that what has found the gate open has
 * been reported when this function returns.
 */
void smmu_gate_close_locked(struct smmu_binding *binding);

/**
 * smmu_gate_open_locked() - the binding has entered a domain
 * @binding: in its domain
 * @fresh: it is a PASID that was attached to nothing before; else the worker opens the gate
 *
 * Called under the lock of the master, takes streams_lock. Does nothing where @binding->iopf is not
 * set.
 */
void smmu_gate_open_locked(struct smmu_binding *binding, bool fresh);

/**
 * smmu_gate_of() - what may become of a fault
 * @master: owner of the stream; streams_lock is held, and as long as it is, the answer holds, or
 *	becomes SMMU_GATE_OPEN
 * @ssv: the fault has a SubstreamID
 * @ssid: the SubstreamID
 *
 * Takes smmu_arrays_mutex, because a PASID may be detached for good at any time.
 * Return: SMMU_GATE_*
 */
enum smmu_gate smmu_gate_of(struct smmu_master *master, bool ssv, u32 ssid);

/* The work function of iommu->gates: open gates that wait. Process context, no lock held. */
void smmu_gate_work(struct work_struct *work);

/* Have it run; suites replace this function */
void smmu_gate_open_later(struct smmu_iommu *iommu);

#endif
