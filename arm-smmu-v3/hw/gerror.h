/* SPDX-License-Identifier: GPL-2.0-only */
/* Global errors (Arm IHI 0070, 7.5): seen by interrupt, or by whoever polls. */
#ifndef SMMU_HW_GERROR_H
#define SMMU_HW_GERROR_H

#include <linux/irqreturn.h>

struct smmu_device;

/**
 * smmu_gerror_poll() - look at GERROR, handle and acknowledge what is active
 * @smmu: SMMU; any context
 * Return: true when something was active
 */
bool smmu_gerror_poll(struct smmu_device *smmu);

irqreturn_t smmu_gerror_irq(int irq, void *data);

#endif
