/* SPDX-License-Identifier: GPL-2.0-only */
/* Between cmdq.c, the two ways to insert, and cmdq_atc.c: inside the command queue only. */
#ifndef SMMU_HW_CMDQ_ALGO_H
#define SMMU_HW_CMDQ_ALGO_H

#include <linux/percpu.h>

#include "core/cmd.h"
#include "hw/device.h"

/**
 * smmu_cmdq_post_lock() - insert a piece under the lock
 * @smmu: SMMU
 * @cmd: commands
 * @n: at most the queue's size
 * @deadline: how long room may be waited for
 * @pos: out: position of the first
 * Return: 0, -ETIMEDOUT, -ESHUTDOWN
 */
int smmu_cmdq_post_lock(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
			struct smmu_deadline *deadline, u64 *pos);

/* The same without a lock; @n is at most SMMU_BATCH_MAX */
int smmu_cmdq_post_combine(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
			   struct smmu_deadline *deadline, u64 *pos);

/* False when the queue is too small. @q->ends is allocated on true. */
bool smmu_cmdq_combine_init(struct smmu_device *smmu);
void smmu_cmdq_combine_reset(struct smmu_cmdq *q);

/**
 * smmu_cmdq_refresh() - look at CONS
 * @smmu: SMMU
 * Return: a position that the SMMU has reached, never behind one returned before
 */
u64 smmu_cmdq_refresh(struct smmu_device *smmu);

/* Is there room up to @most entries in use when the producer is at @prod? */
static inline bool smmu_cmdq_fits(struct smmu_device *smmu, u64 prod, u32 most)
{
	return prod - READ_ONCE(smmu->cmdq.cons) <= most ||
	       prod - smmu_cmdq_refresh(smmu) <= most;
}

/**
 * smmu_cmdq_relax() - one turn of a polling loop
 * @smmu: SMMU
 * @polls: the loop's counter
 * @deadline: begins at the first look at the clock
 *
 * Now and then looks at GERROR, which nobody else would with interrupts off (7.1), and at
 * the clock.
 * Return: 0 to go on, -ESHUTDOWN, -ETIMEDOUT
 */
int smmu_cmdq_relax(struct smmu_device *smmu, u32 *polls, struct smmu_deadline *deadline);

/**
 * smmu_cmdq_blame_atc() - the queue does not move: is it an ATC_INV that it waits for?
 * @smmu: SMMU
 *
 * If so the streams concerned are handed to smmu->ops->atc_stuck().
 * Return: true when it is, and a device was there to be blamed
 */
bool smmu_cmdq_blame_atc(struct smmu_device *smmu);

/* A post of @n commands, @syncs of them CMD_SYNC. Interrupts are off. Return: this CPU's */
static inline struct smmu_cmdq_stats *smmu_cmdq_count(struct smmu_cmdq *q, u32 n, u32 syncs)
{
	struct smmu_cmdq_stats *stats = this_cpu_ptr(q->stats);

	stats->posts++;
	stats->cmds += n;
	stats->syncs += syncs;
	return stats;
}

#endif
