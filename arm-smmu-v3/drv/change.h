/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing what a master's requests go through: the steps that an attach of the RID (attach.h,
 * nested.h) and of a PASID (pasid.h) have in common.
 *
 * All of it is under the attach mutex, in this order:
 *
 *  1. CD table, tag, array		may fail, nothing has changed
 *  2. the new domain's array has our entries
 *					from here every walk of it invalidates for us
 *  3. ATS off, if it goes off		see ats.h
 *  4. the CD (stage 1), the STEs	confirmed by CFGI + CMD_SYNC
 *  5. ATS on, if it stays or goes on	what the ATC held of the old domain goes;
 *					if ATS goes on, its entries are live from here
 *  6. out of the old domain's array	nobody uses the old table now; its tag is flushed
 *
 * Steps 1 and 2 are smmu_change_prepare_locked(), steps 3 to 6 smmu_change_commit_locked().
 * Why 2 comes before 4: walk.h.
 */
#ifndef SMMU_DRV_CHANGE_H
#define SMMU_DRV_CHANGE_H

#include <linux/cleanup.h>
#include <linux/types.h>

#include "drv/arrays.h"
#include "drv/install.h"
#include "drv/iopf.h"

struct iommu_domain;
struct smmu_binding;
struct smmu_domain;
struct smmu_master;

/*
 * The attach mutex, for an operation on one master: guard(smmu_change)(master). When the mutex is
 * given back, faults of a domain that the operation has left are waited for, see iopf.h.
 */
static inline void smmu_change_end(struct smmu_master *master)
{
	mutex_unlock(&smmu_attach_mutex);
	smmu_iopf_flush(master);
}

DEFINE_GUARD(smmu_change, struct smmu_master *, mutex_lock(&smmu_attach_mutex),
	     smmu_change_end(_T))

/**
 * struct smmu_change - one change
 * @binding: what changes: &master->rid, or a PASID's
 * @next: what @binding becomes; @next->domain is NULL for none
 * @rid: requests without PASID after the change
 * @nr_pasids: PASIDs attached after the change
 */
struct smmu_change {
	struct smmu_binding *binding;
	struct smmu_binding *next;
	struct smmu_rid rid;
	u32 nr_pasids;
};

/**
 * smmu_change_allowed_locked() - may the master's SMMU walk this domain's table for it?
 * @master: device
 * @sd: any
 *
 * The one question of attach, PASID attach and nesting.
 * Return: 0 or -EINVAL, never anything else: iommufd then makes another domain
 */
int smmu_change_allowed_locked(struct smmu_master *master, struct smmu_domain *sd);

/**
 * smmu_change_prepare_locked() - what may fail
 * @change: all filled
 * @faults: the domain whose handler answers faults, NULL for none
 *
 * Fills @change->next. Return: 0, -ENOSPC without a free tag, -ENOMEM; on error nothing has changed
 */
int smmu_change_prepare_locked(struct smmu_change *change, const struct iommu_domain *faults);

/**
 * smmu_change_commit_locked() - the rest
 * @change: prepared, or without a domain to enter
 *
 * Cannot fail, does not allocate. On return nothing of the old domain is in any TLB or ATC. A
 * device that leaves an ATC_INV unanswered is parked, see ats.h.
 */
void smmu_change_commit_locked(struct smmu_change *change);

#endif
