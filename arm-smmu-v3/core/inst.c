// SPDX-License-Identifier: GPL-2.0-only
/*
 * One SMMU as the pure core sees it: setting up and taking down its id spaces.
 *
 * Nothing here is locked. smmu_inst_init() runs before anybody else knows the
 * instance, smmu_inst_destroy() after everybody has forgotten it. Which id means
 * what is tag.c's affair.
 */
#include <linux/export.h>

#include <kunit/visibility.h>

#include "inst.h"

void smmu_inst_init(struct smmu_inst *inst, u32 nr)
{
	inst->nr = nr;
	ida_init(&inst->asids);
	ida_init(&inst->vmids);
	atomic_set(&inst->withheld, 0);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inst_init);

void smmu_inst_destroy(struct smmu_inst *inst)
{
	ida_destroy(&inst->vmids);
	ida_destroy(&inst->asids);
}
EXPORT_SYMBOL_IF_KUNIT(smmu_inst_destroy);
