/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command queue: post gives a ticket, wait takes it.
 *
 * Behind one interface there are two ways to insert, chosen per SMMU when its memory is
 * allocated: *lock*, one raw spinlock (cmdq_lock.c), and *combine*, without a lock and
 * without a retry loop (core/insert.h, cmdq_combine.c). Both allocate nothing and work in
 * any context. Positions are 64-bit and never wrap (core/queue.h). Errors and timeouts come
 * back to whoever waits for the commands concerned; nobody else is told.
 *
 * Completion is seen in CONS, or, where the SMMU sends MSIs into coherent memory, in one
 * word that every CMD_SYNC writes its position to: a poll is then a load instead of a
 * register read. CONS stays the fallback, and is all there is when MSIs turn out not to arrive.
 */
#ifndef SMMU_HW_CMDQ_H
#define SMMU_HW_CMDQ_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <smmuv3/cmd.h>

#include "core/insert.h"
#include "hw/queue_mem.h"

struct smmu_device;

/* Aborted fetches of one command after which the queue is beyond help */
#define SMMU_CMDQ_ABT_MAX	3

/* Positions of failed commands that are remembered for their waiters */
#define SMMU_CMDQ_ERRORS	16

/**
 * struct smmu_cmdq_stats - counters of one CPU, written with interrupts off
 * @cmds: commands posted
 * @syncs: CMD_SYNCs among them
 * @posts: insertions
 * @doorbells: writes of PROD
 * @full: posts that had to wait for room
 */
struct smmu_cmdq_stats {
	u64 cmds;
	u64 syncs;
	u64 posts;
	u64 doorbells;
	u64 full;
};

/**
 * struct smmu_cmdq - the queue
 * @mem: entries
 * @combine: which algorithm; constant after allocation
 * @stats: counters
 * @cons: a position that the SMMU is known to have consumed. Only moves forward:
 *	cmpxchg in cmdq.c, acquire loads by everybody.
 * @sync_word: CMD_SYNCs write the low half of their end position here; NULL without MSIs.
 *	Written by the SMMU; acquire loads by waiters.
 * @sync_dma: its bus address
 * @polled_word: @sync_word, or NULL once it is out of service: xchg() then, READ_ONCE otherwise
 * @missing: end of a CMD_SYNC that CONS was past while the word did not say so, 0 for none.
 *	Release by waiters after their look at CONS, acquire before the next one's at the word.
 * @err_pos: positions of commands that failed, ring, under smmu->gerror_lock
 * @err_seq: errors so far; release after @err_pos, acquire by waiters
 * @abt_pos: command whose fetch was aborted last, under smmu->gerror_lock
 * @abt_tries: times in a row that it was
 * @timeouts: waits and posts given up
 * @lock: *lock* only: protects @prod, the slots and the doorbell; innermost, irq-safe
 * @prod: *lock* only: position of the next free slot. Under @lock; READ_ONCE by pollers.
 * @ins: *combine* only
 * @ends: *combine* only: its array
 */
struct smmu_cmdq {
	struct smmu_queue_mem mem;
	bool combine;
	struct smmu_cmdq_stats __percpu *stats;
	u64 cons;
	u32 *sync_word;
	dma_addr_t sync_dma;
	u32 *polled_word;
	u64 missing;
	u64 err_pos[SMMU_CMDQ_ERRORS];
	u32 err_seq;
	u32 abt_tries;
	u64 abt_pos;
	atomic_t timeouts;

	raw_spinlock_t lock;
	u64 prod;

	struct smmu_inserter ins;
	u64 *ends;
};

/**
 * struct smmu_ticket - which commands a waiter has posted
 * @first: position of the first command
 * @end: position behind the last, a CMD_SYNC
 * @err_seq: cmdq->err_seq before the post
 */
struct smmu_ticket {
	u64 first;
	u64 end;
	u32 err_seq;
};

/**
 * smmu_cmdq_alloc() - memory of the queue, and the choice of the algorithm
 * @smmu: features decoded
 * @combine: insert without a lock; taken back, with a line in the log, where the queue is
 *	too small for the headroom that this needs
 * Return: 0 or -ENOMEM
 */
