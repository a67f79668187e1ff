/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Context descriptor table of one master (Arm IHI 0070, 3.3.2, 5.4): linear, one CD for
 * requests without SubstreamID.
 *
 * Locking: the caller's attach mutex. The table lives from the master's first stage-1
 * attach to its release; an STE may point to it in between.
 */
#ifndef SMMU_HW_CDTAB_H
#define SMMU_HW_CDTAB_H

#include <linux/types.h>

#include <smmuv3/cd.h>

struct smmu_device;

/**
 * struct smmu_cdtab - the table
 * @cd: CDs, NULL while there is none
 * @dma: bus address, for STE.S1ContextPtr
 */
struct smmu_cdtab {
	struct smmu_cd *cd;
	dma_addr_t dma;
};

/**
 * smmu_cdtab_alloc() - all CDs invalid; nothing to do where there is one already
 * @smmu: SMMU
 * @tab: table
 * Return: 0 or -ENOMEM
 */
int smmu_cdtab_alloc(struct smmu_device *smmu, struct smmu_cdtab *tab);

/**
 * smmu_cdtab_free() - no STE points to it, and that is confirmed
 * @smmu: SMMU
 * @tab: table
 */
void smmu_cdtab_free(struct smmu_device *smmu, struct smmu_cdtab *tab);

/**
 * smmu_cdtab_write() - change the CD for every stream of the master
 * @smmu: SMMU
 * @tab: allocated
 * @sids: the master's StreamIDs, whose STEs may use the table
 * @n: how many
 * @target: wanted
 *
 * Returns with the change confirmed for all streams, or with the SMMU shut.
 */
void smmu_cdtab_write(struct smmu_device *smmu, struct smmu_cdtab *tab, const u32 *sids,
		      u32 n, const struct smmu_cd *target);

#endif
