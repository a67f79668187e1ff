/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_binding - a master's RID, or one of its PASIDs, bound to a domain: the tag by which
 * the SMMU knows the domain, and the entries in the domain's array.
 *
 * A binding knows arrays and tags, and nothing of STEs, CDs or the state of the device: that is
 * what change.h puts together.
 *
 * Entering a domain gets the tag and brings the domain's array to where it includes the binding.
 * It may fail, and nothing has changed then. From there on every walk of the domain invalidates
 * for the binding, although no STE and no CD leads to the page table yet: that is harmless, the
 * other order would not be (walk.h). Leaving cannot fail and does not allocate.
 *
 * Everything here is protected by smmu_attach_mutex.
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
 * @master: whose
 * @domain: paging domain, SVA domain or nest parent; NULL for none (identity, blocked, abort)
 * @node: in domain->bindings
 * @tag: tag in use with @domain
 * @ssid: SubstreamID, 0 for the RID
 * @ats: its ATS entries in the array are live
 * @iopf: its faults may stall and are answered, see iopf.h
 */
struct smmu_binding {
	struct smmu_master *master;
	struct smmu_domain *domain;
	struct list_head node;
	struct smmu_tag tag;
	u32 ssid;
	bool ats;
	bool iopf;
};

/**
 * smmu_binding_reserve() - memory for the bindings of a new master
 * @nr_sids: how many StreamIDs the master has
 *
 * Once for each master, before the first of the calls below for it. Process context, takes
 * smmu_attach_mutex.
 * Return: 0 or -ENOMEM
 */
int smmu_binding_reserve(u32 nr_sids);

/* No master is left: give the memory back */
void smmu_binding_exit(void);

/**
 * smmu_binding_enter_locked() - from here on walks of the domain include the binding
 * @next: @master, @domain, @ssid and @ats filled. @tag too where it is a vSMMU's; else
 *	tag.inst is NULL and the tag is found or allocated.
 * @ats_later: ATS is off and is to go on: its entries get their place, but no walk sees them
 *	before smmu_binding_add_ats_locked()
 *
 * Ends with the barrier between the array and the CD or STE, see walk.h.
 * Return: 0, -ENOSPC without a free tag, -ENOMEM; on error nothing has changed
 */
int smmu_binding_enter_locked(struct smmu_binding *next, bool ats_later);

/**
 * smmu_binding_leave_locked() - out of the domain: entries out of its array, tag flushed
 * @binding: no CD and no STE leads to the domain through it any more, and that is confirmed
 *
 * Does nothing where there is no domain. A tag whose flush is not confirmed is withheld.
 */
void smmu_binding_leave_locked(struct smmu_binding *binding);

/**
 * smmu_binding_drop_ats_locked() - the stream has lost ATS, the binding stays
 * @binding: its ATS entries leave the array, its TLB entries stay
 *
 * Readers may still have the ATS entries in hand: the caller waits for them.
 */
void smmu_binding_drop_ats_locked(struct smmu_binding *binding);

/**
 * smmu_binding_add_ats_locked() - ATS goes on: walks see the ATS entries from here on
 * @binding: the entries have their place in the array, so no memory is needed
 *
 * Ends with the barrier between the array and the device.
 * Return: false when the entries have no place: ATS must stay off then
 */
bool smmu_binding_add_ats_locked(struct smmu_binding *binding);

/**
 * smmu_binding_forget_ats_locked() - nobody comes back to a domain that was left
 * @binding: its stream and SubstreamID
 * @left: the domain. Its array has parked ATS entries of @binding, if @binding had ATS, or live
 *	ones if @binding has entered it again: those stay.
 */
void smmu_binding_forget_ats_locked(const struct smmu_binding *binding,
				    struct smmu_domain *left);

/* Make @binding what @next has become; @binding has left its domain */
void smmu_binding_set_locked(struct smmu_binding *binding, const struct smmu_binding *next);

#endif
