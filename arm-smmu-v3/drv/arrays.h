/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arrays of all domains, and the mutex over everything that changes them.
 *
 * An array belongs to one domain, but some work concerns many: the id space of an SMMU is full,
 * an SMMU or a device goes away. So all domains are in one list, under the same mutex as their
 * arrays.
 */
#ifndef SMMU_DRV_ARRAYS_H
#define SMMU_DRV_ARRAYS_H

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "drv/domain.h"

struct smmu_array;
struct smmu_inst;

/*
 * Serialises everything that writes arrays, tags, CDs and STEs of streams that are in use,
 * over all SMMUs: a domain spans them. Attach paths only, never map or unmap. Taken
 * inside the group mutex; outside every lock of hw.
 */
extern struct mutex smmu_attach_mutex;

/* All paging and SVA domains, by struct smmu_domain.node; under smmu_attach_mutex */
extern struct list_head smmu_domains;

/* The array for a writer: attach mutex held */
static inline struct smmu_array *smmu_domain_array(struct smmu_domain *sd)
{
	return rcu_dereference_protected(sd->invs, lockdep_is_held(&smmu_attach_mutex));
}

/* From here on @sd is in smmu_domains. Takes the attach mutex. */
void smmu_arrays_add(struct smmu_domain *sd);

/**
 * smmu_arrays_publish_locked() - replace a domain's array; the old one goes after a grace period
 * @sd: attach mutex held
 * @array: new array, owned by the domain from here on
 */
void smmu_arrays_publish_locked(struct smmu_domain *sd, struct smmu_array *array);

/**
 * smmu_arrays_reclaim_locked() - the id space of an SMMU is full: take back parked tags
 * @inst: SMMU
 * @type: SMMU_INV_S1_ASID or SMMU_INV_S2_VMID
 *
 * Attach mutex held.
 * Return: how many ids are free now that were not
 */
u32 smmu_arrays_reclaim_locked(struct smmu_inst *inst, u8 type);

/**
 * smmu_arrays_forget_stream_locked() - a device goes away: no parked entry is kept for it
 * @inst: its SMMU
 * @sid: one of its StreamIDs; the device is attached to nothing
 *
 * Attach mutex held.
 */
void smmu_arrays_forget_stream_locked(struct smmu_inst *inst, u32 sid);

/**
 * smmu_arrays_forget_smmu() - an SMMU goes away: no array names it when this returns
 * @inst: SMMU; no device is attached through it any more
 *
 * Takes the attach mutex, may sleep. Readers of the arrays are done when it returns.
 */
void smmu_arrays_forget_smmu(struct smmu_inst *inst);

#endif
