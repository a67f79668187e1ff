// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_wakeup.h>
#include <linux/suspend.h>

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include "drv/ats.h"
#include "drv/ats_cut.h"
#include "drv/iommu.h"
#include "drv/master.h"
#include "drv/master_lock.h"
#include "drv/readers.h"
#include "drv/restart.h"
#include "drv/sleep.h"
#include "drv/streams.h"
#include "hw/power.h"
#include "hw/shut.h"
#include "hw/vintf.h"

/* The first try after a wake-up that has failed */
#define RETRY_MS	1000

static struct smmu_iommu *iommu_of(struct device *dev)
{
	return smmu_iommu_of(dev_get_drvdata(dev));
}

/* Tests replace this function */
VISIBLE_IF_KUNIT noinline bool smmu_sleep_is_idle(struct smmu_iommu *iommu)
{
	KUNIT_STATIC_STUB_REDIRECT(smmu_sleep_is_idle, iommu);
	return pm_suspend_target_state == PM_SUSPEND_TO_IDLE;
}

/* A guest would not know that its queues begin anew */
int smmu_sleep_late(struct device *dev)
{
	struct smmu_iommu *iommu = iommu_of(dev);

	if (smmu_vintf_has_queues(&iommu->smmu) && !smmu_sleep_is_idle(iommu)) {
		dev_err(dev, "a guest has command queues of its own, which would be lost; stop it before the machine sleeps\n");
		return -EBUSY;
	}
	smmu_ats_sleep(iommu);
	return 0;
}

/* Does the MSI of a device have to get through, to wake the machine up, or has a guest queues? */
static bool has_to_stay_on(struct smmu_iommu *iommu)
{
	struct smmu_master *master;

	if (smmu_device_is_dead(&iommu->smmu) || !smmu_sleep_is_idle(iommu))
		return false;
	if (smmu_vintf_has_queues(&iommu->smmu))
		return true;
	guard(mutex)(&iommu->streams_lock);
	list_for_each_entry(master, &iommu->masters, node)
		if (device_may_wakeup(master->dev))
			return true;
	return false;
}

int smmu_sleep_noirq(struct device *dev)
{
	struct smmu_iommu *iommu = iommu_of(dev);

	iommu->stayed_on = has_to_stay_on(iommu);
	if (iommu->stayed_on) {
		smmu_device_stay_on(&iommu->smmu);
		return 0;
	}
	iommu->slept_dead = smmu_device_is_dead(&iommu->smmu);
	smmu_device_sleep(&iommu->smmu);
	/*
	 * Whoever has found the SMMU alive finds it dead at the next look, and then accesses no
	 * register any more. Changes of masters and smmu_restart() hold the lock while they do.
	 */
	down_write(&iommu->restart_lock);
	up_write(&iommu->restart_lock);
	smmu_readers_wait_brief();
	return 0;
}

int smmu_wake_noirq(struct device *dev)
{
	struct smmu_iommu *iommu = iommu_of(dev);
	int ret;

	if (iommu->stayed_on && !smmu_device_was_off(&iommu->smmu))
		return 0;
	ret = smmu_restart_try(iommu, true);
	if (!ret && iommu->slept_dead)
		smmu_restart_is_back(iommu);
	if (!ret || ret == -EALREADY || iommu->slept_dead)
		return 0;
	dev_alert(dev, "SHUT: it does not come back from sleep (%pe). All DMA through this SMMU aborts; other SMMUs go on.\n",
		  ERR_PTR(ret));
	smmu_restart_was_shut(iommu);
	return 0;
}

static bool has_ats(const struct smmu_master *master)
{
	return READ_ONCE(master->ats_on);
}

/* Have ATS suspended where it was on before a sleep that was called off */
static void suspend_ats(struct smmu_iommu *iommu)
{
	struct smmu_master *master;
	unsigned long sid = 0;

	while ((master = smmu_streams_lock_next(iommu, &sid, has_ats))) {
		smmu_ats_suspend_locked(master);
		smmu_master_unlock_put(master);
	}
}

int smmu_wake_early(struct device *dev)
{
	struct smmu_iommu *iommu = iommu_of(dev);

	smmu_ats_wake(iommu);
	smmu_ats_recover_later(iommu, 0);
	if (smmu_device_is_dead(&iommu->smmu)) {
		smmu_restart_later(iommu, RETRY_MS);
		return 0;
	}
	suspend_ats(iommu);
	/* a device that does not answer at once has to wait; the machine goes on */
	if (!smmu_restart_ats(iommu, true))
		smmu_restart_later(iommu, 0);
	return 0;
}

/*
 * The PM core has children sleep before their parent. So one link of their host bridge does for all
 * the PCI devices below it, and a link costs 3.6 KB.
 */
static struct device *last_to_sleep(struct smmu_master *master)
{
	struct device *dev = master->dev;

	return dev_is_pci(dev) ? &pci_find_host_bridge(to_pci_dev(dev)->bus)->dev : dev;
}

void smmu_sleep_link(struct smmu_master *master)
{
	/*
	 * Stateless, because the links of the driver core unbind the drivers of devices when the
	 * supplier's driver goes. Not for runtime PM, because an SMMU does not sleep by itself.
	 */
	master->linked = device_link_add(last_to_sleep(master), master->iommu->smmu.dev,
					 DL_FLAG_STATELESS);
	if (!master->linked)
		dev_notice(master->dev, "there is no device link to %s: it may sleep too early\n",
			   dev_name(master->iommu->smmu.dev));
}

void smmu_sleep_unlink(struct smmu_master *master)
{
	/* the link may be one that others hold */
	if (master->linked)
		device_link_remove(last_to_sleep(master), master->iommu->smmu.dev);
}
