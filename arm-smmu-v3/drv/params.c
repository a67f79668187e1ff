// SPDX-License-Identifier: GPL-2.0-only
#include <linux/moduleparam.h>

#include "drv/params.h"

static uint disable_features;
module_param(disable_features, uint, 0444);
MODULE_PARM_DESC(disable_features,
		 "mask of features to treat as absent: 1 stage 1, 2 stage 2, 8 two-level stream tables, 0x20 range invalidation, 0x40 MSI, 0x80 SEV; all in Documentation/parameters.rst (default 0)");

/* At least one batch fits into 2^7 entries; 2^1 is the smallest queue that works at all */
static int set_queue_log2(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, 19);
}

static const struct kernel_param_ops queue_log2_ops = {
	.set = set_queue_log2,
	.get = param_get_uint,
};

static uint queue_log2;
module_param_cb(queue_log2, &queue_log2_ops, &queue_log2, 0444);
MODULE_PARM_DESC(queue_log2,
		 "largest log2 of entries of any queue, 0 for what hardware and memory allow (default 0)");

static bool force;
module_param(force, bool, 0444);
MODULE_PARM_DESC(force,
		 "take over SMMUs although devices behind them are in use without it; their DMA and interrupts stop (default N)");

u32 smmu_param_disabled(void)
{
	return disable_features;
}

u8 smmu_param_queue_cap(void)
{
	return queue_log2;
}

bool smmu_param_force(void)
{
	return force;
}
