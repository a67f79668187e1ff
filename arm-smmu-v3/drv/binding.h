/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_binding - a master's RID, or one of its PASIDs, bound to a domain. It consists of
 * the tag by which the SMMU knows the domain, and of the entries in the domain's array.
 *
 * The code of bindings knows arrays and tags. It knows nothing of STEs, CDs or the state of the
 * device; change.h combines these with bindings.
 *
 * To enter a domain, a binding gets the tag, and then the domain's array gets the binding's
 * entries. This may fail, and then nothing has changed. From there on every walk of the domain
 * invalidates for the binding, although no STE or CD leads to the page table yet (why: walk.h).
 * Leaving a domain cannot fail and does not allocate.
 *
 * A binding is its master's: the functions here are called under the master's lock, except where
 * they say otherwise. What a binding says of its domain is written under smmu_arrays_mutex as well,
 * so that either of the two is enough to read it.
 */
#ifndef SMMU_DRV_BINDING_H
#define SMMU_DRV_BINDING_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/tag.h"

struct smmu_array;
struct smmu_domain;
struct smmu_master;

/**
 * struct smmu_binding - see the head of this file
 * @master: the device that is bound
 * @domain: paging domain, SVA domain or nest parent; NULL for none (identity, blocked, abort)
 * @node: in domain->bindings, from the moment that the binding enters the domain's array
 * @tag: tag by which the SMMU knows @domain
 * @ssid: SubstreamID, 0 for the RID
 * @ats: the binding's ATS entries in the array are live
 * @iopf: faults of the binding are answered, see iopf.h
 * @gate: enum smmu_gate: may its faults reach the domain; streams_lock. Of a master's RID or PASID
 *	only, and not of a binding that is being made.
 * @cd_dead: the mm of the domain has exited, and the CD translates nothing
 */
struct smmu_binding {
	struct smmu_master *master;
	struct smmu_domain *domain;
	struct list_head node;
	struct smmu_tag tag;
	u32 ssid;
	bool ats;
	bool iopf;
	u8 gate;
	bool cd_dead;
};

/**
 * smmu_binding_reserve() - allocate memory for the bindings of a new master
 * @nr_sids: how many StreamIDs the master has
 *
 * Called once for each master, before any other function of this file is called for it. Process
 * context, takes smmu_arrays_mutex.
 * Return: 0 or -ENOMEM
 */
int smmu_binding_reserve(u32 nr_sids);

/* Give the memory back. No master is left. */
void smmu_binding_exit(void);

/**
 * smmu_binding_enter_locked() - from here on walks of the domain invalidate for the binding
 * @next: the caller has filled @master, @domain, @ssid and @ats. The caller has filled @tag too
 *	where the tag is a vSMMU's; else tag.inst is NULL, and the tag is found or allocated.
 * @ats_later: ATS is off and is about to go on. The ATS entries get their place in the array, but
 *	no walk sees them before smmu_binding_add_ats_locked().
 *
 * From here on @next itself is in the list of the domain's bindings. Takes smmu_arrays_mutex. Ends
 * with the barrier between the array and the CD or STE, see walk.h. Waits for the SMMU only where
 * the tag is just being flushed for somebody who has left.
 * Return: 0, -EINVAL for a device that may access memory without coherency where the domain was
 *	promised not to have one, -ENOSPC without a free tag, -ENOMEM; on error nothing has changed
 */
int smmu_binding_enter_locked(struct smmu_binding *next, bool ats_later);

/**
 * smmu_binding_move_locked() - leave the domain, and become what has entered another one
 * @binding: no CD and no STE leads to its domain through this binding any more, and that is
 *	confirmed. It may have no domain.
 * @next: what @binding becomes a copy of; NULL where it only leaves
 *
 * The entries are removed from the array of the domain that is left, and its tag is flushed. A tag
 * whose flush is not confirmed is withheld. Takes smmu_arrays_mutex, and waits for the flush
 * without it.
 */
void smmu_binding_move_locked(struct smmu_binding *binding, struct smmu_binding *next);

/**
 * smmu_binding_drop_ats_locked() - remove the ATS entries, because the stream has lost ATS
 * @binding: stays in the domain; its ATS entries leave the array, its TLB entries stay
 *
 * Readers may still be using the ATS entries, so the caller waits for a grace period.
 */
void smmu_binding_drop_ats_locked(struct smmu_binding *binding);

/**
 * smmu_binding_add_ats_locked() - make the ATS entries live, because ATS goes on
 * @binding: its ATS entries have their place in the array already, so no memory is needed
 *
 * From here on walks see the entries. Ends with the barrier between the array and the device.
 * Return: false when the entries have no place in the array; then ATS must stay off
 */
bool smmu_binding_add_ats_locked(struct smmu_binding *binding);

/**
 * smmu_binding_forget_ats_locked() - forget the ATS entries in a domain that was left for good
 * @binding: says which stream and SubstreamID
 * @left: the domain. If @binding had ATS, the domain's array has parked ATS entries of @binding.
 *	If @binding has entered the domain again, these entries are live, and they stay.
 *
 * smmu_arrays_mutex is held.
 */
void smmu_binding_forget_ats_locked(const struct smmu_binding *binding,
				    struct smmu_domain *left);

#endif
