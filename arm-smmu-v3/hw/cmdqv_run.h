/* SPDX-License-Identifier: GPL-2.0-only */
/* Bring up and take down the CMDQ-V companion of an SMMU, see cmdqv.h. */
#ifndef SMMU_HW_CMDQV_RUN_H
#define SMMU_HW_CMDQV_RUN_H

#include <linux/types.h>

struct smmu_device;

/* Stop it, whoever has enabled it. Nobody posts to its queues. */
void smmu_cmdqv_stop(struct smmu_device *smmu);

/**
 * smmu_cmdqv_enable() - bring up all of it, and let posts use its queues
 * @smmu: SMMU that is on and takes commands. Nobody waits for a queue of the companion.
 *
 * Process context; posts a CMD_SYNC. A queue that cannot be enabled stays out.
 */
void smmu_cmdqv_enable(struct smmu_device *smmu);

/**
 * smmu_cmdqv_disable() - take its queues out, and stop it
 * @smmu: SMMU that is dead, or to which nobody posts
 * @wait: wait until it has stopped
 *
 * A queue that was not confirmed off is busy. smmu_cmdqv_enable() undoes this.
 */
void smmu_cmdqv_disable(struct smmu_device *smmu, bool wait);

#endif
