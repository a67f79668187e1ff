// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "drv/master_lock.h"

static void free_master(struct kref *ref)
{
	struct smmu_master *master = container_of(ref, struct smmu_master, ref);

	smmu_iommu_put(master->iommu);
	xa_destroy(&master->pasids);
	kfree(master->streams);
	kfree(master->pri);
	kfree(master);
}

void smmu_master_put(struct smmu_master *master)
{
	kref_put(&master->ref, free_master);
}

void smmu_master_lock(struct smmu_master *master)
{
	struct mutex *lock;	/* the lock of the master */

	down_read(&master->iommu->restart_lock);
	for (;;) {
		/* pairs with WRITE_ONCE() in the two functions that change it, below */
		lock = READ_ONCE(master->lock);
		mutex_lock(lock);
		/* it changes only while it is held */
		if (likely(lock == master->lock))
			return;
		mutex_unlock(lock);
	}
}

void smmu_master_unlock(struct smmu_master *master)
{
	mutex_unlock(master->lock);
	up_read(&master->iommu->restart_lock);
}

bool smmu_master_lock_live(struct smmu_master *master)
{
	smmu_master_lock(master);
	if (!master->gone)
		return true;
	smmu_master_unlock_put(master);
	return false;
}

void smmu_master_unlock_put(struct smmu_master *master)
{
	smmu_master_unlock(master);
	smmu_master_put(master);
}

void smmu_master_share_lock_unlock(struct smmu_master *master)
{
	struct mutex *lock = master->lock;

	/* pairs with READ_ONCE() in smmu_master_lock() */
	WRITE_ONCE(master->lock, &master->iommu->shared_lock);
	mutex_unlock(lock);
	up_read(&master->iommu->restart_lock);
}

void smmu_master_own_lock_locked(struct smmu_master *master)
{
	smmu_master_assert(master);

	/* those who wait for the shared lock look again; pairs as above */
	WRITE_ONCE(master->lock, &master->own_lock);
}
