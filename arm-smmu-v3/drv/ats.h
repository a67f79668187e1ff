/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ATS of a master: whether it is on, turning it on and off, and what becomes of a device that
 * does not answer.
 *
 * Order (Arm IHI 0070, 3.9.2). On: the domain's array has the ATS entries, the STE has EATS,
 * then smmu_ats_on_locked(). Off: smmu_ats_off_locked(), then the STE loses EATS. The device stops
 * asking and its ATC is emptied, so the ATS entries can leave the arrays. Then readers of the
 * arrays are waited for, so that no ATC_INV goes to a stream without EATS. That wait comes only
 * when ATS goes off: not when a domain or a PASID changes.
 *
 * A device that left an ATC_INV unanswered has lost ATS and bus mastering (ats_cut.h). A CMD_SYNC
 * that fails does not say for which device. So smmu_ats_recover() asks each device that was cut
 * off, one at a time: those that answer get ATS and bus mastering back. One that does not answer
 * is parked: its STE aborts until the device is attached to something again. No call says that a
 * reset has succeeded, so a new attach is taken for one.
 *
 * A parked device has its bus mastering as its owner had it. With CR0.ATSCHK an STE that aborts
 * does so with translated requests, too (3.9.1.3). So a reset saves and restores the right value,
 * and nothing is written to PCI_COMMAND when the device is attached anew. That may be in the
 * middle of a reset, when its BARs are not restored yet. Requests of CXL.cache need not be checked
 * against the STE (3.9.3): there it rests on ATS Enable alone.
 */
#ifndef SMMU_DRV_ATS_H
#define SMMU_DRV_ATS_H

#include <linux/types.h>

#include "drv/master.h"

struct smmu_binding;
struct smmu_iommu;

/* Decide @master->ats_capable; ATS is off */
void smmu_ats_probe(struct smmu_master *master);

/**
 * struct smmu_use - what a master's requests go through after a change
 * @kind: of requests without PASID
 * @vste_ats: nested only: the guest's STE has ATS, and it can be given to the device
 * @nr_pasids: PASIDs attached
 * @attach: requests without PASID are attached, to the same as before perhaps; else the change is
 *	one of PASIDs
 */
struct smmu_use {
	enum smmu_rid_kind kind;
	bool vste_ats;
	u32 nr_pasids;
	bool attach;
};

/* What a change does to a master's ATS */
enum smmu_ats_step {
	SMMU_ATS_STAYS_OFF,
	SMMU_ATS_GOES_ON,
	SMMU_ATS_STAYS_ON,	/* what the ATC holds of what was left must go */
	SMMU_ATS_GOES_OFF,
};

/* Is there anything in @after that would use ATS? The attach mutex is held. */
bool smmu_ats_wanted(const struct smmu_master *master, const struct smmu_use *after);

/**
 * smmu_ats_step() - the one rule of when ATS is on
 * @master: as it is before the change; attach mutex held
 * @after: after it
 */
enum smmu_ats_step smmu_ats_step(const struct smmu_master *master, const struct smmu_use *after);

/**
 * smmu_ats_on_locked() - drop whatever the ATC holds, let the device ask
 * @master: ATS is off, its STEs have EATS. Attach mutex held.
 *
 * Where the device cannot have its ATS enabled, @master->ats_on stays false, and
 * smmu_ats_without_locked() is the caller's next step.
 * Return: false when the device does not confirm: it is cut off, and the caller has it
 *	parked as soon as its bindings are in order
 */
bool smmu_ats_on_locked(struct smmu_master *master);

/**
 * smmu_ats_without_locked() - ATS was to go on and could not: out of all arrays
 * @master: attach mutex held. May sleep.
 * @next: what it is being attached to, if that is not in @master yet
 *
 * Its STEs can lose EATS then.
 */
void smmu_ats_without_locked(struct smmu_master *master, struct smmu_binding *next);

/**
 * smmu_ats_off_locked() - stop the device asking, drop what its ATC holds, out of all arrays
 * @master: ATS is on. Attach mutex held. May sleep.
 * Return: as smmu_ats_on_locked()
 */
bool smmu_ats_off_locked(struct smmu_master *master);

/* Drop what the ATC holds under a SubstreamID; ATS is on. Return: as smmu_ats_on_locked() */
bool smmu_ats_drop_locked(struct smmu_master *master, u32 ssid);

/* No DMA until smmu_ats_clear_failed_locked(): the STEs abort, and no ATC_INV is sent. May sleep. */
void smmu_ats_fail_locked(struct smmu_master *master);

/* The master is being attached anew; the caller writes its STEs */
void smmu_ats_clear_failed_locked(struct smmu_master *master);

/* Ask the devices that were cut off, see above. May sleep, takes the attach mutex. */
void smmu_ats_recover(struct smmu_iommu *iommu);

#endif
