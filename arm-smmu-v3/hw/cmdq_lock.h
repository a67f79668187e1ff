/* SPDX-License-Identifier: GPL-2.0-only */
/* Insertion under one raw spinlock, which is simple, and fast enough for a few CPUs. */
#ifndef SMMU_HW_CMDQ_LOCK_H
#define SMMU_HW_CMDQ_LOCK_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_post_lock() - insert commands under the lock
 * @q: queue
 * @cmd: commands
 * @n: number of commands, at most the size of the queue
 * @deadline: how long the function may wait for room
 * @pos: out, position of the first command
 * Return: 0 or an error of smmu_cmdq_relax()
 */
int smmu_cmdq_post_lock(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			struct smmu_deadline *deadline, u64 *pos);

#endif
