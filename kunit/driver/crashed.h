/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMMU as a kernel that has crashed leaves it: enabled, with stream table, CD tables and page
 * tables in memory, while devices do DMA. The driver of the case, a crash kernel's, then finds it.
 *
 * The tables are written by hand; the page tables are those of domains that were made for a second
 * SMMU, because a domain's page table belongs to no SMMU. The case may spoil anything before
 * crashed_find().
 */
#ifndef KUNIT_ON_MODEL_CRASHED_H
#define KUNIT_ON_MODEL_CRASHED_H

#include "driver/log.h"
#include "driver/rig.h"

#define CRASHED_IOVA	0x40001000ULL
#define CRASHED_PAGE	0x11111000ULL
#define CRASHED_BLOCKS	32

/**
 * struct crashed - see the head of this file
 * @test: the case
 * @rig: machine; SMMU 0 is the one that was left, SMMU 1 is the one that page tables are made for
 * @smmu: SMMU 0
 * @feat: its features
 * @s1: domain of stage 1 that maps CRASHED_IOVA to CRASHED_PAGE
 * @s2: domain of stage 2, likewise
 * @two_level: the stream table has two levels
 * @log2: log2 of its StreamIDs
 * @linear: a linear table
 * @l1: level 1
 * @l2: level 2, by number of the descriptor
 * @cdtab: CD table that was made last
 * @cd: CD that was made last
 * @base: what STRTAB_BASE will be
 * @cfg: what STRTAB_BASE_CFG will be
 * @cr0: likewise
 * @cr1: likewise
 * @cr2: likewise
 * @queues: its command queue, and its event queue
 * @own: start of memory that the crash kernel uses
 * @own_bytes: length of that, 0 for none
 * @tuning: how the driver is tuned
 * @mapped: number of mappings of old memory
 * @identity: the default domain of devices is identity
 * @log: what the driver has said since crashed_find()
 * @block: memory of the crashed kernel
 * @order: size of each block
 * @blocks: number of them
 */
struct crashed {
	struct kunit *test;
	struct rig *rig;
	struct machine_smmu *smmu;
	struct smmu_features feat;
	struct iommu_domain *s1;
	struct iommu_domain *s2;
	bool two_level;
	u8 log2;
	struct smmu_ste *linear;
	__le64 *l1;
	struct smmu_ste *l2[1024];
	void *cdtab;
	struct smmu_cd *cd;
	u64 base;
	u32 cfg;
	u32 cr0;
	u32 cr1;
	u32 cr2;
	void *queues;
	u64 own;
	u64 own_bytes;
	struct smmu_tuning tuning;
	int mapped;
	bool identity;
	struct rig_log log;
	unsigned long block[CRASHED_BLOCKS];
	u8 order[CRASHED_BLOCKS];
	u32 blocks;
};

/* Make a config with a linear table of 8 bits, or with two levels of 16 bits */
void crashed_config(struct model_config *cfg, bool two_level);

/* Make the machine, with an empty stream table: every STE aborts */
struct crashed *crashed_make(struct kunit *test, const struct model_config *cfg);

/* Memory of the crashed kernel, zeroed, aligned to its size, at least a page */
void *crashed_alloc(struct crashed *c, size_t bytes);

/* The STE of a stream; its level-2 table is made if there is none */
struct smmu_ste *crashed_ste(struct crashed *c, u32 sid);

/* Let a stream translate: stage 1 by one CD; by a table of 2^@cdmax CDs in form @fmt; stage 2 */
void crashed_s1(struct crashed *c, u32 sid, u16 asid);
void crashed_ssids(struct crashed *c, u32 sid, u8 fmt, u8 cdmax, u32 ssid, u16 asid);
void crashed_s2(struct crashed *c, u32 sid, u16 vmid);
void crashed_bypass(struct crashed *c, u32 sid);

/* Write the registers: the SMMU is now as the crashed kernel has left it */
void crashed_leave(struct crashed *c);

/* Probe it. Return: whether the driver has bound */
bool crashed_find(struct crashed *c);

/* The driver has bound: has it adopted the table? */
bool crashed_is_adopted(struct crashed *c);

/* Has the driver said a line that begins so? */
bool crashed_has_said(struct crashed *c, const char *begin);

/* Access of a device that the kernel need not know. Return: where it goes, or RIG_NOWHERE */
u64 crashed_access(struct crashed *c, u32 sid, u64 iova);
u64 crashed_access_ssid(struct crashed *c, u32 sid, u32 ssid, u64 iova);

#endif
