/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching a master's PASIDs. They need a stage-1 STE with a CD table: requests without
 * PASID may go through it too, or be identity or blocked (S1DSS), but not stage 2.
 */
#ifndef SMMU_DRV_PASID_H
#define SMMU_DRV_PASID_H

#include <linux/types.h>

struct smmu_domain;
struct smmu_master;

/**
 * smmu_pasid_attach() - to a domain, from none or from another
 * @master: device
 * @sd: stage 1
 * @ssid: 1 or more
 * Return: 0; -EINVAL when the SMMU cannot walk the table as it stands, for stage 2, for a
 *	PASID that the device does not have; -EBUSY when requests without PASID are at
 *	stage 2; -ENOSPC, -ENOMEM. On error nothing has changed. Takes the attach mutex.
 *
 * A parked device accepts it too, and its PASIDs work when it is not parked any more. Coming
 * back to the domain that the PASID was in before needs no memory, see pasid.c.
 */
int smmu_pasid_attach(struct smmu_master *master, struct smmu_domain *sd, u32 ssid);

/**
 * smmu_pasid_detach_locked() - from whatever it is attached to
 * @master: device; attach mutex held
 * @ssid: any
 *
 * Cannot fail, does not allocate.
 */
void smmu_pasid_detach_locked(struct smmu_master *master, u32 ssid);

/**
 * smmu_pasid_release_locked() - the device goes: out of all, whatever is still attached
 * @master: device; attach mutex held; requests without PASID are identity or blocked
 *
 * Nobody can detach them any more, the core has forgotten them.
 */
void smmu_pasid_release_locked(struct smmu_master *master);

/* No PASID comes back to @sd, which is freed; attach mutex held */
void smmu_pasid_domain_gone_locked(struct smmu_domain *sd);

/* So many PASIDs of a device that are not attached are kept, unless it is being reset */
#define SMMU_IDLE_PASIDS	16

#endif
