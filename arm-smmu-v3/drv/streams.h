/* SPDX-License-Identifier: GPL-2.0-only */
/* Who owns which StreamID of an SMMU. */
#ifndef SMMU_DRV_STREAMS_H
#define SMMU_DRV_STREAMS_H

#include <linux/types.h>

struct smmu_host;
struct smmu_master;

/**
 * smmu_streams_claim() - all of the master's StreamIDs, or none
 * @host: SMMU
 * @master: sids filled
 * Return: 0; -ERANGE, -EEXIST (another device has one) or -ENOMEM with one line logged
 */
int smmu_streams_claim(struct smmu_host *host, struct smmu_master *master);

/* Give all of them back; their STEs stay what they are (abort or bypass) */
void smmu_streams_release(struct smmu_host *host, struct smmu_master *master);

/**
 * smmu_streams_owner() - who has a StreamID
 * @host: SMMU, streams_lock held
 * @sid: as an event record says, any number
 * Return: master or NULL
 */
struct smmu_master *smmu_streams_owner(struct smmu_host *host, u32 sid);

#endif
