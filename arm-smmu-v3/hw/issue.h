/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that are posted and waited for at once: table maintenance, flushes of everything,
 * ATC_INVs outside a walk. The walk posts to all SMMUs first and waits afterwards.
 */
#ifndef SMMU_HW_ISSUE_H
#define SMMU_HW_ISSUE_H

#include <linux/types.h>

#include <smmuv3/cmd.h>

struct smmu_deadline;
struct smmu_device;

/**
 * smmu_issue() - post commands, wait for the last, a CMD_SYNC
 * @smmu: SMMU
 * @cmd: commands
 * @n: how many
 * Return: as smmu_cmdq_wait(). Any context.
 */
int smmu_issue(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n);

/* The same by a deadline of the caller's: see struct smmu_deadline */
int smmu_issue_by(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		  struct smmu_deadline *deadline);

/**
 * smmu_issue_cfgi() - configuration invalidation that must be confirmed
 * @smmu: SMMU
 * @cmd: CFGI commands, with room for one more: the CMD_SYNC, which this function adds, so
 *	that all go in one post
 * @n: how many, without the CMD_SYNC
 *
 * Tries a second time with CFGI_ALL. If that is not confirmed either, the SMMU is
 * shut: it may go on using a configuration that is about to be freed.
 */
void smmu_issue_cfgi(struct smmu_device *smmu, struct smmu_cmd *cmd, u32 n);

/* Commands that a batch holds, without the CMD_SYNC */
#define SMMU_ISSUE_BATCH	16

/**
 * struct smmu_issue_batch - many commands of one operation, on the stack of their caller
 * @smmu: SMMU
 * @config: they are CFGI commands and must be confirmed, as smmu_issue_cfgi() has it
 * @ret: first error of an issue, 0 with @config. After an error nothing is sent any more.
 * @n: commands in @cmd
 * @cmd: commands, with room for the CMD_SYNC
 *
 * Whenever the batch is full it is issued, with a CMD_SYNC behind it. Any context.
 */
struct smmu_issue_batch {
	struct smmu_device *smmu;
	bool config;
	int ret;
	u32 n;
	struct smmu_cmd cmd[SMMU_ISSUE_BATCH + 1];
};

/* An empty batch */
static inline void smmu_issue_batch_start(struct smmu_issue_batch *batch,
					  struct smmu_device *smmu, bool config)
{
	batch->smmu = smmu;
	batch->config = config;
	batch->ret = 0;
	batch->n = 0;
}

/**
 * smmu_issue_batch_add() - the place for one more command
 * @batch: batch; issued first when it is full
 * Return: where the caller writes the command before the next call
 */
struct smmu_cmd *smmu_issue_batch_add(struct smmu_issue_batch *batch);

/**
 * smmu_issue_batch_end() - issue what is left
 * @batch: batch, empty afterwards
 * Return: 0 or the first error of smmu_issue(); always 0 for CFGI commands
 */
int smmu_issue_batch_end(struct smmu_issue_batch *batch);

/**
 * smmu_issue_resume() - answer a stalled transaction
 * @smmu: SMMU
 * @sid: its StreamID
 * @stag: its tag, of the event
 * @action: RESUME_*
 *
 * Any context. Does not wait, because the SMMU answers the device and not the caller (4.6.1).
 */
void smmu_issue_resume(struct smmu_device *smmu, u32 sid, u16 stag, u8 action);

/**
 * smmu_issue_flush_all() - every TLB entry and every configuration, last resort
 * @smmu: SMMU
 * Return: 0 when confirmed
 */
int smmu_issue_flush_all(struct smmu_device *smmu);

/**
 * smmu_issue_quiesce() - transactions that were in progress when SMMUEN was cleared are over
 * @smmu: SMMUEN acknowledged as 0: that says nothing of them (6.3.9.6), but a flush of all that
 *	they may have used does (4.7.3)
 *
 * A queue with something in it is stuck or about to be: nothing is asked of it. Any context,
 * polls for some ms at most.
 */
void smmu_issue_quiesce(struct smmu_device *smmu);

/* smmu_shut() with smmu_issue_quiesce() before "dead": for callers that the queue does not call */
void smmu_issue_shut(struct smmu_device *smmu, const char *why);

#endif
