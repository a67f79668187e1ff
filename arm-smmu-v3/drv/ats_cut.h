/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cutting off a device that has left an ATC_INV unanswered.
 *
 * The SMMU reports that a CMD_SYNC has failed, and the segment in front of it names one device
 * (core/plan.h). That device loses ATS Enable, bus mastering and, where it speaks CXL.cache,
 * Cache_Enable in config space, in whatever context the error is seen. From then on nothing
 * that its ATC holds can be used. Functions of one physical device, a PF and its VFs, are cut
 * off together: what makes one silent makes the others silent, and each would hold the queue
 * for as long as PCIe allows. No device is cut off on suspicion.
 *
 * A device that does answer, but always just in time, holds the queue as well. So each has a
 * budget: what it makes the queue stand is added up, and SMMU_SLOW_DRAIN_MS are forgiven in each
 * second. When a sum of SMMU_SLOW_MS is exceeded, and SMMU_SLOW_MORE_MS without the longest answer,
 * because PCIe allows a single one to take a minute, the device is cut off as well.
 *
 * Later smmu_ats_recover() makes its STEs abort and gives bus mastering back, see ats.h.
 * scripts/spin/park.pml is a model of all that, with attaches and walks beside it.
 */
#ifndef SMMU_DRV_ATS_CUT_H
#define SMMU_DRV_ATS_CUT_H

#include <linux/ktime.h>
#include <linux/types.h>

struct smmu_device;
struct smmu_iommu;
struct smmu_master;
struct smmu_vintf;

#define SMMU_SLOW_MS		45000
#define SMMU_SLOW_MORE_MS	5000
#define SMMU_SLOW_DRAIN_MS	100

/* Why a device was cut off */
enum smmu_cut_why {
	SMMU_CUT_SILENT,	/* it has left an ATC_INV unanswered */
	SMMU_CUT_SLOW,		/* its budget is spent */
};

static inline const char *smmu_cut_text(enum smmu_cut_why why)
{
	return why == SMMU_CUT_SLOW ? "answers ATC_INVs too slowly" : "does not answer ATC_INV";
}

/* smmu_device_ops.atc_silent: cut off the device of a stream, and have smmu_ats_recover() run */
void smmu_ats_cut(struct smmu_device *smmu, u32 sid);

/* smmu_device_ops.atc_answered: charge the device's budget. Return: true when it was cut off now */
bool smmu_ats_charge(struct smmu_device *smmu, u32 sid, u64 us, ktime_t now);

/* smmu_device_ops.atc_is_cut: was the device cut off, or has the stream no device with ATS on? */
bool smmu_ats_is_cut(struct smmu_device *smmu, u32 sid);

/* Was the device cut off, and does that go on? Any context. */
bool smmu_ats_was_cut(struct smmu_device *smmu, u32 sid);

/* Clear ATS Enable, not at the same time as smmu_ats_enable() or a cut. Any context. */
void smmu_ats_disable(struct smmu_master *master);

/**
 * smmu_ats_match() - let ATC_INVs that a guest sends by queues of its own reach the device
 * @master: device, whose lock is held where @v is not NULL
 * @v: VINTF of the guest, or NULL: they do not any more
 * @place: place of the device's StreamID in it
 *
 * They do while ATS is enabled, from now on.
 */
void smmu_ats_match(struct smmu_master *master, struct smmu_vintf *v, u32 place);

/*
 * They do not until smmu_ats_enable(). Those before may be under way yet. Return: true when there
 * may have been any. Any context.
 */
bool smmu_ats_match_off(struct smmu_master *master);

/* Forget what the device has made the queue stand. Any context. */
void smmu_ats_clear_charge(struct smmu_master *master);

/**
 * smmu_ats_cut_one() - cut off a device, whether or not it was before
 * @master: device
 * @why: reason
 *
 * Any context. Logs nothing.
 * Return: true when it was not cut off before
 */
bool smmu_ats_cut_one(struct smmu_master *master, enum smmu_cut_why why);

/* Log that a device was cut off, once for all functions of the same device */
void smmu_ats_cut_log(const struct smmu_master *master);

/**
 * smmu_ats_cut_all() - turn ATS off in all devices behind an SMMU, for good
 * @iommu: SMMU that is about to be turned off until the machine restarts
 *
 * Sends nothing, waits for nothing, logs nothing. Bus mastering stays as it is.
 */
void smmu_ats_cut_all(struct smmu_iommu *iommu);

/**
 * smmu_ats_sleep() - turn ATS off in all devices behind an SMMU, before the machine sleeps
 * @iommu: SMMU; devices have power yet
 *
 * Until smmu_ats_wake(), smmu_ats_enable() refuses. What devices are attached to, and what the
 * driver knows of their ATS, stays as it is. Sends nothing, waits for no hardware. Takes
 * streams_lock.
 */
void smmu_ats_sleep(struct smmu_iommu *iommu);

/*
 * Devices have power again: ATS is off in all of them, whoever has used them meanwhile. Takes
 * streams_lock.
 */
void smmu_ats_wake(struct smmu_iommu *iommu);

/**
 * smmu_ats_enable() - set ATS Enable, unless the device is cut off or without power
 * @master: device, which has confirmed that its ATC is empty
 *
 * With ATS comes Cache_Enable, if a cut has taken it away: smmu_ats_cache_back().
 *
 * Not at the same time as the device is cut off: either it is cut off afterwards, or this function
 * sees that it was.
 * Return: 0; -EIO when the device is cut off; -EHOSTDOWN between smmu_ats_sleep() and
 *	smmu_ats_wake(); what pci_enable_ats() returns
 */
int smmu_ats_enable(struct smmu_master *master);

/**
 * smmu_ats_enable_pri() - set PRI Enable, unless the device is cut off or without power
 * @master: device with ATS, whose PRI has stopped
 * @reqs: how many page requests it may have under way
 *
 * As smmu_ats_enable(). PRI Enable is cleared with ATS Enable, by a cut as well.
 * Return: as smmu_ats_enable(); what smmu_pri_pci_enable() returns
 */
int smmu_ats_enable_pri(struct smmu_master *master, u32 reqs);

/* Clear PRI Enable. Any context. */
void smmu_ats_disable_pri(struct smmu_master *master);

/**
 * smmu_ats_cache_back() - give Cache_Enable back, if a cut has taken it away
 * @master: device, which uses nothing that its ATC held then
 *
 * Other functions of the device have the same register. While one of them is cut off, Cache_Enable
 * stays 0, and is given back with that function. Any context.
 */
void smmu_ats_cache_back(struct smmu_master *master);

/* Have smmu_ats_recover() run in @ms milliseconds; any context. Suites replace this function. */
void smmu_ats_recover_later(struct smmu_iommu *iommu, u32 ms);

#endif
