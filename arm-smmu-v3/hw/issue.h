/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that the caller posts and waits for in one call: maintenance of tables, flushes of
 * everything, ATC_INVs outside a walk. A walk does not use this file, because it posts to all SMMUs
 * before it waits for the first.
 */
#ifndef SMMU_HW_ISSUE_H
#define SMMU_HW_ISSUE_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

#include "hw/device.h"

/**
 * smmu_issue() - post commands and wait for the last one, a CMD_SYNC
 * @smmu: SMMU
 * @cmd: commands
 * @n: number of commands
 * Return: as smmu_cmdq_wait(). Any context.
 */
int smmu_issue(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n);

/**
 * smmu_issue_cfgi() - invalidate configuration, and shut the SMMU if that is not confirmed
 * @smmu: SMMU
 * @cmd: CFGI commands, with room for one more: this function adds the CMD_SYNC, so that all are in
 *	one post
 * @n: number of commands without the CMD_SYNC
 * @brief: do not wait for longer than SMMU_BRIEF_US
 *
 * If the commands are not confirmed, see smmu_issue_make_good(): the SMMU may go on using a
 * configuration that is about to be freed.
 * Return: 0; -EAGAIN when @brief was not enough, and then nothing is known of the commands
 */
int smmu_issue_cfgi(struct smmu_device *smmu, struct smmu_cmd *cmd, u32 n, bool brief);

/**
 * smmu_issue_make_good() - do what is left to do when an invalidation was not confirmed
 * @smmu: SMMU
 * @err: what smmu_cmdq_post() or smmu_cmdq_wait() has returned
 * @why: reason, for the log
 *
 * Where a command was skipped, everything is invalidated. Where the queue stands still, or does not
 * confirm that either, the SMMU is shut. An SMMU that was shut, and a device that was cut off, use
 * nothing that was not invalidated.
 */
void smmu_issue_make_good(struct smmu_device *smmu, int err, const char *why);

/* Number of commands that a batch holds, without the CMD_SYNC */
#define SMMU_ISSUE_BATCH	16

/**
 * struct smmu_issue_batch - many commands of one operation, on the stack of the caller
 * @smmu: SMMU
 * @config: the commands are CFGI commands and go through smmu_issue_cfgi()
 * @brief: do not wait for longer than SMMU_BRIEF_US for each CMD_SYNC; false at the start
 * @max: number of commands with which the batch is full
 * @ret: first error of smmu_issue() or smmu_issue_cfgi(). After an error nothing more is sent.
 * @n: number of commands in @cmd
 * @cmd: commands, with room for the CMD_SYNC
 *
 * A full batch is issued with a CMD_SYNC behind it. Any context.
 */
struct smmu_issue_batch {
	struct smmu_device *smmu;
	bool config;
	bool brief;
	u8 max;
	int ret;
	u32 n;
	struct smmu_cmd cmd[SMMU_ISSUE_BATCH + 1];
};

/* Make the batch empty */
static inline void smmu_issue_batch_start(struct smmu_issue_batch *batch,
					  struct smmu_device *smmu, bool config)
{
	batch->smmu = smmu;
	batch->config = config;
	batch->brief = false;
	/* only ATC_INVs are in segments */
	batch->max = config ? SMMU_ISSUE_BATCH :
			      min_t(u32, SMMU_ISSUE_BATCH, smmu->inst.feat.atc_segment);
	batch->ret = 0;
	batch->n = 0;
}

/**
 * smmu_issue_batch_end() - issue the commands that are left in a batch
 * @batch: batch, empty afterwards
 * Return: 0 or the first error of smmu_issue() or smmu_issue_cfgi()
 */
int smmu_issue_batch_end(struct smmu_issue_batch *batch);

/**
 * smmu_issue_batch_add() - reserve the place of one more command
 * @batch: batch. When it is full, it is issued first.
 * Return: the place, to which the caller writes the command before the next call
 */
static inline struct smmu_cmd *smmu_issue_batch_add(struct smmu_issue_batch *batch)
{
	if (unlikely(batch->n == batch->max))
		smmu_issue_batch_end(batch);
	return &batch->cmd[batch->n++];
}

/**
 * smmu_issue_flush_all() - invalidate all TLB entries and all cached configuration
 * @smmu: SMMU
 * Return: 0 when confirmed
 */
int smmu_issue_flush_all(struct smmu_device *smmu);

/* Wait for what was posted before, as long as the queue goes on. Return: 0, or an error */
int smmu_issue_drain(struct smmu_device *smmu);

/**
 * smmu_issue_quiesce() - wait for transactions that were in progress when SMMUEN was cleared
 * @smmu: SMMU that has acknowledged SMMUEN = 0
 *
 * The acknowledge does not say that these transactions are over (6.3.9.6). A completed flush of
 * everything that they may have used does (4.7.3). Where the queue is not empty, it is stuck or
 * about to be, so this function does nothing. Any context; polls for some ms at most.
 */
void smmu_issue_quiesce(struct smmu_device *smmu);

/*
 * As smmu_shut(), with smmu_issue_quiesce() before the SMMU is marked dead. The code of the command
 * queue must not call it, because this function posts.
 */
void smmu_issue_shut(struct smmu_device *smmu, const char *why);

#endif
