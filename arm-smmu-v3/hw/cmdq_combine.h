/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Insertion without a lock: core/insert.c on a real queue. What is here is the doorbell,
 * the wait for admission, and the memory.
 */
#ifndef SMMU_HW_CMDQ_COMBINE_H
#define SMMU_HW_CMDQ_COMBINE_H

#include <linux/types.h>

#include "hw/cmdq.h"

/**
 * smmu_cmdq_post_combine() - insert a batch without a lock
 * @q: queue
 * @cmd: commands
 * @n: at most SMMU_BATCH_MAX
 * @deadline: how long room may be waited for
 * @pos: out: position of the first
 * Return: 0 or an error of smmu_cmdq_relax()
 */
int smmu_cmdq_post_combine(struct smmu_cmdq *q, const struct smmu_cmd *cmd, u32 n,
			   struct smmu_deadline *deadline, u64 *pos);

/* False, with a line logged, when the queue is too small. @q->ends is allocated on true. */
bool smmu_cmdq_combine_init(struct smmu_cmdq *q);

/* The queue starts empty: nobody posts */
void smmu_cmdq_combine_reset(struct smmu_cmdq *q);

#endif
