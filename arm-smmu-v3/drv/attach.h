/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master: prepare (may fail, changes nothing), install (publish the array,
 * then CD and STE), commit (leave the old domain). Install and commit cannot fail and
 * do not allocate.
 */
#ifndef SMMU_DRV_ATTACH_H
#define SMMU_DRV_ATTACH_H

#include <linux/types.h>

struct smmu_device;
struct smmu_domain;
struct smmu_master;

/**
 * smmu_attach_paging() - to a paging domain, from whatever there was
 * @master: the device
 * @domain: stage 1 or stage 2
 * Return: 0; -EINVAL when the SMMU cannot walk the page table as it stands; -ENOSPC
 *	without a free tag; -ENOMEM. On error nothing has changed. Takes the attach mutex.
 */
int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *domain);

/**
 * smmu_attach_none() - to no domain: identity or blocked
 * @master: the device; attach mutex held
 * @bypass: identity, else abort
 *
 * Cannot fail, does not allocate. On return nothing of the old domain is in any TLB.
 */
void smmu_attach_none(struct smmu_master *master, bool bypass);

/* Hardware dirty state that the walks make coherent */
bool smmu_dirty_capable(const struct smmu_device *smmu);

#endif
