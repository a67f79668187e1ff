/* SPDX-License-Identifier: GPL-2.0-only */
/* Insertion under one raw spinlock: simple, fair enough for a handful of CPUs. */
#ifndef SMMU_HW_CMDQ_LOCK_H
#define SMMU_HW_CMDQ_LOCK_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_post_lock() - insert a piece under the lock
 * @q: queue
 * @cmd: commands
 * @n: at most the queue's size
 * @deadline: how long room may be waited for
 * @pos: out: position of the first
 * Return: 0 or an error of smmu_cmdq_relax()
 */
int smmu_cmdq_post_lock(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			struct smmu_deadline *deadline, u64 *pos);

#endif
