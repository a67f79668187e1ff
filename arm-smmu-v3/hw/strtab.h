/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stream table, linear or two levels (Arm IHI 0070, 3.3.1, 5.1).
 *
 * Owns the tables and the only way to write an STE. Level-2 tables are made when a
 * stream is first claimed and stay until the SMMU goes. Every STE starts as abort.
 *
 * Locking: smmu_strtab_claim() serialises itself; smmu_strtab_write() is serialised by the
 * caller per stream (the attach mutex).
 */
#ifndef SMMU_HW_STRTAB_H
#define SMMU_HW_STRTAB_H

#include <linux/mutex.h>
#include <linux/types.h>

#include <smmuv3/ste.h>

struct smmu_device;

/**
 * struct smmu_strtab_l2 - one level-2 table
 * @ste: its entries, NULL while there is none
 * @dma: bus address
 */
struct smmu_strtab_l2 {
	struct smmu_ste *ste;
	dma_addr_t dma;
};

/**
 * struct smmu_strtab - the table
 * @two_level: level-1 descriptors, else STEs directly
 * @log2: log2 of the StreamIDs covered
 * @bytes: size of what STRTAB_BASE points to
 * @dma: its bus address, aligned to @bytes
 * @mem: the allocation that holds it
 * @mem_dma: its bus address
 * @mem_bytes: its size
 * @linear: STEs of a linear table
 * @l1: level-1 descriptors
 * @l2: what they point to, one per descriptor
 * @lock: serialises the making of level-2 tables
 */
struct smmu_strtab {
	bool two_level;
	u8 log2;
	size_t bytes;
	dma_addr_t dma;
	void *mem;
	dma_addr_t mem_dma;
	size_t mem_bytes;
	union {
		struct smmu_ste *linear;
		__le64 *l1;
	};
	struct smmu_strtab_l2 *l2;
	struct mutex lock;	/* making level-2 tables */
};

int smmu_strtab_alloc(struct smmu_device *smmu);
void smmu_strtab_free(struct smmu_device *smmu);

/**
 * smmu_strtab_claim() - make sure that the stream has an STE
 * @smmu: SMMU
 * @sid: StreamID, checked
 * Return: 0, -ERANGE when the table does not reach it, -ENOMEM. May sleep.
 */
int smmu_strtab_claim(struct smmu_device *smmu, u32 sid);

/* The STE of a claimed stream */
struct smmu_ste *smmu_strtab_ste(struct smmu_device *smmu, u32 sid);

/**
 * smmu_strtab_write() - change a claimed stream's STE, hitless where that exists
 *	(from a CD table under one stage 2 to one under another it does not)
 * @smmu: SMMU
 * @sid: StreamID
 * @target: wanted
 *
 * Returns with the change confirmed by CFGI_STE + CMD_SYNC, or with the SMMU shut.
 */
void smmu_strtab_write(struct smmu_device *smmu, u32 sid, const struct smmu_ste *target);

/**
 * smmu_strtab_preset_bypass() - before the SMMU is enabled: a stream keeps its DMA
 * @smmu: allocated, not started
 * @sid: StreamID named by firmware (RMR)
 * Return: as smmu_strtab_claim()
 */
int smmu_strtab_preset_bypass(struct smmu_device *smmu, u32 sid);

#endif
