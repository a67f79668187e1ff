/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Global errors (Arm IHI 0070, 7.5). The interrupt handler sees them, and every CPU that polls for
 * commands.
 */
#ifndef SMMU_HW_GERROR_H
#define SMMU_HW_GERROR_H

#include <linux/irqreturn.h>

struct smmu_device;

/**
 * smmu_gerror_take_over() - acknowledge errors that were active before this driver came
 * @smmu: disabled SMMU
 *
 * CMDQEN does not clear CMDQ_ERR, and the SMMU consumes no command while CMDQ_ERR is active
 * (6.3.28, 7.1). It writes no event while EVENTQ_ABT_ERR is active (7.2.1). The driver may
 * acknowledge both, because its queues start empty, and because SMMUEN = 0 has ended all stalled
 * transactions (7.2.2).
 * Return: 0; -EIO, with one line logged, for service failure mode (12.3)
 */
int smmu_gerror_take_over(struct smmu_device *smmu);

/**
 * smmu_gerror_poll() - look at GERROR, handle and acknowledge the errors that are active
 * @smmu: SMMU; any context
 * Return: true when an error was active
 */
bool smmu_gerror_poll(struct smmu_device *smmu);

irqreturn_t smmu_gerror_irq(int irq, void *data);

#endif
