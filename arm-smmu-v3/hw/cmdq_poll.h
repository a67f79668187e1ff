/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting on a command queue, for room or for a CMD_SYNC. The caller's polling loop looks at the
 * positions of the queue; this file looks at everything else.
 */
#ifndef SMMU_HW_CMDQ_POLL_H
#define SMMU_HW_CMDQ_POLL_H

#include <linux/ktime.h>
#include <linux/types.h>

#include "hw/cmdq.h"

/*
 * Number of polls of CONS, or of the word, between two looks at the clock and at other registers. A
 * look takes three reads of registers where there is a word. The SMMU may write the word sooner
 * than one of them comes back, so a wait that nothing holds up should end before the first look,
 * also where the SMMU is late because its registers are what all CPUs wait for.
 */
#define SMMU_CMDQ_POLLS		16
#define SMMU_CMDQ_WORD_POLLS	2048

/* Likewise of the word in a long wait, most of which a waiter sleeps if it may */
#define SMMU_CMDQ_LONG_POLLS	256

/*
 * A read of CONS is slow, and keeps the SMMU and the way to it from other work. So who polls CONS
 * makes a pause before each read after the first SMMU_CMDQ_POLLS. The pause is doubled after as
 * many again, up to a limit, so it is never more than a tenth of what the wait has taken so far.
 */
#define SMMU_CMDQ_PAUSE_NS	100
#define SMMU_CMDQ_PAUSE_MAX_NS	6400

/*
 * A write of the word takes it away from every CPU that has polled it, and the next CMD_SYNC is not
 * complete before that (4.7.3). With *lock* most CPUs wait for the lock, and few poll the word;
 * with *combine* nearly all do. So there, who has commands of others in front of its own polls less
 * often: it makes a pause of so long for each of them. A TLBI and the MSI of its CMD_SYNC take
 * longer on most machines, so the pauses become shorter, and the last polls are as frequent as any.
 * Documentation/manycpu.rst says what comes of it. A pause counts as a poll for each command, so
 * pauses keep looks at most 131 us apart.
 */
#define SMMU_CMDQ_FRONT_NS	64

/**
 * smmu_cmdq_relax() - one turn of a polling loop
 * @q: queue
 * @polls: counter of the loop, 0 at first. A poll of CONS counts for several of the word, so that
 *	the next look comes after SMMU_CMDQ_POLLS of the one or SMMU_CMDQ_WORD_POLLS of the other.
 * @deadline: its time begins when this function first reads the clock
 * @reads_cons: the loop reads CONS at each turn, and not only memory
 *
 * Every SMMU_CMDQ_POLLS or SMMU_CMDQ_WORD_POLLS calls this function looks at the clock and at
 * GERROR, the latter because the interrupt handler cannot run where this CPU has interrupts off
 * (7.1). The time is over when the queue has not moved for SMMU_CMD_TIMEOUT_MS, or for
 * SMMU_ATC_TIMEOUT_MS where it waits for a device.
 *
 * After SMMU_LONG_WAIT_US a caller that may sleep does so between two looks, for longer the longer
 * it has waited. Whether it may is known where the kernel counts what disables preemption
 * (CONFIG_PREEMPT_COUNT); elsewhere everybody polls.
 * Return: 0 when the loop shall go on; -ESHUTDOWN, -ETIMEDOUT, -EINTR, -EAGAIN or -ECANCELED as for
 *	smmu_cmdq_post()
 */
int smmu_cmdq_relax(struct smmu_cmdq *q, u32 *polls, struct smmu_deadline *deadline,
		    bool reads_cons);

/**
 * smmu_cmdq_hold_off() - make a pause before the next poll of the word
 * @q: queue
 * @polls: counter of the loop, as for smmu_cmdq_relax(), which is called next
 * @front: number of commands that the SMMU has to do before those of the caller, not 0
 *
 * Does nothing when a look is due.
 */
void smmu_cmdq_hold_off(struct smmu_cmdq *q, u32 *polls, u32 front);

/* For smmu_cmdq_waited() */
void smmu_cmdq_end_long(struct smmu_cmdq *q, struct smmu_deadline *deadline, int ret);

/* A wait or a post is over, with @ret: tell drv, if it was long */
static inline void smmu_cmdq_waited(struct smmu_cmdq *q, struct smmu_deadline *deadline, int ret)
{
	if (unlikely(deadline->is_long))
		smmu_cmdq_end_long(q, deadline, ret);
}

/* The clock of waits */
ktime_t smmu_cmdq_clock(struct smmu_cmdq *q);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests to replace: whether the caller may sleep, sleep, pause */
bool smmu_cmdq_may_sleep(struct smmu_cmdq *q);
void smmu_cmdq_sleep(struct smmu_cmdq *q, u32 us);
void smmu_cmdq_pause(struct smmu_cmdq *q, u32 ns);
#endif

#endif
