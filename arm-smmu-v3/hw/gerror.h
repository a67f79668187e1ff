/* SPDX-License-Identifier: GPL-2.0-only */
/* Global errors (Arm IHI 0070, 7.5): seen by interrupt, or by whoever polls. */
#ifndef SMMU_HW_GERROR_H
#define SMMU_HW_GERROR_H

#include <linux/irqreturn.h>

struct smmu_device;

/**
 * smmu_gerror_take_over() - errors that nobody acknowledged before us
 * @smmu: disabled. CMDQEN does not clear CMDQ_ERR, and nothing is consumed while that is active
 *	(6.3.28, 7.1); no event is written while EVENTQ_ABT_ERR is (7.2.1).
 *
 * They are acknowledged: the queues start empty, and SMMUEN, which is 0, has ended what was
 * stalled (7.2.2).
 * Return: 0; -EIO, with one line logged, for service failure mode (12.3)
 */
int smmu_gerror_take_over(struct smmu_device *smmu);

/**
 * smmu_gerror_poll() - look at GERROR, handle and acknowledge what is active
 * @smmu: SMMU; any context
 * Return: true when something was active
 */
bool smmu_gerror_poll(struct smmu_device *smmu);

irqreturn_t smmu_gerror_irq(int irq, void *data);

#endif
