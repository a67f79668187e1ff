/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master's PASIDs. PASIDs need a stage-1 STE with a CD table. Requests without PASID
 * may use that table too, or be identity or blocked (S1DSS), but they cannot be at stage 2.
 */
#ifndef SMMU_DRV_PASID_H
#define SMMU_DRV_PASID_H

#include <linux/types.h>

struct smmu_domain;
struct smmu_master;

/**
 * smmu_pasid_attach() - attach a PASID to a domain, whether it was attached before or not
 * @master: device
 * @sd: stage 1
 * @ssid: 1 or more
 *
 * A device whose ATS has failed accepts this too, and its PASIDs work again when it is attached
 * anew. Coming back to the domain that the PASID was in before needs no memory, see pasid.c. Takes
 * the lock of the master.
 * Return: 0; -EINVAL when the SMMU cannot walk the table as it stands, for stage 2, and for a
 *	PASID that the device does not have; -EBUSY when requests without PASID are at
 *	stage 2; -ENOSPC, -ENOMEM. On error nothing has changed.
 */
int smmu_pasid_attach(struct smmu_master *master, struct smmu_domain *sd, u32 ssid);

/**
 * smmu_pasid_detach_locked() - detach a PASID from whatever it is attached to
 * @master: device
 * @ssid: any number
 *
 * Cannot fail, does not allocate.
 */
void smmu_pasid_detach_locked(struct smmu_master *master, u32 ssid);

/**
 * smmu_pasid_release_locked() - detach all PASIDs that are still attached, as the device goes away
 * @master: device; requests without PASID are identity or blocked
 *
 * No caller can detach these PASIDs later, because the IOMMU core has forgotten them. Afterwards
 * ATS is off, and no STE leads to the CD table. Cannot fail, does not allocate.
 */
void smmu_pasid_release_locked(struct smmu_master *master);

/*
 * Forget that PASIDs may come back to @sd, because @sd is freed. Takes the locks of their masters,
 * in turn.
 */
void smmu_pasid_domain_gone(struct smmu_domain *sd);

/*
 * How many PASIDs of a device are kept that are not attached, except while the device is being
 * reset
 */
#define SMMU_IDLE_PASIDS	16

#endif
