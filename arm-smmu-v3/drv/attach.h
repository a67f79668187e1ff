/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master's requests without PASID. With a PASID: pasid.h; to a guest's STE: nested.h.
 * What may fail is done first, and then nothing has changed; the rest cannot fail and does not
 * allocate.
 */
#ifndef SMMU_DRV_ATTACH_H
#define SMMU_DRV_ATTACH_H

#include <linux/types.h>

struct smmu_change;
struct smmu_domain;
struct smmu_master;
struct smmu_vsmmu;

/**
 * smmu_attach_paging() - to a paging domain, from whatever there was
 * @master: the device
 * @sd: stage 1 or stage 2
 * Return: 0; -EINVAL when the SMMU cannot walk the page table as it stands; -EBUSY for
 *	stage 2 while PASIDs are attached; -ENOSPC without a free tag; -ENOMEM. On error
 *	nothing has changed. Takes the attach mutex.
 */
int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *sd);

/**
 * smmu_attach_none_locked() - to no domain: identity or blocked
 * @master: the device
 * @bypass: identity, else abort
 *
 * Cannot fail, does not allocate. On return nothing of the old domain is in any TLB.
 * PASIDs stay what they are.
 */
void smmu_attach_none_locked(struct smmu_master *master, bool bypass);

/**
 * smmu_attach_commit_locked() - commit a change of requests without PASID
 * @change: prepared; its binding is the master's @rid
 * @vsmmu: the vSMMU through which it is attached, or NULL
 * @nested_id: number of the nested domain, 0 for none; see struct smmu_master
 *
 * What smmu_change_commit_locked() does, and what only the RID has.
 */
void smmu_attach_commit_locked(struct smmu_change *change, const struct smmu_vsmmu *vsmmu,
			       u64 nested_id);

#endif
