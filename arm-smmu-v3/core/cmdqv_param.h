/* SPDX-License-Identifier: GPL-2.0-only */
/* What a CMDQ-V companion has: its register PARAM, decoded and checked (smmuv3/cmdqv.h). */
#ifndef SMMU_CORE_CMDQV_PARAM_H
#define SMMU_CORE_CMDQV_PARAM_H

#include <linux/types.h>

/**
 * struct smmu_cmdqv_layout - how many there are of everything
 * @vintfs: interfaces
 * @queues: queues, in all
 * @each: logical queues of each interface
 * @sids: StreamIDs that an interface can replace
 * @version: version of the companion
 * @bytes: size of its registers
 */
struct smmu_cmdqv_layout {
	u32 vintfs;
	u32 queues;
	u32 each;
	u32 sids;
	u32 version;
	u64 bytes;
};

/**
 * smmu_cmdqv_decode() - decode PARAM, and check it against what can be
 * @param: the register
 * @bytes: size of the register range that firmware gives
 * @layout: out
 *
 * Its maps and allocation registers can describe a limited number of queues and interfaces, and
 * each interface has two register pages.
 * Return: NULL, or what is wrong, for the log
 */
const char *smmu_cmdqv_decode(u32 param, u64 bytes, struct smmu_cmdqv_layout *layout);

#endif
