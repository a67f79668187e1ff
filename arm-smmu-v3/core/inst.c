// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setting up and taking down the id spaces of one SMMU.
 *
 * No lock is needed here: smmu_inst_init() runs before other code knows the instance, and
 * smmu_inst_destroy() after no other code uses it. tag.c says what an id means.
 */
#include <linux/export.h>

#include <kunit/visibility.h>

#include "inst.h"

void smmu_inst_init(struct smmu_inst *inst, u32 nr)
{
	inst->nr = nr;
	ida_init(&inst->asids);
	ida_init(&inst->vmids);
	ida_init(&inst->withheld_asids);
	ida_init(&inst->withheld_vmids);
	atomic_set(&inst->withheld, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inst_init);

void smmu_inst_destroy(struct smmu_inst *inst)
{
	ida_destroy(&inst->withheld_vmids);
	ida_destroy(&inst->withheld_asids);
	ida_destroy(&inst->vmids);
	ida_destroy(&inst->asids);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inst_destroy);
