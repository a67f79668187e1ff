/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct smmu_inst - what core/ knows of one SMMU.
 *
 * hw embeds it in its own device structure. The array orders and groups its entries by @nr, the
 * plan reads @feat, and tags come from the two IDAs. core/ uses nothing else of an SMMU.
 *
 * Lifetime: an array entry does not hold a reference. drv keeps the instance alive while any array
 * names it, and waits for RCU readers before it frees the instance.
 *
 * Id 0 is given out in neither space: VMID 0 stands for bypass and for a stage 1 without stage 2,
 * and ASID 0 is what a zeroed CD would hold.
 */
#ifndef SMMU_CORE_INST_H
#define SMMU_CORE_INST_H

#include <linux/atomic.h>
#include <linux/idr.h>
#include <linux/types.h>

#include <smmuv3/features.h>

/**
 * struct smmu_inst - identity, abilities and id spaces of one SMMU
 * @nr: stable instance number, given out once and never reused while the module is loaded
 * @feat: decoded features; constant after probe
 * @asids: ASIDs that are in use, parked or withheld; the IDA has a lock of its own
 * @vmids: VMIDs, likewise
 * @withheld_asids: ASIDs that are withheld and can be given back, see smmu_tag_withhold()
 * @withheld_vmids: VMIDs, likewise
 * @withheld: number of ids of both that are not given out, because their flush was not confirmed
 */
struct smmu_inst {
	u32 nr;
	struct smmu_features feat;
	struct ida asids;
	struct ida vmids;
	struct ida withheld_asids;
	struct ida withheld_vmids;
	atomic_t withheld;
};

/**
 * smmu_inst_init() - initialise the id spaces; this cannot fail
 * @inst: zeroed memory; @inst->feat may be filled before or after
 * @nr: instance number, unique among all instances that share arrays
 */
void smmu_inst_init(struct smmu_inst *inst, u32 nr);

/**
 * smmu_inst_destroy() - free the memory of the id spaces
 * @inst: an instance that no array names any more
 */
void smmu_inst_destroy(struct smmu_inst *inst);

#endif
