// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dev_printk.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/workqueue.h>

#include <smmuv3/raw_stub.h>

#include "drv/arrays.h"
#include "drv/ats.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/restart.h"
#include "drv/streams.h"
#include "drv/withhold.h"
#include "hw/device.h"
#include "hw/recordq.h"
#include "hw/shut.h"

#define FIRST_TRY_MS	1000
#define LAST_TRY_MS	60000

void smmu_restart_later(struct smmu_iommu *iommu, u32 ms)
{
	typeof(smmu_restart_later) *stub = smmu_raw_stub(smmu_restart_later);

	if (stub)
		stub(iommu, ms);
	else
		queue_delayed_work(system_dfl_wq, &iommu->restart, msecs_to_jiffies(ms));
}

void smmu_restart_was_shut(struct smmu_iommu *iommu)
{
	/* an SMMU that never worked is not registered */
	if (!iommu->smmu.started)
		return;
	/*
	 * orders @dead before @restarting; pairs with smp_mb() in smmu_restart(). Where the SMMU is
	 * shut again before it is back, smmu_restart() tries again, and later.
	 */
	smp_mb();
	/* pairs with WRITE_ONCE() in smmu_restart() */
	if (READ_ONCE(iommu->restarting))
		return;
	WRITE_ONCE(iommu->shut_at, ktime_get_boottime());
	atomic_inc(&iommu->shuts);
	iommu->retry_ms = FIRST_TRY_MS;
	dev_alert(iommu->smmu.dev, "devices behind this SMMU have no DMA until it works again, which is tried every minute, or the machine is restarted\n");
	smmu_restart_later(iommu, FIRST_TRY_MS);
}

/* Steps 1 to 4. Devices are added meanwhile, but none is released, and no master changes. */
static int restart_locked(struct smmu_iommu *iommu)
{
	struct smmu_master *master;
	unsigned long sid = 0;
	int ret;

	ret = smmu_device_restart(&iommu->smmu);
	if (ret)
		return ret;
	scoped_guard(mutex, &smmu_arrays_mutex)
		smmu_withhold_end_locked(&iommu->smmu.inst);
	while ((master = smmu_streams_next(iommu, &sid))) {
		smmu_ats_suspend_locked(master);
		smmu_master_put(master);
	}
	return smmu_device_reenable(&iommu->smmu) ? -EBUSY : 0;
}

static bool is_suspended(const struct smmu_master *master)
{
	return READ_ONCE(master->ats_suspended);
}

bool smmu_restart_ats(struct smmu_iommu *iommu, bool brief)
{
	struct smmu_master *master;
	unsigned long sid = 0;
	bool done = true;

	while (done && (master = smmu_streams_lock_next(iommu, &sid, is_suspended))) {
		done = smmu_ats_resume_locked(master, brief);
		smmu_master_unlock_put(master);
	}
	return done;
}

int smmu_restart_try(struct smmu_iommu *iommu, bool awakes)
{
	int ret = -EAGAIN;

	down_write(&iommu->restart_lock);
	WRITE_ONCE(iommu->restarting, true);
	/* pairs with WRITE_ONCE() in ats_cut.c; smmu_sleep_noirq() has waited for those before */
	if (awakes || !READ_ONCE(iommu->asleep))
		ret = restart_locked(iommu);
	/* pairs with READ_ONCE() in smmu_restart_was_shut() */
	WRITE_ONCE(iommu->restarting, false);
	/* orders @restarting before @dead; pairs with smp_mb() in smmu_restart_was_shut() */
	smp_mb();
	if (!ret && smmu_device_is_dead(&iommu->smmu))
		ret = -EBUSY;
	up_write(&iommu->restart_lock);
	return ret;
}

void smmu_restart_is_back(struct smmu_iommu *iommu)
{
	s64 ms = ktime_ms_delta(ktime_get_boottime(), READ_ONCE(iommu->shut_at));

	WRITE_ONCE(iommu->away_ms, iommu->away_ms + ms);
	dev_notice(iommu->smmu.dev, "this SMMU is back after %lld.%03lld s; DMA goes on\n",
		   div_s64(ms, MSEC_PER_SEC), ms - div_s64(ms, MSEC_PER_SEC) * MSEC_PER_SEC);
}

/*
 * The registers of an SMMU that sleeps are not accessed. The SMMU is not put to sleep while the
 * lock is held.
 */
static bool settle(struct smmu_iommu *iommu)
{
	bool asleep;

	down_read(&iommu->restart_lock);
	/* pairs with WRITE_ONCE() in ats_cut.c */
	asleep = READ_ONCE(iommu->asleep);
	if (!asleep)
		smmu_shut_settle(&iommu->smmu);
	up_read(&iommu->restart_lock);
	return !asleep;
}

bool smmu_restart(struct smmu_iommu *iommu)
{
	int ret;

	/* when it is awake, it is tried again */
	if (!settle(iommu))
		return false;
	/* a stalled transaction of before is not answered afterwards: see @epoch */
	smmu_evtq_drain(&iommu->smmu);
	ret = smmu_restart_try(iommu, false);
	if (ret == -EBUSY) {
		iommu->retry_ms = min(2 * iommu->retry_ms, LAST_TRY_MS);
		smmu_restart_later(iommu, iommu->retry_ms);
	}
	if (!ret)
		smmu_restart_is_back(iommu);
	/* else ATS stays off until the next try, or until a device is attached anew */
	if (!ret || ret == -EALREADY)
		smmu_restart_ats(iommu, false);
	return !ret;
}

void smmu_restart_work(struct work_struct *work)
{
	smmu_restart(container_of(to_delayed_work(work), struct smmu_iommu, restart));
}
