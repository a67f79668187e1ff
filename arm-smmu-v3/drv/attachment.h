/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_attachment - what a master's RID, or one of its PASIDs, is attached to,
 * and the entries that this puts into the domain's array.
 *
 * Entering a domain has two halves. Prepare gets the tag and brings the array to where it
 * includes the attachment; it may fail, and then nothing has changed. From there on every
 * walk of the domain invalidates for the attachment, although no STE and no CD leads to the
 * page table yet: harmless, the other way round would not be. Leaving cannot fail and does not
 * allocate.
 *
 * Everything here is under smmu_attach_mutex.
 */
#ifndef SMMU_DRV_ATTACHMENT_H
#define SMMU_DRV_ATTACHMENT_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/tag.h"

struct smmu_array;
struct smmu_domain;
struct smmu_master;

/**
 * struct smmu_attachment
 * @master: whose
 * @domain: paging domain, SVA domain or nest parent; NULL for none (identity, blocked, abort)
 * @node: in domain->attached
 * @tag: tag in use with @domain
 * @ssid: SubstreamID, 0 for the RID
 * @ats: its ATS entries in the array are live
 * @iopf: its faults may stall and are answered, see iopf.h
 */
struct smmu_attachment {
	struct smmu_master *master;
	struct smmu_domain *domain;
	struct list_head node;
	struct smmu_tag tag;
	u32 ssid;
	bool ats;
	bool iopf;
};

/**
 * smmu_attachment_reserve() - memory for the attachments of a new master
 * @nr_sids: how many StreamIDs it has
 *
 * Once for each master, before the first of the calls below for it. Process context, takes
 * smmu_attach_mutex.
 * Return: 0 or -ENOMEM
 */
int smmu_attachment_reserve(u32 nr_sids);

/* No master is left: give the memory back */
void smmu_attachment_exit(void);

/**
 * smmu_attachment_enter() - from here on walks of the domain include it
 * @next: @master, @domain, @ssid and @ats filled. @tag too where it is a vSMMU's; else
 *	tag.inst is NULL and the tag is found or allocated.
 * @ats_later: ATS is off and is to go on: its entries get their place, but no walk sees them
 *	before smmu_attachment_add_ats()
 *
 * Ends with the barrier between the array and the CD or STE, see walk.h.
 * Return: 0, -ENOSPC without a free tag, -ENOMEM; on error nothing has changed
 */
int smmu_attachment_enter(struct smmu_attachment *next, bool ats_later);

/**
 * smmu_attachment_leave() - out of the domain: entries out of its array, tag flushed
 * @at: no CD and no STE leads to the domain through it any more, and that is confirmed
 */
void smmu_attachment_leave(struct smmu_attachment *at);

/**
 * smmu_attachment_drop_ats() - the stream has lost ATS, the attachment stays
 * @at: its ATS entries leave the array, its TLB entries stay
 *
 * Readers may still have them in hand: the caller waits for them.
 */
void smmu_attachment_drop_ats(struct smmu_attachment *at);

/**
 * smmu_attachment_add_ats() - ATS goes on: walks see the ATS entries from here on
 * @at: the entries have their place in the array, so no memory is needed
 *
 * Ends with the barrier between the array and the device.
 * Return: false when they have none: ATS must stay off then
 */
bool smmu_attachment_add_ats(struct smmu_attachment *at);

/**
 * smmu_attachment_forget_ats() - nobody comes back to a domain that was left
 * @at: its stream and SubstreamID
 * @left: the domain; its array has parked ATS entries of @at, if @at had ATS, or live ones if it
 *	has been entered again: those stay
 */
void smmu_attachment_forget_ats(const struct smmu_attachment *at, struct smmu_domain *left);

/* Make @at what @next has become; @at has left its domain */
void smmu_attachment_set(struct smmu_attachment *at, const struct smmu_attachment *next);

#endif
