/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Enhanced command queues (ECMDQs; Arm IHI 0070, 3.5.6): more command queues of an SMMU, in
 * register pages of their own, the control pages. cmdq_set.h says what they are used for.
 *
 * The pages lie outside the register range that firmware describes, and need a mapping of their
 * own. What the registers say of them is checked. Where anything is wrong, or an ECMDQ cannot be
 * enabled, its commands go to the architected queue.
 *
 * An ECMDQ is enabled and acknowledges errors through the register that is its doorbell, so all
 * writes of PROD are under the lock of the queue. A disabled queue is *out* (cmdq_set.h).
 */
#ifndef SMMU_HW_ECMDQ_H
#define SMMU_HW_ECMDQ_H

#include <linux/types.h>

struct smmu_device;

/**
 * smmu_ecmdq_alloc() - find the ECMDQs, and allocate as many as are wanted
 * @smmu: SMMU whose architected queue is allocated
 *
 * At probe. One for posts with ATC_INVs and one for each CPU, as far as there are so many and
 * @smmu->tuning.nr_queues allows. Without memory, or where the registers are not as they should be,
 * there are none, which is logged.
 */
void smmu_ecmdq_alloc(struct smmu_device *smmu);

/**
 * smmu_ecmdq_stop_all() - disable every ECMDQ that is enabled, whoever has enabled it
 * @smmu: SMMU on which nobody posts to ECMDQs
 *
 * CR1's fields for queues can be written only when all of them are off (3.5.6.1).
 * Return: 0, or -ETIMEDOUT when one does not acknowledge it
 */
int smmu_ecmdq_stop_all(struct smmu_device *smmu);

/**
 * smmu_ecmdq_enable() - enable the queues that are out, and let posts use all of them
 * @smmu: SMMU that takes commands. Nobody waits for commands on a queue that is out.
 *
 * A queue that cannot be enabled stays out.
 */
void smmu_ecmdq_enable(struct smmu_device *smmu);

/**
 * smmu_ecmdq_disable() - let posts use the queues no more, and disable them
 * @smmu: SMMU
 * @wait: wait for those that are idle
 *
 * A queue that has not acknowledged the disable is busy.
 */
void smmu_ecmdq_disable(struct smmu_device *smmu, bool wait);

#endif
