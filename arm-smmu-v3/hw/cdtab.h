/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Context descriptor table of one master, or of a StreamID that several masters have (Arm IHI 0070,
 * 3.3.2, 5.4). It has one CD for requests without SubstreamID, or one CD for each SubstreamID, and
 * is linear or has two levels.
 *
 * Small tables are linear. Larger tables have a first level of descriptors and leaves of 4 KiB, or
 * of 64 KiB where there are so many SubstreamIDs that with 4 KiB the first level would be larger
 * than a leaf. A leaf is allocated when a SubstreamID in it is first reserved, and stays.
 *
 * Locking: the caller holds the master's lock. The table exists from the first attach that needs it
 * until the release of the master, or of the last one that has the StreamID. An STE may point to it
 * in between.
 */
#ifndef SMMU_HW_CDTAB_H
#define SMMU_HW_CDTAB_H

#include <linux/types.h>

#include <smmuv3/cd.h>

struct smmu_device;

/**
 * struct smmu_cdtab_leaf - one leaf
 * @cd: the CDs of the leaf; NULL while there is no such leaf
 * @dma: bus address of @cd
 */
struct smmu_cdtab_leaf {
	struct smmu_cd *cd;
	dma_addr_t dma;
};

/**
 * struct smmu_cdtab - one CD table
 * @dma: bus address for STE.S1ContextPtr
 * @fmt: STE.S1Fmt
 * @cdmax: STE.S1CDMax: log2 of the number of SubstreamIDs, 0 for one CD
 * @leaf_log2: log2 of the number of CDs in a leaf; a linear table is one leaf
 * @leaf: the leaves, NULL while there is no table
 * @l1: first level, NULL for a linear table
 * @l1_dma: bus address of @l1
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
 * smmu_cdtab_alloc() - allocate a table with all CDs invalid, unless there is one already
 * @smmu: SMMU
 * @tab: table
 * @ssid_bits: number of SubstreamID bits of the master. @tab->cdmax may be less, because a linear
 *	table is limited.
 * Return: 0 or -ENOMEM. The CD of SubstreamID 0 is reserved.
 */
int smmu_cdtab_alloc(struct smmu_device *smmu, struct smmu_cdtab *tab, u8 ssid_bits);

/**
 * smmu_cdtab_reserve() - make sure that there is memory for the CD of a SubstreamID
 * @smmu: SMMU
 * @tab: allocated table
 * @ssid: SubstreamID
 * Return: 0, -ERANGE, -ENOMEM; on error nothing has changed
 */
int smmu_cdtab_reserve(struct smmu_device *smmu, struct smmu_cdtab *tab, u32 ssid);

/**
 * smmu_cdtab_free() - free a table
 * @smmu: SMMU. If it is adrift the memory is withheld, see smmu_device_free_dma().
 * @tab: table. No STE points to it, and the SMMU has confirmed that.
 */
void smmu_cdtab_free(struct smmu_device *smmu, struct smmu_cdtab *tab);

/* Return: the CD of SubstreamID @ssid, NULL where there is no table or no leaf for it */
struct smmu_cd *smmu_cdtab_cd(const struct smmu_cdtab *tab, u32 ssid);

/**
 * smmu_cdtab_write() - change a CD for every stream of the master
 * @smmu: SMMU
 * @tab: allocated table
 * @sids: StreamIDs of the master, whose STEs may use the table
 * @n: number of StreamIDs
 * @ssid: reserved SubstreamID
 * @target: the new CD
 * @brief: as for smmu_strtab_write()
 *
 * When this function returns, the SMMU has confirmed the change for all streams, or was shut.
 * Return: as smmu_strtab_write()
 */
bool smmu_cdtab_write(struct smmu_device *smmu, struct smmu_cdtab *tab, const u32 *sids,
		      u32 n, u32 ssid, const struct smmu_cd *target, bool brief);

/**
 * smmu_cdtab_put() - change a CD of a table to which no STE leads
 * @tab: allocated table
 * @ssid: reserved SubstreamID
 * @target: the new CD
 *
 * The SMMU has nothing of the table in its caches, because the CFGI_STE that was confirmed after
 * the last STE that led there has invalidated the CDs, too (4.3.1). So no command is sent. Who
 * writes an STE that leads to the table orders the CD before it, see smmu_entry_write().
 */
void smmu_cdtab_put(struct smmu_cdtab *tab, u32 ssid, const struct smmu_cd *target);

#endif
