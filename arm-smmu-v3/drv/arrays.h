/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arrays of all domains, and the mutex that protects them.
 *
 * An array belongs to one domain, but some work concerns the arrays of many domains: the id space
 * of an SMMU is full, or an SMMU or a device goes away. Therefore all domains are in one list,
 * under the same mutex as their arrays.
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
 * Serialises everything that writes arrays and the tags in them, and says which binding is in which
 * domain. There is one mutex for all SMMUs, because a domain spans SMMUs. Therefore nobody waits
 * for hardware while it is held: a device that does not answer must not hold up devices of other
 * SMMUs. Attach paths take it, inside the lock of the master (master_lock.h); map and unmap never
 * do.
 */
extern struct mutex smmu_arrays_mutex;

/* All paging and SVA domains, by struct smmu_domain.node; under smmu_arrays_mutex */
extern struct list_head smmu_domains;

/* The array of @sd, for a writer. smmu_arrays_mutex is held. */
static inline struct smmu_array *smmu_domain_array(struct smmu_domain *sd)
{
	return rcu_dereference_protected(sd->invs, lockdep_is_held(&smmu_arrays_mutex));
}

/**
 * smmu_domain_keep_locked() - keep a domain until smmu_domain_let_go_locked()
 * @sd: domain that something is still bound to
 *
 * For a thread that takes a binding out of the domain's list and uses the domain after that. The
 * IOMMU core frees a domain when it takes all devices for attached elsewhere, and it may be wrong
 * about one whose attach has failed. smmu_arrays_mutex is held.
 */
static inline void smmu_domain_keep_locked(struct smmu_domain *sd)
{
	lockdep_assert_held(&smmu_arrays_mutex);
	/* pairs with READ_ONCE() in smmu_domain_wait_leavers() */
	WRITE_ONCE(sd->leavers, sd->leavers + 1);
}

/* When the caller gives smmu_arrays_mutex back, it has used @sd for the last time */
void smmu_domain_let_go_locked(struct smmu_domain *sd);

/*
 * Wait until nobody keeps @sd. The caller has to take smmu_arrays_mutex before it frees the domain,
 * and to look again. May sleep, for as long as somebody waits for hardware.
 */
void smmu_domain_wait_leavers(struct smmu_domain *sd);

/* Add @sd to smmu_domains. Takes smmu_arrays_mutex. */
void smmu_arrays_add(struct smmu_domain *sd);

/**
 * smmu_arrays_publish_locked() - replace a domain's array
 * @sd: domain
 * @array: new array, owned by the domain from here on
 *
 * The old array is freed when no reader uses it any more. smmu_arrays_mutex is held.
 */
void smmu_arrays_publish_locked(struct smmu_domain *sd, struct smmu_array *array);

/**
 * smmu_arrays_reclaim_locked() - take back parked tags, because an SMMU's id space is full
 * @inst: SMMU
 * @type: SMMU_INV_S1_ASID or SMMU_INV_S2_VMID
 *
 * smmu_arrays_mutex is held.
 * Return: how many ids this call has made free
 */
u32 smmu_arrays_reclaim_locked(struct smmu_inst *inst, u8 type);

/**
 * smmu_arrays_forget_stream() - keep no parked entry for a device that goes away
 * @inst: the device's SMMU
 * @sid: one of the device's StreamIDs; the device is attached to nothing
 *
 * Takes smmu_arrays_mutex.
 */
void smmu_arrays_forget_stream(struct smmu_inst *inst, u32 sid);

/**
 * smmu_arrays_forget_smmu() - remove an SMMU that goes away from all arrays
 * @inst: SMMU; no device is attached through it any more
 *
 * When this function returns, no array names the SMMU, and the readers of the old arrays are
 * done. Takes smmu_arrays_mutex, may sleep.
 */
void smmu_arrays_forget_smmu(struct smmu_inst *inst);

#endif
