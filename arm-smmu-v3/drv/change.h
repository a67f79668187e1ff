/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing what a master's requests go through: the steps that are the same for an attach of the
 * RID (attach.h, nested.h) and of a PASID (pasid.h).
 *
 * All steps are done under the lock of the master, in this order:
 *
 *  1. get CD table, tag, array		may fail, and then nothing has changed
 *  2. put the entries into the new	from here on every walk of the domain invalidates for
 *     domain's array			the binding; why this comes before step 4: walk.h
 *  3. turn ATS off, if it goes off	see ats.h
 *  4. write the CD (stage 1), the STEs	confirmed by CFGI + CMD_SYNC
 *  5. turn ATS on, if it goes on	the ATS entries become live before that; if ATS stays
 *					on, the ATC drops what it holds of the old domain
 *  6. leave the old domain's array	nothing uses the old page table any more; its tag
 *					is flushed
 *
 * Steps 1 and 2 are smmu_change_prepare_locked(), steps 3 to 6 smmu_change_commit_locked().
 *
 * The first attach of a device does not wait for an SMMU whose queue stands, because the IOMMU core
 * holds a lock meanwhile that every other device needs that is added. The STE aborts before, so
 * nothing is lost but time: where the SMMU does not confirm at once, step 6 is done, and what is
 * left of steps 4 and 5 is left to a worker. The device has no DMA, or no ATS, until they are done.
 * Its next change, or its release, waits for them.
 */
#ifndef SMMU_DRV_CHANGE_H
#define SMMU_DRV_CHANGE_H

#include <linux/cleanup.h>
#include <linux/types.h>

#include "drv/install.h"
#include "drv/iopf.h"
#include "drv/master_lock.h"

struct iommu_domain;
struct smmu_binding;
struct smmu_domain;
struct work_struct;

/* Do what the first attach has left to the worker */
void smmu_change_finish_locked(struct smmu_master *master);

/* Have smmu_change_finish_work() run. Suites replace this function. */
void smmu_change_finish_later(struct smmu_master *master);

/* The work function of master->finish */
void smmu_change_finish_work(struct work_struct *work);

/*
 * Takes the lock of a master for an operation on it: guard(smmu_change)(master). After the lock is
 * given back, smmu_change_end() waits for faults of a domain that the operation has left, see
 * iopf.h.
 */
static inline void smmu_change_begin(struct smmu_master *master)
{
	smmu_master_lock(master);
	if (unlikely(master->unfinished))
		smmu_change_finish_locked(master);
}

static inline void smmu_change_end(struct smmu_master *master)
{
	smmu_master_unlock(master);
	smmu_iopf_flush(master);
}

DEFINE_GUARD(smmu_change, struct smmu_master *, smmu_change_begin(_T), smmu_change_end(_T))

/**
 * struct smmu_change - one change
 * @binding: the binding that changes: &master->rid, or a PASID's
 * @next: what @binding becomes; @next->domain is NULL for no domain
 * @rid: what requests without PASID go through after the change
 * @nr_pasids: number of PASIDs that are attached after the change
 * @first: it is the first attach of the device
 * @without_ats: there was no memory for ATS, which stays off; smmu_change_prepare_locked() sets it
 */
struct smmu_change {
	struct smmu_binding *binding;
	struct smmu_binding *next;
	struct smmu_rid rid;
	u32 nr_pasids;
	bool first;
	bool without_ats;
};

/**
 * smmu_change_allowed_locked() - may the master's SMMU walk this domain's page table for it?
 * @master: device
 * @sd: any domain
 *
 * Attach, PASID attach and nesting all ask this question.
 * Return: 0 or -EINVAL and never another error, because iommufd makes another domain for the
 *	device when it gets -EINVAL
 */
int smmu_change_allowed_locked(struct smmu_master *master, struct smmu_domain *sd);

/**
 * smmu_change_prepare_locked() - do the part of a change that may fail
 * @change: the caller has filled all of it
 * @faults: the domain whose handler answers faults, NULL for none
 *
 * Fills @change->next.
 * Return: 0, -EINVAL, -ENOSPC, -ENOMEM as smmu_binding_enter_locked(); on error nothing has changed
 */
int smmu_change_prepare_locked(struct smmu_change *change, const struct iommu_domain *faults);

/**
 * smmu_change_commit_locked() - do the rest of a change
 * @change: prepared, unless it enters no domain
 *
 * Cannot fail, does not allocate. On return no TLB or ATC holds anything of the old domain. For a
 * device that leaves an ATC_INV unanswered ATS has failed, see ats.h.
 */
void smmu_change_commit_locked(struct smmu_change *change);

#endif
