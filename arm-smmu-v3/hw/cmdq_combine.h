/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Insertion without a lock. The algorithm is in core/insert.c; these files add the doorbell, the
 * wait for admission, and the memory. And they say where it is used.
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
 * Allocate what a queue needs for it, and initialise @q->ins. Return: false, with a line logged and
 * nothing allocated, when the queue is too small or there is no memory.
 */
bool smmu_cmdq_combine_init(struct smmu_cmdq *q);
/* Undo that, also where it was never done */
void smmu_cmdq_combine_free(struct smmu_cmdq *q);

/* With so many CPUs the lock is what limits them when all unmap: Documentation/manycpu.rst */
#define SMMU_COMBINE_CPUS	32

/**
 * smmu_cmdq_combine_choose() - choose how commands are inserted into the architected queue
 * @smmu: SMMU whose queues are all allocated; none is in use
 *
 * As @smmu->tuning.insertion says. SMMU_INSERT_AUTO uses the lock where there are fewer CPUs than
 * SMMU_COMBINE_CPUS, and where other queues take the TLBIs, which are most of what CPUs post at the
 * same time. Where the queue is too small to go without the lock, it is used, and a line is logged.
 */
void smmu_cmdq_combine_choose(struct smmu_device *smmu);

#if IS_ENABLED(CONFIG_KUNIT)
/* Number of CPUs of the machine, and whether they are of several nodes */
u32 smmu_cmdq_combine_cpus(void);
bool smmu_cmdq_combine_nodes(void);
#endif

/* Make the queue empty. No caller posts meanwhile. */
void smmu_cmdq_combine_reset(struct smmu_cmdq *q);

#endif
