/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command queues of an SMMU, and which one takes a post.
 *
 * The architected queue is always there. Where there are others, they take what waits are for:
 *
 *	a post with an ATC_INV		the first of them
 *	TLBIs and CMD_SYNCs only	the other ones; a CPU always uses the same one
 *	anything else			the architected queue, also a TLBI that the others do not
 *					take (struct smmu_cmdq_set.few)
 *
 * The first part of a post that comes in several decides, because all parts have the same opcodes
 * (core/plan.h).
 *
 * A queue is chosen for a post and never for a single command, because queues are not ordered
 * against each other, and a CMD_SYNC covers its own queue only (3.5.6.1). What comes in order comes
 * in one post, or the CPU has waited for the first before it posts the second:
 *
 *	TLBI before ATC_INV		in one post (core/plan.h)
 *	CFGI before TLBI		issue.c waits for the CFGI's CMD_SYNC
 *	array before STE, or CD		memory order: walk.h. The post that follows is on any queue.
 *	flush of a tag before its	the flush is waited for: binding.c
 *	id is used again
 *	RESUME before the next STE	both go to the architected queue
 *
 * Posts with ATC_INVs have a queue of their own, because a device that does not answer holds up the
 * queue for a minute: other posts do not wait for it, as far as the SMMU consumes its queues
 * independently of each other. The architecture permits that, and does not promise it (3.5.6,
 * 3.9.1).
 *
 * A queue besides the architected one that stands still, or cannot go on after an error, is *taken
 * out* of service until the SMMU is reset: nothing is posted to it any more. Who has posted to it
 * gets -ECANCELED and posts once more, and that goes to the architected queue, even if the caller
 * was moved meanwhile to a CPU with another queue: that one may stand for the same reason. So
 * nothing is lost, and nobody waits for two queues. What the SMMU still does of the old queue are
 * invalidations, which do no harm.
 *
 * scripts/spin/queues.pml is a model of that.
 */
#ifndef SMMU_HW_CMDQ_SET_H
#define SMMU_HW_CMDQ_SET_H

#include <linux/types.h>

struct smmu_cmd;
struct smmu_cmdq;
struct smmu_device;

/* The queues with these indices in struct smmu_cmdq_set.q */
#define SMMU_CMDQ_SET_ATC	0
#define SMMU_CMDQ_SET_TLBI	1

/**
 * smmu_cmdq_set_alloc() - allocate the set, without the queues
 * @smmu: SMMU
 * @nr: number of queues besides the architected one
 *
 * CPUs share the queues for TLBIs where there are fewer of them than CPUs. CPUs of one node are
 * next to each other in that.
 * Return: 0 or -ENOMEM; the caller fills in the queues
 */
int smmu_cmdq_set_alloc(struct smmu_device *smmu, u32 nr);
void smmu_cmdq_set_free(struct smmu_device *smmu);

/*
 * Let posts use the queues, or not any more. They are enabled; posts under way may still use them.
 */
void smmu_cmdq_set_use(struct smmu_device *smmu, bool on);

/**
 * smmu_cmdq_choose() - choose the queue of a post, for an SMMU that has several
 * @smmu: SMMU
 * @cmd: the commands of the post, or the first of them
 * @n: number of commands
 * @atc: ATC_INVs may follow in the same post
 *
 * Any context. The CPU may change while it chooses, which costs nothing but time.
 * Return: the queue
 */
struct smmu_cmdq *smmu_cmdq_choose(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
				   bool atc);

/**
 * smmu_cmdq_take_out() - take a queue out of service
 * @q: queue; any context, its lock is not held
 * @why: for the log
 * Return: false for the architected queue, which cannot be taken out
 */
bool smmu_cmdq_take_out(struct smmu_cmdq *q, const char *why);

/**
 * smmu_cmdq_set_errors() - look for errors of the queues that report them in GERROR.CMDQP_ERR
 * @smmu: SMMU, with gerror_lock held. CMDQP_ERR was acknowledged before, so an error that comes
 *	after a queue was looked at activates it again.
 */
void smmu_cmdq_set_errors(struct smmu_device *smmu);

#endif
