/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS of a master: whether it is on, how it is turned on and off, and what happens to a device that
 * does not answer.
 *
 * Order (Arm IHI 0070, 3.9.2). To turn ATS on: the domain's array has places for the ATS entries,
 * then the STE gets EATS, then smmu_ats_entries_live_locked() is called, and smmu_ats_on_locked().
 * To turn ATS off: smmu_ats_off_locked() is called, then the STE loses EATS. smmu_ats_off_locked()
 * makes the device stop asking and empties its ATC, so that the ATS entries can leave the arrays.
 * Then it waits for readers of the arrays, so that no ATC_INV goes to a stream without EATS. This
 * wait is needed only when ATS goes off, and not when a domain or a PASID changes.
 *
 * Some devices must have ATS: they use only what they have asked for. In identity the STE of such a
 * device has a CD table, which requests without PASID bypass (S1DSS), because an STE that bypasses
 * has no ATS whatever its EATS says (5.2). The SMMU answers a Translation Request with the same
 * address then (13.6.4). Nothing in the ATC has to be invalidated as long as the device stays
 * there, and no array has an entry for it. When the device leaves, the ATC is emptied as for a
 * domain. The table is there from the moment that the device is added, so that an attach to
 * identity needs no memory, and is freed when the device is released. ATS goes off then. An SMMU
 * without SubstreamIDs cannot do this, so the device has translated domains only.
 *
 * A device that left an ATC_INV unanswered has lost ATS and bus mastering (ats_cut.h). Then
 * smmu_ats_recover() makes its ATS fail: its STEs abort, whatever it is attached to. That ends when
 * the device is released, and when the kernel has it to itself again: it is attached to identity or
 * to a domain of the DMA API. No other attach ends it, because a guest resets its device and
 * attaches it as often as it likes, and each time it could hold the queue once more. A second
 * failure ends only with the device, or by an administrator through debugfs.
 *
 * A device whose ATS has failed has its bus mastering back as its owner set it, because with
 * CR0.ATSCHK an STE that aborts does so for translated requests, too (3.9.1.3). So a reset saves
 * and restores the right value, and the driver does not write PCI_COMMAND when the device is
 * attached anew. Such an attach may come in the middle of a reset, when the device's BARs are not
 * restored yet.
 *
 * An SMMU need not check requests of CXL.cache against the STE (3.9.3). So Cache_Enable does not
 * come back with bus mastering, but when ATS goes on again, without which a device cannot use
 * CXL.cache, or when the device is released. Where Cache_Enable is locked, ATS Enable alone keeps
 * the device from memory. Such a device gets bus mastering back only when its failure ends.
 */
#ifndef SMMU_DRV_ATS_H
#define SMMU_DRV_ATS_H

#include <linux/types.h>

#include "drv/install.h"
#include "drv/master.h"
#include "drv/master_lock.h"

struct smmu_binding;
struct smmu_iommu;

/* Find out whether the device must have ATS, and set @master->ats_required */
void smmu_ats_probe_required(struct smmu_master *master);

/**
 * smmu_ats_probe() - find out what ATS the device has
 * @master: device that is being added, which shares no StreamID; ATS is off
 *
 * Sets @master->ats_capable and what depends on it. Takes smmu_arrays_mutex.
 * Return: 0; -ENODEV, with a line logged, when the device must have ATS and cannot have it; -ENOMEM
 */
int smmu_ats_probe(struct smmu_master *master);

/* What a change does to the ATS of a master */
enum smmu_ats_step {
	SMMU_ATS_STAYS_OFF,
	SMMU_ATS_GOES_ON,
	SMMU_ATS_STAYS_ON,	/* the ATC must drop what it holds of the old domain */
	SMMU_ATS_GOES_OFF,
};

static inline bool smmu_ats_is_on_after(enum smmu_ats_step step)
{
	return step == SMMU_ATS_GOES_ON || step == SMMU_ATS_STAYS_ON;
}

/*
 * May a stream have ATS while it has a stage 2? Where an SMMU can only stall, S2S must be 1, and an
 * STE with S2S and full ATS is illegal (5.2).
 */
static inline bool smmu_ats_with_s2(const struct smmu_master *master)
{
	return !smmu_has(&master->iommu->smmu, SMMU_FEAT_STALL_FORCE);
}

/**
 * smmu_ats_wanted_locked() - does anything that the requests go through use ATS?
 * @master: the device
 * @rid: what requests without PASID go through
 * @nr_pasids: number of PASIDs that are attached
 *
 * Return: true if the device can have ATS and something uses it
 */
static inline bool smmu_ats_wanted_locked(const struct smmu_master *master,
					  const struct smmu_rid *rid, u32 nr_pasids)
{
	smmu_master_assert(master);

	if (!master->ats_capable || !master->principal)
		return false;
	switch (rid->kind) {
	case SMMU_RID_S1:
		return true;
	case SMMU_RID_S2:
		return smmu_ats_with_s2(master);
	case SMMU_RID_NESTED:
		return rid->vste_ats;
	case SMMU_RID_IDENTITY:
		return master->ats_always || nr_pasids;
	default:
		return nr_pasids;
	}
}

/* Does a stream that the master shares show what another owner is attached to? Then ATS is off. */
static inline bool smmu_ats_is_hidden_locked(const struct smmu_master *master,
					     const struct smmu_rid *rid)
{
	return unlikely(master->shared) && !smmu_install_shows_locked(master, master, rid);
}

/* May ATS, which is off and wanted, go on? For smmu_ats_step_locked() */
bool smmu_ats_may_go_on_locked(const struct smmu_master *master, const struct smmu_rid *rid,
			       bool attach);

