/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors of the queues of a CMDQ-V companion (cmdqv.h). Each queue has a GERROR of its own, and the
 * SMMU's does not show it. So a CPU that waits for such a queue looks there, because it may have
 * interrupts off; else the companion's interrupt finds the queue by its maps: cmdqv_irq.h.
 */
#ifndef SMMU_HW_VCMDQ_ERROR_H
#define SMMU_HW_VCMDQ_ERROR_H

#include <linux/types.h>

struct smmu_cmdq;

/**
 * smmu_vcmdq_poll() - look for an error of a queue, and acknowledge it
 * @q: queue of a companion. Any context; takes the gerror_lock of its SMMU.
 *
 * A queue that cannot go on is taken out.
 * Return: true when there was an error
 */
bool smmu_vcmdq_poll(struct smmu_cmdq *q);

#endif