int smmu_cmdq_alloc(struct smmu_device *smmu, bool combine);
void smmu_cmdq_free(struct smmu_device *smmu);

/* CMDQ_BASE, PROD and CONS of a disabled queue; it starts empty */
void smmu_cmdq_program(struct smmu_device *smmu);

/* Sum of all CPUs' counters; each one is true, together they need not be of one moment */
void smmu_cmdq_stats(struct smmu_device *smmu, struct smmu_cmdq_stats *sum);

/* Position up to which commands were made visible to the SMMU */
u64 smmu_cmdq_posted(const struct smmu_cmdq *q);

/* Has the SMMU consumed everything that was posted so far? */
bool smmu_cmdq_is_idle(struct smmu_device *smmu);

/**
 * smmu_cmdq_retire_word() - MSIs of CMD_SYNCs do not arrive: completion is seen in CONS only
 * @smmu: SMMU; any context
 * @why: for the log
 *
 * A word that is not written any more would in the end be taken for one that is ahead.
 */
void smmu_cmdq_retire_word(struct smmu_device *smmu, const char *why);

/**
 * struct smmu_deadline - the one deadline of a walk or an operation
 * @at: when it is over, 0 while nobody has had to look at the clock
 * @extended: devices were found that hold the queue up, and cut off: the time that PCIe
 *	allows them has to be waited for, because what the SMMU holds is not confirmed
 * @killable: a caller in process context, who can do without the answer, gives up when its
 *	task is killed
 *
 * Starts as {}. The clock is read when something does not complete at once, which is
 * hardly ever; from then on it is the same moment for everything that shares it.
 */
struct smmu_deadline {
	ktime_t at;
	bool extended;
	bool killable;
};

/**
 * smmu_cmdq_post() - insert commands
 * @smmu: SMMU with an enabled queue
 * @cmd: commands; to be waited for, the last must be a CMD_SYNC
 * @n: at least 1; more than the queue holds go in pieces
 * @deadline: how long room may be waited for
 * @ticket: out. Posts of one operation may share it: give the first's ticket to the
 *	rest with @cont
 * @cont: extend @ticket instead of starting it
 *
 * Any context, interrupts on or off. Only the SMMU's own lock is taken.
 * Return: 0, -ETIMEDOUT when no room came, -ESHUTDOWN when the SMMU is shut, -EINTR when
 *	@deadline is killable and the task was killed
 */
int smmu_cmdq_post(struct smmu_device *smmu, const struct smmu_cmd *cmd, u32 n,
		   struct smmu_deadline *deadline, struct smmu_ticket *ticket, bool cont);

/**
 * smmu_cmdq_wait() - until the ticket's last CMD_SYNC is complete
 * @smmu: SMMU
 * @ticket: from smmu_cmdq_post()
 * @deadline: shared with the post
 *
 * Any context; polls. Looks at GERROR itself: with interrupts off nobody else would
 * (7.1).
 * Return: 0, -EIO when one of the ticket's commands failed (it was skipped or its ATC
 *	invalidation not confirmed), -ETIMEDOUT, -ESHUTDOWN, -EINTR as above: the commands
 *	are done some time later then
 */
int smmu_cmdq_wait(struct smmu_device *smmu, const struct smmu_ticket *ticket,
		   struct smmu_deadline *deadline);

/**
 * smmu_cmdq_error() - GERROR.CMDQ_ERR is active: name it, step over it
 * @smmu: SMMU; gerror_lock is held, interrupts off
 *
 * CERROR_ILL: the command is replaced by a CMD_SYNC. CERROR_ATC_INV_SYNC: the sync is
 * repeated by the SMMU. CERROR_ABT: the SMMU fetches it again, SMMU_CMDQ_ABT_MAX times.
 * Return: false when the queue is beyond help
 */
bool smmu_cmdq_error(struct smmu_device *smmu);

#if IS_ENABLED(CONFIG_KUNIT)
/* For tests to replace: the clock of those who poll */
ktime_t smmu_cmdq_clock(struct smmu_device *smmu);
#endif

#endif
