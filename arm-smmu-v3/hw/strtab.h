/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stream table, linear or with two levels (Arm IHI 0070, 3.3.1, 5.1).
 *
 * This file owns the tables, and only it writes STEs. A level-2 table is allocated when a stream in
 * it is first claimed, and stays until the SMMU goes. Every STE starts as abort, except in a table
 * that was adopted: there the STEs start as the kernel before has left them.
 *
 * Locking: smmu_strtab_claim() has its own lock. The callers of smmu_strtab_write() hold the lock
 * of the stream's masters, so that one CPU at a time writes the STE of a stream.
 */
#ifndef SMMU_HW_STRTAB_H
#define SMMU_HW_STRTAB_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include <smmuv3/ste.h>

struct smmu_device;

/**
 * struct smmu_strtab_l2 - one level-2 table
 * @ste: STEs of the table, NULL while there is no table
 * @dma: bus address of @ste
 */
struct smmu_strtab_l2 {
	struct smmu_ste *ste;
	dma_addr_t dma;
};

/**
 * struct smmu_strtab - the stream table of one SMMU
 * @two_level: the table has two levels, else it is linear
 * @log2: log2 of the number of StreamIDs that the table covers
 * @bytes: size of the linear table, or of level 1, to which STRTAB_BASE points
 * @dma: bus address for STRTAB_BASE, aligned to @bytes
 * @adopted: @mem is a mapping of memory of the kernel before, see adopt.h
 * @foreign: StreamIDs whose STE is still the one that the kernel before has written
 * @mem: the allocation that contains the linear table or level 1
 * @mem_dma: bus address of @mem
 * @mem_bytes: size of @mem
 * @linear: STEs of a linear table
 * @l1: level-1 descriptors
 * @l2: level-2 tables, one for each level-1 descriptor
 * @lock: serialises the allocation of level-2 tables
 */
struct smmu_strtab {
	bool two_level;
	u8 log2;
	size_t bytes;
	dma_addr_t dma;
	bool adopted;
	struct xarray foreign;
	void *mem;
	dma_addr_t mem_dma;
	size_t mem_bytes;
	union {
		struct smmu_ste *linear;
		__le64 *l1;
	};
	struct smmu_strtab_l2 *l2;
	struct mutex lock;	/* allocation of level-2 tables */
};

/* Which form does a table of this driver have? Return: log2 of the StreamIDs that it covers */
u8 smmu_strtab_form(const struct smmu_device *smmu, bool *two_level);

int smmu_strtab_alloc(struct smmu_device *smmu);
void smmu_strtab_free(struct smmu_device *smmu);

/**
 * smmu_strtab_claim() - make sure that the stream has an STE
 * @smmu: SMMU
 * @sid: any StreamID
 * Sends no command. May sleep.
 * Return: 0; -ERANGE when the table does not cover @sid; -ENOMEM
 */
int smmu_strtab_claim(struct smmu_device *smmu, u32 sid);

/**
 * smmu_strtab_adopt() - begin to use a table that is in use already
 * @smmu: SMMU without a stream table
 * @mem: CPU mapping of the linear table, or of level 1; smmu_strtab_free() unmaps it
 * @dma: its address
 * @log2: log2 of the number of StreamIDs that it covers
 * @two_level: it has two levels, split as this driver splits them
 *
 * Nothing is written. Where there are two levels, smmu_strtab_copy_l2() comes next for each table
 * that is needed, and then smmu_strtab_replace_l2().
 * Return: 0 or -ENOMEM, and then @mem is still the caller's
 */
int smmu_strtab_adopt(struct smmu_device *smmu, void *mem, dma_addr_t dma, u8 log2,
		      bool two_level);

/**
 * smmu_strtab_copy_l2() - copy a level-2 table that is in use
 * @smmu: SMMU
 * @idx: number of the descriptor
 * @from: the table; it is not written
 * @n: its length, at most STRTAB_L2_ENTRIES
 * Return: the copy, or NULL without memory
 */
struct smmu_ste *smmu_strtab_copy_l2(struct smmu_device *smmu, u32 idx,
				     const struct smmu_ste *from, u32 n);

/* Give a copy back that nobody needs */
void smmu_strtab_drop_l2(struct smmu_device *smmu, u32 idx);

/**
 * smmu_strtab_replace_l2() - let all level-1 descriptors lead to the copies, or nowhere
 * @smmu: SMMU, which may be reading the table. The caller invalidates everything afterwards; until
 *	then the SMMU may use the copy and what it was copied from, which say the same.
 */
void smmu_strtab_replace_l2(struct smmu_device *smmu);

/* Note that the stream has an STE of the kernel before that lets requests pass. 0 or -ENOMEM. */
int smmu_strtab_set_foreign(struct smmu_device *smmu, u32 sid);

/* Is the STE of the stream still that one? False as soon as this driver has written it. */
bool smmu_strtab_is_foreign(struct smmu_device *smmu, u32 sid);

/* Return: the STE of a claimed stream */
struct smmu_ste *smmu_strtab_ste(struct smmu_device *smmu, u32 sid);

/**
 * smmu_strtab_shows() - does a claimed stream have this STE already?
 * @smmu: SMMU
 * @sid: StreamID
 * @ste: STE
 *
 * Each write is confirmed, so the SMMU has nothing else in its caches either, except where
 * smmu_strtab_write() has returned false.
 * Return: true where it need not be written. False for an STE of the kernel before.
 */
bool smmu_strtab_shows(struct smmu_device *smmu, u32 sid, const struct smmu_ste *ste);

/**
 * smmu_strtab_write() - change the STE of a claimed stream
 * @smmu: SMMU
 * @sid: StreamID
 * @target: the new STE
 * @brief: do not wait for longer than SMMU_BRIEF_US at a time
 *
 * The change is hitless where there is a hitless order of writes. There is none from a CD table
 * under one stage 2 to a CD table under another. When this function returns, the SMMU has confirmed
 * the change (CFGI_STE and CMD_SYNC), or was shut.
 * Return: false when @brief was not enough. Then the stream may still be what it was, and before
 *	its STE is written again, the caller calls smmu_strtab_settle().
 */
bool smmu_strtab_write(struct smmu_device *smmu, u32 sid, const struct smmu_ste *target,
		       bool brief);

/* Wait until the SMMU holds nothing of an STE that was written before */
void smmu_strtab_settle(struct smmu_device *smmu, u32 sid);

/**
 * smmu_strtab_preset_bypass() - give a stream a bypass STE before the SMMU is enabled
 * @smmu: allocated SMMU, not started
 * @sid: StreamID that firmware names (RMR), because its DMA must go on
 *
 * Does nothing where the DMA goes on with the STE of the kernel before.
 * Return: as smmu_strtab_claim()
 */
int smmu_strtab_preset_bypass(struct smmu_device *smmu, u32 sid);

#endif
