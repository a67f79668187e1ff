/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Insertion without a lock. The algorithm is in core/insert.c; these files add the doorbell, the
 * wait for admission, and the memory.
 */
#ifndef SMMU_HW_CMDQ_COMBINE_H
#define SMMU_HW_CMDQ_COMBINE_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_post_combine() - insert a batch without a lock
 * @q: queue
 * @cmd: commands
 * @n: number of commands, at most SMMU_BATCH_MAX
 * @deadline: how long the function may wait for room
 * @pos: out, position of the first command
 * Return: 0 or an error of smmu_cmdq_relax()
 */
int smmu_cmdq_post_combine(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			   struct smmu_deadline *deadline, u64 *pos);

/*
 * Allocate @q->ends and initialise @q->ins. Return: false, with a line logged and nothing
 * allocated, when the queue is too small or there is no memory.
 */
bool smmu_cmdq_combine_init(struct smmu_cmdq *q);

/* Make the queue empty. No caller posts meanwhile. */
void smmu_cmdq_combine_reset(struct smmu_cmdq *q);

#endif
