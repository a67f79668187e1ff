/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master's requests without PASID; with one: pasid.h. What may fail is done
 * first, and then nothing has changed; the rest cannot fail and does not allocate.
 */
#ifndef SMMU_DRV_ATTACH_H
#define SMMU_DRV_ATTACH_H

#include <linux/types.h>

struct smmu_device;
struct smmu_domain;
struct smmu_master;
struct smmu_nested;

/**
 * smmu_attach_allowed() - may the master's SMMU walk this domain's table for it?
 * @master: device
 * @domain: any
 *
 * The one question of attach, PASID attach and nesting. Attach mutex held.
 * Return: 0 or -EINVAL, never anything else: iommufd then makes another domain
 */
int smmu_attach_allowed(struct smmu_master *master, struct smmu_domain *domain);

/**
 * smmu_attach_paging() - to a paging domain, from whatever there was
 * @master: the device
 * @domain: stage 1 or stage 2
 * Return: 0; -EINVAL when the SMMU cannot walk the page table as it stands; -EBUSY for
 *	stage 2 while PASIDs are attached; -ENOSPC without a free tag; -ENOMEM. On error
 *	nothing has changed. Takes the attach mutex.
 */
int smmu_attach_paging(struct smmu_master *master, struct smmu_domain *domain);

/**
 * smmu_attach_nested() - to a guest's STE over its vSMMU's stage 2
 * @master: the device
 * @nested: from the vSMMU of the device's SMMU
 * Return: as smmu_attach_paging(); -EINVAL too for another SMMU's vSMMU and for a device that
 *	could bypass the caches; -ENOENT for stage 1 without a vDEVICE
 */
int smmu_attach_nested(struct smmu_master *master, struct smmu_nested *nested);

/**
 * smmu_attach_none() - to no domain: identity or blocked
 * @master: the device; attach mutex held
 * @bypass: identity, else abort
 *
 * Cannot fail, does not allocate. On return nothing of the old domain is in any TLB.
 * PASIDs stay what they are.
 */
void smmu_attach_none(struct smmu_master *master, bool bypass);

/* Hardware dirty state that the walks make coherent */
bool smmu_dirty_capable(const struct smmu_device *smmu);

#endif
