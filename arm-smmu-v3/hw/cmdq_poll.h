/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting on a command queue, for room or for a CMD_SYNC: the part of the polling loop that
 * looks at everything but the queue's positions.
 */
#ifndef SMMU_HW_CMDQ_POLL_H
#define SMMU_HW_CMDQ_POLL_H

#include <linux/ktime.h>
#include <linux/types.h>

#include "hw/cmdq.h"

/* Polls between two looks at the clock and at GERROR */
#define SMMU_CMDQ_POLLS		16

/**
 * smmu_cmdq_relax() - one turn of a polling loop
 * @q: queue
 * @polls: the loop's counter
 * @deadline: begins at the first look at the clock
 *
 * Now and then looks at GERROR, which nobody else would with interrupts off (7.1), and at
 * the clock. At the deadline, when an ATC_INV holds the queue up, its devices are cut off and the
 * deadline is extended by the time that PCIe allows them to answer.
 * Return: 0 to go on, -ESHUTDOWN, -ETIMEDOUT, -EINTR
 */
int smmu_cmdq_relax(struct smmu_cmdq *q, u32 *polls, struct smmu_deadline *deadline);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests to replace: the clock of those who poll */
ktime_t smmu_cmdq_clock(struct smmu_cmdq *q);
#endif

#endif
