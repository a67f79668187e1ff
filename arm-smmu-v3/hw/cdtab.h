/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Context descriptor table of one master (Arm IHI 0070, 3.3.2, 5.4): one CD for requests
 * without SubstreamID, or one for each SubstreamID, linear or in two levels.
 *
 * Small tables are linear. Others have a first level of descriptors and leaves of 4 KiB, or of
 * 64 KiB where there are so many SubstreamIDs that the first level would outgrow the
 * leaves. Leaves are made when a SubstreamID is first reserved, and stay.
 *
 * Locking: the caller's attach mutex. The table lives from the master's first attach that
 * needs it to its release; an STE may point to it in between.
 */
#ifndef SMMU_HW_CDTAB_H
#define SMMU_HW_CDTAB_H

#include <linux/types.h>

#include <smmuv3/cd.h>

struct smmu_device;

/**
 * struct smmu_cdtab_leaf - CDs that lie together
 * @cd: they; NULL while there is no such leaf
 * @dma: bus address
 */
struct smmu_cdtab_leaf {
	struct smmu_cd *cd;
	dma_addr_t dma;
};

/**
 * struct smmu_cdtab - the table
 * @dma: bus address for STE.S1ContextPtr
 * @fmt: STE.S1Fmt
 * @cdmax: STE.S1CDMax: log2 of the SubstreamIDs, 0 for one CD
 * @leaf_log2: log2 of the CDs in a leaf; a linear table is one leaf
 * @leaf: the leaves, NULL while there is no table
 * @l1: first level, NULL for a linear table
 * @l1_dma: its bus address
 */
struct smmu_cdtab {
	dma_addr_t dma;
	u8 fmt;
	u8 cdmax;
	u8 leaf_log2;
	struct smmu_cdtab_leaf *leaf;
	__le64 *l1;
	dma_addr_t l1_dma;
};

static inline bool smmu_cdtab_exists(const struct smmu_cdtab *tab)
{
	return tab->leaf;
}

/**
 * smmu_cdtab_alloc() - all CDs invalid; nothing to do where there is a table already
 * @smmu: SMMU
 * @tab: table
 * @ssid_bits: of the master; what a linear table cannot hold is cut, see @tab->cdmax
 * Return: 0 or -ENOMEM. The CD of SubstreamID 0 is reserved.
 */
int smmu_cdtab_alloc(struct smmu_device *smmu, struct smmu_cdtab *tab, u8 ssid_bits);

/**
 * smmu_cdtab_reserve() - the CD of a SubstreamID can be written afterwards
 * @smmu: SMMU
 * @tab: allocated
 * @ssid: SubstreamID
 * Return: 0, -ERANGE, -ENOMEM; on error nothing has changed
 */
int smmu_cdtab_reserve(struct smmu_device *smmu, struct smmu_cdtab *tab, u32 ssid);

/**
 * smmu_cdtab_free() - no STE points to it, and that is confirmed
 * @smmu: SMMU; for one that confirms nothing see smmu_device_free_dma()
 * @tab: table
 */
void smmu_cdtab_free(struct smmu_device *smmu, struct smmu_cdtab *tab);

/* The CD, NULL where there is no table or no leaf for it */
struct smmu_cd *smmu_cdtab_cd(const struct smmu_cdtab *tab, u32 ssid);

/**
 * smmu_cdtab_write() - change a CD for every stream of the master
 * @smmu: SMMU
 * @tab: allocated
 * @sids: the master's StreamIDs, whose STEs may use the table
 * @n: how many
 * @ssid: SubstreamID, reserved
 * @target: wanted
 *
 * Returns with the change confirmed for all streams, or with the SMMU shut.
 */
void smmu_cdtab_write(struct smmu_device *smmu, struct smmu_cdtab *tab, const u32 *sids,
		      u32 n, u32 ssid, const struct smmu_cd *target);

#endif
