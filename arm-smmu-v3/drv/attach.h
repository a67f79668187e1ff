/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master's requests without PASID. Requests with a PASID are attached in pasid.h, and
 * to a guest's STE in nested.h. Everything that may fail is done first, so that on error nothing
 * has changed. The rest cannot fail and does not allocate.
 */
#ifndef SMMU_DRV_ATTACH_H
#define SMMU_DRV_ATTACH_H

#include <linux/types.h>

struct smmu_change;
struct smmu_domain;
struct smmu_master;
struct smmu_vsmmu;

/**
 * smmu_attach_paging() - attach to a paging domain, whatever the master was attached to before
 * @master: the device
 * @sd: stage 1 or stage 2
 *
 * Takes the lock of the master.
 * Return: 0; -EINVAL when the SMMU cannot walk the page table as it stands; -EBUSY for
 *	stage 2 while PASIDs are attached; -ENOSPC without a free tag; -ENOMEM. On error
 *	nothing has changed.
 */
int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *sd);

/**
 * smmu_attach_none_locked() - attach to no domain: identity or blocked
 * @master: the device
 * @bypass: true for identity, false for blocked (abort)
 *
 * Cannot fail, does not allocate. On return no TLB holds anything of the old domain. PASIDs stay
 * attached to what they are attached to.
 */
void smmu_attach_none_locked(struct smmu_master *master, bool bypass);

/**
 * smmu_attach_commit_locked() - commit a change of requests without PASID
 * @change: prepared; its binding is the master's @rid
 * @vsmmu: the vSMMU through which the master is attached, or NULL
 * @nested_id: number of the nested domain, 0 for none; see struct smmu_master
 *
 * Does what smmu_change_commit_locked() does, and what is needed for the RID only.
 */
void smmu_attach_commit_locked(struct smmu_change *change, struct smmu_vsmmu *vsmmu,
			       u64 nested_id);

#endif
