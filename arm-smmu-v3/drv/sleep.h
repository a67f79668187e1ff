/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleep of the whole machine: suspend, hibernation, and coming back from both.
 *
 * The PM core calls an SMMU in four phases. Its devices, or the host bridges of those that are on
 * PCI, are linked to it as consumers, so that each is called before the SMMU on the way down, and
 * after it on the way up.
 *
 * smmu_sleep_late(): the devices are suspended and still have power. ATS goes off in them, and
 * workers of this driver keep away from them.
 * smmu_sleep_noirq(): the devices may have lost power. The SMMU aborts all DMA and is turned off
 * (hw/power.h).
 * smmu_wake_noirq(): before any device. The SMMU is programmed anew and comes back as one that was
 * shut (restart.h, steps 1 to 4).
 * smmu_wake_early(): the devices have power and their config space again. ATS goes on where an
 * ATC_INV was confirmed (step 5), and workers may run.
 *
 * All transitions use the same four: suspend; freeze, for the image of hibernation and in the
 * kernel that boots in order to load one; thaw; poweroff; restore, which may find that kernel's
 * SMMU running.
 *
 * An MSI is a write that the SMMU translates. So in suspend to idle an SMMU stays on that has a
 * device behind it that may wake the machine. ATS is off, and workers keep away, as in any other
 * sleep. Where the platform has taken the power all the same, the SMMU comes back as from any other
 * sleep.
 *
 * No phase fails, because a machine that does not sleep for one device helps nobody. An SMMU that
 * does not do as told is shut. While an SMMU sleeps, attach, detach, map and unmap work as for an
 * SMMU that was shut: what they want to be invalidated is, before the SMMU translates again.
 */
#ifndef SMMU_DRV_SLEEP_H
#define SMMU_DRV_SLEEP_H

#include <linux/kconfig.h>
#include <linux/types.h>

struct device;
struct smmu_iommu;
struct smmu_master;

/*
 * The four phases; @dev is the SMMU's device. Process context. Return: 0, but -EBUSY from
 * smmu_sleep_late() when a guest has command queues of its own (guest_queue.h) and the SMMU would
 * have to be turned off
 */
int smmu_sleep_late(struct device *dev);
int smmu_sleep_noirq(struct device *dev);
int smmu_wake_noirq(struct device *dev);
int smmu_wake_early(struct device *dev);

/**
 * smmu_sleep_link() - link a device to its SMMU, so that it sleeps first and awakes last
 * @master: device that is being added
 *
 * With ACPI nothing else tells the PM core of that order. The link says nothing about drivers:
 * those of the device and of the SMMU bind and unbind as without it.
 */
void smmu_sleep_link(struct smmu_master *master);
/*
 * The device is released; the driver core may have removed the link already. The link of a host
 * bridge goes with the last of its devices.
 */
void smmu_sleep_unlink(struct smmu_master *master);

#if IS_ENABLED(CONFIG_KUNIT)
/* Is it suspend to idle? For tests to replace */
bool smmu_sleep_is_idle(struct smmu_iommu *iommu);
#endif

#endif