/**
 * smmu_ats_step_locked() - the rule that decides when ATS is on
 * @master: in its state before the change
 * @rid: what requests without PASID go through after the change
 * @nr_pasids: number of PASIDs that are attached after the change
 * @attach: the change attaches requests without PASID, perhaps to the same domain as before; else
 *	the change is one of PASIDs
 *
 * Return: what the change does to ATS
 */
static inline enum smmu_ats_step smmu_ats_step_locked(const struct smmu_master *master,
						      const struct smmu_rid *rid, u32 nr_pasids,
						      bool attach)
{
	if (!smmu_ats_wanted_locked(master, rid, nr_pasids) ||
	    smmu_ats_is_hidden_locked(master, rid))
		return master->ats_on ? SMMU_ATS_GOES_OFF : SMMU_ATS_STAYS_OFF;
	if (master->ats_on)
		return SMMU_ATS_STAYS_ON;
	return smmu_ats_may_go_on_locked(master, rid, attach) ? SMMU_ATS_GOES_ON :
								SMMU_ATS_STAYS_OFF;
}

/**
 * smmu_ats_on_locked() - empty the ATC, then let the device ask for translations
 * @master: ATS is off in the device, its STEs have EATS, smmu_ats_entries_live_locked() was called
 * @brief: do not wait for longer than SMMU_BRIEF_US
 *
 * Where ATS cannot be enabled in the device, @master->ats_on is false again, and the caller calls
 * smmu_ats_without_locked() next. So it is while the machine sleeps, and then
 * smmu_ats_resume_locked() turns it on later.
 * Return: 0; -EIO when the device does not confirm. It is cut off then, and the caller calls
 *	smmu_ats_fail_locked() as soon as the master's bindings are in order. -EAGAIN when @brief
 *	was not enough; this function has to be called once more then.
 */
int smmu_ats_on_locked(struct smmu_master *master, bool brief);

/**
 * smmu_ats_without_locked() - take the ATS entries out of all arrays, as ATS could not go on
 * @master: the device
 * @next: what the master is being attached to, if @master does not have it yet
 *
 * When this function returns, the STEs can lose EATS. May sleep.
 */
void smmu_ats_without_locked(struct smmu_master *master, struct smmu_binding *next);

/**
 * smmu_ats_off_locked() - make the device stop asking, empty its ATC, leave all arrays
 * @master: ATS is on
 *
 * May sleep.
 * Return: false when the device does not confirm, as smmu_ats_on_locked()
 */
bool smmu_ats_off_locked(struct smmu_master *master);

/*
 * Drop what the ATC holds under a SubstreamID; ATS is on. Return: as smmu_ats_off_locked()
 */
bool smmu_ats_drop_locked(struct smmu_master *master, u32 ssid);

/*
 * Let ATS of the device fail: until smmu_ats_end_failed_locked() its STEs abort, and no ATC_INV
 * is sent to it. May sleep.
 */
void smmu_ats_fail_locked(struct smmu_master *master);

/**
 * smmu_ats_suspend_locked() - turn ATS off without asking the device or the SMMU
 * @master: device behind an SMMU with SMMUEN = 0
 *
 * What the ATC holds stays, and is not used. May sleep.
 */
void smmu_ats_suspend_locked(struct smmu_master *master);

/**
 * smmu_ats_resume_locked() - turn ATS on where smmu_ats_suspend_locked() has turned it off
 * @master: device. It is cut off where it does not confirm that its ATC is empty.
 * @brief: do not wait for longer than SMMU_BRIEF_US at a time
 *
 * May sleep.
 * Return: false when @brief was not enough. ATS is still off then, and this function may be called
 *	once more.
 */
bool smmu_ats_resume_locked(struct smmu_master *master, bool brief);

/**
 * smmu_ats_entries_live_locked() - make the ATS entries of all that the master is bound to live
 * @master: ATS is about to go on, its STEs have EATS. From here on @master->ats_on is true.
 * @rid: binding of requests without PASID
 *
 * Return: false when an array has no place for an entry, which is a bug
 */
bool smmu_ats_entries_live_locked(struct smmu_master *master, struct smmu_binding *rid);

/* A device that has failed so often stays cut off until an administrator says otherwise */
#define SMMU_ATS_FAILURES_MAX	2

/* For smmu_ats_end_failed_locked(), where ATS has failed */
void smmu_ats_may_end_failed_locked(struct smmu_master *master, const struct smmu_rid *next);

/**
 * smmu_ats_end_failed_locked() - end the failure, if what the master is attached to next ends it
 * @master: device
 * @next: what its requests go through next; the caller writes its STEs afterwards
 *
 * See the head of this file for the rule.
 */
static inline void smmu_ats_end_failed_locked(struct smmu_master *master,
					      const struct smmu_rid *next)
{
	smmu_master_assert(master);

	if (unlikely(master->ats_failed))
		smmu_ats_may_end_failed_locked(master, next);
}

/**
 * smmu_ats_forgive_locked() - an administrator ends the failure
 * @master: device, cut off or not
 *
 * The device has DMA again as it is attached, without ATS until the next attach, unless it must
 * have ATS. A guest's device has it when the guest's STE is attached next. May sleep.
 */
void smmu_ats_forgive_locked(struct smmu_master *master);

/* The device is released: give back what a cut has taken away */
void smmu_ats_leave_locked(struct smmu_master *master);

/* Let ATS fail for the devices that were cut off. May sleep; takes the lock of each in turn. */
void smmu_ats_recover(struct smmu_iommu *iommu);

#endif
