/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may change a master, and when.
 *
 * A change of a master waits for hardware, which takes a minute where a device does not answer. So
 * each master has a lock of its own, and nobody waits for it but those who change the same master.
 * It is a mutex, taken inside the group mutex and held over all steps of a change. Functions of drv
 * whose names end in _locked are called with the lock of their master held, unless they say
 * otherwise.
 *
 * Masters that share a StreamID write the same STE. They have one lock, that of all such masters of
 * the SMMU. A master has that lock while it shares a StreamID.
 *
 * The lock of a master includes, for reading, iommu->restart_lock. While an SMMU comes back, that
 * lock is held for writing, and then no master of the SMMU changes.
 */
#ifndef SMMU_DRV_MASTER_LOCK_H
#define SMMU_DRV_MASTER_LOCK_H

#include <linux/lockdep.h>

#include "drv/iommu.h"
#include "drv/master.h"

/* Whoever holds a reference may read the master, and take its lock */
static inline struct smmu_master *smmu_master_get(struct smmu_master *master)
{
	kref_get(&master->ref);
	return master;
}

/* Process context */
void smmu_master_put(struct smmu_master *master);

/* Take the lock of a master, which the caller keeps. Process context; may take long. */
void smmu_master_lock(struct smmu_master *master);
void smmu_master_unlock(struct smmu_master *master);

/**
 * smmu_master_lock_live() - take the lock of a master that may be released meanwhile
 * @master: referenced by smmu_master_get(); this function consumes the reference if it fails
 *
 * Return: false when the device was released, and then nothing is held
 */
bool smmu_master_lock_live(struct smmu_master *master);

/* Give the lock and the reference back */
void smmu_master_unlock_put(struct smmu_master *master);

/* Have a master whose lock is held use the lock of those that share StreamIDs; give it back */
void smmu_master_share_lock_unlock(struct smmu_master *master);

/* Have a master that shares no StreamID any more use its own lock. The shared lock is held. */
void smmu_master_own_lock_locked(struct smmu_master *master);

/* Does the master use the lock of those that share StreamIDs? */
static inline bool smmu_master_lock_is_shared(const struct smmu_master *master)
{
	return READ_ONCE(master->lock) == &master->iommu->shared_lock;
}

/* Is the lock of the master held, or does its SMMU come back? */
static inline bool smmu_master_is_held(const struct smmu_master *master)
{
	return lockdep_is_held(READ_ONCE(master->lock)) ||
	       lockdep_is_held_type(&master->iommu->restart_lock, 0);
}

#define smmu_master_assert(master)	lockdep_assert(smmu_master_is_held(master))

#endif
